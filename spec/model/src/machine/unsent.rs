//! What was put into a queue or given to a pool and is not yet on its way.
//!
//! An implementation may send it as it was, or as it is when a thread of its own comes to it. So
//! nothing is known of what arrives once its list or dict is changed meanwhile.
//!
//! Which list it was made of is not kept: one that is equal is taken for it. That can only leave more
//! undefined than is.

use poolproof_case::StartMethod;

use super::Machine;
use crate::objects::{Access, Body, Operation};
use crate::state::reached::containers;
use crate::state::{Cell, Parcel, ProcessId, Role, SpaceId, State, Task, Val, Work};

/// Whether something that is made of lists or dicts of this memory still waits to be sent.
pub(crate) fn is_any(machine: &Machine, state: &State, space: SpaceId) -> bool {
    let is_threads = machine.method == StartMethod::Threads;
    machine.code.changes_what_is_unsent
        && (tasks(state, space).next().is_some()
            || (!is_threads && buffered(state, space).any(has_containers)))
}

/// The chunk that a worker does.
fn task(state: &State, process: ProcessId) -> Option<&Task> {
    match &state.processes[process as usize].role {
        Role::Worker {
            work: Work::Task(task),
            ..
        } => Some(task),
        _ => None,
    }
}

/// Whether a worker does a chunk whose items have a list or dict in common, and more of it is to do.
pub(super) fn has_common_items(state: &State, process: ProcessId) -> bool {
    task(state, process).is_some_and(|task| task.is_common && !task.calls.is_empty())
}

/// Whether results of a chunk that a worker does have a list or dict in common.
pub(super) fn has_given_common(state: &State, process: ProcessId) -> bool {
    task(state, process).is_some_and(|task| task.gives_common)
}

/// Whether an access changes a list or dict that may be one of an item still to come.
pub(super) fn changes_common_item(state: &State, process: ProcessId, access: &Access) -> bool {
    let (Val::Ref(at), true) = (&access.receiver, changes(access.operation)) else {
        return false;
    };
    let Some(task) = task(state, process) else {
        return false;
    };
    let own = Here(&state.space(process).cells);
    let changed = &own.0[*at as usize];
    let mut calls = task.calls.iter();
    task.is_common && calls.any(|call| holds(call, (own, changed)))
}

