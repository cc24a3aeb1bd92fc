//! Processes as their creators see them: join, state, attributes, signals.
//!
//! How one comes to life is `start`'s business.

use poolproof_case::catalogue::{ProcessAttribute, ProcessMethod};
use poolproof_case::{ErrorKind, StartMethod};

use super::{Access, Choice, Context, Done, Fault, Id, Ready, start};
use crate::machine::{Machine, run, truth};
use crate::state::renumber::Renumber;
use crate::state::{AUTHKEY, NOBODY, Phase, ProcessId, Role, Signal, State, Symbol, Val};

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

/// Whether a method is for a process that was started, and for those who may ask.
fn must_be_started(method: ProcessMethod) -> bool {
    match method {
        ProcessMethod::Join
        | ProcessMethod::IsAlive
        | ProcessMethod::Terminate
        | ProcessMethod::Kill => true,
        ProcessMethod::Start | ProcessMethod::Run | ProcessMethod::Close => false,
    }
}

/// Whether this process created the object; all threads are one process.
pub(crate) fn is_creators(state: &State, process: ProcessId, this: &ProcessObject) -> bool {
    let creator = state.processes.get(this.creator as usize);
    let shares = creator.is_some_and(|one| one.space == state.processes[process as usize].space);
    // Among threads main has no creator.
    let is_main_thread = matches!(this.status, Status::Running(it)
        if state.processes[it as usize].space == state.processes[process as usize].space && it != process);
    this.creator == process || shares || is_main_thread
}

/// Whether the object is that of the process itself, or of its parent.
pub(crate) fn is_itself_or_parent(state: &State, process: ProcessId, this: &ProcessObject) -> bool {
    let own = &state.processes[process as usize];
    match this.status {
        Status::Running(it) => it == process || own.parent == it,
        // The creator of a process that outlived it.
        Status::Ended(_) => own.role != Role::Main && own.parent == NOBODY,
        _ => false,
    }
}

/// Whether this process may ask: its creator, itself, or its child.
fn may_ask(state: &State, process: ProcessId, this: &ProcessObject) -> bool {
    is_creators(state, process, this) || is_itself_or_parent(state, process, this)
}

/// Whether this is the object of the process that uses it, which cannot wait for itself.
fn is_itself(process: ProcessId, this: &ProcessObject) -> bool {
    this.status == Status::Running(process)
}

pub(super) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &ProcessObject,
    method: ProcessMethod,
    access: &Access,
) -> Ready {
    match method {
        ProcessMethod::Join if is_itself(process, this) => Ready::NOW,
        ProcessMethod::Join if this.is_running() && may_ask(state, process, this) => {
            Ready::wait(false, access.timeout(0))
        }
        ProcessMethod::Start if start::may_load_in_server(machine, state, this) => Ready::ways(2),
        // A thread's work is there until it is done, and may be done again.
        ProcessMethod::Run
            if machine.method == StartMethod::Threads
                && this.status != Status::New
                && *super::phase(state, process) == Phase::Begin =>
        {
            Ready::ways(2)
        }
        ProcessMethod::Join
        | ProcessMethod::Start
        | ProcessMethod::IsAlive
        | ProcessMethod::Run
        | ProcessMethod::Terminate
        | ProcessMethod::Kill
        | ProcessMethod::Close => Ready::NOW,
    }
}

pub(super) fn call(
    id: Id<ProcessObject>,
    context: &mut Context<'_>,
    method: ProcessMethod,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let this = context.state.get(id);
    let (status, is_running) = (this.status, this.is_running());
    match status {
        Status::Closed if method != ProcessMethod::Close => {
            return context.raise(ErrorKind::Closed, "the process is closed");
        }
        Status::New if must_be_started(method) && method != ProcessMethod::IsAlive => {
            return context.raise(ErrorKind::Usage, "the process was not started");
        }
        _ if must_be_started(method) && !may_ask(context.state, process, this) => {
            return context.raise(ErrorKind::Usage, "only its creator can do this");
        }
        _ if method == ProcessMethod::Join && is_itself(process, this) => {
            return context.raise(ErrorKind::Usage, "a process cannot join itself");
        }
        _ if matches!(method, ProcessMethod::Terminate | ProcessMethod::Kill)
            && !is_creators(context.state, process, this) =>
        {
            return context.raise(ErrorKind::Usage, "only its creator can end it so");
        }
        _ => {}
    }
    let result = match method {
        ProcessMethod::Start => return start::start(id, context, choice),
        ProcessMethod::Join => Val::None,
        ProcessMethod::IsAlive => Val::Bool(is_running),
        ProcessMethod::Terminate => return signal(context, status, Signal::Terminate),
        ProcessMethod::Kill => return signal(context, status, Signal::Kill),
        ProcessMethod::Close if is_running => {
            return context.raise(ErrorKind::Usage, "the process still runs");
        }
        ProcessMethod::Close => {
            context.get(id).status = Status::Closed;
            Val::None
        }
        ProcessMethod::Run => return run_here(id, context, choice),
    };
    Ok(Done::Value(result))
}

