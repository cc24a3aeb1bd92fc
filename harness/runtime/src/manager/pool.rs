//! A manager's pool: workers beside the manager, which call functions that are registered with it.

mod result;
mod results;

use std::sync::Arc;

use poolproof_sys::function::Passed;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded, packed};
use super::named::{self, Travelling};
use super::protocol::{Class, Reply};
use super::proxy::{Proxy, managed};
use super::registry::{Functions, not_registered};
use super::table::{Object, Table};
use super::waiting::Caller;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;
use result::PoolResult;
pub use result::PoolResultProxy;
use results::PoolResults;
pub use results::{PoolResultsIterator, PoolResultsProxy};

#[derive(Serialize, Deserialize)]
enum Call {
    /// Gives the number of a result, with one reference to it.
    Begin(Work),
    /// The same for results that are taken one by one.
    Each(Work, Order),
    Workers,
    Close,
    Terminate,
    Join,
}

#[derive(Serialize, Deserialize)]
struct Work {
    function: String,
    arguments: Vec<ByteBuf>,
    /// None for one call, whose result is a value; else how many items go at once, or Python's
    /// number, and the result is a list.
    chunk: Option<Option<usize>>,
}

/// In which order results are given one by one.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Order {
    OfItems,
    OfArrival,
}

/// One call, on its way to a worker.
#[derive(Serialize, Deserialize)]
struct Task {
    function: Travelling,
    argument: ByteBuf,
}

/// What a worker does with it.
fn run(task: Task) -> Reply {
    let result = named::call(Passed::from_bytes(task.function), &task.argument);
    result.map_err(|error| (error.kind(), error.account()))
}

/// How many workers a client may ask for.
const WORKERS_MAX: usize = 1024;

/// The object.
pub(super) struct Pool {
    pool: crate::pool::Pool,
    functions: Arc<Functions>,
    table: Arc<Table>,
}

impl Pool {
    pub(super) fn new(
        workers: usize,
        tasks_max: Option<u64>,
        functions: Arc<Functions>,
        table: &Arc<Table>,
    ) -> Result<Pool> {
        if functions.is_empty() {
            let text = "make a pool in a manager that knows no function to call: start it with \
                        `manager_builder().function(…)`";
            return Err(Error::new(Kind::Missing, text));
        }
        if workers > WORKERS_MAX {
            let text =
                format!("make a managed pool of {workers} workers: {WORKERS_MAX} is the most");
            return Err(Error::new(Kind::Value, text));
        }
        let mut builder = Context::default().pool_builder(workers);
        if let Some(tasks) = tasks_max {
            builder = builder.max_tasks_per_child(tasks);
        }
        Ok(Pool {
            pool: builder.start()?,
            functions,
            table: Arc::clone(table),
        })
    }

    /// The tasks that a client asks for.
    fn tasks(&self, work: Work) -> Result<Vec<Task>> {
        let function = self.functions.get(&work.function).copied();
        let unknown = || not_registered("function", &work.function, self.functions.keys());
        let function = function.ok_or_else(unknown)?;
        let arguments = work.arguments.into_iter();
        Ok(arguments
            .map(|argument| Task { function, argument })
            .collect())
    }

    fn begin(&self, work: Work) -> Result<u64> {
        let (chunk, is_list) = (work.chunk.unwrap_or(Some(1)), work.chunk.is_some());
        let tasks = self.tasks(work)?;
        let result = self
            .pool
            .map_async_with(run, tasks, chunk, |_| {}, |_| {})?;
        let result = PoolResult::new(result, is_list);
        Ok(self.table.add(Class::PoolResult, Arc::new(result)))
    }

    fn each(&self, work: Work, order: Order) -> Result<u64> {
        let chunk = work.chunk.flatten().unwrap_or(1);
        let tasks = self.tasks(work)?;
        let results = match order {
            Order::OfItems => self.pool.imap(run, tasks, chunk)?,
            Order::OfArrival => self.pool.imap_unordered(run, tasks, chunk)?,
        };
        let results = PoolResults::new(results);
        Ok(self.table.add(Class::PoolResults, Arc::new(results)))
    }
}

impl Object for Pool {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Begin(work) => encoded(&self.begin(work)?),
            Call::Each(work, order) => encoded(&self.each(work, order)?),
            Call::Workers => encoded(&self.pool.workers()),
            Call::Close => encoded(&self.pool.close()),
            Call::Terminate => encoded(&self.pool.terminate()),
            Call::Join => encoded(&self.pool.join()?),
        }
    }
}

managed! {
    /// A pool of a manager: its workers call functions that are registered with the manager by
    /// [`function`](crate::ManagerBuilder::function).
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    PoolProxy: Pool
}

