//! The module, its contexts, and the construction of every object.

use poolproof_case::catalogue::{Class, Kind, Method, ModuleMethod, is_typecode};
use poolproof_case::{ErrorKind, StartMethod};

use super::barrier::Barrier;
use super::condition::Condition;
use super::event::Event;
use super::lock::{Flavour, Lock};
use super::queue::{self, Queue};
use super::shared::{self, Shared, coerce};
use super::{
    Access, Body, Choice, Context, Done, Fault, Operation, Ready, connection, manager, pool, start,
};
use crate::machine::plain;
use crate::state::part::Part;
use crate::state::{NOBODY, ProcessId, Role, State, Val};

/// The start methods that a platform's default may be.
const DEFAULTS: [StartMethod; 3] = [
    StartMethod::Fork,
    StartMethod::Spawn,
    StartMethod::Forkserver,
];

/// Whether asking fixes the default start method, which any platform may choose for itself.
fn fixes(state: &State, process: ProcessId, access: &Access) -> bool {
    let is_unset = state.space(process).default_method.is_none();
    let asks = match access.operation {
        Operation::Call(Method::Module(method)) => match method {
            ModuleMethod::GetStartMethod => !access.flag(0, false),
            ModuleMethod::GetContext => !access.is_given(0),
            ModuleMethod::SetStartMethod
            | ModuleMethod::GetAllStartMethods
            | ModuleMethod::ActiveChildren
            | ModuleMethod::CurrentProcess
            | ModuleMethod::ParentProcess => false,
        },
        _ => true,
    };
    access.receiver == Val::Module && is_unset && asks
}

pub(super) fn ready(state: &State, process: ProcessId, access: &Access) -> Ready {
    let asks_for_children = matches!(
        access.operation,
        Operation::Call(Method::Module(ModuleMethod::ActiveChildren))
    );
    Ready::ways(if fixes(state, process, access) {
        DEFAULTS.len()
    } else if asks_for_children {
        orders(children(state, process).len())
    } else {
        1
    })
}

pub(super) fn perform(
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    if fixes(context.state, process, access)
        && let Choice::Way(way) = choice
        && !context.is_threads()
    {
        let method = DEFAULTS[usize::from(way) % DEFAULTS.len()];
        context.state.space_mut(process).default_method = Some(method);
    }
    let own = match access.receiver {
        Val::Context(method) => Some(method),
        _ => context.state.space(process).default_method,
    };
    match access.operation {
        Operation::Call(Method::Module(method)) => call(context, method, own, (access, choice)),
        Operation::Call(Method::Make(class)) => {
            let method = own.unwrap_or(context.machine.method);
            make(context, class, access, method).map(Done::Value)
        }
        _ => context.model(format!(
            "the module has no access `{}`",
            access.shown(context)
        )),
    }
}

fn call(
    context: &mut Context<'_>,
    method: ModuleMethod,
    own: Option<StartMethod>,
    (access, choice): (&Access, Choice),
) -> Result<Done, Fault> {
    let process = context.process;
    let result = match method {
        ModuleMethod::GetStartMethod => own.map_or(Val::None, |own| text(context, own.name())),
        ModuleMethod::SetStartMethod => return set_start_method(context, access),
        ModuleMethod::GetContext => match access.argument(0) {
            Val::Text(name) => match parse(context, *name) {
                Some(method) => Val::Context(method),
                None => return context.raise(ErrorKind::Usage, "unknown start method"),
            },
            _ => Val::Context(own.unwrap_or(StartMethod::Fork)),
        },
        ModuleMethod::GetAllStartMethods => {
            return context.model("which start methods there are depends on the platform");
        }
        ModuleMethod::ActiveChildren => active_children(context, choice),
        ModuleMethod::CurrentProcess => {
            Val::Object(context.state.processes[process as usize].object)
        }
        ModuleMethod::ParentProcess => parent(context),
    };
    Ok(Done::Value(result))
}

fn text(context: &Context<'_>, text: &str) -> Val {
    Val::Text(context.machine.code.names.intern(text))
}

fn parse(context: &Context<'_>, name: u32) -> Option<StartMethod> {
    let name = context.machine.code.names.text(name);
    name.parse()
        .ok()
        .filter(|method| *method != StartMethod::Threads)
}

