//! Pipes and their ends.

use std::sync::Arc;

use poolproof_case::Value;
use poolproof_case::catalogue::{Class, ConnectionAttribute, ConnectionMethod};
use poolproof_runtime as mp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::functions;
use crate::stop::Result;

/// One end of a pipe; all in this process who refer to it share it.
#[derive(Clone)]
pub(crate) struct Connection {
    end: Arc<mp::Connection<Data, Data>>,
}

impl Serialize for Connection {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.end.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Connection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let end = Deserialize::deserialize(deserializer)?;
        Ok(Connection { end: Arc::new(end) })
    }
}

/// Makes a pipe and gives its two ends.
pub(super) fn new(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Data> {
    let duplex = bound.take("duplex")?.is_true()?;
    let (left, right) = if duplex {
        context.pipe()?
    } else {
        context.one_way()?
    };
    let end = |end| Data::object(Connection { end: Arc::new(end) });
    Ok(Data::Tuple(vec![end(left), end(right)].into()))
}

impl Object for Connection {
    fn class(&self) -> Class {
        Class::Connection
    }
}

impl Connection {
    pub(super) fn call(&self, method: ConnectionMethod, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            ConnectionMethod::Send => self.end.send(&bound.take("obj")?)?,
            // Among threads bytes are a value like any other, which need not fit into a pipe.
            ConnectionMethod::SendBytes if functions::is_of_threads() => {
                let bytes = bound.take("buf")?.as_bytes()?;
                self.end.send(&Data::Plain(Value::Bytes(bytes)))?;
            }
            ConnectionMethod::RecvBytes if functions::is_of_threads() => {
                return Ok(self.end.recv()?);
            }
            ConnectionMethod::Recv => return Ok(self.end.recv()?),
            ConnectionMethod::SendBytes => self.end.send_bytes(&bound.take("buf")?.as_bytes()?)?,
            ConnectionMethod::RecvBytes => {
                return Ok(Data::Plain(Value::Bytes(self.end.recv_bytes()?)));
            }
            ConnectionMethod::Poll => return Ok(Data::bool(self.end.poll(bound.timeout()?)?)),
            ConnectionMethod::Close => self.end.close(),
        }
        Ok(Data::NONE)
    }

    pub(super) fn attribute(&self, attribute: ConnectionAttribute) -> Data {
        Data::bool(match attribute {
            ConnectionAttribute::Closed => self.end.is_closed(),
            ConnectionAttribute::Readable => self.end.is_readable(),
            ConnectionAttribute::Writable => self.end.is_writable(),
        })
    }

    pub(super) fn close(&self) {
        self.end.close();
    }
}
