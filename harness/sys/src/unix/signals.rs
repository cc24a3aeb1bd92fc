//! The signals that a process begins with: what whoever started the program, or the program itself,
//! has blocked or ignored is not for its children.
//!
//! Every child begins with no signal blocked, as `std::process::Command` has it, with the system's
//! own way with SIGTERM, which ends it, and with a SIGCHLD that is not ignored, or nobody would learn
//! how its children end. All else is as its start method leaves it: ignored signals stay ignored, above all
//! `^C` in the background and SIGHUP under `nohup`.

use std::io;
use std::mem::MaybeUninit;

/// The signals that were blocked in this thread.
pub(super) struct Blocked {
    before: libc::sigset_t,
}

/// Blocks every signal in this thread, and so in those that it starts.
pub(super) fn block_all() -> io::Result<Blocked> {
    let mut all = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: it fills in the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set is filled in.
    let before = change(libc::SIG_BLOCK, unsafe { all.assume_init_ref() })?;
    Ok(Blocked { before })
}

impl Blocked {
    /// Blocks what was blocked before.
    pub(super) fn restore(self) {
        // It fails for a senseless command only.
        let _ = change(libc::SIG_SETMASK, &self.before);
    }
}

fn change(how: libc::c_int, set: &libc::sigset_t) -> io::Result<libc::sigset_t> {
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: both sets are live, and the first is filled in.
    match call!(unsafe { libc::pthread_sigmask(how, set, before.as_mut_ptr()) }) {
        // SAFETY: the call has filled it in.
        0 => Ok(unsafe { before.assume_init() }),
        number => Err(io::Error::from_raw_os_error(number)),
    }
}

fn empty() -> libc::sigset_t {
    let mut none = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: it fills in the set that it is given.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: it is filled in.
    unsafe { none.assume_init() }
}

/// What this process does at a signal; nothing of its own where the system does not tell.
fn action(signal: libc::c_int) -> libc::sigaction {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: it asks only, and has room for the answer.
    call!(unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) });
    // SAFETY: all-zero is a valid action, the system's own, and what the call has filled in is one.
    unsafe { action.assume_init() }
}

/// The signals that are not as a child has them.
fn to_give_back() -> impl Iterator<Item = libc::c_int> + Clone {
    let is_term_taken = action(libc::SIGTERM).sa_sigaction != libc::SIG_DFL;
    let term = is_term_taken.then_some(libc::SIGTERM);
    let child = children_are_forgotten().then_some(libc::SIGCHLD);
    term.into_iter().chain(child)
}

/// Whether the system reaps this process's children by itself, so that nobody learns how they end.
pub(super) fn children_are_forgotten() -> bool {
    let action = action(libc::SIGCHLD);
    action.sa_sigaction == libc::SIG_IGN || action.sa_flags & libc::SA_NOCLDWAIT != 0
}

/// Whether a program that is executed would begin with signals that a child does not: what is handled
/// is given back by the system itself.
pub(super) fn are_to_give_back() -> bool {
    action(libc::SIGTERM).sa_sigaction == libc::SIG_IGN || children_are_forgotten()
}

/// In a child before its program: gives back what is ignored.
pub(super) fn give_back_all() -> io::Result<()> {
    give_back(libc::SIGTERM);
    give_back(libc::SIGCHLD);
    Ok(())
}

/// Gives this process, which is a fresh child, the signals that a child begins with.
pub(super) fn begin() {
    to_give_back().for_each(give_back);
    // It fails for a senseless command only.
    let _ = change(libc::SIG_SETMASK, &empty());
}

fn give_back(signal: libc::c_int) {
    // SAFETY: the system's own way runs no code of ours.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Copies this process so that the copy begins with the signals of a child, and loses none that is
/// sent to it meanwhile. What there is to do is found out before: a copy has to find each page of
/// code that it runs on.
pub(super) fn around<T>(
    copy: impl FnOnce() -> io::Result<T>,
    is_copy: impl FnOnce(&T) -> bool,
) -> io::Result<T> {
    let to_give_back = to_give_back();
    let blocked = change(libc::SIG_BLOCK, &empty())?;
    let is_plain = to_give_back.clone().next().is_none() && is_empty(&blocked);
    if is_plain {
        return copy();
    }
    let blocked = block_all()?;
    let made = copy();
    match &made {
        Ok(made) if is_copy(made) => {
            to_give_back.for_each(give_back);
            let _ = change(libc::SIG_SETMASK, &empty());
        }
        _ => blocked.restore(),
    }
    made
}

fn is_empty(set: &libc::sigset_t) -> bool {
    // SAFETY: the set is filled in, and the number is one of a signal.
    (1..32).all(|signal| unsafe { libc::sigismember(set, signal) } == 0)
}
