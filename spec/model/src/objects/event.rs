//! Events: a flag to wait for.

use poolproof_case::catalogue::EventMethod;

use super::{Access, Choice, Context, Done, Fault, Id, Ready, Wait, phase};
use crate::machine::Machine;
use crate::state::{Phase, ProcessId, State, Val};

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
    method: EventMethod,
    access: &Access,
) -> Ready {
    match method {
        EventMethod::Wait => match phase(state, process) {
            Phase::Arrived(_) => Ready::wait(false, access.timeout(0)),
            Phase::Released(_) => Ready::NOW,
            _ if machine.code.clears_events => Ready::NOW,
            _ => Ready::wait(this.is_set, access.timeout(0)),
        },
        EventMethod::IsSet | EventMethod::Set | EventMethod::Clear => Ready::NOW,
    }
}

pub(super) fn call(
    id: Id<Event>,
    context: &mut Context<'_>,
    method: EventMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let event = context.get(id);
    let result = match method {
        EventMethod::IsSet => Val::Bool(event.is_set),
        EventMethod::Clear => {
            event.is_set = false;
            Val::None
        }
        EventMethod::Set => {
            event.is_set = true;
            // All who wait now are woken, whatever becomes of the flag before they run.
            for waiting in std::mem::take(&mut event.waiting) {
                context.state.frame_mut(waiting).phase = Phase::Released(0);
            }
            Val::None
        }
        EventMethod::Wait => return Ok(wait(id, context, access, choice)),
    };
    Ok(Done::Value(result))
}

fn wait(id: Id<Event>, context: &mut Context<'_>, access: &Access, choice: Choice) -> Done {
    let process = context.process;
    let phase = phase(context.state, process).clone();
    let event = context.get(id);
    if matches!(phase, Phase::Released(_)) || (phase == Phase::Begin && event.is_set) {
        return Done::Value(Val::Bool(true));
    }
    if choice == Choice::Expire || access.timeout(0) == Wait::Never {
        event.waiting.retain(|waiting| *waiting != process);
        return Done::Value(Val::Bool(false));
    }
    event.waiting.push(process);
    event.waiting.sort_unstable();
    context.state.frame_mut(process).phase = Phase::Arrived(0);
    Done::Stay
}
