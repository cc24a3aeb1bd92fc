//! Lists and dicts of a process itself.

use super::method::methods;
use super::{Class, Default, Kind, Object, Parameter, object_of, optional, raise, required};
use crate::error_kind::ErrorKind;

const ITEM: &[Parameter] = &[required("object", Kind::Any)];

methods! {
    /// What lists do, also a manager's.
    ListMethod of List;
    Append "append" (ITEM, Kind::None, &[], "Adds one at the end.");
    Extend "extend" (&[required("iterable", Kind::Sequence)], Kind::None, &[], "Adds several.");
    Insert "insert" (
        &[required("index", Kind::Int), required("object", Kind::Any)],
        Kind::None,
        &[],
        "Adds one before an index.",
    );
    Pop "pop" (
        &[optional("index", Kind::Int, Default::Int(-1))],
        Kind::Any,
        &[raise(ErrorKind::Index)],
        "Removes one and gives it.",
    );
    Remove "remove" (
        ITEM,
        Kind::None,
        &[raise(ErrorKind::Value)],
        "Removes the first equal one.",
    );
    Index "index" (
        ITEM,
        Kind::Int,
        &[raise(ErrorKind::Value)],
        "Where the first equal one is.",
    );
    Count "count" (ITEM, Kind::Int, &[], "How many are equal.");
    Reverse "reverse" (&[], Kind::None, &[], "Turns the order round.");
    Sort "sort" (&[], Kind::None, &[raise(ErrorKind::Type)], "Sorts in place.");
}

const KEY: Parameter = required("key", Kind::Any);
const OTHERWISE: Parameter = optional("default", Kind::Any, Default::None);

methods! {
    /// What dicts do, also a manager's.
    DictMethod of Dict;
    Get "get" (
        &[KEY, OTHERWISE],
        Kind::Any,
        &[],
        "The value of a key, or the default.",
    );
    Keys "keys" (&[], Kind::Sequence, &[], "The keys, as a list.");
    Values "values" (&[], Kind::Sequence, &[], "The values, as a list.");
    Items "items" (&[], Kind::Sequence, &[], "The pairs, as a list.");
    Pop "pop" (
        &[KEY, OTHERWISE],
        Kind::Any,
        &[raise(ErrorKind::Key)],
        "Removes a key and gives its value; without a default, an error where it is not there.",
    );
    SetDefault "setdefault" (
        &[KEY, OTHERWISE],
        Kind::Any,
        &[],
        "Gives the value, set where missing.",
    );
    Update "update" (
        &[required("other", Kind::Any)],
        Kind::None,
        &[],
        "Takes all of another.",
    );
    Copy "copy" (&[], Kind::Any, &[], "A plain copy.");
    Clear "clear" (&[], Kind::None, &[], "Removes all.");
}

impl ListMethod {
    /// Whether it changes the list.
    #[must_use]
    pub const fn changes(self) -> bool {
        match self {
            ListMethod::Append
            | ListMethod::Extend
            | ListMethod::Insert
            | ListMethod::Pop
            | ListMethod::Remove
            | ListMethod::Reverse
            | ListMethod::Sort => true,
            ListMethod::Index | ListMethod::Count => false,
        }
    }
}

impl DictMethod {
    /// Whether it changes the dict.
    #[must_use]
    pub const fn changes(self) -> bool {
        match self {
            DictMethod::Pop | DictMethod::SetDefault | DictMethod::Update | DictMethod::Clear => {
                true
            }
            DictMethod::Get
            | DictMethod::Keys
            | DictMethod::Values
            | DictMethod::Items
            | DictMethod::Copy => false,
        }
    }
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "A list of the process itself.",
        of_context: false,
        methods: ListMethod::ROWS,
        items: true,
        ..object_of(Class::List)
    },
    Object {
        doc: "A dict of the process itself.",
        of_context: false,
        methods: DictMethod::ROWS,
        items: true,
        ..object_of(Class::Dict)
    },
];
