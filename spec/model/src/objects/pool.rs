//! Pools: workers that claim the oldest chunk of work, and the thread that calls callbacks.

use std::collections::VecDeque;

use poolproof_case::{ErrorKind, StartMethod};

use super::result::{self, Job, Outcome};
use super::{Access, Body, Choice, Context, Done, Fault, Operation, Ready, phase, process};
use crate::machine::{plain, run};
use crate::state::compact::Renumber;
use crate::state::message::{self, Passage};
use crate::state::{
    NOBODY, ObjectId, Parcel, Phase, ProcessId, Role, Signal, State, Symbol, Task, Val, Work,
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
    pub(crate) initializer_arguments: Parcel,
    /// Each worker is replaced after so many tasks; 0: never.
    pub(crate) tasks_max: u32,
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
        renumber.parcel(&mut self.initializer_arguments);
        for task in &mut self.tasks {
            renumber.object(&mut task.job);
            task.calls.iter_mut().for_each(|call| renumber.parcel(call));
        }
        for (job, _, outcome) in &mut self.arrived {
            renumber.object(job);
            outcome.renumber(renumber);
        }
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

/// Whether the pool's handler calls a callback.
fn is_calling(state: &State, pool: ObjectId) -> bool {
    let calls = |role: &Role| matches!(role, Role::Handler { pool: one, job } if *one == pool && *job != NOBODY);
    state
        .processes
        .iter()
        .any(|process| !process.is_gone && calls(&process.role))
}

pub(super) fn ready(state: &State, process: ProcessId, this: &Pool, access: &Access) -> Ready {
    let Val::Object(id) = access.receiver else {
        return Ready::NOW;
    };
    if let Phase::Result(job) = phase(state, process) {
        return match &state.objects[*job as usize].body {
            Body::Job(job) => result::wait(state, job, super::Wait::Forever),
            _ => Ready::NOW,
        };
    }
    let is_over =
        workers(state, id).next().is_none() && this.arrived.is_empty() && !is_calling(state, id);
    match (access.operation, access.name) {
        (Operation::Call, "join") => Ready::when(this.life == Life::Open || is_over),
        (Operation::Leave, _) | (Operation::Call, "terminate") => {
            Ready::when(*phase(state, process) != Phase::Ending || is_over)
        }
        _ => Ready::NOW,
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    if let Phase::Result(job) = *phase(context.state, process) {
        return result::take(context, job, choice).map(Done::Value);
    }
    let Body::Pool(pool) = context.body(id) else {
        return context.model("this is no pool");
    };
    let life = pool.life;
    match (access.operation, access.name) {
        (Operation::Enter, _) if life != Life::Open => {
            return context.raise(ErrorKind::Closed, "the pool is closed");
        }
        (Operation::Enter, _) => {}
        (Operation::Leave, _) | (Operation::Call, "terminate") => return terminate(context, id),
        (Operation::Call, "close") => {
            if life == Life::Open {
                pool.life = Life::Closed;
            }
        }
        (Operation::Call, "join") if life == Life::Open => {
            return context.raise(ErrorKind::Usage, "the pool still takes work");
        }
        (Operation::Call, "join") => {}
        _ if life != Life::Open => return context.raise(ErrorKind::Closed, "the pool is closed"),
        _ => return submit(context, id, access),
    }
    Ok(Done::Value(Val::None))
}

fn terminate(context: &mut Context<'_>, id: ObjectId) -> Result<Done, Fault> {
    let process = context.process;
    if *phase(context.state, process) == Phase::Ending {
        return Ok(Done::Value(Val::None));
    }
    if let Body::Pool(pool) = context.body(id) {
        pool.life = Life::Terminated;
        pool.tasks.clear();
        pool.arrived.clear();
    }
    if context.is_threads() {
        // Threads cannot be ended; each leaves after its task.
        return Ok(Done::Value(Val::None));
    }
    let workers: Vec<ProcessId> = workers(context.state, id).collect();
    for worker in workers {
        process::send(context.state, worker, Signal::Terminate);
    }
    context.state.frame_mut(process).phase = Phase::Ending;
    Ok(Done::Stay)
}

/// What a submission asks for.
struct Request {
    is_map: bool,
    is_star: bool,
    is_waiting: bool,
    is_iterator: bool,
    is_ordered: bool,
    chunk: Option<i64>,
    callbacks: usize,
}

fn request(access: &Access) -> Option<Request> {
    let name = access.name;
    let is_map = name != "apply" && name != "apply_async";
    let is_iterator = name.starts_with("imap");
    let callbacks = match name {
        "apply_async" | "map_async" | "starmap_async" => 3,
        _ => usize::MAX,
    };
    let known = [
        "apply",
        "apply_async",
        "map",
        "map_async",
        "starmap",
        "starmap_async",
        "imap",
        "imap_unordered",
    ];
    known.contains(&name).then(|| Request {
        is_map,
        is_star: name.starts_with("starmap"),
        is_waiting: matches!(name, "apply" | "map" | "starmap"),
        is_iterator,
        is_ordered: name != "imap_unordered",
        chunk: match access.argument(2) {
            Val::Int(chunk) if is_map => Some(*chunk),
            _ => None,
        },
        callbacks,
    })
}

fn submit(context: &mut Context<'_>, id: ObjectId, access: &Access) -> Result<Done, Fault> {
    let Some(request) = request(access) else {
        return context.model(format!("a pool has no access `{}`", access.name));
    };
    let Val::Function(function) = *access.argument(0) else {
        return context.model("a task is a function of the program");
    };
    let callback = |at: usize| match access.arguments.get(at) {
        Some(Val::Function(callback)) => Some(*callback),
        _ => None,
    };
    let callbacks = (
        callback(request.callbacks),
        callback(request.callbacks.saturating_add(1)),
    );
    let items = match access.argument(1) {
        Val::Unset => Vec::new(),
        given => plain::iterate(context, given)?,
    };
    if request.is_map && request.chunk.is_some_and(|chunk| chunk < 1) {
        return context.raise(ErrorKind::Usage, "a chunk has at least one item");
    }
    let mut calls: Vec<Vec<Val>> = Vec::new();
    if !request.is_map {
        let named = plain::named(context, access.argument(2))?;
        calls.push(run::bind(context, function, items, &named)?);
    } else if request.is_star {
        for item in items {
            calls.push(plain::iterate(context, &item)?);
        }
    } else {
        calls = items.into_iter().map(|item| vec![item]).collect();
    }
    let chunk = chunk_size(context, id, &request, calls.len());
    let chunks: Vec<Vec<Vec<Val>>> = calls.chunks(chunk).map(<[_]>::to_vec).collect();
    let job = context.create(Body::Job(Job::new(
        &access.receiver,
        chunks.len(),
        &request.shape(callbacks),
    )));
    if callbacks != (None, None) {
        let pool = id;
        start_handler(context, pool)?;
    }
    for (index, chunk) in chunks.into_iter().enumerate() {
        hand_in(context, id, job, index as u32, function, chunk)?;
    }
    if request.is_waiting {
        let process = context.process;
        context.state.frame_mut(process).phase = Phase::Result(job);
        return Ok(Done::Stay);
    }
    Ok(Done::Value(Val::Object(job)))
}

impl Request {
    fn shape(&self, callbacks: (Option<u16>, Option<u16>)) -> result::Shape {
        result::Shape {
            is_map: self.is_map,
            is_iterator: self.is_iterator,
            is_ordered: self.is_ordered,
            callbacks,
        }
    }
}

/// Python's formula: four chunks a worker, one item a chunk for `imap`.
fn chunk_size(context: &mut Context<'_>, id: ObjectId, request: &Request, count: usize) -> usize {
    let size = match context.body(id) {
        Body::Pool(pool) => pool.size as usize,
        _ => 1,
    };
    match request.chunk {
        Some(chunk) => usize::try_from(chunk).unwrap_or(1).max(1),
        None if request.is_iterator => 1,
        None => count.div_ceil(4 * size.max(1)).max(1),
    }
}

/// One chunk becomes a task; what cannot be sent is its result at once.
fn hand_in(
    context: &mut Context<'_>,
    id: ObjectId,
    job: ObjectId,
    index: u32,
    function: u16,
    chunk: Vec<Vec<Val>>,
) -> Result<(), Fault> {
    let mut calls = VecDeque::new();
    for call in chunk {
        match message::pack(context, &Val::Tuple(call.into()), Passage::Send) {
            Ok(parcel) => calls.push_back(parcel),
            Err(Fault::Raise(kind, text)) => {
                arrive(context.state, id, job, index, Outcome::Error(kind, text));
                return Ok(());
            }
            Err(fault) => return Err(fault),
        }
    }
    if let Body::Pool(pool) = context.body(id) {
        let task = Task {
            job,
            index,
            function,
            calls,
            results: Vec::new(),
            error: None,
        };
        pool.tasks.push_back(task);
    }
    Ok(())
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

fn start_handler(context: &mut Context<'_>, id: ObjectId) -> Result<(), Fault> {
    let Body::Pool(pool) = context.body(id) else {
        return context.model("this is no pool");
    };
    if std::mem::replace(&mut pool.has_handler, true) {
        return Ok(());
    }
    let parent = context.process;
    let own = &context.state.processes[parent as usize];
    let handler = crate::state::Process {
        role: Role::Handler {
            pool: id,
            job: NOBODY,
        },
        object: own.object,
        parent,
        frames: Vec::new(),
        is_daemon: true,
        ..own.clone()
    };
    context.state.processes.push(handler);
    Ok(())
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
    let passage = if method == StartMethod::Fork {
        Passage::Fork
    } else {
        Passage::Spawn
    };
    let arguments = Val::Tuple(arguments.into());
    let arguments = if context.is_threads() {
        Parcel::Same(arguments)
    } else {
        message::copy(context, &arguments, passage)?
    };
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
        has_handler: false,
        arrived: VecDeque::new(),
    }));
    for _ in 0..size {
        start_worker(context, id)?;
    }
    Ok(Val::Object(id))
}