impl PoolProxy {
    /// Calls a function in one worker and waits for its result.
    ///
    /// # Errors
    /// `is_missing` for a function that the manager does not know; as
    /// [`Pool::apply`](crate::Pool::apply).
    pub fn apply<A: Message, R: Message>(&self, function: &str, argument: &A) -> Result<R> {
        self.apply_async(function, argument)?.get(None)
    }

    /// Calls a function in one worker; its result comes later.
    ///
    /// # Errors
    /// As [`apply`](PoolProxy::apply).
    pub fn apply_async<A: Message, R: Message>(
        &self,
        function: &str,
        argument: &A,
    ) -> Result<PoolResultProxy<R>> {
        let work = work(function, std::iter::once(argument), None)?;
        self.adopt(&Call::Begin(work))
    }

    /// Calls a function with each item and waits for all results, in the order of the items; in
    /// chunks of so many items, or of Python's number.
    ///
    /// # Errors
    /// As [`apply`](PoolProxy::apply); `is_usage` for a chunk of no items.
    pub fn map<'a, A: Message, R: Message>(
        &self,
        function: &str,
        items: impl IntoIterator<Item = &'a A>,
        chunk: Option<usize>,
    ) -> Result<Vec<R>> {
        self.map_async(function, items, chunk)?.get(None)
    }

    /// As [`map`](PoolProxy::map); the results come later.
    ///
    /// # Errors
    /// As [`map`](PoolProxy::map).
    pub fn map_async<'a, A: Message, R: Message>(
        &self,
        function: &str,
        items: impl IntoIterator<Item = &'a A>,
        chunk: Option<usize>,
    ) -> Result<PoolResultProxy<Vec<R>>> {
        self.adopt(&Call::Begin(work(function, items, Some(chunk))?))
    }

    /// Calls a function with each item, in chunks of so many items; the results one by one in the
    /// order of the items. All items go to the manager at once.
    ///
    /// ```standalone_crate
    /// use poolproof_runtime as mp;
    ///
    /// fn square(x: i64) -> i64 {
    ///     x * x
    /// }
    ///
    /// fn main() -> mp::Result<()> {
    ///     mp::freeze_support();
    ///     let context = mp::Context::default();
    ///     let manager = context.manager_builder().function("square", square).start()?;
    ///     let pool = manager.pool(2, None)?;
    ///     let squares: mp::Result<Vec<i64>> = pool.imap("square", &[1_i64, 2, 3], 1)?.into_iter().collect();
    ///     assert_eq!(squares?, [1, 4, 9]);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`map`](PoolProxy::map).
    pub fn imap<'a, A: Message, R: Message>(
        &self,
        function: &str,
        items: impl IntoIterator<Item = &'a A>,
        chunk: usize,
    ) -> Result<PoolResultsProxy<R>> {
        let work = work(function, items, Some(Some(chunk)))?;
        self.adopt(&Call::Each(work, Order::OfItems))
    }

    /// As [`imap`](PoolProxy::imap), the results in the order in which they come.
    ///
    /// # Errors
    /// As [`map`](PoolProxy::map).
    pub fn imap_unordered<'a, A: Message, R: Message>(
        &self,
        function: &str,
        items: impl IntoIterator<Item = &'a A>,
        chunk: usize,
    ) -> Result<PoolResultsProxy<R>> {
        let work = work(function, items, Some(Some(chunk)))?;
        self.adopt(&Call::Each(work, Order::OfArrival))
    }

    /// Makes a call whose answer is a new object, of which it is told with one reference.
    fn adopt<P: super::Managed>(&self, call: &Call) -> Result<P> {
        let id: u64 = self.proxy.call(call)?;
        let proxy = Proxy::adopt(self.proxy.server().clone(), id);
        Ok(P::from_proxy(proxy))
    }

    /// How many workers there are.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn workers(&self) -> Result<usize> {
        self.proxy.call(&Call::Workers)
    }

    /// Takes no more tasks; the workers leave when all that were given are done.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn close(&self) -> Result<()> {
        self.proxy.call(&Call::Close)
    }

    /// Ends the workers at once; results that are not there yet fail with `is_worker_lost`.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn terminate(&self) -> Result<()> {
        self.proxy.call(&Call::Terminate)
    }

    /// Waits until every worker has ended.
    ///
    /// # Errors
    /// `is_usage` before `close` or `terminate`.
    pub fn join(&self) -> Result<()> {
        self.proxy.call(&Call::Join)
    }
}

fn work<'a, A: Message>(
    function: &str,
    items: impl IntoIterator<Item = &'a A>,
    chunk: Option<Option<usize>>,
) -> Result<Work> {
    Ok(Work {
        function: function.to_owned(),
        arguments: items.into_iter().map(packed).collect::<Result<_>>()?,
        chunk,
    })
}
