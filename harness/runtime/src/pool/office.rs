//! What the threads of a pool share: the board, the books, the crew, and whether it is still open.

use std::cell::Cell;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, fence};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use poolproof_sys::copies::{epoch, notice};
use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;

use super::board::{Board, Leaving};
use super::crew::Crew;
use super::feed::{Early, Feed, Feeding, cancelled};
use super::job::{Job, of_original, wait_until};
use super::pendings::{Pending, Pendings, is_same};
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// Tasks that wait for workers long enough to find more meanwhile.
const ENOUGH: u64 = 64;

/// Whether a pool takes tasks, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Door {
    Open,
    Closed,
    Terminated,
    Broken(String),
}

/// Everything that the threads of a pool share.
pub(super) struct Office {
    pub(super) board: Board,
    pub(super) crew: Crew,
    pub(super) feed: Mutex<Feed>,
    pub(super) pendings: Mutex<Pendings>,
    /// What workers have sent and nobody has been given yet.
    pub(super) parcels: Mutex<Vec<Parcel>>,
    arrivals: Mutex<Arrivals>,
    /// How many tasks the ring has been given.
    published: AtomicU64,
    /// How many results have come.
    ended: AtomicU64,
    is_poked: AtomicBool,
    /// Whether someone wants to have the feed pumped, and may have found another thread at it.
    is_pump_wanted: AtomicBool,
    is_handler_done: AtomicBool,
    over: Mutex<bool>,
    is_over: Condvar,
    watcher: Handle,
    creator: u32,
}

/// A result with handles, which comes through a worker's channel.
pub(super) struct Parcel {
    pub(super) id: u64,
    pub(super) bytes: Vec<u8>,
    /// These, unless the pool's process had no room for them.
    pub(super) handles: Option<Vec<Handle>>,
    /// Whether it is a result or a failure for each item.
    pub(super) are_parts: bool,
}

struct Arrivals {
    door: Door,
    feedings: Vec<Feeding>,
}

impl Office {
    /// `watcher` is where a byte wakes the thread that watches the workers.
    pub(super) fn new(board: Board, crew: Crew, watcher: Handle) -> Office {
        Office {
            feed: Mutex::new(Feed::new(&board)),
            pendings: Mutex::new(Pendings::default()),
            parcels: Mutex::default(),
            arrivals: Mutex::new(Arrivals {
                door: Door::Open,
                feedings: Vec::new(),
            }),
            published: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            is_poked: AtomicBool::new(false),
            is_pump_wanted: AtomicBool::new(false),
            is_handler_done: AtomicBool::new(false),
            over: Mutex::new(false),
            is_over: Condvar::new(),
            creator: epoch(),
            board,
            crew,
            watcher,
        }
    }

    pub(super) fn door(&self) -> Door {
        lock(&self.arrivals).door.clone()
    }

    /// Whether this process made the pool, rather than being a copy of the one that did.
    pub(super) fn is_ours(&self) -> bool {
        self.creator == epoch()
    }

    /// Takes a job's tasks and publishes what has room.
    pub(super) fn submit(&self, feeding: Feeding) -> Result<()> {
        self.check_ours()?;
        let mut arrivals = lock(&self.arrivals);
        match &arrivals.door {
            Door::Open => arrivals.feedings.push(feeding),
            door => return Err(refusal(door)),
        }
        drop(arrivals);
        self.pump();
        Ok(())
    }

    /// Fails unless the pool takes tasks.
    pub(super) fn check_open(&self) -> Result<()> {
        self.check_ours()?;
        match self.door() {
            Door::Open => Ok(()),
            door => Err(refusal(&door)),
        }
    }

    fn check_ours(&self) -> Result<()> {
        match self.is_ours() {
            true => Ok(()),
            false => Err(of_original("give a task to a pool")),
        }
    }

