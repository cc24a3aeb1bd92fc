//! Managers: a process that keeps objects for others, also over TCP with a key.

use poolproof_case::catalogue::{Class, ManagerAttribute, ManagerMethod, Method};
use poolproof_case::{ErrorKind, StartMethod};

use super::managed::{Kind, Managed};
use super::queue::{Flavour, Queue};
use super::shared::exactly;
use super::{Access, Body, Choice, Context, Done, Fault, Id, Operation, container, module};
use crate::compile::{Code, Instruction};
use crate::machine::{Machine, plain};
use crate::state::message::{self, Passage};
use crate::state::part::Part;
use crate::state::renumber::Renumber;
use crate::state::{Cell, NOBODY, ObjectId, ProcessId, State, Symbol, Val};

/// A manager's process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Manager {
    pub(crate) creator: ProcessId,
    pub(crate) is_alive: bool,
    pub(crate) address: Val,
    /// Of one that serves over TCP.
    pub(crate) key: Option<Symbol>,
    pub(crate) shares: Vec<(Symbol, ObjectId)>,
}

/// A manager elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) address: Val,
    pub(crate) key: Val,
    /// `NOBODY` until it has connected.
    pub(crate) server: ObjectId,
}

impl Manager {
    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        if self.is_alive {
            renumber.goes_on();
        }
        renumber.process(&mut self.creator);
        renumber.value(&mut self.address);
        self.shares
            .iter_mut()
            .for_each(|(_, object)| renumber.object(object));
    }
}

impl Client {
    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        renumber.value(&mut self.address);
        renumber.object(&mut self.server);
    }
}

/// Whether the manager that keeps an object has ended.
pub(crate) fn is_gone(state: &State, manager: ObjectId) -> bool {
    match state.objects.get(manager as usize) {
        Some(object) => matches!(&object.body, Body::Manager(manager) if !manager.is_alive),
        None => false,
    }
}

/// Ends a manager.
pub(crate) fn shut_down(state: &mut State, manager: ObjectId) {
    state.managers.retain(|one| *one != manager);
    if let Body::Manager(manager) = &mut state.objects[manager as usize].body {
        manager.is_alive = false;
    }
}

/// Starts a manager.
pub(super) fn make(context: &mut Context<'_>) -> Val {
    Val::Object(start(context, None))
}

/// Starts one that serves over TCP.
pub(super) fn make_server(context: &mut Context<'_>, access: &Access) -> Result<Val, Fault> {
    let key = match access.argument(0) {
        Val::Bytes(key) => Some(*key),
        _ => None,
    };
    let id = start(context, key);
    for (name, value) in plain::named(context, access.argument(1))? {
        let object = share(context, id, &value)?;
        if let Body::Manager(manager) = context.body(id) {
            manager.shares.push((name, object));
        }
    }
    Ok(Val::Object(id))
}

/// Knows of one elsewhere.
pub(super) fn make_client(context: &mut Context<'_>, access: &Access) -> Val {
    let client = Client {
        address: access.argument(0).clone(),
        key: access.argument(1).clone(),
        server: NOBODY,
    };
    Val::Object(context.create(Body::Client(client)))
}

fn start(context: &mut Context<'_>, key: Option<Symbol>) -> ObjectId {
    let manager = Manager {
        creator: context.process,
        is_alive: true,
        address: context.state.opaque(),
        key,
        shares: Vec::new(),
    };
    let id = context.create(Body::Manager(manager));
    context.state.managers.push(id);
    id
}

/// What a server shares under a name: an object by the name of what a manager makes.
fn share(context: &mut Context<'_>, manager: ObjectId, value: &Val) -> Result<ObjectId, Fault> {
    let Val::Text(name) = value else {
        return context.model("`shares` names what a manager makes: {\"numbers\": \"list\"}");
    };
    let name = context.machine.code.names.text(*name);
    let name = name.strip_prefix("Managed").unwrap_or(&name).to_owned();
    let Some(Method::Manager(maker)) = Class::Manager.method(&name) else {
        return context.model(format!("the machine cannot make `{name}`"));
    };
    let access = Access {
        receiver: Val::Object(manager),
        operation: Operation::Call(Method::Manager(maker)),
        symbol: 0,
        arguments: Vec::new(),
        place: context.place,
    };
    match make_managed(context, manager, maker, &access)? {
        Val::Object(object) => Ok(object),
        _ => context.model("a server shares objects"),
    }
}

/// An object in the manager's process.
fn keep(
    context: &mut Context<'_>,
    manager: ObjectId,
    kind: Kind,
    value: &Val,
) -> Result<ObjectId, Fault> {
    let content = message::pack(context, value, Passage::Send)?;
    let object = context.create(Body::Managed(Managed { kind, content }));
    context.state.objects[object as usize].manager = manager_of(context, manager);
    Ok(object)
}

