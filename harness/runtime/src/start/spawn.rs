//! A fresh process of the same program, which finds its instructions on its stdin.

use poolproof_sys::process::{self, Child, Signal};

use super::bootstrap::{CHILD, MARKER};
use super::{forkserver, message};
use crate::error::{Error, Result};
use crate::process::Exit;
use crate::process::current::Role;
use crate::transfer::Message;

pub(super) fn start<A: Message, R: Exit>(
    function: fn(A) -> R,
    argument: &A,
    role: &Role,
) -> Result<Child> {
    let packed = message::pack(function, argument, role, forkserver::known()?, None)?;
    let failed = |error| Error::system(format!("start the process `{}`", role.name), error);
    let (child, channel) = process::spawn((MARKER, CHILD)).map_err(failed)?;
    if let Err(error) = channel.send(&packed.bytes, &packed.handles) {
        give_up(&child);
        return Err(failed(error));
    }
    Ok(child)
}

/// Ends and reaps a child that was not told what to do.
pub(super) fn give_up(child: &Child) {
    // It may have ended by itself, which is as good.
    let _ = child.signal(Signal::Kill);
    let _ = child.wait(None);
}
