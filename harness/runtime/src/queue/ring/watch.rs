//! Waiting for a ring beside other things, which the system can only do with a handle: who puts
//! something while someone watches rings through the socket that handles travel on.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::fence;
use std::time::{Duration, Instant};

use poolproof_sys::atomic::AtomicU32;
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use super::{RUNG_AT, Ring, WATCHERS_AT};
use crate::error::{Error, Result};

/// What stands in the place of a ticket: attempts to send handles begin with 1.
pub(super) const RINGING: u64 = 0;

impl Ring {
    /// Has a handle be readable when there may be a value; none when there is one now.
    pub(in crate::queue) fn watch(&self) -> Result<Option<Handle>> {
        let handle = self.handle_reader.duplicate().map_err(failed)?;
        self.watchers().fetch_add(1, SeqCst);
        fence(SeqCst);
        self.writer().see();
        Ok(self.is_drained().then_some(handle))
    }

    pub(in crate::queue) fn unwatch(&self) {
        // A watcher that was killed leaves this too high: one byte in a socket that nobody reads.
        self.watchers().fetch_sub(1, SeqCst);
    }

    /// Whether there is a value, once the handle is readable; if none, the handle is made unreadable.
    pub(in crate::queue) fn is_filled(&self) -> Result<bool> {
        if !self.is_drained() {
            return Ok(true);
        }
        // With both locks nobody is about to put or take what comes through the socket.
        let locks = (
            self.hold_reader(Some(Duration::ZERO))?,
            self.hold_writer(Some(Duration::ZERO))?,
        );
        if self.is_drained() && matches!(locks, (Some(_), Some(_))) {
            self.rung().store(0, SeqCst);
            let already = Some(Instant::now());
            while pipe::wait_readable(&self.handle_reader, already).map_err(failed)? {
                self.take_groups()?;
            }
        }
        Ok(!self.is_drained())
    }

    /// Tells those who watch that there is a value. The putters' lock was given back.
    #[inline]
    pub(super) fn tell_watchers(&self) -> Result<()> {
        if self.watchers().load(SeqCst) > 0 && self.rung().swap(1, SeqCst) == 0 {
            let told = pipe::send(&self.handle_writer, &RINGING.to_ne_bytes(), &[]);
            return told.map_err(failed);
        }
        Ok(())
    }

    /// Whether the socket rings, in the eyes of who would make it ring.
    pub(super) fn rung(&self) -> &AtomicU32 {
        self.segment.atomic_u32(RUNG_AT)
    }

    #[inline]
    fn watchers(&self) -> &AtomicU32 {
        self.segment.atomic_u32(WATCHERS_AT)
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::system("wait for a queue", error)
}
