//! Locks, recursive locks and semaphores, also a manager's.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{Class, LockMethod};

use super::{Access, Body, Choice, Context, Done, Fault, Id, Ready, Wait};
use crate::state::{NOBODY, ObjectId, ProcessId, State, Val};

/// What can be taken, and who has taken it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    pub(crate) flavour: Flavour,
    /// How many can be taken now.
    pub(crate) free: u32,
    /// How many could be taken at first.
    pub(crate) limit: u32,
    /// Who took it, where it is no semaphore.
    pub(crate) owner: ProcessId,
    /// What those hear who want it after its holder ended.
    pub(crate) fate: Fate,
    /// How often.
    pub(crate) depth: u32,
}

/// What becomes of a lock whose holder ended: the documentation does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    /// Nobody has asked yet.
    Open,
    /// It stays held, as if its holder lived.
    Silent,
    /// Whoever wants it is told.
    Told,
}

/// Which of the catalogue's locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flavour {
    Lock,
    Recursive,
    Semaphore,
    Bounded,
}

impl Flavour {
    pub(crate) fn class(self, is_managed: bool) -> Class {
        match (self, is_managed) {
            (Flavour::Lock, false) => Class::Lock,
            (Flavour::Recursive, false) => Class::RLock,
            (Flavour::Semaphore, false) => Class::Semaphore,
            (Flavour::Bounded, false) => Class::BoundedSemaphore,
            (Flavour::Lock, true) => Class::ManagedLock,
            (Flavour::Recursive, true) => Class::ManagedRLock,
            (Flavour::Semaphore, true) => Class::ManagedSemaphore,
            (Flavour::Bounded, true) => Class::ManagedBoundedSemaphore,
        }
    }
}

/// A process that ended and left its lock held.
pub(crate) const DEAD: ProcessId = NOBODY - 1;

impl Lock {
    pub(crate) fn new(flavour: Flavour, limit: u32) -> Lock {
        Lock {
            flavour,
            free: limit,
            limit,
            owner: NOBODY,
            fate: Fate::Open,
            depth: 0,
        }
    }

    /// Whether its holder has ended.
    pub(super) fn is_left(&self, process: ProcessId) -> bool {
        self.owner == DEAD && !self.can_take(process)
    }

    pub(crate) fn can_take(&self, process: ProcessId) -> bool {
        match self.flavour {
            Flavour::Recursive => self.owner == NOBODY || self.owner == process,
            _ => self.free > 0,
        }
    }

    pub(crate) fn take(&mut self, process: ProcessId) {
        match self.flavour {
            Flavour::Recursive => {
                self.owner = process;
                self.depth += 1;
            }
            Flavour::Lock => {
                self.owner = process;
                self.free -= 1;
            }
            Flavour::Semaphore | Flavour::Bounded => self.free -= 1,
        }
    }

    /// Whether this process may wait with it or notify; threads are one process.
    pub(crate) fn is_held(&self, process: ProcessId, is_threads: bool) -> bool {
        match self.flavour {
            Flavour::Recursive => self.owner == process,
            Flavour::Lock if !is_threads => self.owner == process,
            _ => self.free == 0,
        }
    }

    fn release(&mut self, process: ProcessId) -> Result<(), (ErrorKind, &'static str)> {
        match self.flavour {
            Flavour::Recursive if self.owner != process => {
                return Err((ErrorKind::NotOwner, "released by one who does not hold it"));
            }
            Flavour::Recursive => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.owner = NOBODY;
                }
            }
            Flavour::Lock | Flavour::Bounded if self.free >= self.limit => {
                return Err((ErrorKind::OverRelease, "released too often"));
            }
            // Who was told that its holder ended was not given it.
            Flavour::Lock if self.fate == Fate::Told => {
                return Err((ErrorKind::OverRelease, "nobody holds it any more"));
            }
            _ => {
                self.owner = NOBODY;
                self.fate = Fate::Open;
                self.free += 1;
            }
        }
        Ok(())
    }
}

/// The lock with this number.
pub(crate) fn of(state: &State, id: ObjectId) -> Option<&Lock> {
    match &state.objects.get(id as usize)?.body {
        Body::Lock(lock) => Some(lock),
        _ => None,
    }
}

/// The locks that a process holds, which its end leaves without a holder.
pub(crate) fn held_by(state: &State, process: ProcessId) -> impl Iterator<Item = ObjectId> {
    let all = state.objects.iter().enumerate();
    all.filter(move |(_, object)| matches!(&object.body, Body::Lock(lock) if lock.owner == process))
        .map(|(id, _)| id as ObjectId)
}

pub(super) fn ready(process: ProcessId, this: &Lock, method: LockMethod, access: &Access) -> Ready {
    match method {
        LockMethod::Acquire => ready_to_take(process, this, access.wait(0, 1)),
        LockMethod::Release | LockMethod::GetValue => Ready::NOW,
    }
}

/// Whether it can be taken now, by who waits so long for it.
pub(super) fn ready_to_take(process: ProcessId, this: &Lock, wait: Wait) -> Ready {
    if !this.is_left(process) {
        return Ready::wait(this.can_take(process), wait);
    }
    match this.fate {
        Fate::Open => Ready::ways(2),
        Fate::Silent => Ready::wait(false, wait),
        Fate::Told => Ready::NOW,
    }
}

pub(super) fn call(
    id: Id<Lock>,
    context: &mut Context<'_>,
    method: LockMethod,
    choice: Choice,
) -> Result<Done, Fault> {
    match method {
        LockMethod::Acquire => take(id, context, choice),
        LockMethod::Release => give_back(id, context),
        LockMethod::GetValue => Ok(Done::Value(Val::Int(context.get(id).free.into()))),
    }
}

/// Takes it, by a call or as a context manager.
pub(super) fn take(id: Id<Lock>, context: &mut Context<'_>, choice: Choice) -> Result<Done, Fault> {
    let process = context.process;
    let lock = context.get(id);
    if lock.is_left(process) {
        return of_the_dead(id, context, choice);
    }
    let is_taken = choice != Choice::Expire && lock.can_take(process);
    if is_taken {
        lock.take(process);
    }
    Ok(Done::Value(Val::Bool(is_taken)))
}

/// Gives it back, by a call or as a context manager.
pub(super) fn give_back(id: Id<Lock>, context: &mut Context<'_>) -> Result<Done, Fault> {
    let process = context.process;
    match context.get(id).release(process) {
        Ok(()) => Ok(Done::Value(Val::None)),
        Err((kind, text)) => context.raise(kind, text),
    }
}

/// An acquire of a lock whose holder has ended: it waits, or is told so.
pub(super) fn of_the_dead(
    id: Id<Lock>,
    context: &mut Context<'_>,
    choice: Choice,
) -> Result<Done, Fault> {
    let lock = context.get(id);
    if lock.fate == Fate::Silent {
        return Ok(Done::Value(Val::Bool(false)));
    }
    if lock.fate == Fate::Open && choice == Choice::Way(0) {
        lock.fate = Fate::Silent;
        return Ok(Done::Stay);
    }
    lock.fate = Fate::Told;
    context.raise(ErrorKind::OwnerDied, "its holder has ended")
}
