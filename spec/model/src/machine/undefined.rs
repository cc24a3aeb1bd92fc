//! What the documentation leaves undefined: the steps after which nothing is known of a program.

use poolproof_case::StartMethod;
use poolproof_case::catalogue::{
    Attribute, ConnectionMethod, Method, ModuleMethod, ProcessAttribute, ProcessMethod,
};

use super::decode::{Pending, is_read_whole};
use super::step::{Actor, Moves};
use super::{Machine, amiss, unsent};
use crate::compile::Instruction;
use crate::objects::process::{self, Status};
use crate::objects::{Access, Body, Operation, connection};
use crate::state::{Cell, ObjectId, Parcel, ProcessId, Role, State, Val, Work};

/// What a program may do of which nothing is known, with its clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undefined {
    /// A queue is used after a signal has ended one of its users.
    Broken,
    /// What a process waited for that a signal has ended is used, or the pipe it was sending into.
    Left,
    /// An object or an error of the library's is printed.
    Text,
    /// A process object is used by another than its creator.
    Creator,
    /// Who has started a manager asks for its children.
    Children,
    /// An object is received as bytes, or bytes as an object.
    Bytes,
    /// The end of file is received where the other end was closed before it had received all.
    Reset,
    /// A list or dict is changed before it was sent.
    Changed,
    /// What items or results of one chunk have in common is changed, or can be seen to be one.
    Common,
    /// Results are iterated over what cannot be iterated.
    Items,
    /// Threads share a number that is not of its type.
    Type,
    /// A lock, a pool or a chunk is of a number that is none for it.
    Count,
    /// A timeout of threads is less than nothing, or not waited for.
    Timeout,
    /// A process is given an object of another context.
    Context,
    /// A manager is given another's dict, or a name with an underscore, or what it cannot make.
    Private,
    /// A thread of a pool has ended in the middle of a task.
    Thread,
    /// A process is made a daemon by what is neither true nor false.
    Flag,
}

impl Undefined {
    /// All there are.
    pub const ALL: [Undefined; 17] = [
        Undefined::Broken,
        Undefined::Left,
        Undefined::Text,
        Undefined::Creator,
        Undefined::Children,
        Undefined::Bytes,
        Undefined::Reset,
        Undefined::Changed,
        Undefined::Common,
        Undefined::Items,
        Undefined::Type,
        Undefined::Count,
        Undefined::Timeout,
        Undefined::Context,
        Undefined::Private,
        Undefined::Thread,
        Undefined::Flag,
    ];

    /// It in words, with its clauses.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Undefined::Broken => {
                "a queue is used after a signal has ended one of its users (PM-QUEUE-BROKEN-001)"
            }
            Undefined::Left => {
                "an event, condition, barrier or pipe is used after a signal has ended who waited at it (PM-LOCK-KILLED-001, PM-PIPE-KILLED-001)"
            }
            Undefined::Text => {
                "an object or an error of the library's is printed (PM-OUTPUT-TEXT-001)"
            }
            Undefined::Creator => {
                "a process object is used by another than its creator (PM-PROCESS-CREATOR-002)"
            }
            Undefined::Children => {
                "who has started a manager asks for its children (PM-PROCESS-CHILDREN-001)"
            }
            Undefined::Bytes => {
                "an object is received as bytes, or bytes as an object (PM-PIPE-BYTES-001)"
            }
            Undefined::Reset => {
                "an end of file is received whose sender had not received all (PM-PIPE-EOF-002)"
            }
            Undefined::Changed => {
                "a list or dict is changed before it was sent (PM-QUEUE-CHANGED-001, PM-POOL-CHANGED-001)"
            }
            Undefined::Common => {
                "items or results of one chunk have a list or dict in common (PM-POOL-CHUNK-004)"
            }
            Undefined::Items => "an imap is made over what cannot be iterated (PM-POOL-ITEMS-003)",
            Undefined::Type => {
                "threads share a number that is not of its type (PM-SHARED-TYPE-001)"
            }
            Undefined::Count => {
                "a lock, a pool or a chunk is made of too small a number (PM-LOCK-COUNT-001, PM-POOL-COUNT-001)"
            }
            Undefined::Timeout => {
                "a timeout is less than nothing, or not waited for (PM-LOCK-TIMEOUT-002)"
            }
            Undefined::Context => {
                "a process is given an object of another context than its own (PM-START-CONTEXT-002)"
            }
            Undefined::Private => {
                "a manager is given another's dict, a name with an underscore, or no items (PM-MANAGER-PRIVATE-001, PM-MANAGER-MADE-001)"
            }
            Undefined::Thread => "a task of a pool of threads ends its thread (PM-POOL-THREAD-001)",
            Undefined::Flag => {
                "a process is made a daemon by what is no truth value (PM-PROCESS-DAEMON-004)"
            }
        }
    }

    /// Several in words.
    #[must_use]
    pub fn list(all: &[Undefined]) -> String {
        let words: Vec<&str> = all.iter().map(|one| one.words()).collect();
        words.join("; or ")
    }
}

