//! What a process does before it ends: the work that others register here, stage by stage.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::copies::InCopies;
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

static WORK: Mutex<(u64, Vec<Work>)> = Mutex::new((0, Vec::new()));
static STARTED: AtomicBool = AtomicBool::new(false);
static IN_COPIES: InCopies = InCopies::new(let_go);

/// Has `run` done once, at the end of this process; a forked child does not inherit it.
/// Gives a number for [`forget`].
pub(crate) fn register(stage: Stage, run: impl FnOnce() + Send + 'static) -> u64 {
    poolproof_sys::exit::at_exit(do_all);
    IN_COPIES.register();
    let mut work = lock(&WORK);
    work.0 += 1;
    let id = work.0;
    work.1.push(Work {
        id,
        stage,
        run: Box::new(run),
    });
    id
}

/// Takes back what [`register`] has registered, if it has not been done yet.
pub(crate) fn forget(id: u64) {
    let mut work = lock(&WORK);
    let found = work.1.iter().position(|work| work.id == id);
    let taken = found.map(|place| work.1.remove(place));
    drop(work);
    drop(taken);
}

/// Does everything that is to be done before this process ends, once.
#[inline]
pub(crate) fn do_all() {
    if STARTED.swap(true, Ordering::SeqCst) {
        return;
    }
    STAGES.into_iter().for_each(run);
}

/// Does a stage's work, the latest first.
fn run(stage: Stage) {
    loop {
        let mut work = lock(&WORK);
        let found = work.1.iter().rposition(|work| work.stage == stage);
        let Some(taken) = found.map(|place| work.1.remove(place)) else {
            return;
        };
        drop(work);
        (taken.run)();
    }
}

/// What the original has to do is not its copy's to do.
fn let_go() {
    STARTED.store(false, Ordering::SeqCst);
    let mut work = lock(&WORK);
    // Dropping it could do the parent's work here.
    std::mem::forget(std::mem::take(&mut work.1));
}
