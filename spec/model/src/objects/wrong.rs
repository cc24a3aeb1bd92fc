//! Accesses that go wrong where a clause is turned off, beside all that they may do otherwise.

use std::collections::VecDeque;

use super::{Access, Body, Choice, Context, Done, Fault, Ready, answer, phase};
use crate::machine::breach::{Answer, Wrong};
use crate::machine::{Machine, class};
use crate::state::{Cell, ObjectId, Phase, ProcessId, State, Val};

/// Whether the access can be made now, and in how many ways.
pub(crate) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
) -> Ready {
    let ready = answer::ready(machine, state, process, access);
    let more = ways(machine, state, process, access, ready).count() as u8;
    Ready {
        ways: ready.ways.saturating_add(more),
        ..ready
    }
}

/// How it may go wrong.
fn wrongs(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
) -> &'static [Wrong] {
    let Some(breach) = machine.breach else {
        return &[];
    };
    let cells = &state.space(process).cells;
    let class = class(&state.objects, &access.receiver, cells);
    class.map_or(&[], |class| breach.wrongs(access.operation, class))
}

/// Those of them that are a way of their own now.
fn ways(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
    ready: Ready,
) -> impl Iterator<Item = Wrong> {
    let wrongs = wrongs(machine, state, process, access);
    let begins = !wrongs.is_empty() && *phase(state, process) == Phase::Begin;
    wrongs.iter().copied().filter(move |wrong| match wrong {
        Wrong::Hides(_) | Wrong::Sticks(_) => false,
        Wrong::Returns(_) | Wrong::Waits | Wrong::Raises(_) => begins,
        Wrong::Early(_) => begins && ready.ways == 0,
        Wrong::Denies
        | Wrong::Second
        | Wrong::Last
        | Wrong::Keeps
        | Wrong::Reverses
        | Wrong::Idles => ready.ways > 0,
    })
}

/// Makes the access.
pub(crate) fn perform(
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    if context.machine.breach.is_none() {
        return answer::perform(context, access, choice);
    }
    let (machine, process) = (context.machine, context.process);
    let ready = answer::ready(machine, context.state, process, access);
    let wrong = match choice {
        Choice::Way(way) if way >= ready.ways => {
            let beyond = usize::from(way - ready.ways);
            ways(machine, context.state, process, access, ready).nth(beyond)
        }
        _ => None,
    };
    let Some(wrong) = wrong else {
        let hidden = wrongs(machine, context.state, process, access);
        return match answer::perform(context, access, choice) {
            Err(Fault::Raise(kind, _)) if hidden.contains(&Wrong::Hides(kind)) => {
                Ok(Done::Value(Val::None))
            }
            Err(Fault::Raise(kind, _)) if hidden.contains(&Wrong::Sticks(kind)) => {
                Err(Fault::Stuck)
            }
            other => other,
        };
    };
    match wrong {
        Wrong::Returns(answer) | Wrong::Early(answer) => Ok(Done::Value(match answer {
            Answer::Nothing => Val::None,
            Answer::True => Val::Bool(true),
            Answer::False => Val::Bool(false),
            Answer::Number(number) => Val::Int(number),
        })),
        Wrong::Waits => Err(Fault::Stuck),
        Wrong::Raises(kind) => context.raise(kind, "against the rule"),
        Wrong::Second | Wrong::Last => {
            reorder(context, access, wrong);
            answer::perform(context, access, Choice::Way(0))
        }
        Wrong::Keeps => {
            let before = stored(context, access);
            let done = answer::perform(context, access, Choice::Way(0))?;
            if let Some(before) = before {
                context.state.objects[before.0 as usize].body = before.1;
            }
            Ok(done)
        }
        Wrong::Idles => {
            let before = context.state.processes.len();
            let done = answer::perform(context, access, Choice::Way(0))?;
            let started = context.state.processes.iter_mut().skip(before);
            started.for_each(|one| one.frames.clear());
            Ok(done)
        }
        Wrong::Denies | Wrong::Reverses | Wrong::Hides(_) | Wrong::Sticks(_) => {
            let done = answer::perform(context, access, Choice::Way(0))?;
            Ok(turned(context, done))
        }
    }
}

/// The opposite of a truth, a list the other way round.
fn turned(context: &mut Context<'_>, done: Done) -> Done {
    match done {
        Done::Value(Val::Bool(truth)) => Done::Value(Val::Bool(!truth)),
        Done::Value(Val::Ref(at)) => {
            let cells = &mut context.state.space_mut(context.process).cells;
            if let Some(Cell::List(items)) = cells.get_mut(at as usize) {
                items.reverse();
            }
            Done::Value(Val::Ref(at))
        }
        other => other,
    }
}

/// The object that holds what is taken.
fn store(context: &Context<'_>, access: &Access) -> Option<(ObjectId, usize)> {
    match access.receiver {
        Val::Object(id) => Some((id, 0)),
        Val::Ref(at) => match context.state.space(context.process).cells.get(at as usize) {
            Some(Cell::Connection(end)) => Some((end.pipe, usize::from(1 - end.side))),
            _ => None,
        },
        _ => None,
    }
}

/// That object as it is.
fn stored(context: &Context<'_>, access: &Access) -> Option<(ObjectId, Body)> {
    let (id, _) = store(context, access)?;
    Some((id, context.state.objects[id as usize].body.clone()))
}

/// Puts another in front.
fn reorder(context: &mut Context<'_>, access: &Access, wrong: Wrong) {
    let Some((id, side)) = store(context, access) else {
        return;
    };
    match context.body(id) {
        Body::Queue(queue) => put_first(&mut queue.pipe, wrong),
        Body::Pipe(pipe) => put_first(&mut pipe.sent[side], wrong),
        Body::Job(job) => put_first(&mut job.next, wrong),
        _ => {}
    }
}

fn put_first<T>(waiting: &mut VecDeque<T>, wrong: Wrong) {
    let at = match wrong {
        Wrong::Second => 1,
        _ => waiting.len().saturating_sub(1),
    };
    if let Some(other) = waiting.remove(at) {
        waiting.push_front(other);
    }
}