    /// Publishes tasks while there is room, and lets the workers leave once a closed pool has nothing
    /// more to do. If another thread is at it, that one does it once more: it may have looked already
    /// at what has changed.
    pub(super) fn pump(&self) {
        if self.creator != epoch() {
            return;
        }
        loop {
            self.is_pump_wanted.store(true, SeqCst);
            // Before it is seen that another has the feed, as that one looks after it gives it back.
            fence(SeqCst);
            let Ok(mut feed) = self.feed.try_lock() else {
                return;
            };
            self.is_pump_wanted.store(false, SeqCst);
            let is_closed = self.take_arrivals(&mut feed);
            let (count, early) = feed.pump(&self.board, &self.pendings);
            self.published.store(feed.position(), SeqCst);
            let is_told = early.is_empty();
            if is_closed && is_told && feed.is_empty() && lock(&self.pendings).is_empty() {
                self.board.leave_once();
            }
            drop(feed);
            fence(SeqCst);
            if count > 0 {
                self.board.wake_workers(count);
            }
            for Early { job, task, error } in early {
                job.complete(task, Err(error));
            }
            if is_told && !self.is_pump_wanted.load(SeqCst) {
                return;
            }
        }
    }

    /// Whether few tasks wait for a worker, so that no item that could be one should.
    pub(super) fn is_hungry(&self) -> bool {
        let published = self.published.load(SeqCst);
        let ring = self.board.ring();
        let behind = published.checked_sub(ENOUGH);
        behind.is_none_or(|position| !ring.is_ready(position))
    }

    /// Puts what was given meanwhile behind what there is; says whether the pool is closed.
    fn take_arrivals(&self, feed: &mut Feed) -> bool {
        let mut arrivals = lock(&self.arrivals);
        for feeding in arrivals.feedings.drain(..) {
            feed.add(feeding);
        }
        arrivals.door == Door::Closed
    }

    /// Takes no more tasks.
    pub(super) fn close(&self) {
        if !self.is_ours() {
            return;
        }
        let mut arrivals = lock(&self.arrivals);
        if arrivals.door == Door::Open {
            arrivals.door = Door::Closed;
        }
        drop(arrivals);
        self.poke();
    }

    /// Takes no more tasks, gives up those that no worker has begun where it is to `cancel`, and
    /// where it is to `wait`, waits for the end of the pool: its own threads would wait for themselves.
    pub(super) fn shut_down(&self, wait: bool, cancel: bool) {
        notice();
        if !self.is_ours() {
            return;
        }
        self.close();
        if cancel {
            self.cancel_all();
        }
        if wait && !is_pool_thread() {
            self.wait_over(None);
        }
    }

    /// Ends the pool for a reason: every job that is not ready fails.
    pub(super) fn end(&self, door: Door) {
        let mut arrivals = lock(&self.arrivals);
        if !matches!(arrivals.door, Door::Open | Door::Closed) {
            return;
        }
        arrivals.door = door.clone();
        let feedings = std::mem::take(&mut arrivals.feedings);
        drop(arrivals);
        self.board.leave(Leaving::AtOnce);
        let mut jobs: Vec<_> = feedings.into_iter().map(|feeding| feeding.job).collect();
        jobs.extend(lock(&self.feed).take_all());
        jobs.extend(lock(&self.pendings).take_all());
        for job in jobs {
            job.abort(lost(&door));
        }
        self.poke();
    }

    /// Takes back a job of one task, unless a worker has it or had it; says whether that was so.
    pub(super) fn cancel(&self, job: &Arc<dyn Job>) -> bool {
        if !self.is_ours() {
            return false;
        }
        let mut feed = lock(&self.feed);
        let mut arrivals = lock(&self.arrivals);
        let count = arrivals.feedings.len();
        arrivals
            .feedings
            .retain(|feeding| !is_same(job, &feeding.job));
        let is_unpublished = feed.remove(job) || arrivals.feedings.len() < count;
        drop(arrivals);
        let is_taken_back = is_unpublished || self.withdraw(&mut feed, Some(job)).pop().is_some();
        drop(feed);
        if is_taken_back {
            job.complete(0, Err(cancelled()));
            self.poke();
        }
        // Others may have given tasks meanwhile, which they leave to whoever has the feed.
        self.pump();
        is_taken_back
    }

