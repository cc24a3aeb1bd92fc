//! What an actor's next step touches.

use crate::machine::step::{Actor, Moves};
use crate::machine::{Machine, Pending, signals, unsent};
use crate::objects::queue::Flavour;
use crate::objects::{Access, Body, Operation, lock, pool};
use crate::state::message;
use crate::state::part::Part;
use crate::state::{
    Cell, NOBODY, Parcel, Phase, Process, ProcessId, Role, SpaceId, State, Val, Work,
};
use poolproof_case::StartMethod;
use poolproof_case::catalogue::{Method, PoolMethod};
use smallvec::SmallVec;

use super::mode::{self, Modes};
use super::reach::{cell, globals};

/// An object and how it is touched; [`NOBODY`] is the output.
pub(crate) type Touch = (u32, Modes);

/// Few, mostly.
pub(crate) type Touches = SmallVec<[Touch; 6]>;

/// What the next step of an actor touches; nothing known: everything.
pub(crate) fn touches(machine: &Machine, state: &State, moves: &Moves) -> Touches {
    let mut touches = Touches::new();
    match moves.actor {
        Actor::Feeder(queue, at) => {
            touches.push((queue, mode::FEED));
            touches.extend(owner(machine, state, queue, at));
            if let Body::Queue(queue) = &state.objects[queue as usize].body {
                touches.extend(changer(machine, state, queue.feeders[at].space));
            }
        }
        Actor::Lost(space, at) => {
            touches.push((state.spaces[space as usize].lost_ends[at].pipe, mode::CLOSE));
        }
        Actor::Replacement(id) => {
            touches.push((id, mode::POOL_END | mode::CLAIM));
            if let Body::Pool(pool) = &state.objects[id as usize].body
                && let Some(creator) = state.processes.get(pool.creator as usize)
            {
                // Whatever the creator does in its memory, the worker has or has not.
                touches.push((creator.object, mode::SIGNAL));
            }
        }
        Actor::Process(process) => of_process(machine, state, process, moves, &mut touches),
    }
    touches
}

/// The process of a feeder, which moves with it: what is not handed over when a signal ends the
/// process is lost, and so is what a process does not wait for at its end.
pub(crate) fn owner(machine: &Machine, state: &State, queue: u32, at: usize) -> Option<Touch> {
    let Body::Queue(queue) = &state.objects[queue as usize].body else {
        return None;
    };
    let space = queue.feeders[at].space;
    let is_it =
        |one: &&Part<Process>| one.space == space && !matches!(one.role, Role::Handler { .. });
    let owner = state.processes.iter().find(is_it)?;
    let may_cancel = machine.futures.all & mode::QUEUE_END != 0;
    let ends = if owner.signal.is_some() || may_cancel {
        mode::STATUS
    } else {
        0
    };
    Some((owner.object, mode::RUN | ends))
}

/// Whoever may change what its memory still has to send, and does or does not in time.
pub(crate) fn changer(machine: &Machine, state: &State, space: SpaceId) -> Option<Touch> {
    if !unsent::is_any(machine, state, space) {
        return None;
    }
    let is_it = |one: &&Part<Process>| one.space == space;
    let owner = state.processes.iter().find(is_it)?;
    Some((owner.object, mode::SIGNAL))
}

fn of_process(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    moves: &Moves,
    touches: &mut Touches,
) {
    let own = &state.processes[process as usize];
    touches.push((own.object, mode::RUN));
    if own.ending.is_some() || moves.has_signal {
        end(machine, state, process, touches);
    }
    if moves.has_signal {
        let used = signals::in_use(state, process, moves.pending.as_ref());
        touches.extend(used.map(|object| (object, mode::BREAK)));
    }
    match &moves.pending {
        Some(Pending::Object(access)) => access_of(machine, state, process, access, touches),
        Some(Pending::Print) => touches.push((NOBODY, mode::PRINT)),
        Some(Pending::Signal(_)) => {
            if let Some(Val::Object(id)) = own.frames.last().and_then(|frame| frame.stack.last()) {
                touches.push((*id, mode::SIGNAL));
            }
        }
        Some(Pending::Global(_)) => touches.push((globals(state, own.space), mode::MEMORY)),
        Some(Pending::Settle) => {}
        None => role(machine, state, process, touches),
    }
}

