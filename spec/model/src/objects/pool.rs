//! Pools: workers that claim the oldest chunk of work, and the thread that calls callbacks.

use std::collections::VecDeque;

use poolproof_case::catalogue::PoolMethod;
use poolproof_case::{ErrorKind, StartMethod};

use super::result::{self, Outcome};
use super::{
    Access, Body, Choice, Context, Done, Fault, Id, Ready, phase, process, start, submit, taking,
};
use crate::machine::{Machine, plain, run};
use crate::state::message::{self, Passage};
use crate::state::part::Part;
use crate::state::renumber::Renumber;
use crate::state::{
    Finish, NOBODY, ObjectId, Parcel, Phase, Process, ProcessId, Role, Signal, Stage, State,
    Symbol, Task, Val, Work,
};

/// Workers and their work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pool {
    pub(crate) creator: ProcessId,
    pub(crate) size: u32,
    pub(crate) method: StartMethod,
    pub(crate) life: Life,
    pub(crate) tasks: VecDeque<Task>,
    pub(crate) initializer: Option<u16>,
    /// In the creator's memory: each worker is given them as they are when it starts.
    pub(crate) initializer_arguments: Vec<Val>,
    /// Each worker is replaced after so many tasks; 0: never.
    pub(crate) tasks_max: u32,
    /// Workers that ended and are not yet replaced; each is given what its creator has when it is.
    pub(crate) missing: u32,
    /// Whether a thread calls callbacks: all results then wait for it.
    pub(crate) has_handler: bool,
    /// Results that this thread has not yet seen.
    pub(crate) arrived: VecDeque<(ObjectId, u32, Outcome)>,
}

/// Whether a pool takes work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Life {
    Open,
    Closed,
    Terminated,
}

impl Pool {
    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        renumber.process(&mut self.creator);
        let arguments = &mut self.initializer_arguments;
        arguments.iter_mut().for_each(|value| renumber.value(value));
        for task in &mut self.tasks {
            renumber.object(&mut task.job);
            task.calls.iter_mut().for_each(|call| renumber.parcel(call));
        }
        for (job, _, outcome) in &mut self.arrived {
            renumber.object(job);
            outcome.renumber(renumber);
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.life == Life::Open
    }

    pub(crate) fn parcels(&self) -> impl Iterator<Item = &Parcel> {
        self.tasks.iter().flat_map(|task| &task.calls)
    }
}

/// The workers of a pool that live.
pub(crate) fn workers(state: &State, pool: ObjectId) -> impl Iterator<Item = ProcessId> {
    let is_worker =
        move |role: &Role| matches!(role, Role::Worker { pool: one, .. } if *one == pool);
    let all = state.processes.iter().enumerate();
    all.filter(move |(_, process)| !process.is_gone && is_worker(&process.role))
        .map(|(at, _)| at as ProcessId)
}

/// Whether the pool's handler calls a callback, which this process is not.
fn is_calling(state: &State, pool: ObjectId, process: ProcessId) -> bool {
    let calls = |role: &Role| matches!(role, Role::Handler { pool: one, job } if *one == pool && *job != NOBODY);
    state
        .processes
        .iter()
        .enumerate()
        .any(|(at, one)| at as ProcessId != process && !one.is_gone && calls(&one.role))
}

pub(super) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    (id, this): (ObjectId, &Pool),
    method: PoolMethod,
    access: &Access,
) -> Ready {
    if let Phase::Result(job) = phase(state, process) {
        return match &state.objects[*job as usize].body {
            Body::Job(job) => taking::wait(state, job, super::Wait::Forever),
            _ => Ready::NOW,
        };
    }
    match method {
        PoolMethod::Join => {
            Ready::when(this.life == Life::Open || is_over(state, id, this, process))
        }
        PoolMethod::Terminate => ready_to_end(state, process, (id, this)),
        PoolMethod::Close => Ready::NOW,
        PoolMethod::Apply
        | PoolMethod::ApplyAsync
        | PoolMethod::Map
        | PoolMethod::MapAsync
        | PoolMethod::Starmap
        | PoolMethod::StarmapAsync
        | PoolMethod::Imap
        | PoolMethod::ImapUnordered => {
            let given = (method, access);
            Ready::ways(submit::ways(machine, state, process, this.size, given))
        }
    }
}