    /// Takes back every task that no worker has or had.
    pub(super) fn cancel_all(&self) {
        let mut feed = lock(&self.feed);
        self.take_arrivals(&mut feed);
        let encoded = feed.cancel_all();
        let withdrawn = self.withdraw(&mut feed, None);
        drop(feed);
        let withdrawn = withdrawn.into_iter();
        for (job, task) in withdrawn
            .map(|pending| (pending.job, pending.task))
            .chain(encoded)
        {
            job.complete(task, Err(cancelled()));
        }
        self.pump();
        self.poke();
    }

    /// Takes a job's tasks, or all, out of the ring as far as they wait for a worker.
    fn withdraw(&self, feed: &mut Feed, job: Option<&Arc<dyn Job>>) -> Vec<Pending> {
        let mut pendings = lock(&self.pendings);
        let positions = pendings.positions(job).into_iter();
        let waiting = positions.filter(|(_, position)| self.board.ring().withdraw(*position));
        let withdrawn: Vec<_> = waiting.filter_map(|(id, _)| pendings.remove(id)).collect();
        for block in withdrawn.iter().filter_map(|pending| pending.extra.block) {
            feed.give_back(block);
        }
        withdrawn
    }

    /// Whether a worker has claimed a job's one task and its outcome has not come.
    pub(super) fn is_running(&self, job: &Arc<dyn Job>) -> bool {
        if !self.is_ours() {
            return false;
        }
        let positions = lock(&self.pendings).positions(Some(job));
        let ring = self.board.ring();
        positions
            .iter()
            .any(|(_, position)| !ring.is_ready(*position))
    }

    /// How many tasks have ended, for who waits for one more.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Relaxed)
    }

    /// Some results have come.
    pub(super) fn count_ended(&self, count: usize) {
        self.ended.fetch_add(count as u64, Relaxed);
    }

    /// Has the pool's thread look around.
    pub(super) fn poke(&self) {
        self.is_poked.store(true, SeqCst);
        self.board.wake_handler();
    }

    /// As [`poke`](Office::poke), where a worker has died and may have taken a wake-up with it.
    pub(super) fn poke_after_death(&self) {
        self.poke();
        self.board.rouse_handler();
    }

    pub(super) fn take_poke(&self) -> bool {
        self.is_poked.swap(false, SeqCst)
    }

    pub(super) fn has_poke(&self) -> bool {
        self.is_poked.load(SeqCst)
    }

    /// Has the watching thread look at the crew again.
    pub(super) fn poke_watcher(&self) {
        // It fails only when that thread has ended, and with it the crew.
        let _ = pipe::write(&self.watcher, &[0]);
    }

    /// Says that there is nothing to watch any more.
    pub(super) fn set_handler_done(&self) {
        self.is_handler_done.store(true, SeqCst);
        self.poke_watcher();
    }

    pub(super) fn is_handler_done(&self) -> bool {
        self.is_handler_done.load(SeqCst)
    }

    /// Says that the last worker has ended and no thread of the pool runs any more.
    pub(super) fn set_over(&self) {
        *lock(&self.over) = true;
        self.is_over.notify_all();
    }

    pub(super) fn has_ended(&self) -> bool {
        *lock(&self.over)
    }

    /// Waits until the pool is over; false at the deadline.
    pub(super) fn wait_over(&self, timeout: Option<Duration>) -> bool {
        let deadline = deadline::after(timeout);
        wait_until(&self.over, &self.is_over, deadline, |over| *over)
    }
}

thread_local! {
    static IS_POOL_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread works for a pool, which cannot wait for itself.
pub(super) fn enter_pool_thread() {
    IS_POOL_THREAD.set(true);
}

/// Whether this thread works for a pool.
pub(super) fn is_pool_thread() -> bool {
    IS_POOL_THREAD.get()
}

/// Why a pool takes no task.
fn refusal(door: &Door) -> Error {
    match door {
        Door::Open | Door::Closed => Error::new(Kind::Closed, "give a task to a pool"),
        Door::Terminated => Error::new(Kind::Closed, "give a task to a terminated pool"),
        Door::Broken(reason) => Error::new(Kind::BrokenPool, reason.clone()),
    }
}

/// Why a job's results will never come.
fn lost(door: &Door) -> Error {
    match door {
        Door::Broken(reason) => Error::new(Kind::BrokenPool, reason.clone()),
        _ => Error::new(Kind::WorkerLost, "get a result of a terminated pool"),
    }
}
