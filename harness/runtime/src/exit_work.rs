//! What a process does before it ends: the work that others register here, stage by stage.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use poolproof_sys::copies::notice;

use crate::copies::{InCopies, OfProcess, anew};
use crate::locked::lock;

/// When work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before children are joined: what would keep them from ending.
    BeforeChildren,
    /// The daemons among the children are ended, and the others joined.
    Children,
    /// After all children have ended: what they may still have needed.
    AfterChildren,
    /// When nothing starts processes any more.
    Last,
}

const STAGES: [Stage; 4] = [
    Stage::BeforeChildren,
    Stage::Children,
    Stage::AfterChildren,
    Stage::Last,
];

struct Work {
    id: u64,
    stage: Stage,
    run: Box<dyn FnOnce() + Send>,
}

/// A copy that the program makes by itself has none of its original's, nor has it started.
static WORK: OfProcess<Mutex<Vec<Work>>> = OfProcess::new(Mutex::new(Vec::new()));
static STARTED: OfProcess<AtomicBool> = OfProcess::new(AtomicBool::new(false));
/// Never told twice, so that a copy's own work is not taken for its original's.
static LAST_ID: AtomicU64 = AtomicU64::new(0);
pub(crate) static IN_COPIES: InCopies = InCopies::new(let_go);

fn work() -> MutexGuard<'static, Vec<Work>> {
    lock(WORK.get(anew))
}

/// Has `run` done once, at the end of this process; a forked child does not inherit it.
/// Gives a number for [`forget`].
pub(crate) fn register(stage: Stage, run: impl FnOnce() + Send + 'static) -> u64 {
    notice();
    poolproof_sys::exit::at_exit(do_all);
    IN_COPIES.register();
    let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
    work().push(Work {
        id,
        stage,
        run: Box::new(run),
    });
    id
}

/// Takes back what [`register`] has registered, if it has not been done yet.
pub(crate) fn forget(id: u64) {
    let mut work = work();
    let found = work.iter().position(|work| work.id == id);
    let taken = found.map(|place| work.remove(place));
    drop(work);
    drop(taken);
}

/// Does everything that is to be done before this process ends, once.
#[inline]
pub(crate) fn do_all() {
    notice();
    if STARTED.get(anew).swap(true, Ordering::SeqCst) {
        return;
    }
    STAGES.into_iter().for_each(run);
}

/// Does a stage's work, the latest first.
fn run(stage: Stage) {
    loop {
        let mut work = work();
        let found = work.iter().rposition(|work| work.stage == stage);
        let Some(taken) = found.map(|place| work.remove(place)) else {
            return;
        };
        drop(work);
        (taken.run)();
    }
}

/// What the original has to do is not its copy's to do.
fn let_go() {
    STARTED.get(anew).store(false, Ordering::SeqCst);
    // Dropping it could do the parent's work here.
    std::mem::forget(std::mem::take(&mut *work()));
}
