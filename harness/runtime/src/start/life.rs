//! The lifeline of this process tree: its root holds the one end, every other process is tied to
//! the other, so that a root that dies takes all with it.

use std::sync::{Mutex, MutexGuard};

use poolproof_sys::alone::Alone;
use poolproof_sys::handle::Handle;
use poolproof_sys::lifeline;
use poolproof_sys::process::CAN_OUTLIVE;

use crate::copies::{OfProcess, anew};
use crate::error::{Error, Result};
use crate::locked::lock;

/// What this process holds of the lifeline.
#[derive(Debug, Default)]
enum Life {
    /// It has not started anything.
    #[default]
    Alone,
    Root {
        end: Handle,
        /// A copy that the program makes by itself has not got it: it would keep all alive that is to
        /// end with this process.
        _root: Alone,
    },
    /// It is in the tree of another, whose end takes it, too, unless it is to survive that.
    Tied { end: Handle },
}

/// A copy that the program makes by itself is the root of a tree of its own.
static LIFE: OfProcess<Mutex<Life>> = OfProcess::new(Mutex::new(Life::Alone));

fn life() -> MutexGuard<'static, Life> {
    lock(LIFE.get(anew))
}

/// An end for a child of this process; the first call makes this process a root, unless it is
/// tied to one.
pub(super) fn end() -> Result<Handle> {
    let mut life = life();
    let mut made = || -> std::io::Result<Handle> {
        if matches!(*life, Life::Alone) {
            let (end, root) = lifeline::new()?;
            let _root = Alone::from(root);
            *life = Life::Root { end, _root };
        }
        match &*life {
            Life::Root { end, .. } | Life::Tied { end } => lifeline::another(end),
            Life::Alone => unreachable!("it has just been made"),
        }
    };
    made().map_err(|error| Error::system("make the lifeline of this process tree", error))
}

/// Ties this process, which has just started, to its root; one that survives the root only keeps the
/// end for what it starts itself.
#[inline]
pub(super) fn tie(end: Handle, survives: bool) -> Result<()> {
    // The end and the root of a process that this one is a copy of close here.
    *life() = Life::Alone;
    let end = match survives && CAN_OUTLIVE {
        true => end,
        false => lifeline::tie(end)
            .map_err(|error| Error::system("tie this process to its root", error))?,
    };
    *life() = Life::Tied { end };
    Ok(())
}

/// Lets this process, which has just started, be the root of a tree of its own.
#[inline]
pub(super) fn be_alone() {
    // A copy of a root or of a fork server lets go of its original's lifeline here.
    *life() = Life::Alone;
}
