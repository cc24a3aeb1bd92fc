//! A fresh process of the same program, which finds its instructions on its stdin.

use poolproof_sys::process::Child;

use super::fresh::{self, CHILD};
use super::{forkserver, message};
use crate::current::{Exit, Role};
use crate::error::{Error, Result};
use crate::transfer::Message;

pub(super) fn start<A: Message, R: Exit>(
    function: fn(A) -> R,
    argument: &A,
    role: &Role,
) -> Result<Child> {
    let packed = message::pack(function, argument, role, forkserver::known()?, None)?;
    let failed = |error| Error::system(format!("start the process `{}`", role.name), error);
    let (child, channel) = fresh::spawn(CHILD, &role.name).map_err(failed)?;
    if let Err(error) = channel.send(&packed.bytes, &packed.handles) {
        fresh::give_up(&child);
        return Err(failed(error));
    }
    Ok(child)
}
