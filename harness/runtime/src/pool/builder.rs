//! What is said of a pool before its workers are started.

use std::sync::{Arc, Weak};
use std::time::Duration;

use poolproof_sys::function::Passed;
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use super::board::Board;
use super::codec::encode;
use super::crew::{Crew, Encode, Plan};
use super::inner::{Inner, PATIENCE, end, wind_up};
use super::office::{self, Door, Office};
use super::submit::passed;
use super::task::Initial;
use super::{Pool, handler, watcher};
use crate::context::Context;
use crate::current::Exit;
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;
use crate::{exit_work, fork_gate};

/// A pool to be.
#[must_use = "nothing runs before `start`"]
pub struct PoolBuilder {
    context: Context,
    workers: usize,
    tasks_max: Option<u64>,
    initializer: Option<Result<(Passed, Encode)>>,
    is_daemon: bool,
    drop_timeout: Duration,
}

/// How long an executor that is dropped waits for the next of its tasks to end.
const DROP_TIMEOUT: Duration = Duration::from_secs(30);

impl Context {
    /// A pool of `workers` processes (or threads), of which more can be said before it starts.
    pub fn pool_builder(&self, workers: usize) -> PoolBuilder {
        PoolBuilder {
            context: *self,
            workers,
            tasks_max: None,
            initializer: None,
            is_daemon: true,
            drop_timeout: DROP_TIMEOUT,
        }
    }
}

impl PoolBuilder {
    /// Each worker calls `function` with `argument` before its first task; so do those that
    /// replace others.
    ///
    /// An error that it returns is a failure, as a panic is, and a pool whose initializer keeps
    /// failing is broken.
    pub fn initializer<A: Message + Sync, R: Exit>(
        mut self,
        function: fn(A) -> R,
        argument: A,
    ) -> PoolBuilder {
        let encode: Encode = Box::new(move || {
            let mut bytes = Vec::new();
            let handles = encode(&argument, &mut bytes)?;
            Ok((bytes, handles))
        });
        let function = passed(Passed::new::<A, R, Initial>(function));
        self.initializer = Some(function.map(|function| (function, encode)));
        self
    }

    /// Each worker is replaced when it has run so many tasks.
    ///
    /// A chunk is one task, as in Python: who means items says so by chunks of 1, as in
    /// [`map_chunked`](super::Pool::map_chunked).
    pub fn max_tasks_per_child(mut self, tasks: u64) -> PoolBuilder {
        self.tasks_max = Some(tasks);
        self
    }

    /// Whether the workers are daemons, as long as nothing is said: then they may start no
    /// processes, and so no pools. Those of others may, and a program that ends waits for the tasks
    /// of a pool of them, where it terminates one of daemons.
    pub fn daemon(mut self, daemon: bool) -> PoolBuilder {
        self.is_daemon = daemon;
        self
    }

    /// How long an executor that is dropped, or whose program ends, waits for its tasks as long as
    /// none of them ends; 30 seconds as long as nothing is said. Then it terminates them, and says
    /// so on stderr. [`Duration::MAX`] waits for as long as it takes.
    pub fn drop_timeout(mut self, timeout: Duration) -> PoolBuilder {
        self.drop_timeout = timeout;
        self
    }

    /// Starts the workers.
    ///
    /// # Errors
    /// `is_usage` for no workers or no tasks for each;
    /// as [`ProcessBuilder::start`](crate::ProcessBuilder::start).
    pub fn start(self) -> Result<Pool> {
        if self.tasks_max == Some(0) {
            let text = "replace a pool's workers after 0 tasks each: use 1 or more";
            return Err(Error::new(Kind::Usage, text));
        }
        let (context, workers, is_daemon) = (self.context, self.workers, self.is_daemon);
        let drop_timeout = self.drop_timeout;
        let board = Board::new(workers)?;
        let plan = Plan {
            context,
            tasks_max: self.tasks_max,
            initializer: self.initializer.transpose()?,
            is_daemon: self.is_daemon,
        };
        let failed = |error| Error::system("start a pool", error);
        let (wake, watcher) = pipe::one_way().map_err(failed)?;
        let office = Arc::new(Office::new(board, Crew::new(plan, workers), watcher));
        // Before the threads: a worker that is forked needs none of them.
        for place in 0..workers {
            if let Err(error) = office.crew.start(&office.board, place) {
                abandon(&office);
                return Err(error);
            }
        }
        if let Err(error) = start_threads(&office, wake, workers) {
            abandon(&office);
            return Err(error);
        }
        let weak: Weak<Office> = Arc::downgrade(&office);
        let method = context.start_method();
        let at_exit = exit_work::register(exit_work::Stage::BeforeChildren, move || {
            let Some(office) = weak.upgrade() else {
                return;
            };
            if is_daemon {
                end(&office, method);
            } else {
                wind_up(&office, method, drop_timeout);
            }
        });
        let inner = Inner {
            office,
            context,
            workers,
            at_exit,
            drop_timeout,
        };
        Ok(Pool {
            inner: Arc::new(inner),
        })
    }
}

/// Starts the pool's own threads.
fn start_threads(office: &Arc<Office>, wake: Handle, workers: usize) -> Result<()> {
    let failed = |error| Error::system("start the threads of a pool", error);
    let shared = Arc::clone(office);
    let watch = move || {
        office::enter_pool_thread();
        watcher::run(&shared, &wake);
    };
    fork_gate::spawn("pool watcher", watch).map_err(failed)?;
    let shared = Arc::clone(office);
    let handle = move || {
        office::enter_pool_thread();
        handler::run(&shared, workers);
    };
    fork_gate::spawn("pool handler", handle).map_err(failed)?;
    Ok(())
}

/// Ends the workers of a pool that could not start them all, or its own threads.
fn abandon(office: &Office) {
    office.end(Door::Terminated);
    // For the one thread, if that was started.
    office.set_handler_done();
    for process in office.crew.processes() {
        // It fails for one that has ended; at worst they leave as they are asked to.
        let _ = process.kill();
        let _ = process.join(Some(PATIENCE));
    }
}

impl std::fmt::Debug for PoolBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("PoolBuilder");
        debug
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}
