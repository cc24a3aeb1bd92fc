//! Processes: start, join, state, signals; what a child is given under each start method.

use poolproof_case::{ErrorKind, StartMethod};

use super::{Access, Body, Choice, Context, Done, Fault, Operation, Ready};
use crate::machine::run;
use crate::state::compact::Renumber;
use crate::state::message::{self, Passage};
use crate::state::{
    Cell, NOBODY, ObjectId, Process, ProcessId, Role, Signal, Space, State, Symbol, Val,
};

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

    fn is_running(&self) -> bool {
        matches!(self.status, Status::Running(_))
    }
}

fn must_be_started(name: &str) -> bool {
    matches!(name, "join" | "is_alive" | "terminate" | "kill")
}

/// Whether this process may ask: its creator, itself, or its child.
fn may_ask(state: &State, process: ProcessId, this: &ProcessObject) -> bool {
    let is_parent = match this.status {
        Status::Running(it) => it == process || state.processes[process as usize].parent == it,
        // The creator of a process that outlived it.
        Status::Ended(_) => process != 0 && state.processes[process as usize].parent == NOBODY,
        _ => false,
    };
    this.creator == process || is_parent
}

pub(super) fn ready(
    state: &State,
    process: ProcessId,
    this: &ProcessObject,
    access: &Access,
) -> Ready {
    match access.name {
        "join" if this.is_running() && may_ask(state, process, this) => {
            Ready::wait(false, access.timeout(0))
        }
        _ => Ready::NOW,
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    _choice: Choice,
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
        "start" => return start(context, id),
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

fn start(context: &mut Context<'_>, id: ObjectId) -> Result<Done, Fault> {
    let process = context.process;
    let Body::Process(this) = &context.state.objects[id as usize].body else {
        return context.model("this is no process");
    };
    let own = &context.state.processes[process as usize];
    if this.status != Status::New {
        return context.raise(ErrorKind::Usage, "a process starts once");
    }
    if this.creator != process {
        return context.raise(ErrorKind::Usage, "only its creator can start a process");
    }
    if own.is_daemon && !context.is_threads() {
        return context.raise(ErrorKind::Usage, "a daemon has no children");
    }
    if own.is_loading {
        return context.raise(
            ErrorKind::Bootstrapping,
            "started while its creator was loading",
        );
    }
    let this = this.clone();
    let child = spawn(context, &this, id, Role::Child)?;
    if let Some(target) = this.target {
        let values = given(context, &this, child)?;
        let around = std::mem::replace(&mut context.process, child);
        let arguments = run::bind(context, target, values.0, &values.1);
        let arguments = match arguments {
            Ok(arguments) => arguments,
            Err(fault) => {
                context.process = around;
                return Err(fault);
            }
        };
        run::push(context, target, arguments, false)?;
        load(context, this.method)?;
        context.process = around;
    }
    if let Body::Process(this) = context.body(id) {
        this.status = Status::Running(child);
        this.arguments.clear();
        this.named.clear();
    }
    Ok(Done::Value(Val::None))
}

/// Without a guard a child that loads the program first does what main does.
fn load(context: &mut Context<'_>, method: StartMethod) -> Result<(), Fault> {
    let loads = matches!(method, StartMethod::Spawn | StartMethod::Forkserver);
    if loads && !context.machine.code.has_guard {
        let process = context.process;
        context.state.processes[process as usize].is_loading = true;
        let main = context.machine.code.main;
        run::push(context, main, Vec::new(), false)?;
    }
    Ok(())
}

/// The arguments as the child has them.
#[expect(clippy::type_complexity, reason = "arguments by position and by name")]
fn given(
    context: &mut Context<'_>,
    this: &ProcessObject,
    child: ProcessId,
) -> Result<(Vec<Val>, Vec<(Symbol, Val)>), Fault> {
    if context.is_threads() {
        return Ok((this.arguments.clone(), this.named.clone()));
    }
    let passage = if this.method == StartMethod::Fork {
        Passage::Fork
    } else {
        Passage::Spawn
    };
    let values = this
        .arguments
        .iter()
        .chain(this.named.iter().map(|(_, value)| value));
    // One copy of all, so that two arguments that are one list stay one.
    let mut all: Vec<Val> = values.cloned().collect();
    let count = all.len();
    if passage == Passage::Fork {
        all.extend(context.state.space(context.process).globals.iter().cloned());
    }
    let parcel = message::copy(context, &Val::Tuple(all.into()), passage);
    let parcel = match parcel {
        Ok(parcel) => parcel,
        Err(fault) => {
            context.state.processes[child as usize].is_gone = true;
            return Err(fault);
        }
    };
    let Val::Tuple(values) = message::unpack(context.state, child, &parcel) else {
        return context.model("arguments are a tuple");
    };
    if passage == Passage::Fork {
        context.state.space_mut(child).globals = values[count..].to_vec();
        inherit_ends(context.state, context.process, child);
    }
    let named = this.named.iter().zip(&values[this.arguments.len()..count]);
    let named = named
        .map(|((name, _), value)| (*name, value.clone()))
        .collect();
    Ok((values[..this.arguments.len()].to_vec(), named))
}

/// A fork has each open end of its creator, also those that it cannot name.
pub(super) fn inherit_ends(state: &mut State, creator: ProcessId, child: ProcessId) {
    let space = state.space(creator);
    let named = space.cells.iter().filter_map(|cell| match cell {
        Cell::Connection(end) if end.is_open => Some(end.clone()),
        _ => None,
    });
    let mut ends: Vec<_> = named.chain(space.lost_ends.iter().cloned()).collect();
    for cell in &state.space(child).cells {
        if let Cell::Connection(known) = cell
            && let Some(at) = ends.iter().position(|end| end == known)
        {
            ends.swap_remove(at);
        }
    }
    state.space_mut(child).lost_ends.extend(ends);
}

/// A new process with a memory of its own, or a thread of the same.
pub(super) fn spawn(
    context: &mut Context<'_>,
    this: &ProcessObject,
    object: ObjectId,
    role: Role,
) -> Result<ProcessId, Fault> {
    let parent = context.process;
    let space = if context.is_threads() {
        context.state.processes[parent as usize].space
    } else {
        context.state.spaces.push(Space::default());
        context.state.spaces.len() as u32 - 1
    };
    let pid = context.state.opaque();
    let child = context.state.processes.len() as ProcessId;
    context.state.processes.push(Process {
        space,
        role,
        object,
        parent,
        pid: pid.clone(),
        name: this.name.clone(),
        is_daemon: this.is_daemon,
        method: this.method,
        frames: Vec::new(),
        is_loading: false,
        is_stopped: false,
        signal: None,
        is_signal_due: false,
        ending: None,
        is_gone: false,
    });
    if !context.is_threads() {
        context.state.space_mut(child).default_method = Some(this.method);
        if this.method != StartMethod::Fork {
            run::initial_globals(context, child)?;
        }
    }
    if let Body::Process(this) = context.body(object) {
        this.pid = pid;
        this.status = Status::Running(child);
    }
    Ok(child)
}

/// The `Process` object of one that the program did not construct itself.
pub(super) fn object_for(
    context: &mut Context<'_>,
    method: StartMethod,
    is_daemon: bool,
) -> (ObjectId, ProcessObject) {
    let object = ProcessObject {
        creator: context.process,
        target: None,
        arguments: Vec::new(),
        named: Vec::new(),
        name: context.state.opaque(),
        is_daemon,
        method,
        pid: Val::None,
        status: Status::New,
    };
    (context.create(Body::Process(object.clone())), object)
}

/// Constructs one: `Process(target=..., args=...)`.
pub(super) fn make(
    context: &mut Context<'_>,
    access: &Access,
    method: StartMethod,
) -> Result<Val, Fault> {
    use crate::machine::plain;
    let target = match access.argument(1) {
        Val::Function(function) => Some(*function),
        Val::Unset | Val::None => None,
        _ => return context.model("a target is a function of the program"),
    };
    if access.is_given(0) {
        return context.raise(ErrorKind::Usage, "a process has no group");
    }
    let arguments = match access.argument(3) {
        Val::Unset => Vec::new(),
        given => plain::iterate(context, given)?,
    };
    let named = plain::named(context, access.argument(4))?;
    let inherited = context.state.processes[context.process as usize].is_daemon;
    let name = match access.argument(2) {
        Val::Unset | Val::None => context.state.opaque(),
        name => name.clone(),
    };
    let object = ProcessObject {
        creator: context.process,
        target,
        arguments,
        named,
        name,
        is_daemon: if access.is_given(5) {
            access.flag(5, false)
        } else {
            inherited
        },
        method,
        pid: Val::None,
        status: Status::New,
    };
    Ok(Val::Object(context.create(Body::Process(object))))
}
