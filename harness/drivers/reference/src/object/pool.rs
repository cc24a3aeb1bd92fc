//! Pools of workers: tasks are functions of the program, by name.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use poolproof_case::{ErrorKind, StartMethod, Value};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::process::keywords;
use super::{Bound, Object};
use crate::code::Arguments;
use crate::data::{Data, lock};
use crate::job::{Home, Task};
use crate::stop::{Result, Stop, missing};
use crate::world::{World, runtime_method};
use crate::{interpreter, output, sequence};

/// A pool of the program.
pub(crate) struct Pool {
    pool: mp::Pool,
}

/// What a worker is given before its first task.
#[derive(Serialize, Deserialize)]
struct Start {
    home: Home,
    /// The program's initializer with its arguments.
    initializer: Option<Task>,
}

/// A result that comes later: of one task, or of all items.
pub(crate) enum AsyncResult {
    One(mp::AsyncResult<Data>),
    All(mp::AsyncResult<Vec<Data>>),
}

/// Results one by one.
pub(crate) struct ResultIterator {
    results: Mutex<mp::ResultIterator<Data>>,
}

/// What is called when a result, or an error, is there.
struct Callbacks {
    world: Arc<World>,
    callback: Option<String>,
    error_callback: Option<String>,
}

/// Starts a pool in a context of a start method.
pub(super) fn new(world: &Arc<World>, method: StartMethod, bound: &mut Bound<'_>) -> Result<Pool> {
    let context = mp::Context::new(runtime_method(method))?;
    let processes = bound.take("processes")?;
    let workers = if processes.is_none() {
        std::thread::available_parallelism().map_or(1, usize::from)
    } else {
        // Python says the same of zero and less.
        usize::try_from(processes.as_int()?).unwrap_or(0)
    };
    if workers == 0 {
        return Err(Stop::error(
            ErrorKind::Usage,
            "a pool has at least one worker",
        ));
    }
    let initializer = bound.take("initializer")?;
    let initargs = sequence::items(&bound.take("initargs")?)?;
    let initializer = if initializer.is_none() {
        None
    } else {
        Some(Task {
            function: initializer.as_function()?,
            positional: initargs,
            named: Vec::new(),
        })
    };
    let start = Start {
        home: Home::new(world, method),
        initializer,
    };
    let mut builder = context
        .pool_builder(workers)
        .initializer(start_worker, start);
    let tasks = bound.take("maxtasksperchild")?;
    if !tasks.is_none() {
        let tasks = u64::try_from(tasks.as_int()?).unwrap_or(0);
        builder = builder.max_tasks_per_child(tasks);
    }
    Ok(Pool {
        pool: builder.start()?,
    })
}

/// Makes a worker's world and runs the program's initializer.
fn start_worker(start: Start) {
    let started = start
        .home
        .settle_in()
        .and_then(|world| match start.initializer {
            Some(task) => task.run(&world).map(|_| ()),
            None => Ok(()),
        });
    if let Err(stop) = started {
        output::report(mp::current_process().name(), &stop);
        leave(stop)
    }
}

/// Runs a task in a worker.
fn run(task: Task) -> Data {
    let Some(world) = World::current() else {
        let text = "a worker runs a task before its initializer";
        leave(Stop::error(ErrorKind::Runtime, text))
    };
    match task.run(&world) {
        Ok(data) => data,
        Err(stop) => leave(stop),
    }
}

/// An error goes back to who asked; an exit ends the worker, as in Python.
fn leave(stop: Stop) -> ! {
    let is_thread = World::current().is_some_and(|world| world.method == StartMethod::Threads);
    match stop {
        Stop::Error(kind, text) => mp::fail(&(kind, text)),
        // All that can end of a thread is its task.
        Stop::Exit(code) if is_thread => {
            mp::fail(&(ErrorKind::WorkerLost, format!("the task left with {code}")))
        }
        Stop::Exit(code) => std::process::exit(code),
    }
}

impl Pool {
    pub(super) fn call(
        &self,
        world: &Arc<World>,
        method: &str,
        bound: &mut Bound<'_>,
    ) -> Result<Data> {
        let pool = &self.pool;
        match method {
            "close" => pool.close(),
            "terminate" => pool.terminate(),
            "join" => pool.join()?,
            "apply" => {
                let task = task(bound)?;
                return Ok(pool.apply(run, task)?);
            }
            "apply_async" => {
                let task = task(bound)?;
                let (done, failed) = Callbacks::new(world, bound)?.one();
                let result = pool.apply_async_with(run, task, done, failed)?;
                return Ok(later(AsyncResult::One(result)));
            }
            "map" | "starmap" => {
                let tasks = tasks(bound, method)?;
                let results = match chunk(bound)? {
                    Some(chunk) => pool.map_chunked(run, tasks, chunk)?,
                    None => pool.map(run, tasks)?,
                };
                return Ok(Data::list(results));
            }
            "map_async" | "starmap_async" => {
                let tasks = tasks(bound, method)?;
                let chunk = chunk(bound)?;
                let (done, failed) = Callbacks::new(world, bound)?.all();
                let results = pool.map_async_with(run, tasks, chunk, done, failed)?;
                return Ok(later(AsyncResult::All(results)));
            }
            "imap" | "imap_unordered" => {
                let tasks = tasks(bound, method)?;
                let chunk = chunk(bound)?.unwrap_or(1);
                let results = match method {
                    "imap" => pool.imap(run, tasks, chunk)?,
                    _ => pool.imap_unordered(run, tasks, chunk)?,
                };
                let results = Mutex::new(results);
                let iterator = Object::ResultIterator(Arc::new(ResultIterator { results }));
                return Ok(Data::Object(iterator));
            }
            other => return Err(missing("Pool", other)),
        }
        Ok(Data::NONE)
    }

