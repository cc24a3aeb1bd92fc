//! Pipes and their ends; each process holds ends of its own.

use std::collections::VecDeque;

use poolproof_case::catalogue::{Attribute, ConnectionAttribute, ConnectionMethod, Method};
use poolproof_case::{ErrorKind, StartMethod};

use super::{Access, Body, Choice, Context, Done, Fault, Id, Operation, Ready, Wait, phase};
use crate::machine::Machine;
use crate::state::message;
use crate::state::renumber::Renumber;
use crate::state::{Cell, End, ObjectId, Parcel, Phase, ProcessId, State, Val};

/// So many unread bytes never block a sender; beyond, a send may block or not.
pub(crate) const CAPACITY_MIN: u32 = 4096;

/// Sends bytes, and nothing else.
const BYTES: Operation = Operation::Call(Method::Connection(ConnectionMethod::SendBytes));

/// What was sent by each side and not yet received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pipe {
    pub(crate) is_duplex: bool,
    pub(crate) sent: [VecDeque<Parcel>; 2],
}

impl Pipe {
    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        for parcel in self.sent.iter_mut().flatten() {
            renumber.parcel(parcel);
        }
    }
}

/// About how many bytes these take.
pub(crate) fn size<'a>(parcels: impl IntoIterator<Item = &'a Parcel>) -> u32 {
    parcels
        .into_iter()
        .fold(0, |total, parcel| total.saturating_add(parcel_size(parcel)))
}

pub(crate) fn parcel_size(parcel: &Parcel) -> u32 {
    match parcel {
        Parcel::Copy(message) => message.size,
        Parcel::Bytes(_, size) => *size,
        Parcel::Same(_) => 0,
    }
}

fn end<'a>(state: &'a State, process: ProcessId, access: &Access) -> Option<&'a End> {
    let Val::Ref(cell) = access.receiver else {
        return None;
    };
    match state.space(process).cells.get(cell as usize)? {
        Cell::Connection(end) => Some(end),
        _ => None,
    }
}

fn pipe(state: &State, id: ObjectId) -> Option<&Pipe> {
    match &state.objects.get(id as usize)?.body {
        Body::Pipe(pipe) => Some(pipe),
        _ => None,
    }
}

/// Whether any process, or any message on its way, holds this end open.
pub(crate) fn is_open(state: &State, pipe: ObjectId, side: u8) -> bool {
    let is_this = |end: &End| end.pipe == pipe && end.side == side;
    let mut spaces = state.spaces.iter();
    spaces.any(|space| space.lost_ends.iter().any(is_this)) || is_held(state, pipe, side)
}

/// Whether this end is open whatever becomes of those that nothing refers to.
pub(crate) fn is_held(state: &State, pipe: ObjectId, side: u8) -> bool {
    let is_this = |end: &End| end.pipe == pipe && end.side == side && end.is_open;
    let in_cells = |cells: &[Cell]| {
        cells
            .iter()
            .any(|cell| matches!(cell, Cell::Connection(end) if is_this(end)))
    };
    let in_parcel = |parcel: &Parcel| match parcel {
        Parcel::Copy(message) => message.has_objects && in_cells(&message.cells),
        Parcel::Same(_) | Parcel::Bytes(..) => false,
    };
    state
        .spaces
        .iter()
        .any(|space| in_cells(&space.cells) || space.kept_ends.iter().any(is_this))
        || state.objects.iter().any(|object| match &object.body {
            Body::Pipe(pipe) => pipe.sent.iter().flatten().any(in_parcel),
            Body::Queue(queue) => queue.parcels().any(in_parcel),
            Body::Pool(pool) => pool.parcels().any(in_parcel),
            _ => false,
        })
}

fn reads(pipe: &Pipe, side: u8) -> bool {
    pipe.is_duplex || side == 0
}

fn writes(pipe: &Pipe, side: u8) -> bool {
    pipe.is_duplex || side == 1
}