/// Among threads a manager keeps nothing: its objects are ordinary ones.
fn manager_of(context: &Context<'_>, manager: ObjectId) -> ObjectId {
    if context.is_threads() {
        NOBODY
    } else {
        manager
    }
}

pub(super) fn get(
    id: Id<Manager>,
    context: &mut Context<'_>,
    attribute: ManagerAttribute,
) -> Result<Val, Fault> {
    match attribute {
        ManagerAttribute::Address => Ok(context.get(id).address.clone()),
    }
}

/// Enters it as a context manager.
pub(super) fn enter(id: Id<Manager>, context: &mut Context<'_>) -> Result<Done, Fault> {
    if context.get(id).is_alive {
        Ok(Done::Value(Val::None))
    } else {
        context.raise(ErrorKind::Closed, "the manager has ended")
    }
}

/// Ends it, as leaving it does.
pub(super) fn leave(id: Id<Manager>, context: &mut Context<'_>) -> Result<Done, Fault> {
    shut_down(context.state, id.number());
    Ok(Done::Value(Val::None))
}

pub(super) fn call(
    id: Id<Manager>,
    context: &mut Context<'_>,
    method: ManagerMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    if method == ManagerMethod::Shutdown {
        return leave(id, context);
    }
    // Among threads there is no process that could have ended.
    if !context.get(id).is_alive && !context.is_threads() {
        return context.raise(ErrorKind::BrokenPipe, "the manager has ended");
    }
    if choice == Choice::Way(0) && ways(context.machine, context.state, method, access) > 1 {
        return context.raise(ErrorKind::NotInheritable, "an array is no message");
    }
    match method {
        ManagerMethod::Shared => shared(id, context, access).map(Done::Value),
        maker => make_managed(context, id.number(), maker, access).map(Done::Value),
    }
}

/// In how many ways a manager can be asked: an array that is sent to it is refused, or works.
pub(super) fn ways(
    machine: &Machine,
    state: &State,
    method: ManagerMethod,
    access: &Access,
) -> usize {
    let given = match method {
        ManagerMethod::List => access.argument(0),
        ManagerMethod::Array => access.argument(1),
        _ => return 1,
    };
    let is_array = match given {
        Val::Object(id) => matches!(&state.objects[*id as usize].body, Body::Shared(_)),
        _ => false,
    };
    match is_array && machine.method != StartMethod::Threads {
        true => 2,
        false => 1,
    }
}

fn shared(id: Id<Manager>, context: &mut Context<'_>, access: &Access) -> Result<Val, Fault> {
    let mut shares = context.get(id).shares.iter();
    match shares.find(|(name, _)| Val::Text(*name) == *access.argument(0)) {
        Some((_, object)) => Ok(Val::Object(*object)),
        None => context.model("the server shares nothing under this name"),
    }
}

/// Makes an object in the manager; gives a proxy.
fn make_managed(
    context: &mut Context<'_>,
    manager: ObjectId,
    maker: ManagerMethod,
    access: &Access,
) -> Result<Val, Fault> {
    let first = access.argument(0).clone();
    let process = context.process;
    let (kind, value) = match maker {
        ManagerMethod::Dict => {
            let dict = context.state.allocate(process, Cell::Dict(Vec::new()));
            if let (Val::Ref(at), false) = (&dict, first == Val::Unset) {
                container::update(context, *at as usize, &first)?;
            }
            (Kind::Dict, dict)
        }
        ManagerMethod::List => {
            let items = match first {
                Val::Unset => Vec::new(),
                given => plain::iterate(context, &given)?,
            };
            let list = context.state.allocate(process, Cell::List(items));
            (Kind::List, list)
        }
        ManagerMethod::Namespace => {
            let dict = context.state.allocate(process, Cell::Dict(Vec::new()));
            (Kind::Namespace, dict)
        }
        ManagerMethod::Value => (Kind::Value, access.argument(1).clone()),
        ManagerMethod::Array => return make_array(context, manager, access),
        ManagerMethod::Queue => return Ok(make_queue(context, manager, Flavour::Plain, access)),
        ManagerMethod::JoinableQueue => {
            return Ok(make_queue(context, manager, Flavour::Joinable, access));
        }
        ManagerMethod::Lock => return make_lock(context, manager, Class::Lock, access),
        ManagerMethod::RLock => return make_lock(context, manager, Class::RLock, access),
        ManagerMethod::Semaphore => return make_lock(context, manager, Class::Semaphore, access),
        ManagerMethod::BoundedSemaphore => {
            return make_lock(context, manager, Class::BoundedSemaphore, access);
        }
        ManagerMethod::Condition => return make_lock(context, manager, Class::Condition, access),
        ManagerMethod::Event => return make_lock(context, manager, Class::Event, access),
        ManagerMethod::Barrier => {
            if let Val::Function(action) = access.argument(1)
                && !context.is_threads()
                && sees_its_process(&context.machine.code, *action)
            {
                return context.model(
                    "the action of a manager's barrier runs in the manager, whose variables are not \
                     the program's",
                );
            }
            return make_lock(context, manager, Class::Barrier, access);
        }
        ManagerMethod::Shutdown | ManagerMethod::Shared | ManagerMethod::Connect => {
            return context.model(format!("a manager cannot make `{}`", access.shown(context)));
        }
    };
    // Among threads a manager's list is a list.
    if context.is_threads() && matches!(kind, Kind::Dict | Kind::List) {
        return Ok(value);
    }
    keep(context, manager, kind, &value).map(Val::Object)
}

