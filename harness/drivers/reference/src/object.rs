//! What the objects of a running program do, by the catalogue: which file answers to which method and
//! attribute.
//!
//! A method or attribute that the catalogue gains does not compile until it is said here and there.

mod connection;
mod container;
pub(crate) mod lock;
pub(crate) mod managed;
mod manager;
mod module;
pub(crate) mod pool;
mod process;
pub(crate) mod queue;
pub(crate) mod shared;
mod sharing;

use std::fmt;
use std::sync::Arc;

use poolproof_case::catalogue::{Attribute, AttributeName, Class, Method, MethodName};
use poolproof_case::{ErrorKind, StartMethod};
use poolproof_runtime as mp;

pub(crate) use connection::Connection;
pub(crate) use module::{Context, Module};

use crate::arguments::Arguments;
use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::functions::Functions;
use crate::start_method::runtime_method;
use crate::stop::{Result, Stop, missing};
use managed::Managed;

/// Makes an object in the context of the run's start method.
pub(crate) fn new(
    functions: &Arc<dyn Functions>,
    class: Class,
    arguments: &mut Arguments<'_>,
) -> Result<Data> {
    make(functions, functions.method(), class, arguments)
}

fn make(
    functions: &Arc<dyn Functions>,
    method: StartMethod,
    class: Class,
    arguments: &mut Arguments<'_>,
) -> Result<Data> {
    let parameters = class.object().constructor;
    let parameters = parameters.ok_or_else(|| missing("the catalogue", class.name()))?;
    let bound = &mut Bound::new(class.name(), parameters, arguments)?;
    let context = mp::Context::new(runtime_method(method))?;
    let transport = || functions.transport().into();
    Ok(match class {
        Class::Pipe => connection::new(&context, bound)?,
        Class::Process => Data::object(process::new(functions, method, bound)?),
        Class::Pool => Data::object(pool::new(functions, method, bound)?),
        Class::Queue => Data::object(queue::new(&context, transport(), bound)?),
        Class::JoinableQueue => Data::object(queue::new_joinable(&context, transport(), bound)?),
        Class::SimpleQueue => Data::object(queue::new_simple(&context, transport())?),
        Class::Lock => Data::object(lock::Takable::Lock(context.lock()?)),
        Class::RLock => Data::object(lock::Takable::RLock(context.rlock()?)),
        Class::Semaphore => Data::object(lock::new_semaphore(&context, bound)?),
        Class::BoundedSemaphore => Data::object(lock::new_bounded(&context, bound)?),
        Class::Condition => Data::object(lock::new_condition(&context, bound)?),
        Class::Event => Data::object(lock::Event(context.event()?)),
        Class::Barrier => Data::object(lock::Barrier::new(&context, bound)?),
        Class::Value => shared::new_value(&context, method, bound)?,
        Class::RawValue => shared::new_raw_value(&context, bound)?,
        Class::Array => shared::new_array(&context, method, bound)?,
        Class::RawArray => shared::new_raw_array(&context, bound)?,
        Class::Manager => Data::object(manager::new(&context)?),
        Class::ManagerServer => Data::object(manager::new_server(&context, bound)?),
        Class::ManagerClient => Data::object(manager::new_client(&context, bound)?),
        Class::Module
        | Class::Context
        | Class::AsyncResult
        | Class::ResultIterator
        | Class::Connection
        | Class::ManagedArray
        | Class::ManagedBarrier
        | Class::ManagedBoundedSemaphore
        | Class::ManagedCondition
        | Class::ManagedDict
        | Class::ManagedEvent
        | Class::ManagedJoinableQueue
        | Class::ManagedList
        | Class::ManagedLock
        | Class::ManagedNamespace
        | Class::ManagedQueue
        | Class::ManagedRLock
        | Class::ManagedSemaphore
        | Class::ManagedValue
        | Class::Dict
        | Class::List => return Err(missing("the runtime", class.name())),
    })
}

