//! Pools of workers, their results and iterators.

use super::method::methods;
use super::{
    Class, Default, Kind, Object, Parameter, Raise, TIMEOUT, object_of, optional, raise, raise_as,
    required,
};
use crate::error_kind::ErrorKind;

const FUNC: Parameter = required("func", Kind::Function);
const ARGS: Parameter = optional("args", Kind::Sequence, Default::Tuple);
const KWDS: Parameter = optional("kwds", Kind::Any, Default::Dict);
const ITERABLE: Parameter = required("iterable", Kind::Sequence);
const CHUNKSIZE: Parameter = optional("chunksize", Kind::Int, Default::None);
const CALLBACK: Parameter = optional("callback", Kind::Function, Default::None);
const ERROR_CALLBACK: Parameter = optional("error_callback", Kind::Function, Default::None);
const NOT_RUNNING: Raise = raise_as(ErrorKind::Closed, "ValueError");
/// CPython says nothing of a lost worker; whoever does has a class for it that is no RuntimeError.
const LOST: Raise = raise_as(ErrorKind::WorkerLost, "multiprocessing.ProcessError");
const SUBMIT: &[Raise] = &[
    NOT_RUNNING,
    raise(ErrorKind::Serialize),
    raise(ErrorKind::NotInheritable),
    LOST,
];

const MAP: &[Parameter] = &[FUNC, ITERABLE, CHUNKSIZE];
const MAP_ASYNC: &[Parameter] = &[FUNC, ITERABLE, CHUNKSIZE, CALLBACK, ERROR_CALLBACK];
const IMAP: &[Parameter] = &[
    FUNC,
    ITERABLE,
    optional("chunksize", Kind::Int, Default::Int(1)),
];

const LATER: Kind = Kind::Object(Class::AsyncResult);
const ONE_BY_ONE: Kind = Kind::Object(Class::ResultIterator);

methods! {
    /// What pools do.
    PoolMethod of Pool;
    Apply "apply" (&[FUNC, ARGS, KWDS], Kind::Any, SUBMIT, "One task; waits for it.");
    ApplyAsync "apply_async" (
        &[FUNC, ARGS, KWDS, CALLBACK, ERROR_CALLBACK],
        LATER,
        SUBMIT,
        "One task; its result comes later.",
    );
    Map "map" (
        MAP,
        Kind::Sequence,
        SUBMIT,
        "A task an item, in chunks; results in the items' order.",
    );
    MapAsync "map_async" (MAP_ASYNC, LATER, SUBMIT, "As map, without waiting.");
    Starmap "starmap" (
        MAP,
        Kind::Sequence,
        SUBMIT,
        "As map; each item is the task's arguments.",
    );
    StarmapAsync "starmap_async" (MAP_ASYNC, LATER, SUBMIT, "As starmap, without waiting.");
    Imap "imap" (IMAP, ONE_BY_ONE, SUBMIT, "As map, results one by one.");
    ImapUnordered "imap_unordered" (IMAP, ONE_BY_ONE, SUBMIT, "As imap, results as they come.");
    Close "close" (&[], Kind::None, &[], "Takes no more tasks.");
    Terminate "terminate" (&[], Kind::None, &[], "Ends the workers at once.");
    Join "join" (
        &[],
        Kind::None,
        &[raise_as(ErrorKind::Usage, "ValueError")],
        "Waits for the workers' end, after close or terminate.",
    );
}

methods! {
    /// What results that come later do.
    AsyncResultMethod of AsyncResult;
    Get "get" (
        &[TIMEOUT],
        Kind::Any,
        &[
            raise(ErrorKind::Timeout),
            raise(ErrorKind::NotInheritable),
            LOST,
        ],
        "Waits for the result; raises what the task raised.",
    );
    Wait "wait" (&[TIMEOUT], Kind::None, &[], "Waits for the result.");
    Ready "ready" (&[], Kind::Bool, &[], "Whether the task has ended.");
    Successful "successful" (
        &[],
        Kind::Bool,
        &[raise_as(ErrorKind::Usage, "ValueError, AssertionError")],
        "Whether the task has ended without an error.",
    );
}

methods! {
    /// What results one by one do.
    ResultIteratorMethod of ResultIterator;
    Next "next" (
        &[TIMEOUT],
        Kind::Any,
        &[
            raise(ErrorKind::Timeout),
            raise(ErrorKind::NotInheritable),
            raise_as(ErrorKind::Empty, "StopIteration"),
        ],
        "The next result.",
    );
}

impl PoolMethod {
    /// Whether it makes a task of each item that it is given.
    #[must_use]
    pub const fn takes_items(self) -> bool {
        match self {
            PoolMethod::Map
            | PoolMethod::MapAsync
            | PoolMethod::Starmap
            | PoolMethod::StarmapAsync
            | PoolMethod::Imap
            | PoolMethod::ImapUnordered => true,
            PoolMethod::Apply
            | PoolMethod::ApplyAsync
            | PoolMethod::Close
            | PoolMethod::Join
            | PoolMethod::Terminate => false,
        }
    }
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "Workers that share tasks.",
        constructor: Some(&[
            optional("processes", Kind::Int, Default::None),
            optional("initializer", Kind::Function, Default::None),
            optional("initargs", Kind::Sequence, Default::Tuple),
            optional("maxtasksperchild", Kind::Int, Default::None),
        ]),
        raises: &[raise_as(
            ErrorKind::Usage,
            "ValueError, TypeError, AssertionError",
        )],
        context: true,
        methods: PoolMethod::ROWS,
        ..object_of(Class::Pool)
    },
    Object {
        doc: "A result that comes later.",
        of_context: false,
        methods: AsyncResultMethod::ROWS,
        ..object_of(Class::AsyncResult)
    },
    Object {
        doc: "Results one by one; `For` takes them all.",
        of_context: false,
        methods: ResultIteratorMethod::ROWS,
        ..object_of(Class::ResultIterator)
    },
];
