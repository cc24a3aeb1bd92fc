//! What each object of the catalogue does: when an access can be made, and what it changes.
//!
//! One file an area, each with its data, `ready` (may this access be made now, in how many ways)
//! and `perform`; `ready` changes nothing, and `perform` is called only where it allows it.

pub(crate) mod barrier;
pub(crate) mod condition;
pub(crate) mod connection;
pub(crate) mod container;
pub(crate) mod event;
pub(crate) mod lock;
pub(crate) mod managed;
pub(crate) mod manager;
pub(crate) mod module;
pub(crate) mod pool;
pub(crate) mod process;
pub(crate) mod queue;
pub(crate) mod result;
pub(crate) mod shared;
mod start;
mod submit;

use poolproof_case::program::Place;
use poolproof_case::{ErrorKind, StartMethod};

use crate::error::ModelError;
use crate::machine::Machine;
use crate::state::compact::Renumber;
use crate::state::{ObjectId, ProcessId, State, Symbol, Val};

/// An object that several processes may use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    /// The manager that keeps it, `NOBODY` for none.
    pub(crate) manager: ObjectId,
    pub(crate) body: Body,
}

/// An object's own data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Body {
    /// One that is being changed.
    Nothing,
    Process(process::ProcessObject),
    Lock(lock::Lock),
    Condition(condition::Condition),
    Event(event::Event),
    Barrier(barrier::Barrier),
    Pipe(connection::Pipe),
    Queue(queue::Queue),
    Shared(shared::Shared),
    Manager(manager::Manager),
    Client(manager::Client),
    Managed(managed::Managed),
    Pool(pool::Pool),
    Job(result::Job),
}

/// What is done with a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Call,
    Get,
    Set,
    Enter,
    Leave,
    Item,
    SetItem,
    Slice,
    /// Reads all of it.
    Copy,
    /// The next of a loop over it; the argument is the loop's number.
    Next,
}

/// One access to an object, with its arguments in the order of the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) receiver: Val,
    pub(crate) operation: Operation,
    /// The method's or attribute's name in the catalogue.
    pub(crate) name: &'static str,
    /// The attribute's name as written.
    pub(crate) symbol: Symbol,
    /// [`Val::Unset`] where the default holds.
    pub(crate) arguments: Vec<Val>,
    pub(crate) place: Place,
}

/// How long an access may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Forever,
    Soon,
    Late,
    Never,
}

/// Whether an access can be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    /// In how many ways.
    pub(crate) ways: u8,
    /// Whether its time can be up: `Soon` at once, `Late` where nothing else moves.
    pub(crate) expiry: Option<Wait>,
}

impl Ready {
    pub(crate) const NOW: Ready = Ready {
        ways: 1,
        expiry: None,
    };
    pub(crate) const BLOCKED: Ready = Ready {
        ways: 0,
        expiry: None,
    };

    pub(crate) fn ways(ways: usize) -> Ready {
        Ready {
            ways: ways.min(255) as u8,
            expiry: None,
        }
    }

    pub(crate) fn when(condition: bool) -> Ready {
        Ready::ways(condition.into())
    }

    /// Ready when the condition holds; else it waits as long as it may.
    pub(crate) fn wait(condition: bool, wait: Wait) -> Ready {
        match wait {
            _ if condition => Ready::NOW,
            Wait::Forever => Ready::BLOCKED,
            // Its time is up at once, which `perform` finds out for itself.
            Wait::Never => Ready::NOW,
            Wait::Soon | Wait::Late => Ready {
                ways: 0,
                expiry: Some(wait),
            },
        }
    }
}

/// Which of the ways an access takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Way(u8),
    /// Its time is up.
    Expire,
}

/// What an access came to.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// It is over, with this result.
    Value(Val),
    /// It has another step to make, or to wait for.
    Stay,
}

/// Why an access or a local step failed.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// An error of the program.
    Raise(ErrorKind, Symbol),
    /// `sys.exit`.
    Exit(i32),
    /// It waits for ever, whatever happens.
    Stuck,
    /// Something that the machine cannot explore.
    Model(ModelError),
}

impl From<ModelError> for Fault {
    fn from(error: ModelError) -> Fault {
        Fault::Model(error)
    }
}

