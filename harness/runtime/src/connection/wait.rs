//! Waiting for the first of many: connections that have something, processes that have ended.

use std::time::Duration;

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use super::Connection;
use crate::deadline;
use crate::error::{Error, Result};
use crate::process::{Process, Sentinel};

/// What [`wait`] can wait for.
pub trait Waitable: sealed::Watch {}

impl<S, R> Waitable for Connection<S, R> {}
impl Waitable for Process {}
impl Waitable for Sentinel {}

mod sealed {
    use super::{Handle, Result};

    /// How readiness shows.
    pub trait Watch {
        /// None when it is ready now; else a handle that is readable when it is.
        fn watch(&self) -> Result<Option<Handle>>;
    }
}

impl<S, R> sealed::Watch for Connection<S, R> {
    fn watch(&self) -> Result<Option<Handle>> {
        let reader = self.lock_reader("wait for")?;
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
/// A connection is ready when it has something to receive or its other end is closed, a process
/// when it has ended.
///
/// # Errors
/// `is_closed` for a closed one; `is_usage` for an end that only sends, and for a thread.
pub fn wait(objects: &[&dyn Waitable], timeout: Option<Duration>) -> Result<Vec<usize>> {
    let deadline = deadline::after(timeout);
    let watched = objects
        .iter()
        .map(|object| object.watch())
        .collect::<Result<Vec<_>>>()?;
    let handles: Vec<&Handle> = watched.iter().flatten().collect();
    let now = (handles.len() < objects.len()).then(std::time::Instant::now);
    let readable = pipe::wait_any(&handles, now.or(deadline))
        .map_err(|error| Error::system("wait for the first of many", error))?;
    let mut readable = readable.into_iter();
    let ready = watched
        .iter()
        .enumerate()
        .filter_map(|(place, handle)| match handle {
            None => Some(place),
            Some(_) => readable.next().unwrap_or(false).then_some(place),
        });
    Ok(ready.collect())
}
