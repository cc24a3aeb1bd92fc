//! What a process of the program knows: the program, its start method and its globals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use poolproof_case::program::Program;
use poolproof_case::{ErrorKind, StartMethod};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::data::{Data, lock};
use crate::passing;
use crate::stop::{Result, Stop};

/// One process's view of the program.
pub(crate) struct World {
    pub(crate) program: Arc<Program>,
    /// The program as it runs.
    pub(crate) code: Code,
    pub(crate) method: StartMethod,
    /// What carries the values of its queues.
    pub(crate) transport: Transport,
    globals: Mutex<HashMap<String, Data>>,
}

static WORLD: RwLock<Option<Arc<World>>> = RwLock::new(None);

impl World {
    /// Makes the world of this process, with the globals' first values.
    pub(crate) fn enter(
        program: Arc<Program>,
        method: StartMethod,
        transport: Transport,
    ) -> Arc<World> {
        passing::set(method == StartMethod::Threads);
        let globals = program.globals.iter();
        let globals = globals
            .map(|(name, value)| (name.clone(), Data::of(value)))
            .collect();
        let world = Arc::new(World {
            code: Code::of(&program),
            program,
            method,
            transport,
            globals: Mutex::new(globals),
        });
        *WORLD.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&world));
        world
    }

    /// The world of this process, if it has one: a forked child has its parent's.
    pub(crate) fn current() -> Option<Arc<World>> {
        WORLD.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn global(&self, name: &str) -> Result<Data> {
        let found = lock(&self.globals).get(name).cloned();
        found.ok_or_else(|| Stop::error(ErrorKind::Runtime, format!("global `{name}` is not set")))
    }

    pub(crate) fn set_global(&self, name: &str, data: Data) {
        lock(&self.globals).insert(name.to_owned(), data);
    }
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

/// The runtime's name for a start method.
pub(crate) fn runtime_method(method: StartMethod) -> mp::StartMethod {
    match method {
        StartMethod::Spawn => mp::StartMethod::Spawn,
        StartMethod::Fork => mp::StartMethod::Fork,
        StartMethod::Forkserver => mp::StartMethod::Forkserver,
        StartMethod::Threads => mp::StartMethod::Threads,
    }
}

/// The case language's name for one of the runtime's start methods.
pub(crate) fn case_method(method: mp::StartMethod) -> StartMethod {
    match method {
        mp::StartMethod::Spawn => StartMethod::Spawn,
        mp::StartMethod::Fork => StartMethod::Fork,
        mp::StartMethod::Forkserver => StartMethod::Forkserver,
        mp::StartMethod::Threads => StartMethod::Threads,
    }
}
