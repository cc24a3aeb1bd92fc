//! Handing work to a pool: calls become chunks, chunks become tasks.

use std::collections::{BTreeSet, VecDeque};

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::PoolMethod;

use super::pool::{Pool, arrive};
use super::result::{self, Job, Outcome};
use super::{Access, Body, Choice, Context, Done, Fault, Id};
use crate::machine::{Machine, plain, run};
use crate::state::message;
use crate::state::part::Part;
use crate::state::reached::containers;
use crate::state::{Cell, NOBODY, ObjectId, Phase, ProcessId, Role, State, Task, Val};

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
    let workers = context.get(id).size;
    let (machine, process) = (context.machine, context.process);
    let ways = all_ways(machine, context.state, process, workers, (method, access));
    let way = match choice {
        Choice::Way(at) => ways.get(usize::from(at)).copied(),
        Choice::Expire => None,
    };
    let way = way.unwrap_or(Way::Refused);
    let items = match access.argument(1) {
        Val::Unset => Ok(Vec::new()),
        given => plain::iterate(context, given),
    };
    if request.is_map && request.chunk.is_some_and(|chunk| chunk < 1) {
        return context.raise(ErrorKind::Usage, "a chunk has at least one item");
    }
    let mut calls: Vec<Val> = Vec::new();
    if !request.is_map {
        let named = plain::named(context, access.argument(2));
        let bound = match (items, named) {
            (Ok(items), Ok(named)) => run::bind(context, function, items, &named),
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
        };
        let arguments = match bound {
            Ok(arguments) => arguments,
            // It fails where it is called: in the worker.
            Err(Fault::Raise(..)) => {
                function = context.machine.code.misfit;
                Vec::new()
            }
            Err(fault) => return Err(fault),
        };
        // An array as arguments is a message itself, and refused as any other, unless that works.
        let is_message = matches!(access.argument(1), Val::Object(_)) && !context.is_threads();
        calls.push(match is_message && way != Way::Sent {
            true => access.argument(1).clone(),
            false => Val::Tuple(arguments.into()),
        });
    } else if request.is_star {
        for item in items? {
            calls.push(starred(context, item, way)?);
        }
    } else {
        let one = |item| Val::Tuple([item].into());
        calls = items?.into_iter().map(one).collect();
    }
    let chunk = request.chunk_size(context.get(id).size, calls.len());
    let mut chunks: Vec<Vec<Val>> = calls.chunks(chunk).map(<[_]>::to_vec).collect();
    if way == Way::CalledBack {
        // The callback is given a result of no values.
        chunks.push(Vec::new());
    }
    let pool = (id.number(), context.get(id).creator);
    let job = context.create(Body::Job(Job::new(
        pool,
        chunks.len(),
        &request.shape(callbacks, chunk > 1),
    )));
    if callbacks != (None, None) {
        start_handler(id, context);
    }
    for (index, chunk) in chunks.into_iter().enumerate() {
        if chunk.is_empty() {
            arrive(
                context.state,
                id.number(),
                job,
                0,
                Outcome::Values(Vec::new()),
            );
            break;
        }
        let task = (job, index as u32, function);
        hand_in(id, context, task, chunk, way)?;
    }
    if request.is_waiting {
        let process = context.process;
        context.state.frame_mut(process).phase = Phase::Result(job);
        return Ok(Done::Stay);
    }
    Ok(Done::Value(Val::Object(job)))
}

/// How work is given to a pool, of what may be done with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What cannot be sent is the error of its chunk; a map of nothing calls no callback.
    Refused,
    /// What only a new process is given is sent all the same.
    Sent,
    /// What cannot be sent is the error of its own call, in the midst of its chunk.
    InPlace,
    /// A map of nothing calls its callback.
    CalledBack,
}

/// All the ways in which work can be given to a pool.
fn all_ways(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    workers: u32,
    (method, access): (PoolMethod, &Access),
) -> Vec<Way> {
    let given = access.argument(1);
    let count = match given {
        Val::Tuple(items) => items.len(),
        Val::Range(start, stop) => usize::from(start < stop),
        Val::Text(text) => machine.code.names.text(*text).len(),
        Val::Bytes(bytes) => machine.code.names.bytes(*bytes).len(),
        Val::Ref(at) => match &state.space(process).cells[*at as usize] {
            Cell::List(items) => items.len(),
            Cell::Dict(pairs) => pairs.len(),
            Cell::Connection(_) => 1,
        },
        _ => 1,
    };
    let mut ways = vec![Way::Refused];
    let refused = message::refused(machine, state, process, given);
    if refused == Some(ErrorKind::NotInheritable) {
        ways.push(Way::Sent);
    }
    let Some(request) = request(method, access).filter(|request| request.is_map) else {
        return ways;
    };
    if refused.is_some() && request.chunk_size(workers, count) > 1 {
        ways.push(Way::InPlace);
    }
    if count == 0
        && matches!(
            access.arguments.get(request.callbacks),
            Some(Val::Function(_))
        )
    {
        ways.push(Way::CalledBack);
    }
    ways
}

/// In how many ways work can be given to a pool.
pub(super) fn ways(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    workers: u32,
    given: (PoolMethod, &Access),
) -> usize {
    all_ways(machine, state, process, workers, given).len()
}

/// The arguments that an item of a `starmap` is; one that is none fails where the call is made: in
/// the worker.
fn starred(context: &mut Context<'_>, item: Val, way: Way) -> Result<Val, Fault> {
    // As a message it is refused as any other, unless that works.
    if matches!(item, Val::Object(_)) && way != Way::Sent && !context.is_threads() {
        return Ok(item);
    }
    match plain::iterate(context, &item) {
        Ok(arguments) => Ok(Val::Tuple(arguments.into())),
        // An error among the calls is one of what cannot be sent.
        Err(Fault::Raise(ErrorKind::Type, _)) if matches!(item, Val::Error(..)) => Ok(Val::None),
        Err(Fault::Raise(ErrorKind::Type, _)) => Ok(item),
        Err(fault) => Err(fault),
    }
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

/// One chunk becomes a task; what cannot be sent is its result at once, or that of its call.
fn hand_in(
    id: Id<Pool>,
    context: &mut Context<'_>,
    (job, index, function): (ObjectId, u32, u16),
    chunk: Vec<Val>,
    way: Way,
) -> Result<(), Fault> {
    let mut calls = VecDeque::new();
    let cells = &context.state.space(context.process).cells;
    let is_common = context.machine.code.may_share_chunks
        && !context.is_threads()
        && have_in_common(cells, &chunk);
    for call in chunk {
        match message::send(context, &call, way == Way::Sent) {
            Ok(parcel) => calls.push_back(parcel),
            Err(Fault::Raise(kind, text)) if way == Way::InPlace => {
                calls.push_back(message::send(context, &Val::Error(kind, text), false)?);
            }
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
        is_common,
        gives_common: false,
        error: None,
    });
    Ok(())
}

/// Whether two of these have a list or dict in common.
fn have_in_common(cells: &[Cell], calls: &[Val]) -> bool {
    let mut known = BTreeSet::new();
    calls.iter().any(|call| {
        let own = containers(cells, std::iter::once(call));
        let is_known = !own.is_disjoint(&known);
        known.extend(own);
        is_known
    })
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
