//! The objects of a running program, each the runtime's own, called by the catalogue's names.
//!
//! One file an area; here is only which file answers.

mod bound;
mod connection;
mod container;
mod lock;
mod managed;
mod manager;
mod module;
mod pool;
mod process;
mod queue;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use poolproof_case::catalogue;
use poolproof_case::{ErrorKind, StartMethod};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

pub(crate) use bound::Bound;

use crate::code::{Arguments, Site};
use crate::data::Data;
use crate::stop::{Result, Stop, missing};
use crate::world::World;

/// An object of a running program.
///
/// Those that cannot be sent refuse to be encoded. Large ones lie elsewhere: values are moved with each
/// statement, and most are numbers.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Object {
    Module,
    Context(StartMethod),
    Takable(Box<lock::Takable>),
    Event(Box<mp::Event>),
    Barrier(Box<lock::Barrier>),
    Queue(Box<queue::Queue>),
    Connection(connection::Connection),
    Value(Box<shared::SharedValue>),
    RawValue(Box<shared::SharedRawValue>),
    Array(Box<shared::SharedArray>),
    RawArray(Box<shared::SharedRawArray>),
    Managed(Box<managed::Managed>),
    #[serde(skip)]
    Process(Arc<process::Process>),
    #[serde(skip)]
    Pool(Arc<pool::Pool>),
    #[serde(skip)]
    AsyncResult(Arc<pool::AsyncResult>),
    #[serde(skip)]
    ResultIterator(Arc<pool::ResultIterator>),
    #[serde(skip)]
    Manager(Arc<manager::Manager>),
}

impl Object {
    /// Its name in the catalogue.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Object::Module => "Module",
            Object::Context(_) => "Context",
            Object::Takable(takable) => takable.name(),
            Object::Event(_) => "Event",
            Object::Barrier(_) => "Barrier",
            Object::Queue(queue) => queue.name(),
            Object::Connection(_) => "Connection",
            Object::Value(_) => "Value",
            Object::RawValue(_) => "RawValue",
            Object::Array(_) => "Array",
            Object::RawArray(_) => "RawArray",
            Object::Managed(managed) => managed.name(),
            Object::Process(_) => "Process",
            Object::Pool(_) => "Pool",
            Object::AsyncResult(_) => "AsyncResult",
            Object::ResultIterator(_) => "ResultIterator",
            Object::Manager(manager) => manager.name(),
        }
    }

    /// What tells it from others of its kind, for comparisons; never printed.
    pub(crate) fn identity(&self) -> String {
        match self {
            Object::Process(process) => process.identity(),
            other => other.name().to_owned(),
        }
    }
}

/// Makes an object in the context of the run's start method.
pub(crate) fn new(world: &Arc<World>, object: &str, arguments: &mut Arguments<'_>) -> Result<Data> {
    make(world, world.method, object, arguments)
}

fn make(
    world: &Arc<World>,
    method: StartMethod,
    object: &str,
    arguments: &mut Arguments<'_>,
) -> Result<Data> {
    let parameters = catalogue::object(object).and_then(|known| known.constructor);
    let parameters = parameters.ok_or_else(|| missing("the catalogue", object))?;
    let bound = &mut Bound::new(object, parameters, arguments)?;
    let context = mp::Context::new(crate::world::runtime_method(method))?;
    let made = match object {
        "Pipe" => return connection::new(&context, bound),
        "Process" => Object::Process(Arc::new(process::new(world, method, bound)?)),
        "Pool" => Object::Pool(Arc::new(pool::new(world, method, bound)?)),
        "Queue" | "JoinableQueue" | "SimpleQueue" => {
            let transport = world.transport.into();
            Object::Queue(Box::new(queue::new(&context, transport, object, bound)?))
        }
        "Event" => Object::Event(Box::new(context.event()?)),
        "Barrier" => Object::Barrier(Box::new(lock::Barrier::new(&context, bound)?)),
        "Value" | "Array" | "RawValue" | "RawArray" => shared::new(&context, object, bound)?,
        "Manager" | "ManagerServer" | "ManagerClient" => {
            Object::Manager(Arc::new(manager::new(&context, object, bound)?))
        }
        lock => Object::Takable(Box::new(lock::new(&context, lock, bound)?)),
    };
    Ok(Data::Object(made))
}

/// Calls a method of a value.
pub(crate) fn call(
    world: &Arc<World>,
    receiver: &Data,
    site: &Site,
    arguments: &mut Arguments<'_>,
) -> Result<Data> {
    if let Data::Object(Object::Context(start_method)) = receiver
        && let Some(object) = catalogue::object(&site.method).filter(|object| object.of_context)
    {
        return make(world, *start_method, object.name, arguments);
    }
    let name = receiver.type_name();
    let known = site.known(name)?;
    let method = known.name;
    let callee = format_args!("{name}.{method}()");
    let bound = &mut Bound::new(callee, known.parameters, arguments)?;
    match receiver {
        Data::List(items) => container::list(items, method, bound),
        Data::Dict(pairs) => container::dict(pairs, method, bound),
        Data::Object(object) => call_object(world, object, method, bound),
        other => Err(missing(other.type_name(), method)),
    }
}

fn call_object(
    world: &Arc<World>,
    object: &Object,
    method: &str,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    match object {
        Object::Module => module::call(method, bound),
        Object::Context(start_method) => module::call_context(*start_method, method),
        Object::Takable(takable) => takable.call(method, bound),
        Object::Event(event) => lock::call_event(event, method, bound),
        Object::Barrier(barrier) => barrier.call(method, bound),
        Object::Queue(queue) => queue.call(method, bound),
        Object::Connection(connection) => connection.call(method, bound),
        Object::Value(value) => value.call(method),
        Object::Array(array) => array.call(method),
        Object::Managed(managed) => managed.call(method, bound),
        Object::Process(process) => process.call(method, bound),
        Object::Pool(pool) => pool.call(world, method, bound),
        Object::AsyncResult(result) => result.call(method, bound),
        Object::ResultIterator(iterator) => iterator.call(method, bound),
        Object::Manager(manager) => manager.call(method, bound),
        Object::RawValue(_) | Object::RawArray(_) => Err(missing(object.name(), method)),
    }
}

