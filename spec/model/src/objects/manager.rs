//! Managers: a process that keeps objects for others, also over TCP with a key.

use poolproof_case::{ErrorKind, StartMethod};

use super::managed::{Kind, Managed};
use super::queue::{Flavour, Queue};
use super::shared::coerce;
use super::{Access, Body, Context, Done, Fault, Operation, module};
use crate::machine::plain;
use crate::state::compact::Renumber;
use crate::state::message::{self, Passage};
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

pub(super) fn make(
    context: &mut Context<'_>,
    name: &str,
    access: &Access,
    _method: StartMethod,
) -> Result<Val, Fault> {
    if name == "ManagerClient" {
        let (address, key) = (access.argument(0).clone(), access.argument(1).clone());
        let client = Client {
            address,
            key,
            server: NOBODY,
        };
        return Ok(Val::Object(context.create(Body::Client(client))));
    }
    let key = match access.argument(0) {
        Val::Bytes(key) => Some(*key),
        _ => None,
    };
    let manager = Manager {
        creator: context.process,
        is_alive: true,
        address: context.state.opaque(),
        key: key.filter(|_| name == "ManagerServer"),
        shares: Vec::new(),
    };
    let id = context.create(Body::Manager(manager));
    context.state.managers.push(id);
    if name == "ManagerServer" {
        for (name, value) in plain::named(context, access.argument(1))? {
            let object = share(context, id, &value)?;
            if let Body::Manager(manager) = context.body(id) {
                manager.shares.push((name, object));
            }
        }
    }
    Ok(Val::Object(id))
}

/// What a server shares under a name: a container of its own, or an object by the catalogue's name.
fn share(context: &mut Context<'_>, manager: ObjectId, value: &Val) -> Result<ObjectId, Fault> {
    if let Val::Text(name) = value {
        let name = context.machine.code.names.text(*name);
        let name = name.strip_prefix("Managed").unwrap_or(&name).to_owned();
        let access = Access {
            receiver: Val::Object(manager),
            operation: Operation::Call,
            name: "",
            symbol: 0,
            arguments: Vec::new(),
            place: context.place,
        };
        let proxy = make_managed(context, manager, &name, &access)?;
        return match proxy {
            Val::Object(object) => Ok(object),
            _ => context.model("a server shares objects"),
        };
    }
    let kind = match value {
        Val::Object(object) => return Ok(*object),
        Val::Ref(cell) => match context.state.space(context.process).cells[*cell as usize] {
            Cell::Dict(_) => Kind::Dict,
            _ => Kind::List,
        },
        _ => Kind::Value,
    };
    keep(context, manager, kind, value)
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

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
) -> Result<Done, Fault> {
    let Body::Manager(manager) = context.body(id) else {
        return context.model("this is no manager");
    };
    let is_alive = manager.is_alive;
    let result = match (access.operation, access.name) {
        (Operation::Get, "address") => manager.address.clone(),
        (Operation::Enter, _) if !is_alive => {
            return context.raise(ErrorKind::Closed, "the manager has ended");
        }
        (Operation::Enter, _) => Val::None,
        (Operation::Leave, _) | (Operation::Call, "shutdown") => {
            shut_down(context.state, id);
            Val::None
        }
        _ if !is_alive => return context.raise(ErrorKind::BrokenPipe, "the manager has ended"),
        (Operation::Call, "shared") => shared(context, id, access)?,
        (Operation::Call, name) => make_managed(context, id, name, access)?,
        (_, name) => return context.model(format!("a manager has no access `{name}`")),
    };
    Ok(Done::Value(result))
}

fn shared(context: &mut Context<'_>, id: ObjectId, access: &Access) -> Result<Val, Fault> {
    let Body::Manager(manager) = context.body(id) else {
        return context.model("this is no manager");
    };
    let found = manager
        .shares
        .iter()
        .find(|(name, _)| Val::Text(*name) == *access.argument(0));
    match found {
        Some((_, object)) => Ok(Val::Object(*object)),
        None => context.model("the server shares nothing under this name"),
    }
}

/// Makes an object in the manager; gives a proxy.
fn make_managed(
    context: &mut Context<'_>,
    manager: ObjectId,
    name: &str,
    access: &Access,
) -> Result<Val, Fault> {
    let first = access.argument(0).clone();
    let process = context.process;
    let value = match name {
        "dict" => {
            let dict = context.state.allocate(process, Cell::Dict(Vec::new()));
            if let (Val::Ref(at), false) = (&dict, first == Val::Unset) {
                let mut update = access.clone();
                update.receiver = Val::Ref(*at);
                update.operation = Operation::Call;
                update.name = "update";
                super::container::perform(context, &update)?;
            }
            (Kind::Dict, dict)
        }
        "list" => {
            let items = match first {
                Val::Unset => Vec::new(),
                given => plain::iterate(context, &given)?,
            };
            (
                Kind::List,
                context.state.allocate(process, Cell::List(items)),
            )
        }
        "Namespace" => (
            Kind::Namespace,
            context.state.allocate(process, Cell::Dict(Vec::new())),
        ),
        "Value" => (Kind::Value, access.argument(1).clone()),
        "Array" => return make_array(context, manager, access),
        "Queue" | "JoinableQueue" => {
            let flavour = if name == "Queue" {
                Flavour::Plain
            } else {
                Flavour::Joinable
            };
            let queue = Queue::new(flavour, true, access.number(0, 0));
            let object = context.create(Body::Queue(queue));
            context.state.objects[object as usize].manager = manager_of(context, manager);
            return Ok(Val::Object(object));
        }
        name => {
            let before = context.state.objects.len();
            let object = module::make_lock(context, name, access)?;
            let owner = manager_of(context, manager);
            for made in &mut context.state.objects[before..] {
                made.manager = owner;
            }
            return Ok(Val::Object(object));
        }
    };
    // Among threads a manager's list is a list.
    if context.is_threads() && matches!(value.0, Kind::Dict | Kind::List) {
        return Ok(value.1);
    }
    keep(context, manager, value.0, &value.1).map(Val::Object)
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
    let numbers: Option<Vec<Val>> = items.iter().map(|one| coerce(typecode, one)).collect();
    let Some(numbers) = numbers else {
        return context.raise(ErrorKind::Type, "this type takes no such value");
    };
    let process = context.process;
    let list = context.state.allocate(process, Cell::List(numbers));
    keep(context, manager, Kind::Array(typecode), &list).map(Val::Object)
}

pub(super) fn perform_client(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
) -> Result<Done, Fault> {
    let Body::Client(Client {
        address,
        key,
        server,
    }) = context.body(id).clone()
    else {
        return context.model("this is no client");
    };
    match access.name {
        "connect" => {
            let is_it = |object: &super::Object| {
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
            if let Body::Client(client) = context.body(id) {
                client.server = found as ObjectId;
            }
            Ok(Done::Value(Val::None))
        }
        "shared" if server == NOBODY => {
            context.raise(ErrorKind::Usage, "the client has not connected")
        }
        "shared" if is_gone(context.state, server) => {
            context.raise(ErrorKind::BrokenPipe, "the manager has ended")
        }
        "shared" => shared(context, server, access).map(Done::Value),
        name => context.model(format!("a client has no access `{name}`")),
    }
}