/// Whether nothing more comes of a pool.
fn is_over(state: &State, id: ObjectId, this: &Pool, process: ProcessId) -> bool {
    workers(state, id).next().is_none()
        && this.tasks.is_empty()
        && this.arrived.is_empty()
        && !is_calling(state, id, process)
}

/// Whether who terminates it can go on: its workers have ended.
pub(super) fn ready_to_end(
    state: &State,
    process: ProcessId,
    (id, this): (ObjectId, &Pool),
) -> Ready {
    let has_told = *phase(state, process) == Phase::Ending;
    Ready::when(!has_told || is_over(state, id, this, process))
}

pub(super) fn call(
    id: Id<Pool>,
    context: &mut Context<'_>,
    method: PoolMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    if let Phase::Result(job) = *phase(context.state, context.process) {
        return taking::take(context.id(job)?, context, choice).map(Done::Value);
    }
    let pool = context.get(id);
    let is_open = pool.life == Life::Open;
    match method {
        PoolMethod::Terminate => return terminate(id, context),
        PoolMethod::Close if is_open => pool.life = Life::Closed,
        PoolMethod::Close => {}
        PoolMethod::Join if is_open => {
            return context.raise(ErrorKind::Usage, "the pool still takes work");
        }
        PoolMethod::Join => {}
        PoolMethod::Apply
        | PoolMethod::ApplyAsync
        | PoolMethod::Map
        | PoolMethod::MapAsync
        | PoolMethod::Starmap
        | PoolMethod::StarmapAsync
        | PoolMethod::Imap
        | PoolMethod::ImapUnordered => {
            if !is_open {
                return context.raise(ErrorKind::Closed, "the pool is closed");
            }
            return submit::submit(id, context, method, access, choice);
        }
    }
    Ok(Done::Value(Val::None))
}

/// Enters it as a context manager.
pub(super) fn enter(id: Id<Pool>, context: &mut Context<'_>) -> Result<Done, Fault> {
    if context.get(id).life == Life::Open {
        Ok(Done::Value(Val::None))
    } else {
        context.raise(ErrorKind::Closed, "the pool is closed")
    }
}

/// Tells its workers to end, and waits for them.
pub(super) fn terminate(id: Id<Pool>, context: &mut Context<'_>) -> Result<Done, Fault> {
    let process = context.process;
    if *phase(context.state, process) == Phase::Ending {
        return Ok(Done::Value(Val::None));
    }
    let pool = context.get(id);
    pool.life = Life::Terminated;
    pool.tasks.clear();
    pool.arrived.clear();
    pool.initializer_arguments.clear();
    if context.is_threads() {
        // Threads cannot be ended; each leaves after its task.
        return Ok(Done::Value(Val::None));
    }
    let workers: Vec<ProcessId> = workers(context.state, id.number()).collect();
    for worker in workers {
        process::send(context.state, worker, Signal::Terminate);
    }
    context.state.frame_mut(process).phase = Phase::Ending;
    Ok(Done::Stay)
}

/// A result reaches the process that made the pool.
pub(crate) fn arrive(
    state: &mut State,
    pool: ObjectId,
    job: ObjectId,
    index: u32,
    outcome: Outcome,
) {
    match &mut state.objects[pool as usize].body {
        Body::Pool(pool) if pool.has_handler => pool.arrived.push_back((job, index, outcome)),
        _ => {
            result::deliver(state, job, index, outcome);
            result::settle(state, job);
        }
    }
}

