//! What objects need of whoever interprets the program: to call its functions, here and in children.
//!
//! Objects know no more of it than this, so that they stand below it.

use std::sync::{Arc, PoisonError, RwLock};

use poolproof_case::StartMethod;
use poolproof_runtime as mp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::arguments::Arguments;
use crate::data::Data;
use crate::sameness;
use crate::stop::Result;

/// The functions of the program of this process.
pub(crate) trait Functions: Send + Sync {
    /// The run's start method.
    fn method(&self) -> StartMethod;

    /// What carries the values of its queues.
    fn transport(&self) -> Transport;

    /// Calls one in this process.
    fn call(self: Arc<Self>, name: &str, arguments: &mut Arguments<'_>) -> Result<Data>;

    /// Starts a process that calls one.
    fn start(&self, process: ProcessPlan) -> Result<mp::Process>;

    /// Starts a pool whose workers will call them.
    fn start_pool(&self, pool: PoolPlan) -> Result<mp::Pool>;
}

/// One call of a function of the program.
#[derive(Clone, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Task {
    pub(crate) function: String,
    pub(crate) positional: Vec<Data>,
    pub(crate) named: Vec<(String, Data)>,
}

impl Serialize for Task {
    /// All arguments of a call are one message.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        sameness::leave(|| Task::serialize(self, serializer))
    }
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Task, D::Error> {
        sameness::arrive(|| Task::deserialize(deserializer))
    }
}

impl Task {
    /// Makes the call in this process.
    pub(crate) fn run(self, functions: &Arc<dyn Functions>) -> Result<Data> {
        let named = self.named.iter();
        let named = named.map(|(name, data)| (name.as_str(), data.clone()));
        let arguments = &mut Arguments {
            named: named.collect(),
            ..Arguments::of(self.positional)
        };
        Arc::clone(functions).call(&self.function, arguments)
    }
}

/// A process that is not yet started.
#[derive(Clone)]
pub(crate) struct ProcessPlan {
    pub(crate) method: StartMethod,
    /// What it does; nothing without.
    pub(crate) target: Option<Task>,
    pub(crate) name: String,
    /// Its numbers and its ancestors', which its children's names begin with.
    pub(crate) path: String,
    pub(crate) daemon: Option<bool>,
}

/// A pool that is not yet started.
pub(crate) struct PoolPlan {
    pub(crate) method: StartMethod,
    pub(crate) workers: usize,
    /// What each worker does first.
    pub(crate) initializer: Option<Task>,
    /// After so many tasks a worker is replaced.
    pub(crate) tasks_max: Option<u64>,
}

/// What carries the values of a program's queues; either may do all that a program can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transport {
    /// The pipe and feeder that Python documents.
    Pipe,
    /// The runtime's shared memory.
    Ring,
}

impl From<Transport> for mp::Transport {
    fn from(transport: Transport) -> mp::Transport {
        match transport {
            Transport::Pipe => mp::Transport::Pipe,
            Transport::Ring => mp::Transport::Ring,
        }
    }
}

static CURRENT: RwLock<Option<Arc<dyn Functions>>> = RwLock::new(None);

/// From now on these are the functions of this process.
pub(crate) fn install(functions: Arc<dyn Functions>) {
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(functions);
}

/// Whether what stands for a process here is a thread.
pub(crate) fn is_of_threads() -> bool {
    current().is_some_and(|functions| functions.method() == StartMethod::Threads)
}

/// The functions of this process, if it has some: a forked child has its parent's.
pub(crate) fn current() -> Option<Arc<dyn Functions>> {
    let current = CURRENT.read().unwrap_or_else(PoisonError::into_inner);
    current.clone()
}
