//! Locks, recursive locks and semaphores, also a manager's.

use poolproof_case::ErrorKind;

use super::{Access, Body, Choice, Context, Done, Fault, Operation, Ready, Wait};
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
    pub(crate) fn name(self, is_managed: bool) -> &'static str {
        match (self, is_managed) {
            (Flavour::Lock, false) => "Lock",
            (Flavour::Recursive, false) => "RLock",
            (Flavour::Semaphore, false) => "Semaphore",
            (Flavour::Bounded, false) => "BoundedSemaphore",
            (Flavour::Lock, true) => "ManagedLock",
            (Flavour::Recursive, true) => "ManagedRLock",
            (Flavour::Semaphore, true) => "ManagedSemaphore",
            (Flavour::Bounded, true) => "ManagedBoundedSemaphore",
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
    fn is_left(&self, process: ProcessId) -> bool {
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

    fn give_back(&mut self, process: ProcessId) -> Result<(), (ErrorKind, &'static str)> {
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

fn wait(access: &Access) -> Wait {
    if access.operation == Operation::Enter {
        Wait::Forever
    } else {
        access.wait(0, 1)
    }
}

pub(super) fn ready(process: ProcessId, this: &Lock, access: &Access) -> Ready {
    match (access.operation, access.name) {
        (Operation::Enter, _) | (Operation::Call, "acquire") if this.is_left(process) => {
            match this.fate {
                Fate::Open => Ready::ways(2),
                Fate::Silent => Ready::wait(false, wait(access)),
                Fate::Told => Ready::NOW,
            }
        }
        (Operation::Enter, _) | (Operation::Call, "acquire") => {
            Ready::wait(this.can_take(process), wait(access))
        }
        _ => Ready::NOW,
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let Body::Lock(lock) = context.body(id) else {
        return context.model("this is no lock");
    };
    let result = match (access.operation, access.name) {
        (Operation::Enter, _) | (Operation::Call, "acquire") if lock.is_left(process) => {
            return of_the_dead(context, id, choice);
        }
        (Operation::Enter, _) | (Operation::Call, "acquire") => {
            let is_taken = choice != Choice::Expire && lock.can_take(process);
            if is_taken {
                lock.take(process);
            }
            Val::Bool(is_taken)
        }
        (Operation::Leave, _) | (Operation::Call, "release") => match lock.give_back(process) {
            Ok(()) => Val::None,
            Err((kind, text)) => return context.raise(kind, text),
        },
        (Operation::Call, "get_value") => Val::Int(lock.free.into()),
        _ => return context.model(format!("a lock has no access `{}`", access.name)),
    };
    Ok(Done::Value(result))
}

/// An acquire of a lock whose holder has ended: it waits, or is told so.
fn of_the_dead(context: &mut Context<'_>, id: ObjectId, choice: Choice) -> Result<Done, Fault> {
    let Body::Lock(lock) = context.body(id) else {
        return context.model("this is no lock");
    };
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