/// What a worker or handler without a call does next.
fn role(machine: &Machine, state: &State, process: ProcessId, touches: &mut Touches) {
    match &state.processes[process as usize].role {
        Role::Main | Role::Child => {}
        Role::Handler { pool, job } => {
            touches.push((*pool, mode::DELIVER));
            if *job != NOBODY {
                touches.push((*job, mode::DELIVER | mode::WRITE));
            }
            if let Body::Pool(pool) = &state.objects[*pool as usize].body
                && let Some((job, ..)) = pool.arrived.front()
            {
                touches.push((*job, mode::DELIVER | mode::WRITE));
            }
        }
        Role::Worker { pool, work, .. } => {
            touches.push((*pool, mode::CLAIM));
            if let Body::Pool(pool) = &state.objects[*pool as usize].body
                && let Some(creator) = state.processes.get(pool.creator as usize)
            {
                touches.extend(changer(machine, state, creator.space));
            }
            match work {
                Work::Task(task) => {
                    touches.push((*pool, mode::DELIVER | mode::WRITE));
                    touches.push((task.job, mode::DELIVER | mode::WRITE));
                    // It may be its last one.
                    touches.extend(creator(state, *pool));
                }
                _ => end(machine, state, process, touches),
            }
        }
    }
}

/// What the end of a process touches.
fn end(machine: &Machine, state: &State, process: ProcessId, touches: &mut Touches) {
    let own = &state.processes[process as usize];
    touches.push((own.object, mode::END));
    let is_last = own.role == Role::Main && machine.method == StartMethod::Threads;
    for one in state
        .processes
        .iter()
        .filter(|one| one.parent == process || is_last)
    {
        let signals = if one.is_daemon || is_last {
            mode::SIGNAL
        } else {
            0
        };
        touches.push((one.object, mode::JOIN | signals));
    }
    if let Role::Worker { pool, .. } = own.role {
        touches.push((pool, mode::POOL_END | mode::CLAIM));
        touches.extend(creator(state, pool));
    }
    touches.extend(lock::held_by(state, process).map(|lock| (lock, mode::RELEASE)));
    if machine.method == StartMethod::Threads {
        return;
    }
    let memory = state.space(process);
    for memory_cell in &memory.cells {
        if let Cell::Connection(end) = memory_cell
            && end.is_open
        {
            touches.push((end.pipe, mode::CLOSE));
        }
    }
    let ends = memory.lost_ends.iter().chain(&memory.kept_ends);
    ends.for_each(|end| touches.push((end.pipe, mode::CLOSE)));
    for (id, object) in state.objects.iter().enumerate() {
        match &object.body {
            Body::Queue(queue) if queue.feeders.iter().any(|one| one.space == own.space) => {
                touches.push((id as u32, mode::QUEUE_END));
            }
            Body::Manager(manager) if manager.creator == process && manager.is_alive => {
                touches.push((id as u32, mode::SHUT_DOWN));
            }
            _ => {}
        }
    }
}

/// Whether another worker takes the place of one that ends is a matter of whether the creator of
/// their pool still goes on.
fn creator(state: &State, pool: u32) -> Option<Touch> {
    let Body::Pool(pool) = &state.objects[pool as usize].body else {
        return None;
    };
    let creator = state.processes.get(pool.creator as usize)?;
    Some((creator.object, mode::STATUS))
}

fn modes_of(access: &Access) -> Modes {
    match access.operation {
        Operation::Call(method) => {
            let given = access
                .arguments
                .iter()
                .filter(|value| **value != Val::Unset)
                .count();
            mode::of_call(method, given)
        }
        Operation::Get(attribute) => attribute.map_or(mode::READ, mode::of_get),
        Operation::Set(_) => mode::SET_ATTRIBUTE,
        Operation::Enter => mode::ENTER,
        Operation::Leave => mode::LEAVE,
        Operation::SetItem => mode::WRITE_ITEM,
        Operation::Item | Operation::Slice | Operation::Copy | Operation::Next => mode::READ_ITEM,
    }
}

