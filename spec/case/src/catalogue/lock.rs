//! Locks, semaphores, conditions, events and barriers.

use super::{
    Default, Kind, Method, OBJECT, Object, Parameter, Raise, TIMEOUT, attribute, method, optional,
    raise, raise_as, required,
};
use crate::error_kind::ErrorKind;

const ACQUIRE: &[Parameter] = &[optional("block", Kind::Bool, Default::Bool(true)), TIMEOUT];
const VALUE: &[Parameter] = &[optional("value", Kind::Int, Default::Int(1))];
const NOT_OWNER: Raise = raise_as(ErrorKind::NotOwner, "AssertionError, RuntimeError");
const BROKEN: Raise = raise(ErrorKind::BrokenBarrier);

pub(super) const ACQUIRE_METHOD: Method = method(
    "acquire",
    ACQUIRE,
    Kind::Bool,
    &[],
    "Takes it; False when time was up.",
);
// `multiprocessing.dummy` and managers have threading's locks, which raise RuntimeError.
pub(super) const RELEASE_LOCK: Method = method(
    "release",
    &[],
    Kind::None,
    &[raise_as(ErrorKind::OverRelease, "ValueError, RuntimeError")],
    "Gives it back; any process may.",
);
pub(super) const RELEASE_OWNED: Method = method(
    "release",
    &[],
    Kind::None,
    &[NOT_OWNER],
    "Gives it back; only its owner may.",
);
const RELEASE_SEMAPHORE: Method = method("release", &[], Kind::None, &[], "Gives one back.");
const GET_VALUE: Method = method(
    "get_value",
    &[],
    Kind::Int,
    &[],
    "How many can be taken now.",
)
.no_threads();
const CONDITION_RELEASE: Method = RELEASE_OWNED;

pub(super) const CONDITION: &[Method] = &[
    ACQUIRE_METHOD,
    CONDITION_RELEASE,
    method(
        "wait",
        &[TIMEOUT],
        Kind::Bool,
        &[NOT_OWNER],
        "Gives the lock back, waits to be notified, takes the lock; False when time was up.",
    ),
    method(
        "notify",
        &[optional("n", Kind::Int, Default::Int(1))],
        Kind::None,
        &[NOT_OWNER],
        "Wakes so many of those who wait now.",
    ),
    method(
        "notify_all",
        &[],
        Kind::None,
        &[NOT_OWNER],
        "Wakes all who wait now.",
    ),
];
pub(super) const EVENT: &[Method] = &[
    method("is_set", &[], Kind::Bool, &[], "Whether it is set."),
    method(
        "set",
        &[],
        Kind::None,
        &[],
        "Sets it and wakes all who wait.",
    ),
    method("clear", &[], Kind::None, &[], "Unsets it."),
    method(
        "wait",
        &[TIMEOUT],
        Kind::Bool,
        &[],
        "Waits until it is set; False when time was up.",
    ),
];
pub(super) const BARRIER: &[Method] = &[
    method(
        "wait",
        &[TIMEOUT],
        Kind::Int,
        &[BROKEN],
        "Waits until all parties wait; each gets another number from 0.",
    ),
    method(
        "reset",
        &[],
        Kind::None,
        &[],
        "Makes it new; those who wait get an error.",
    ),
    method("abort", &[], Kind::None, &[], "Breaks it."),
];
pub(super) const BARRIER_PARAMETERS: &[Parameter] = &[
    required("parties", Kind::Int),
    optional("action", Kind::Function, Default::None),
    TIMEOUT,
];

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "Lock",
        doc: "One holder at a time; any process may give it back.",
        constructor: Some(&[]),
        methods: &[ACQUIRE_METHOD, RELEASE_LOCK],
        context: true,
        ..OBJECT
    },
    Object {
        name: "RLock",
        doc: "One owner at a time, who may take it again.",
        constructor: Some(&[]),
        methods: &[ACQUIRE_METHOD, RELEASE_OWNED],
        context: true,
        ..OBJECT
    },
    Object {
        name: "Semaphore",
        doc: "A count of what can be taken.",
        constructor: Some(VALUE),
        methods: &[ACQUIRE_METHOD, RELEASE_SEMAPHORE, GET_VALUE],
        context: true,
        ..OBJECT
    },
    Object {
        name: "BoundedSemaphore",
        doc: "A semaphore that never exceeds its first value.",
        constructor: Some(VALUE),
        methods: &[
            ACQUIRE_METHOD,
            method(
                "release",
                &[],
                Kind::None,
                &[raise(ErrorKind::OverRelease)],
                "Gives one back.",
            ),
            GET_VALUE,
        ],
        context: true,
        ..OBJECT
    },
    Object {
        name: "Condition",
        doc: "A lock whose holders can wait to be notified.",
        constructor: Some(&[optional("lock", Kind::Any, Default::None)]),
        methods: CONDITION,
        context: true,
        ..OBJECT
    },
    Object {
        name: "Event",
        doc: "A flag to wait for.",
        constructor: Some(&[]),
        methods: EVENT,
        ..OBJECT
    },
    Object {
        name: "Barrier",
        doc: "A meeting point of a number of parties.",
        constructor: Some(BARRIER_PARAMETERS),
        methods: BARRIER,
        attributes: &[
            attribute("parties", Kind::Int, "How many must meet."),
            attribute("n_waiting", Kind::Int, "How many wait now."),
            attribute("broken", Kind::Bool, "Whether it is broken."),
        ],
        ..OBJECT
    },
];
