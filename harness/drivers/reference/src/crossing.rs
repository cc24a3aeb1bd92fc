//! Data on their way to another process: containers are copied, objects travel as handles.
//!
//! Among threads nothing is copied: what travels is the very value, left in `passing` meanwhile.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use poolproof_case::Value;
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::data::{DEPTH_MAX, Data, Timeout, lock};
use crate::object::{Connection, Context, Module, lock, managed, queue, shared};
use crate::passing;

/// What crosses, by the reference where it leaves.
#[derive(Serialize)]
enum Leaving<'a> {
    Plain(&'a Value),
    List(&'a [Data]),
    Tuple(&'a [Data]),
    Dict(&'a [(Value, Data)]),
    Function(&'a str),
    Timeout(bool),
    Object(LeavingObject<'a>),
    Left(u64),
}

/// What crosses, as it arrives; the same variants in the same order as [`Leaving`].
#[derive(Deserialize)]
enum Arriving {
    Plain(Value),
    List(Vec<Data>),
    Tuple(Vec<Data>),
    Dict(Vec<(Value, Data)>),
    Function(String),
    Timeout(bool),
    Object(ArrivingObject),
    Left(u64),
}

/// The objects that can be sent; the others refuse to be.
macro_rules! sendable {
    ($($variant:ident($object:ty),)*) => {
        #[derive(Serialize)]
        enum LeavingObject<'a> {
            $($variant(&'a $object),)*
        }

        /// The same variants in the same order as [`LeavingObject`].
        #[derive(Deserialize)]
        enum ArrivingObject {
            $($variant($object),)*
        }

        fn leaving(data: &Data) -> Option<LeavingObject<'_>> {
            $(
                if let Some(object) = data.as_object::<$object>() {
                    return Some(LeavingObject::$variant(object));
                }
            )*
            None
        }

        fn arrived(object: ArrivingObject) -> Data {
            match object {
                $(ArrivingObject::$variant(object) => Data::object(object),)*
            }
        }
    };
}

sendable! {
    Takable(lock::Takable),
    Condition(lock::Condition),
    Event(lock::Event),
    Barrier(lock::Barrier),
    Queue(queue::Queue),
    SimpleQueue(queue::SimpleQueue),
    Connection(Connection),
    Value(shared::SharedValue),
    RawValue(shared::SharedRawValue),
    Array(shared::SharedArray),
    RawArray(shared::SharedRawArray),
    Managed(managed::Managed),
    Module(Module),
    Context(Context),
}

thread_local! {
    /// How deep in containers this thread is encoding.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(number) = passing::leave(self) {
            return Leaving::Left(number).serialize(serializer);
        }
        let depth = DEPTH.get();
        if depth == DEPTH_MAX {
            return Err(S::Error::custom("a container holds itself"));
        }
        DEPTH.set(depth + 1);
        let encoded = self.encode(serializer);
        DEPTH.set(depth);
        encoded
    }
}

impl Data {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Data::Plain(value) => Leaving::Plain(value).serialize(serializer),
            // Copied first: a list that holds itself would be locked twice.
            Data::List(items) => {
                let items = lock(items).clone();
                Leaving::List(&items).serialize(serializer)
            }
            Data::Tuple(items) => Leaving::Tuple(items).serialize(serializer),
            Data::Dict(pairs) => {
                let pairs = lock(pairs).clone();
                Leaving::Dict(&pairs).serialize(serializer)
            }
            Data::Function(name) => Leaving::Function(name).serialize(serializer),
            Data::Timeout(timeout) => {
                Leaving::Timeout(*timeout == Timeout::Late).serialize(serializer)
            }
            Data::Object(object) => match leaving(self) {
                Some(object) => Leaving::Object(object).serialize(serializer),
                None => {
                    let name = object.class().name();
                    Err(S::Error::custom(format!("a {name} cannot be sent")))
                }
            },
        }
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Arriving::deserialize(deserializer)? {
            Arriving::Plain(value) => Data::Plain(value),
            Arriving::List(items) => Data::List(Arc::new(Mutex::new(items))),
            Arriving::Tuple(items) => Data::Tuple(Arc::new(items)),
            Arriving::Dict(pairs) => Data::Dict(Arc::new(Mutex::new(pairs))),
            Arriving::Function(name) => Data::Function(name),
            Arriving::Timeout(true) => Data::Timeout(Timeout::Late),
            Arriving::Timeout(false) => Data::Timeout(Timeout::Soon),
            Arriving::Object(object) => arrived(object),
            Arriving::Left(number) => passing::take(number)
                .ok_or_else(|| serde::de::Error::custom("the value was taken by another thread"))?,
        })
    }
}
