//! Queues: a pipe with a feeder for each process that puts, or one list for a manager's.

use std::collections::VecDeque;

use poolproof_case::catalogue::{Class, Method, QueueMethod, SimpleQueueMethod};
use poolproof_case::{ErrorKind, StartMethod};

use super::connection::{CAPACITY_MIN, parcel_size, size};
use super::{
    Access, Body, Choice, Context, Done, Fault, Id, Object, Operation, Ready, Wait, phase,
};
use crate::machine::Machine;
use crate::state::compact::Renumber;
use crate::state::message;
use crate::state::{NOBODY, ObjectId, Parcel, Phase, ProcessId, SpaceId, State, Val};

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
    /// A signal ended a process that was using it: what it does from now on is undefined.
    pub(crate) is_broken: bool,
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
            is_broken: false,
        }
    }

    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
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
    }

    /// All that is on its way.
    pub(crate) fn parcels(&self) -> impl Iterator<Item = &Parcel> {
        self.pipe
            .iter()
            .chain(self.feeders.iter().flat_map(|feeder| &feeder.buffer))
    }

    fn has_room(&self) -> bool {
        self.limit == 0 || self.count < self.limit
    }

    /// Whether what a process puts goes through a feeder of its own.
    pub(crate) fn has_feeder(&self) -> bool {
        !self.is_direct && self.flavour != Flavour::Simple
    }

    fn feeder(&mut self, space: SpaceId) -> &mut Feeder {
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

pub(super) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &Queue,
    method: QueueMethod,
    access: &Access,
) -> Ready {
    let space = state.processes[process as usize].space;
    let is_closed = this.closed.contains(&space);
    match method {
        QueueMethod::Put => ready_to_put(machine, state, process, this, access, access.wait(1, 2)),
        QueueMethod::PutNowait => ready_to_put(machine, state, process, this, access, Wait::Never),
        QueueMethod::Get => ready_to_get(machine, state, process, this, access, access.wait(0, 1)),
        QueueMethod::GetNowait => ready_to_get(machine, state, process, this, access, Wait::Never),
        // Whether a closed queue still says that it is empty is nobody's promise.
        QueueMethod::Empty if is_closed => Ready::ways(2),
        QueueMethod::Join => Ready::when(this.unfinished == 0),
        QueueMethod::JoinThread => Ready::when(!is_closed || this.is_flushed(space)),
        QueueMethod::Empty
        | QueueMethod::Qsize
        | QueueMethod::Full
        | QueueMethod::Close
        | QueueMethod::CancelJoinThread
        | QueueMethod::TaskDone => Ready::NOW,
    }
}

pub(super) fn ready_simple(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &Queue,
    method: SimpleQueueMethod,
    access: &Access,
) -> Ready {
    let is_closed = this
        .closed
        .contains(&state.processes[process as usize].space);
    match method {
        SimpleQueueMethod::Put => {
            ready_to_put(machine, state, process, this, access, Wait::Forever)
        }
        SimpleQueueMethod::Get => {
            ready_to_get(machine, state, process, this, access, Wait::Forever)
        }
        SimpleQueueMethod::Empty if is_closed => Ready::ways(2),
        SimpleQueueMethod::Empty | SimpleQueueMethod::Close => Ready::NOW,
    }
}

fn ready_to_put(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &Queue,
    access: &Access,
    wait: Wait,
) -> Ready {
    if *phase(state, process) == Phase::Writing {
        return Ready::when(size(&this.pipe) <= CAPACITY_MIN);
    }
    if this
        .closed
        .contains(&state.processes[process as usize].space)
    {
        return Ready::NOW;
    }
    let value = access.argument(0);
    let works = usize::from(message::may_work(machine, state, process, value));
    if this.has_feeder()
        && this.has_room()
        && message::refused(machine, state, process, value).is_some()
    {
        return Ready::ways(2 + works);
    }
    if this.flavour == Flavour::Simple && works > 0 {
        return Ready::ways(2);
    }
    if this.flavour == Flavour::Simple && machine.method != StartMethod::Threads {
        let parcel = message::size(machine, state.space(process), value);
        if size(&this.pipe).saturating_add(parcel) > CAPACITY_MIN {
            machine.is_large.set(true);
            return Ready::ways(2);
        }
    }
    Ready::wait(this.has_room(), wait)
}

