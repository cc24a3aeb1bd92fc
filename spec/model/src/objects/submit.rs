//! Handing work to a pool: calls become chunks, chunks become tasks.

use std::collections::VecDeque;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::PoolMethod;

use super::pool::{Pool, arrive};
use super::result::{self, Job, Outcome};
use super::{Access, Body, Choice, Context, Done, Fault, Id};
use crate::machine::{plain, run};
use crate::state::message;
use crate::state::part::Part;
use crate::state::{NOBODY, ObjectId, Phase, Role, Task, Val};

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

fn request(method: PoolMethod, access: &Access) -> Option<Request> {
    // One task or many, whose items are arguments or one; who waits; where callbacks stand.
    let (is_map, is_star, is_waiting, callbacks) = match method {
        PoolMethod::Apply => (false, false, true, usize::MAX),
        PoolMethod::ApplyAsync => (false, false, false, 3),
        PoolMethod::Map => (true, false, true, usize::MAX),
        PoolMethod::MapAsync => (true, false, false, 3),
        PoolMethod::Starmap => (true, true, true, usize::MAX),
        PoolMethod::StarmapAsync => (true, true, false, 3),
        PoolMethod::Imap | PoolMethod::ImapUnordered => (true, false, false, usize::MAX),
        PoolMethod::Close | PoolMethod::Terminate | PoolMethod::Join => return None,
    };
    Some(Request {
        is_map,
        is_star,
        is_waiting,
        is_iterator: matches!(method, PoolMethod::Imap | PoolMethod::ImapUnordered),
        is_ordered: method != PoolMethod::ImapUnordered,
        chunk: match access.argument(2) {
            Val::Int(chunk) if is_map => Some(*chunk),
            _ => None,
        },
        callbacks,
    })
}

pub(super) fn submit(
    id: Id<Pool>,
    context: &mut Context<'_>,
    method: PoolMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let Some(request) = request(method, access) else {
        return context.model(format!(
            "a pool is given no work by `{}`",
            access.shown(context)
        ));
    };
    let Val::Function(mut function) = *access.argument(0) else {
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
        calls.push(match run::bind(context, function, items.clone(), &named) {
            Ok(arguments) => arguments,
            // It fails where it is called: in the worker.
            Err(Fault::Raise(..)) => {
                function = context.machine.code.misfit;
                items
            }
            Err(fault) => return Err(fault),
        });
    } else if request.is_star {
        for item in items {
            calls.push(plain::iterate(context, &item)?);
        }
    } else {
        calls = items.into_iter().map(|item| vec![item]).collect();
    }
    let chunk = request.chunk_size(context.get(id).size, calls.len());
    let chunks: Vec<Vec<Vec<Val>>> = calls.chunks(chunk).map(<[_]>::to_vec).collect();
    let job = context.create(Body::Job(Job::new(
        &access.receiver,
        chunks.len(),
        &request.shape(callbacks, chunk > 1),
    )));
    if callbacks != (None, None) {
        start_handler(id, context);
    }
    for (index, chunk) in chunks.into_iter().enumerate() {
        let task = (job, index as u32, function);
        hand_in(id, context, task, chunk, choice == Choice::Way(1))?;
    }
    if request.is_waiting {
        let process = context.process;
        context.state.frame_mut(process).phase = Phase::Result(job);
        return Ok(Done::Stay);
    }
    Ok(Done::Value(Val::Object(job)))
}

impl Request {
    fn shape(&self, callbacks: (Option<u16>, Option<u16>), is_chunked: bool) -> result::Shape {
        result::Shape {
            is_map: self.is_map,
            is_iterator: self.is_iterator,
            is_ordered: self.is_ordered,
            is_chunked,
            callbacks,
        }
    }

    /// Python's formula: four chunks a worker, one item a chunk for `imap`.
    fn chunk_size(&self, workers: u32, count: usize) -> usize {
        match self.chunk {
            Some(chunk) => usize::try_from(chunk).unwrap_or(1).max(1),
            None if self.is_iterator => 1,
            None => count.div_ceil(4 * workers.max(1) as usize).max(1),
        }
    }
}

/// One chunk becomes a task; what cannot be sent is its result at once.
///
/// Whether what only a new process is given can be sent all the same is open.
fn hand_in(
    id: Id<Pool>,
    context: &mut Context<'_>,
    (job, index, function): (ObjectId, u32, u16),
    chunk: Vec<Vec<Val>>,
    is_given: bool,
) -> Result<(), Fault> {
    let mut calls = VecDeque::new();
    for call in chunk {
        let call = Val::Tuple(call.into());
        match message::send(context, &call, is_given) {
            Ok(parcel) => calls.push_back(parcel),
            Err(Fault::Raise(kind, text)) => {
                let outcome = Outcome::Error(kind, text);
                arrive(context.state, id.number(), job, index, outcome);
                return Ok(());
            }
            Err(fault) => return Err(fault),
        }
    }
    context.get(id).tasks.push_back(Task {
        job,
        index,
        function,
        calls,
        results: Vec::new(),
        error: None,
    });
    Ok(())
}

fn start_handler(id: Id<Pool>, context: &mut Context<'_>) {
    if std::mem::replace(&mut context.get(id).has_handler, true) {
        return;
    }
    let parent = context.process;
    let own = &context.state.processes[parent as usize];
    let handler = crate::state::Process {
        role: Role::Handler {
            pool: id.number(),
            job: NOBODY,
        },
        object: own.object,
        parent,
        frames: Vec::new(),
        is_daemon: true,
        ..crate::state::Process::clone(own)
    };
    context.state.processes.push(Part::new(handler));
}
