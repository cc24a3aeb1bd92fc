//! Values as a process has them, and as they travel.
//!
//! A list or dict of a process is a cell of its memory, which [`Val::Ref`] names; one that travels,
//! or is read as a whole, is [`Val::List`] or [`Val::Dict`], and becomes cells again where it
//! arrives.

use std::rc::Rc;

use poolproof_case::{ErrorKind, StartMethod, Value};

/// Who or what this is: how it came about, which is the same in each interleaving.
pub(crate) type Id = Rc<[u32]>;

/// What went wrong, with its text.
pub(crate) type Error = (ErrorKind, Rc<str>);

/// What an access gives.
pub(crate) type Answer = Result<Val, Error>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Val {
    /// An argument that was not given; the end of what is iterated over.
    Unset,
    None,
    Bool(bool),
    Int(i64),
    /// By its bits.
    Float(u64),
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    /// Bytes in a pipe that were sent as bytes.
    Sent(Rc<[u8]>),
    Tuple(Rc<[Val]>),
    Error(ErrorKind, Rc<str>),
    Function(Rc<str>),
    Range(i64, i64),
    Soon,
    Late,
    Module,
    Context(StartMethod),
    /// What can only be compared: a pid, a default name.
    Opaque(Id),
    /// A list, dict or end of a pipe in the memory of the process.
    Ref(Id),
    /// An object that others may have, too.
    Object(Id),
    /// On its way.
    List(Rc<[Val]>),
    /// On its way.
    Dict(Rc<[(Val, Val)]>),
    /// On its way: a pipe and the side of it.
    End(Id, usize),
}

/// What a [`Val::Ref`] names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cell {
    List(Vec<Val>),
    Dict(Vec<(Val, Val)>),
    End {
        pipe: Id,
        side: usize,
        is_open: bool,
    },
}

/// How long an access may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Wait {
    Forever,
    Soon,
    Late,
    Never,
}

/// An id for what something makes.
pub(crate) fn child(id: &Id, number: u32) -> Id {
    id.iter().copied().chain([number]).collect()
}

impl Val {
    pub(crate) fn text(text: &str) -> Val {
        Val::Text(text.into())
    }

    /// What was given, if anything was.
    pub(crate) fn given(&self) -> Option<&Val> {
        (!matches!(self, Val::Unset | Val::None)).then_some(self)
    }

    /// A number argument, or its default.
    pub(crate) fn number(&self, default: i64) -> i64 {
        match self {
            Val::Int(number) => *number,
            Val::Bool(truth) => i64::from(*truth),
            _ => default,
        }
    }

    /// Python's `bool(x)` of an argument, or its default.
    pub(crate) fn flag(&self, default: bool) -> bool {
        match self {
            Val::Unset => default,
            Val::None => false,
            other => other.number(1) != 0,
        }
    }

    /// How long this timeout lets wait.
    pub(crate) fn wait(&self) -> Wait {
        match self {
            Val::Unset | Val::None => Wait::Forever,
            Val::Soon => Wait::Soon,
            Val::Late => Wait::Late,
            _ => Wait::Never,
        }
    }
}

/// A literal, on its way into a process's memory.
pub(crate) fn of_plain(value: &Value) -> Val {
    match value {
        Value::None => Val::None,
        Value::Bool(truth) => Val::Bool(*truth),
        Value::Int(number) => Val::Int(*number),
        Value::Float(number) => Val::Float(number.to_bits()),
        Value::Str(text) => Val::text(text),
        Value::Bytes(bytes) => Val::Bytes(bytes.as_slice().into()),
        Value::Tuple(items) => Val::Tuple(items.iter().map(of_plain).collect()),
        Value::List(items) => Val::List(items.iter().map(of_plain).collect()),
        Value::Dict(pairs) => {
            let pair = |(key, value)| (of_plain(key), of_plain(value));
            Val::Dict(
                pairs
                    .iter()
                    .map(|(key, value)| pair((key, value)))
                    .collect(),
            )
        }
        Value::Error(kind, text) => Val::Error(*kind, text.as_str().into()),
        Value::Opaque(_) => Val::Unset,
    }
}

/// The plain value of what was read as a whole; none where it holds an object or a function.
pub(crate) fn to_plain(value: &Val) -> Option<Value> {
    let all = |items: &[Val]| items.iter().map(to_plain).collect::<Option<Vec<_>>>();
    Some(match value {
        Val::None => Value::None,
        Val::Bool(truth) => Value::Bool(*truth),
        Val::Int(number) => Value::Int(*number),
        Val::Float(bits) => Value::Float(f64::from_bits(*bits)),
        Val::Text(text) => Value::Str(text.to_string()),
        Val::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        Val::Tuple(items) => Value::Tuple(all(items)?),
        Val::List(items) => Value::List(all(items)?),
        Val::Dict(pairs) => {
            let pair = |(key, value)| Some((to_plain(key)?, to_plain(value)?));
            let pairs = pairs.iter().map(|(key, value)| pair((key, value)));
            Value::Dict(pairs.collect::<Option<Vec<_>>>()?)
        }
        Val::Error(kind, text) => Value::Error(*kind, text.to_string()),
        Val::Range(start, stop) => Value::List((*start..*stop).map(Value::Int).collect()),
        _ => return None,
    })
}