pub(super) fn ready(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    access: &Access,
) -> Ready {
    let Some(end) = end(state, process, access) else {
        return Ready::NOW;
    };
    let Some(pipe) = pipe(state, end.pipe) else {
        return Ready::NOW;
    };
    // `multiprocessing.dummy` neither closes an end nor gives a pipe a direction; both are allowed.
    let lax = if machine.method == StartMethod::Threads {
        2
    } else {
        1
    };
    let own = usize::from(end.side);
    let Operation::Call(Method::Connection(method)) = access.operation else {
        return Ready::NOW;
    };
    match method {
        ConnectionMethod::Recv | ConnectionMethod::RecvBytes => {
            if !end.is_open || !reads(pipe, end.side) {
                return Ready::ways(lax);
            }
            if let Some(next) = pipe.sent[1 - own].front() {
                return Ready::ways(1 + usize::from(message::may_be_lost(state, next)));
            }
            let is_ended = !is_open(state, end.pipe, 1 - end.side);
            Ready::ways(if is_ended { lax } else { 0 })
        }
        ConnectionMethod::Poll => {
            let is_ready = !end.is_open
                || !pipe.sent[1 - own].is_empty()
                || !is_open(state, end.pipe, 1 - end.side);
            let wait = match access.argument(0) {
                Val::Unset => Wait::Never,
                given => super::timeout(given),
            };
            let is_over = is_ready || !reads(pipe, end.side);
            if is_over && pipe.sent[1 - own].is_empty() {
                return Ready::ways(lax);
            }
            Ready::wait(is_over, wait)
        }
        ConnectionMethod::Send | ConnectionMethod::SendBytes => {
            if *phase(state, process) == Phase::Writing {
                let is_done = size(&pipe.sent[own]) <= CAPACITY_MIN;
                return Ready::when(is_done || !is_open(state, end.pipe, 1 - end.side));
            }
            if !end.is_open || !writes(pipe, end.side) || !is_open(state, end.pipe, 1 - end.side) {
                return Ready::ways(lax);
            }
            let is_bytes = matches!(access.argument(0), Val::Bytes(_));
            if method == ConnectionMethod::SendBytes && !is_bytes {
                return Ready::ways(lax);
            }
            if message::may_work(machine, state, process, access.argument(0)) {
                return Ready::ways(2);
            }
            let parcel = message::size(machine, state.space(process), access.argument(0));
            let is_small = size(&pipe.sent[own]).saturating_add(parcel) <= CAPACITY_MIN;
            if !is_small {
                machine.is_large.set(true);
            }
            Ready::ways(if is_small { 1 } else { 2 })
        }
        ConnectionMethod::Close => Ready::NOW,
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let Some(end) = end(context.state, context.process, access).cloned() else {
        return super::container::perform(context, access);
    };
    let result = match access.operation {
        Operation::Call(Method::Connection(method)) => {
            return call(context, &end, method, access, choice);
        }
        Operation::Get(Some(Attribute::Connection(attribute))) => {
            let Some(pipe) = pipe(context.state, end.pipe) else {
                return context.model("this connection has no pipe");
            };
            Val::Bool(match attribute {
                ConnectionAttribute::Closed => !end.is_open,
                ConnectionAttribute::Readable => reads(pipe, end.side),
                ConnectionAttribute::Writable => writes(pipe, end.side),
            })
        }
        Operation::Enter => Val::None,
        Operation::Leave => {
            close(context, access);
            Val::None
        }
        _ if !end.is_open => {
            return context.raise(ErrorKind::Closed, "the connection is closed");
        }
        _ => {
            let text = format!("a connection has no access `{}`", access.shown(context));
            return context.model(text);
        }
    };
    Ok(Done::Value(result))
}

fn call(
    context: &mut Context<'_>,
    end: &End,
    method: ConnectionMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let id: Id<Pipe> = context.id(end.pipe)?;
    let pipe = context.state.get(id);
    let (is_reader, is_writer) = (reads(pipe, end.side), writes(pipe, end.side));
    let is_lax = choice == Choice::Way(1) && context.is_threads();
    if method == ConnectionMethod::Close {
        close(context, access);
        return Ok(Done::Value(Val::None));
    }
    if !end.is_open && !is_lax {
        return context.raise(ErrorKind::Closed, "the connection is closed");
    }
    match method {
        ConnectionMethod::Recv | ConnectionMethod::RecvBytes | ConnectionMethod::Poll
            if !is_reader && !is_lax =>
        {
            context.raise(ErrorKind::Usage, "this end only writes")
        }
        ConnectionMethod::Send | ConnectionMethod::SendBytes if !is_writer && !is_lax => {
            context.raise(ErrorKind::Usage, "this end only reads")
        }
        ConnectionMethod::Recv | ConnectionMethod::RecvBytes => {
            let is_lost = choice == Choice::Way(1) && !context.is_threads();
            receive(id, context, end.side, is_lax, is_lost)
        }
        ConnectionMethod::Poll => {
            let has_some = !pipe.sent[usize::from(1 - end.side)].is_empty();
            let is_ended = !is_open(context.state, end.pipe, 1 - end.side);
            let waits = access.argument(0) != &Val::Unset && access.timeout(0) != Wait::Never;
            if is_lax && !has_some && waits {
                return Err(Fault::Stuck);
            }
            let is_over = is_ended && !is_lax;
            let is_ready = choice != Choice::Expire && (has_some || is_over);
            Ok(Done::Value(Val::Bool(is_ready)))
        }
        ConnectionMethod::Send | ConnectionMethod::SendBytes => {
            send(id, context, end.side, access, choice)
        }
        ConnectionMethod::Close => Ok(Done::Value(Val::None)),
    }
}

fn close(context: &mut Context<'_>, access: &Access) {
    let Val::Ref(cell) = access.receiver else {
        return;
    };
    let cells = &mut context.state.space_mut(context.process).cells;
    if let Some(Cell::Connection(end)) = cells.get_mut(cell as usize) {
        end.is_open = false;
    }
}

fn receive(
    id: Id<Pipe>,
    context: &mut Context<'_>,
    side: u8,
    is_lax: bool,
    is_lost: bool,
) -> Result<Done, Fault> {
    match context.get(id).sent[usize::from(1 - side)].pop_front() {
        Some(_) if is_lost => context.raise(ErrorKind::Deserialize, message::LOST_HANDLE),
        Some(parcel) => Ok(Done::Value(message::unpack(
            context.state,
            context.process,
            &parcel,
        ))),
        None if is_lax => Err(Fault::Stuck),
        None => context.raise(ErrorKind::Eof, "the other end is closed"),
    }
}

fn send(
    id: Id<Pipe>,
    context: &mut Context<'_>,
    side: u8,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let process = context.process;
    let is_gone = !is_open(context.state, id.number(), 1 - side);
    if *phase(context.state, process) == Phase::Writing && !is_gone {
        return Ok(Done::Value(Val::None));
    }
    let is_second = choice == Choice::Way(1);
    let is_lax = is_second && context.is_threads();
    let (value, is_bytes) = (access.argument(0), access.operation == BYTES);
    if is_bytes && !matches!(value, Val::Bytes(_)) && !is_lax {
        return context.raise(ErrorKind::Type, "only bytes are sent as bytes");
    }
    if is_gone && !is_lax {
        return context.raise(ErrorKind::BrokenPipe, "the other end is closed");
    }
    let works = is_second && message::may_work(context.machine, context.state, process, value);
    let parcel = match value {
        Val::Bytes(bytes) if is_bytes => {
            let size = message::size(context.machine, context.state.space(process), value);
            Parcel::Bytes(*bytes, size)
        }
        value => message::send(context, value, works)?,
    };
    context.get(id).sent[usize::from(side)].push_back(parcel);
    if is_second && !works && !context.is_threads() {
        context.state.frame_mut(process).phase = Phase::Writing;
        return Ok(Done::Stay);
    }
    Ok(Done::Value(Val::None))
}

/// Makes a pipe: its two ends, in this process.
pub(super) fn make(context: &mut Context<'_>, is_duplex: bool) -> Val {
    let sent = [VecDeque::new(), VecDeque::new()];
    let pipe = context.create(Body::Pipe(Pipe { is_duplex, sent }));
    let process = context.process;
    let ends = [0, 1].map(|side| {
        let end = End {
            pipe,
            side,
            is_open: true,
        };
        context.state.allocate(process, Cell::Connection(end))
    });
    Val::Tuple(ends.into())
}
