//! Pipes and their ends.

use std::sync::Arc;

use poolproof_runtime as mp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Bound, Object};
use crate::data::Data;
use crate::stop::{Result, missing};

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
    let duplex = bound.take("duplex")?.is_true();
    let (left, right) = if duplex {
        context.pipe()?
    } else {
        context.one_way()?
    };
    let end = |end| Data::Object(Object::Connection(Connection { end: Arc::new(end) }));
    Ok(Data::Tuple(vec![end(left), end(right)].into()))
}

impl Connection {
    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            "send" => self.end.send(&bound.take("obj")?)?,
            "recv" => return Ok(self.end.recv()?),
            "send_bytes" => self.end.send_bytes(&bound.take("buf")?.as_bytes()?)?,
            "recv_bytes" => {
                return Ok(Data::Plain(poolproof_case::Value::Bytes(
                    self.end.recv_bytes()?,
                )));
            }
            "poll" => return Ok(Data::bool(self.end.poll(bound.timeout()?)?)),
            "close" => self.end.close(),
            other => return Err(missing("Connection", other)),
        }
        Ok(Data::NONE)
    }

    pub(super) fn attribute(&self, name: &str) -> Result<Data> {
        match name {
            "closed" => Ok(Data::bool(self.end.is_closed())),
            "readable" => Ok(Data::bool(self.end.is_readable())),
            "writable" => Ok(Data::bool(self.end.is_writable())),
            other => Err(missing("Connection", other)),
        }
    }

    pub(super) fn close(&self) {
        self.end.close();
    }
}
