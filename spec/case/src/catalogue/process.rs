//! The module, contexts and processes.

use super::method::methods;
use super::{
    Class, Default, Kind, Object, Parameter, ProcessAttribute, Raise, TIMEOUT, object_of, optional,
    raise, raise_as, required,
};
use crate::error_kind::ErrorKind;

const USAGE_VALUE: Raise = raise_as(ErrorKind::Usage, "ValueError");
const SET_START_METHOD: &[Parameter] = &[
    required("method", Kind::Text),
    optional("force", Kind::Bool, Default::Bool(false)),
];

const CLOSED: Raise = raise_as(ErrorKind::Closed, "ValueError");
const NOT_A_CHILD_OR_CLOSED: &[Raise] = &[raise_as(ErrorKind::Usage, "AssertionError"), CLOSED];
const NOT_STARTED_OR_CLOSED: &[Raise] = &[raise_as(ErrorKind::Usage, "AttributeError"), CLOSED];

methods! {
    /// What the module does, and contexts.
    ModuleMethod of Module;
    GetContext "get_context" (
        &[optional("method", Kind::Text, Default::None)],
        Kind::Object(Class::Context),
        &[USAGE_VALUE],
        "A context bound to one start method.",
    ) no_threads;
    GetStartMethod "get_start_method" (
        &[optional("allow_none", Kind::Bool, Default::Bool(false))],
        Kind::Any,
        &[],
        "The name of the start method in force; unless `allow_none`, an unset one is fixed by asking.",
    ) no_threads;
    SetStartMethod "set_start_method" (
        SET_START_METHOD,
        Kind::None,
        &[USAGE_VALUE, raise_as(ErrorKind::Runtime, "RuntimeError")],
        "Fixes the default start method, once unless `force`.",
    ) no_threads;
    GetAllStartMethods "get_all_start_methods" (
        &[],
        Kind::Any,
        &[],
        "The supported start methods, the default first.",
    ) no_threads;
    ActiveChildren "active_children" (
        &[],
        Kind::Sequence,
        &[],
        "The caller's live children; finished ones are reaped.",
    );
    CurrentProcess "current_process" (
        &[],
        Kind::Object(Class::Process),
        &[],
        "The process that asks.",
    );
    ParentProcess "parent_process" (
        &[],
        Kind::Object(Class::Process),
        &[],
        "The process that started this one, or None in main.",
    ) no_threads;
}

methods! {
    /// What processes do.
    ProcessMethod of Process;
    Start "start" (
        &[],
        Kind::None,
        &[
            raise_as(ErrorKind::Usage, "AssertionError"),
            raise_as(ErrorKind::Closed, "ValueError, OSError"),
            raise(ErrorKind::Bootstrapping),
            raise(ErrorKind::Serialize),
        ],
        "Makes the child; its arguments are taken now.",
    );
    Join "join" (
        &[TIMEOUT],
        Kind::None,
        NOT_A_CHILD_OR_CLOSED,
        "Waits for the child's end; tells nothing.",
    );
    IsAlive "is_alive" (&[], Kind::Bool, NOT_A_CHILD_OR_CLOSED, "Whether the child runs.");
    Run "run" (&[], Kind::None, &[], "Does the child's work in the caller.");
    Terminate "terminate" (
        &[],
        Kind::None,
        NOT_STARTED_OR_CLOSED,
        "Ends the child with SIGTERM; nothing on a dead one.",
    ) no_threads;
    Kill "kill" (
        &[],
        Kind::None,
        NOT_STARTED_OR_CLOSED,
        "Ends the child with SIGKILL; nothing on a dead one.",
    ) no_threads;
    Close "close" (
        &[],
        Kind::None,
        &[raise_as(ErrorKind::Usage, "ValueError")],
        "Frees a process that has ended.",
    ) no_threads;
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "The module itself with its default context; a program has it as `$mp`.",
        of_context: false,
        methods: ModuleMethod::ROWS,
        ..object_of(Class::Module)
    },
    Object {
        doc: "One start method with a constructor for each object (`Call(\"ctx.Queue\")`).",
        of_context: false,
        methods: &[
            ModuleMethod::GetStartMethod.row().with_threads(),
            ModuleMethod::SetStartMethod.row().with_threads().raising(
                &[USAGE_VALUE],
                "An error: a context's start method is fixed.",
            ),
        ],
        threads: false,
        ..object_of(Class::Context)
    },
    Object {
        doc: "A function that runs in a process of its own.",
        constructor: Some(&[
            optional("group", Kind::None, Default::None),
            optional("target", Kind::Function, Default::None),
            optional("name", Kind::Text, Default::None),
            optional("args", Kind::Sequence, Default::Tuple),
            optional("kwargs", Kind::Any, Default::Dict),
            optional("daemon", Kind::Bool, Default::None),
        ]),
        methods: ProcessMethod::ROWS,
        attributes: ProcessAttribute::ROWS,
        ..object_of(Class::Process)
    },
];
