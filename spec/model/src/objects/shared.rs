//! Values and arrays in shared memory: each reading or writing of a number is one access.

use poolproof_case::ErrorKind;

use super::lock;
use super::{Access, Body, Choice, Context, Done, Fault, Operation, Ready, phase};
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
    /// Made as a raw one.
    pub(crate) is_raw: bool,
}

impl Shared {
    pub(super) fn name(&self) -> &'static str {
        match (self.is_array, self.is_raw) {
            (false, false) => "Value",
            (true, false) => "Array",
            (false, true) => "RawValue",
            (true, true) => "RawArray",
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
        (b'c', Val::Bytes(bytes)) => Some(Val::Bytes(bytes)),
        (_, Val::Int(number)) => wrapped(number).map(Val::Int),
        _ => None,
    }
}

/// The first number of a new one.
pub(super) fn zero(typecode: u8) -> Val {
    match typecode {
        b'd' | b'f' => Val::float(0.0),
        _ => Val::Int(0),
    }
}

pub(super) fn ready(state: &State, process: ProcessId, this: &Shared, access: &Access) -> Ready {
    let can_take = lock::of(state, this.lock).is_none_or(|lock| lock.can_take(process));
    match (access.operation, access.name) {
        (Operation::Call, "get_lock" | "release") => Ready::NOW,
        (Operation::Call, "acquire") => {
            let lock = lock::of(state, this.lock);
            lock.map_or(Ready::NOW, |lock| lock::ready(process, lock, access))
        }
        _ => Ready::when(can_take),
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let Body::Shared(shared) = context.body(id) else {
        return context.model("this is no shared memory");
    };
    let (typecode, guard, count) = (shared.typecode, shared.lock, shared.numbers.len());
    let result = match (access.operation, access.name) {
        (Operation::Get, "value") => shared.numbers[0].clone(),
        (Operation::Set, "value") => return set(context, id, typecode, 0, access.argument(0)),
        (Operation::Call, "get_lock") => Val::Object(guard),
        (Operation::Call, "acquire" | "release") if guard != NOBODY => {
            return lock::perform(context, guard, access, choice);
        }
        (Operation::Item, _) => match index(access.argument(0), count) {
            Some(at) => shared.numbers[at].clone(),
            None => return context.raise(ErrorKind::Index, "index out of range"),
        },
        (Operation::Next, _) => match access.argument(0) {
            Val::Int(at) if (*at as usize) < count => shared.numbers[*at as usize].clone(),
            _ => Val::Unset,
        },
        (Operation::SetItem, _) => match index(access.argument(0), count) {
            Some(at) => return set(context, id, typecode, at, access.argument(1)),
            None => return context.raise(ErrorKind::Index, "index out of range"),
        },
        (Operation::Slice, _) => {
            let (start, stop) = bounds(access, count);
            return gather(context, id, start, stop);
        }
        (Operation::Copy, _) => return gather(context, id, 0, count),
        (_, name) => return context.model(format!("shared memory has no access `{name}`")),
    };
    Ok(Done::Value(result))
}

fn set(
    context: &mut Context<'_>,
    id: ObjectId,
    typecode: u8,
    at: usize,
    value: &Val,
) -> Result<Done, Fault> {
    let Some(number) = coerce(typecode, value) else {
        return context.raise(
            ErrorKind::Type,
            "this type of shared memory takes no such value",
        );
    };
    if let Body::Shared(shared) = context.body(id) {
        shared.numbers[at] = number;
    }
    Ok(Done::Value(Val::None))
}

/// The place that a Python index means.
pub(super) fn index(index: &Val, count: usize) -> Option<usize> {
    let number = match index {
        Val::Int(number) => *number,
        Val::Bool(truth) => i64::from(*truth),
        _ => return None,
    };
    let place = if number < 0 {
        number + count as i64
    } else {
        number
    };
    usize::try_from(place).ok().filter(|place| *place < count)
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
    context: &mut Context<'_>,
    id: ObjectId,
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
    let number = match context.body(id) {
        Body::Shared(shared) if at < stop => Some(shared.numbers[at].clone()),
        _ => None,
    };
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