/// Who makes an access, and where.
pub(crate) struct Context<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) state: &'a mut State,
    pub(crate) process: ProcessId,
    pub(crate) place: Place,
}

impl Context<'_> {
    pub(crate) fn raise<T>(&self, kind: ErrorKind, text: &str) -> Result<T, Fault> {
        Err(Fault::Raise(kind, self.machine.code.names.intern(text)))
    }

    pub(crate) fn model<T>(&self, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault::Model(ModelError::new(self.place, message)))
    }

    pub(crate) fn body(&mut self, object: ObjectId) -> &mut Body {
        &mut self.state.objects[object as usize].body
    }

    /// Makes an object of no manager.
    pub(crate) fn create(&mut self, body: Body) -> ObjectId {
        self.state.create(Object {
            manager: crate::state::NOBODY,
            body,
        })
    }

    pub(crate) fn is_threads(&self) -> bool {
        self.machine.method == StartMethod::Threads
    }
}

impl Access {
    pub(crate) fn argument(&self, at: usize) -> &Val {
        self.arguments.get(at).unwrap_or(&Val::Unset)
    }

    pub(crate) fn is_given(&self, at: usize) -> bool {
        !matches!(self.argument(at), Val::Unset | Val::None)
    }

    pub(crate) fn flag(&self, at: usize, default: bool) -> bool {
        match self.argument(at) {
            Val::Bool(truth) => *truth,
            Val::Int(number) => *number != 0,
            Val::None => false,
            _ => default,
        }
    }

    pub(crate) fn number(&self, at: usize, default: i64) -> i64 {
        match self.argument(at) {
            Val::Int(number) => *number,
            Val::Bool(truth) => i64::from(*truth),
            _ => default,
        }
    }

    /// How long it may wait by the timeout at this argument.
    pub(crate) fn timeout(&self, at: usize) -> Wait {
        timeout(self.argument(at))
    }

    /// How long it may wait by `block` and `timeout`.
    pub(crate) fn wait(&self, block: usize, at: usize) -> Wait {
        if self.flag(block, true) {
            self.timeout(at)
        } else {
            Wait::Never
        }
    }
}

/// A timeout other than `Soon` and `Late` is over at once: the checker takes zero alone.
pub(crate) fn timeout(value: &Val) -> Wait {
    match value {
        Val::Unset | Val::None => Wait::Forever,
        Val::Soon => Wait::Soon,
        Val::Late => Wait::Late,
        _ => Wait::Never,
    }
}

impl Body {
    /// The object's name in the catalogue.
    pub(crate) fn name(&self, is_managed: bool) -> &'static str {
        match self {
            Body::Nothing | Body::Pipe(_) => "Pipe",
            Body::Process(_) => "Process",
            Body::Lock(lock) => lock.flavour.name(is_managed),
            Body::Condition(_) if is_managed => "ManagedCondition",
            Body::Condition(_) => "Condition",
            Body::Event(_) if is_managed => "ManagedEvent",
            Body::Event(_) => "Event",
            Body::Barrier(_) if is_managed => "ManagedBarrier",
            Body::Barrier(_) => "Barrier",
            Body::Queue(queue) => queue.flavour.name(is_managed),
            Body::Shared(shared) => shared.name(),
            Body::Manager(manager) if manager.key.is_some() => "ManagerServer",
            Body::Manager(_) => "Manager",
            Body::Client(_) => "ManagerClient",
            Body::Managed(managed) => managed.kind.name(),
            Body::Pool(_) => "Pool",
            Body::Job(job) if job.is_iterator => "ResultIterator",
            Body::Job(_) => "AsyncResult",
        }
    }

    /// The memory that its values refer to.
    pub(crate) fn creator_space(&self, processes: &[crate::state::Process]) -> usize {
        match self {
            Body::Process(this) => processes
                .get(this.creator as usize)
                .map_or(0, |process| process.space as usize),
            _ => 0,
        }
    }

    /// Gives each reference its new number.
    pub(crate) fn renumber(&mut self, renumber: &mut Renumber) {
        match self {
            Body::Nothing => {}
            Body::Process(process) => process.renumber(renumber),
            Body::Lock(lock) => renumber.process(&mut lock.owner),
            Body::Condition(condition) => condition.renumber(renumber),
            Body::Event(event) => renumber.sorted(&mut event.waiting),
            Body::Barrier(barrier) => {
                barrier
                    .waiting
                    .iter_mut()
                    .for_each(|one| renumber.process(one));
                renumber.sorted(&mut barrier.leaving);
            }
            Body::Pipe(pipe) => pipe.renumber(renumber),
            Body::Queue(queue) => queue.renumber(renumber),
            Body::Shared(shared) => renumber.object(&mut shared.lock),
            Body::Manager(manager) => manager.renumber(renumber),
            Body::Client(client) => client.renumber(renumber),
            Body::Managed(managed) => renumber.parcel(&mut managed.content),
            Body::Pool(pool) => pool.renumber(renumber),
            Body::Job(job) => job.renumber(renumber),
        }
    }
}

