//! Lets this library's own threads live beside `fork`.
//!
//! A copy of a process has one thread, so what another held at that moment is held in the copy
//! for ever. A thread that is started here promises to hold nothing while it is [`outside`]: it
//! does each of its waits there, and a fork waits until all of them are.
//! A thread of the program's own is harmless as long as it waits [`outside`], and only so long: a
//! fork beside it is refused at any other moment. One of ours that is [`asking`] code of the program
//! is such a thread meanwhile; a fork waits a little for it, since that is often over at once.

use std::cell::Cell;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use poolproof_sys::copies::{epoch, foreign};
use poolproof_sys::{refused, threads};

use crate::copies::{OfProcess, anew, only_here};
use crate::locked::lock;

/// How long a fork waits for threads that ask code of the program, which may wait for ever.
const PATIENCE: Duration = Duration::from_millis(200);

#[derive(Debug)]
struct State {
    /// How many threads have made the promise.
    threads: usize,
    /// How many of them may hold something now.
    inside: usize,
    /// How many threads of ours are in code of the program's.
    asking: usize,
    /// How many forks wait for those, and no other begins to ask.
    awaiting: usize,
    /// How many wait for a change.
    waiting: usize,
    /// Whether a fork is going on.
    closed: bool,
}

impl State {
    const NOBODY: State = State {
        threads: 0,
        inside: 0,
        asking: 0,
        awaiting: 0,
        waiting: 0,
        closed: false,
    };
}

static STATE: OfProcess<Mutex<State>> = OfProcess::new(Mutex::new(State::NOBODY));
static CHANGED: OfProcess<Condvar> = OfProcess::new(Condvar::new());
/// Whether a fork waits for threads that ask.
static IS_AWAITED: AtomicBool = AtomicBool::new(false);

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is the program's own, and may hold anything.
    Stranger,
    Inside,
    Outside,
    /// Ours, and in code of the program's.
    Asking,
}

thread_local! {
    /// Where this thread is, and in which copy that the program has made by itself: in the next it
    /// is a stranger.
    static PLACE: Cell<(Place, u32)> = const { Cell::new((Place::Stranger, 0)) };
}

fn place() -> Place {
    match PLACE.get() {
        (place, made_in) if made_in == foreign() => place,
        _ => Place::Stranger,
    }
}

fn be_at(place: Place) {
    PLACE.set((place, foreign()));
}

/// In a copy that the program makes by itself none of our threads is.
fn nobody(_original: &Mutex<State>) -> Mutex<State> {
    Mutex::new(State::NOBODY)
}

fn state() -> MutexGuard<'static, State> {
    lock(STATE.get(nobody))
}

/// Waits for another thread to change the state.
fn changed(mut state: MutexGuard<'static, State>) -> MutexGuard<'static, State> {
    state.waiting += 1;
    let mut state = CHANGED
        .get(anew)
        .wait(state)
        .unwrap_or_else(PoisonError::into_inner);
    state.waiting -= 1;
    state
}

/// As [`changed`], until a moment at most.
fn changed_until(
    mut state: MutexGuard<'static, State>,
    deadline: Instant,
) -> MutexGuard<'static, State> {
    let left = deadline.saturating_duration_since(Instant::now());
    state.waiting += 1;
    let woken = CHANGED.get(anew).wait_timeout(state, left);
    let mut state = woken.unwrap_or_else(PoisonError::into_inner).0;
    state.waiting -= 1;
    state
}

/// Starts a thread that promises to do its waits [`outside`].
pub(crate) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    enter(true);
    let promise = Promise;
    let builder = Builder::new().name(name.into());
    let started = threads::start(builder, move || {
        let _promise = promise;
        be_at(Place::Inside);
        work();
    });
    started.map_err(refused::of_starting)
}

/// Does a wait during which this process may be copied; the caller holds no lock of std meanwhile
/// that a copy could want.
pub(crate) fn outside<T>(wait: impl FnOnce() -> T) -> T {
    let before = place();
    match before {
        Place::Outside => return wait(),
        Place::Inside => leave(false),
        Place::Stranger => state().threads += 1,
        Place::Asking => stop_asking(),
    }
    be_at(Place::Outside);
    let _back = Back(before, epoch());
    wait()
}

