//! Pipes and connections.

use super::{
    Default, Kind, OBJECT, Object, Raise, attribute, method, optional, raise, raise_as, required,
};
use crate::error_kind::ErrorKind;

const CLOSED: Raise = raise_as(ErrorKind::Closed, "OSError");
const SEND: &[Raise] = &[
    raise(ErrorKind::BrokenPipe),
    CLOSED,
    raise_as(ErrorKind::Usage, "OSError"),
    raise(ErrorKind::Serialize),
];
const RECV: &[Raise] = &[
    raise(ErrorKind::Eof),
    CLOSED,
    raise_as(ErrorKind::Usage, "OSError"),
    raise(ErrorKind::Deserialize),
];

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "Pipe",
        doc: "Two connected ends; one-way: the first reads, the second writes.",
        constructor: Some(&[optional("duplex", Kind::Bool, Default::Bool(true))]),
        makes: Kind::Pair("Connection", "Connection"),
        ..OBJECT
    },
    Object {
        name: "Connection",
        doc: "One end of a pipe or a socket; messages keep their boundaries and order.",
        of_context: false,
        context: true,
        methods: &[
            method(
                "send",
                &[required("obj", Kind::Any)],
                Kind::None,
                SEND,
                "Sends one value.",
            ),
            method("recv", &[], Kind::Any, RECV, "Waits for the next value."),
            method(
                "send_bytes",
                &[required("buf", Kind::Bytes)],
                Kind::None,
                SEND,
                "Sends bytes as one message.",
            ),
            method(
                "recv_bytes",
                &[],
                Kind::Bytes,
                RECV,
                "Waits for the next message.",
            ),
            method(
                "poll",
                &[optional("timeout", Kind::Timeout, Default::Int(0))],
                Kind::Bool,
                &[CLOSED],
                "Whether something, or the end of file, can be read.",
            ),
            method("close", &[], Kind::None, &[], "Closes this end."),
        ],
        attributes: &[
            attribute("closed", Kind::Bool, "Whether this end is closed.").no_threads(),
            attribute("readable", Kind::Bool, "Whether this end reads.").no_threads(),
            attribute("writable", Kind::Bool, "Whether this end writes.").no_threads(),
        ],
        ..OBJECT
    },
];
