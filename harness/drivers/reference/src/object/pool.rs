//! Pools of workers: tasks are functions of the program, by name.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use poolproof_case::catalogue::{AsyncResultMethod, Class, PoolMethod, ResultIteratorMethod};
use poolproof_case::{ErrorKind, StartMethod, Value};
use poolproof_runtime as mp;

use super::process::keywords;
use crate::arguments::Arguments;
use crate::bound::Bound;
use crate::data::{Data, Object, lock};
use crate::functions::{self, Functions, PoolPlan, Task};
use crate::stop::{Result, Stop};
use crate::{inherited, names, output, sequence};

/// A pool of the program.
pub(crate) struct Pool {
    pool: mp::Pool,
}

/// A result that comes later: of one task, or of all items.
pub(crate) enum AsyncResult {
    One(mp::AsyncResult<Data>),
    All(mp::AsyncResult<Vec<Data>>, Arc<Whole>),
}

/// The one list that all results become, for whoever takes it first and all who do later.
#[derive(Default)]
pub(crate) struct Whole(OnceLock<Data>);

impl Whole {
    fn list(&self, results: impl FnOnce() -> Vec<Data>) -> Data {
        self.0.get_or_init(|| Data::list(results())).clone()
    }
}

/// Results one by one.
pub(crate) struct ResultIterator {
    results: Mutex<mp::ResultIterator<Data>>,
}

/// What is called when a result, or an error, is there.
struct Callbacks {
    functions: Arc<dyn Functions>,
    callback: Option<String>,
    error_callback: Option<String>,
}

/// Starts a pool in a context of a start method.
pub(super) fn new(
    functions: &Arc<dyn Functions>,
    method: StartMethod,
    bound: &mut Bound<'_>,
) -> Result<Pool> {
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
    let tasks = bound.take("maxtasksperchild")?;
    let tasks_max = if tasks.is_none() {
        None
    } else {
        Some(u64::try_from(tasks.as_int()?).unwrap_or(0))
    };
    let pool = functions.start_pool(PoolPlan {
        method,
        workers,
        initializer,
        tasks_max,
    })?;
    names::count(workers);
    Ok(Pool { pool })
}

/// Runs a task in a worker.
fn run(task: Task) -> Data {
    let Some(functions) = functions::current() else {
        let text = "a worker runs a task before its initializer";
        leave(Stop::error(ErrorKind::Runtime, text))
    };
    let is_thread = functions.method() == StartMethod::Threads;
    match task.run(&functions) {
        Ok(data) if !is_thread && let Some(class) = inherited::find(&data) => {
            let text = format!("a {} is only given to a new process", class.name());
            leave(Stop::error(ErrorKind::NotInheritable, text))
        }
        Ok(data) => data,
        Err(stop) => leave(stop),
    }
}

/// An error goes back to who asked; an exit ends the worker, as in Python.
pub(crate) fn leave(stop: Stop) -> ! {
    let functions = functions::current();
    let is_thread = functions.is_some_and(|known| known.method() == StartMethod::Threads);
    match stop {
        Stop::Error(kind, text) => mp::fail(&(kind, text)),
        // All that can end of a thread is its task.
        Stop::Exit(code) if is_thread => {
            mp::fail(&(ErrorKind::WorkerLost, format!("the task left with {code}")))
        }
        Stop::Exit(code) => std::process::exit(code),
    }
}

impl Object for Pool {
    fn class(&self) -> Class {
        Class::Pool
    }
}