fn signal(context: &mut Context<'_>, status: Status, signal: Signal) -> Result<Done, Fault> {
    if let Status::Running(target) = status {
        send(context.state, target, signal);
    }
    Ok(Done::Value(Val::None))
}

/// Does the child's work in the caller.
///
/// What was started has handed its work over.
fn run_here(
    id: Id<ProcessObject>,
    context: &mut Context<'_>,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    if *super::phase(context.state, process) == Phase::Acting {
        return Ok(Done::Value(Val::None));
    }
    let this = context.get(id).clone();
    let is_second = choice == Choice::Way(1) && context.is_threads();
    if this.status != Status::New && !is_second {
        return context.raise(
            ErrorKind::Attribute,
            "it was started, and has nothing to run",
        );
    }
    let Some(target) = this.target else {
        return Ok(Done::Value(Val::None));
    };
    let arguments = run::bind(context, target, this.arguments, &this.named)?;
    context.state.frame_mut(process).phase = Phase::Acting;
    run::push(context, target, arguments, true)?;
    Ok(Done::Stay)
}

/// An attribute that its creator reads; the process itself sees its own name.
pub(super) fn get(
    id: Id<ProcessObject>,
    context: &mut Context<'_>,
    attribute: ProcessAttribute,
) -> Result<Val, Fault> {
    let own = &context.state.processes[context.process as usize];
    let this = context.state.get(id);
    Ok(match attribute {
        ProcessAttribute::Name if own.object == id.number() => own.name.clone(),
        ProcessAttribute::Name if own.parent_object == id.number() => own.parent_name.clone(),
        ProcessAttribute::Name => this.name.clone(),
        ProcessAttribute::Daemon => Val::Bool(this.is_daemon),
        ProcessAttribute::AuthKey => Val::Opaque(AUTHKEY),
        ProcessAttribute::Pid if this.status == Status::Closed => {
            return context.raise(ErrorKind::Closed, "the process is closed");
        }
        ProcessAttribute::Pid if this.status == Status::New => Val::None,
        ProcessAttribute::Pid => this.pid.clone(),
        // A process knows no exit code of itself or of its parent, also after the parent's end.
        ProcessAttribute::ExitCode
            if !is_creators(context.state, context.process, this)
                && this.status != Status::Closed =>
        {
            Val::None
        }
        ProcessAttribute::ExitCode => match this.status {
            Status::Closed => {
                return context.raise(ErrorKind::Closed, "the process is closed");
            }
            Status::Ended(_) if context.machine.method == StartMethod::Threads => Val::Int(0),
            Status::Ended(code) => Val::Int(code.into()),
            Status::New | Status::Running(_) => Val::None,
        },
    })
}

/// An attribute that its creator sets, or the process itself.
pub(super) fn set(
    id: Id<ProcessObject>,
    context: &mut Context<'_>,
    attribute: ProcessAttribute,
    value: &Val,
) -> Result<Done, Fault> {
    let is_daemon = truth::is_true(context, value);
    let is_threads = context.is_threads();
    let is_named_amiss = !matches!(value, Val::Text(_)) && !is_threads;
    let own = &mut context.state.processes[context.process as usize];
    match attribute {
        ProcessAttribute::Name if is_named_amiss => {
            return context.raise(ErrorKind::Usage, "a name is a text");
        }
        ProcessAttribute::Name if is_threads => {
            // A thread and who started it have one object of it.
            for process in &mut context.state.processes {
                if process.object == id.number() {
                    process.name = value.clone();
                }
            }
            context.get(id).name = value.clone();
        }
        ProcessAttribute::Name if own.object == id.number() => own.name = value.clone(),
        ProcessAttribute::Name => context.get(id).name = value.clone(),
        ProcessAttribute::Daemon if context.get(id).status != Status::New => {
            return context.raise(ErrorKind::Usage, "the process was already started");
        }
        ProcessAttribute::Daemon => context.get(id).is_daemon = is_daemon,
        ProcessAttribute::Pid | ProcessAttribute::ExitCode => {
            return context.raise(ErrorKind::Attribute, "this attribute cannot be set");
        }
        ProcessAttribute::AuthKey => {
            return context.model("this attribute of a process cannot be set");
        }
    }
    Ok(Done::Value(Val::None))
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
