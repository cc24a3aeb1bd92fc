//! Queues among the things that [`crate::wait`] waits for.

use poolproof_sys::handle::Handle;

use super::outbox::Outbox;
use super::{JoinableQueue, Queue, SimpleQueue};
use crate::connection::Waitable;
use crate::connection::wait::sealed::Watch;
use crate::error::Result;

fn watch(outbox: &Outbox) -> Result<Option<Handle>> {
    outbox.check_open("wait for")?;
    outbox.line.watch()
}

macro_rules! waitable {
    ($($queue:ident)*) => {
        $(
            impl<T> Waitable for $queue<T> {}

            impl<T> Watch for $queue<T> {
                fn watch(&self) -> Result<Option<Handle>> {
                    watch(self.outbox())
                }

                fn is_ready(&self) -> Result<bool> {
                    self.outbox().line.is_filled()
                }

                fn unwatch(&self) {
                    self.outbox().line.unwatch();
                }
            }
        )*
    };
}

waitable!(Queue JoinableQueue SimpleQueue);
