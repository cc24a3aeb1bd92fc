//! Turns: so many runs at once, or one run alone on the machine.
//!
//! A run that rests on time is looked at again alone: beside no other run of this process, nor of
//! another runner of this user. Runners find each other by their scratch folders, each of which has
//! a file that is locked while runs are made, and one that is locked while somebody is to be alone.
//! Nobody is waited for for ever: being alone is a courtesy, and a neighbour may have been stopped.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use poolproof_sys::scratch::{Neighbour, Scratch};

/// Locked by whoever makes runs.
const TURN: &str = "turn";

/// Locked by whoever is alone, or waits to be.
const ALONE: &str = "alone";

/// How long one neighbour is waited for, once.
const NEIGHBOUR_MAX: Duration = Duration::from_secs(15);

/// How long the runs of this process are waited for.
const OWN_MAX: Duration = Duration::from_secs(120);

/// After so long it is said for whom one waits.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// How often a wait looks whether it is to end.
const LOOK: Duration = Duration::from_millis(20);

/// Who is told for whom one waits.
pub(crate) type Tell<'a> = &'a (dyn Fn(&str) + Sync);

/// The turns of one runner.
pub(crate) struct Turns<'a> {
    scratch: &'a Scratch,
    jobs: usize,
    stop: &'a AtomicBool,
    tell: Tell<'a>,
    state: Mutex<State>,
    changed: Condvar,
    /// Neighbours that were waited for long enough.
    ignored: Mutex<BTreeSet<PathBuf>>,
    /// Neighbours of whom was said that they are waited for.
    told: Mutex<BTreeSet<PathBuf>>,
}

#[derive(Default)]
struct State {
    running: usize,
    is_alone: bool,
    waits_to_be_alone: usize,
}

/// The right to run; it ends when this is dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns<'a>,
    kind: Kind,
}

enum Kind {
    /// Beside others, with a lock that neighbours see; none while it is parked.
    Beside(Option<Lock>),
    /// With locks that keep neighbours from beginning, and from being alone, too.
    Alone([Lock; 2]),
}

/// A locked file; where it could not be locked, nobody else knows of it.
type Lock = Option<File>;

impl<'a> Turns<'a> {
    /// Turns for at most `jobs` runs at a time.
    pub(crate) fn new(
        scratch: &'a Scratch,
        jobs: usize,
        stop: &'a AtomicBool,
        tell: Tell<'a>,
    ) -> Turns<'a> {
        Turns {
            scratch,
            jobs,
            stop,
            tell,
            state: Mutex::default(),
            changed: Condvar::new(),
            ignored: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// A turn beside others: waits while there are enough of them, or somebody is alone.
    pub(crate) fn beside_others(&self) -> Turn<'_> {
        let is_free = |state: &State| {
            state.running < self.jobs.max(1) && !state.is_alone && state.waits_to_be_alone == 0
        };
        loop {
            self.wait(None, is_free).running += 1;
            let lock = self.lock_shared(TURN);
            match self.neighbours().into_iter().find(is_alone) {
                Some(neighbour) if !self.is_stopped() => {
                    drop(lock);
                    self.leave();
                    self.wait_for(&neighbour, "examines a run alone", &is_alone);
                }
                _ => return self.turn(Kind::Beside(Some(lock))),
            }
        }
    }

