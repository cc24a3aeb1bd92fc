//! Conditions: those who wait are notified in any order.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::ConditionMethod;

use super::lock::{self, Flavour, Lock};
use super::{Access, Choice, Context, Done, Fault, Id, Ready, Wait, phase};
use crate::state::renumber::Renumber;
use crate::state::{ObjectId, Phase, ProcessId, State, Val};

/// A lock, and who waits with it given back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    pub(crate) lock: ObjectId,
    /// In the order of their numbers: it does not matter who came first.
    pub(crate) waiting: Vec<ProcessId>,
}

impl Condition {
    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        renumber.object(&mut self.lock);
        renumber.sorted(&mut self.waiting);
    }
}

pub(super) fn ready(
    state: &State,
    process: ProcessId,
    this: &Condition,
    method: ConditionMethod,
    access: &Access,
) -> Ready {
    match method {
        ConditionMethod::Acquire => ready_to_take(state, process, this, access.wait(0, 1)),
        ConditionMethod::Wait => match phase(state, process) {
            Phase::Waiting(_) => Ready::wait(false, access.timeout(0)),
            Phase::Woken(..) => {
                let lock = lock::of(state, this.lock);
                Ready::when(lock.is_none_or(|lock| lock.can_take(process)))
            }
            _ => Ready::NOW,
        },
        ConditionMethod::Notify => {
            let left = left(state, process, access);
            let count = this.waiting.len();
            Ready::ways(if left >= count { 1 } else { count })
        }
        ConditionMethod::Release | ConditionMethod::NotifyAll => Ready::NOW,
    }
}

/// Whether its lock can be taken now, by who waits so long for it.
pub(super) fn ready_to_take(
    state: &State,
    process: ProcessId,
    this: &Condition,
    wait: Wait,
) -> Ready {
    let lock = lock::of(state, this.lock);
    lock.map_or(Ready::NOW, |lock| lock::ready_to_take(process, lock, wait))
}

fn left(state: &State, process: ProcessId, access: &Access) -> usize {
    match phase(state, process) {
        Phase::Notifying(left) => *left as usize,
        _ => usize::try_from(access.number(0, 1)).unwrap_or(0),
    }
}

pub(super) fn call(
    id: Id<Condition>,
    context: &mut Context<'_>,
    method: ConditionMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match method {
        ConditionMethod::Acquire => take(id, context, choice),
        ConditionMethod::Release => give_back(id, context),
        ConditionMethod::Wait if has_begun(context) => go_on(id, context),
        ConditionMethod::Wait => {
            let lock = held(id, context)?;
            wait(id, lock, context)
        }
        ConditionMethod::Notify => {
            held(id, context)?;
            notify(id, context, access, choice)
        }
        ConditionMethod::NotifyAll => {
            held(id, context)?;
            wake(id, context, usize::MAX);
            Ok(Done::Value(Val::None))
        }
    }
}

/// Takes its lock.
pub(super) fn take(
    id: Id<Condition>,
    context: &mut Context<'_>,
    choice: Choice,
) -> Result<Done, Fault> {
    let lock = context.get(id).lock;
    lock::take(context.id(lock)?, context, choice)
}

/// Gives its lock back.
pub(super) fn give_back(id: Id<Condition>, context: &mut Context<'_>) -> Result<Done, Fault> {
    let lock = context.get(id).lock;
    lock::give_back(context.id(lock)?, context)
}

/// Its lock, which the caller has to hold.
fn held(id: Id<Condition>, context: &mut Context<'_>) -> Result<Id<Lock>, Fault> {
    let (process, is_threads) = (context.process, context.is_threads());
    let lock = context.state.id::<Lock>(context.state.get(id).lock);
    match lock {
        Some(lock) if context.get(lock).is_held(process, is_threads) => Ok(lock),
        _ => context.raise(ErrorKind::NotOwner, "used without its lock"),
    }
}

/// Whether a wait has given the lock back.
fn has_begun(context: &Context<'_>) -> bool {
    let phase = phase(context.state, context.process);
    matches!(phase, Phase::Woken(..) | Phase::Waiting(_))
}

/// A wait whose time is up, or that was notified and takes the lock again.
fn go_on(id: Id<Condition>, context: &mut Context<'_>) -> Result<Done, Fault> {
    let process = context.process;
    match *phase(context.state, process) {
        Phase::Woken(depth, is_notified) => {
            let lock = context.get(id).lock;
            if let Some(lock) = context.state.id::<Lock>(lock) {
                let lock = context.get(lock);
                lock.take(process);
                if lock.flavour == Flavour::Recursive {
                    lock.depth = depth;
                }
            }
            Ok(Done::Value(Val::Bool(is_notified)))
        }
        Phase::Waiting(depth) => {
            let waiting = &mut context.get(id).waiting;
            waiting.retain(|waiting| *waiting != process);
            context.state.frame_mut(process).phase = Phase::Woken(depth, false);
            Ok(Done::Stay)
        }
        _ => context.model("this wait has not begun"),
    }
}

fn wait(id: Id<Condition>, lock: Id<Lock>, context: &mut Context<'_>) -> Result<Done, Fault> {
    let process = context.process;
    let mut depth = 1;
    let lock = context.get(lock);
    lock.owner = crate::state::NOBODY;
    if lock.flavour == Flavour::Recursive {
        depth = std::mem::replace(&mut lock.depth, 0);
    } else {
        lock.free += 1;
    }
    let condition = context.get(id);
    condition.waiting.push(process);
    condition.waiting.sort_unstable();
    context.state.frame_mut(process).phase = Phase::Waiting(depth);
    Ok(Done::Stay)
}

fn notify(
    id: Id<Condition>,
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let left = left(context.state, context.process, access);
    if left >= context.get(id).waiting.len() {
        wake(id, context, usize::MAX);
        return Ok(Done::Value(Val::None));
    }
    if left == 0 {
        return Ok(Done::Value(Val::None));
    }
    let Choice::Way(way) = choice else {
        return context.model("a notify does not expire");
    };
    wake(id, context, way.into());
    if left == 1 {
        return Ok(Done::Value(Val::None));
    }
    let process = context.process;
    context.state.frame_mut(process).phase = Phase::Notifying(left as u32 - 1);
    Ok(Done::Stay)
}

/// Wakes the one at this place, or all.
fn wake(id: Id<Condition>, context: &mut Context<'_>, at: usize) {
    let waiting = &mut context.get(id).waiting;
    let woken = match at {
        usize::MAX => std::mem::take(waiting),
        at => vec![waiting.remove(at)],
    };
    for process in woken {
        let frame = context.state.frame_mut(process);
        if let Phase::Waiting(depth) = frame.phase {
            frame.phase = Phase::Woken(depth, true);
        }
    }
}
