//! The module, contexts and processes.

use super::{
    Attribute, Default, Kind, Method, OBJECT, Object, Parameter, Raise, TIMEOUT, attribute, method,
    optional, raise, raise_as, required,
};
use crate::error_kind::ErrorKind;

const USAGE_VALUE: Raise = raise_as(ErrorKind::Usage, "ValueError");
const GET_START_METHOD: Method = method(
    "get_start_method",
    &[optional("allow_none", Kind::Bool, Default::Bool(false))],
    Kind::Any,
    &[],
    "The name of the start method in force; unless `allow_none`, an unset one is fixed by asking.",
);
const SET_START_METHOD: &[Parameter] = &[
    required("method", Kind::Text),
    optional("force", Kind::Bool, Default::Bool(false)),
];

const CLOSED: Raise = raise_as(ErrorKind::Closed, "ValueError");
const NOT_A_CHILD_OR_CLOSED: &[Raise] = &[raise_as(ErrorKind::Usage, "AssertionError"), CLOSED];
const NOT_STARTED_OR_CLOSED: &[Raise] = &[raise_as(ErrorKind::Usage, "AttributeError"), CLOSED];

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "Module",
        doc: "The module itself with its default context; a program has it as `$mp`.",
        of_context: false,
        methods: &[
            method(
                "get_context",
                &[optional("method", Kind::Text, Default::None)],
                Kind::Object("Context"),
                &[USAGE_VALUE],
                "A context bound to one start method.",
            )
            .no_threads(),
            GET_START_METHOD.no_threads(),
            method(
                "set_start_method",
                SET_START_METHOD,
                Kind::None,
                &[USAGE_VALUE, raise_as(ErrorKind::Runtime, "RuntimeError")],
                "Fixes the default start method, once unless `force`.",
            )
            .no_threads(),
            method(
                "get_all_start_methods",
                &[],
                Kind::Any,
                &[],
                "The supported start methods, the default first.",
            )
            .no_threads(),
            method(
                "active_children",
                &[],
                Kind::Sequence,
                &[],
                "The caller's live children; finished ones are reaped.",
            ),
            method(
                "current_process",
                &[],
                Kind::Object("Process"),
                &[],
                "The process that asks.",
            ),
            method(
                "parent_process",
                &[],
                Kind::Object("Process"),
                &[],
                "The process that started this one, or None in main.",
            )
            .no_threads(),
        ],
        ..OBJECT
    },
    Object {
        name: "Context",
        doc: "One start method with a constructor for each object (`Call(\"ctx.Queue\")`).",
        of_context: false,
        methods: &[
            GET_START_METHOD,
            method(
                "set_start_method",
                SET_START_METHOD,
                Kind::None,
                &[USAGE_VALUE],
                "An error: a context's start method is fixed.",
            ),
        ],
        threads: false,
        ..OBJECT
    },
    Object {
        name: "Process",
        doc: "A function that runs in a process of its own.",
        constructor: Some(&[
            optional("group", Kind::None, Default::None),
            optional("target", Kind::Function, Default::None),
            optional("name", Kind::Text, Default::None),
            optional("args", Kind::Sequence, Default::Tuple),
            optional("kwargs", Kind::Any, Default::Dict),
            optional("daemon", Kind::Bool, Default::None),
        ]),
        methods: &[
            method(
                "start",
                &[],
                Kind::None,
                &[
                    raise_as(ErrorKind::Usage, "AssertionError"),
                    raise(ErrorKind::Bootstrapping),
                    raise(ErrorKind::Serialize),
                ],
                "Makes the child; its arguments are taken now.",
            ),
            method(
                "join",
                &[TIMEOUT],
                Kind::None,
                NOT_A_CHILD_OR_CLOSED,
                "Waits for the child's end; tells nothing.",
            ),
            method(
                "is_alive",
                &[],
                Kind::Bool,
                NOT_A_CHILD_OR_CLOSED,
                "Whether the child runs.",
            ),
            method(
                "run",
                &[],
                Kind::None,
                &[],
                "Does the child's work in the caller.",
            ),
            method(
                "terminate",
                &[],
                Kind::None,
                NOT_STARTED_OR_CLOSED,
                "Ends the child with SIGTERM; nothing on a dead one.",
            )
            .no_threads(),
            method(
                "kill",
                &[],
                Kind::None,
                NOT_STARTED_OR_CLOSED,
                "Ends the child with SIGKILL; nothing on a dead one.",
            )
            .no_threads(),
            method(
                "close",
                &[],
                Kind::None,
                &[raise_as(ErrorKind::Usage, "ValueError")],
                "Frees a process that has ended.",
            )
            .no_threads(),
        ],
        attributes: PROCESS_ATTRIBUTES,
        ..OBJECT
    },
];

const PROCESS_ATTRIBUTES: &[Attribute] = &[
    attribute("name", Kind::Text, "Its label.").writable(),
    attribute(
        "daemon",
        Kind::Bool,
        "Whether it ends with its creator; set before start.",
    )
    .writable(),
    attribute("pid", Kind::Opaque, "Its number, None before start.").no_threads(),
    attribute(
        "exitcode",
        Kind::Any,
        "None while it runs, its code, or minus its signal.",
    ),
    attribute("authkey", Kind::Opaque, "Its key, inherited.").no_threads(),
];
