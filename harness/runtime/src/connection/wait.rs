//! Waiting for the first of many: connections and queues that have something, processes that have
//! ended.

use std::time::{Duration, Instant};

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use super::Connection;
use crate::current::Sentinel;
use crate::deadline;
use crate::error::{Error, Result};
use crate::fork_gate;
use crate::process::Process;

/// What [`wait`] can wait for.
pub trait Waitable: sealed::Watch {}

impl<S, R> Waitable for Connection<S, R> {}
impl Waitable for Process {}
impl Waitable for Sentinel {}

pub(crate) mod sealed {
    use super::{Handle, Result};

    /// How readiness shows.
    pub trait Watch {
        /// None when it is ready now; else a handle that is readable when it is.
        fn watch(&self) -> Result<Option<Handle>>;

        /// Whether it is ready, once the handle is readable.
        fn is_ready(&self) -> Result<bool> {
            Ok(true)
        }

        /// Nobody waits any more.
        fn unwatch(&self) {}
    }
}

impl<S, R> sealed::Watch for Connection<S, R> {
    fn watch(&self) -> Result<Option<Handle>> {
        let reader = self.reader_half("wait for")?.lock()?;
        if reader.has_read_ahead() {
            return Ok(None);
        }
        let carrier = reader.carrier.as_ref();
        let handle = carrier
            .map(|carrier| carrier.stream().duplicate())
            .transpose();
        handle.map_err(|error| Error::system("wait for a connection", error))
    }
}

impl sealed::Watch for Process {
    fn watch(&self) -> Result<Option<Handle>> {
        if !self.is_alive()? {
            return Ok(None);
        }
        self.sentinel()?.watch()
    }
}

impl sealed::Watch for Sentinel {
    fn watch(&self) -> Result<Option<Handle>> {
        let handle = self.handle().map(Handle::duplicate).transpose();
        handle.map_err(|error| Error::system("wait for the end of a process", error))
    }
}

/// Waits until at least one is ready, for ever or for a while; gives the places of all that are,
/// in order. None are when the time is over.
///
/// A connection is ready when it has something to receive or its other end is closed, a queue when
/// it has something to take, which another may take first, and a process when it has ended.
///
/// ```
/// use poolproof_runtime as mp;
///
/// let context = mp::Context::default();
/// let (receiver, sender) = context.one_way::<u8>()?;
/// let queue = context.queue::<u8>(None)?;
/// queue.put(1)?;
/// assert_eq!(mp::wait(&[&receiver, &queue], None)?, [1]);
/// sender.send(&2)?;
/// assert_eq!(mp::wait(&[&receiver, &queue], None)?, [0, 1]);
/// # mp::Result::Ok(())
/// ```
///
/// # Errors
/// `is_closed` for a closed one; `is_usage` for an end that only sends, and for a thread.
pub fn wait(objects: &[&dyn Waitable], timeout: Option<Duration>) -> Result<Vec<usize>> {
    let deadline = deadline::after(timeout);
    loop {
        let ready = look(objects, deadline)?;
        let is_over = deadline.is_some_and(|deadline| deadline <= Instant::now());
        if !ready.is_empty() || is_over {
            return Ok(ready);
        }
    }
}

/// Waits once, not for ever: who should have told us may have died.
fn look(objects: &[&dyn Waitable], deadline: Option<Instant>) -> Result<Vec<usize>> {
    let mut watching = Watching(Vec::new());
    let mut watched = Vec::new();
    for object in objects {
        watched.push(object.watch()?);
        watching.0.push(*object);
    }
    let handles: Vec<&Handle> = watched.iter().flatten().collect();
    let now = (handles.len() < objects.len()).then(Instant::now);
    let nap_end = Instant::now() + LOOK;
    let until = deadline.map_or(nap_end, |deadline| deadline.min(nap_end));
    let readable = fork_gate::outside(|| pipe::wait_any(&handles, Some(now.unwrap_or(until))))
        .map_err(|error| Error::system("wait for the first of many", error))?;
    drop(watching);
    let mut readable = readable.into_iter();
    let mut ready = Vec::new();
    for (place, (object, handle)) in objects.iter().zip(&watched).enumerate() {
        let is_ready = match handle {
            None => true,
            Some(_) => readable.next().unwrap_or(false) && object.is_ready()?,
        };
        if is_ready {
            ready.push(place);
        }
    }
    Ok(ready)
}

/// How long to wait before a look at what cannot wake us.
const LOOK: Duration = Duration::from_millis(500);

/// Objects that are watched until this is dropped.
struct Watching<'w>(Vec<&'w dyn Waitable>);

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        for object in &self.0 {
            object.unwatch();
        }
    }
}
