//! What each object of the catalogue does: when an access can be made, and what it changes.
//!
//! One file an area, each with its data, whether an access can be made now and in how many ways, and
//! what it changes; the first changes nothing, and the second is called only where it allows it.
//! Which of them answers is `answer`'s business.

mod answer;
pub(crate) mod barrier;
pub(crate) mod condition;
pub(crate) mod connection;
pub(crate) mod container;
pub(crate) mod event;
mod id;
pub(crate) mod lock;
mod managed;
pub(crate) mod manager;
pub(crate) mod module;
pub(crate) mod pool;
pub(crate) mod process;
pub(crate) mod queue;
pub(crate) mod result;
pub(crate) mod shared;
mod start;
mod submit;
mod taking;
mod transfer;
mod wrong;

use poolproof_case::catalogue::{Attribute, Class, Method};
use poolproof_case::program::Place;
use poolproof_case::{ErrorKind, StartMethod};

use crate::error::ModelError;
use crate::machine::Machine;
use crate::state::part::Part;
use crate::state::renumber::Renumber;
use crate::state::{NOBODY, ObjectId, Phase, Process, ProcessId, State, Symbol, Val};
pub(crate) use id::Id;
pub(crate) use wrong::{perform, ready};

/// An object that several processes may use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    /// The manager that keeps it, `NOBODY` for none.
    pub(crate) manager: ObjectId,
    /// A signal ended a process that was using it: what it does from now on is undefined.
    pub(crate) is_broken: bool,
    /// The start method of the context that made it; none: of the run.
    pub(crate) context: Option<StartMethod>,
    pub(crate) body: Body,
}

/// An object's own data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Body {
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
    Call(Method),
    /// Nothing: its class has no attribute of this name.
    Get(Option<Attribute>),
    /// Nothing: its class has no attribute of this name.
    Set(Option<Attribute>),
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
        Err(Fault::Raise(kind, self.machine.code.names.intern_own(text)))
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
            manager: NOBODY,
            is_broken: false,
            context: None,
            body,
        })
    }

    pub(crate) fn is_threads(&self) -> bool {
        self.machine.method == StartMethod::Threads
    }
}

impl Access {
    /// What is done, for who reads that it cannot be.
    pub(crate) fn shown(&self, context: &Context<'_>) -> String {
        match self.operation {
            Operation::Call(method) => method.name().to_owned(),
            Operation::Get(_) | Operation::Set(_) => {
                context.machine.code.names.text(self.symbol).to_string()
            }
            other => format!("{other:?}"),
        }
    }

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

impl Object {
    /// Its class in the catalogue.
    pub(crate) fn class(&self) -> Class {
        let is_managed = self.manager != NOBODY;
        match &self.body {
            Body::Pipe(_) => Class::Pipe,
            Body::Process(_) => Class::Process,
            Body::Lock(lock) => lock.flavour.class(is_managed),
            Body::Condition(_) if is_managed => Class::ManagedCondition,
            Body::Condition(_) => Class::Condition,
            Body::Event(_) if is_managed => Class::ManagedEvent,
            Body::Event(_) => Class::Event,
            Body::Barrier(_) if is_managed => Class::ManagedBarrier,
            Body::Barrier(_) => Class::Barrier,
            Body::Queue(queue) => queue.flavour.class(is_managed),
            Body::Shared(shared) => shared.class(),
            Body::Manager(manager) if manager.key.is_some() => Class::ManagerServer,
            Body::Manager(_) => Class::Manager,
            Body::Client(_) => Class::ManagerClient,
            Body::Managed(managed) => managed.kind.class(),
            Body::Pool(_) => Class::Pool,
            Body::Job(job) if job.is_iterator => Class::ResultIterator,
            Body::Job(_) => Class::AsyncResult,
        }
    }
}

impl Body {
    /// The memory that its values refer to.
    pub(crate) fn creator_space(&self, processes: &[Part<Process>]) -> usize {
        let creator = match self {
            Body::Process(this) => this.creator,
            Body::Job(this) => this.creator,
            Body::Pool(this) => this.creator,
            _ => return 0,
        };
        let creator = processes.get(creator as usize);
        creator.map_or(0, |process| process.space as usize)
    }

    /// Gives each reference its new number.
    pub(crate) fn renumber(&mut self, renumber: &mut Renumber) {
        match self {
            Body::Process(process) => process.renumber(renumber),
            Body::Lock(lock) => renumber.process(&mut lock.owner),
            Body::Condition(condition) => condition.renumber(renumber),
            Body::Event(event) => renumber.sorted(&mut event.waiting),
            Body::Barrier(barrier) => {
                let waiting = &mut barrier.waiting;
                match barrier.is_numbered {
                    true => waiting.iter_mut().for_each(|one| renumber.process(one)),
                    false => renumber.sorted(waiting),
                }
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

/// How far the access that this process is about to make has come.
pub(crate) fn phase(state: &State, process: ProcessId) -> &Phase {
    let frame = state.frame(process);
    &frame.expect("who makes an access has a frame").phase
}
