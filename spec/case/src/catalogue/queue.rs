//! Queues between processes.

use super::{
    Default, Kind, Method, OBJECT, Object, Parameter, Raise, TIMEOUT, method, optional, raise,
    raise_as, required,
};
use crate::error_kind::ErrorKind;

const OBJ: Parameter = required("obj", Kind::Any);
const BLOCK: Parameter = optional("block", Kind::Bool, Default::Bool(true));
const CLOSED: Raise = raise_as(ErrorKind::Closed, "ValueError, OSError");
const MAXSIZE: &[Parameter] = &[optional("maxsize", Kind::Int, Default::Int(0))];
const GET: &[Raise] = &[
    raise(ErrorKind::Empty),
    CLOSED,
    raise(ErrorKind::Deserialize),
];
const PUT: &[Raise] = &[raise(ErrorKind::Full), CLOSED, raise(ErrorKind::Serialize)];

pub(super) const PUT_METHOD: Method = method(
    "put",
    &[OBJ, BLOCK, TIMEOUT],
    Kind::None,
    PUT,
    "Puts a value; waits while full.",
);
pub(super) const GET_METHOD: Method = method(
    "get",
    &[BLOCK, TIMEOUT],
    Kind::Any,
    GET,
    "Takes the next value; waits while empty.",
);
pub(super) const PUT_NOWAIT: Method = method(
    "put_nowait",
    &[OBJ],
    Kind::None,
    PUT,
    "Puts a value, or raises full.",
);
pub(super) const GET_NOWAIT: Method = method(
    "get_nowait",
    &[],
    Kind::Any,
    GET,
    "Takes the next value, or raises empty.",
);
pub(super) const QSIZE: Method = method(
    "qsize",
    &[],
    Kind::Int,
    &[],
    "How many were put less taken.",
);
pub(super) const EMPTY: Method = method(
    "empty",
    &[],
    Kind::Bool,
    &[CLOSED],
    "Whether nothing can be taken now.",
);
pub(super) const FULL: Method = method(
    "full",
    &[],
    Kind::Bool,
    &[CLOSED],
    "Whether nothing can be put now.",
);
pub(super) const TASK_DONE: Method = method(
    "task_done",
    &[],
    Kind::None,
    &[raise(ErrorKind::OverRelease)],
    "Says that one taken value is dealt with.",
);
pub(super) const JOIN: Method = method(
    "join",
    &[],
    Kind::None,
    &[],
    "Waits until each put value is dealt with.",
);
const CLOSE: Method = method(
    "close",
    &[],
    Kind::None,
    &[],
    "No more puts by this process.",
)
.no_threads();
const JOIN_THREAD: Method = method(
    "join_thread",
    &[],
    Kind::None,
    &[raise_as(ErrorKind::Usage, "AssertionError")],
    "Waits until all that this process put has been handed over; after close.",
)
.no_threads();
const CANCEL_JOIN_THREAD: Method = method(
    "cancel_join_thread",
    &[],
    Kind::None,
    &[],
    "Lets this process end without waiting for what it put.",
)
.no_threads();

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "Queue",
        doc: "Values from many processes to many; each process's own arrive in its order.",
        constructor: Some(MAXSIZE),
        methods: &[
            PUT_METHOD,
            GET_METHOD,
            PUT_NOWAIT,
            GET_NOWAIT,
            QSIZE,
            EMPTY,
            FULL,
            CLOSE,
            JOIN_THREAD,
            CANCEL_JOIN_THREAD,
        ],
        ..OBJECT
    },
    Object {
        name: "JoinableQueue",
        doc: "A queue that counts what is not yet dealt with.",
        constructor: Some(MAXSIZE),
        methods: &[
            PUT_METHOD,
            GET_METHOD,
            PUT_NOWAIT,
            GET_NOWAIT,
            QSIZE,
            EMPTY,
            FULL,
            CLOSE,
            JOIN_THREAD,
            CANCEL_JOIN_THREAD,
            TASK_DONE,
            JOIN,
        ],
        ..OBJECT
    },
    Object {
        name: "SimpleQueue",
        doc: "A pipe with a lock at each end.",
        constructor: Some(&[]),
        methods: &[
            method(
                "put",
                &[OBJ],
                Kind::None,
                &[CLOSED, raise(ErrorKind::Serialize)],
                "Puts a value.",
            ),
            method(
                "get",
                &[],
                Kind::Any,
                &[CLOSED, raise(ErrorKind::Deserialize)],
                "Takes the next value.",
            ),
            EMPTY,
            method(
                "close",
                &[],
                Kind::None,
                &[],
                "Closes both ends in this process.",
            ),
        ],
        threads: false,
        ..OBJECT
    },
];
