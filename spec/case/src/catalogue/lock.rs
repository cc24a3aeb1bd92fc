//! Locks, semaphores, conditions, events and barriers.

use super::method::methods;
use super::{
    BarrierAttribute, Class, Default, Kind, Object, Parameter, Raise, Signature, TIMEOUT,
    object_of, optional, raise, raise_as, required,
};
use crate::error_kind::ErrorKind;

const ACQUIRE: &[Parameter] = &[optional("block", Kind::Bool, Default::Bool(true)), TIMEOUT];
const VALUE: &[Parameter] = &[optional("value", Kind::Int, Default::Int(1))];
const NOT_OWNER: Raise = raise_as(ErrorKind::NotOwner, "AssertionError, RuntimeError");
const BROKEN: Raise = raise(ErrorKind::BrokenBarrier);

methods! {
    /// What locks and semaphores do, also a manager's.
    LockMethod of Lock;
    Acquire "acquire" (ACQUIRE, Kind::Bool, &[], "Takes it; False when time was up.");
    // Who may give it back differs from class to class.
    Release "release" (&[], Kind::None, &[], "Gives one back.");
    GetValue "get_value" (&[], Kind::Int, &[], "How many can be taken now.") no_threads;
}

/// The rows of a lock that raises this where it is given back wrongly.
const fn lock(raises: &'static [Raise], doc: &'static str) -> [Signature; 2] {
    [
        LockMethod::Acquire.row(),
        LockMethod::Release.row().raising(raises, doc),
    ]
}

// `multiprocessing.dummy` and managers have threading's locks, which raise RuntimeError.
pub(super) const LOCK: &[Signature] = &lock(
    &[raise_as(ErrorKind::OverRelease, "ValueError, RuntimeError")],
    "Gives it back; any process may.",
);
pub(super) const OWNED: &[Signature] = &lock(&[NOT_OWNER], "Gives it back; only its owner may.");
pub(super) const COUNT: &[Signature] = &lock(&[], "Gives one back.");
pub(super) const BOUNDED: &[Signature] = &lock(&[raise(ErrorKind::OverRelease)], "Gives one back.");

methods! {
    /// What conditions do, also a manager's.
    ConditionMethod of Condition;
    Acquire "acquire" (ACQUIRE, Kind::Bool, &[], "Takes it; False when time was up.");
    Release "release" (&[], Kind::None, &[NOT_OWNER], "Gives it back; only its owner may.");
    Wait "wait" (
        &[TIMEOUT],
        Kind::Bool,
        &[NOT_OWNER],
        "Gives the lock back, waits to be notified, takes the lock; False when time was up.",
    );
    Notify "notify" (
        &[optional("n", Kind::Int, Default::Int(1))],
        Kind::None,
        &[NOT_OWNER],
        "Wakes so many of those who wait now.",
    );
    NotifyAll "notify_all" (&[], Kind::None, &[NOT_OWNER], "Wakes all who wait now.");
}

methods! {
    /// What events do, also a manager's.
    EventMethod of Event;
    IsSet "is_set" (&[], Kind::Bool, &[], "Whether it is set.");
    Set "set" (&[], Kind::None, &[], "Sets it and wakes all who wait.");
    Clear "clear" (&[], Kind::None, &[], "Unsets it.");
    Wait "wait" (
        &[TIMEOUT],
        Kind::Bool,
        &[],
        "Waits until it is set; False when time was up.",
    );
}

methods! {
    /// What barriers do, also a manager's.
    BarrierMethod of Barrier;
    Wait "wait" (
        &[TIMEOUT],
        Kind::Int,
        &[BROKEN],
        "Waits until all parties wait; each gets another number from 0.",
    );
    Reset "reset" (&[], Kind::None, &[], "Makes it new; those who wait get an error.");
    Abort "abort" (&[], Kind::None, &[], "Breaks it.");
}

pub(super) const BARRIER_PARAMETERS: &[Parameter] = &[
    required("parties", Kind::Int),
    optional("action", Kind::Function, Default::None),
    TIMEOUT,
];

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "One holder at a time; any process may give it back.",
        constructor: Some(&[]),
        methods: LOCK,
        context: true,
        ..object_of(Class::Lock)
    },
    Object {
        doc: "One owner at a time, who may take it again.",
        constructor: Some(&[]),
        methods: OWNED,
        context: true,
        ..object_of(Class::RLock)
    },
    Object {
        doc: "A count of what can be taken.",
        constructor: Some(VALUE),
        methods: &[COUNT[0], COUNT[1], LockMethod::GetValue.row()],
        context: true,
        raises: &[raise(ErrorKind::Type)],
        ..object_of(Class::Semaphore)
    },
    Object {
        doc: "A semaphore that never exceeds its first value.",
        constructor: Some(VALUE),
        methods: &[BOUNDED[0], BOUNDED[1], LockMethod::GetValue.row()],
        context: true,
        raises: &[raise(ErrorKind::Type)],
        ..object_of(Class::BoundedSemaphore)
    },
    Object {
        doc: "A lock whose holders can wait to be notified.",
        constructor: Some(&[optional("lock", Kind::Any, Default::None)]),
        methods: ConditionMethod::ROWS,
        context: true,
        ..object_of(Class::Condition)
    },
    Object {
        doc: "A flag to wait for.",
        constructor: Some(&[]),
        methods: EventMethod::ROWS,
        ..object_of(Class::Event)
    },
    Object {
        doc: "A meeting point of a number of parties.",
        constructor: Some(BARRIER_PARAMETERS),
        methods: BarrierMethod::ROWS,
        attributes: BarrierAttribute::ROWS,
        raises: &[raise(ErrorKind::Type)],
        ..object_of(Class::Barrier)
    },
];
