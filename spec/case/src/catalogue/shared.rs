//! Values and arrays in shared memory.

use super::{
    Attribute, Default, Kind, Method, OBJECT, Object, Parameter, Raise, attribute, method,
    optional, raise, raise_as, required,
};
use crate::error_kind::ErrorKind;

const TYPECODE: Parameter = required("typecode_or_type", Kind::Text);
const INITIAL: Parameter = optional("value", Kind::Any, Default::None);
const SIZE: Parameter = required("size_or_initializer", Kind::Any);
const LOCK: Parameter = optional("lock", Kind::Any, Default::Bool(true));
const BAD: &[Raise] = &[raise_as(
    ErrorKind::Usage,
    "TypeError, ValueError, AttributeError, KeyError",
)];
const LOCKED: &[Method] = &[
    method(
        "get_lock",
        &[],
        Kind::Object("RLock"),
        &[],
        "The lock that guards it.",
    )
    .no_threads(),
    method("acquire", &[], Kind::Bool, &[], "Takes that lock.").no_threads(),
    method(
        "release",
        &[],
        Kind::None,
        &[raise(ErrorKind::NotOwner)],
        "Gives that lock back.",
    )
    .no_threads(),
];
const VALUE: &[Attribute] = &[attribute(
    "value",
    Kind::Any,
    "The number; reading and writing are one access each.",
)
.writable()];

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "Value",
        doc: "A number in shared memory, guarded by a lock.",
        constructor: Some(&[TYPECODE, INITIAL, LOCK]),
        raises: BAD,
        methods: LOCKED,
        attributes: VALUE,
        ..OBJECT
    },
    Object {
        name: "Array",
        doc: "Numbers of one type in shared memory, guarded by a lock.",
        constructor: Some(&[TYPECODE, SIZE, LOCK]),
        raises: BAD,
        methods: LOCKED,
        items: true,
        ..OBJECT
    },
    Object {
        name: "RawValue",
        doc: "A number in shared memory without a lock.",
        constructor: Some(&[TYPECODE, INITIAL]),
        raises: BAD,
        attributes: VALUE,
        threads: false,
        ..OBJECT
    },
    Object {
        name: "RawArray",
        doc: "Numbers of one type in shared memory without a lock.",
        constructor: Some(&[TYPECODE, SIZE]),
        raises: BAD,
        items: true,
        threads: false,
        ..OBJECT
    },
];
