//! Events: a flag to wait for.

use super::{Access, Body, Choice, Context, Done, Fault, Ready, Wait, phase};
use crate::machine::Machine;
use crate::state::{ObjectId, Phase, ProcessId, State, Val};

/// A flag, and who waits for it where some code may clear it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Event {
    pub(crate) is_set: bool,
    pub(crate) waiting: Vec<ProcessId>,
}

pub(super) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &Event,
    access: &Access,
) -> Ready {
    if access.name != "wait" {
        return Ready::NOW;
    }
    match phase(state, process) {
        Phase::Arrived(_) => Ready::wait(false, access.timeout(0)),
        Phase::Released(_) => Ready::NOW,
        _ if machine.code.clears_events => Ready::NOW,
        _ => Ready::wait(this.is_set, access.timeout(0)),
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
    let Body::Event(event) = context.body(id) else {
        return context.model("this is no event");
    };
    let result = match access.name {
        "is_set" => Val::Bool(event.is_set),
        "clear" => {
            event.is_set = false;
            Val::None
        }
        "set" => {
            event.is_set = true;
            // All who wait now are woken, whatever becomes of the flag before they run.
            for waiting in std::mem::take(&mut event.waiting) {
                context.state.frame_mut(waiting).phase = Phase::Released(0);
            }
            Val::None
        }
        "wait" if matches!(phase, Phase::Released(_)) => Val::Bool(true),
        "wait" if phase == Phase::Begin && event.is_set => Val::Bool(true),
        "wait" if choice == Choice::Expire || access.timeout(0) == Wait::Never => {
            event.waiting.retain(|waiting| *waiting != process);
            Val::Bool(false)
        }
        "wait" => {
            event.waiting.push(process);
            event.waiting.sort_unstable();
            context.state.frame_mut(process).phase = Phase::Arrived(0);
            return Ok(Done::Stay);
        }
        name => return context.model(format!("an event has no access `{name}`")),
    };
    Ok(Done::Value(result))
}
