//! Values and arrays in shared memory: each reading or writing of a number is one access.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{Class, SharedAttribute, SharedMethod};

use super::lock;
use super::{Access, Choice, Context, Done, Fault, Id, Operation, Ready, Wait, phase};
use crate::state::{Cell, NOBODY, ObjectId, Phase, ProcessId, State, Val};

/// Numbers of one type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shared {
    pub(crate) is_array: bool,
    /// Python's type code.
    pub(crate) typecode: u8,
    pub(crate) numbers: Vec<Val>,
    /// The lock that guards it, `NOBODY` for none.
    pub(crate) lock: ObjectId,
    /// Made by a thread of what is not of its type: what it holds is nobody's to say.
    pub(crate) is_converted: bool,
    /// Made as a raw one.
    pub(crate) is_raw: bool,
}

impl Shared {
    pub(super) fn class(&self) -> Class {
        match (self.is_array, self.is_raw) {
            (false, false) => Class::Value,
            (true, false) => Class::Array,
            (false, true) => Class::RawValue,
            (true, true) => Class::RawArray,
        }
    }
}

/// What a number becomes in shared memory of this type; nothing where it does not fit.
pub(crate) fn coerce(typecode: u8, value: &Val) -> Option<Val> {
    let number = match value {
        Val::Bool(truth) => Val::Int(i64::from(*truth)),
        other => other.clone(),
    };
    let wrapped = |number: i64| {
        Some(match typecode {
            b'b' => i64::from(number as i8),
            b'B' => i64::from(number as u8),
            b'h' => i64::from(number as i16),
            b'H' => i64::from(number as u16),
            b'i' => i64::from(number as i32),
            b'I' => i64::from(number as u32),
            b'l' | b'q' => number,
            b'L' | b'Q' if number >= 0 => number,
            _ => return None,
        })
    };
    match (typecode, number) {
        (b'd', Val::Int(number)) => Some(Val::float(number as f64)),
        (b'f', Val::Int(number)) => Some(Val::float(f64::from(number as f32))),
        (b'd', Val::Float(bits)) => Some(Val::Float(bits)),
        (b'f', Val::Float(bits)) => Some(Val::float(f64::from(f64::from_bits(bits) as f32))),
        (_, Val::Int(number)) => wrapped(number).map(Val::Int),
        _ => None,
    }
}

/// What is said of a number that shared memory holds and a case cannot.
pub(crate) const BEYOND: &str = "an unsigned number beyond 63 bits is not known here";

/// Whether shared memory makes of a value what is beyond the numbers of a case.
pub(crate) fn is_beyond(typecode: u8, value: &Val) -> bool {
    matches!((typecode, value), (b'L' | b'Q', Val::Int(number)) if *number < 0)
}

/// What a manager's array holds of a value, or the kind of the error that it is: it wraps nothing.
pub(super) fn exactly(typecode: u8, value: &Val) -> Result<Val, ErrorKind> {
    match (coerce(typecode, value), value) {
        (Some(Val::Int(held)), Val::Int(given)) if held != *given => Err(ErrorKind::Overflow),
        (Some(held), _) => Ok(held),
        (None, _) => Err(ErrorKind::Type),
    }
}

/// Whether shared memory holds something else than it is given; what an array refuses, one of threads
/// does, too.
pub(crate) fn is_converted(typecode: u8, is_array: bool, value: &Val) -> bool {
    match coerce(typecode, value) {
        Some(held) if is_array => {
            matches!((&held, value), (Val::Int(held), Val::Int(value)) if held != value)
        }
        Some(held) => held != *value,
        None => !is_array,
    }
}

/// The first number of a new one.
pub(super) fn zero(typecode: u8) -> Val {
    match typecode {
        b'd' | b'f' => Val::float(0.0),
        _ => Val::Int(0),
    }
}

/// Whether it can be used now: another may hold its lock.
pub(super) fn ready_to_use(state: &State, process: ProcessId, this: &Shared) -> Ready {
    let lock = lock::of(state, this.lock);
    lock.map_or(Ready::NOW, |lock| {
        lock::ready_to_take(process, lock, Wait::Forever)
    })
}

/// What comes of a use of one whose lock's holder has ended; nothing where it can be used.
pub(super) fn use_of_the_dead(
    id: Id<Shared>,
    context: &mut Context<'_>,
    choice: Choice,
) -> Result<Option<Done>, Fault> {
    let guard = context.get(id).lock;
    if lock::of(context.state, guard).is_none_or(|lock| !lock.is_left(context.process)) {
        return Ok(None);
    }
    lock::of_the_dead(context.id(guard)?, context, choice).map(Some)
}

pub(super) fn ready(
    state: &State,
    process: ProcessId,
    this: &Shared,
    method: SharedMethod,
) -> Ready {
    match method {
        SharedMethod::GetLock | SharedMethod::Release => Ready::NOW,
        SharedMethod::Acquire => ready_to_use(state, process, this),
    }
}