    /// A turn alone: waits until other runs have ended, or can do no more.
    pub(crate) fn alone(&self) -> Turn<'_> {
        self.state().waits_to_be_alone += 1;
        let mut state = self.wait(None, |state| !state.is_alone);
        state.waits_to_be_alone -= 1;
        state.is_alone = true;
        drop(state);
        drop(self.wait(Some(OWN_MAX), |state| state.running == 0));
        // Of two that want to be alone, the one with the first name is; one that is already, stays.
        let is_first =
            |neighbour: &Neighbour| neighbour.folder < *self.scratch.path() && is_alone(neighbour);
        loop {
            let locks = [self.lock(ALONE), self.lock(TURN)];
            for neighbour in self.neighbours() {
                let is_in_the_way = |other: &Neighbour| makes_runs(other) && !is_first(other);
                self.wait_for(&neighbour, "makes runs", &is_in_the_way);
            }
            match self.neighbours().into_iter().find(is_first) {
                Some(neighbour) if !self.is_stopped() => {
                    drop(locks);
                    self.wait_for(&neighbour, "examines a run alone", &is_alone);
                }
                _ => return self.turn(Kind::Alone(locks)),
            }
        }
    }

    fn turn(&self, kind: Kind) -> Turn<'_> {
        Turn { turns: self, kind }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something is so, or this runner is to stop, or the time is up.
    fn wait(
        &self,
        most: Option<Duration>,
        is_so: impl Fn(&State) -> bool,
    ) -> MutexGuard<'_, State> {
        let deadline = most.map(|most| Instant::now() + most);
        let mut state = self.state();
        while !is_so(&state)
            && !self.is_stopped()
            && deadline.is_none_or(|deadline| Instant::now() < deadline)
        {
            let waited = self.changed.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    fn leave(&self) {
        self.state().running -= 1;
        self.changed.notify_all();
    }

    /// Neighbours that are worth waiting for.
    fn neighbours(&self) -> Vec<Neighbour> {
        let mut neighbours = self.scratch.neighbours();
        let ignored = self.ignored.lock().unwrap_or_else(PoisonError::into_inner);
        neighbours.retain(|neighbour| !ignored.contains(&neighbour.folder));
        neighbours
    }

    /// Waits while a neighbour does something, but not for ever.
    fn wait_for(&self, neighbour: &Neighbour, what: &str, does: &dyn Fn(&Neighbour) -> bool) {
        let start = Instant::now();
        while does(neighbour) && !self.is_stopped() {
            let waited = start.elapsed();
            if waited > SILENCE_MAX && self.is_new(neighbour) {
                let about = &neighbour.about;
                let most = NEIGHBOUR_MAX.as_secs();
                (self.tell)(&format!(
                    "waiting for another runner, which {what} ({about}); for {most} s at most"
                ));
            }
            if waited > NEIGHBOUR_MAX {
                let mut ignored = self.ignored.lock().unwrap_or_else(PoisonError::into_inner);
                ignored.insert(neighbour.folder.clone());
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Whether nobody was told yet that this neighbour is waited for.
    fn is_new(&self, neighbour: &Neighbour) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(neighbour.folder.clone())
    }

    fn lock(&self, name: &str) -> Lock {
        open(&self.scratch.path().join(name)).filter(|file| file.try_lock().is_ok())
    }

    fn lock_shared(&self, name: &str) -> Lock {
        open(&self.scratch.path().join(name)).filter(|file| file.try_lock_shared().is_ok())
    }
}

impl Turn<'_> {
    /// Lets another run begin: this one only waits for something that may never come.
    pub(crate) fn park(&mut self) {
        if let Kind::Beside(lock) = &mut self.kind
            && lock.take().is_some()
        {
            self.turns.leave();
        }
    }

    /// Counts as a run again, at once: it goes on, whoever else runs.
    pub(crate) fn unpark(&mut self) {
        if let Kind::Beside(lock) = &mut self.kind
            && lock.is_none()
        {
            self.turns.state().running += 1;
            *lock = Some(self.turns.lock_shared(TURN));
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.park();
        if let Kind::Alone(locks) = &mut self.kind {
            *locks = [None, None];
            self.turns.state().is_alone = false;
            self.turns.changed.notify_all();
        }
    }
}

fn is_alone(neighbour: &Neighbour) -> bool {
    is_locked(&neighbour.folder.join(ALONE), File::try_lock_shared)
}

fn makes_runs(neighbour: &Neighbour) -> bool {
    is_locked(&neighbour.folder.join(TURN), File::try_lock)
}

/// Whether somebody has a file locked; one that is not there, or no plain file, nobody has.
fn is_locked(
    path: &Path,
    try_lock: fn(&File) -> std::result::Result<(), std::fs::TryLockError>,
) -> bool {
    let is_plain = path.symlink_metadata().is_ok_and(|about| about.is_file());
    let file = is_plain.then(|| File::open(path).ok()).flatten();
    file.is_some_and(|file| matches!(try_lock(&file), Err(std::fs::TryLockError::WouldBlock)))
}

fn open(path: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    options.open(path).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    static GO_ON: AtomicBool = AtomicBool::new(false);

    fn scratch() -> Scratch {
        Scratch::make("for a test").unwrap()
    }

    fn turns<'a>(scratch: &'a Scratch, jobs: usize) -> Turns<'a> {
        Turns::new(scratch, jobs, &GO_ON, &|_| {})
    }

    /// As many of each as there are turns: in turn, one is alone and five are beside others.
    fn never_beside_one_that_is_alone(of: &(dyn Fn(usize) -> usize + Sync), turns: &[Turns<'_>]) {
        let running = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for index in 0..6 {
                let running = &running;
                let turns = &turns[of(index)];
                scope.spawn(move || {
                    for _ in 0..20 {
                        if index % 3 == 0 {
                            let _turn = turns.alone();
                            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                            running.fetch_sub(1, Ordering::SeqCst);
                        } else {
                            let _turn = turns.beside_others();
                            running.fetch_add(1, Ordering::SeqCst);
                            std::thread::yield_now();
                            running.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn nobody_runs_beside_one_that_is_alone() {
        let scratch = scratch();
        never_beside_one_that_is_alone(&|_| 0, &[turns(&scratch, 4)]);
    }

    #[test]
    fn nobody_runs_beside_a_neighbour_s_that_is_alone() {
        let (one, other) = (scratch(), scratch());
        let turns = [turns(&one, 4), turns(&other, 4)];
        never_beside_one_that_is_alone(&|index| index % 2, &turns);
    }

    #[test]
    fn one_that_is_parked_gives_its_place_to_another() {
        let scratch = scratch();
        let turns = turns(&scratch, 1);
        let mut first = turns.beside_others();
        first.park();
        let second = turns.beside_others();
        first.unpark();
        assert_eq!(turns.state().running, 2);
        drop(first);
        drop(second);
        assert_eq!(turns.state().running, 0);
        drop(turns.alone());
    }

    #[test]
    fn a_wait_ends_when_the_runner_is_to_stop() {
        let scratch = scratch();
        let stop = AtomicBool::new(false);
        let turns = Turns::new(&scratch, 1, &stop, &|_| {});
        let _first = turns.beside_others();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| drop(turns.beside_others()));
            stop.store(true, Ordering::Relaxed);
            second.join().unwrap();
        });
    }

    #[test]
    fn a_wait_for_a_neighbour_ends_when_the_runner_is_to_stop() {
        let (one, other) = (scratch(), scratch());
        let stop = AtomicBool::new(false);
        let turns = Turns::new(&one, 1, &stop, &|_| {});
        let neighbour = self::turns(&other, 1);
        let _alone = neighbour.alone();
        std::thread::scope(|scope| {
            let beside = scope.spawn(|| drop(turns.beside_others()));
            let alone = scope.spawn(|| drop(turns.alone()));
            stop.store(true, Ordering::Relaxed);
            beside.join().unwrap();
            alone.join().unwrap();
        });
    }
}
