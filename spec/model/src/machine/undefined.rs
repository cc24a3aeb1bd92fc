//! What the documentation leaves undefined: the steps after which nothing is known of a program.

use poolproof_case::catalogue::{
    Attribute, Class, ConnectionMethod, DictMethod, LockMethod, ManagerMethod, Method,
    ModuleMethod, PoolMethod, ProcessAttribute, ProcessMethod, SharedAttribute,
};

use super::decode::{Pending, is_read_whole};
use super::step::{Actor, Moves};
use poolproof_case::StartMethod;

use super::{Machine, unsent};
use crate::compile::Instruction;
use crate::objects::process::{self, Status};
use crate::objects::{Access, Body, Operation};
use crate::objects::{connection, shared};
use crate::state::{Cell, NOBODY, Parcel, ProcessId, State, Val};

/// Where what follows is undefined, in words, each with its clause.
pub const UNDEFINED: &str = "a queue is used after a signal has ended one of its users \
    (PM-QUEUE-BROKEN-001), an object or an error of the library's is printed (PM-OUTPUT-TEXT-001), a \
    process object is used by another than its creator (PM-PROCESS-CREATOR-002), an object is received \
    as bytes, or bytes as an object (PM-PIPE-BYTES-001), the end of file is \
    received where the other end was closed before it had received all (PM-PIPE-EOF-002), a list or dict is changed \
    before it was sent (PM-QUEUE-CHANGED-001, PM-POOL-CHANGED-001), an imap is made over what cannot \
    be iterated (PM-POOL-ITEMS-003), threads share a number that is not of its type \
    (PM-SHARED-TYPE-001), a barrier of no parties or a semaphore below none is made \
    (PM-LOCK-COUNT-001), a timeout of threads or of a manager's is less than nothing or not waited for \
    (PM-LOCK-TIMEOUT-002), a pool is given chunks of no item or does no tasks (PM-POOL-COUNT-001), a \
    manager is given another's dict, or a name with an underscore (PM-MANAGER-PRIVATE-001), or who has started a manager asks for its children \
    (PM-PROCESS-CHILDREN-001)";

/// Whether a step, unless it is a signal's, comes to what [`UNDEFINED`] names.
pub(crate) fn is_undefined(machine: &Machine, state: &State, moves: &Moves) -> bool {
    let (process, access) = match (moves.actor, &moves.pending) {
        (Actor::Feeder(queue, _), _) => return is_broken(state, queue),
        (Actor::Process(process), Some(Pending::Object(access))) => (process, access),
        (Actor::Process(process), Some(Pending::Print)) => {
            return writes_what_is_nobodys(machine, state, process);
        }
        _ => return false,
    };
    let id = match access.receiver {
        Val::Object(id) => id,
        Val::Ref(at) => {
            return receives_amiss(machine, state, process, at, access)
                || unsent::is_changed(machine, state, process, access);
        }
        Val::Module | Val::Context(_) => {
            return counts_managers(state, process, access) || is_made_amiss(access);
        }
        _ => return false,
    };
    is_broken(state, id)
        || uses_anothers_process(state, process, id, access)
        || iterates_nothing(state, process, access)
        || is_of_another_type(machine, state, id, access)
        || (has_threads_timeouts(machine, state, id) && times_amiss(access))
        || asks_amiss(machine, state, access)
}

/// Whether an object is one of threads: theirs, or a manager's, which serves them.
fn has_threads_timeouts(machine: &Machine, state: &State, id: u32) -> bool {
    machine.method == StartMethod::Threads || state.objects[id as usize].manager != NOBODY
}

/// Whether a call has a timeout that is less than nothing, or that it does not wait for.
fn times_amiss(access: &Access) -> bool {
    let Operation::Call(method) = access.operation else {
        return false;
    };
    let parameters = method.parameters();
    let place = |name: &str| parameters.iter().position(|one| one.name == name);
    let Some(timeout) = place("timeout").map(|at| access.argument(at)) else {
        return false;
    };
    let is_negative = match timeout {
        Val::Int(seconds) => *seconds < 0,
        Val::Float(bits) => f64::from_bits(*bits) < 0.0,
        _ => false,
    };
    let waits = matches!(method, Method::Lock(LockMethod::Acquire))
        && place("block").is_some_and(|at| !access.flag(at, true));
    is_negative || (waits && !matches!(timeout, Val::Unset | Val::None))
}