/// What a step, unless it is a signal's, comes to of which nothing is known.
pub(crate) fn undefined(machine: &Machine, state: &State, moves: &Moves) -> Option<Undefined> {
    let (process, access) = match (moves.actor, &moves.pending) {
        (Actor::Process(process), _) if unsent::has_given_common(state, process) => {
            return Some(Undefined::Common);
        }
        (Actor::Feeder(queue, _), _) => {
            return broken(state, queue);
        }
        (Actor::Process(process), _) if has_left_a_task(machine, state, process) => {
            return Some(Undefined::Thread);
        }
        (Actor::Process(process), Some(Pending::Object(access))) => (process, access),
        (Actor::Process(process), Some(Pending::Print)) => {
            let is_text = writes_what_is_nobodys(machine, state, process);
            return is_text.then_some(Undefined::Text);
        }
        _ => return None,
    };
    let is = |found: bool, what: Undefined| found.then_some(what);
    match access.receiver {
        Val::Object(id) => broken(state, id)
            .or_else(|| {
                let is_others = uses_anothers_process(state, process, id, access);
                is(is_others, Undefined::Creator)
            })
            .or_else(|| amiss::of_object(machine, state, process, id, access)),
        Val::Ref(at) => broken_pipe(state, process, at)
            .or_else(|| receives_amiss(machine, state, process, at, access))
            .or_else(|| {
                let is_changed = unsent::is_changed(machine, state, process, access);
                is(is_changed, Undefined::Changed)
            })
            .or_else(|| {
                let is_common = unsent::changes_common_item(state, process, access);
                is(is_common, Undefined::Common)
            }),
        Val::Module | Val::Context(_) => {
            is(counts_managers(state, process, access), Undefined::Children)
                .or_else(|| is(amiss::is_made_amiss(access), Undefined::Count))
        }
        _ => None,
    }
}

/// Whether nothing is known of what follows a step, unless it is a signal's.
pub(crate) fn is_undefined(machine: &Machine, state: &State, moves: &Moves) -> bool {
    undefined(machine, state, moves).is_some()
}

/// Whether a pool's thread is over with a task that it has not done, as one that exits is.
fn has_left_a_task(machine: &Machine, state: &State, process: ProcessId) -> bool {
    let own = &state.processes[process as usize];
    let has_task = matches!(
        own.role,
        Role::Worker {
            work: Work::Task(_),
            ..
        }
    );
    machine.method == StartMethod::Threads && own.ending.is_some() && has_task
}

/// What is used after a signal has ended who was using it.
fn broken(state: &State, id: ObjectId) -> Option<Undefined> {
    let object = &state.objects[id as usize];
    object.is_broken.then_some(match object.body {
        Body::Queue(_) => Undefined::Broken,
        _ => Undefined::Left,
    })
}

fn broken_pipe(state: &State, process: ProcessId, at: u32) -> Option<Undefined> {
    match &state.space(process).cells[at as usize] {
        Cell::Connection(end) => broken(state, end.pipe),
        _ => None,
    }
}

/// Whether who asks for its children has started managers, whose processes may count among them.
fn counts_managers(state: &State, process: ProcessId, access: &Access) -> bool {
    let asks = matches!(
        access.operation,
        Operation::Call(Method::Module(ModuleMethod::ActiveChildren))
    );
    let is_its = |id: &u32| matches!(&state.objects[*id as usize].body, Body::Manager(manager) if manager.creator == process);
    asks && state.managers.iter().any(is_its)
}