/// Starts a worker, also in place of one that ended.
pub(crate) fn start_worker(context: &mut Context<'_>, id: ObjectId) -> Result<(), Fault> {
    let Body::Pool(pool) = context.body(id).clone() else {
        return context.model("this is no pool");
    };
    let around = std::mem::replace(&mut context.process, pool.creator);
    let (object, this) = process::object_for(context, pool.method, true);
    let role = Role::Worker {
        pool: id,
        done: 0,
        work: Work::Starting,
    };
    let worker = process::spawn(context, &this, object, role)?;
    if pool.method == StartMethod::Fork {
        let globals: Vec<Val> = context.state.space(pool.creator).globals.clone();
        let parcel = message::copy(context, &Val::Tuple(globals.into()), Passage::Fork)?;
        if let Val::Tuple(globals) = message::unpack(context.state, worker, &parcel) {
            context.state.space_mut(worker).globals = globals.to_vec();
        }
        process::inherit_ends(context.state, pool.creator, worker);
    }
    if let Some(initializer) = pool.initializer {
        context.process = worker;
        let given = message::unpack(context.state, worker, &pool.initializer_arguments);
        let given = plain::iterate(context, &given)?;
        let arguments = run::bind(context, initializer, given, &[])?;
        run::push(context, initializer, arguments, false)?;
    }
    context.process = around;
    Ok(())
}

/// Notes the error of a task, or that an initializer failed.
pub(crate) fn fail(task: &mut Task, kind: ErrorKind, text: Symbol) {
    task.error = Some((kind, text));
    task.calls.clear();
}
