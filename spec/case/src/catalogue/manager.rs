//! Managers and what they keep for other processes.

use super::lock::{BARRIER_PARAMETERS, BOUNDED, COUNT, LOCK, OWNED};
use super::method::methods;
use super::{
    BarrierAttribute, BarrierMethod, Class, ConditionMethod, Default, DictMethod, EventMethod,
    Kind, ListMethod, ManagedValueAttribute, ManagerAttribute, NamespaceAttribute, Object,
    Parameter, QueueMethod, Raise, Signature, object_of, optional, raise, raise_as, required,
};
use crate::error_kind::ErrorKind;

/// What every use of a proxy may raise: its manager may have ended.
pub const GONE: &[Raise] = &[raise_as(ErrorKind::BrokenPipe, "OSError, EOFError")];
/// One that was shut down here is asserted to be there.
const ENDED: &[Raise] = &[raise_as(
    ErrorKind::BrokenPipe,
    "OSError, EOFError, AssertionError",
)];
const VALUE: &[Parameter] = &[optional("value", Kind::Int, Default::Int(1))];
const MAXSIZE: &[Parameter] = &[optional("maxsize", Kind::Int, Default::Int(0))];

/// A proxy of an object that is made in the manager.
macro_rules! makers {
    ($($variant:ident $name:literal ($parameters:expr, $class:ident);)*) => {
        methods! {
            /// What managers do: they make objects of their own, and give proxies.
            ManagerMethod of Manager;
            $(
                $variant $name (
                    $parameters,
                    Kind::Object(Class::$class),
                    ENDED,
                    "Makes one in the manager; gives a proxy.",
                );
            )*
            Shutdown "shutdown" (&[], Kind::None, &[], "Ends the manager's process.");
            Shared "shared" (
                &[required("name", Kind::Text)],
                Kind::Any,
                GONE,
                "A proxy of what the server shares under a name.",
            );
            Connect "connect" (
                &[],
                Kind::None,
                &[
                    raise(ErrorKind::Auth),
                    raise_as(ErrorKind::BrokenPipe, "OSError, EOFError"),
                ],
                "Connects, each side proving that it knows the key.",
            );
        }
    };
}

makers! {
    Dict "dict" (&[optional("sequence", Kind::Any, Default::Dict)], ManagedDict);
    List "list" (&[optional("sequence", Kind::Sequence, Default::List)], ManagedList);
    Namespace "Namespace" (&[], ManagedNamespace);
    Lock "Lock" (&[], ManagedLock);
    RLock "RLock" (&[], ManagedRLock);
    Semaphore "Semaphore" (VALUE, ManagedSemaphore);
    BoundedSemaphore "BoundedSemaphore" (VALUE, ManagedBoundedSemaphore);
    Condition "Condition" (&[], ManagedCondition);
    Event "Event" (&[], ManagedEvent);
    Barrier "Barrier" (BARRIER_PARAMETERS, ManagedBarrier);
    Queue "Queue" (MAXSIZE, ManagedQueue);
    JoinableQueue "JoinableQueue" (MAXSIZE, ManagedJoinableQueue);
    Value "Value" (
        &[required("typecode", Kind::Text), required("value", Kind::Any)],
        ManagedValue
    );
    Array "Array" (
        &[required("typecode", Kind::Text), required("sequence", Kind::Sequence)],
        ManagedArray
    );
}

methods! {
    /// What a manager's values do.
    ManagedValueMethod of ManagedValue;
    Get "get" (&[], Kind::Any, GONE, "The value.");
    Set "set" (&[required("value", Kind::Any)], Kind::None, GONE, "Sets the value.");
}

/// The rows of a manager that the program started: it makes, and can be ended.
const STARTED: &[Signature] = ManagerMethod::ROWS.split_at(15).0;

/// The rows of a queue that hands over at once, as a manager's do.
const DIRECT: &[Signature] = QueueMethod::ROWS.split_at(7).0;

const DIRECT_JOINABLE: &[Signature] = &[
    QueueMethod::Put.row(),
    QueueMethod::Get.row(),
    QueueMethod::PutNowait.row(),
    QueueMethod::GetNowait.row(),
    QueueMethod::Qsize.row(),
    QueueMethod::Empty.row(),
    QueueMethod::Full.row(),
    QueueMethod::TaskDone.row(),
    QueueMethod::Join.row(),
];

const fn managed(class: Class, doc: &'static str, methods: &'static [Signature]) -> Object {
    let mut object = object_of(class);
    object.doc = doc;
    object.methods = methods;
    object.of_context = false;
    object
}

const fn with_items(mut object: Object) -> Object {
    object.items = true;
    object
}

const fn with_context(mut object: Object) -> Object {
    object.context = true;
    object
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "A started process that keeps objects for others.",
        constructor: Some(&[]),
        context: true,
        methods: STARTED,
        attributes: &[ManagerAttribute::ROWS[0].no_threads()],
        ..object_of(Class::Manager)
    },
    Object {
        doc: "A started manager on TCP (127.0.0.1, any port) that shares objects by name.",
        constructor: Some(&[
            required("authkey", Kind::Bytes),
            required("shares", Kind::Any),
        ]),
        context: true,
        of_context: false,
        methods: &[ManagerMethod::Shared.row(), ManagerMethod::Shutdown.row()],
        attributes: ManagerAttribute::ROWS,
        threads: false,
        ..object_of(Class::ManagerServer)
    },
    Object {
        doc: "A manager elsewhere, known by address and key alone.",
        constructor: Some(&[
            required("address", Kind::Opaque),
            required("authkey", Kind::Bytes),
        ]),
        of_context: false,
        methods: &[ManagerMethod::Connect.row(), ManagerMethod::Shared.row()],
        threads: false,
        ..object_of(Class::ManagerClient)
    },
    with_items(managed(
        Class::ManagedDict,
        "A manager's dict.",
        DictMethod::ROWS,
    )),
    with_items(managed(
        Class::ManagedList,
        "A manager's list.",
        ListMethod::ROWS,
    )),
    Object {
        attributes: NamespaceAttribute::ROWS,
        ..managed(
            Class::ManagedNamespace,
            "A manager's bag of attributes.",
            &[],
        )
    },
    with_context(managed(Class::ManagedLock, "A manager's lock.", LOCK)),
    with_context(managed(Class::ManagedRLock, "A manager's RLock.", OWNED)),
    with_context(managed(
        Class::ManagedSemaphore,
        "A manager's semaphore.",
        COUNT,
    )),
    with_context(managed(
        Class::ManagedBoundedSemaphore,
        "A manager's bounded semaphore.",
        BOUNDED,
    )),
    with_context(managed(
        Class::ManagedCondition,
        "A manager's condition.",
        ConditionMethod::ROWS,
    )),
    managed(Class::ManagedEvent, "A manager's event.", EventMethod::ROWS),
    Object {
        attributes: BarrierAttribute::ROWS,
        ..managed(
            Class::ManagedBarrier,
            "A manager's barrier.",
            BarrierMethod::ROWS,
        )
    },
    managed(
        Class::ManagedQueue,
        "A manager's queue: first in, first out, visible at once.",
        DIRECT,
    ),
    managed(
        Class::ManagedJoinableQueue,
        "A manager's joinable queue.",
        DIRECT_JOINABLE,
    ),
    Object {
        attributes: ManagedValueAttribute::ROWS,
        ..managed(
            Class::ManagedValue,
            "A manager's value.",
            ManagedValueMethod::ROWS,
        )
    },
    with_items(managed(Class::ManagedArray, "A manager's array.", &[])),
];
