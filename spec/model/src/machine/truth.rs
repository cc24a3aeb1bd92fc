//! What is true, and what equals what.

use poolproof_case::Value;

use super::plain::{all, to_plain};
use crate::objects::{Body, Context, Fault};
use crate::state::{Cell, ObjectId, Val};

/// Python's `==`; objects and functions equal themselves alone.
pub(crate) fn equal(context: &Context<'_>, left: &Val, right: &Val) -> Result<bool, Fault> {
    let is_atom = |value: &Val| {
        matches!(
            value,
            Val::Object(_) | Val::Function(_) | Val::Module | Val::Context(_) | Val::Opaque(_)
        )
    };
    if let (Val::Object(left), Val::Object(right)) = (left, right)
        && let (Some(left), Some(right)) = (array(context, *left), array(context, *right))
    {
        return Ok(Value::List(all(context, left)?) == Value::List(all(context, right)?));
    }
    if matches!((left, right), (Val::Error(..), Val::Error(..))) {
        return context.model("whether two errors are one is not known here");
    }
    // What a process is called by default differs from library to library.
    let is_default_name = |one: &Val| match one {
        Val::Text(text) => context.machine.code.names.text(*text).contains("Process-"),
        _ => false,
    };
    if let (Val::Opaque(_), other) | (other, Val::Opaque(_)) = (left, right)
        && is_default_name(other)
    {
        return context.model("a default name is compared with others alone");
    }
    if is_atom(left) || is_atom(right) {
        return Ok(left == right);
    }
    match (left, right) {
        (Val::Int(left), Val::Int(right)) => Ok(left == right),
        (Val::Text(left), Val::Text(right)) => Ok(left == right),
        (Val::None, other) | (other, Val::None) => Ok(*other == Val::None),
        (Val::Ref(left), Val::Ref(right)) if left == right => Ok(true),
        _ => Ok(to_plain(context, left)? == to_plain(context, right)?),
    }
}

/// The numbers of an array of threads, which equals another one by them.
fn array<'a>(context: &'a Context<'_>, id: ObjectId) -> Option<&'a [Val]> {
    match &context.state.objects[id as usize].body {
        Body::Shared(shared) if shared.is_array && context.is_threads() => Some(&shared.numbers),
        _ => None,
    }
}

/// Whether a condition holds that is this value.
pub(crate) fn is_true(context: &Context<'_>, value: &Val) -> bool {
    match value {
        Val::Object(id) => match &context.state.objects[*id as usize].body {
            Body::Shared(shared) => !shared.numbers.is_empty(),
            _ => true,
        },
        Val::None | Val::Bool(false) | Val::Int(0) => false,
        Val::Float(bits) => f64::from_bits(*bits) != 0.0,
        Val::Text(text) => !context.machine.code.names.text(*text).is_empty(),
        Val::Bytes(bytes) => !context.machine.code.names.bytes(*bytes).is_empty(),
        Val::Tuple(items) => !items.is_empty(),
        Val::Range(start, stop) => start < stop,
        Val::Ref(at) => match &context.state.space(context.process).cells[*at as usize] {
            Cell::List(items) => !items.is_empty(),
            Cell::Dict(pairs) => !pairs.is_empty(),
            Cell::Connection(_) => true,
        },
        _ => true,
    }
}