/// Calls a method of a value.
pub(crate) fn call(
    functions: &Arc<dyn Functions>,
    receiver: &Data,
    name: &MethodName,
    arguments: &mut Arguments<'_>,
) -> Result<Data> {
    let method = receiver.class().and_then(|class| name.on(class));
    let method = method.ok_or_else(|| missing(receiver.type_name(), name.as_str()))?;
    if let Method::Make(class) = method {
        return match receiver.as_object::<Context>() {
            Some(context) => make(functions, context.0, class, arguments),
            None => Err(missing(receiver.type_name(), name.as_str())),
        };
    }
    let callee = Callee(receiver, name.as_str());
    let bound = &mut Bound::new(callee, method.parameters(), arguments)?;
    call_bound(functions, receiver, method, bound)
}

/// What is called, for who reads that its arguments do not fit.
struct Callee<'a>(&'a Data, &'a str);

impl fmt::Display for Callee<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}()", self.0.type_name(), self.1)
    }
}

fn call_bound(
    functions: &Arc<dyn Functions>,
    receiver: &Data,
    method: Method,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    let managed = || of::<Managed>(receiver, method);
    match method {
        Method::Module(method) => match receiver.as_object::<Context>() {
            Some(context) => context.call(method),
            None => module::call(method, bound),
        },
        Method::Make(class) => Err(missing(receiver.type_name(), class.name())),
        Method::Process(own) => of::<process::Process>(receiver, method)?.call(own, bound),
        Method::Pool(own) => of::<pool::Pool>(receiver, method)?.call(functions, own, bound),
        Method::AsyncResult(own) => of::<pool::AsyncResult>(receiver, method)?.call(own, bound),
        Method::ResultIterator(own) => {
            of::<pool::ResultIterator>(receiver, method)?.call(own, bound)
        }
        Method::Connection(own) => of::<Connection>(receiver, method)?.call(own, bound),
        Method::Queue(own) => match receiver.as_object::<queue::Queue>() {
            Some(queue) => queue.call(own, bound),
            None => managed()?.call_queue(own, bound),
        },
        Method::SimpleQueue(own) => of::<queue::SimpleQueue>(receiver, method)?.call(own, bound),
        Method::Lock(own) => match receiver.as_object::<lock::Takable>() {
            Some(lock) => lock.call(own, bound),
            None => managed()?.call_lock(own, bound),
        },
        Method::Condition(own) => match receiver.as_object::<lock::Condition>() {
            Some(condition) => condition.call(own, bound),
            None => managed()?.call_condition(own, bound),
        },
        Method::Event(own) => match receiver.as_object::<lock::Event>() {
            Some(event) => event.call(own, bound),
            None => managed()?.call_event(own, bound),
        },
        Method::Barrier(own) => match receiver.as_object::<lock::Barrier>() {
            Some(barrier) => barrier.call(own, bound),
            None => managed()?.call_barrier(own, bound),
        },
        Method::Shared(own) => shared::call(receiver, own),
        Method::Manager(own) => of::<manager::Manager>(receiver, method)?.call(own, bound),
        Method::ManagedValue(own) => managed()?.call_value(own, bound),
        Method::List(own) => match receiver {
            Data::List(items) => container::list(items, own, bound),
            _ => managed()?.call_list(own, bound),
        },
        Method::Dict(own) => match receiver {
            Data::Dict(pairs) => container::dict(pairs, own, bound),
            _ => managed()?.call_dict(own, bound),
        },
    }
}

/// The receiver as what has the method.
fn of<T: Object>(receiver: &Data, method: Method) -> Result<&T> {
    let found = receiver.as_object();
    found.ok_or_else(|| missing(receiver.type_name(), method.name()))
}

