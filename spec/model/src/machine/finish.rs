//! What follows when a process has nothing left to call: its end, or a pool's next work.

use poolproof_case::StartMethod;

use super::{Machine, plain, run, unsent, worker};
use crate::objects::lock::DEAD;
use crate::objects::process::{Status, send};
use crate::objects::{Body, Context, Fault, manager, pool};
use crate::state::message::{self, Passage};
use crate::state::part::Part;
use crate::state::{
    Finish, NOBODY, ObjectId, Process, ProcessId, Role, Signal, Stage, State, Val, Work,
};

/// Whether a process without a call has more to compute before its next access.
pub(super) fn continues(context: &mut Context<'_>) -> Result<bool, Fault> {
    let process = context.process;
    match &mut context.state.processes[process as usize].role {
        Role::Main | Role::Child => {
            begin_end(context.state, process, 0);
            Ok(false)
        }
        Role::Handler { .. } => Ok(false),
        Role::Worker { work, .. } => match work {
            Work::Starting => {
                *work = Work::Idle;
                Ok(false)
            }
            Work::Idle => Ok(false),
            Work::Task(task) => {
                if task.error.is_some() {
                    return Ok(false);
                }
                let (function, Some(call)) = (task.function, task.calls.pop_front()) else {
                    return Ok(false);
                };
                let given = message::unpack(context.state, process, &call);
                if let Val::Error(kind, text) = given {
                    // A call that could not be sent.
                    if let Role::Worker {
                        work: Work::Task(task),
                        ..
                    } = &mut context.state.processes[process as usize].role
                    {
                        pool::fail(task, kind, text);
                    }
                    return Ok(false);
                }
                match plain::iterate(context, &given) {
                    Ok(given) => run::call(context, function, given, &[], false)?,
                    // An item of a `starmap` that is no sequence.
                    Err(Fault::Raise(..)) => {
                        let misfit = context.machine.code.misfit;
                        run::push(context, misfit, Vec::new(), false)?;
                    }
                    Err(fault) => return Err(fault),
                }
                Ok(true)
            }
        },
    }
}

