//! Pools: workers that share tasks through memory, so that a task costs no system call.
//!
//! | part | is |
//! | --- | --- |
//! | `ring`, `stream`, `arena`, `words` | shared memory: tasks to any worker, results from each, large arguments |
//! | `board` | these together, and who is woken when |
//! | `worker`, `task` | what a worker does |
//! | `codec`, `parts` | how arguments and results are bytes, and those of a chunk one by one |
//! | `submit` | how a call becomes a job with its tasks |
//! | `source`, `input`, `feed` | what was asked, encoded task by task as there is room |
//! | `pendings`, `job`, `all`, `each` | who waits for which task, and its results put together again |
//! | `executor`, `future` | the same workers for tasks one by one, which can be cancelled |
//! | `inner`, `office`, `handler`, `watcher`, `crew` | the pool's own threads, its workers as processes, and their end |

mod all;
mod arena;
mod board;
mod buffer;
mod builder;
mod codec;
mod crew;
mod each;
mod executor;
mod feed;
mod future;
mod handler;
mod inner;
mod input;
mod job;
mod office;
mod parts;
mod pendings;
mod result;
mod ring;
mod source;
mod stream;
mod submit;
mod task;
mod watcher;
mod words;
mod worker;

use std::sync::Arc;

pub use builder::PoolBuilder;
pub use each::ResultIterator;
pub use executor::Executor;
pub use future::{AsCompleted, Future, ReturnWhen, as_completed, wait_futures};
pub use result::AsyncResult;
pub use task::fail;

use crate::context::{Context, StartMethod};
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;
use each::Order;
use inner::Inner;
use job::{Callbacks, of_original};
use office::Door;

/// Workers that share tasks.
///
/// A function that panics fails its task and no other; a worker that dies fails the task that it
/// ran, at once, and is replaced. Dropping the last clone ends the pool as
/// [`terminate`](Pool::terminate) does.
///
/// Python's `starmap` and `starmap_async` are [`map`](Pool::map) and [`map_async`](Pool::map_async)
/// with a function of a tuple:
///
/// ```standalone_crate
/// use poolproof_runtime as mp;
///
/// fn main() -> mp::Result<()> {
///     mp::freeze_support();
///     let pool = mp::Context::default().pool(2)?;
///     let powers: Vec<i64> = pool.map(|(base, exponent)| i64::pow(base, exponent), [(2, 3), (5, 2)])?;
///     assert_eq!(powers, [8, 25]);
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

impl Context {
    /// A pool of `workers` processes (or threads) that are started now.
    ///
    /// # Errors
    /// As [`PoolBuilder::start`].
    pub fn pool(&self, workers: usize) -> Result<Pool> {
        self.pool_builder(workers).start()
    }
}

impl Pool {
    /// A pool of threads of this process. (Python's `ThreadPool`; arguments and results are copies
    /// here too.)
    ///
    /// # Errors
    /// As [`PoolBuilder::start`].
    pub fn of_threads(workers: usize) -> Result<Pool> {
        Context::new(StartMethod::Threads)?.pool(workers)
    }

    /// Calls `function` with `argument` in a worker and waits for its result.
    ///
    /// # Errors
    /// `is_closed` for a closed pool; what [`AsyncResult::get`] says.
    pub fn apply<A: Message, R: Message>(&self, function: fn(A) -> R, argument: A) -> Result<R> {
        self.apply_async(function, argument)?.into_result(None)
    }