/// The modes that make sense on an object of this kind.
fn sensible(state: &State, id: u32) -> Modes {
    match &state.objects[id as usize].body {
        Body::Process(_) => {
            mode::JOIN | mode::STATUS | mode::SIGNAL | mode::START | mode::RUN | mode::END
        }
        Body::Lock(_) => mode::ACQUIRE | mode::TRY | mode::RELEASE | mode::PASS | mode::CONDITION,
        Body::Condition(_) => mode::CONDITION | mode::BREAK,
        Body::Event(_) => mode::WAIT | mode::PEEK | mode::SET | mode::CLEAR | mode::BREAK,
        Body::Barrier(_) => mode::BARRIER | mode::BREAK,
        Body::Pipe(_) => mode::SEND | mode::RECEIVE | mode::POLL | mode::CLOSE | mode::BREAK,
        Body::Queue(queue) => {
            let joins = match queue.flavour {
                Flavour::Joinable => mode::TASK_DONE | mode::QUEUE_JOIN,
                Flavour::Plain | Flavour::Simple => 0,
            };
            let puts = mode::PUT | mode::TRY_PUT | mode::FEED | mode::QUEUE_END;
            joins | puts | mode::GET | mode::TRY_GET | mode::BREAK
        }
        Body::Shared(_) | Body::Managed(_) => mode::READ | mode::WRITE,
        Body::Manager(_) => mode::USE | mode::SHUT_DOWN,
        Body::Client(_) => mode::USE | mode::WRITE,
        Body::Pool(_) => {
            mode::CLAIM
                | mode::DELIVER
                | mode::SUBMIT
                | mode::POOL_END
                | mode::POOL_JOIN
                | mode::WRITE
        }
        Body::Job(_) => mode::RESULT | mode::TRY_RESULT | mode::DELIVER | mode::WRITE,
    }
}

/// The modes of another actor that matter on this object.
pub(crate) fn filter(state: &State, id: u32, modes: Modes) -> Modes {
    if (id as usize) < state.objects.len() {
        modes & sensible(state, id)
    } else {
        modes
    }
}

fn access_of(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
    touches: &mut Touches,
) {
    let mut modes = modes_of(access);
    if machine.code.clears_events && modes & mode::WAIT != 0 {
        modes |= mode::PEEK | mode::CLEAR;
    }
    let id = match &access.receiver {
        Val::Object(id) => *id,
        Val::Ref(at) => return connection(machine, state, process, *at, modes, touches),
        _ => {
            for child in state.processes.iter().filter(|one| one.parent == process) {
                touches.push((child.object, modes & mode::STATUS));
            }
            return;
        }
    };
    touches.push((id, filter(state, id, modes)));
    let object = &state.objects[id as usize];
    if object.manager != NOBODY {
        touches.push((object.manager, mode::USE));
    }
    match &object.body {
        Body::Condition(condition) => {
            let lock = mode::ACQUIRE | mode::TRY | mode::RELEASE | mode::CONDITION;
            touches.push((condition.lock, modes & lock));
        }
        Body::Shared(shared) if shared.lock != NOBODY => {
            let lock = mode::ACQUIRE | mode::RELEASE | mode::PASS;
            touches.push((shared.lock, modes & lock));
        }
        Body::Pool(_) => {
            let is_join = access.operation == Operation::Call(Method::Pool(PoolMethod::Join));
            if modes & mode::POOL_END != 0 || is_join {
                for worker in pool::workers(state, id) {
                    let worker = &state.processes[worker as usize];
                    touches.push((worker.object, mode::SIGNAL | mode::JOIN));
                }
            }
            if let Some(Phase::Result(job)) = state.frame(process).map(|frame| &frame.phase) {
                touches.push((*job, mode::RESULT));
            }
        }
        Body::Job(job) => touches.push((job.pool, mode::RESULT)),
        Body::Queue(queue) => touches.extend(sender_of(queue.pipe.front())),
        _ => {}
    }
}

/// What takes a connection out of a message asks whether its sender still lives.
fn sender_of(next: Option<&Parcel>) -> Option<Touch> {
    let sender = message::sender(next?)?;
    Some((sender, mode::STATUS))
}

/// Containers in a shared memory are touched themselves, and so are pipes through their ends.
fn connection(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    at: u32,
    modes: Modes,
    touches: &mut Touches,
) {
    if machine.shares_memory(state, process) {
        let space = state.processes[process as usize].space;
        touches.push((cell(state, space, at), mode::MEMORY));
    }
    if let Cell::Connection(end) = &state.space(process).cells[at as usize] {
        touches.push((end.pipe, modes & sensible(state, end.pipe)));
        if let Body::Pipe(pipe) = &state.objects[end.pipe as usize].body {
            let next = pipe.sent[1 - usize::from(end.side)].front();
            touches.extend(sender_of(next));
        }
    }
}
