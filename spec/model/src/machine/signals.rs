//! Signals: how one is sent, and what a process leaves that one ends.

use poolproof_case::catalogue::{BarrierMethod, ConditionMethod, EventMethod, Method};

use super::decode::Pending;
use super::finish;
use crate::objects::process::{Status, send};
use crate::objects::{Body, Context, Fault, Operation, phase, queue};
use crate::state::{Cell, NOBODY, ObjectId, Phase, ProcessId, Signal, State, Val};

/// A process sends one.
pub(super) fn signal_to(context: &mut Context<'_>, signal: Signal) -> Result<(), Fault> {
    let frame = context
        .state
        .frame(context.process)
        .expect("who signals has a frame");
    let target = match frame.stack.last() {
        Some(Val::Object(id)) => match &context.state.objects[*id as usize].body {
            Body::Process(this) => this.status,
            _ => return context.model("only processes take signals"),
        },
        _ => return context.model("only processes take signals"),
    };
    match target {
        Status::Running(target) => {
            send(context.state, target, signal);
            // One that a process sends to itself has arrived when it goes on.
            if target == context.process {
                let own = &mut context.state.processes[target as usize];
                own.is_signal_due = own.signal.is_some();
            }
        }
        Status::Ended(_) => {}
        Status::New | Status::Closed => {
            return context.model("a signal is sent to a process that was started");
        }
    }
    Ok(())
}

/// What a process is using: queues, what it waits for, the pipe that it is sending into. A signal that
/// ends it breaks them, since others may wait for it in turn, or for the rest of what it sends.
pub(crate) fn in_use<'s>(
    state: &'s State,
    process: ProcessId,
    pending: Option<&'s Pending>,
) -> impl Iterator<Item = ObjectId> + 's {
    let awaited = awaited(state, process, pending);
    queue::in_use(state, process, pending).chain(awaited)
}

fn awaited(state: &State, process: ProcessId, pending: Option<&Pending>) -> Option<ObjectId> {
    let Some(Pending::Object(access)) = pending else {
        return None;
    };
    let Operation::Call(method) = access.operation else {
        return None;
    };
    match (&access.receiver, method) {
        (
            Val::Object(id),
            Method::Event(EventMethod::Wait)
            | Method::Condition(ConditionMethod::Wait)
            | Method::Barrier(BarrierMethod::Wait),
        ) => (state.objects[*id as usize].manager == NOBODY).then_some(*id),
        (Val::Ref(at), Method::Connection(_)) if *phase(state, process) == Phase::Writing => {
            match &state.space(process).cells[*at as usize] {
                Cell::Connection(end) => Some(end.pipe),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A signal arrives.
pub(super) fn receive(context: &mut Context<'_>, pending: Option<&Pending>) -> Result<(), Fault> {
    let process = context.process;
    let own = &context.state.processes[process as usize];
    if matches!(own.signal, Some(Signal::Kill | Signal::Terminate)) {
        let broken: Vec<ObjectId> = in_use(context.state, process, pending).collect();
        for id in broken {
            context.state.objects[id as usize].is_broken = true;
        }
    }
    let own = &mut context.state.processes[process as usize];
    own.is_signal_due = false;
    match own.signal.take() {
        Some(Signal::Stop) => {
            own.is_stopped = true;
            Ok(())
        }
        Some(Signal::Kill) => finish::leave(context, -9),
        Some(Signal::Terminate) => finish::leave(context, -15),
        Some(Signal::Continue) | None => Ok(()),
    }
}
