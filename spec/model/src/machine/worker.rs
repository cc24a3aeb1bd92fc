//! What a pool's worker or result handler does between two calls.

use poolproof_case::{ErrorKind, StartMethod};

use super::finish::end_worker;
use super::run;
use crate::objects::result::Outcome;
use crate::objects::{Body, Context, Fault, pool, result};
use crate::state::{NOBODY, ObjectId, ProcessId, Role, State, Task, Val, Work};

/// A pool's worker is over: its task is lost, and another takes its place.
pub(super) fn lose(context: &mut Context<'_>, id: ObjectId, work: Work) -> Result<(), Fault> {
    if let Work::Task(task) = work {
        pool::arrive(context.state, id, task.job, task.index, Outcome::Lost);
    }
    let Body::Pool(this) = &context.state.objects[id as usize].body else {
        return Ok(());
    };
    if !pool::needs_worker(context.state, this) {
        return Ok(());
    }
    let is_given_the_same = !this.initializer_arguments.iter().any(Val::may_change);
    if this.method != StartMethod::Fork && is_given_the_same {
        return pool::start_worker(context, id);
    }
    // When it is started is open, and what it then is given, and has of its creator's memory, with it.
    if let Body::Pool(this) = context.body(id) {
        this.missing += 1;
    }
    Ok(())
}

/// In how many ways a worker without a call can go on.
pub(super) fn worker_ways(state: &State, process: ProcessId) -> u8 {
    let Role::Worker { pool, work, .. } = &state.processes[process as usize].role else {
        return 0;
    };
    let Body::Pool(this) = &state.objects[*pool as usize].body else {
        return 0;
    };
    match work {
        Work::Starting => 0,
        Work::Task(task) if may_go_on(task) => 2,
        Work::Task(_) => 1,
        Work::Idle => {
            let is_orphan = state.processes[process as usize].parent == NOBODY;
            u8::from(!this.tasks.is_empty() || this.life != pool::Life::Open || is_orphan)
        }
    }
}

/// Whether a call of a chunk of several has failed: what becomes of the others is open.
fn may_go_on(task: &Task) -> bool {
    let others = task.calls.len() + task.results.len();
    (task.error.is_some() && others > 0) || task.results.iter().any(Result::is_err)
}

/// What comes of a chunk: an error in place of it all, or in a second way in its own place only.
fn outcome_of(task: Task, way: u8) -> Outcome {
    let first = task.results.iter().find_map(|single| single.as_ref().err());
    match task.error.or(first.copied()) {
        Some((kind, text)) if way == 0 => Outcome::Error(kind, text),
        _ => Outcome::Values(task.results),
    }
}

/// A worker claims the oldest chunk, hands in its results, or leaves; in a second way it goes on
/// after the error of a call.
pub(super) fn worker_step(context: &mut Context<'_>, way: u8) -> Result<(), Fault> {
    let process = context.process;
    let Role::Worker { pool, work, done } = &mut context.state.processes[process as usize].role
    else {
        return Ok(());
    };
    let (id, worked) = (*pool, std::mem::replace(work, Work::Idle));
    if let Work::Task(mut task) = worked {
        if let Some(error) = task.error.take_if(|_| way == 1) {
            task.results.push(Err(error));
        }
        if way == 1 && !task.calls.is_empty() {
            *work = Work::Task(task);
            return Ok(());
        }
        *done += 1;
        let done = *done;
        let (job, index) = (task.job, task.index);
        pool::arrive(context.state, id, job, index, outcome_of(task, way));
        return retire(context, id, done);
    }
    if let Body::Pool(pool) = context.body(id)
        && let Some(task) = pool.tasks.pop_front()
    {
        if let Role::Worker { work, .. } = &mut context.state.processes[process as usize].role {
            *work = Work::Task(task);
        }
        return Ok(());
    }
    end_worker(context)
}

/// A worker that has done its share is replaced; one that may do more forgets how much it did.
fn retire(context: &mut Context<'_>, id: ObjectId, done: u32) -> Result<(), Fault> {
    let process = context.process;
    let Body::Pool(pool) = context.body(id) else {
        return Ok(());
    };
    if pool.tasks_max == 0 {
        if let Role::Worker { done, .. } = &mut context.state.processes[process as usize].role {
            *done = 0;
        }
        return Ok(());
    }
    if done >= pool.tasks_max {
        end_worker(context)
    } else {
        Ok(())
    }
}

/// Whether a pool's handler has something to do.
pub(super) fn handler_ways(state: &State, process: ProcessId) -> u8 {
    let Role::Handler { pool, job } = &state.processes[process as usize].role else {
        return 0;
    };
    let Body::Pool(pool) = &state.objects[*pool as usize].body else {
        return 0;
    };
    match pool.arrived.front() {
        // What becomes of a callback's error is open: it may take the place of the result.
        _ if *job != NOBODY => match &state.objects[*job as usize].body {
            Body::Job(job) if job.callback_error.is_some() => 2,
            _ => 1,
        },
        Some((job, _, Outcome::Lost)) if has_error_callback(state, *job) => 2,
        front => u8::from(front.is_some()),
    }
}

fn has_error_callback(state: &State, job: ObjectId) -> bool {
    matches!(&state.objects[job as usize].body, Body::Job(job) if job.error_callback.is_some())
}

/// A pool's handler notes the next result, calls its callback, and makes it ready.
///
/// That a task was lost is noted, or in a second way is an error like any other.
pub(super) fn handler_step(context: &mut Context<'_>, way: u8) -> Result<(), Fault> {
    let process = context.process;
    let Role::Handler { pool, job } = &mut context.state.processes[process as usize].role else {
        return Ok(());
    };
    let (id, called) = (*pool, std::mem::replace(job, NOBODY));
    if called != NOBODY {
        if let Body::Job(job) = context.body(called)
            && let Some((kind, text)) = job.callback_error.take()
            && way == 1
        {
            job.fail(kind, text);
        }
        result::settle(context.state, called);
        return Ok(());
    }
    let Body::Pool(pool) = context.body(id) else {
        return Ok(());
    };
    let Some((job, index, mut outcome)) = pool.arrived.pop_front() else {
        return Ok(());
    };
    if outcome == Outcome::Lost && way == 1 {
        let text = context.machine.code.names.intern_own(result::LOST);
        outcome = Outcome::Error(ErrorKind::WorkerLost, text);
    }
    if !result::deliver(context.state, job, index, outcome) {
        return Ok(());
    }
    let callback = match context.body(job) {
        Body::Job(job) => job.callback(),
        _ => None,
    };
    let Some(callback) = callback else {
        result::settle(context.state, job);
        return Ok(());
    };
    let argument = result::callback_argument(context, job);
    run::call(context, callback, vec![argument], &[], false)?;
    if let Role::Handler { job: called, .. } = &mut context.state.processes[process as usize].role {
        *called = job;
    }
    Ok(())
}