/// Whether the access can be made now.
pub(crate) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
) -> Ready {
    if *phase(state, process) == crate::state::Phase::Stuck {
        return stuck(state, access);
    }
    let id = match &access.receiver {
        Val::Object(id) => *id,
        Val::Ref(_) => return connection::ready(machine, state, process, access),
        _ => return module::ready(machine, state, process, access),
    };
    let object = &state.objects[id as usize];
    if manager::is_gone(state, object.manager) {
        return Ready::NOW;
    }
    match &object.body {
        Body::Process(this) => process::ready(machine, state, process, this, access),
        Body::Lock(this) => lock::ready(process, this, access),
        Body::Condition(this) => condition::ready(state, process, this, access),
        Body::Event(this) => event::ready(machine, state, process, this, access),
        Body::Barrier(this) => barrier::ready(state, process, this, access),
        Body::Queue(this) => queue::ready(machine, state, process, this, access),
        Body::Shared(this) => shared::ready(state, process, this, access),
        Body::Pool(this) => pool::ready(machine, state, process, this, access),
        Body::Job(this) => result::ready(state, this, access),
        _ => Ready::NOW,
    }
}

/// The error of an operation that an object of the catalogue does not have.
fn misused(object: &Object, access: &Access) -> Option<ErrorKind> {
    let name = object.body.name(object.manager != crate::state::NOBODY);
    let known = poolproof_case::catalogue::object(name)?;
    match access.operation {
        Operation::Get if access.name == "?" => Some(ErrorKind::Attribute),
        Operation::Enter if !known.context => Some(ErrorKind::Type),
        Operation::Item | Operation::SetItem | Operation::Slice if !known.items => {
            Some(ErrorKind::Type)
        }
        _ => None,
    }
}

/// What waits for ever is still let go by its own limit.
fn stuck(state: &State, access: &Access) -> Ready {
    let limit = match (&access.receiver, access.operation, access.name) {
        (Val::Object(id), Operation::Call, "get" | "wait" | "next") => {
            match &state.objects[*id as usize].body {
                Body::Job(_) => access.timeout(0),
                _ => Wait::Forever,
            }
        }
        _ => Wait::Forever,
    };
    Ready::wait(false, limit)
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
    match &object.body {
        Body::Process(_) => process::perform(context, id, access, choice),
        Body::Lock(_) => lock::perform(context, id, access, choice),
        Body::Condition(_) => condition::perform(context, id, access, choice),
        Body::Event(_) => event::perform(context, id, access, choice),
        Body::Barrier(_) => barrier::perform(context, id, access, choice),
        Body::Queue(_) => queue::perform(context, id, access, choice),
        Body::Shared(_) => shared::perform(context, id, access, choice),
        Body::Manager(_) => manager::perform(context, id, access),
        Body::Client(_) => manager::perform_client(context, id, access),
        Body::Managed(_) => managed::perform(context, id, access),
        Body::Pool(_) => pool::perform(context, id, access, choice),
        Body::Job(_) => result::perform(context, id, access, choice),
        Body::Nothing | Body::Pipe(_) => context.model("this object has no accesses"),
    }
}

/// How far the access that this process is about to make has come.
pub(crate) fn phase(state: &State, process: ProcessId) -> &crate::state::Phase {
    let frame = state.frame(process);
    &frame.expect("who makes an access has a frame").phase
}
