//! Managers and what they keep for other processes.

use super::container::{DICT, LIST};
use super::lock::{
    ACQUIRE_METHOD, BARRIER, BARRIER_PARAMETERS, CONDITION, EVENT, RELEASE_LOCK, RELEASE_OWNED,
};
use super::queue::{
    EMPTY, FULL, GET_METHOD, GET_NOWAIT, JOIN, PUT_METHOD, PUT_NOWAIT, QSIZE, TASK_DONE,
};
use super::{
    Default, Kind, Method, OBJECT, Object, Parameter, Raise, attribute, method, optional, raise,
    raise_as, required,
};
use crate::error_kind::ErrorKind;

const GONE: &[Raise] = &[raise_as(ErrorKind::BrokenPipe, "OSError, EOFError")];
const VALUE: &[Parameter] = &[optional("value", Kind::Int, Default::Int(1))];
const MAXSIZE: &[Parameter] = &[optional("maxsize", Kind::Int, Default::Int(0))];
const RELEASE_COUNT: Method = method("release", &[], Kind::None, &[], "Gives one back.");
const RELEASE_BOUNDED: Method = method(
    "release",
    &[],
    Kind::None,
    &[raise(ErrorKind::OverRelease)],
    "Gives one back.",
);

const fn make(
    name: &'static str,
    parameters: &'static [Parameter],
    object: &'static str,
) -> Method {
    method(
        name,
        parameters,
        Kind::Object(object),
        GONE,
        "Makes one in the manager; gives a proxy.",
    )
}

const SHUTDOWN: Method = method(
    "shutdown",
    &[],
    Kind::None,
    &[],
    "Ends the manager's process.",
);
const SHARED: Method = method(
    "shared",
    &[required("name", Kind::Text)],
    Kind::Any,
    GONE,
    "A proxy of what the server shares under a name.",
);

const fn managed(name: &'static str, doc: &'static str, methods: &'static [Method]) -> Object {
    let mut object = OBJECT;
    object.name = name;
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
        name: "Manager",
        doc: "A started process that keeps objects for others.",
        constructor: Some(&[]),
        context: true,
        methods: &[
            make(
                "dict",
                &[optional("sequence", Kind::Any, Default::Dict)],
                "ManagedDict",
            ),
            make(
                "list",
                &[optional("sequence", Kind::Sequence, Default::List)],
                "ManagedList",
            ),
            make("Namespace", &[], "ManagedNamespace"),
            make("Lock", &[], "ManagedLock"),
            make("RLock", &[], "ManagedRLock"),
            make("Semaphore", VALUE, "ManagedSemaphore"),
            make("BoundedSemaphore", VALUE, "ManagedBoundedSemaphore"),
            make("Condition", &[], "ManagedCondition"),
            make("Event", &[], "ManagedEvent"),
            make("Barrier", BARRIER_PARAMETERS, "ManagedBarrier"),
            make("Queue", MAXSIZE, "ManagedQueue"),
            make("JoinableQueue", MAXSIZE, "ManagedJoinableQueue"),
            make(
                "Value",
                &[
                    required("typecode", Kind::Text),
                    required("value", Kind::Any),
                ],
                "ManagedValue",
            ),
            make(
                "Array",
                &[
                    required("typecode", Kind::Text),
                    required("sequence", Kind::Sequence),
                ],
                "ManagedArray",
            ),
            SHUTDOWN,
        ],
        attributes: &[attribute("address", Kind::Opaque, "Where it listens.").no_threads()],
        ..OBJECT
    },
    Object {
        name: "ManagerServer",
        doc: "A started manager on TCP (127.0.0.1, any port) that shares objects by name.",
        constructor: Some(&[
            required("authkey", Kind::Bytes),
            required("shares", Kind::Any),
        ]),
        context: true,
        of_context: false,
        methods: &[SHARED, SHUTDOWN],
        attributes: &[attribute("address", Kind::Opaque, "Where it listens.")],
        threads: false,
        ..OBJECT
    },
    Object {
        name: "ManagerClient",
        doc: "A manager elsewhere, known by address and key alone.",
        constructor: Some(&[
            required("address", Kind::Opaque),
            required("authkey", Kind::Bytes),
        ]),
        of_context: false,
        methods: &[
            method(
                "connect",
                &[],
                Kind::None,
                &[
                    raise(ErrorKind::Auth),
                    raise_as(ErrorKind::BrokenPipe, "OSError, EOFError"),
                ],
                "Connects, each side proving that it knows the key.",
            ),
            SHARED,
        ],
        threads: false,
        ..OBJECT
    },
    with_items(managed("ManagedDict", "A manager's dict.", DICT)),
    with_items(managed("ManagedList", "A manager's list.", LIST)),
    Object {
        attributes: &[attribute("*", Kind::Any, "Any name.").writable()],
        ..managed("ManagedNamespace", "A manager's bag of attributes.", &[])
    },
    with_context(managed(
        "ManagedLock",
        "A manager's lock.",
        &[ACQUIRE_METHOD, RELEASE_LOCK],
    )),
    with_context(managed(
        "ManagedRLock",
        "A manager's RLock.",
        &[ACQUIRE_METHOD, RELEASE_OWNED],
    )),
    with_context(managed(
        "ManagedSemaphore",
        "A manager's semaphore.",
        &[ACQUIRE_METHOD, RELEASE_COUNT],
    )),
    with_context(managed(
        "ManagedBoundedSemaphore",
        "A manager's bounded semaphore.",
        &[ACQUIRE_METHOD, RELEASE_BOUNDED],
    )),
    with_context(managed(
        "ManagedCondition",
        "A manager's condition.",
        CONDITION,
    )),
    managed("ManagedEvent", "A manager's event.", EVENT),
    Object {
        attributes: &[
            attribute("parties", Kind::Int, "How many must meet."),
            attribute("n_waiting", Kind::Int, "How many wait now."),
            attribute("broken", Kind::Bool, "Whether it is broken."),
        ],
        ..managed("ManagedBarrier", "A manager's barrier.", BARRIER)
    },
    managed(
        "ManagedQueue",
        "A manager's queue: first in, first out, visible at once.",
        &[
            PUT_METHOD, GET_METHOD, PUT_NOWAIT, GET_NOWAIT, QSIZE, EMPTY, FULL,
        ],
    ),
    managed(
        "ManagedJoinableQueue",
        "A manager's joinable queue.",
        &[
            PUT_METHOD, GET_METHOD, PUT_NOWAIT, GET_NOWAIT, QSIZE, EMPTY, FULL, TASK_DONE, JOIN,
        ],
    ),
    Object {
        attributes: &[attribute("value", Kind::Any, "The value.").writable()],
        ..managed(
            "ManagedValue",
            "A manager's value.",
            &[
                method("get", &[], Kind::Any, GONE, "The value."),
                method(
                    "set",
                    &[required("value", Kind::Any)],
                    Kind::None,
                    GONE,
                    "Sets the value.",
                ),
            ],
        )
    },
    with_items(managed("ManagedArray", "A manager's array.", &[])),
];
