//! Turns the end of a child into something that a wait for a stream sees.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

use super::handle::Handle;
use super::patience::PAUSE;

/// A server's way to wait for two things at once: SIGCHLD comes through only while it waits.
#[derive(Debug)]
pub(super) struct Wake {
    /// The signals that were blocked before.
    before: libc::sigset_t,
    /// These without SIGCHLD: whoever started this program may have blocked it.
    waiting: libc::sigset_t,
}

/// Has the end of any child of this process end a [`Wake::wait`].
pub(super) fn on_child_end() -> io::Result<Wake> {
    let mut child_end = MaybeUninit::<libc::sigset_t>::zeroed();
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: it fills in the set that it is given.
    unsafe { libc::sigemptyset(child_end.as_mut_ptr()) };
    // SAFETY: the set is filled in.
    unsafe { libc::sigaddset(child_end.as_mut_ptr(), libc::SIGCHLD) };
    let (set, room) = (child_end.as_ptr(), before.as_mut_ptr());
    // SAFETY: both sets are live, and the first is filled in.
    let outcome = call!(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, set, room) });
    if outcome != 0 {
        return Err(io::Error::from_raw_os_error(outcome));
    }
    set_handler(nothing as extern "C" fn(libc::c_int) as libc::sighandler_t)?;
    // SAFETY: the call has filled it in.
    let before = unsafe { before.assume_init() };
    let mut waiting = before;
    // SAFETY: the set is filled in.
    unsafe { libc::sigdelset(&raw mut waiting, libc::SIGCHLD) };
    Ok(Wake { before, waiting })
}

impl Wake {
    /// Waits until a stream can be read, or a child has ended; says whether it can be read.
    pub(super) fn wait(&self, stream: Option<&Handle>) -> io::Result<bool> {
        let mut streams = MaybeUninit::<libc::fd_set>::zeroed();
        let number = stream.map_or(-1, |stream| stream.as_fd().as_raw_fd());
        if number >= libc::FD_SETSIZE as i32 {
            let text = "too many files are open to serve as a fork server";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        if number >= 0 {
            // SAFETY: all-zero is the empty set, and the number is within it.
            unsafe { libc::FD_SET(number, streams.as_mut_ptr()) };
        }
        let (count, streams, mask) = (number + 1, streams.as_mut_ptr(), &raw const self.waiting);
        let (none, ever) = (std::ptr::null_mut(), std::ptr::null());
        // SAFETY: the sets are live and filled in, and the call does without what is null.
        let ready = call!(EINTR | ENOMEM, unsafe {
            libc::pselect(count, streams, none, none, ever, mask)
        });
        match ready {
            -1 => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
                // All that were started by it would end with it, so it waits for memory.
                error if error.kind() == io::ErrorKind::OutOfMemory => {
                    std::thread::sleep(PAUSE);
                    Ok(false)
                }
                error => Err(error),
            },
            count => Ok(count > 0),
        }
    }

    /// Puts the signal back to what programs expect.
    pub(super) fn disarm(self) -> io::Result<()> {
        set_handler(libc::SIG_DFL)?;
        let (set, none) = (&raw const self.before, std::ptr::null_mut());
        // SAFETY: the set is filled in, and nobody asks for the one before.
        let outcome = call!(unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, set, none) });
        match outcome {
            0 => Ok(()),
            number => Err(io::Error::from_raw_os_error(number)),
        }
    }
}

fn set_handler(handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: all-zero is a valid `sigaction`: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_NOCLDSTOP;
    // SAFETY: `action` is filled in, and its handler does nothing.
    match call!(unsafe { libc::sigaction(libc::SIGCHLD, &action, std::ptr::null_mut()) }) {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A signal without a handler would not end a wait.
extern "C" fn nothing(_signal: libc::c_int) {}
