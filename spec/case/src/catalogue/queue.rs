//! Queues between processes.

use super::method::methods;
use super::{
    Class, Default, Kind, Object, Parameter, Raise, Signature, TIMEOUT, object_of, optional, raise,
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

methods! {
    /// What queues do, also a manager's.
    QueueMethod of Queue;
    Put "put" (&[OBJ, BLOCK, TIMEOUT], Kind::None, PUT, "Puts a value; waits while full.");
    Get "get" (&[BLOCK, TIMEOUT], Kind::Any, GET, "Takes the next value; waits while empty.");
    PutNowait "put_nowait" (&[OBJ], Kind::None, PUT, "Puts a value, or raises full.");
    GetNowait "get_nowait" (&[], Kind::Any, GET, "Takes the next value, or raises empty.");
    Qsize "qsize" (&[], Kind::Int, &[], "How many were put less taken.");
    Empty "empty" (&[], Kind::Bool, &[CLOSED], "Whether nothing can be taken now.");
    Full "full" (&[], Kind::Bool, &[CLOSED], "Whether nothing can be put now.");
    Close "close" (&[], Kind::None, &[], "No more puts by this process.") no_threads;
    JoinThread "join_thread" (
        &[],
        Kind::None,
        &[raise_as(ErrorKind::Usage, "AssertionError")],
        "Waits until all that this process put has been handed over; after close.",
    ) no_threads;
    CancelJoinThread "cancel_join_thread" (
        &[],
        Kind::None,
        &[],
        "Lets this process end without waiting for what it put.",
    ) no_threads;
    TaskDone "task_done" (
        &[],
        Kind::None,
        &[raise(ErrorKind::OverRelease)],
        "Says that one taken value is dealt with.",
    );
    Join "join" (&[], Kind::None, &[], "Waits until each put value is dealt with.");
}

methods! {
    /// What simple queues do.
    SimpleQueueMethod of SimpleQueue;
    Put "put" (
        &[OBJ],
        Kind::None,
        &[CLOSED, raise(ErrorKind::Serialize), raise(ErrorKind::NotInheritable)],
        "Puts a value.",
    );
    Get "get" (
        &[],
        Kind::Any,
        &[CLOSED, raise(ErrorKind::Deserialize)],
        "Takes the next value.",
    );
    Empty "empty" (&[], Kind::Bool, &[CLOSED], "Whether nothing can be taken now.");
    Close "close" (&[], Kind::None, &[], "Closes both ends in this process.");
}

/// The rows of a queue that does not count what is dealt with.
const PLAIN: &[Signature] = QueueMethod::ROWS.split_at(10).0;

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "Values from many processes to many; each process's own arrive in its order.",
        constructor: Some(MAXSIZE),
        raises: &[raise(ErrorKind::Type)],
        methods: PLAIN,
        ..object_of(Class::Queue)
    },
    Object {
        doc: "A queue that counts what is not yet dealt with.",
        constructor: Some(MAXSIZE),
        raises: &[raise(ErrorKind::Type)],
        methods: QueueMethod::ROWS,
        ..object_of(Class::JoinableQueue)
    },
    Object {
        doc: "A pipe with a lock at each end.",
        constructor: Some(&[]),
        methods: SimpleQueueMethod::ROWS,
        threads: false,
        ..object_of(Class::SimpleQueue)
    },
];
