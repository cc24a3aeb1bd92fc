//! Taking results: when one is there, was lost, or ends what gives them one by one.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{AsyncResultMethod, ResultIteratorMethod};

use super::result::{Job, LOST, Outcome, value};
use super::{Access, Body, Choice, Context, Done, Fault, Id, Operation, Ready, Wait, phase};
use crate::state::message;
use crate::state::{Cell, Phase, State, Val};

/// Whether a job's result can be taken; one that was lost never comes, or is an error.
pub(super) fn wait(state: &State, job: &Job, wait: Wait) -> Ready {
    if job.is_ready {
        return Ready::NOW;
    }
    let ready = Ready::wait(false, wait);
    // The documentation does not say what becomes of the result: CPython never gives one.
    // The first way is that it never comes, so that only the time can be up.
    if job.is_lost || is_over(state, job) {
        return Ready { ways: 2, ..ready };
    }
    ready
}

/// Whether its pool was terminated.
fn is_over(state: &State, job: &Job) -> bool {
    match &state.objects[job.pool as usize].body {
        Body::Pool(pool) => pool.life == super::pool::Life::Terminated,
        _ => false,
    }
}

/// Whether an iterator has its next result; a second way is that it was lost.
pub(super) fn wait_for_next(state: &State, job: &Job, wait: Wait) -> Ready {
    let has_next = !job.next.is_empty() || job.left == 0;
    let ready = Ready::wait(has_next, wait);
    let is_lost = job.lost_chunk().is_some() || (!has_next && is_over(state, job));
    let ends = u8::from(job.may_end());
    let ways = match is_lost {
        false => ready.ways,
        // It waits for another meanwhile, so that the one way is that it was lost.
        true if ready.ways == 0 && job.goes_on() => 1,
        true => 2,
    };
    Ready {
        ways: ways + ends,
        ..ready
    }
}

pub(super) fn ready(
    state: &State,
    this: &Job,
    method: AsyncResultMethod,
    access: &Access,
) -> Ready {
    match method {
        AsyncResultMethod::Get | AsyncResultMethod::Wait => wait(state, this, access.timeout(0)),
        AsyncResultMethod::Ready | AsyncResultMethod::Successful => wait(state, this, Wait::Never),
    }
}

pub(super) fn ready_for_next(
    state: &State,
    this: &Job,
    method: ResultIteratorMethod,
    access: &Access,
) -> Ready {
    match method {
        ResultIteratorMethod::Next => wait_for_next(state, this, access.timeout(0)),
    }
}

pub(super) fn call(
    id: Id<Job>,
    context: &mut Context<'_>,
    method: AsyncResultMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let text = context.machine.code.names.intern_own(LOST);
    let job = context.get(id);
    if !job.is_ready && choice == Choice::Way(1) {
        job.fail(ErrorKind::WorkerLost, text);
    }
    let is_waited_for = choice != Choice::Expire && access.timeout(0) != Wait::Never;
    let result = match method {
        AsyncResultMethod::Get if !job.is_ready && !is_waited_for => {
            return context.raise(ErrorKind::Timeout, "");
        }
        AsyncResultMethod::Get => take(id, context, choice)?,
        AsyncResultMethod::Wait if !job.is_ready && is_waited_for => return Err(Fault::Stuck),
        AsyncResultMethod::Wait => Val::None,
        AsyncResultMethod::Ready => Val::Bool(job.is_ready),
        AsyncResultMethod::Successful if !job.is_ready => {
            return context.raise(ErrorKind::Usage, "the result is not there yet");
        }
        AsyncResultMethod::Successful => Val::Bool(job.error.is_none()),
    };
    Ok(Done::Value(result))
}

pub(super) fn call_iterator(
    id: Id<Job>,
    context: &mut Context<'_>,
    method: ResultIteratorMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match method {
        ResultIteratorMethod::Next => match next(id, context, access.timeout(0), choice)? {
            Some(value) => Ok(Done::Value(value)),
            None => context.raise(ErrorKind::Empty, ""),
        },
    }
}