/// Reads an attribute.
pub(crate) fn attribute(receiver: &Data, name: &str) -> Result<Data> {
    match receiver {
        Data::Object(Object::Process(process)) => process.attribute(name),
        Data::Object(Object::Connection(connection)) => connection.attribute(name),
        Data::Object(Object::Barrier(barrier)) => barrier.attribute(name),
        Data::Object(Object::Value(value)) if name == "value" => value.get(),
        Data::Object(Object::RawValue(value)) if name == "value" => value.get(),
        Data::Object(Object::Managed(managed)) => managed.attribute(name),
        Data::Object(Object::Manager(manager)) => manager.attribute(name),
        other => Err(missing(other.type_name(), name)),
    }
}

/// Sets an attribute.
pub(crate) fn set_attribute(receiver: &Data, name: &str, value: Data) -> Result<()> {
    match receiver {
        Data::Object(Object::Process(process)) => process.set_attribute(name, &value),
        Data::Object(Object::Value(shared)) if name == "value" => shared.set(&value),
        Data::Object(Object::RawValue(shared)) if name == "value" => shared.set(&value),
        Data::Object(Object::Managed(managed)) => managed.set_attribute(name, &value),
        other => Err(missing(other.type_name(), name)),
    }
}

/// Whether an object has items that can be copied into a plain container.
pub(crate) fn has_contents(object: &Object) -> bool {
    catalogue::object(object.name()).is_some_and(|known| known.items)
}

/// A plain copy of an object's items.
pub(crate) fn contents(object: &Object) -> Result<Data> {
    match object {
        Object::Array(array) => array.slice(None, None),
        Object::RawArray(array) => array.slice(None, None),
        Object::Managed(managed) => managed.contents(),
        other => Err(no_items(other)),
    }
}

/// How many items an object has.
pub(crate) fn length(object: &Object) -> Result<usize> {
    match object {
        Object::Array(array) => Ok(array.len()),
        Object::RawArray(array) => Ok(array.len()),
        Object::Managed(managed) => managed.length(),
        other => Err(no_items(other)),
    }
}

/// One item of an object.
pub(crate) fn item(object: &Object, index: &Data) -> Result<Data> {
    match object {
        Object::Array(array) => array.get(index.as_int()?),
        Object::RawArray(array) => array.get(index.as_int()?),
        Object::Managed(managed) => managed.item(index),
        other => Err(no_items(other)),
    }
}

/// Sets one item of an object.
pub(crate) fn set_item(object: &Object, index: &Data, value: Data) -> Result<()> {
    match object {
        Object::Array(array) => array.set(index.as_int()?, &value),
        Object::RawArray(array) => array.set(index.as_int()?, &value),
        Object::Managed(managed) => managed.set_item(index, &value),
        other => Err(no_items(other)),
    }
}

/// Some items of an object, as a list.
pub(crate) fn slice(object: &Object, from: Option<i64>, to: Option<i64>) -> Result<Data> {
    match object {
        Object::Array(array) => array.slice(from, to),
        Object::RawArray(array) => array.slice(from, to),
        other => crate::sequence::slice(&contents(other)?, from, to),
    }
}

/// Enters a context.
pub(crate) fn enter(context: &Data) -> Result<()> {
    match context {
        Data::Object(Object::Takable(takable)) => takable.acquire(None).map(|_| ()),
        Data::Object(Object::Managed(managed)) => managed.enter(),
        Data::Object(Object::Pool(pool)) => pool.enter(),
        Data::Object(Object::Manager(manager)) => manager.enter(),
        // A closed end can be entered, as Python's.
        Data::Object(Object::Connection(_)) => Ok(()),
        other => Err(no_context(other)),
    }
}

/// Leaves a context.
pub(crate) fn leave(context: &Data) -> Result<()> {
    match context {
        Data::Object(Object::Takable(takable)) => takable.release(),
        Data::Object(Object::Managed(managed)) => managed.leave(),
        Data::Object(Object::Manager(manager)) => manager.shutdown(),
        Data::Object(Object::Pool(pool)) => {
            pool.terminate();
            Ok(())
        }
        Data::Object(Object::Connection(connection)) => {
            connection.close();
            Ok(())
        }
        other => Err(no_context(other)),
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(process: &Data, signal: &str) -> Result<()> {
    match process {
        Data::Object(Object::Process(process)) => process.signal(signal),
        other => Err(Stop::error(
            ErrorKind::Type,
            format!("{} is no process", other.type_name()),
        )),
    }
}

/// The next result of an iterator of results; `empty` at its end.
pub(crate) fn next_result(iterator: &Data, timeout: Option<Duration>) -> Result<Data> {
    match iterator {
        Data::Object(Object::ResultIterator(iterator)) => iterator.next(timeout),
        other => Err(Stop::error(
            ErrorKind::Type,
            format!("{} is no iterator", other.type_name()),
        )),
    }
}

fn no_items(object: &Object) -> Stop {
    Stop::error(ErrorKind::Type, format!("{} has no items", object.name()))
}

fn no_context(data: &Data) -> Stop {
    Stop::error(
        ErrorKind::Type,
        format!("{} cannot be entered by `With`", data.type_name()),
    )
}
