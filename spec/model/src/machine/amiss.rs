//! What is given to objects of which the documentation says nothing: numbers that are too small,
//! timeouts that are none, names and items that nobody should give.

use poolproof_case::StartMethod;
use poolproof_case::catalogue::{
    Attribute, Class, DictMethod, LockMethod, ManagerMethod, Method, PoolMethod, ProcessAttribute,
    ProcessMethod, SharedAttribute,
};

use super::Machine;
use super::undefined::Undefined;
use crate::objects::{Access, Body, Operation, shared};
use crate::state::reached::objects;
use crate::state::{Cell, NOBODY, ProcessId, State, Val};

/// What an access to an object asks for of which nothing is known.
pub(super) fn of_object(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    id: u32,
    access: &Access,
) -> Option<Undefined> {
    if makes_of_nothing(state, process, access) {
        return Some(Undefined::Private);
    }
    if iterates_nothing(state, process, access) {
        return Some(Undefined::Items);
    }
    if is_of_another_type(machine, state, id, access) {
        return Some(Undefined::Type);
    }
    let sets_daemon = matches!(
        access.operation,
        Operation::Set(Some(Attribute::Process(ProcessAttribute::Daemon)))
    );
    if sets_daemon && !matches!(access.argument(0), Val::Bool(_)) {
        return Some(Undefined::Flag);
    }
    if has_threads_timeouts(machine, state, id) && times_amiss(access) {
        return Some(Undefined::Timeout);
    }
    if machine.method != StartMethod::Threads
        && is_given_anothers(machine, state, process, id, access)
    {
        return Some(Undefined::Context);
    }
    asks_amiss(machine, state, access)
}

/// Whether a process is started that is given something of another context.
fn is_given_anothers(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    id: u32,
    access: &Access,
) -> bool {
    let starts = matches!(
        access.operation,
        Operation::Call(Method::Process(ProcessMethod::Start))
    );
    let Body::Process(this) = &state.objects[id as usize].body else {
        return false;
    };
    if !starts {
        return false;
    }
    let named = this.named.iter().map(|(_, value)| value);
    let given = objects(
        &state.space(process).cells,
        this.arguments.iter().chain(named),
    );
    given.into_iter().any(|id| {
        let object = &state.objects[id as usize];
        let is_of_context = match object.body {
            Body::Lock(_)
            | Body::Condition(_)
            | Body::Event(_)
            | Body::Barrier(_)
            | Body::Queue(_)
            | Body::Shared(_) => object.manager == NOBODY,
            _ => false,
        };
        is_of_context && object.context.unwrap_or(machine.method) != this.method
    })
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

/// Whether an iterator of results is made over what cannot be iterated: the call may be the error, or
/// the first result.
fn iterates_nothing(state: &State, process: ProcessId, access: &Access) -> bool {
    let makes = matches!(
        access.operation,
        Operation::Call(Method::Pool(PoolMethod::Imap | PoolMethod::ImapUnordered))
    );
    makes && has_no_items(state, process, access.argument(1))
}

fn has_no_items(state: &State, process: ProcessId, value: &Val) -> bool {
    match value {
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

/// Whether a manager is to make a list or dict of what has no items: its process fails, and so does who
/// asks, in one way or another.
fn makes_of_nothing(state: &State, process: ProcessId, access: &Access) -> bool {
    let makes = matches!(
        access.operation,
        Operation::Call(Method::Manager(ManagerMethod::List | ManagerMethod::Dict))
    );
    let given = access.argument(0);
    makes && *given != Val::Unset && has_no_items(state, process, given)
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
fn asks_amiss(machine: &Machine, state: &State, access: &Access) -> Option<Undefined> {
    let is_managed = |value: &Val| match value {
        Val::Object(id) => matches!(&state.objects[*id as usize].body, Body::Managed(_)),
        _ => false,
    };
    let (found, what) = match access.operation {
        Operation::Call(Method::Pool(method)) if method.takes_items() => {
            let is_small = matches!(access.argument(2), Val::Int(chunk) if *chunk < 1);
            (is_small, Undefined::Count)
        }
        Operation::Call(Method::Manager(
            ManagerMethod::Semaphore | ManagerMethod::BoundedSemaphore,
        )) => {
            let is_small = matches!(access.argument(0), Val::Int(value) if *value < 0);
            (is_small, Undefined::Count)
        }
        Operation::Call(
            Method::Manager(ManagerMethod::Dict) | Method::Dict(DictMethod::Update),
        ) => (is_managed(access.argument(0)), Undefined::Private),
        Operation::Get(Some(Attribute::Namespace(_)))
        | Operation::Set(Some(Attribute::Namespace(_))) => {
            let name = machine.code.names.text(access.symbol);
            (name.starts_with('_'), Undefined::Private)
        }
        _ => return None,
    };
    found.then_some(what)
}