pub(super) fn call(
    id: Id<Shared>,
    context: &mut Context<'_>,
    method: SharedMethod,
    choice: Choice,
) -> Result<Done, Fault> {
    let guard = context.get(id).lock;
    if method == SharedMethod::GetLock {
        return Ok(Done::Value(Val::Object(guard)));
    }
    if guard == NOBODY {
        return context.model("this shared memory has no lock");
    }
    let lock = context.id(guard)?;
    match method {
        SharedMethod::Acquire => lock::take(lock, context, choice),
        SharedMethod::Release => lock::give_back(lock, context),
        SharedMethod::GetLock => Ok(Done::Value(Val::Object(guard))),
    }
}

pub(super) fn get(
    id: Id<Shared>,
    context: &mut Context<'_>,
    attribute: SharedAttribute,
) -> Result<Val, Fault> {
    match attribute {
        SharedAttribute::Value => Ok(context.get(id).numbers[0].clone()),
    }
}

pub(super) fn set(
    id: Id<Shared>,
    context: &mut Context<'_>,
    attribute: SharedAttribute,
    value: &Val,
) -> Result<Done, Fault> {
    match attribute {
        SharedAttribute::Value => set_number(id, context, 0, value),
    }
}

/// Reads or sets items.
pub(super) fn items(
    id: Id<Shared>,
    context: &mut Context<'_>,
    access: &Access,
) -> Result<Done, Fault> {
    let shared = context.get(id);
    if !shared.is_array {
        return context.raise(ErrorKind::Type, "one number has no items");
    }
    let count = shared.numbers.len();
    let result = match access.operation {
        Operation::Item => match index(access.argument(0), count) {
            Ok(at) => shared.numbers[at].clone(),
            Err((kind, text)) => return context.raise(kind, text),
        },
        Operation::Next => match access.argument(0) {
            Val::Int(at) if (*at as usize) < count => shared.numbers[*at as usize].clone(),
            _ => Val::Unset,
        },
        Operation::SetItem => match index(access.argument(0), count) {
            Ok(at) => return set_number(id, context, at, access.argument(1)),
            Err((kind, text)) => return context.raise(kind, text),
        },
        Operation::Slice => {
            let (start, stop) = bounds(access, count);
            return gather(id, context, start, stop);
        }
        Operation::Copy => return gather(id, context, 0, count),
        _ => {
            let text = format!("shared memory has no access `{}`", access.shown(context));
            return context.model(text);
        }
    };
    Ok(Done::Value(result))
}

fn set_number(
    id: Id<Shared>,
    context: &mut Context<'_>,
    at: usize,
    value: &Val,
) -> Result<Done, Fault> {
    let typecode = context.get(id).typecode;
    if is_beyond(typecode, value) {
        return context.model(BEYOND);
    }
    let shared = context.get(id);
    let Some(number) = coerce(typecode, value) else {
        return context.raise(
            ErrorKind::Type,
            "this type of shared memory takes no such value",
        );
    };
    shared.numbers[at] = number;
    Ok(Done::Value(Val::None))
}

/// The place that a Python index means, or the error that it is.
pub(super) fn index(index: &Val, count: usize) -> Result<usize, (ErrorKind, &'static str)> {
    let number = match index {
        Val::Int(number) => *number,
        Val::Bool(truth) => i64::from(*truth),
        _ => return Err((ErrorKind::Type, "an index is a whole number")),
    };
    let place = if number < 0 {
        number + count as i64
    } else {
        number
    };
    let place = usize::try_from(place).ok();
    place
        .filter(|place| *place < count)
        .ok_or((ErrorKind::Index, "index out of range"))
}

/// A slice's bounds, with Python's clamping.
pub(super) fn bounds(access: &Access, count: usize) -> (usize, usize) {
    let clamp = |at: usize, default: usize| match access.argument(at) {
        Val::Int(number) if *number < 0 => (number + count as i64).max(0) as usize,
        Val::Int(number) => (*number as usize).min(count),
        _ => default,
    };
    let (start, stop) = (clamp(0, 0), clamp(1, count));
    (start, stop.max(start))
}

/// Reads one number at a time into a list that lies on top of the operands meanwhile.
fn gather(
    id: Id<Shared>,
    context: &mut Context<'_>,
    start: usize,
    stop: usize,
) -> Result<Done, Fault> {
    let process = context.process;
    let at = match phase(context.state, process) {
        Phase::At(at) => *at as usize,
        _ => {
            let list = context.state.allocate(process, Cell::List(Vec::new()));
            context.state.frame_mut(process).stack.push(list);
            start
        }
    };
    let number = (at < stop).then(|| context.get(id).numbers[at].clone());
    let Some(Val::Ref(list)) = context.state.frame_mut(process).stack.last().cloned() else {
        return context.model("the list of a slice is lost");
    };
    if let (Some(number), Cell::List(items)) = (
        number,
        &mut context.state.space_mut(process).cells[list as usize],
    ) {
        items.push(number);
    }
    if at + 1 < stop {
        context.state.frame_mut(process).phase = Phase::At(at as u32 + 1);
        return Ok(Done::Stay);
    }
    context.state.frame_mut(process).stack.pop();
    Ok(Done::Value(Val::Ref(list)))
}
