//! How a call becomes a job: its function, where its tasks come from, and where their results go.

use std::sync::Arc;

use poolproof_sys::function::Passed;

use super::Pool;
use super::all::All;
use super::each::{Each, Order, ResultIterator};
use super::feed::Feeding;
use super::input::{Asker, Pulled};
use super::job::{Callbacks, Job, One};
use super::result::AsyncResult;
use super::source::{Chunks, Once, Source};
use super::task::{self, Chunk, Single};
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;

impl Pool {
    pub(super) fn one<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        argument: A,
        callbacks: Callbacks<R>,
    ) -> Result<Arc<One<R>>> {
        let job = Arc::new(One::new(callbacks));
        let function = passed(Passed::new::<A, R, Single>(function))?;
        let shared = Arc::clone(&job);
        self.submit(shared, Once(Some(argument)), function)?;
        Ok(job)
    }

    pub(super) fn all<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        items: Vec<A>,
        chunk: Option<usize>,
        callbacks: Callbacks<Vec<R>>,
    ) -> Result<AsyncResult<Vec<R>>> {
        // Python's formula: four chunks for each worker.
        let good = items.len().div_ceil(self.inner.workers * 4).max(1);
        let chunk = check_chunk(chunk.unwrap_or(good))?;
        let job = Arc::new(All::new(items.len(), chunk, callbacks));
        let later = Arc::clone(&job.later);
        if items.is_empty() {
            self.inner.office.check_open()?;
            job.finish_empty();
            return Ok(AsyncResult::new(later));
        }
        let function = bridged(function, chunk)?;
        let items = items.into_iter();
        self.submit(job, Chunks { items, chunk }, function)?;
        Ok(AsyncResult::new(later))
    }

    pub(super) fn each<A: Message, R: Message>(
        &self,
        function: fn(A) -> R,
        items: impl Iterator<Item = A> + Send + 'static,
        chunk: usize,
        order: Order,
    ) -> Result<ResultIterator<R>> {
        let chunk = check_chunk(chunk)?;
        let job = Arc::new(Each::new(order, chunk));
        let function = passed(match chunk {
            1 => Passed::new::<A, R, Single>(function),
            _ => Passed::new::<A, R, task::Each>(function),
        })?;
        self.inner.office.check_open()?;
        let for_whom = Arc::clone(&job) as Arc<dyn Asker>;
        let source = Pulled::start(items, chunk, for_whom, &self.inner.office)?;
        self.submit(Arc::clone(&job) as Arc<dyn Job>, source, function)?;
        Ok(ResultIterator::new(job, &self.inner.office))
    }

    fn submit(
        &self,
        job: Arc<dyn Job>,
        source: impl Source + 'static,
        function: Passed,
    ) -> Result<()> {
        self.inner.office.submit(Feeding {
            job,
            source: Box::new(source),
            function,
            next: 0,
            is_cancelled: false,
        })
    }
}

/// A function for tasks of one item, or of a list of them.
fn bridged<A: Message, R: Message>(function: fn(A) -> R, chunk: usize) -> Result<Passed> {
    passed(match chunk {
        1 => Passed::new::<A, R, Single>(function),
        _ => Passed::new::<A, R, Chunk>(function),
    })
}

pub(super) fn passed(
    function: std::result::Result<Passed, poolproof_sys::function::NotInProgram>,
) -> Result<Passed> {
    function.map_err(|error| Error::new(Kind::Usage, format!("give a task to a pool ({error})")))
}

fn check_chunk(chunk: usize) -> Result<usize> {
    match chunk {
        0 => Err(Error::new(
            Kind::Usage,
            "share tasks in chunks of 0: use 1 or more",
        )),
        chunk => Ok(chunk),
    }
}