impl Pool {
    pub(super) fn call(
        &self,
        functions: &Arc<dyn Functions>,
        method: PoolMethod,
        bound: &mut Bound<'_>,
    ) -> Result<Data> {
        let pool = &self.pool;
        match method {
            PoolMethod::Close => pool.close(),
            PoolMethod::Terminate => pool.terminate(),
            PoolMethod::Join => pool.join()?,
            PoolMethod::Apply => {
                let task = task(bound)?;
                return Ok(pool.apply(run, task)?);
            }
            PoolMethod::ApplyAsync => {
                let task = task(bound)?;
                let (done, failed) = Callbacks::new(functions, bound)?.one();
                let result = pool.apply_async_with(run, task, done, failed)?;
                return Ok(Data::object(AsyncResult::One(result)));
            }
            PoolMethod::Map | PoolMethod::Starmap => {
                let tasks = tasks(bound, method == PoolMethod::Starmap)?;
                let results = match chunk(bound)? {
                    Some(chunk) => pool.map_chunked(run, tasks, chunk)?,
                    None => pool.map(run, tasks)?,
                };
                return Ok(Data::list(results));
            }
            PoolMethod::MapAsync | PoolMethod::StarmapAsync => {
                let tasks = tasks(bound, method == PoolMethod::StarmapAsync)?;
                let chunk = chunk(bound)?;
                let whole = Arc::new(Whole::default());
                let (done, failed) = Callbacks::new(functions, bound)?.all(Arc::clone(&whole));
                let results = pool.map_async_with(run, tasks, chunk, done, failed)?;
                return Ok(Data::object(AsyncResult::All(results, whole)));
            }
            PoolMethod::Imap | PoolMethod::ImapUnordered => {
                let tasks = tasks(bound, false)?;
                let chunk = chunk(bound)?.unwrap_or(1);
                let results = if method == PoolMethod::Imap {
                    pool.imap(run, tasks, chunk)?
                } else {
                    pool.imap_unordered(run, tasks, chunk)?
                };
                let results = Mutex::new(results);
                return Ok(Data::object(ResultIterator { results }));
            }
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

/// The task of `apply`.
fn task(bound: &mut Bound<'_>) -> Result<Task> {
    let function = bound.take("func")?.as_function()?;
    let (positional, mut named) = arguments(bound.take("args")?)?;
    named.extend(keywords(&bound.take("kwds")?)?);
    Ok(Task {
        function,
        positional,
        named,
    })
}

/// Arguments by their names.
type Named = Vec<(String, Data)>;

/// The arguments that data stand for; what has no items fails where the call is made, as an argument
/// that nothing takes.
fn arguments(data: Data) -> Result<(Vec<Data>, Named)> {
    match sequence::items(&data) {
        Ok(items) => Ok((items, Vec::new())),
        Err(Stop::Error(ErrorKind::Type, _)) => Ok((Vec::new(), vec![("*".to_owned(), data)])),
        Err(stop) => Err(stop),
    }
}

/// A task for each item; `starmap`'s items are arguments themselves.
fn tasks(bound: &mut Bound<'_>, is_star: bool) -> Result<Vec<Task>> {
    let function = bound.take("func")?.as_function()?;
    let items = sequence::items(&bound.take("iterable")?)?.into_iter();
    let tasks = items.map(|item| {
        let (positional, named) = match is_star {
            true => arguments(item)?,
            false => (vec![item], Vec::new()),
        };
        Ok(Task {
            function: function.clone(),
            positional,
            named,
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
    fn new(functions: &Arc<dyn Functions>, bound: &mut Bound<'_>) -> Result<Callbacks> {
        let given = |data: Data| match data.is_none() {
            true => Ok(None),
            false => data.as_function().map(Some),
        };
        Ok(Callbacks {
            functions: Arc::clone(functions),
            callback: given(bound.take("callback")?)?,
            error_callback: given(bound.take("error_callback")?)?,
        })
    }

    fn one(self) -> (impl FnOnce(&Data) + Send, impl FnOnce(&mp::Error) + Send) {
        let functions = Arc::clone(&self.functions);
        let callback = self.callback;
        let done = move |data: &Data| call_back(functions, callback, || data.clone());
        (done, failed(self.functions, self.error_callback))
    }

    fn all(
        self,
        whole: Arc<Whole>,
    ) -> (
        impl FnOnce(&Vec<Data>) + Send,
        impl FnOnce(&mp::Error) + Send,
    ) {
        let functions = Arc::clone(&self.functions);
        let callback = self.callback;
        let done = move |all: &Vec<Data>| {
            call_back(functions, callback, || whole.list(|| all.clone()));
        };
        (done, failed(self.functions, self.error_callback))
    }
}

fn failed(
    functions: Arc<dyn Functions>,
    callback: Option<String>,
) -> impl FnOnce(&mp::Error) + Send {
    move |error: &mp::Error| {
        call_back(functions, callback, || match Stop::of(error) {
            Stop::Error(kind, text) => Data::Plain(Value::Error(kind, text)),
            Stop::Exit(_) => Data::NONE,
        });
    }
}

/// Runs a function of the program in the pool's own thread.
fn call_back(
    functions: Arc<dyn Functions>,
    callback: Option<String>,
    argument: impl FnOnce() -> Data,
) {
    let Some(callback) = callback else {
        return;
    };
    if let Err(stop) = functions.call(&callback, &mut Arguments::of(vec![argument()])) {
        output::report("a pool's callback", &stop);
    }
}

impl Object for AsyncResult {
    fn class(&self) -> Class {
        Class::AsyncResult
    }
}

impl AsyncResult {
    pub(super) fn call(&self, method: AsyncResultMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            AsyncResultMethod::Get => {
                let timeout = bound.timeout()?;
                match self {
                    AsyncResult::One(result) => Ok(result.get(timeout)?),
                    AsyncResult::All(results, whole) => {
                        let results = results.get(timeout)?;
                        Ok(whole.list(|| results))
                    }
                }
            }
            AsyncResultMethod::Wait => {
                let timeout = bound.timeout()?;
                // Python's says nothing.
                let _ = match self {
                    AsyncResult::One(result) => result.wait(timeout),
                    AsyncResult::All(results, _) => results.wait(timeout),
                };
                Ok(Data::NONE)
            }
            AsyncResultMethod::Ready => Ok(Data::bool(match self {
                AsyncResult::One(result) => result.is_ready(),
                AsyncResult::All(results, _) => results.is_ready(),
            })),
            AsyncResultMethod::Successful => Ok(Data::bool(match self {
                AsyncResult::One(result) => result.is_successful()?,
                AsyncResult::All(results, _) => results.is_successful()?,
            })),
        }
    }
}

impl Object for ResultIterator {
    fn class(&self) -> Class {
        Class::ResultIterator
    }

    fn is_iterator(&self) -> bool {
        true
    }

    fn next(&self, timeout: Option<Duration>) -> Option<Result<Data>> {
        Some(self.next_result(timeout))
    }
}

impl ResultIterator {
    pub(super) fn call(&self, method: ResultIteratorMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            ResultIteratorMethod::Next => self.next_result(bound.timeout()?),
        }
    }

    /// The next result; `empty` at the end.
    fn next_result(&self, timeout: Option<Duration>) -> Result<Data> {
        match lock(&self.results).next_timeout(timeout) {
            Some(result) => Ok(result?),
            None => Err(Stop::error(ErrorKind::Empty, "no more results")),
        }
    }
}
