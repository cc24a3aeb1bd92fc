//! Lists and dicts of a process itself.

use super::{Default, Kind, Method, OBJECT, Object, Parameter, method, optional, raise, required};
use crate::error_kind::ErrorKind;

const ITEM: &[Parameter] = &[required("object", Kind::Any)];

pub(super) const LIST: &[Method] = &[
    method("append", ITEM, Kind::None, &[], "Adds one at the end."),
    method(
        "extend",
        &[required("iterable", Kind::Sequence)],
        Kind::None,
        &[],
        "Adds several.",
    ),
    method(
        "insert",
        &[required("index", Kind::Int), required("object", Kind::Any)],
        Kind::None,
        &[],
        "Adds one before an index.",
    ),
    method(
        "pop",
        &[optional("index", Kind::Int, Default::Int(-1))],
        Kind::Any,
        &[raise(ErrorKind::Index)],
        "Removes one and gives it.",
    ),
    method(
        "remove",
        ITEM,
        Kind::None,
        &[raise(ErrorKind::Value)],
        "Removes the first equal one.",
    ),
    method(
        "index",
        ITEM,
        Kind::Int,
        &[raise(ErrorKind::Value)],
        "Where the first equal one is.",
    ),
    method("count", ITEM, Kind::Int, &[], "How many are equal."),
    method("reverse", &[], Kind::None, &[], "Turns the order round."),
    method(
        "sort",
        &[],
        Kind::None,
        &[raise(ErrorKind::Type)],
        "Sorts in place.",
    ),
];

const KEY: Parameter = required("key", Kind::Any);
const OTHERWISE: Parameter = optional("default", Kind::Any, Default::None);

pub(super) const DICT: &[Method] = &[
    method(
        "get",
        &[KEY, OTHERWISE],
        Kind::Any,
        &[],
        "The value of a key, or the default.",
    ),
    method("keys", &[], Kind::Sequence, &[], "The keys, as a list."),
    method("values", &[], Kind::Sequence, &[], "The values, as a list."),
    method("items", &[], Kind::Sequence, &[], "The pairs, as a list."),
    method(
        "pop",
        &[KEY, OTHERWISE],
        Kind::Any,
        &[raise(ErrorKind::Key)],
        "Removes a key and gives its value; without a default, an error where it is not there.",
    ),
    method(
        "setdefault",
        &[KEY, OTHERWISE],
        Kind::Any,
        &[],
        "Gives the value, set where missing.",
    ),
    method(
        "update",
        &[required("other", Kind::Any)],
        Kind::None,
        &[],
        "Takes all of another.",
    ),
    method("copy", &[], Kind::Any, &[], "A plain copy."),
    method("clear", &[], Kind::None, &[], "Removes all."),
];

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "list",
        doc: "A list of the process itself.",
        of_context: false,
        methods: LIST,
        items: true,
        ..OBJECT
    },
    Object {
        name: "dict",
        doc: "A dict of the process itself.",
        of_context: false,
        methods: DICT,
        items: true,
        ..OBJECT
    },
];