/// The outermost call has returned.
pub(super) fn returned(context: &mut Context<'_>, value: Val) -> Result<(), Fault> {
    let process = context.process;
    let is_task = matches!(
        context.state.processes[process as usize].role,
        Role::Worker {
            work: Work::Task(_),
            ..
        }
    );
    if !is_task {
        return Ok(());
    }
    // Whether a chunk's results are sent together, at its end, is the implementation's own.
    let stays = context.machine.code.may_share_chunks
        && !context.is_threads()
        && unsent::gives_what_stays(context.state, process, &value);
    let packed = message::pack(context, &value, Passage::Send);
    let Role::Worker {
        work: Work::Task(task),
        ..
    } = &mut context.state.processes[process as usize].role
    else {
        return Ok(());
    };
    task.gives_common |= stays && !(task.calls.is_empty() && task.results.is_empty());
    match packed {
        Ok(parcel) => task.results.push(Ok(parcel)),
        Err(Fault::Raise(kind, text)) => pool::fail(task, kind, text),
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// Nobody caught an error or an exit.
pub(super) fn failed(context: &mut Context<'_>, error: &Val) -> Result<(), Fault> {
    let process = context.process;
    let own = &mut context.state.processes[process as usize];
    let code = match error {
        Val::Exit(code) => *code,
        _ => 1,
    };
    match (&mut own.role, error) {
        (
            Role::Worker {
                work: Work::Task(task),
                ..
            },
            Val::Error(kind, text),
        ) => {
            pool::fail(task, *kind, *text);
        }
        (
            Role::Worker {
                work: Work::Starting,
                ..
            },
            _,
        ) => {
            return context.model("a pool whose initializer fails starts workers for ever");
        }
        (Role::Handler { .. }, Val::Exit(_)) => {
            return context.model("what a callback that exits comes to is not known here");
        }
        (Role::Handler { job, .. }, Val::Error(kind, text)) if *job != NOBODY => {
            let job = *job;
            if let Body::Job(job) = context.body(job) {
                job.callback_error = Some((*kind, *text));
            }
        }
        (Role::Handler { .. }, _) => {}
        _ => begin_end(context.state, process, code),
    }
    Ok(())
}

/// A process begins to end.
fn begin_end(state: &mut State, process: ProcessId, code: i32) {
    state.processes[process as usize].ending = Some(Finish {
        code,
        stage: Stage::Daemons,
    });
}

/// A worker ends by itself, once what it put is handed over.
pub(super) fn end_worker(context: &mut Context<'_>) -> Result<(), Fault> {
    let (process, method) = (context.process, context.machine.method);
    let space = context.state.processes[process as usize].space;
    if is_flushed(context.state, space, method) {
        return leave(context, 0);
    }
    context.state.processes[process as usize].ending = Some(Finish {
        code: 0,
        stage: Stage::Feeders,
    });
    Ok(())
}

/// The children that a process waits for at its end.
fn awaited(state: &State, process: ProcessId, method: StartMethod) -> bool {
    let is_awaited = |one: &Part<Process>| {
        let is_mine = match method {
            // The last thread of all waits for every thread that is no daemon.
            StartMethod::Threads => process == 0 && one.role == Role::Child && !one.is_daemon,
            _ => one.parent == process && !matches!(one.role, Role::Handler { .. }),
        };
        is_mine && !one.is_gone
    };
    state.processes.iter().any(is_awaited)
}

/// In how many ways a process that ends can make its next step.
pub(super) fn ways(machine: &Machine, state: &State, process: ProcessId) -> u8 {
    let method = machine.method;
    let own = &state.processes[process as usize];
    let Some(finish) = own.ending else {
        return 0;
    };
    if finish.stage != Stage::Daemons && leaves_out(machine, finish.stage) {
        return 1;
    }
    match finish.stage {
        Stage::Daemons => {
            let has_manager = own_managers(state, process).next().is_some();
            // A manager may be gone before or after the children that still use it.
            if has_manager && awaited(state, process, method) {
                2
            } else {
                1
            }
        }
        Stage::Children => u8::from(!awaited(state, process, method)),
        Stage::Feeders => u8::from(is_flushed(state, own.space, method)),
        Stage::Leave => 1,
    }
}

fn own_managers(state: &State, process: ProcessId) -> impl Iterator<Item = ObjectId> {
    state.managers.iter().copied().filter(move |manager| {
        matches!(&state.objects[*manager as usize].body,
            Body::Manager(manager) if manager.creator == process)
    })
}

fn is_flushed(state: &State, space: u32, method: StartMethod) -> bool {
    method == StartMethod::Threads
        || state.objects.iter().all(|object| match &object.body {
            Body::Queue(queue) => {
                let is_cancelled = queue
                    .feeders
                    .iter()
                    .any(|one| one.space == space && one.is_cancelled);
                is_cancelled || queue.is_flushed(space)
            }
            _ => true,
        })
}

/// Whether nothing has to be done here by who ends: who spares its daemons leaves them, too.
fn leaves_out(machine: &Machine, stage: Stage) -> bool {
    let left_out = machine.breach.and_then(|breach| breach.leaves_out);
    left_out == Some(stage) || (left_out, stage) == (Some(Stage::Daemons), Stage::Children)
}

/// The next step of a process that ends; stages that wait for nothing are one step.
pub(super) fn step(context: &mut Context<'_>, way: u8) -> Result<(), Fault> {
    let (process, method) = (context.process, context.machine.method);
    let mut way = way;
    loop {
        let Some(Finish { code, stage }) = context.state.processes[process as usize].ending else {
            return Ok(());
        };
        let next = match stage {
            Stage::Daemons => {
                if !leaves_out(context.machine, stage) {
                    end_daemons(context.state, process, method);
                }
                if way == 0 {
                    end_managers(context.state, process);
                }
                Stage::Children
            }
            Stage::Children => Stage::Feeders,
            Stage::Feeders => Stage::Leave,
            Stage::Leave => return leave(context, code),
        };
        context.state.processes[process as usize].ending = Some(Finish { code, stage: next });
        way = 0;
        if ways(context.machine, context.state, process) != 1 {
            return Ok(());
        }
    }
}

fn end_daemons(state: &mut State, process: ProcessId, method: StartMethod) {
    if method == StartMethod::Threads {
        return;
    }
    for child in 0..state.processes.len() {
        let one = &state.processes[child];
        let is_thread = matches!(one.role, Role::Handler { .. });
        if one.parent == process && one.is_daemon && !one.is_gone && !is_thread {
            send(state, child as ProcessId, Signal::Terminate);
        }
    }
}

fn end_managers(state: &mut State, process: ProcessId) {
    let managers: Vec<ObjectId> = own_managers(state, process).collect();
    for manager in managers {
        manager::shut_down(state, manager);
    }
}

/// A process is over: nothing that it held moves again, and its ends are closed.
pub(super) fn leave(context: &mut Context<'_>, code: i32) -> Result<(), Fault> {
    let process = context.process;
    let is_threads = context.is_threads();
    let state = &mut *context.state;
    let own = state.processes[process as usize].clone();
    state.processes[process as usize].is_gone = true;
    state.processes[process as usize].frames.clear();
    if code >= 0 {
        end_managers(state, process);
    }
    forget(state, process, own.space, is_threads);
    if let Body::Process(this) = &mut state.objects[own.object as usize].body
        && !matches!(own.role, Role::Handler { .. })
    {
        this.status = Status::Ended(code);
    }
    if own.role == Role::Main {
        state.main_ended = Some(code);
        if is_threads {
            // Threads that are left end with their process.
            state
                .processes
                .iter_mut()
                .for_each(|process| process.is_gone = true);
        }
    }
    if let Role::Worker { pool, work, .. } = own.role.clone() {
        worker::lose(context, pool, work)?;
    }
    Ok(())
}

/// A process waits for no condition, event or barrier any more.
fn stop_waiting(state: &mut State, process: ProcessId) {
    for object in &mut state.objects {
        let waiting = match &mut object.body {
            Body::Condition(condition) => &mut condition.waiting,
            Body::Event(event) => &mut event.waiting,
            Body::Barrier(barrier) => {
                barrier.leaving.retain(|one| *one != process);
                &mut barrier.waiting
            }
            _ => continue,
        };
        waiting.retain(|one| *one != process);
    }
}

/// What others know of a process that is over.
fn forget(state: &mut State, process: ProcessId, space: u32, is_threads: bool) {
    stop_waiting(state, process);
    for one in &mut state.processes {
        if one.parent == process {
            one.parent = NOBODY;
            // A thread ends with its process.
            one.is_gone |= matches!(one.role, Role::Handler { .. });
        }
    }
    for object in &mut state.objects {
        match &mut object.body {
            Body::Process(this) if this.creator == process => {
                this.arguments.clear();
                this.named.clear();
            }
            Body::Pool(pool) if pool.creator == process => pool.initializer_arguments.clear(),
            Body::Lock(lock) if lock.owner == process => lock.owner = DEAD,
            Body::Queue(queue) if !is_threads => queue.feeders.retain(|one| one.space != space),
            _ => {}
        }
    }
}