fn ready_to_get(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &Queue,
    access: &Access,
    wait: Wait,
) -> Ready {
    if this
        .closed
        .contains(&state.processes[process as usize].space)
    {
        return Ready::NOW;
    }
    let ready = Ready::wait(!this.pipe.is_empty(), wait);
    let ready = match wait {
        _ if this.pipe.is_empty() || !machine.another_gets(state, process, access) => ready,
        // Whoever gets holds the reader's place, where another waits in turn or gives up.
        Wait::Never => Ready::ways(2),
        Wait::Soon => Ready {
            expiry: Some(Wait::Soon),
            ..ready
        },
        Wait::Late | Wait::Forever => ready,
    };
    Ready {
        ways: ready.ways + u8::from(may_lose(state, this)),
        ..ready
    }
}

/// Whether the next value has a connection in it that may not arrive.
fn may_lose(state: &State, this: &Queue) -> bool {
    let next = this.pipe.front();
    next.is_some_and(|next| message::may_be_lost(state, next))
}

pub(super) fn call(
    id: Id<Queue>,
    context: &mut Context<'_>,
    method: QueueMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let space = context.state.processes[context.process as usize].space;
    let queue = context.get(id);
    let result = match method {
        QueueMethod::Put | QueueMethod::PutNowait => return put(id, context, access, choice),
        QueueMethod::Get => return get(id, context, access, access.wait(0, 1), choice),
        QueueMethod::GetNowait => return get(id, context, access, Wait::Never, choice),
        QueueMethod::Qsize => Val::Int(queue.count.into()),
        QueueMethod::Empty => return is_empty(id, context, choice),
        QueueMethod::Full => Val::Bool(!queue.has_room()),
        QueueMethod::Close => {
            queue.closed.push(space);
            Val::None
        }
        QueueMethod::JoinThread if !queue.closed.contains(&space) => {
            return context.raise(ErrorKind::Usage, "the queue is not closed");
        }
        QueueMethod::CancelJoinThread => {
            queue.feeder(space).is_cancelled = true;
            Val::None
        }
        QueueMethod::TaskDone if queue.unfinished == 0 => {
            return context.raise(ErrorKind::OverRelease, "task_done called too often");
        }
        QueueMethod::TaskDone => {
            queue.unfinished -= 1;
            Val::None
        }
        QueueMethod::Join | QueueMethod::JoinThread => Val::None,
    };
    Ok(Done::Value(result))
}

pub(super) fn call_simple(
    id: Id<Queue>,
    context: &mut Context<'_>,
    method: SimpleQueueMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match method {
        SimpleQueueMethod::Put => put(id, context, access, choice),
        SimpleQueueMethod::Get => get(id, context, access, Wait::Forever, choice),
        SimpleQueueMethod::Empty => is_empty(id, context, choice),
        SimpleQueueMethod::Close => {
            let space = context.state.processes[context.process as usize].space;
            context.get(id).closed.push(space);
            Ok(Done::Value(Val::None))
        }
    }
}

/// What a closed queue answers: it is nobody's any more in this process.
fn must_be_open(id: Id<Queue>, context: &mut Context<'_>) -> Result<SpaceId, Fault> {
    let space = context.state.processes[context.process as usize].space;
    if context.get(id).closed.contains(&space) {
        return context.raise(ErrorKind::Closed, "the queue is closed");
    }
    Ok(space)
}

fn is_empty(id: Id<Queue>, context: &mut Context<'_>, choice: Choice) -> Result<Done, Fault> {
    if choice != Choice::Way(1) {
        must_be_open(id, context)?;
    }
    Ok(Done::Value(Val::Bool(context.get(id).pipe.is_empty())))
}