/// Whether a function is not the same in every process: it uses global variables or the module.
fn sees_its_process(code: &Code, function: u16) -> bool {
    let instructions = &code.functions[usize::from(function)].instructions;
    instructions.iter().any(|instruction| match instruction {
        Instruction::LoadGlobal(_)
        | Instruction::StoreGlobal(_)
        | Instruction::New(_)
        | Instruction::Constant(Val::Module) => true,
        Instruction::CallFunction(called, _) => sees_its_process(code, *called),
        _ => false,
    })
}

fn make_queue(
    context: &mut Context<'_>,
    manager: ObjectId,
    flavour: Flavour,
    access: &Access,
) -> Val {
    let queue = Queue::new(flavour, true, access.number(0, 0));
    let object = context.create(Body::Queue(queue));
    context.state.objects[object as usize].manager = manager_of(context, manager);
    Val::Object(object)
}

fn make_lock(
    context: &mut Context<'_>,
    manager: ObjectId,
    class: Class,
    access: &Access,
) -> Result<Val, Fault> {
    let before = context.state.objects.len();
    let object = module::make_lock(context, class, access)?;
    let owner = manager_of(context, manager);
    for made in &mut context.state.objects[before..] {
        made.manager = owner;
    }
    Ok(Val::Object(object))
}

fn make_array(context: &mut Context<'_>, manager: ObjectId, access: &Access) -> Result<Val, Fault> {
    let typecode = match access.argument(0) {
        Val::Text(name) => context
            .machine
            .code
            .names
            .text(*name)
            .bytes()
            .next()
            .unwrap_or(0),
        _ => return context.model("a type code is a text"),
    };
    let items = plain::iterate(context, access.argument(1))?;
    let numbers: Result<Vec<Val>, ErrorKind> =
        items.iter().map(|one| exactly(typecode, one)).collect();
    let numbers = match numbers {
        Ok(numbers) => numbers,
        Err(kind) => return context.raise(kind, "this type takes no such value"),
    };
    let process = context.process;
    let list = context.state.allocate(process, Cell::List(numbers));
    keep(context, manager, Kind::Array(typecode), &list).map(Val::Object)
}

pub(super) fn call_client(
    id: Id<Client>,
    context: &mut Context<'_>,
    method: ManagerMethod,
    access: &Access,
) -> Result<Done, Fault> {
    let server = context.get(id).server;
    match method {
        ManagerMethod::Connect => connect(id, context),
        ManagerMethod::Shared if server == NOBODY => {
            context.raise(ErrorKind::Usage, "the client has not connected")
        }
        ManagerMethod::Shared if is_gone(context.state, server) => {
            context.raise(ErrorKind::BrokenPipe, "the manager has ended")
        }
        ManagerMethod::Shared => shared(context.id(server)?, context, access).map(Done::Value),
        ManagerMethod::Dict
        | ManagerMethod::List
        | ManagerMethod::Namespace
        | ManagerMethod::Lock
        | ManagerMethod::RLock
        | ManagerMethod::Semaphore
        | ManagerMethod::BoundedSemaphore
        | ManagerMethod::Condition
        | ManagerMethod::Event
        | ManagerMethod::Barrier
        | ManagerMethod::Queue
        | ManagerMethod::JoinableQueue
        | ManagerMethod::Value
        | ManagerMethod::Array
        | ManagerMethod::Shutdown => context.model(format!(
            "a client has no access `{}`",
            access.shown(context)
        )),
    }
}

fn connect(id: Id<Client>, context: &mut Context<'_>) -> Result<Done, Fault> {
    let Client { address, key, .. } = context.get(id).clone();
    let is_it = |object: &Part<super::Object>| {
        matches!(&object.body, Body::Manager(manager)
            if manager.address == address && manager.is_alive)
    };
    let Some(found) = context.state.objects.iter().position(is_it) else {
        return context.raise(ErrorKind::BrokenPipe, "nobody listens there");
    };
    let is_key = match &context.state.objects[found].body {
        Body::Manager(manager) => manager.key.map(Val::Bytes) == Some(key),
        _ => false,
    };
    if !is_key {
        return context.raise(ErrorKind::Auth, "the keys differ");
    }
    context.get(id).server = found as ObjectId;
    Ok(Done::Value(Val::None))
}
