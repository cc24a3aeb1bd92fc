//! What one process has put into a queue and not yet written, and the thread that writes it.
//!
//! The feeder starts with the first value, and ends once the queue is closed or dropped in this
//! process and everything is written. It holds nothing that a forked child could miss while it
//! waits; the child begins with nothing to write and no feeder.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::Thread;
use std::time::Duration;

use poolproof_sys::copies::epoch;
use poolproof_sys::handle::Handle;

use super::channel::Channel;
use super::line::Line;
use super::ring::Put;
use crate::copies::Chain;
use crate::current::tell;
use crate::error::{Error, Kind, Result};
use crate::exit_work::{self, Stage};
use crate::fork_gate;
use crate::lock::patience::Patience;
use crate::locked::lock;

/// After this time the end of a process that waits for its queues is reported.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// One process's side of a queue.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) line: Line,
    state: Chain<Mutex<State>>,
    /// The process, by its fork epoch, that may put into a ring without a look at the state:
    /// the queue is open in it, and nothing of it waits for its feeder.
    direct_in: AtomicU32,
    /// The process in which the queue is closed.
    closed_in: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    /// The process that all this is true of.
    epoch: u32,
    /// Frames to write, and the handles that go beside them.
    frames: Vec<u8>,
    handles: VecDeque<Handle>,
    feeder: Feeder,
    has_put: bool,
    is_closed: bool,
    is_join_cancelled: bool,
    /// Threads that sleep until the feeder has ended.
    joiners: Vec<Thread>,
    /// Queue objects of this process.
    users: usize,
}

#[derive(Debug, Default)]
enum Feeder {
    /// Nothing was put since it ended, or ever.
    #[default]
    None,
    /// It starts and has not said who it is.
    Starting,
    Running(Thread),
}

impl Outbox {
    /// This process's side of a line: the same one however often the line arrives.
    pub(super) fn of(line: Line) -> Arc<Outbox> {
        let segment = Arc::clone(line.segment());
        let outbox = segment.attachment(|| Outbox {
            line,
            state: Chain::new(Mutex::default()),
            direct_in: AtomicU32::new(0),
            closed_in: AtomicU32::new(0),
        });
        outbox.state().users += 1;
        outbox
    }

    /// Another queue object of this process.
    pub(super) fn share(self: &Arc<Outbox>) -> Arc<Outbox> {
        self.state().users += 1;
        Arc::clone(self)
    }

