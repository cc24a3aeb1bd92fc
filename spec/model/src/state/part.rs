//! Parts of a state, which states share until one of them changes its own.
//!
//! A step changes few parts: the state after it shares the others with the one before. A part keeps
//! what it refers to, so that compaction need not read it again, and the number under which equal parts
//! are known, so that a key is a few numbers.

use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::{ObjectId, ProcessId, SpaceId};

/// No number is known for this part yet.
const UNKNOWN: u32 = u32::MAX;

/// Something that a part refers to, in the order in which its values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Object(ObjectId),
    /// A cell of the memory that the part's values are in.
    Cell(u32),
    /// A cell of the first memory, which threads share.
    Common(u32),
    Opaque(u32),
    Process(ProcessId),
    Space(SpaceId),
    /// It goes on by itself, whether or not anything refers to it.
    Itself,
}

/// A process, a memory or an object of a state.
#[derive(Clone, Debug)]
pub(crate) struct Part<T> {
    shared: Rc<Shared<T>>,
    /// Under which it is known among those of its exploration; [`UNKNOWN`] since it was changed.
    number: u32,
}

#[derive(Debug)]
struct Shared<T> {
    value: T,
    /// Whether it was ever listed.
    is_old: bool,
    references: Vec<Reference>,
    /// Of a memory: how many of them its globals have, and then each of its cells in turn.
    ends: Vec<u32>,
}

impl<T: Clone> Clone for Shared<T> {
    /// A copy is made to be changed; what it referred to is kept to see whether that changes.
    fn clone(&self) -> Shared<T> {
        Shared {
            value: self.value.clone(),
            is_old: self.is_old,
            references: self.references.clone(),
            ends: self.ends.clone(),
        }
    }
}

impl<T> Part<T> {
    pub(crate) fn new(value: T) -> Part<T> {
        Part {
            shared: Rc::new(Shared {
                value,
                is_old: false,
                references: Vec::new(),
                ends: Vec::new(),
            }),
            number: UNKNOWN,
        }
    }

    /// What it refers to, once that is listed.
    pub(crate) fn references(&self) -> &[Reference] {
        &self.shared.references
    }

    /// What a memory's globals refer to.
    pub(crate) fn references_of_globals(&self) -> &[Reference] {
        &self.shared.references[..self.shared.ends[0] as usize]
    }

    /// What a cell of a memory refers to.
    pub(crate) fn references_of_cell(&self, cell: usize) -> &[Reference] {
        let ends = &self.shared.ends;
        &self.shared.references[ends[cell] as usize..ends[cell + 1] as usize]
    }

    /// The number under which it is known.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn set_number(&mut self, number: u32) {
        self.number = number;
    }

    /// Whether it was changed since it was known, or is new.
    pub(crate) fn is_changed(&self) -> bool {
        self.number == UNKNOWN
    }
}

impl<T: Clone> Part<T> {
    /// Takes the list of what it refers to; whether it has never had one, or had another.
    pub(crate) fn list(&mut self, references: &[Reference], ends: &[u32]) -> bool {
        self.number = UNKNOWN;
        let shared = Rc::make_mut(&mut self.shared);
        let is_new = shared.references != references || shared.ends != ends;
        if is_new {
            shared.references.clear();
            shared.references.extend_from_slice(references);
            shared.ends.clear();
            shared.ends.extend_from_slice(ends);
        }
        is_new || !std::mem::replace(&mut shared.is_old, true)
    }
}

impl<T> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.shared.value
    }
}

impl<T: Clone> DerefMut for Part<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.number = UNKNOWN;
        let shared = Rc::make_mut(&mut self.shared);
        &mut shared.value
    }
}

impl<T: PartialEq> PartialEq for Part<T> {
    fn eq(&self, other: &Part<T>) -> bool {
        if !self.is_changed() && !other.is_changed() {
            return self.number == other.number;
        }
        Rc::ptr_eq(&self.shared, &other.shared) || self.shared.value == other.shared.value
    }
}

impl<T: Eq> Eq for Part<T> {}

impl<T: Hash> Hash for Part<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.shared.value.hash(state);
    }
}
