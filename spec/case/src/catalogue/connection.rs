//! Pipes and connections.

use super::method::methods;
use super::{
    Class, ConnectionAttribute, Default, Kind, Object, Raise, object_of, optional, raise, raise_as,
    required,
};
use crate::error_kind::ErrorKind;

const CLOSED: Raise = raise_as(ErrorKind::Closed, "OSError");
const SEND: &[Raise] = &[
    raise(ErrorKind::BrokenPipe),
    CLOSED,
    raise_as(ErrorKind::Usage, "OSError"),
    raise(ErrorKind::Serialize),
    raise(ErrorKind::NotInheritable),
];
const SEND_BYTES: &[Raise] = &[
    raise(ErrorKind::BrokenPipe),
    CLOSED,
    raise_as(ErrorKind::Usage, "OSError"),
    raise(ErrorKind::Type),
];
const RECV: &[Raise] = &[
    raise(ErrorKind::Eof),
    CLOSED,
    raise_as(ErrorKind::Usage, "OSError"),
    raise(ErrorKind::Deserialize),
];

methods! {
    /// What one end of a pipe does.
    ConnectionMethod of Connection;
    Send "send" (&[required("obj", Kind::Any)], Kind::None, SEND, "Sends one value.");
    Recv "recv" (&[], Kind::Any, RECV, "Waits for the next value.");
    SendBytes "send_bytes" (
        &[required("buf", Kind::Bytes)],
        Kind::None,
        SEND_BYTES,
        "Sends bytes as one message.",
    );
    RecvBytes "recv_bytes" (&[], Kind::Bytes, RECV, "Waits for the next message.");
    Poll "poll" (
        &[optional("timeout", Kind::Timeout, Default::Int(0))],
        Kind::Bool,
        &[CLOSED, raise_as(ErrorKind::Usage, "OSError")],
        "Whether something, or the end of file, can be read.",
    );
    Close "close" (&[], Kind::None, &[], "Closes this end.");
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        doc: "Two connected ends; one-way: the first reads, the second writes.",
        constructor: Some(&[optional("duplex", Kind::Bool, Default::Bool(true))]),
        makes: Kind::Pair(Class::Connection, Class::Connection),
        ..object_of(Class::Pipe)
    },
    Object {
        doc: "One end of a pipe or a socket; messages keep their boundaries and order.",
        of_context: false,
        context: true,
        methods: ConnectionMethod::ROWS,
        attributes: ConnectionAttribute::ROWS,
        ..object_of(Class::Connection)
    },
];
