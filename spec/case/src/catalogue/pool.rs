//! Pools of workers, their results and iterators.

use super::{
    Default, Kind, Method, OBJECT, Object, Parameter, Raise, TIMEOUT, method, optional, raise,
    raise_as, required,
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
const SUBMIT: &[Raise] = &[
    NOT_RUNNING,
    raise(ErrorKind::Serialize),
    raise(ErrorKind::WorkerLost),
];

const fn map(name: &'static str, returns: Kind, doc: &'static str) -> Method {
    method(name, &[FUNC, ITERABLE, CHUNKSIZE], returns, SUBMIT, doc)
}

const fn map_async(name: &'static str, doc: &'static str) -> Method {
    method(
        name,
        &[FUNC, ITERABLE, CHUNKSIZE, CALLBACK, ERROR_CALLBACK],
        Kind::Object("AsyncResult"),
        SUBMIT,
        doc,
    )
}

const IMAP: &[Parameter] = &[
    FUNC,
    ITERABLE,
    optional("chunksize", Kind::Int, Default::Int(1)),
];

const fn imap(name: &'static str, doc: &'static str) -> Method {
    method(name, IMAP, Kind::Object("ResultIterator"), SUBMIT, doc)
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "Pool",
        doc: "Workers that share tasks.",
        constructor: Some(&[
            optional("processes", Kind::Int, Default::None),
            optional("initializer", Kind::Function, Default::None),
            optional("initargs", Kind::Sequence, Default::Tuple),
            optional("maxtasksperchild", Kind::Int, Default::None),
        ]),
        raises: &[raise_as(ErrorKind::Usage, "ValueError, TypeError")],
        context: true,
        methods: &[
            method(
                "apply",
                &[FUNC, ARGS, KWDS],
                Kind::Any,
                SUBMIT,
                "One task; waits for it.",
            ),
            method(
                "apply_async",
                &[FUNC, ARGS, KWDS, CALLBACK, ERROR_CALLBACK],
                Kind::Object("AsyncResult"),
                SUBMIT,
                "One task; its result comes later.",
            ),
            map(
                "map",
                Kind::Sequence,
                "A task an item, in chunks; results in the items' order.",
            ),
            map_async("map_async", "As map, without waiting."),
            map(
                "starmap",
                Kind::Sequence,
                "As map; each item is the task's arguments.",
            ),
            map_async("starmap_async", "As starmap, without waiting."),
            imap("imap", "As map, results one by one."),
            imap("imap_unordered", "As imap, results as they come."),
            method("close", &[], Kind::None, &[], "Takes no more tasks."),
            method(
                "terminate",
                &[],
                Kind::None,
                &[],
                "Ends the workers at once.",
            ),
            method(
                "join",
                &[],
                Kind::None,
                &[raise_as(ErrorKind::Usage, "ValueError")],
                "Waits for the workers' end, after close or terminate.",
            ),
        ],
        ..OBJECT
    },
    Object {
        name: "AsyncResult",
        doc: "A result that comes later.",
        of_context: false,
        methods: &[
            method(
                "get",
                &[TIMEOUT],
                Kind::Any,
                &[raise(ErrorKind::Timeout), raise(ErrorKind::WorkerLost)],
                "Waits for the result; raises what the task raised.",
            ),
            method("wait", &[TIMEOUT], Kind::None, &[], "Waits for the result."),
            method("ready", &[], Kind::Bool, &[], "Whether the task has ended."),
            method(
                "successful",
                &[],
                Kind::Bool,
                &[raise_as(ErrorKind::Usage, "ValueError, AssertionError")],
                "Whether the task has ended without an error.",
            ),
        ],
        ..OBJECT
    },
    Object {
        name: "ResultIterator",
        doc: "Results one by one; `For` takes them all.",
        of_context: false,
        methods: &[method(
            "next",
            &[TIMEOUT],
            Kind::Any,
            &[
                raise(ErrorKind::Timeout),
                raise_as(ErrorKind::Empty, "StopIteration"),
            ],
            "The next result.",
        )],
        ..OBJECT
    },
];
