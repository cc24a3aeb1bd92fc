//! A fresh process of this program, and how it finds out what it is.

use std::io;

use poolproof_sys::channel::Channel;
use poolproof_sys::process::{self, Child, Signal};

/// The variable that marks a child; gone before any code of the program runs in it.
pub(super) const MARKER: &str = "POOLPROOF_RUNTIME_START";
/// Behind these is what it is to be called until it is told more.
pub(super) const CHILD: &str = "child:";
pub(super) const SERVER: &str = "server:";

/// Starts one of a kind, with the channel that it takes its orders from.
pub(super) fn spawn(kind: &str, name: &str) -> io::Result<(Child, Channel)> {
    // A zero cannot stand in a variable.
    let marker = format!("{kind}{}", name.replace('\0', ""));
    process::spawn((MARKER, &marker))
}

/// Ends and reaps a child that was not told what to do.
pub(super) fn give_up(child: &Child) {
    // It may have ended by itself, which is as good.
    let _ = child.signal(Signal::Kill);
    let _ = child.wait(None);
}