/// Constructs a pool and starts its workers.
pub(super) fn make(
    context: &mut Context<'_>,
    access: &Access,
    method: StartMethod,
) -> Result<Val, Fault> {
    let own = &context.state.processes[context.process as usize];
    if own.is_daemon && !context.is_threads() {
        return context.raise(ErrorKind::Usage, "a daemon has no children");
    }
    if own.is_loading {
        return context.raise(
            ErrorKind::Bootstrapping,
            "started while its creator was loading",
        );
    }
    let loads = matches!(method, StartMethod::Spawn | StartMethod::Forkserver);
    if loads && !context.machine.code.has_guard {
        return context.model("a pool's workers that load an unguarded main fail for ever");
    }
    let size = match access.argument(0) {
        Val::Int(size) if *size < 1 => {
            return context.raise(ErrorKind::Usage, "a pool has at least one worker");
        }
        Val::Int(size) => *size as u32,
        _ => return context.model("a pool here says how many workers it has"),
    };
    let initializer = match access.argument(1) {
        Val::Function(function) => Some(*function),
        Val::Unset | Val::None => None,
        _ => return context.raise(ErrorKind::Usage, "an initializer is a function"),
    };
    let arguments = match access.argument(2) {
        Val::Unset => Vec::new(),
        given => plain::iterate(context, given)?,
    };
    if !context.is_threads() {
        // What no worker can be given fails here.
        let given = Val::Tuple(arguments.clone().into());
        message::copy(context, &given, Passage::to_child(method))?;
    }
    let tasks_max = match access.argument(3) {
        Val::Int(most) if *most < 1 => {
            return context.raise(ErrorKind::Usage, "a worker does at least one task");
        }
        Val::Int(most) => *most as u32,
        _ => 0,
    };
    let id = context.create(Body::Pool(Pool {
        creator: context.process,
        size,
        method,
        life: Life::Open,
        tasks: VecDeque::new(),
        initializer,
        initializer_arguments: arguments,
        tasks_max,
        missing: 0,
        has_handler: false,
        arrived: VecDeque::new(),
    }));
    for _ in 0..size {
        start_worker(context, id)?;
    }
    Ok(Val::Object(id))
}

/// Whether another worker takes the place of one that ended.
pub(crate) fn needs_worker(state: &State, pool: &Pool) -> bool {
    let creator = state.processes.get(pool.creator as usize);
    let is_needed = match pool.life {
        Life::Open => true,
        Life::Closed => !pool.tasks.is_empty(),
        Life::Terminated => false,
    };
    // One that ends goes on until it terminates its daemons.
    let goes_on = |creator: &Part<Process>| {
        let is_over = |ending: Finish| ending.stage != Stage::Daemons;
        !creator.is_gone && !creator.ending.is_some_and(is_over)
    };
    is_needed && creator.is_some_and(goes_on)
}

/// Starts a worker in place of one that ended, for as long as there is need.
pub(crate) fn replace_worker(context: &mut Context<'_>, id: ObjectId) -> Result<(), Fault> {
    if let Body::Pool(pool) = context.body(id) {
        pool.missing -= 1;
    }
    start_worker(context, id)
}

/// Starts a worker, also in place of one that ended.
pub(crate) fn start_worker(context: &mut Context<'_>, id: ObjectId) -> Result<(), Fault> {
    let Body::Pool(pool) = context.body(id).clone() else {
        return context.model("this is no pool");
    };
    let around = std::mem::replace(&mut context.process, pool.creator);
    let (object, this) = start::object_for(context, pool.method, true);
    let role = Role::Worker {
        pool: id,
        done: 0,
        work: Work::Starting,
    };
    let worker = start::spawn(context, &this, object, role)?;
    let given = match start::hand_over(context, pool.initializer_arguments, pool.method, worker) {
        Err(Fault::Raise(..)) => {
            return context.model("what an initializer is given cannot be sent any more");
        }
        given => given?,
    };
    if let Some(initializer) = pool.initializer {
        context.process = worker;
        run::call(context, initializer, given, &[], false)?;
    }
    context.process = around;
    Ok(())
}

/// Notes the error of a call of a task.
pub(crate) fn fail(task: &mut Task, kind: ErrorKind, text: Symbol) {
    task.error = Some((kind, text));
}