fn set_start_method(context: &mut Context<'_>, access: &Access) -> Result<Done, Fault> {
    if access.receiver != Val::Module {
        return context.raise(ErrorKind::Usage, "a context has one start method");
    }
    let process = context.process;
    let is_forced = access.flag(1, false);
    let known = context.state.space(process).default_method;
    let method = match access.argument(0) {
        Val::Text(name) => parse(context, *name),
        Val::None if is_forced => {
            context.state.space_mut(process).default_method = None;
            return Ok(Done::Value(Val::None));
        }
        _ => None,
    };
    // Which error comes first where both apply is nobody's promise; CPython looks for this one.
    if known.is_some() && !is_forced {
        return context.raise(ErrorKind::Runtime, "the start method is already set");
    }
    if method.is_none() {
        return context.raise(ErrorKind::Usage, "unknown start method");
    }
    context.state.space_mut(process).default_method = method;
    Ok(Done::Value(Val::None))
}

/// The children that are alive, in the order in which they were started.
fn children(state: &State, process: ProcessId) -> Vec<Val> {
    let is_child = |one: &&Part<crate::state::Process>| {
        one.parent == process && !one.is_gone && !matches!(one.role, Role::Handler { .. })
    };
    let children = state.processes.iter().filter(is_child);
    children.map(|one| Val::Object(one.object)).collect()
}

/// In how many orders so many children may be listed: of more than four, the first and the last of
/// all are tried.
fn orders(count: usize) -> usize {
    match count {
        0..=4 => (2..=count).product(),
        _ => 2,
    }
}

fn active_children(context: &mut Context<'_>, choice: Choice) -> Val {
    let process = context.process;
    let mut left = children(context.state, process);
    let mut order = match choice {
        Choice::Way(way) => usize::from(way),
        Choice::Expire => 0,
    };
    if left.len() > 4 && order == 1 {
        left.reverse();
        order = 0;
    }
    let mut listed = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let at = order % left.len();
        order /= left.len();
        listed.push(left.remove(at));
    }
    context
        .state
        .allocate(process, crate::state::Cell::List(listed))
}

fn parent(context: &Context<'_>) -> Val {
    let process = &context.state.processes[context.process as usize];
    match process.parent_object {
        NOBODY => Val::None,
        parent => Val::Object(parent),
    }
}

/// Constructs an object of the catalogue.
pub(crate) fn make(
    context: &mut Context<'_>,
    class: Class,
    access: &Access,
    method: StartMethod,
) -> Result<Val, Fault> {
    let before = context.state.objects.len();
    let made = make_in(context, class, access, method)?;
    if method != context.machine.method {
        let new = context.state.objects.iter_mut().skip(before);
        new.for_each(|object| object.context = Some(method));
    }
    Ok(made)
}

fn make_in(
    context: &mut Context<'_>,
    class: Class,
    access: &Access,
    method: StartMethod,
) -> Result<Val, Fault> {
    // Among threads, too, nothing says that what is put is there at once.
    let is_queue = matches!(class, Class::Queue | Class::JoinableQueue);
    if is_queue && !context.is_threads() && is_no_number(access.argument(0)) {
        return context.raise(ErrorKind::Type, "a number is wanted");
    }
    let queue = |flavour| Body::Queue(Queue::new(flavour, false, access.number(0, 0)));
    let body = match class {
        Class::Process => return start::make(context, access, method),
        Class::Pool => return pool::make(context, access, method),
        Class::Pipe => return Ok(connection::make(context, access.flag(0, true))),
        Class::Manager => return Ok(manager::make(context)),
        Class::ManagerServer => return manager::make_server(context, access),
        Class::ManagerClient => return Ok(manager::make_client(context, access)),
        Class::Queue => queue(queue::Flavour::Plain),
        Class::JoinableQueue => queue(queue::Flavour::Joinable),
        Class::SimpleQueue => queue(queue::Flavour::Simple),
        Class::Value | Class::Array | Class::RawValue | Class::RawArray => {
            return make_shared(context, class, access);
        }
        Class::Lock
        | Class::RLock
        | Class::Semaphore
        | Class::BoundedSemaphore
        | Class::Condition
        | Class::Event
        | Class::Barrier => return make_lock(context, class, access).map(Val::Object),
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
        | Class::List => {
            return context.model(format!("the machine cannot make `{}`", class.name()));
        }
    };
    debug_assert!(class.object().makes == Kind::Any, "pairs are made above");
    Ok(Val::Object(context.create(body)))
}

/// Whether something is given that does not count.
fn is_no_number(given: &Val) -> bool {
    !matches!(given, Val::Unset | Val::Int(_) | Val::Bool(_))
}

