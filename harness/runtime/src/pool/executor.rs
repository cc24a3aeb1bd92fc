//! Executors: a pool's workers for tasks that are given one by one and can be cancelled.

use std::sync::Arc;

use super::Pool;
use super::builder::PoolBuilder;
use super::each::ResultIterator;
use super::future::Future;
use super::inner::wind_up;
use super::job::Callbacks;
use crate::context::{Context, StartMethod};
use crate::error::Result;
use crate::transfer::Message;

/// Workers that take tasks one by one, each as a [`Future`].
///
/// They are no daemons: a task may start processes of its own. A worker that dies fails the task
/// that it ran with `is_worker_lost`, and no other; only one whose workers cannot start any more is
/// broken (`is_broken_pool`).
///
/// Dropping the last clone waits for the tasks that it was given, as leaving Python's `with` block
/// does. But a `main` that is left by `?` while a task hangs has to end: where no task ends for half a
/// minute ([`drop_timeout`](PoolBuilder::drop_timeout)) the workers are terminated, and stderr says so.
/// While a panic unwinds they are terminated at once. Who means to wait for as long as it takes says
/// [`shut_down`](Executor::shut_down)`(true, false)`.
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
///     let executor = mp::Context::default().executor(2)?;
///     let futures = [3, 4].map(|x| executor.submit(square, x));
///     let futures: Vec<_> = futures.into_iter().collect::<mp::Result<_>>()?;
///     for future in mp::as_completed(futures.clone(), None) {
///         assert!(future?.is_done());
///     }
///     assert_eq!(futures[1].result(None)?, 16);
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Executor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: Pool,
}

impl Context {
    /// An executor of `workers` processes (or threads) that are started now.
    ///
    /// # Errors
    /// As [`PoolBuilder::start`].
    pub fn executor(&self, workers: usize) -> Result<Executor> {
        self.pool_builder(workers).start_executor()
    }
}

impl PoolBuilder {
    /// Starts the workers as those of an executor.
    ///
    /// # Errors
    /// As [`start`](PoolBuilder::start).
    pub fn start_executor(self) -> Result<Executor> {
        let pool = self.daemon(false).start()?;
        Ok(Executor {
            inner: Arc::new(Inner { pool }),
        })
    }
}

impl Executor {
    /// An executor of threads of this process. (Python's `ThreadPoolExecutor`.)
    ///
    /// # Errors
    /// As [`PoolBuilder::start`].
    pub fn of_threads(workers: usize) -> Result<Executor> {
        Context::new(StartMethod::Threads)?.executor(workers)
    }

    /// Has `function` called with `argument` by a worker.
    ///
    /// # Errors
    /// `is_closed` after [`shut_down`](Executor::shut_down), `is_broken_pool` when no worker can be
    /// started.
    pub fn submit<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        argument: A,
    ) -> Result<Future<R>> {
        let pool = &self.inner.pool;
        let job = pool.one(function, argument, Callbacks::none())?;
        let later = Arc::clone(&job.later);
        let office = Arc::downgrade(&pool.inner.office);
        Ok(Future { later, job, office })
    }

    /// Calls `function` with each item, in chunks of `chunk`; the results one by one in the items'
    /// order. As [`Pool::imap`], it takes no more items than are needed.
    ///
    /// # Errors
    /// As [`Pool::imap`].
    pub fn map<A: Message, R: Message, I>(
        &self,
        function: fn(A) -> R,
        items: I,
        chunk: usize,
    ) -> Result<ResultIterator<R>>
    where
        I: IntoIterator<Item = A>,
        I::IntoIter: Send + 'static,
    {
        self.inner.pool.imap(function, items, chunk)
    }

    /// How many workers there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.inner.pool.workers()
    }

    /// Takes no more tasks. With `cancel_futures` those are cancelled that no worker has begun; of a
    /// `map` the rest then is one error `is_cancelled`. With `wait` it returns when the others are
    /// done and every worker has ended.
    pub fn shut_down(&self, wait: bool, cancel_futures: bool) {
        self.inner.pool.inner.office.shut_down(wait, cancel_futures);
    }

    /// Ends the workers at once; what has no result yet fails with `is_worker_lost`.
    ///
    /// Threads cannot be ended: they leave after the task that they run.
    pub fn terminate(&self) {
        self.inner.pool.terminate();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let inner = &self.pool.inner;
        match std::thread::panicking() {
            true => inner.terminate(),
            false => {
                let method = inner.context.start_method();
                wind_up(&inner.office, method, inner.drop_timeout);
            }
        }
    }
}