fn put(
    id: Id<Queue>,
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let space = must_be_open(id, context)?;
    if *phase(context.state, process) == Phase::Writing {
        return Ok(Done::Value(Val::None));
    }
    if !context.get(id).has_room() || choice == Choice::Expire {
        return context.raise(ErrorKind::Full, "");
    }
    let value = access.argument(0);
    let is_simple = context.get(id).flavour == Flavour::Simple;
    // The last way of what may be refused is that it works.
    let works = message::may_work(context.machine, context.state, process, value)
        && choice == Choice::Way(if is_simple { 1 } else { 2 });
    let parcel = message::send(context, value, works);
    let queue = context.get(id);
    let has_feeder = queue.has_feeder();
    if has_feeder && choice == Choice::Way(1) && matches!(parcel, Err(Fault::Raise(..))) {
        // Only the feeder finds out that it cannot be sent: it never arrives.
        queue.unfinished += u32::from(queue.flavour == Flavour::Joinable);
        return Ok(Done::Value(Val::None));
    }
    let parcel = parcel?;
    queue.count += 1;
    queue.unfinished += u32::from(queue.flavour == Flavour::Joinable);
    if has_feeder {
        queue.feeder(space).buffer.push_back(parcel);
    } else {
        queue.pipe.push_back(parcel);
    }
    if choice == Choice::Way(1) && !works {
        context.state.frame_mut(process).phase = Phase::Writing;
        return Ok(Done::Stay);
    }
    Ok(Done::Value(Val::None))
}

fn get(
    id: Id<Queue>,
    context: &mut Context<'_>,
    access: &Access,
    wait: Wait,
    choice: Choice,
) -> Result<Done, Fault> {
    must_be_open(id, context)?;
    let (machine, process) = (context.machine, context.process);
    let queue = context.state.get(id);
    let ways = ready_to_get(machine, context.state, process, queue, access, wait).ways;
    // The last way of what may be lost is that it is.
    let is_lost = choice == Choice::Way(ways.saturating_sub(1)) && may_lose(context.state, queue);
    let is_first = choice == Choice::Way(0) || is_lost;
    let queue = context.get(id);
    let Some(parcel) = is_first.then(|| queue.pipe.pop_front()).flatten() else {
        return context.raise(ErrorKind::Empty, "");
    };
    queue.count -= 1;
    if size(&queue.pipe) <= CAPACITY_MIN {
        queue
            .feeders
            .iter_mut()
            .for_each(|feeder| feeder.is_writing = false);
    }
    if is_lost {
        return context.raise(ErrorKind::Deserialize, message::LOST_HANDLE);
    }
    let value = message::unpack(context.state, process, &parcel);
    Ok(Done::Value(value))
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

/// The queues that a process is using: it rests at a put or get, or its feeder has something left.
///
/// A manager's are used by the manager, whom a signal to others does not end.
pub(crate) fn in_use<'s>(
    state: &'s State,
    process: ProcessId,
    access: Option<&'s Access>,
) -> impl Iterator<Item = ObjectId> + 's {
    let space = state.processes[process as usize].space;
    let access = access.filter(|access| uses(access.operation));
    let is_used = move |(id, object): (usize, &Object)| match &object.body {
        Body::Queue(queue) if object.manager == NOBODY => {
            let id = id as ObjectId;
            let is_at = access.is_some_and(|access| access.receiver == Val::Object(id));
            (is_at || !queue.is_flushed(space)).then_some(id)
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

/// The feeder writes its next value.
pub(crate) fn feed(queue: &mut Queue, at: usize, way: u8) {
    let feeder = &mut queue.feeders[at];
    if let Some(parcel) = feeder.buffer.pop_front() {
        queue.pipe.push_back(parcel);
        feeder.is_writing = way == 1;
    }
}
