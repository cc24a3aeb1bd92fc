//! Conditions: those who wait are notified in any order.

use poolproof_case::ErrorKind;

use super::lock::{self, Flavour};
use super::{Access, Body, Choice, Context, Done, Fault, Operation, Ready, phase};
use crate::state::compact::Renumber;
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

pub(super) fn ready(state: &State, process: ProcessId, this: &Condition, access: &Access) -> Ready {
    let can_take = lock::of(state, this.lock).is_none_or(|lock| lock.can_take(process));
    match (access.operation, access.name) {
        (Operation::Enter, _) | (Operation::Call, "acquire") => {
            let lock = lock::of(state, this.lock);
            lock.map_or(Ready::NOW, |lock| lock::ready(process, lock, access))
        }
        (Operation::Call, "wait") => match phase(state, process) {
            Phase::Waiting(_) => Ready::wait(false, access.timeout(0)),
            Phase::Woken(..) => Ready::when(can_take),
            _ => Ready::NOW,
        },
        (Operation::Call, "notify") => {
            let left = left(state, process, access);
            let count = this.waiting.len();
            Ready::ways(if left >= count { 1 } else { count })
        }
        _ => Ready::NOW,
    }
}

fn left(state: &State, process: ProcessId, access: &Access) -> usize {
    match phase(state, process) {
        Phase::Notifying(left) => *left as usize,
        _ => usize::try_from(access.number(0, 1)).unwrap_or(0),
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let Body::Condition(condition) = context.body(id) else {
        return context.model("this is no condition");
    };
    let lock = condition.lock;
    let is_lock = matches!(access.operation, Operation::Enter | Operation::Leave)
        || matches!(access.name, "acquire" | "release");
    if is_lock {
        return lock::perform(context, lock, access, choice);
    }
    if let Phase::Woken(depth, is_notified) = *phase(context.state, process) {
        if let Body::Lock(lock) = context.body(lock) {
            lock.take(process);
            if lock.flavour == Flavour::Recursive {
                lock.depth = depth;
            }
        }
        return Ok(Done::Value(Val::Bool(is_notified)));
    }
    if let Phase::Waiting(depth) = *phase(context.state, process) {
        forget(context, id, process);
        context.state.frame_mut(process).phase = Phase::Woken(depth, false);
        return Ok(Done::Stay);
    }
    let is_threads = context.is_threads();
    let is_held = |lock: &lock::Lock| lock.is_held(process, is_threads);
    if !lock::of(context.state, lock).is_some_and(is_held) {
        return context.raise(ErrorKind::NotOwner, "used without its lock");
    }
    match access.name {
        "wait" => wait(context, id, lock),
        "notify" => notify(context, id, access, choice),
        "notify_all" => {
            wake(context, id, usize::MAX);
            Ok(Done::Value(Val::None))
        }
        name => context.model(format!("a condition has no access `{name}`")),
    }
}

fn wait(context: &mut Context<'_>, id: ObjectId, lock: ObjectId) -> Result<Done, Fault> {
    let process = context.process;
    let mut depth = 1;
    if let Body::Lock(lock) = context.body(lock) {
        if lock.flavour == Flavour::Recursive {
            depth = std::mem::replace(&mut lock.depth, 0);
            lock.owner = crate::state::NOBODY;
        } else {
            lock.owner = crate::state::NOBODY;
            lock.free += 1;
        }
    }
    if let Body::Condition(condition) = context.body(id) {
        condition.waiting.push(process);
        condition.waiting.sort_unstable();
    }
    context.state.frame_mut(process).phase = Phase::Waiting(depth);
    Ok(Done::Stay)
}

fn notify(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let left = left(context.state, context.process, access);
    let Body::Condition(condition) = context.body(id) else {
        return context.model("this is no condition");
    };
    if left >= condition.waiting.len() {
        wake(context, id, usize::MAX);
        return Ok(Done::Value(Val::None));
    }
    if left == 0 {
        return Ok(Done::Value(Val::None));
    }
    let Choice::Way(way) = choice else {
        return context.model("a notify does not expire");
    };
    wake(context, id, way.into());
    if left == 1 {
        return Ok(Done::Value(Val::None));
    }
    let process = context.process;
    context.state.frame_mut(process).phase = Phase::Notifying(left as u32 - 1);
    Ok(Done::Stay)
}

/// Wakes the one at this place, or all.
fn wake(context: &mut Context<'_>, id: ObjectId, at: usize) {
    let Body::Condition(condition) = context.body(id) else {
        return;
    };
    let woken = match at {
        usize::MAX => std::mem::take(&mut condition.waiting),
        at => vec![condition.waiting.remove(at)],
    };
    for process in woken {
        let frame = context.state.frame_mut(process);
        if let Phase::Waiting(depth) = frame.phase {
            frame.phase = Phase::Woken(depth, true);
        }
    }
}

fn forget(context: &mut Context<'_>, id: ObjectId, process: ProcessId) {
    if let Body::Condition(condition) = context.body(id) {
        condition.waiting.retain(|waiting| *waiting != process);
    }
}