/// Reads an attribute.
pub(crate) fn attribute(holder: &Data, name: &AttributeName) -> Result<Data> {
    let absent = || missing(holder.type_name(), name.as_str());
    let attribute = holder.class().and_then(|class| name.on(class));
    match attribute.ok_or_else(absent)? {
        Attribute::Process(own) => {
            let process: Option<&process::Process> = holder.as_object();
            process.ok_or_else(absent)?.attribute(own)
        }
        Attribute::Connection(own) => {
            let connection: Option<&Connection> = holder.as_object();
            Ok(connection.ok_or_else(absent)?.attribute(own))
        }
        Attribute::Barrier(own) => match holder.as_object::<lock::Barrier>() {
            Some(barrier) => Ok(barrier.attribute(own)),
            None => managed(holder, name)?.barrier_attribute(own),
        },
        Attribute::Shared(own) => shared::attribute(holder, own),
        Attribute::ManagedValue(own) => managed(holder, name)?.value_attribute(own),
        Attribute::Manager(own) => {
            let manager: Option<&manager::Manager> = holder.as_object();
            Ok(manager.ok_or_else(absent)?.attribute(own))
        }
        Attribute::Namespace(own) => managed(holder, name)?.attribute(own, name.as_str()),
    }
}

/// Sets an attribute.
pub(crate) fn set_attribute(holder: &Data, name: &AttributeName, value: Data) -> Result<()> {
    let absent = || missing(holder.type_name(), name.as_str());
    let attribute = holder.class().and_then(|class| name.on(class));
    match attribute.ok_or_else(absent)? {
        Attribute::Process(own) => {
            let process: Option<&process::Process> = holder.as_object();
            process.ok_or_else(absent)?.set_attribute(own, &value)
        }
        Attribute::Shared(own) => shared::set_attribute(holder, own, &value),
        Attribute::ManagedValue(own) => managed(holder, name)?.set_value_attribute(own, &value),
        Attribute::Namespace(own) => {
            managed(holder, name)?.set_attribute(own, name.as_str(), &value)
        }
        // What cannot be set.
        Attribute::Connection(_) | Attribute::Barrier(_) | Attribute::Manager(_) => Err(absent()),
    }
}

fn managed<'a>(holder: &'a Data, name: &AttributeName) -> Result<&'a Managed> {
    let found = holder.as_object();
    found.ok_or_else(|| missing(holder.type_name(), name.as_str()))
}

/// Enters a context manager.
pub(crate) fn enter(context: &Data) -> Result<()> {
    if let Some(lock) = context.as_object::<lock::Takable>() {
        lock.acquire(None).map(drop)
    } else if let Some(condition) = context.as_object::<lock::Condition>() {
        condition.acquire(None).map(drop)
    } else if let Some(managed) = context.as_object::<Managed>() {
        managed.acquire(None).map(drop)
    } else if let Some(pool) = context.as_object::<pool::Pool>() {
        pool.enter()
    } else if let Some(manager) = context.as_object::<manager::Manager>() {
        manager.enter()
    } else if context.as_object::<Connection>().is_some() {
        // A closed end can be entered, as Python's.
        Ok(())
    } else {
        Err(no_context(context))
    }
}

/// Leaves a context manager.
pub(crate) fn leave(context: &Data) -> Result<()> {
    if let Some(lock) = context.as_object::<lock::Takable>() {
        lock.release()
    } else if let Some(condition) = context.as_object::<lock::Condition>() {
        condition.release()
    } else if let Some(managed) = context.as_object::<Managed>() {
        managed.release()
    } else if let Some(pool) = context.as_object::<pool::Pool>() {
        pool.terminate();
        Ok(())
    } else if let Some(manager) = context.as_object::<manager::Manager>() {
        manager.shutdown()
    } else if let Some(connection) = context.as_object::<Connection>() {
        connection.close();
        Ok(())
    } else {
        Err(no_context(context))
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(process: &Data, signal: &str) -> Result<()> {
    match process.as_object::<process::Process>() {
        Some(process) => process.signal(signal),
        None => {
            let text = format!("{} is no process", process.type_name());
            Err(Stop::error(ErrorKind::Type, text))
        }
    }
}

fn no_context(data: &Data) -> Stop {
    Stop::error(
        ErrorKind::Type,
        format!("{} cannot be entered by `With`", data.type_name()),
    )
}
