//! Calls of queues: when a value can be put or got, and what becomes of it on the way.

use poolproof_case::catalogue::{QueueMethod, SimpleQueueMethod};
use poolproof_case::{ErrorKind, StartMethod};

use super::connection::{CAPACITY_MIN, size};
use super::queue::{Flavour, Queue};
use super::{Access, Choice, Context, Done, Fault, Id, Ready, Wait, phase};
use crate::machine::Machine;
use crate::state::message;
use crate::state::{Phase, ProcessId, SpaceId, State, Val};

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
    let refused = message::refused(machine, state, process, value);
    let may_work = refused == Some(ErrorKind::NotInheritable);
    if this.has_feeder() && this.has_room() && refused.is_some() {
        return Ready::ways(2 + usize::from(may_work));
    }
    if this.flavour == Flavour::Simple && may_work {
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
    let works = choice == Choice::Way(if is_simple { 1 } else { 2 })
        && message::may_work(context.machine, context.state, process, value);
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
    // The last way of what may be lost is that it is.
    let is_lost = may_lose(context.state, queue) && {
        let ways = ready_to_get(machine, context.state, process, queue, access, wait).ways;
        choice == Choice::Way(ways.saturating_sub(1))
    };
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
