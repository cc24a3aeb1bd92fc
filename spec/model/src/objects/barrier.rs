//! Barriers: all parties meet, and each gets another number.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{BarrierAttribute, BarrierMethod};

use super::{Access, Choice, Context, Done, Fault, Id, Ready, Wait, phase};
use crate::machine::run;
use crate::state::{Phase, ProcessId, State, Val};

/// Who has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Barrier {
    pub(crate) parties: u32,
    /// In the order of coming, where anybody looks at their numbers.
    pub(crate) waiting: Vec<ProcessId>,
    pub(crate) is_numbered: bool,
    /// Who was let go and has not yet returned.
    pub(crate) leaving: Vec<ProcessId>,
    pub(crate) is_broken: bool,
    /// Whether the last party has come and does not yet let the others go: its action runs, or there
    /// is a moment in which somebody may look how many wait.
    pub(crate) is_acting: bool,
    pub(crate) action: Option<u16>,
    /// How long each waits who does not say: none, or a timeout.
    pub(crate) timeout: Val,
}

fn wait(this: &Barrier, access: &Access) -> Wait {
    let given = access.argument(0);
    super::timeout(if access.is_given(0) {
        given
    } else {
        &this.timeout
    })
}

pub(super) fn ready(
    state: &State,
    process: ProcessId,
    this: &Barrier,
    method: BarrierMethod,
    access: &Access,
) -> Ready {
    match method {
        BarrierMethod::Wait => match phase(state, process) {
            Phase::Arrived(_) => Ready::wait(false, wait(this, access)),
            Phase::Overtaken(_) => Ready::ways(2),
            Phase::Begin => Ready::when(!this.is_acting),
            _ => Ready::NOW,
        },
        BarrierMethod::Reset | BarrierMethod::Abort => Ready::NOW,
    }
}

pub(super) fn get(
    id: Id<Barrier>,
    context: &mut Context<'_>,
    attribute: BarrierAttribute,
    choice: Choice,
) -> Result<Val, Fault> {
    let barrier = context.get(id);
    Ok(match attribute {
        BarrierAttribute::Parties => Val::Int(barrier.parties.into()),
        // Whether the last one counts while it lets the others go is open.
        BarrierAttribute::Waiting => {
            let last = i64::from(barrier.is_acting && choice == Choice::Way(1));
            Val::Int(barrier.waiting.len() as i64 + last)
        }
        BarrierAttribute::Broken => Val::Bool(barrier.is_broken),
    })
}

pub(super) fn call(
    id: Id<Barrier>,
    context: &mut Context<'_>,
    method: BarrierMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match method {
        BarrierMethod::Wait => return go_on(id, context, access, choice),
        BarrierMethod::Reset => {
            break_up(id, context);
            context.get(id).is_broken = false;
        }
        BarrierMethod::Abort => {
            overtake(id, context);
            break_up(id, context);
        }
    }
    Ok(Done::Value(Val::None))
}

/// A wait at its beginning, or wherever it has come to.
fn go_on(
    id: Id<Barrier>,
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let phase = phase(context.state, process).clone();
    let barrier = context.get(id);
    let number = match phase {
        Phase::Overtaken(_) if choice == Choice::Way(1) => return broken(context),
        Phase::Overtaken(number) => number,
        Phase::Released(number) => {
            barrier.leaving.retain(|one| *one != process);
            number
        }
        Phase::Broken => return broken(context),
        Phase::Acting => return Ok(Done::Value(release(id, context))),
        Phase::Arrived(_) => {
            break_up(id, context);
            return broken(context);
        }
        _ if choice == Choice::Expire || barrier.is_broken => return broken(context),
        _ => return arrive(id, context, access),
    };
    Ok(Done::Value(Val::Int(number.into())))
}

fn broken(context: &Context<'_>) -> Result<Done, Fault> {
    context.raise(ErrorKind::BrokenBarrier, "the barrier is broken")
}

fn arrive(id: Id<Barrier>, context: &mut Context<'_>, access: &Access) -> Result<Done, Fault> {
    let process = context.process;
    let barrier = context.get(id);
    let number = barrier.waiting.len() as u32;
    if number + 1 < barrier.parties {
        if wait(barrier, access) == Wait::Never {
            break_up(id, context);
            return broken(context);
        }
        barrier.waiting.push(process);
        let number = if barrier.is_numbered { number } else { 0 };
        context.state.frame_mut(process).phase = Phase::Arrived(number);
        return Ok(Done::Stay);
    }
    let action = barrier.action;
    if action.is_none() && !context.machine.code.counts_waiting {
        return Ok(Done::Value(release(id, context)));
    }
    context.get(id).is_acting = true;
    context.state.frame_mut(process).phase = Phase::Acting;
    if let Some(action) = action {
        run::call(context, action, Vec::new(), &[], true)?;
    }
    Ok(Done::Stay)
}

/// Lets all go who wait; gives the last one's number.
fn release(id: Id<Barrier>, context: &mut Context<'_>) -> Val {
    let barrier = context.get(id);
    barrier.is_acting = false;
    let waiting = std::mem::take(&mut barrier.waiting);
    let last = waiting.len() as i64;
    barrier.leaving.extend(&waiting);
    barrier.leaving.sort_unstable();
    let is_numbered = barrier.is_numbered;
    for (number, process) in waiting.into_iter().enumerate() {
        let number = if is_numbered { number } else { 0 };
        context.state.frame_mut(process).phase = Phase::Released(number as u32);
    }
    Val::Int(last)
}

/// An abort may still fail those who were let go and have not yet returned.
fn overtake(id: Id<Barrier>, context: &mut Context<'_>) {
    for process in std::mem::take(&mut context.get(id).leaving) {
        let frame = context.state.frame_mut(process);
        if let Phase::Released(number) = frame.phase {
            frame.phase = Phase::Overtaken(number);
        }
    }
}

/// The action failed.
pub(crate) fn fail(id: Id<Barrier>, context: &mut Context<'_>) {
    context.get(id).is_acting = false;
    break_up(id, context);
}

/// Breaks the barrier for all who wait.
fn break_up(id: Id<Barrier>, context: &mut Context<'_>) {
    let barrier = context.get(id);
    barrier.is_broken = true;
    for process in std::mem::take(&mut barrier.waiting) {
        context.state.frame_mut(process).phase = Phase::Broken;
    }
}
