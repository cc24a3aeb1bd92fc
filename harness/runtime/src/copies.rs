//! What a forked copy of this process lets go of: what belongs to its original alone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::locked::lock;

/// What one module lets go of, once it has anything.
pub(crate) struct InCopies {
    let_go: fn(),
    is_known: AtomicBool,
}

static ALL: Mutex<Vec<&'static InCopies>> = Mutex::new(Vec::new());

impl InCopies {
    pub(crate) const fn new(let_go: fn()) -> InCopies {
        InCopies {
            let_go,
            is_known: AtomicBool::new(false),
        }
    }

    /// Has every copy from now on begin with this.
    pub(crate) fn register(&'static self) {
        if !self.is_known.swap(true, Ordering::Relaxed) {
            lock(&ALL).push(self);
        }
    }
}

/// In a copy, before anything else: lets go of all that is the original's.
#[inline]
pub(crate) fn let_go() {
    for module in &*lock(&ALL) {
        (module.let_go)();
    }
}
