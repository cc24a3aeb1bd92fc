//! Which object answers to an access: each method and attribute of the catalogue to the file that
//! gives it its meaning.
//!
//! A method or attribute that the catalogue gains does not compile until it is said here and there.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{
    AsyncResultMethod, Attribute, BarrierAttribute, ConnectionMethod, Method,
};

use super::id::Kind;
use super::{
    Access, Body, Choice, Context, Done, Fault, Object, Operation, Ready, Wait, barrier, condition,
    connection, event, lock, managed, manager, module, phase, pool, process, shared, taking,
    transfer,
};
use crate::machine::Machine;
use crate::state::{ObjectId, Phase, ProcessId, State, Val};

/// Whether the access can be made now.
pub(crate) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
) -> Ready {
    if *phase(state, process) == Phase::Stuck {
        return stuck(state, access);
    }
    let id = match &access.receiver {
        Val::Object(id) => *id,
        Val::Ref(_) => return connection::ready(machine, state, process, access),
        _ => return module::ready(state, process, access),
    };
    let object = &state.objects[id as usize];
    if manager::is_gone(state, object.manager) {
        return Ready::NOW;
    }
    match access.operation {
        Operation::Call(method) => ready_to_call(machine, state, process, id, method, access),
        _ => ready_for_others(state, process, (id, &object.body), access),
    }
}

/// Whether a method can be called now, and in how many ways.
fn ready_to_call(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    id: ObjectId,
    method: Method,
    access: &Access,
) -> Ready {
    let body = &state.objects[id as usize].body;
    match method {
        Method::Process(method) => when(body, |this| {
            process::ready(machine, state, process, this, method, access)
        }),
        Method::Pool(method) => when(body, |this| {
            pool::ready(machine, state, process, (id, this), method, access)
        }),
        Method::AsyncResult(method) => {
            when(body, |this| taking::ready(state, this, method, access))
        }
        Method::ResultIterator(method) => when(body, |this| {
            taking::ready_for_next(state, this, method, access)
        }),
        Method::Queue(method) => when(body, |this| {
            transfer::ready(machine, state, process, this, method, access)
        }),
        Method::SimpleQueue(method) => when(body, |this| {
            transfer::ready_simple(machine, state, process, this, method, access)
        }),
        Method::Lock(method) => when(body, |this| lock::ready(process, this, method, access)),
        Method::Condition(method) => when(body, |this| {
            condition::ready(state, process, this, method, access)
        }),
        Method::Event(method) => when(body, |this| {
            event::ready(machine, state, process, this, method, access)
        }),
        Method::Barrier(method) => when(body, |this| {
            barrier::ready(state, process, this, method, access)
        }),
        Method::Shared(method) => when(body, |this| shared::ready(state, process, this, method)),
        Method::Manager(method) => Ready::ways(manager::ways(machine, state, method, access)),
        // What a manager keeps answers at once.
        Method::ManagedValue(_) | Method::List(_) | Method::Dict(_) => Ready::NOW,
        // These are no objects that several processes use.
        Method::Module(_) | Method::Make(_) | Method::Connection(_) => Ready::NOW,
    }
}

fn when<T: Kind>(body: &Body, ready: impl FnOnce(&T) -> Ready) -> Ready {
    T::of(body).map_or(Ready::NOW, ready)
}

/// Whether what is no call can be done now.
fn ready_for_others(
    state: &State,
    process: ProcessId,
    (id, body): (ObjectId, &Body),
    access: &Access,
) -> Ready {
    match (access.operation, body) {
        (Operation::Enter, Body::Lock(this)) => lock::ready_to_take(process, this, Wait::Forever),
        (Operation::Enter, Body::Condition(this)) => {
            condition::ready_to_take(state, process, this, Wait::Forever)
        }
        (Operation::Leave, Body::Pool(this)) => pool::ready_to_end(state, process, (id, this)),
        (
            Operation::Get(Some(Attribute::Barrier(BarrierAttribute::Waiting))),
            Body::Barrier(this),
        ) => Ready::ways(1 + usize::from(this.is_acting)),
        (_, Body::Shared(this)) => shared::ready_to_use(state, process, this),
        (Operation::Next | Operation::Copy, Body::Job(this)) if this.is_iterator => {
            taking::wait_for_next(state, this, Wait::Forever)
        }
        _ => Ready::NOW,
    }
}