/// Takes what a loop, or a list of it, takes.
pub(super) fn read(
    id: Id<Job>,
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    if !context.get(id).is_iterator {
        return context.raise(ErrorKind::Type, "one result cannot be iterated");
    }
    match access.operation {
        Operation::Next => {
            let value = next(id, context, Wait::Forever, choice)?;
            Ok(Done::Value(value.unwrap_or(Val::Unset)))
        }
        Operation::Copy => gather(id, context, choice),
        _ => context.model(format!(
            "a result has no access `{}`",
            access.shown(context)
        )),
    }
}

/// The next result; nothing where there are no more.
fn next(
    id: Id<Job>,
    context: &mut Context<'_>,
    wait: Wait,
    choice: Choice,
) -> Result<Option<Val>, Fault> {
    let job = context.get(id);
    if choice == Choice::Expire {
        return context.raise(ErrorKind::Timeout, "");
    }
    let is_over = job.left == 0;
    let is_never = wait == Wait::Never;
    let waits = !is_over && !is_never && job.next.is_empty();
    let ending = if job.lost_chunk().is_some() { 2 } else { 1 };
    let ends = job.may_end() && choice == Choice::Way(ending);
    if !ends && (choice == Choice::Way(1) || (waits && job.goes_on())) {
        if let Some(lost) = job.lost_chunk() {
            job.chunks[lost] = None;
            job.left -= 1;
            job.expected += 1;
            job.line_up();
        }
        return context.raise(ErrorKind::WorkerLost, LOST);
    }
    let next = job.next.pop_front();
    if ends {
        job.end();
    }
    match next {
        Some(Outcome::Values(values)) => match values.first() {
            Some(Ok(value)) => {
                let value = message::unpack(context.state, context.process, value);
                Ok(Some(value))
            }
            Some(Err((kind, text))) => Err(Fault::Raise(*kind, *text)),
            None => Ok(Some(Val::None)),
        },
        Some(Outcome::Error(kind, text)) => Err(Fault::Raise(kind, text)),
        Some(Outcome::Lost) => context.raise(ErrorKind::WorkerLost, LOST),
        None if is_over => Ok(None),
        None if is_never => context.raise(ErrorKind::Timeout, ""),
        None => Err(Fault::Stuck),
    }
}

/// Takes one result after the other into a list that lies on top of the operands meanwhile.
fn gather(id: Id<Job>, context: &mut Context<'_>, choice: Choice) -> Result<Done, Fault> {
    let process = context.process;
    if *phase(context.state, process) == Phase::Begin {
        let list = context.state.allocate(process, Cell::List(Vec::new()));
        let frame = context.state.frame_mut(process);
        frame.stack.push(list);
        frame.phase = Phase::At(0);
    }
    let next = next(id, context, Wait::Forever, choice)?;
    let Some(Val::Ref(list)) = context.state.frame_mut(process).stack.last().cloned() else {
        return context.model("the list of an iterator is lost");
    };
    let Some(value) = next else {
        context.state.frame_mut(process).stack.pop();
        return Ok(Done::Value(Val::Ref(list)));
    };
    if let Cell::List(items) = &mut context.state.space_mut(process).cells[list as usize] {
        items.push(value);
    }
    Ok(Done::Stay)
}

/// The result itself, or the error that the task raised.
pub(super) fn take(id: Id<Job>, context: &mut Context<'_>, choice: Choice) -> Result<Val, Fault> {
    let job = context.get(id);
    let error = job.error;
    if !job.is_ready {
        if choice == Choice::Way(1) {
            return context.raise(ErrorKind::WorkerLost, LOST);
        }
        return Err(Fault::Stuck);
    }
    match error {
        Some((kind, text)) => Err(Fault::Raise(kind, text)),
        None => Ok(value(context, id)),
    }
}
