//! What a child of the program is given: the program, a function and its arguments.

use std::sync::Arc;

use poolproof_case::StartMethod;
use poolproof_case::program::Program;
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use crate::code::Arguments;
use crate::data::Data;
use crate::stop::{Result, Stop};
use crate::world::{Transport, World};
use crate::{interpreter, output, plan};

/// A process's work.
#[derive(Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) home: Home,
    /// The function and its arguments; a process without a target does nothing.
    pub(crate) target: Option<Task>,
}

/// One call of a function of the program.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) function: String,
    pub(crate) positional: Vec<Data>,
    pub(crate) named: Vec<(String, Data)>,
}

impl Task {
    /// Makes the call in this process.
    pub(crate) fn run(self, world: &Arc<World>) -> Result<Data> {
        let named = self.named.iter();
        let named = named.map(|(name, data)| (name.as_str(), data.clone()));
        let arguments = &mut Arguments {
            named: named.collect(),
            ..Arguments::of(self.positional)
        };
        interpreter::call(world, &self.function, arguments)
    }
}

/// What makes a world in a process that was not copied from one.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Home {
    #[serde(with = "shared_program")]
    program: Arc<Program>,
    /// The run's start method, for what the child makes.
    method: StartMethod,
    transport: Transport,
    /// How this child was started.
    started_by: StartMethod,
}

impl Home {
    pub(crate) fn new(world: &World, started_by: StartMethod) -> Home {
        Home {
            program: Arc::clone(&world.program),
            method: world.method,
            transport: world.transport,
            started_by,
        }
    }

    /// The world of a child: its own, unless it was copied or shares its creator's.
    ///
    /// # Errors
    /// When the program has no guard: then main runs as it would when Python imports it.
    pub(crate) fn settle_in(&self) -> Result<Arc<World>> {
        plan::renew();
        match (self.started_by, World::current()) {
            (StartMethod::Fork | StartMethod::Threads, Some(world)) => Ok(world),
            _ => {
                let world = World::enter(Arc::clone(&self.program), self.method, self.transport);
                if !self.program.guard {
                    mp::bootstrapping(|| interpreter::run_main(&world))?;
                }
                Ok(world)
            }
        }
    }
}

/// Does a process's work; gives its exit code.
pub(crate) fn run(job: Job) -> i32 {
    let started_by = job.home.started_by;
    let code = match job.home.settle_in().and_then(|world| match job.target {
        Some(task) => task.run(&world).map(|_| ()),
        None => Ok(()),
    }) {
        Ok(()) => 0,
        Err(Stop::Exit(code)) => code,
        Err(stop) => {
            output::report(mp::current_process().name(), &stop);
            1
        }
    };
    // A thread has no exit code; `multiprocessing.dummy` says 0 for one that has ended.
    if started_by == StartMethod::Threads {
        0
    } else {
        code
    }
}

mod shared_program {
    use std::sync::Arc;

    use poolproof_case::program::Program;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        program: &Arc<Program>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (**program).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Program>, D::Error> {
        Program::deserialize(deserializer).map(Arc::new)
    }
}