/// Whether a call asks for what the documentation says nothing of: chunks of no item, what begins with
/// an underscore of a manager's namespace, a manager's dict or list of another of them.
fn asks_amiss(machine: &Machine, state: &State, access: &Access) -> bool {
    let is_managed = |value: &Val| matches!(value, Val::Object(id) if matches!(&state.objects[*id as usize].body, Body::Managed(_)));
    match access.operation {
        Operation::Call(Method::Pool(
            PoolMethod::Map
            | PoolMethod::MapAsync
            | PoolMethod::Starmap
            | PoolMethod::StarmapAsync
            | PoolMethod::Imap
            | PoolMethod::ImapUnordered,
        )) => matches!(access.argument(2), Val::Int(chunk) if *chunk < 1),
        Operation::Call(Method::Manager(ManagerMethod::Dict)) => is_managed(access.argument(0)),
        Operation::Call(Method::Dict(DictMethod::Update)) => is_managed(access.argument(0)),
        Operation::Get(Some(Attribute::Namespace(_)))
        | Operation::Set(Some(Attribute::Namespace(_))) => {
            machine.code.names.text(access.symbol).starts_with('_')
        }
        _ => false,
    }
}

/// Whether a barrier of no parties is made, or a semaphore of less than none.
pub(super) fn is_made_amiss(access: &Access) -> bool {
    let Operation::Call(Method::Make(class)) = access.operation else {
        return false;
    };
    match (class, access.argument(0)) {
        (Class::Barrier, Val::Int(parties)) => *parties <= 0,
        (Class::Semaphore | Class::BoundedSemaphore, Val::Int(value)) => *value < 0,
        (Class::Pool, _) => matches!(access.argument(3), Val::Int(most) if *most < 1),
        _ => false,
    }
}

/// Whether a number of threads is used that was made of what is not of its type, or is set to it.
fn is_of_another_type(machine: &Machine, state: &State, id: u32, access: &Access) -> bool {
    let Body::Shared(shared) = &state.objects[id as usize].body else {
        return false;
    };
    if shared.is_converted {
        return true;
    }
    let value = match access.operation {
        Operation::Set(Some(Attribute::Shared(SharedAttribute::Value))) => access.argument(0),
        Operation::SetItem => access.argument(1),
        _ => return false,
    };
    machine.method == StartMethod::Threads
        && shared::is_converted(shared.typecode, shared.is_array, value)
}

/// Whether an iterator of results is made over what cannot be iterated: the call may be the error, or
/// the first result.
fn iterates_nothing(state: &State, process: ProcessId, access: &Access) -> bool {
    let makes = matches!(
        access.operation,
        Operation::Call(Method::Pool(PoolMethod::Imap | PoolMethod::ImapUnordered))
    );
    makes
        && match access.argument(1) {
            Val::Tuple(_) | Val::Range(..) | Val::Text(_) | Val::Bytes(_) => false,
            Val::Ref(at) => {
                let cell = &state.space(process).cells[*at as usize];
                matches!(cell, Cell::Connection(_))
            }
            Val::Object(id) => match &state.objects[*id as usize].body {
                Body::Shared(shared) => !shared.is_array,
                Body::Managed(managed) => !managed.kind.is_sequence(),
                _ => true,
            },
            _ => true,
        }
}

fn is_broken(state: &State, queue: u32) -> bool {
    matches!(&state.objects[queue as usize].body, Body::Queue(queue) if queue.is_broken)
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
) -> bool {
    let Operation::Call(Method::Connection(method)) = access.operation else {
        return false;
    };
    let Cell::Connection(end) = &state.space(process).cells[at as usize] else {
        return false;
    };
    let Body::Pipe(pipe) = &state.objects[end.pipe as usize].body else {
        return false;
    };
    let own = usize::from(end.side);
    let as_bytes = match method {
        ConnectionMethod::RecvBytes => true,
        ConnectionMethod::Recv => false,
        _ => return false,
    };
    match pipe.sent[1 - own].front() {
        _ if !end.is_open => false,
        Some(next) => as_bytes != matches!(next, Parcel::Bytes(..)),
        // The other end went with something in it that was never received.
        None => {
            machine.method != StartMethod::Threads
                && pipe.is_duplex
                && !pipe.sent[own].is_empty()
                && !connection::is_open(state, end.pipe, 1 - end.side)
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
