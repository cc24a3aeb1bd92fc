//! The end of a process as something to wait for beside connections.

use poolproof_sys::handle::Handle;

/// Ready once the process that it is about has ended, for [`wait`](crate::wait).
#[derive(Debug)]
pub struct Sentinel {
    /// None when the process has ended already.
    handle: Option<Handle>,
}

impl Sentinel {
    pub(crate) fn of(handle: Handle) -> Sentinel {
        Sentinel {
            handle: Some(handle),
        }
    }

    pub(crate) fn ended() -> Sentinel {
        Sentinel { handle: None }
    }

    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }
}
