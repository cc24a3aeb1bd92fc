//! A thread that stands for a process, for comparison.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use poolproof_sys::process::Ending;
use poolproof_sys::{refused, threads};

use crate::current::{self, Exit, Role, panicked};
use crate::error::{Error, Result};
use crate::locked::lock;

/// A thread, since it was started.
#[derive(Debug)]
pub(crate) struct Thread {
    end: Arc<End>,
}

#[derive(Debug, Default)]
struct End {
    is_over: Mutex<bool>,
    changed: Condvar,
}

/// Tells of the end, however it comes.
struct Tell(Arc<End>);

impl Drop for Tell {
    fn drop(&mut self) {
        *lock(&self.0.is_over) = true;
        self.0.changed.notify_all();
    }
}

pub(super) fn start<A: Send + 'static, R: Exit>(
    function: fn(A) -> R,
    argument: A,
    role: Role,
) -> Result<Thread> {
    let end = Arc::new(End::default());
    let tell = Tell(Arc::clone(&end));
    let name = role.name.clone();
    let builder = std::thread::Builder::new().name(name.clone());
    let started = threads::start(builder, move || {
        let _tell = tell;
        current::become_thread(role);
        // Python gives such a thread the exit code 0, too.
        let _ = catch_unwind(AssertUnwindSafe(|| function(argument).exit()))
            .map_err(|panic| panicked(&*panic));
    });
    let failed = |error| {
        let error = refused::of_starting(error);
        Error::system(format!("start the thread `{name}`"), error)
    };
    started.map_err(failed)?;
    Ok(Thread { end })
}

impl Thread {
    /// Waits for the thread's end, which is always taken for a success; none at the deadline.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Option<Ending> {
        let mut is_over = lock(&self.end.is_over);
        while !*is_over {
            let Some(deadline) = deadline else {
                let woken = self.end.changed.wait(is_over);
                is_over = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let woken = self.end.changed.wait_timeout(is_over, left);
            is_over = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(Ending::Exit(0))
    }
}
