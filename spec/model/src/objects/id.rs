//! Typed ids: an object's place in the state, known to be of one kind.

use std::marker::PhantomData;

use super::{Body, Context, Fault};
use crate::error::ModelError;
use crate::state::{ObjectId, State};

/// The place of an object of this kind, for as long as no compaction moves it.
pub(crate) struct Id<T> {
    number: ObjectId,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Id<T> {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> Id<T> {
    pub(crate) fn number(self) -> ObjectId {
        self.number
    }
}

/// A kind of object's own data.
pub(crate) trait Kind: Sized {
    /// What is said of an object of another kind.
    const MISMATCH: &'static str;

    fn of(body: &Body) -> Option<&Self>;
    fn of_mut(body: &mut Body) -> Option<&mut Self>;
}

macro_rules! kinds {
    ($($kind:ident($data:path): $mismatch:literal,)*) => {
        $(
            impl Kind for $data {
                const MISMATCH: &'static str = $mismatch;

                fn of(body: &Body) -> Option<&Self> {
                    match body {
                        Body::$kind(data) => Some(data),
                        _ => None,
                    }
                }

                fn of_mut(body: &mut Body) -> Option<&mut Self> {
                    match body {
                        Body::$kind(data) => Some(data),
                        _ => None,
                    }
                }
            }
        )*
    };
}

kinds! {
    Process(super::process::ProcessObject): "this is no process",
    Lock(super::lock::Lock): "this is no lock",
    Condition(super::condition::Condition): "this is no condition",
    Event(super::event::Event): "this is no event",
    Barrier(super::barrier::Barrier): "this is no barrier",
    Pipe(super::connection::Pipe): "this connection has no pipe",
    Queue(super::queue::Queue): "this is no queue",
    Shared(super::shared::Shared): "this is no shared memory",
    Manager(super::manager::Manager): "this is no manager",
    Client(super::manager::Client): "this is no client",
    Managed(super::managed::Managed): "this is nothing of a manager's",
    Pool(super::pool::Pool): "this is no pool",
    Job(super::result::Job): "this is no result",
}

/// Whose ids are only made where the object is of the kind, and objects never change theirs.
const KEPT: &str = "an object keeps its kind";

impl State {
    /// The object's id, where it is of this kind.
    pub(crate) fn id<T: Kind>(&self, number: ObjectId) -> Option<Id<T>> {
        let object = self.objects.get(number as usize)?;
        T::of(&object.body).map(|_| Id {
            number,
            kind: PhantomData,
        })
    }

    pub(crate) fn get<T: Kind>(&self, id: Id<T>) -> &T {
        T::of(&self.objects[id.number as usize].body).expect(KEPT)
    }

    pub(crate) fn get_mut<T: Kind>(&mut self, id: Id<T>) -> &mut T {
        T::of_mut(&mut self.objects[id.number as usize].body).expect(KEPT)
    }
}

impl Context<'_> {
    /// The object's id; an error of the machine where it is of another kind.
    pub(crate) fn id<T: Kind>(&self, number: ObjectId) -> Result<Id<T>, Fault> {
        let found = self.state.id(number);
        found.ok_or_else(|| Fault::Model(ModelError::new(self.place, T::MISMATCH)))
    }

    pub(crate) fn get<T: Kind>(&mut self, id: Id<T>) -> &mut T {
        self.state.get_mut(id)
    }
}