/// Constructs a lock, a semaphore, a condition, an event or a barrier.
pub(super) fn make_lock(
    context: &mut Context<'_>,
    class: Class,
    access: &Access,
) -> Result<u32, Fault> {
    let is_counted = matches!(
        class,
        Class::Semaphore | Class::BoundedSemaphore | Class::Barrier
    );
    if is_counted && !context.is_threads() && is_no_number(access.argument(0)) {
        return context.raise(ErrorKind::Type, "a number is wanted");
    }
    let count = || u32::try_from(access.number(0, 1)).ok();
    let body = match class {
        Class::Lock => Body::Lock(Lock::new(Flavour::Lock, 1)),
        Class::RLock => Body::Lock(Lock::new(Flavour::Recursive, 1)),
        Class::Semaphore | Class::BoundedSemaphore => {
            let flavour = if class == Class::Semaphore {
                Flavour::Semaphore
            } else {
                Flavour::Bounded
            };
            match count() {
                Some(count) => Body::Lock(Lock::new(flavour, count)),
                None => return context.raise(ErrorKind::Usage, "a semaphore counts from zero"),
            }
        }
        Class::Condition => {
            let lock = match access.argument(0) {
                Val::Object(lock) => *lock,
                _ => context.create(Body::Lock(Lock::new(Flavour::Recursive, 1))),
            };
            Body::Condition(Condition {
                lock,
                waiting: Vec::new(),
            })
        }
        Class::Event => Body::Event(Event::default()),
        Class::Barrier => {
            let Some(parties) = count().filter(|parties| *parties > 0) else {
                return context.raise(ErrorKind::Usage, "a barrier has at least one party");
            };
            let action = match access.argument(1) {
                Val::Function(action) => Some(*action),
                _ => None,
            };
            let timeout = match access.argument(2) {
                Val::Unset => Val::None,
                given => given.clone(),
            };
            Body::Barrier(Barrier {
                leaving: Vec::new(),
                parties,
                waiting: Vec::new(),
                is_numbered: context.machine.code.numbers_arrivals,
                is_broken: false,
                is_acting: false,
                action,
                timeout,
            })
        }
        other => return context.model(format!("`{}` is no kind of lock", other.name())),
    };
    Ok(context.create(body))
}

fn make_shared(context: &mut Context<'_>, class: Class, access: &Access) -> Result<Val, Fault> {
    let is_array = matches!(class, Class::Array | Class::RawArray);
    let is_raw = matches!(class, Class::RawValue | Class::RawArray);
    let typecode = match access.argument(0) {
        Val::Text(name) => context.machine.code.names.text(*name),
        _ => return context.model("a type code is a text"),
    };
    let typecode = match typecode.as_bytes() {
        [code] if is_typecode(&typecode) => *code,
        [b'c'] => return context.model("shared characters are not known here"),
        // Threads look at the type of an array alone.
        [code] if context.is_threads() && !is_array => *code,
        _ => return context.raise(ErrorKind::Type, "unknown type code"),
    };
    let first = access.argument(1).clone();
    // Threads make no array by its size, and say nothing of the first value of a number.
    let is_unsaid = match (&first, is_array) {
        (Val::Int(_), true) => true,
        (Val::Unset | Val::None, false) => matches!(typecode, b'd' | b'f'),
        _ => false,
    };
    let given = match (&first, is_array) {
        (Val::Int(count), true) => match usize::try_from(*count) {
            Ok(count) => {
                plain::check_length(context, count)?;
                vec![shared::zero(typecode); count]
            }
            Err(_) => return context.raise(ErrorKind::Usage, "an array has no negative size"),
        },
        (_, true) => match plain::iterate(context, &first) {
            Err(Fault::Raise(..)) => {
                return context.raise(ErrorKind::Type, "an array has a size or numbers");
            }
            items => items?,
        },
        (Val::Unset, false) => vec![shared::zero(typecode)],
        (_, false) => vec![first],
    };
    let is_other = |one: &Val| shared::is_converted(typecode, is_array, one);
    let is_converted = context.is_threads() && (is_unsaid || given.iter().any(is_other));
    if given.iter().any(|one| shared::is_beyond(typecode, one)) {
        return context.model(shared::BEYOND);
    }
    let held = |one: &Val| match coerce(typecode, one) {
        None if is_converted => Some(Val::None),
        held => held,
    };
    let numbers: Option<Vec<Val>> = given.iter().map(held).collect();
    let Some(numbers) = numbers else {
        return context.raise(ErrorKind::Type, "this type takes no such value");
    };
    let is_unlocked = is_raw || context.is_threads();
    let lock = match access.argument(2) {
        _ if is_unlocked => NOBODY,
        Val::Object(lock) => *lock,
        Val::Bool(false) => NOBODY,
        Val::Unset | Val::None | Val::Bool(true) => {
            context.create(Body::Lock(Lock::new(Flavour::Recursive, 1)))
        }
        _ => return context.raise(ErrorKind::Attribute, "this is no lock"),
    };
    let shared = Shared {
        is_array,
        typecode,
        numbers,
        is_converted,
        lock,
        is_raw: is_raw || lock == NOBODY,
    };
    Ok(Val::Object(context.create(Body::Shared(shared))))
}
