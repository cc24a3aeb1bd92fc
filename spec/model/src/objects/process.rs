//! Processes as their creators see them: join, state, attributes, signals.
//!
//! How one comes to life is `start`'s business.

use poolproof_case::{ErrorKind, StartMethod};

use super::{Access, Body, Choice, Context, Done, Fault, Operation, Ready, start};
use crate::machine::{Machine, run};
use crate::state::compact::Renumber;

use crate::state::{NOBODY, ObjectId, ProcessId, Signal, State, Symbol, Val};

/// A process as its creator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProcessObject {
    pub(crate) creator: ProcessId,
    pub(crate) target: Option<u16>,
    /// In the creator's memory, until it starts.
    pub(crate) arguments: Vec<Val>,
    pub(crate) named: Vec<(Symbol, Val)>,
    pub(crate) name: Val,
    pub(crate) is_daemon: bool,
    pub(crate) method: StartMethod,
    pub(crate) pid: Val,
    pub(crate) status: Status,
}

/// How far a process has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    New,
    Running(ProcessId),
    Ended(i32),
    Closed,
}

impl ProcessObject {
    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        renumber.process(&mut self.creator);
        if let Status::Running(process) = &mut self.status {
            renumber.process(process);
        }
        self.arguments
            .iter_mut()
            .for_each(|value| renumber.value(value));
        self.named
            .iter_mut()
            .for_each(|(_, value)| renumber.value(value));
        renumber.value(&mut self.name);
        renumber.value(&mut self.pid);
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.status, Status::Running(_))
    }
}

fn must_be_started(name: &str) -> bool {
    matches!(name, "join" | "is_alive" | "terminate" | "kill")
}

/// Whether this process may ask: its creator, itself, or its child; all threads are one process.
fn may_ask(state: &State, process: ProcessId, this: &ProcessObject) -> bool {
    let is_parent = match this.status {
        Status::Running(it) => it == process || state.processes[process as usize].parent == it,
        // The creator of a process that outlived it.
        Status::Ended(_) => process != 0 && state.processes[process as usize].parent == NOBODY,
        _ => false,
    };
    let creator = state.processes.get(this.creator as usize);
    let shares = creator.is_some_and(|one| one.space == state.processes[process as usize].space);
    this.creator == process || is_parent || shares
}

pub(super) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &ProcessObject,
    access: &Access,
) -> Ready {
    match access.name {
        "join" if this.is_running() && may_ask(state, process, this) => {
            Ready::wait(false, access.timeout(0))
        }
        "start" if start::may_load_in_server(machine, state, this) => Ready::ways(2),
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
    let Body::Process(this) = &context.state.objects[id as usize].body else {
        return context.model("this is no process");
    };
    if access.operation != Operation::Call {
        return attribute(context, id, access).map(Done::Value);
    }
    match this.status {
        Status::Closed if access.name != "close" => {
            return context.raise(ErrorKind::Closed, "the process is closed");
        }
        Status::New if must_be_started(access.name) && access.name != "is_alive" => {
            return context.raise(ErrorKind::Usage, "the process was not started");
        }
        _ if must_be_started(access.name) && !may_ask(context.state, process, this) => {
            return context.raise(ErrorKind::Usage, "only its creator can do this");
        }
        _ => {}
    }
    let result = match access.name {
        "start" => return start::start(context, id, choice),
        "join" => Val::None,
        "is_alive" => Val::Bool(this.is_running()),
        "terminate" | "kill" => {
            if let Status::Running(target) = this.status {
                let signal = if access.name == "kill" {
                    Signal::Kill
                } else {
                    Signal::Terminate
                };
                send(context.state, target, signal);
            }
            Val::None
        }
        "close" if this.is_running() => {
            return context.raise(ErrorKind::Usage, "the process still runs");
        }
        "close" => {
            if let Body::Process(this) = context.body(id) {
                this.status = Status::Closed;
            }
            Val::None
        }
        "run" => return run_here(context, id),
        name => return context.model(format!("a process has no access `{name}`")),
    };
    Ok(Done::Value(result))
}

/// Does the child's work in the caller.
fn run_here(context: &mut Context<'_>, id: ObjectId) -> Result<Done, Fault> {
    use crate::state::Phase;
    let process = context.process;
    if *super::phase(context.state, process) == Phase::Acting {
        return Ok(Done::Value(Val::None));
    }
    let Body::Process(this) = context.body(id).clone() else {
        return context.model("this is no process");
    };
    let Some(target) = this.target else {
        return Ok(Done::Value(Val::None));
    };
    let arguments = run::bind(context, target, this.arguments, &this.named)?;
    context.state.frame_mut(process).phase = Phase::Acting;
    run::push(context, target, arguments, true)?;
    Ok(Done::Stay)
}

/// An attribute that its creator reads or sets; the process itself sees its own.
fn attribute(context: &mut Context<'_>, id: ObjectId, access: &Access) -> Result<Val, Fault> {
    let own = &mut context.state.processes[context.process as usize];
    let Body::Process(this) = &mut context.state.objects[id as usize].body else {
        return context.model("this is no process");
    };
    let is_own = own.object == id;
    let value = access.argument(0).clone();
    Ok(match (access.operation, access.name) {
        (Operation::Get, "name") if is_own => own.name.clone(),
        (Operation::Get, "name") => this.name.clone(),
        (Operation::Get, "daemon") => Val::Bool(this.is_daemon),
        (Operation::Get, "authkey") => Val::Opaque(0),
        (Operation::Get, "pid") if matches!(this.status, Status::New) => Val::None,
        (Operation::Get, "pid") => this.pid.clone(),
        (Operation::Get, _) if this.status == Status::Closed => {
            return context.raise(ErrorKind::Closed, "the process is closed");
        }
        (Operation::Get, "exitcode") => match this.status {
            Status::Ended(code) if context.machine.method == StartMethod::Threads => {
                let _ = code;
                Val::Int(0)
            }
            Status::Ended(code) => Val::Int(code.into()),
            _ => Val::None,
        },
        (Operation::Set, "name") if is_own => {
            own.name = value;
            Val::None
        }
        (Operation::Set, "name") => {
            this.name = value;
            Val::None
        }
        (Operation::Set, "daemon") if this.status != Status::New => {
            return context.raise(ErrorKind::Usage, "the process was already started");
        }
        (Operation::Set, "daemon") => {
            this.is_daemon = matches!(value, Val::Bool(true) | Val::Int(1));
            Val::None
        }
        (_, name) => return context.model(format!("a process has no attribute `{name}`")),
    })
}

/// Sends a signal; it arrives at a later moment, except that one to go on does so at once.
pub(crate) fn send(state: &mut State, target: ProcessId, signal: Signal) {
    let process = &mut state.processes[target as usize];
    let is_fatal = |signal| matches!(signal, Some(Signal::Kill | Signal::Terminate));
    match signal {
        Signal::Continue => {
            process.is_stopped = false;
            if process.signal == Some(Signal::Stop) {
                process.signal = None;
                process.is_signal_due = false;
            }
        }
        Signal::Kill => process.signal = Some(Signal::Kill),
        other if !is_fatal(process.signal) => process.signal = Some(other),
        _ => {}
    }
}
