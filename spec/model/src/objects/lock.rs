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
    /// Who holds a recursive lock.
    pub(crate) owner: ProcessId,
    /// How often.
    pub(crate) depth: u32,
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
            depth: 0,
        }
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
            _ => self.free -= 1,
        }
    }

    /// Whether this process may give it back or wait with it.
    pub(crate) fn is_held(&self, process: ProcessId) -> bool {
        match self.flavour {
            Flavour::Recursive => self.owner == process,
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
            _ => self.free += 1,
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