/// Calls code of the program's, in a thread of ours if it is called there: it may hold anything
/// meanwhile, and wait for ever. What goes from one call to the next in there looks whether it
/// [is awaited](is_awaited).
pub(crate) fn asking<T>(call: impl FnOnce() -> T) -> T {
    if place() != Place::Inside {
        return call();
    }
    leave(false);
    begin_to_ask();
    be_at(Place::Asking);
    let _back = Back(Place::Inside, epoch());
    only_here(call)
}

/// Whether a thread that asks is to come back, since a fork waits for it.
pub(crate) fn is_awaited() -> bool {
    IS_AWAITED.load(Relaxed)
}

/// Comes back, even where the wait panics; in a copy of the process there is nowhere to come back to.
struct Back(Place, u32);

impl Drop for Back {
    fn drop(&mut self) {
        if self.1 != epoch() {
            return;
        }
        match self.0 {
            Place::Inside => {
                if place() == Place::Asking {
                    stop_asking();
                }
                enter(false);
            }
            Place::Asking => begin_to_ask(),
            // This lock is held while a fork goes on, and so is this thread.
            _ => state().threads -= 1,
        }
        be_at(self.0);
    }
}

/// From outside.
fn begin_to_ask() {
    let mut state = state();
    while state.closed || state.awaiting > 0 {
        state = changed(state);
    }
    state.asking += 1;
    state.threads -= 1;
}

/// Back to outside.
fn stop_asking() {
    let mut state = state();
    state.asking -= 1;
    state.threads += 1;
    tell(state);
}

fn enter(is_new: bool) {
    let mut state = state();
    while state.closed {
        state = changed(state);
    }
    state.inside += 1;
    state.threads += usize::from(is_new);
}

fn leave(is_last: bool) {
    let mut state = state();
    state.inside -= 1;
    state.threads -= usize::from(is_last);
    tell(state);
}

/// Wakes those that wait for a change, if there are any: it costs a call to the system.
fn tell(state: MutexGuard<'static, State>) {
    let is_awaited = state.waiting > 0;
    drop(state);
    if is_awaited {
        CHANGED.get(anew).notify_all();
    }
}

/// A thread's promise, from before it starts until it ends.
struct Promise;

impl Drop for Promise {
    fn drop(&mut self) {
        leave(true);
    }
}

/// The closed gate: nobody of ours holds anything until it is dropped.
pub(crate) struct Closed {
    state: Option<MutexGuard<'static, State>>,
}

/// Closes the gate and waits until every thread of ours is outside.
pub(crate) fn close() -> Closed {
    let deadline = Instant::now() + PATIENCE;
    let asking = usize::from(place() == Place::Asking);
    let mut state = state();
    state.awaiting += 1;
    IS_AWAITED.store(true, Relaxed);
    while state.closed || (state.asking > asking && Instant::now() < deadline) {
        state = match state.closed {
            true => changed(state),
            false => changed_until(state, deadline),
        };
    }
    state.awaiting -= 1;
    IS_AWAITED.store(state.awaiting > 0, Relaxed);
    state.closed = true;
    let own = usize::from(place() == Place::Inside);
    while state.inside > own {
        state = changed(state);
    }
    Closed { state: Some(state) }
}

impl Closed {
    /// How many threads beside the caller are harmless.
    pub(crate) fn harmless(&self) -> usize {
        let own = usize::from(place() == Place::Inside);
        self.state.as_ref().map_or(0, |state| state.threads - own)
    }

    /// Opens the gate in a copy, where the threads do not exist.
    #[inline]
    pub(crate) fn open_in_copy(mut self) {
        // What a copy writes to is copied for it, so it writes as little as it can.
        if place() != Place::Stranger {
            be_at(Place::Stranger);
        }
        if let Some(mut state) = self.state.take() {
            *state = State::NOBODY;
        }
    }
}

impl Drop for Closed {
    #[inline]
    fn drop(&mut self) {
        let Some(mut state) = self.state.take() else {
            return;
        };
        state.closed = false;
        tell(state);
    }
}
