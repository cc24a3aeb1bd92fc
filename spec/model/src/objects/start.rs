//! How a process comes to life, and what it is given under each start method.

use poolproof_case::{ErrorKind, StartMethod};

use super::process::{ProcessObject, Status};
use super::{Access, Body, Choice, Context, Done, Fault, Id};
use crate::machine::{Machine, plain, run, truth};
use crate::state::message::{self, Passage};
use crate::state::part::Part;
use crate::state::{Cell, NOBODY, ObjectId, Process, ProcessId, Role, Space, State, Symbol, Val};

/// Whether a start is the first for which a fork server is started, and that may load main itself.
pub(crate) fn may_load_in_server(machine: &Machine, state: &State, this: &ProcessObject) -> bool {
    this.method == StartMethod::Forkserver && !machine.code.has_guard && !state.has_fork_server
}

/// Starts a process; where the fork server may load main, it does so in the second way.
pub(super) fn start(
    id: Id<ProcessObject>,
    context: &mut Context<'_>,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let this = context.state.get(id);
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
    let is_loaded_twice = choice == Choice::Way(1);
    if may_load_in_server(context.machine, context.state, &this) {
        context.state.has_fork_server = true;
    }
    let child = spawn(context, &this, id.number(), Role::Child)?;
    if let Some(target) = this.target {
        let values = given(context, &this, child)?;
        let around = std::mem::replace(&mut context.process, child);
        run::call(context, target, values.0, &values.1, false)?;
        load(context, this.method, is_loaded_twice)?;
        context.process = around;
    }
    let is_threads = context.is_threads();
    let this = context.get(id);
    this.status = Status::Running(child);
    if !is_threads {
        this.arguments.clear();
        this.named.clear();
    }
    Ok(Done::Value(Val::None))
}

/// Without a guard a child that loads the program first does what main does.
///
/// What the fork server does before it copies itself for the first child is told as the child's: a
/// detached call of main, whose error is ignored, and after which the child need not load again.
fn load(context: &mut Context<'_>, method: StartMethod, twice: bool) -> Result<(), Fault> {
    let loads = matches!(method, StartMethod::Spawn | StartMethod::Forkserver);
    if loads && !context.machine.code.has_guard {
        let process = context.process;
        context.state.processes[process as usize].is_loading = true;
        let main = context.machine.code.main;
        run::push(context, main, Vec::new(), false)?;
        if twice {
            run::push(context, main, Vec::new(), true)?;
        }
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
    let values = this
        .arguments
        .iter()
        .chain(this.named.iter().map(|(_, value)| value));
    let mut values = hand_over(context, values.cloned().collect(), this.method, child)?;
    let named = values.split_off(this.arguments.len());
    let named = this.named.iter().zip(named);
    let named = named.map(|((name, _), value)| (*name, value)).collect();
    Ok((values, named))
}

/// Gives values to a new process, to a fork with all memory: one copy of all, so that two of them that
/// are one list, or one of them and a global, stay one.
pub(super) fn hand_over(
    context: &mut Context<'_>,
    mut values: Vec<Val>,
    method: StartMethod,
    child: ProcessId,
) -> Result<Vec<Val>, Fault> {
    if context.is_threads() {
        return Ok(values);
    }
    let passage = Passage::to_child(method);
    let count = values.len();
    if passage == Passage::Fork {
        values.extend(context.state.space(context.process).globals.iter().cloned());
    }
    let parcel = message::copy(context, &Val::Tuple(values.into()), passage);
    let parcel = match parcel {
        Ok(parcel) => parcel,
        Err(fault) => {
            context.state.processes[child as usize].is_gone = true;
            return Err(fault);
        }
    };
    let Val::Tuple(values) = message::unpack(context.state, child, &parcel) else {
        return context.model("what is handed over is a tuple");
    };
    if passage == Passage::Fork {
        context.state.space_mut(child).globals = values[count..].to_vec();
        inherit_ends(context.state, context.process, child);
    }
    Ok(values[..count].to_vec())
}

/// A fork has each open end of its creator, also those that it cannot name.
fn inherit_ends(state: &mut State, creator: ProcessId, child: ProcessId) {
    let space = state.space(creator);
    let named = space.cells.iter().filter_map(|cell| match cell {
        Cell::Connection(end) if end.is_open => Some(end.clone()),
        _ => None,
    });
    let mut ends: Vec<_> = named
        .chain(space.lost_ends.iter().cloned())
        .chain(space.kept_ends.iter().cloned())
        .collect();
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
        context.state.spaces.push(Part::new(Space::default()));
        context.state.spaces.len() as u32 - 1
    };
    let pid = context.state.opaque();
    let own = &context.state.processes[parent as usize];
    let (parent_object, parent_name) = match context.machine.code.asks_for_parents {
        true => (own.object, own.name.clone()),
        false => (NOBODY, Val::None),
    };
    let child = context.state.processes.len() as ProcessId;
    context.state.processes.push(Part::new(Process {
        space,
        role,
        object,
        parent,
        parent_object,
        parent_name,
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
    }));
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
    let target = match access.argument(1) {
        Val::Function(function) => Some(*function),
        Val::Unset | Val::None => None,
        Val::Object(_) => return context.model("a target is a function of the program"),
        // What cannot be called fails where it is called, and what is false is not.
        other => truth::is_true(context, other).then_some(context.machine.code.misfit),
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