/// Whether what was sent as an object is received as bytes, or the other way round, or an end is asked
/// for the end of file whose other end was closed too early: what comes of it is everybody's own.
fn receives_amiss(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    at: u32,
    access: &Access,
) -> Option<Undefined> {
    let Operation::Call(Method::Connection(method)) = access.operation else {
        return None;
    };
    let Cell::Connection(end) = &state.space(process).cells[at as usize] else {
        return None;
    };
    let Body::Pipe(pipe) = &state.objects[end.pipe as usize].body else {
        return None;
    };
    let own = usize::from(end.side);
    let as_bytes = match method {
        ConnectionMethod::RecvBytes => true,
        ConnectionMethod::Recv => false,
        _ => return None,
    };
    match pipe.sent[1 - own].front() {
        _ if !end.is_open => None,
        Some(next) => {
            let is_other = as_bytes != matches!(next, Parcel::Bytes(..));
            is_other.then_some(Undefined::Bytes)
        }
        // The other end went with something in it that was never received.
        None => {
            let is_reset = machine.method != StartMethod::Threads
                && pipe.is_duplex
                && !pipe.sent[own].is_empty()
                && !connection::is_open(state, end.pipe, 1 - end.side);
            is_reset.then_some(Undefined::Reset)
        }
    }
}

/// Whether who did not create a process object does with it what only its creator can.
fn uses_anothers_process(state: &State, process: ProcessId, id: u32, access: &Access) -> bool {
    let Body::Process(this) = &state.objects[id as usize].body else {
        return false;
    };
    if process::is_creators(state, process, this) {
        return false;
    }
    let is_known = process::is_itself_or_parent(state, process, this);
    match access.operation {
        // What its creator closed meanwhile, a copy of it knows nothing of.
        Operation::Call(_) | Operation::Get(Some(Attribute::Process(ProcessAttribute::Pid)))
            if this.status == Status::Closed =>
        {
            true
        }
        Operation::Call(Method::Process(method)) => match method {
            ProcessMethod::Close | ProcessMethod::Run => true,
            ProcessMethod::Terminate | ProcessMethod::Kill => !is_known,
            ProcessMethod::Start | ProcessMethod::Join | ProcessMethod::IsAlive => false,
        },
        Operation::Get(Some(Attribute::Process(ProcessAttribute::ExitCode))) => !is_known,
        Operation::Set(Some(Attribute::Process(ProcessAttribute::Daemon))) => true,
        _ => false,
    }
}

fn writes_what_is_nobodys(machine: &Machine, state: &State, process: ProcessId) -> bool {
    let Some(frame) = state.frame(process) else {
        return false;
    };
    let function = &machine.code.functions[usize::from(frame.function)];
    let Instruction::Print(count) = function.instructions[frame.pc as usize] else {
        return false;
    };
    let values = &frame.stack[frame.stack.len() - usize::from(count)..];
    values.iter().any(|value| {
        let is_object =
            matches!(value, Val::Object(_)) && !is_read_whole(machine, state, process, value);
        is_object || tells_an_error(machine, &state.space(process).cells, value)
    })
}

/// The most values that are looked at: what has more is too large to be written.
const VALUES_MAX: u32 = 1 << 16;

/// Whether the text of a library's error is somewhere in a value.
pub(super) fn tells_an_error(machine: &Machine, cells: &[Cell], value: &Val) -> bool {
    let mut open = vec![value];
    let mut left = VALUES_MAX;
    while let Some(value) = open.pop() {
        left -= 1;
        if left == 0 {
            return false;
        }
        match value {
            Val::Text(text) | Val::Error(_, text) if machine.code.names.is_own(*text) => {
                return true;
            }
            Val::Tuple(items) => open.extend(items.iter()),
            Val::Ref(at) => match &cells[*at as usize] {
                Cell::List(items) => open.extend(items),
                Cell::Dict(pairs) => {
                    open.extend(pairs.iter().flat_map(|(key, value)| [key, value]));
                }
                Cell::Connection(_) => {}
            },
            _ => {}
        }
    }
    false
}
