//! A manager's pool: workers beside the manager, which call functions that are registered with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use poolproof_sys::function::Passed;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded};
use super::named::{self, Travelling};
use super::protocol::{Class, Reply};
use super::proxy::{Proxy, managed};
use super::registry::{Functions, not_registered};
use super::table::{Object, Table};
use super::waiting::{Caller, LOOK};
use crate::context::Context;
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::pool::AsyncResult;
use crate::transfer::Message;

#[derive(Serialize, Deserialize)]
enum Call {
    /// Gives the number of a result, with one reference to it.
    Begin(Work),
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

/// One call, on its way to a worker.
#[derive(Serialize, Deserialize)]
struct Task {
    function: Travelling,
    argument: ByteBuf,
}

/// What a worker does with it.
fn run(task: Task) -> Reply {
    let result = named::call(Passed::from_bytes(task.function), &task.argument);
    result.map_err(|error| (error.kind(), error.subject().to_owned()))
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

    fn begin(&self, work: Work) -> Result<u64> {
        let function = self.functions.get(&work.function).copied();
        let unknown = || not_registered("function", &work.function, self.functions.keys());
        let function = function.ok_or_else(unknown)?;
        let arguments = work.arguments.into_iter();
        let tasks: Vec<_> = arguments
            .map(|argument| Task { function, argument })
            .collect();
        let chunk = work.chunk.unwrap_or(Some(1));
        let result = self
            .pool
            .map_async_with(run, tasks, chunk, |_| {}, |_| {})?;
        let is_list = work.chunk.is_some();
        let result = PoolResult { result, is_list };
        Ok(self.table.add(Class::PoolResult, Arc::new(result)))
    }
}

impl Object for Pool {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Begin(work) => encoded(&self.begin(work)?),
            Call::Workers => encoded(&self.pool.workers()),
            Call::Close => encoded(&self.pool.close()),
            Call::Terminate => encoded(&self.pool.terminate()),
            Call::Join => encoded(&self.pool.join()?),
        }
    }
}

#[derive(Serialize, Deserialize)]
enum ResultCall {
    Get(Option<Duration>),
    Wait(Option<Duration>),
    IsSuccessful,
}

/// What a pool will give.
struct PoolResult {
    result: AsyncResult<Vec<Reply>>,
    is_list: bool,
}

impl PoolResult {
    fn wait(&self, timeout: Option<Duration>, caller: &Caller<'_>) -> Result<bool> {
        let deadline = deadline::after(timeout);
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if self
                .result
                .wait(Some(left.map_or(LOOK, |left| left.min(LOOK))))
            {
                return Ok(true);
            }
            if left.is_some_and(|left| left <= LOOK) {
                return Ok(false);
            }
            caller.check()?;
        }
    }

    /// The encoded result: of one call, or the list of all, as a client decodes it.
    fn get(&self) -> Result<ByteBuf> {
        let replies = self.result.get(Some(Duration::ZERO))?.into_iter();
        let results =
            replies.map(|reply| reply.map_err(|(kind, subject)| Error::new(kind, subject)));
        let results = results.collect::<Result<Vec<_>>>()?;
        let mut bytes = match self.is_list {
            true => encoded(&results.len())?,
            false => Vec::new(),
        };
        results
            .iter()
            .for_each(|result| bytes.extend_from_slice(result));
        Ok(ByteBuf::from(bytes))
    }
}

impl Object for PoolResult {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            ResultCall::Get(timeout) if !self.wait(timeout, caller)? => Err(Error::new(
                Kind::Timeout,
                "get the result of a managed pool's task",
            )),
            ResultCall::Get(_) => encoded(&self.get()?),
            ResultCall::Wait(timeout) => encoded(&self.wait(timeout, caller)?),
            ResultCall::IsSuccessful => {
                let is_good = self.result.is_successful()?;
                encoded(&(is_good && self.get().is_ok()))
            }
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
        self.begin(function, std::iter::once(argument), None)
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
        self.begin(function, items, Some(chunk))
    }

    fn begin<'a, A: Message, R>(
        &self,
        function: &str,
        items: impl IntoIterator<Item = &'a A>,
        chunk: Option<Option<usize>>,
    ) -> Result<PoolResultProxy<R>> {
        let arguments = items
            .into_iter()
            .map(|item| encoded(item).map(ByteBuf::from));
        let work = Work {
            function: function.to_owned(),
            arguments: arguments.collect::<Result<_>>()?,
            chunk,
        };
        let id: u64 = self.proxy.call(&Call::Begin(work))?;
        let proxy = Proxy::adopt(self.proxy.server().clone(), id);
        Ok(super::Managed::from_proxy(proxy))
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

managed! {
    /// What a manager's pool will give.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    PoolResultProxy<R>: PoolResult
}

impl<R: Message> PoolResultProxy<R> {
    /// Waits for the result, at most so long; the task goes on when that time is over.
    ///
    /// # Errors
    /// As [`AsyncResult::get`].
    pub fn get(&self, timeout: Option<Duration>) -> Result<R> {
        let result: ByteBuf = self.proxy.call(&ResultCall::Get(timeout))?;
        decoded(&result)
    }

    /// Waits for the result, at most so long; says whether it is there.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        self.proxy.call(&ResultCall::Wait(timeout))
    }

    /// Whether the result, or the error, is there.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_ready(&self) -> Result<bool> {
        self.wait(Some(Duration::ZERO))
    }

    /// Whether the task has ended without an error.
    ///
    /// # Errors
    /// `is_usage` as long as it has not ended.
    pub fn is_successful(&self) -> Result<bool> {
        self.proxy.call(&ResultCall::IsSuccessful)
    }
}
