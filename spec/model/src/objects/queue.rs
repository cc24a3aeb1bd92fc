//! Queues: a pipe with a feeder for each process that puts, or one list for a manager's.
//!
//! What calls do with them is `transfer`'s business.

use std::collections::VecDeque;

use poolproof_case::StartMethod;
use poolproof_case::catalogue::{Class, Method, QueueMethod, SimpleQueueMethod};

use super::connection::{CAPACITY_MIN, parcel_size, size};
use super::{Body, Object, Operation};
use crate::machine::{Machine, Pending};
use crate::state::part::Part;
use crate::state::renumber::Renumber;
use crate::state::{NOBODY, ObjectId, Parcel, ProcessId, SpaceId, State, Val};

/// What was put and not yet taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    pub(crate) flavour: Flavour,
    /// What is put is there at once.
    pub(crate) is_direct: bool,
    /// 0: no limit.
    pub(crate) limit: u32,
    /// How many were put less taken.
    pub(crate) count: u32,
    pub(crate) pipe: VecDeque<Parcel>,
    pub(crate) feeders: Vec<Feeder>,
    /// The processes that closed it.
    pub(crate) closed: Vec<SpaceId>,
    pub(crate) unfinished: u32,
    /// Whose feeder wrote last, which may not have left the pipe yet; [`NOBODY`] once it has, and in
    /// programs where no signal can end it there.
    pub(crate) writer: SpaceId,
}

/// What one process put and its feeder has not yet written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Feeder {
    pub(crate) space: SpaceId,
    pub(crate) buffer: VecDeque<Parcel>,
    /// The process ends without waiting for it.
    pub(crate) is_cancelled: bool,
    /// It waits until what it wrote fits into the pipe.
    pub(crate) is_writing: bool,
}

/// Which of the catalogue's queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flavour {
    Plain,
    Joinable,
    Simple,
}

impl Flavour {
    pub(crate) fn class(self, is_managed: bool) -> Class {
        match (self, is_managed) {
            (Flavour::Plain, false) => Class::Queue,
            (Flavour::Joinable, false) => Class::JoinableQueue,
            (Flavour::Simple, _) => Class::SimpleQueue,
            (Flavour::Plain, true) => Class::ManagedQueue,
            (Flavour::Joinable, true) => Class::ManagedJoinableQueue,
        }
    }
}

impl Queue {
    pub(super) fn new(flavour: Flavour, is_direct: bool, limit: i64) -> Queue {
        Queue {
            flavour,
            is_direct,
            limit: u32::try_from(limit).unwrap_or(0),
            count: 0,
            pipe: VecDeque::new(),
            feeders: Vec::new(),
            closed: Vec::new(),
            unfinished: 0,
            writer: NOBODY,
        }
    }

    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        if self.is_being_fed() {
            renumber.goes_on();
        }
        self.feeders
            .retain(|feeder| !feeder.buffer.is_empty() || feeder.is_cancelled || feeder.is_writing);
        self.pipe
            .iter_mut()
            .for_each(|parcel| renumber.parcel(parcel));
        for feeder in &mut self.feeders {
            renumber.space(&mut feeder.space);
            feeder
                .buffer
                .iter_mut()
                .for_each(|parcel| renumber.parcel(parcel));
        }
        // Threads that have ended with their process feed nothing any more.
        self.feeders.retain(|feeder| feeder.space != NOBODY);
        self.feeders.sort_by_key(|feeder| feeder.space);
        self.closed
            .iter_mut()
            .for_each(|space| renumber.space(space));
        self.closed.retain(|space| *space != NOBODY);
        self.closed.sort_unstable();
        renumber.space(&mut self.writer);
    }

    /// All that is on its way.
    pub(crate) fn parcels(&self) -> impl Iterator<Item = &Parcel> {
        self.pipe
            .iter()
            .chain(self.feeders.iter().flat_map(|feeder| &feeder.buffer))
    }

    pub(super) fn has_room(&self) -> bool {
        self.limit == 0 || self.count < self.limit
    }

    /// Whether what a process puts goes through a feeder of its own.
    pub(crate) fn has_feeder(&self) -> bool {
        !self.is_direct && self.flavour != Flavour::Simple
    }

    pub(super) fn feeder(&mut self, space: SpaceId) -> &mut Feeder {
        let at = self.feeders.iter().position(|feeder| feeder.space == space);
        let at = at.unwrap_or_else(|| {
            let buffer = VecDeque::new();
            self.feeders.push(Feeder {
                space,
                buffer,
                is_cancelled: false,
                is_writing: false,
            });
            self.feeders.len() - 1
        });
        &mut self.feeders[at]
    }

    /// Whether some process that lives has something left to hand over.
    pub(crate) fn is_being_fed(&self) -> bool {
        let feeds = |feeder: &Feeder| !feeder.buffer.is_empty() || feeder.is_writing;
        self.feeders.iter().any(feeds)
    }

    /// Whether this process has nothing left to hand over.
    pub(crate) fn is_flushed(&self, space: SpaceId) -> bool {
        self.feeders
            .iter()
            .filter(|feeder| feeder.space == space)
            .all(|feeder| feeder.buffer.is_empty() && !feeder.is_writing)
    }
}

