//! Queues: a pipe with a feeder for each process that puts, or one list for a manager's.

use std::collections::VecDeque;

use poolproof_case::{ErrorKind, StartMethod};

use super::connection::{CAPACITY_MIN, parcel_size, size};
use super::{Access, Body, Choice, Context, Done, Fault, Object, Ready, Wait, phase};
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
    pub(crate) fn name(self, is_managed: bool) -> &'static str {
        match (self, is_managed) {
            (Flavour::Plain, false) => "Queue",
            (Flavour::Joinable, false) => "JoinableQueue",
            (Flavour::Simple, _) => "SimpleQueue",
            (Flavour::Plain, true) => "ManagedQueue",
            (Flavour::Joinable, true) => "ManagedJoinableQueue",
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

/// How long a put or get may wait.
fn wait(this: &Queue, access: &Access) -> Wait {
    match access.name {
        "put" if this.flavour == Flavour::Simple => Wait::Forever,
        "put" => access.wait(1, 2),
        "get" if this.flavour == Flavour::Simple => Wait::Forever,
        "get" => access.wait(0, 1),
        _ => Wait::Never,
    }
}

pub(super) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    this: &Queue,
    access: &Access,
) -> Ready {
    let space = state.processes[process as usize].space;
    let is_closed = this.closed.contains(&space);
    match access.name {
        "put" if *phase(state, process) == Phase::Writing => {
            Ready::when(size(&this.pipe) <= CAPACITY_MIN)
        }
        "put" | "put_nowait" if !is_closed => {
            let ready = Ready::wait(this.has_room(), wait(this, access));
            let has_feeder = !this.is_direct && this.flavour != Flavour::Simple;
            let value = access.argument(0);
            let works = usize::from(message::may_work(machine, state, process, value));
            if has_feeder
                && this.has_room()
                && message::refused(machine, state, process, value).is_some()
            {
                return Ready::ways(2 + works);
            }
            if this.flavour == Flavour::Simple && works > 0 {
                return Ready::ways(2);
            }
            if this.flavour == Flavour::Simple && machine.method != StartMethod::Threads {
                let parcel = message::size(machine, state.space(process), access.argument(0));
                if size(&this.pipe).saturating_add(parcel) > CAPACITY_MIN {
                    machine.is_large.set(true);
                    return Ready::ways(2);
                }
            }
            ready
        }
        "get" | "get_nowait" if !is_closed => {
            let ready = Ready::wait(!this.pipe.is_empty(), wait(this, access));
            let ready = match wait(this, access) {
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
        // Whether a closed queue still says that it is empty is nobody's promise.
        "empty" if is_closed => Ready::ways(2),
        "join" => Ready::when(this.unfinished == 0),
        "join_thread" => Ready::when(!is_closed || this.is_flushed(space)),
        _ => Ready::NOW,
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let space = context.state.processes[context.process as usize].space;
    let Body::Queue(queue) = context.body(id) else {
        return context.model("this is no queue");
    };
    let is_closed = queue.closed.contains(&space);
    let result = match access.name {
        "empty" if is_closed && choice == Choice::Way(1) => Val::Bool(queue.pipe.is_empty()),
        "put" | "put_nowait" | "get" | "get_nowait" | "empty" if is_closed => {
            return context.raise(ErrorKind::Closed, "the queue is closed");
        }
        "put" | "put_nowait" => return put(context, id, access, choice),
        "get" | "get_nowait" => {
            let last = ready_ways(context, id, access).saturating_sub(1);
            return get(context, id, choice, Choice::Way(last));
        }
        "qsize" => Val::Int(queue.count.into()),
        "empty" => Val::Bool(queue.pipe.is_empty()),
        "full" => Val::Bool(!queue.has_room()),
        "close" => {
            queue.closed.push(space);
            Val::None
        }
        "join_thread" if !is_closed => {
            return context.raise(ErrorKind::Usage, "the queue is not closed");
        }
        "cancel_join_thread" => {
            queue.feeder(space).is_cancelled = true;
            Val::None
        }
        "task_done" if queue.unfinished == 0 => {
            return context.raise(ErrorKind::OverRelease, "task_done called too often");
        }
        "task_done" => {
            queue.unfinished -= 1;
            Val::None
        }
        "join" | "join_thread" => Val::None,
        name => return context.model(format!("a queue has no access `{name}`")),
    };
    Ok(Done::Value(result))
}

fn put(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    if *phase(context.state, process) == Phase::Writing {
        return Ok(Done::Value(Val::None));
    }
    let space = context.state.processes[process as usize].space;
    let has_room = matches!(context.body(id), Body::Queue(queue) if queue.has_room());
    if !has_room || choice == Choice::Expire {
        return context.raise(ErrorKind::Full, "");
    }
    let value = access.argument(0);
    let is_simple =
        matches!(context.body(id), Body::Queue(queue) if queue.flavour == Flavour::Simple);
    // The last way of what may be refused is that it works.
    let works = message::may_work(context.machine, context.state, process, value)
        && choice == Choice::Way(if is_simple { 1 } else { 2 });
    let parcel = message::send(context, value, works);
    let Body::Queue(queue) = context.body(id) else {
        return context.model("this is no queue");
    };
    let has_feeder = !queue.is_direct && queue.flavour != Flavour::Simple;
    if has_feeder && choice == Choice::Way(1) && matches!(parcel, Err(Fault::Raise(..))) {
        // Only the feeder finds out that it cannot be sent: it never arrives.
        queue.unfinished += u32::from(queue.flavour == Flavour::Joinable);
        return Ok(Done::Value(Val::None));
    }
    let parcel = parcel?;
    queue.count += 1;
    if queue.flavour == Flavour::Joinable {
        queue.unfinished += 1;
    }
    if queue.is_direct || queue.flavour == Flavour::Simple {
        queue.pipe.push_back(parcel);
    } else {
        queue.feeder(space).buffer.push_back(parcel);
    }
    if choice == Choice::Way(1) && !works {
        context.state.frame_mut(process).phase = Phase::Writing;
        return Ok(Done::Stay);
    }
    Ok(Done::Value(Val::None))
}

/// Whether the next value has a connection in it that may not arrive.
fn may_lose(state: &State, this: &Queue) -> bool {
    let next = this.pipe.front();
    next.is_some_and(|next| message::may_be_lost(state, next))
}

fn ready_ways(context: &Context<'_>, id: ObjectId, access: &Access) -> u8 {
    let Body::Queue(queue) = &context.state.objects[id as usize].body else {
        return 0;
    };
    ready(
        context.machine,
        context.state,
        context.process,
        queue,
        access,
    )
    .ways
}

fn get(
    context: &mut Context<'_>,
    id: ObjectId,
    choice: Choice,
    last: Choice,
) -> Result<Done, Fault> {
    let Body::Queue(queue) = &context.state.objects[id as usize].body else {
        return context.model("this is no queue");
    };
    let is_lost = choice == last && may_lose(context.state, queue);
    let Body::Queue(queue) = context.body(id) else {
        return context.model("this is no queue");
    };
    if (choice != Choice::Way(0) && !is_lost) || queue.pipe.is_empty() {
        return context.raise(ErrorKind::Empty, "");
    }
    let parcel = queue.pipe.pop_front().expect("the queue is not empty");
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
    Ok(Done::Value(message::unpack(
        context.state,
        context.process,
        &parcel,
    )))
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
    let access =
        access.filter(|access| matches!(access.name, "put" | "put_nowait" | "get" | "get_nowait"));
    let uses = move |(id, object): (usize, &Object)| match &object.body {
        Body::Queue(queue) if object.manager == NOBODY => {
            let id = id as ObjectId;
            let is_at = access.is_some_and(|access| access.receiver == Val::Object(id));
            (is_at || !queue.is_flushed(space)).then_some(id)
        }
        _ => None,
    };
    state.objects.iter().enumerate().filter_map(uses)
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