/// Whether a message has a list or dict that is equal to this one.
fn holds(parcel: &Parcel, (own, changed): (Here<'_>, &Cell)) -> bool {
    match parcel {
        Parcel::Copy(message) => {
            let there = Here(&message.cells);
            let mut cells = message.cells.iter();
            cells.any(|cell| is_same_cell((own, changed), (there, cell), DEPTH_MAX))
        }
        // Among threads it is the list itself, at whatever time.
        Parcel::Same(_) | Parcel::Bytes(..) => false,
    }
}

/// Whether what a task gives is in the memory of its worker, where others of its chunk find it, too.
pub(super) fn gives_what_stays(state: &State, process: ProcessId, value: &Val) -> bool {
    let space = state.space(process);
    let given = containers(&space.cells, std::iter::once(value));
    !given.is_empty() && !given.is_disjoint(&containers(&space.cells, space.globals.iter()))
}

/// Whether an access changes a list or dict of which something that still waits was made.
pub(super) fn is_changed(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
) -> bool {
    let Val::Ref(at) = access.receiver else {
        return false;
    };
    if !machine.code.changes_what_is_unsent || !changes(access.operation) {
        return false;
    }
    let space = state.processes[process as usize].space;
    let own = Here(&state.spaces[space as usize].cells);
    let changed = &own.0[at as usize];
    let is_in = |parcel: &Parcel| holds(parcel, (own, changed));
    let is_threads = machine.method == StartMethod::Threads;
    (!is_threads && buffered(state, space).any(is_in))
        || tasks(state, space)
            .any(|task| task.calls.iter().any(is_in) || gives(state, (own, changed), task))
}

/// Whether an operation changes its list or dict.
fn changes(operation: Operation) -> bool {
    match operation {
        Operation::SetItem => true,
        Operation::Call(method) => method.changes_container(),
        _ => false,
    }
}

/// What the feeders of a memory have not yet written.
fn buffered(state: &State, space: SpaceId) -> impl Iterator<Item = &Parcel> {
    let feeders = state.objects.iter().flat_map(|object| match &object.body {
        Body::Queue(queue) => &queue.feeders[..],
        _ => &[],
    });
    feeders
        .filter(move |feeder| feeder.space == space)
        .flat_map(|feeder| &feeder.buffer)
}

/// What was given to the pools of a memory and no worker has taken.
fn tasks(state: &State, space: SpaceId) -> impl Iterator<Item = &Task> {
    let pools = state
        .objects
        .iter()
        .filter_map(move |object| match &object.body {
            Body::Pool(pool) => {
                let creator = state.processes.get(pool.creator as usize)?;
                (creator.space == space).then_some(&pool.tasks)
            }
            _ => None,
        });
    pools.flatten()
}

fn has_containers(parcel: &Parcel) -> bool {
    let is_container = |cell: &Cell| !matches!(cell, Cell::Connection(_));
    matches!(parcel, Parcel::Copy(message) if message.cells.iter().any(is_container))
}

/// Whether a task's items, or its arguments, may be those of this list or dict.
fn gives(state: &State, (own, changed): (Here<'_>, &Cell), task: &Task) -> bool {
    let is_map = matches!(&state.objects[task.job as usize].body, Body::Job(job) if job.is_map);
    let Some(call) = task.calls.front() else {
        return false;
    };
    let (root, there) = match call {
        Parcel::Copy(message) => (&message.root, Here(&message.cells)),
        Parcel::Same(value) => (value, own),
        Parcel::Bytes(..) => return false,
    };
    let Val::Tuple(arguments) = root else {
        return false;
    };
    let mut items: Vec<&Val> = Vec::new();
    match changed {
        Cell::List(values) => items.extend(values),
        Cell::Dict(pairs) => items.extend(pairs.iter().map(|(key, _)| key)),
        Cell::Connection(_) => return false,
    }
    let is_same_item = |one: &Val, other: &Val| is_same((own, one), (there, other), DEPTH_MAX);
    if !is_map {
        let mut both = items.iter().zip(arguments.iter());
        return !items.is_empty()
            && items.len() == arguments.len()
            && both.all(|(one, other)| is_same_item(one, other));
    }
    let are_arguments = |values: &[Val]| {
        let mut both = values.iter().zip(arguments.iter());
        values.len() == arguments.len() && both.all(|(one, other)| is_same_item(one, other))
    };
    items.into_iter().any(|item| {
        let is_one = arguments.len() == 1 && is_same_item(item, &arguments[0]);
        is_one
            || match item {
                Val::Tuple(values) => are_arguments(values),
                Val::Ref(at) => {
                    matches!(&own.0[*at as usize], Cell::List(values) if are_arguments(values))
                }
                _ => false,
            }
    })
}

/// Cells, to which values refer.
#[derive(Clone, Copy)]
struct Here<'c>(&'c [Cell]);

/// How deep lists within lists are looked into; deeper, all are equal.
const DEPTH_MAX: u32 = 12;

fn is_same((here, one): (Here<'_>, &Val), (there, other): (Here<'_>, &Val), depth: u32) -> bool {
    match (one, other) {
        (Val::Ref(one), Val::Ref(other)) => {
            let cells = (&here.0[*one as usize], &there.0[*other as usize]);
            is_same_cell((here, cells.0), (there, cells.1), depth)
        }
        (Val::Tuple(one), Val::Tuple(other)) => {
            let mut both = one.iter().zip(other.iter());
            one.len() == other.len()
                && both.all(|(one, other)| is_same((here, one), (there, other), depth))
        }
        (one, other) => one == other,
    }
}

fn is_same_cell(
    (here, one): (Here<'_>, &Cell),
    (there, other): (Here<'_>, &Cell),
    depth: u32,
) -> bool {
    if depth == 0 {
        return true;
    }
    let same = |one: &Val, other: &Val| is_same((here, one), (there, other), depth - 1);
    match (one, other) {
        (Cell::List(one), Cell::List(other)) => {
            let mut both = one.iter().zip(other);
            one.len() == other.len() && both.all(|(one, other)| same(one, other))
        }
        (Cell::Dict(one), Cell::Dict(other)) => {
            let mut both = one.iter().zip(other);
            one.len() == other.len()
                && both.all(|(one, other)| same(&one.0, &other.0) && same(&one.1, &other.1))
        }
        _ => false,
    }
}