/// What waits for ever is still let go by its own limit.
fn stuck(state: &State, access: &Access) -> Ready {
    let is_limited = match access.operation {
        Operation::Call(Method::AsyncResult(method)) => match method {
            AsyncResultMethod::Get | AsyncResultMethod::Wait => true,
            AsyncResultMethod::Ready | AsyncResultMethod::Successful => false,
        },
        Operation::Call(Method::ResultIterator(_)) => true,
        Operation::Call(Method::Connection(ConnectionMethod::Poll)) => true,
        _ => false,
    };
    let limit = match access.receiver {
        Val::Object(id) if is_limited => match &state.objects[id as usize].body {
            Body::Job(_) => access.timeout(0),
            _ => Wait::Forever,
        },
        Val::Ref(_) if is_limited => access.timeout(0),
        _ => Wait::Forever,
    };
    Ready::wait(false, limit)
}

/// The error of an operation that an object of the catalogue does not have.
fn misused(object: &Object, access: &Access) -> Option<ErrorKind> {
    let known = object.class().object();
    match access.operation {
        Operation::Get(None) => Some(ErrorKind::Attribute),
        Operation::Enter if !known.context => Some(ErrorKind::Type),
        Operation::Item | Operation::SetItem | Operation::Slice if !known.items => {
            Some(ErrorKind::Type)
        }
        _ => None,
    }
}

/// Makes the access.
pub(crate) fn perform(
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let id = match &access.receiver {
        Val::Object(id) => *id,
        Val::Ref(_) => return connection::perform(context, access, choice),
        _ => return module::perform(context, access, choice),
    };
    let object = &context.state.objects[id as usize];
    if let Some(error) = misused(object, access) {
        return context.raise(error, "this object has no such operation");
    }
    if manager::is_gone(context.state, object.manager) {
        return context.raise(ErrorKind::BrokenPipe, "the manager has ended");
    }
    if let Some(shared) = context.state.id(id)
        && !matches!(access.operation, Operation::Call(_))
        && let Some(done) = shared::use_of_the_dead(shared, context, choice)?
    {
        return Ok(done);
    }
    match access.operation {
        Operation::Call(method) => call(context, id, method, access, choice),
        Operation::Get(Some(attribute)) => {
            get(context, id, (attribute, choice), access).map(Done::Value)
        }
        Operation::Set(Some(attribute)) => set(context, id, attribute, access),
        Operation::Get(None) | Operation::Set(None) => unknown(context, id, access),
        Operation::Enter => enter(context, id, access, choice),
        Operation::Leave => leave(context, id),
        Operation::Item
        | Operation::SetItem
        | Operation::Slice
        | Operation::Copy
        | Operation::Next => read(context, id, access, choice),
    }
}

/// Calls a method.
fn call(
    context: &mut Context<'_>,
    id: ObjectId,
    method: Method,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match method {
        Method::Process(method) => process::call(context.id(id)?, context, method, choice),
        Method::Pool(method) => pool::call(context.id(id)?, context, method, access, choice),
        Method::AsyncResult(method) => {
            taking::call(context.id(id)?, context, method, access, choice)
        }
        Method::ResultIterator(method) => {
            taking::call_iterator(context.id(id)?, context, method, access, choice)
        }
        Method::Queue(method) => transfer::call(context.id(id)?, context, method, access, choice),
        Method::SimpleQueue(method) => {
            transfer::call_simple(context.id(id)?, context, method, access, choice)
        }
        Method::Lock(method) => lock::call(context.id(id)?, context, method, choice),
        Method::Condition(method) => {
            condition::call(context.id(id)?, context, method, access, choice)
        }
        Method::Event(method) => event::call(context.id(id)?, context, method, access, choice),
        Method::Barrier(method) => barrier::call(context.id(id)?, context, method, access, choice),
        Method::Shared(method) => shared::call(context.id(id)?, context, method, choice),
        Method::Manager(method) => match context.state.id(id) {
            Some(client) => manager::call_client(client, context, method, access),
            None => manager::call(context.id(id)?, context, method, access, choice),
        },
        Method::ManagedValue(method) => {
            managed::call_value(context.id(id)?, context, method, access)
        }
        Method::List(method) => {
            let changes = method.changes();
            managed::change(context.id(id)?, context, access, changes)
        }
        Method::Dict(method) => {
            let changes = method.changes();
            managed::change(context.id(id)?, context, access, changes)
        }
        Method::Module(_) | Method::Make(_) | Method::Connection(_) => unknown(context, id, access),
    }
}