/// Whether it puts into a queue or gets from it.
fn uses(operation: Operation) -> bool {
    match operation {
        Operation::Call(Method::Queue(method)) => match method {
            QueueMethod::Put
            | QueueMethod::PutNowait
            | QueueMethod::Get
            | QueueMethod::GetNowait => true,
            QueueMethod::Qsize
            | QueueMethod::Empty
            | QueueMethod::Full
            | QueueMethod::Close
            | QueueMethod::JoinThread
            | QueueMethod::CancelJoinThread
            | QueueMethod::TaskDone
            | QueueMethod::Join => false,
        },
        Operation::Call(Method::SimpleQueue(method)) => match method {
            SimpleQueueMethod::Put | SimpleQueueMethod::Get => true,
            SimpleQueueMethod::Empty | SimpleQueueMethod::Close => false,
        },
        _ => false,
    }
}

/// The queues that a process is using: it rests at a put or get, or its feeder has something left, or
/// has not left the pipe.
///
/// A manager's are used by the manager, whom a signal to others does not end.
pub(crate) fn in_use<'s>(
    state: &'s State,
    process: ProcessId,
    pending: Option<&'s Pending>,
) -> impl Iterator<Item = ObjectId> + 's {
    let space = state.processes[process as usize].space;
    let access = match pending {
        Some(Pending::Object(access)) if uses(access.operation) => Some(access),
        _ => None,
    };
    let is_used = move |(id, object): (usize, &Part<Object>)| match &object.body {
        Body::Queue(queue) if object.manager == NOBODY => {
            let id = id as ObjectId;
            let is_at = access.is_some_and(|access| access.receiver == Val::Object(id));
            (is_at || queue.writer == space || !queue.is_flushed(space)).then_some(id)
        }
        _ => None,
    };
    state.objects.iter().enumerate().filter_map(is_used)
}

/// In how many ways the feeder of a process can write its next value.
pub(crate) fn feeder_ways(machine: &Machine, queue: &Queue, feeder: &Feeder) -> u8 {
    let Some(next) = feeder.buffer.front() else {
        return 0;
    };
    if feeder.is_writing {
        return 0;
    }
    let is_threads = machine.method == StartMethod::Threads;
    if is_threads || size(&queue.pipe).saturating_add(parcel_size(next)) <= CAPACITY_MIN {
        return 1;
    }
    machine.is_large.set(true);
    2
}

/// The feeder writes its next value: whoever takes it may have it before the feeder lets others write.
pub(crate) fn feed(machine: &Machine, queue: &mut Queue, at: usize, way: u8) {
    let feeder = &mut queue.feeders[at];
    if let Some(parcel) = feeder.buffer.pop_front() {
        queue.pipe.push_back(parcel);
        feeder.is_writing = way == 1;
        if machine.code.breaks_objects && !queue.is_direct {
            queue.writer = feeder.space;
        }
    }
}

/// Nothing moves any more: each feeder has left its pipe.
pub(crate) fn settle(state: &mut State) {
    let is_left = |object: &&mut Part<Object>| matches!(&object.body, Body::Queue(queue) if queue.writer != NOBODY);
    for object in state.objects.iter_mut().filter(is_left) {
        if let Body::Queue(queue) = &mut object.body {
            queue.writer = NOBODY;
        }
    }
}
