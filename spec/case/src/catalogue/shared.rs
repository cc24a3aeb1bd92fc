//! Values and arrays in shared memory.

use super::method::methods;
use super::{
    Class, Default, Kind, Object, Parameter, Raise, SharedAttribute, object_of, optional, raise,
    raise_as, required,
};
use crate::error_kind::ErrorKind;

const TYPECODE: Parameter = required("typecode_or_type", Kind::Text);
const INITIAL: Parameter = optional("value", Kind::Any, Default::None);
const SIZE: Parameter = required("size_or_initializer", Kind::Any);
const LOCK: Parameter = optional("lock", Kind::Any, Default::Bool(true));
/// A negative size; an unknown typecode, a number of another type; what is no lock.
const BAD: &[Raise] = &[
    raise_as(ErrorKind::Usage, "ValueError"),
    raise(ErrorKind::Type),
    raise(ErrorKind::Attribute),
];

/// Whether numbers of such a type can be shared; shared characters (`c`) are not known here.
#[must_use]
pub fn is_typecode(code: &str) -> bool {
    code.len() == 1 && "bBhHiIlLqQdf".contains(code)
}

methods! {
    /// What locked values and arrays do.
    SharedMethod of Shared;
    GetLock "get_lock" (
        &[],
        Kind::Object(Class::RLock),
        &[],
        "The lock that guards it.",
    ) no_threads;
    Acquire "acquire" (&[], Kind::Bool, &[], "Takes that lock.") no_threads;
    Release "release" (
        &[],
        Kind::None,
        &[raise(ErrorKind::NotOwner)],
        "Gives that lock back.",
    ) no_threads;
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "A number in shared memory, guarded by a lock.",
        constructor: Some(&[TYPECODE, INITIAL, LOCK]),
        raises: BAD,
        methods: SharedMethod::ROWS,
        attributes: SharedAttribute::ROWS,
        ..object_of(Class::Value)
    },
    Object {
        doc: "Numbers of one type in shared memory, guarded by a lock.",
        constructor: Some(&[TYPECODE, SIZE, LOCK]),
        raises: BAD,
        methods: SharedMethod::ROWS,
        items: true,
        ..object_of(Class::Array)
    },
    Object {
        doc: "A number in shared memory without a lock.",
        constructor: Some(&[TYPECODE, INITIAL]),
        raises: BAD,
        attributes: SharedAttribute::ROWS,
        threads: false,
        ..object_of(Class::RawValue)
    },
    Object {
        doc: "Numbers of one type in shared memory without a lock.",
        constructor: Some(&[TYPECODE, SIZE]),
        raises: BAD,
        items: true,
        threads: false,
        ..object_of(Class::RawArray)
    },
];
