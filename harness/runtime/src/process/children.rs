//! The processes that this process has started and that may still run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use poolproof_sys::process::{Ending, Signal};

use super::{Inner, Process};
use crate::copies::{InCopies, OfProcess, anew};
use crate::current;
use crate::exit_work::{self, Stage};
use crate::locked::lock;

static CHILDREN: OfProcess<Mutex<Vec<Arc<Inner>>>> = OfProcess::new(Mutex::new(Vec::new()));
/// Whether this process has registered that it sees to the end of its children.
static WILL_END: OfProcess<AtomicBool> = OfProcess::new(AtomicBool::new(false));
pub(crate) static IN_COPIES: InCopies = InCopies::new(let_go);

fn children() -> MutexGuard<'static, Vec<Arc<Inner>>> {
    lock(CHILDREN.get(anew))
}

/// How long a daemon has to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(1);

/// Remembers a child until its end is known.
pub(super) fn add(child: Arc<Inner>) {
    IN_COPIES.register();
    if !WILL_END.get(anew).swap(true, Ordering::Relaxed) {
        exit_work::register(Stage::Children, || {
            end_daemons();
            join_all();
        });
    }
    let mut children = children();
    let is_full = children.len() == children.capacity();
    children.push(child);
    if is_full {
        // As often as the list would grow, so that the ended are reaped at little cost.
        let ended: Vec<_> = children.extract_if(.., |child| !child.may_run()).collect();
        drop(children);
        drop(ended);
    }
}

/// Forgets a child whose end is known.
pub(super) fn remove(child: &Inner) {
    let mut children = children();
    let found = children
        .iter()
        .position(|known| std::ptr::eq(&raw const **known, child));
    let taken = found.map(|place| children.swap_remove(place));
    drop(children);
    drop(taken);
}

fn all() -> Vec<Arc<Inner>> {
    children().clone()
}

/// Those whose end this process sees to before its own.
fn attached() -> impl Iterator<Item = Arc<Inner>> {
    all().into_iter().filter(|child| !child.is_detached)
}

/// The processes that this process has started and that still run; those that have ended are
/// reaped. A thread that stands for a process (of the start method `threads`) has those that it
/// has started itself.
#[must_use]
pub fn active_children() -> Vec<Process> {
    let own = current::path();
    let is_own = |child: &Inner| child.path.split_last().is_some_and(|(_, rest)| rest == own);
    let mut active: Vec<_> = all().into_iter().filter(|child| is_own(child)).collect();
    active.retain(|child| child.may_run());
    active.sort_by_key(|child| child.path.last().copied());
    active.into_iter().map(|inner| Process { inner }).collect()
}

/// Ends the daemons among the children: a request first, force when that does not help.
fn end_daemons() {
    let daemons: Vec<_> = attached().filter(|child| child.daemon).collect();
    if daemons.is_empty() {
        return;
    }
    for daemon in &daemons {
        // One that cannot be signalled has ended, or is a thread, which ends with this process.
        let _ = daemon.signal(Signal::Terminate);
    }
    let deadline = Instant::now() + PATIENCE;
    for daemon in daemons.iter().filter(|daemon| daemon.pid().is_some()) {
        // One that may not be signalled any more, since this process has dropped its privileges, dies
        // with the root of the tree.
        if !matches!(daemon.wait(Some(deadline)), Ok(Some(_)))
            && daemon.signal(Signal::Kill).is_ok()
        {
            let _ = daemon.wait(None);
        }
        remove(daemon);
    }
}

/// Waits for every child that is not a daemon.
fn join_all() {
    for child in attached().filter(|child| !child.daemon) {
        // A child that cannot be waited for keeps nobody from ending.
        let _: Result<Option<Ending>, _> = child.wait(None);
        remove(&child);
    }
}

/// In a forked child: the parent's children are not the child's.
fn let_go() {
    WILL_END.get(anew).store(false, Ordering::Relaxed);
    children().clear();
}