/// Reads an attribute.
fn get(
    context: &mut Context<'_>,
    id: ObjectId,
    (attribute, choice): (Attribute, Choice),
    access: &Access,
) -> Result<Val, Fault> {
    match attribute {
        Attribute::Process(attribute) => process::get(context.id(id)?, context, attribute),
        Attribute::Barrier(attribute) => barrier::get(context.id(id)?, context, attribute, choice),
        Attribute::Shared(attribute) => shared::get(context.id(id)?, context, attribute),
        Attribute::ManagedValue(attribute) => {
            managed::get_value(context.id(id)?, context, attribute)
        }
        Attribute::Manager(attribute) => manager::get(context.id(id)?, context, attribute),
        Attribute::Namespace(attribute) => {
            managed::get_attribute(context.id(id)?, context, attribute, access)
        }
        Attribute::Connection(_) => unknown(context, id, access),
    }
}

/// Sets an attribute.
fn set(
    context: &mut Context<'_>,
    id: ObjectId,
    attribute: Attribute,
    access: &Access,
) -> Result<Done, Fault> {
    let value = access.argument(0);
    match attribute {
        Attribute::Process(attribute) => process::set(context.id(id)?, context, attribute, value),
        Attribute::Shared(attribute) => shared::set(context.id(id)?, context, attribute, value),
        Attribute::ManagedValue(attribute) => {
            managed::set_value(context.id(id)?, context, attribute, value)
        }
        Attribute::Namespace(attribute) => {
            managed::set_attribute(context.id(id)?, context, attribute, access)
        }
        // What cannot be set.
        Attribute::Barrier(_) | Attribute::Manager(_) | Attribute::Connection(_) => {
            unknown(context, id, access)
        }
    }
}

/// Enters a context manager.
fn enter(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match &context.state.objects[id as usize].body {
        Body::Lock(_) => lock::take(context.id(id)?, context, choice),
        Body::Condition(_) => condition::take(context.id(id)?, context, choice),
        Body::Pool(_) => pool::enter(context.id(id)?, context),
        Body::Manager(_) => manager::enter(context.id(id)?, context),
        _ => unknown(context, id, access),
    }
}

/// Leaves a context manager.
fn leave(context: &mut Context<'_>, id: ObjectId) -> Result<Done, Fault> {
    match &context.state.objects[id as usize].body {
        Body::Lock(_) => lock::give_back(context.id(id)?, context),
        Body::Condition(_) => condition::give_back(context.id(id)?, context),
        Body::Pool(_) => pool::terminate(context.id(id)?, context),
        Body::Manager(_) => manager::leave(context.id(id)?, context),
        _ => context.model("this object cannot be left"),
    }
}

/// Reads or sets items.
fn read(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match &context.state.objects[id as usize].body {
        Body::Shared(_) => shared::items(context.id(id)?, context, access),
        Body::Managed(_) => managed::items(context.id(id)?, context, access),
        Body::Job(_) => taking::read(context.id(id)?, context, access, choice),
        _ => unknown(context, id, access),
    }
}

/// An access that the machine does not know on this object.
fn unknown<T>(context: &Context<'_>, id: ObjectId, access: &Access) -> Result<T, Fault> {
    let class = context.state.objects[id as usize].class().name();
    context.model(format!(
        "a `{class}` has no access `{}`",
        access.shown(context)
    ))
}