    /// A queue object of this process is gone; with the last one the feeder may end.
    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.users = state.users.saturating_sub(1);
        if state.users == 0 {
            state.wake_feeder();
        }
    }

    #[inline]
    pub(super) fn check_open(&self, verb: &str) -> Result<()> {
        match self.closed_in.load(Acquire) == epoch() {
            true => Err(closed(verb)),
            false => Ok(()),
        }
    }

    /// Puts a frame without handles where nothing is in its way; false when something is, also
    /// when the queue is closed. Nearly every put into a ring is one of these.
    pub(super) fn put_at_once(&self, frame: &[u8]) -> Result<bool> {
        self.line.put_at_once(frame, || self.is_direct())
    }

    #[inline]
    fn is_direct(&self) -> bool {
        self.direct_in.load(Acquire) == epoch()
    }

    /// Puts a frame; false when the time was over before there was room.
    pub(super) fn put(
        self: &Arc<Outbox>,
        frame: &[u8],
        handles: Vec<Handle>,
        timeout: Option<Duration>,
    ) -> Result<bool> {
        if !self.is_direct() {
            self.begin_put()?;
        }
        match &self.line {
            Line::Pipe(channel) => self.put_into_pipe(channel, frame, handles, timeout),
            Line::Ring(ring) => match ring.put(frame, handles, timeout, || self.is_direct())? {
                Put::Done => Ok(true),
                Put::Full => Ok(false),
                Put::Later(handles, _turn) => {
                    self.push(frame, handles).inspect_err(|_| ring.unpend(1))?;
                    Ok(true)
                }
            },
        }
    }

    /// What comes before a put: the queue is open, and the first put of a process finds its
    /// place as an earlier process left it.
    fn begin_put(&self) -> Result<()> {
        let mut state = self.state();
        if state.is_closed {
            return Err(closed("put into"));
        }
        if !state.has_put {
            self.line.start_putting()?;
            state.has_put = true;
            self.direct_in.store(state.epoch, Release);
        }
        Ok(())
    }

    fn put_into_pipe(
        self: &Arc<Outbox>,
        channel: &Channel,
        frame: &[u8],
        handles: Vec<Handle>,
        timeout: Option<Duration>,
    ) -> Result<bool> {
        if !channel.take_room(timeout)? {
            return Ok(false);
        }
        self.push(frame, handles)
            .inspect_err(|_| channel.forget(1))?;
        Ok(true)
    }

    /// Hands a frame, for which there is room, to the feeder.
    fn push(self: &Arc<Outbox>, frame: &[u8], handles: Vec<Handle>) -> Result<()> {
        let mut state = self.state();
        if state.is_closed {
            return Err(closed("put into"));
        }
        if matches!(state.feeder, Feeder::None) {
            // It looks at the state first, and so when this is done.
            self.start_feeder()?;
            state.feeder = Feeder::Starting;
        }
        self.direct_in.store(0, Release);
        state.frames.extend_from_slice(frame);
        state.handles.extend(handles);
        state.wake_feeder();
        Ok(())
    }

    fn start_feeder(self: &Arc<Outbox>) -> Result<()> {
        let at_exit = Arc::clone(self);
        // After children: they may be the ones that read what is written here.
        let work = exit_work::register(Stage::AfterChildren, move || at_exit.finish());
        let outbox = Arc::clone(self);
        let started = fork_gate::spawn("queue-feeder", move || {
            outbox.feed();
            exit_work::forget(work);
        });
        if let Err(error) = started {
            exit_work::forget(work);
            return Err(Error::system("start the feeder of a queue", error));
        }
        Ok(())
    }

    /// The feeder's work.
    fn feed(&self) {
        self.state().feeder = Feeder::Running(std::thread::current());
        let (mut frames, mut handles) = (Vec::new(), VecDeque::new());
        loop {
            let mut state = self.state();
            std::mem::swap(&mut frames, &mut state.frames);
            std::mem::swap(&mut handles, &mut state.handles);
            if frames.is_empty() {
                self.all_is_written(&state);
                if state.is_closed || state.users == 0 {
                    // Under the same hold: whoever puts after this starts another feeder.
                    state.feeder = Feeder::None;
                    let joiners = std::mem::take(&mut state.joiners);
                    drop(state);
                    joiners.iter().for_each(Thread::unpark);
                    return;
                }
                drop(state);
                fork_gate::outside(std::thread::park);
                continue;
            }
            drop(state);
            // The caller of `put` is long gone, and nobody else can be told.
            let lost = |error: &Error| {
                tell(&format_args!(
                    "has put a value into a queue that is lost: {error}"
                ));
            };
            let sent = fork_gate::outside(|| self.line.send(&frames, &mut handles, lost));
            if let Err(error) = sent {
                tell(&format_args!(
                    "has put values into a queue that are lost: {error}"
                ));
            }
            frames.clear();
            handles.clear();
        }
    }

    /// Lets this process put into a ring directly again.
    fn all_is_written(&self, state: &State) {
        if !state.is_closed {
            self.direct_in.store(state.epoch, Release);
        }
    }

    /// No more values from this process; what was put is still written.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        self.direct_in.store(0, Release);
        self.closed_in.store(state.epoch, Release);
        state.wake_feeder();
    }

    /// Waits until everything is written, after [`Outbox::close`].
    pub(super) fn join(&self) -> Result<()> {
        let state = self.state();
        if !state.is_closed {
            let subject = "wait for the feeder of an open queue: call `close` first";
            return Err(Error::new(Kind::Usage, subject));
        }
        drop(state);
        self.join_within(None);
        Ok(())
    }

    /// Waits until the feeder has ended; false when the time was over first.
    fn join_within(&self, timeout: Option<Duration>) -> bool {
        let patience = Patience::new(timeout);
        loop {
            let mut state = self.state();
            if matches!(state.feeder, Feeder::None) {
                return true;
            }
            if patience.is_over() {
                return false;
            }
            let own = std::thread::current();
            if state.joiners.iter().all(|known| known.id() != own.id()) {
                state.joiners.push(own);
            }
            drop(state);
            let left = patience.left().unwrap_or(LONG_WAIT);
            fork_gate::outside(|| std::thread::park_timeout(left));
        }
    }

    /// Lets this process end without waiting for what it has put.
    pub(super) fn cancel_join(&self) {
        self.state().is_join_cancelled = true;
    }

    /// At the end of the process.
    fn finish(&self) {
        if self.state().is_join_cancelled {
            return;
        }
        self.close();
        if self.join_within(Some(LONG_WAIT)) {
            return;
        }
        // As documented, this process waits; whoever joins it before taking waits for ever.
        tell(
            &"waits to end until what it has put into a queue is taken: take it before joining this \
              process, or call `cancel_join_thread()` in it",
        );
        self.join_within(None);
    }

    /// The state of this process; a forked child's begins empty.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = lock(self.state.of_process(begun));
        let epoch = epoch();
        if state.epoch != epoch {
            let users = state.users;
            let old = std::mem::take(&mut *state);
            // The parent's feeder is not ours to drop: its thread does not exist here.
            std::mem::forget(old.feeder);
            *state = State {
                epoch,
                users,
                ..State::default()
            };
        }
        state
    }
}

#[cold]
fn closed(verb: &str) -> Error {
    Error::new(Kind::Closed, format!("{verb} a queue"))
}

/// What a copy begins with that the program made by itself.
fn begun(original: &Mutex<State>) -> Mutex<State> {
    // Who counts too few of them has a feeder that ends early, and starts another.
    let users = original.try_lock().map_or(1, |state| state.users);
    Mutex::new(State {
        users,
        ..State::default()
    })
}

impl State {
    fn wake_feeder(&self) {
        // One that is starting looks before it sleeps.
        if let Feeder::Running(thread) = &self.feeder {
            thread.unpark();
        }
    }
}