    /// Calls `function` with `argument` in a worker; its result comes later.
    ///
    /// # Errors
    /// `is_closed` for a closed pool, `is_broken_pool` for one that can start no worker.
    pub fn apply_async<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        argument: A,
    ) -> Result<AsyncResult<R>> {
        let job = self.one(function, argument, Callbacks::none())?;
        Ok(AsyncResult::new(Arc::clone(&job.later)))
    }

    /// As [`apply_async`](Pool::apply_async); one of the two is called in a thread of the pool
    /// before `get` returns.
    ///
    /// # Errors
    /// As [`apply_async`](Pool::apply_async).
    pub fn apply_async_with<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        argument: A,
        callback: impl FnOnce(&R) + Send + 'static,
        error_callback: impl FnOnce(&Error) + Send + 'static,
    ) -> Result<AsyncResult<R>> {
        let callbacks = Callbacks {
            success: Some(Box::new(callback)),
            error: Some(Box::new(error_callback)),
        };
        let job = self.one(function, argument, callbacks)?;
        Ok(AsyncResult::new(Arc::clone(&job.later)))
    }

    /// Calls `function` with each item, in chunks of a good size; the results in the items' order.
    ///
    /// # Errors
    /// When all have ended, the first error that a task failed with; as
    /// [`apply`](Pool::apply).
    pub fn map<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A>,
    ) -> Result<Vec<R>> {
        self.map_async(function, items)?.into_result(None)
    }

    /// As [`map`](Pool::map), in chunks of `chunk` items.
    ///
    /// # Errors
    /// As [`map`](Pool::map); `is_usage` for chunks of nothing.
    pub fn map_chunked<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A>,
        chunk: usize,
    ) -> Result<Vec<R>> {
        let items = items.into_iter().collect();
        let all = self.all(function, items, Some(chunk), Callbacks::none());
        all?.into_result(None)
    }

    /// As [`map`](Pool::map), without waiting.
    ///
    /// # Errors
    /// As [`apply_async`](Pool::apply_async).
    pub fn map_async<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A>,
    ) -> Result<AsyncResult<Vec<R>>> {
        self.all(
            function,
            items.into_iter().collect(),
            None,
            Callbacks::none(),
        )
    }

    /// As [`map_async`](Pool::map_async), in chunks of `chunk` items where it is given; one of the
    /// two callbacks is called in a thread of the pool before `get` returns.
    ///
    /// # Errors
    /// As [`map_chunked`](Pool::map_chunked).
    pub fn map_async_with<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A>,
        chunk: Option<usize>,
        callback: impl FnOnce(&Vec<R>) + Send + 'static,
        error_callback: impl FnOnce(&Error) + Send + 'static,
    ) -> Result<AsyncResult<Vec<R>>> {
        let callbacks = Callbacks {
            success: Some(Box::new(callback)),
            error: Some(Box::new(error_callback)),
        };
        self.all(function, items.into_iter().collect(), chunk, callbacks)
    }

    /// Calls `function` with each item, in chunks of `chunk`; the results one by one in the items'
    /// order: one result or one error for each, whatever the chunk. No more items become tasks while
    /// some thousand results wait to be taken.
    ///
    /// The items of a `Vec` are in line at once, behind the tasks that were given before. Any other
    /// iterator is asked by a thread of its own, and its items are in line as it gives them: it may
    /// wait, for what the results bring about, say. A process cannot be forked meanwhile, unless it
    /// waits for something of this library: a start by `fork` waits a little for it, and fails then
    /// with `is_usage`.
    ///
    /// # Errors
    /// As [`map_chunked`](Pool::map_chunked).
    ///
    /// ```standalone_crate
    /// use poolproof_runtime as mp;
    ///
    /// fn half(number: u32) -> u32 {
    ///     number / 2
    /// }
    ///
    /// fn main() -> mp::Result<()> {
    ///     mp::freeze_support();
    ///     let pool = mp::Context::default().pool(2)?;
    ///     let (give, input) = std::sync::mpsc::channel();
    ///     give.send(100).expect("the pool takes it");
    ///     let mut found = Vec::new();
    ///     for result in pool.imap(half, input, 1)? {
    ///         found.push(result?);
    ///         match found[found.len() - 1] {
    ///             0 => break,
    ///             // Each result is an item again.
    ///             number => give.send(number).expect("the pool takes it"),
    ///         }
    ///     }
    ///     assert_eq!(found, [50, 25, 12, 6, 3, 1, 0]);
    ///     Ok(())
    /// }
    /// ```
    pub fn imap<A: Message, R: Message, I>(
        &self,
        function: fn(A) -> R,
        items: I,
        chunk: usize,
    ) -> Result<ResultIterator<R>>
    where
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'static,
    {
        self.each(function, items.into_iter(), chunk, Order::OfItems)
    }

    /// As [`imap`](Pool::imap), the results in the order in which they come.
    ///
    /// # Errors
    /// As [`map_chunked`](Pool::map_chunked).
    pub fn imap_unordered<A: Message, R: Message, I>(
        &self,
        function: fn(A) -> R,
        items: I,
        chunk: usize,
    ) -> Result<ResultIterator<R>>
    where
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'static,
    {
        self.each(function, items.into_iter(), chunk, Order::OfArrival)
    }

    /// How many workers there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.inner.workers
    }

    /// Whether it takes tasks, as a result with the reason why not.
    ///
    /// # Errors
    /// `is_closed` for a pool that was closed or terminated, `is_broken_pool` for one that can start
    /// no worker.
    pub fn check_open(&self) -> Result<()> {
        self.inner.office.check_open()
    }

    /// Takes no more tasks; the workers leave when all that were given are done.
    pub fn close(&self) {
        self.inner.office.close();
    }

    /// Ends the workers at once; results that are not there yet fail with `is_worker_lost`.
    ///
    /// Threads cannot be ended: they leave after the task that they run.
    pub fn terminate(&self) {
        self.inner.terminate();
    }

    /// Waits until every worker has ended.
    ///
    /// # Errors
    /// `is_usage` before `close` or `terminate`, and in a copy of the process that made the pool.
    pub fn join(&self) -> Result<()> {
        if !self.inner.office.is_ours() {
            return Err(of_original("join a pool"));
        }
        if self.inner.office.door() == Door::Open {
            let text = "join a pool that is open: close or terminate it first";
            return Err(Error::new(Kind::Usage, text));
        }
        self.inner.office.wait_over(None);
        Ok(())
    }
}