    /// Enters it as a context, which only an open one allows.
    pub(super) fn enter(&self) -> Result<()> {
        Ok(self.pool.check_open()?)
    }

    pub(super) fn terminate(&self) {
        self.pool.terminate();
    }
}

fn later(result: AsyncResult) -> Data {
    Data::Object(Object::AsyncResult(Arc::new(result)))
}

/// The task of `apply`.
fn task(bound: &mut Bound<'_>) -> Result<Task> {
    Ok(Task {
        function: bound.take("func")?.as_function()?,
        positional: sequence::items(&bound.take("args")?)?,
        named: keywords(&bound.take("kwds")?)?,
    })
}

/// A task for each item; `starmap`'s items are arguments themselves.
fn tasks(bound: &mut Bound<'_>, method: &str) -> Result<Vec<Task>> {
    let function = bound.take("func")?.as_function()?;
    let items = sequence::items(&bound.take("iterable")?)?.into_iter();
    let tasks = items.map(|item| {
        Ok(Task {
            function: function.clone(),
            positional: if method.starts_with("starmap") {
                sequence::items(&item)?
            } else {
                vec![item]
            },
            named: Vec::new(),
        })
    });
    tasks.collect()
}

fn chunk(bound: &mut Bound<'_>) -> Result<Option<usize>> {
    match bound.given("chunksize") {
        Some(chunk) if !chunk.is_none() => {
            let chunk = chunk.as_int()?;
            let size = usize::try_from(chunk).ok().filter(|size| *size > 0);
            let wrong = || Stop::error(ErrorKind::Usage, format!("chunks of {chunk} items"));
            size.map(Some).ok_or_else(wrong)
        }
        _ => Ok(None),
    }
}

impl Callbacks {
    fn new(world: &Arc<World>, bound: &mut Bound<'_>) -> Result<Callbacks> {
        let given = |data: Data| match data.is_none() {
            true => Ok(None),
            false => data.as_function().map(Some),
        };
        Ok(Callbacks {
            world: Arc::clone(world),
            callback: given(bound.take("callback")?)?,
            error_callback: given(bound.take("error_callback")?)?,
        })
    }

    fn one(self) -> (impl FnOnce(&Data) + Send, impl FnOnce(&mp::Error) + Send) {
        let world = Arc::clone(&self.world);
        let callback = self.callback;
        let done = move |data: &Data| call_back(&world, callback, || data.clone());
        (done, failed(self.world, self.error_callback))
    }

    fn all(
        self,
    ) -> (
        impl FnOnce(&Vec<Data>) + Send,
        impl FnOnce(&mp::Error) + Send,
    ) {
        let world = Arc::clone(&self.world);
        let callback = self.callback;
        let done = move |all: &Vec<Data>| call_back(&world, callback, || Data::list(all.clone()));
        (done, failed(self.world, self.error_callback))
    }
}

fn failed(world: Arc<World>, callback: Option<String>) -> impl FnOnce(&mp::Error) + Send {
    move |error: &mp::Error| {
        call_back(&world, callback, || match Stop::of(error) {
            Stop::Error(kind, text) => Data::Plain(Value::Error(kind, text)),
            Stop::Exit(_) => Data::NONE,
        });
    }
}

/// Runs a function of the program in the pool's own thread.
fn call_back(world: &Arc<World>, callback: Option<String>, argument: impl FnOnce() -> Data) {
    let Some(callback) = callback else {
        return;
    };
    if let Err(stop) = interpreter::call(world, &callback, &mut Arguments::of(vec![argument()])) {
        output::report("a pool's callback", &stop);
    }
}

impl AsyncResult {
    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            "get" => {
                let timeout = bound.timeout()?;
                match self {
                    AsyncResult::One(result) => Ok(result.get(timeout)?),
                    AsyncResult::All(results) => Ok(Data::list(results.get(timeout)?)),
                }
            }
            "wait" => {
                let timeout = bound.timeout()?;
                // Python's says nothing.
                let _ = match self {
                    AsyncResult::One(result) => result.wait(timeout),
                    AsyncResult::All(results) => results.wait(timeout),
                };
                Ok(Data::NONE)
            }
            "ready" => Ok(Data::bool(match self {
                AsyncResult::One(result) => result.is_ready(),
                AsyncResult::All(results) => results.is_ready(),
            })),
            "successful" => Ok(Data::bool(match self {
                AsyncResult::One(result) => result.is_successful()?,
                AsyncResult::All(results) => results.is_successful()?,
            })),
            other => Err(missing("AsyncResult", other)),
        }
    }
}

impl ResultIterator {
    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            "next" => self.next(bound.timeout()?),
            other => Err(missing("ResultIterator", other)),
        }
    }

    /// The next result; `empty` at the end.
    pub(super) fn next(&self, timeout: Option<Duration>) -> Result<Data> {
        match lock(&self.results).next_timeout(timeout) {
            Some(result) => Ok(result?),
            None => Err(Stop::error(ErrorKind::Empty, "no more results")),
        }
    }
}
