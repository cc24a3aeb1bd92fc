//! How children of the program begin: what they are given, and how they come to call its functions.

use std::sync::Arc;

use poolproof_case::StartMethod;
use poolproof_case::program::Program;
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;
use crate::data::Data;
use crate::functions::{self, Functions, PoolPlan, ProcessPlan, Task, Transport};
use crate::kept::{self, Kept};
use crate::object::pool;
use crate::start_method::runtime_method;
use crate::stop::{Result, Stop};
use crate::world::World;
use crate::{interpreter, names, output, plan};

/// A process's work.
#[derive(Serialize, Deserialize)]
struct Job {
    home: Home,
    /// The function and its arguments; a process without a target does nothing.
    target: Option<Task>,
    /// Its numbers and its ancestors'.
    path: String,
}

/// What a pool's worker is given before its first task.
#[derive(Serialize, Deserialize)]
struct Start {
    home: Home,
    /// The program's initializer with its arguments.
    initializer: Option<Initializer>,
}

#[derive(Serialize, Deserialize)]
enum Initializer {
    Sent(Task),
    /// A forked worker has it already.
    Kept(Kept),
}

impl Initializer {
    fn new(task: Task, method: StartMethod) -> Initializer {
        match method {
            StartMethod::Fork => Initializer::Kept(kept::keep(task)),
            _ => Initializer::Sent(task),
        }
    }

    fn task(self) -> Option<Task> {
        match self {
            Initializer::Sent(task) => Some(task),
            Initializer::Kept(kept) => kept.look(),
        }
    }
}

/// What makes a world in a process that was not copied from one.
#[derive(Clone, Serialize, Deserialize)]
struct Home {
    #[serde(with = "shared_program")]
    program: Arc<Program>,
    /// The run's start method, for what the child makes.
    method: StartMethod,
    transport: Transport,
    /// How this child was started.
    started_by: StartMethod,
    /// What its parent calls itself by now, if it has another name than it began with.
    parent_name: Option<String>,
}

impl Home {
    fn new(world: &World, started_by: StartMethod) -> Home {
        Home {
            program: Arc::clone(&world.program),
            method: world.method,
            transport: world.transport,
            started_by,
            parent_name: names::who().renamed(),
        }
    }

    /// The program's functions in a child: its own, unless it was copied or shares its creator's.
    ///
    /// # Errors
    /// When the program has no guard: then main runs as it would when Python imports it.
    fn settle_in(&self) -> Result<Arc<dyn Functions>> {
        plan::renew();
        if self.started_by != StartMethod::Threads {
            names::set_parent_name(self.parent_name.clone());
        }
        match (self.started_by, functions::current()) {
            (StartMethod::Fork | StartMethod::Threads, Some(functions)) => Ok(functions),
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

impl Functions for World {
    fn method(&self) -> StartMethod {
        self.method
    }

    fn transport(&self) -> Transport {
        self.transport
    }

    fn call(self: Arc<Self>, name: &str, arguments: &mut Arguments<'_>) -> Result<Data> {
        interpreter::call(&self, name, arguments)
    }

    fn start(&self, process: ProcessPlan) -> Result<mp::Process> {
        let context = mp::Context::new(runtime_method(process.method))?;
        let home = Home::new(self, process.method);
        let (target, path) = (process.target, process.path);
        let job = Job { home, target, path };
        // As in Python, a process whose starter was killed outlives main.
        let builder = context.process(run, job).survives(true);
        let mut builder = builder.name(process.name);
        if let Some(daemon) = process.daemon {
            builder = builder.daemon(daemon);
        }
        Ok(builder.start()?)
    }

    fn start_pool(&self, pool: PoolPlan) -> Result<mp::Pool> {
        let context = mp::Context::new(runtime_method(pool.method))?;
        let initializer = pool.initializer;
        let start = Start {
            home: Home::new(self, pool.method),
            initializer: initializer.map(|task| Initializer::new(task, pool.method)),
        };
        let builder = context.pool_builder(pool.workers);
        let mut builder = builder.initializer(start_worker, start);
        if let Some(tasks) = pool.tasks_max {
            builder = builder.max_tasks_per_child(tasks);
        }
        Ok(builder.start()?)
    }
}

/// Makes what a child needs and, in it, a call.
fn begin(home: &Home, call: Option<Task>) -> Result<()> {
    let functions = home.settle_in()?;
    match call {
        Some(task) => task.run(&functions).map(drop),
        None => Ok(()),
    }
}

/// Does a process's work; gives its exit code.
fn run(job: Job) -> i32 {
    names::enter(job.path);
    let code = match begin(&job.home, job.target) {
        Ok(()) => 0,
        Err(Stop::Exit(code)) => code,
        Err(stop) => {
            output::report(mp::current_process().name(), &stop);
            1
        }
    };
    // A thread has no exit code; `multiprocessing.dummy` says 0 for one that has ended.
    if job.home.started_by == StartMethod::Threads {
        0
    } else {
        code
    }
}

/// Makes a worker's world and runs the program's initializer.
fn start_worker(start: Start) {
    let initializer = start.initializer.and_then(Initializer::task);
    if let Err(stop) = begin(&start.home, initializer) {
        output::report(mp::current_process().name(), &stop);
        pool::leave(stop)
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
