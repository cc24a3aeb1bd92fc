//! Barriers: all parties meet, and each gets another number.

use poolproof_case::ErrorKind;

use super::{Access, Body, Choice, Context, Done, Fault, Operation, Ready, Wait, phase};
use crate::machine::run;
use crate::state::{ObjectId, Phase, ProcessId, State, Val};

/// Who has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Barrier {
    pub(crate) parties: u32,
    /// In the order of coming.
    pub(crate) waiting: Vec<ProcessId>,
    /// Who was let go and has not yet returned.
    pub(crate) leaving: Vec<ProcessId>,
    pub(crate) is_broken: bool,
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

pub(super) fn ready(state: &State, process: ProcessId, this: &Barrier, access: &Access) -> Ready {
    match phase(state, process) {
        Phase::Arrived(_) => Ready::wait(false, wait(this, access)),
        Phase::Overtaken(_) => Ready::ways(2),
        _ => Ready::NOW,
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let phase = phase(context.state, process).clone();
    let Body::Barrier(barrier) = context.body(id) else {
        return context.model("this is no barrier");
    };
    let result = match (access.operation, access.name) {
        (Operation::Get, "parties") => Val::Int(barrier.parties.into()),
        (Operation::Get, "n_waiting") => Val::Int(barrier.waiting.len() as i64),
        (Operation::Get, "broken") => Val::Bool(barrier.is_broken),
        (Operation::Call, "reset") => {
            break_up(context, id);
            if let Body::Barrier(barrier) = context.body(id) {
                barrier.is_broken = false;
            }
            Val::None
        }
        (Operation::Call, "abort") => {
            overtake(context, id);
            break_up(context, id);
            Val::None
        }
        (Operation::Call, "wait") => match phase {
            Phase::Overtaken(_) if choice == Choice::Way(1) => return broken(context),
            Phase::Overtaken(number) => Val::Int(number.into()),
            Phase::Released(number) => {
                barrier.leaving.retain(|one| *one != process);
                Val::Int(number.into())
            }
            Phase::Broken => return broken(context),
            Phase::Acting => return Ok(Done::Value(release(context, id))),
            Phase::Arrived(_) => {
                break_up(context, id);
                return broken(context);
            }
            _ if choice == Choice::Expire || barrier.is_broken => return broken(context),
            _ => return arrive(context, id, access),
        },
        (_, name) => return context.model(format!("a barrier has no access `{name}`")),
    };
    Ok(Done::Value(result))
}

fn broken(context: &Context<'_>) -> Result<Done, Fault> {
    context.raise(ErrorKind::BrokenBarrier, "the barrier is broken")
}

fn arrive(context: &mut Context<'_>, id: ObjectId, access: &Access) -> Result<Done, Fault> {
    let process = context.process;
    let Body::Barrier(barrier) = context.body(id) else {
        return context.model("this is no barrier");
    };
    let number = barrier.waiting.len() as u32;
    if number + 1 < barrier.parties {
        if wait(barrier, access) == Wait::Never {
            break_up(context, id);
            return broken(context);
        }
        barrier.waiting.push(process);
        context.state.frame_mut(process).phase = Phase::Arrived(number);
        return Ok(Done::Stay);
    }
    match barrier.action {
        Some(action) => {
            context.state.frame_mut(process).phase = Phase::Acting;
            run::call(context, action, Vec::new(), &[], true)?;
            Ok(Done::Stay)
        }
        None => Ok(Done::Value(release(context, id))),
    }
}

/// Lets all go who wait; gives the last one's number.
fn release(context: &mut Context<'_>, id: ObjectId) -> Val {
    let waiting = take_waiting(context, id);
    let last = waiting.len() as i64;
    if let Body::Barrier(barrier) = context.body(id) {
        barrier.leaving.extend(&waiting);
        barrier.leaving.sort_unstable();
    }
    for (number, process) in waiting.into_iter().enumerate() {
        context.state.frame_mut(process).phase = Phase::Released(number as u32);
    }
    Val::Int(last)
}

/// An abort may still fail those who were let go and have not yet returned.
fn overtake(context: &mut Context<'_>, id: ObjectId) {
    let leaving = match context.body(id) {
        Body::Barrier(barrier) => std::mem::take(&mut barrier.leaving),
        _ => return,
    };
    for process in leaving {
        let frame = context.state.frame_mut(process);
        if let Phase::Released(number) = frame.phase {
            frame.phase = Phase::Overtaken(number);
        }
    }
}

/// Breaks the barrier for all who wait.
pub(crate) fn break_up(context: &mut Context<'_>, id: ObjectId) {
    for process in take_waiting(context, id) {
        context.state.frame_mut(process).phase = Phase::Broken;
    }
    if let Body::Barrier(barrier) = context.body(id) {
        barrier.is_broken = true;
    }
}

fn take_waiting(context: &mut Context<'_>, id: ObjectId) -> Vec<ProcessId> {
    match context.body(id) {
        Body::Barrier(barrier) => std::mem::take(&mut barrier.waiting),
        _ => Vec::new(),
    }
}
