//! Data on their way to another process: containers are copied, each once a message, objects travel as handles.
//!
//! Among threads nothing is copied: what travels is the very value, left in `passing` meanwhile.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use poolproof_case::Value;
use serde::ser::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::data::{self, DEPTH_MAX, Data, Timeout};
use crate::object::{Connection, Context, Module, lock, managed, queue, shared};
use crate::{passing, sameness, together};

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
    /// A list, dict or object that the message has already.
    Again(u32),
    /// A list or dict that is in other messages, too, with its tag.
    TaggedList(u64, &'a [Data]),
    TaggedDict(u64, &'a [(Value, Data)]),
}

/// What crosses, as it arrives; the same variants in the same order as [`Leaving`].
#[derive(Deserialize)]
enum Arriving {
    Plain(Value),
    List(Untagged<Vec<Data>>),
    Tuple(ArrivingTuple),
    Dict(Untagged<Vec<(Value, Data)>>),
    Function(String),
    Timeout(bool),
    Object(ArrivingAny),
    Left(u64),
    /// A list, dict or object that the message has already.
    Again(u32),
    /// A list or dict that is in other messages, too.
    TaggedList(Tagged<Vec<Data>>),
    TaggedDict(Tagged<Vec<(Value, Data)>>),
}

/// A list or dict with a tag, which may have arrived already.
struct Tagged<T>(Data, PhantomData<T>);

/// Its head, after which come its items: what is remembered before they are.
struct Head<T>(Arc<Mutex<T>>, Option<Data>);

/// What a list or dict is made of.
trait Items: Default + Sized {
    fn container(shared: Arc<Mutex<Self>>) -> Data;
}

impl Items for Vec<Data> {
    fn container(shared: Arc<Mutex<Self>>) -> Data {
        Data::List(shared)
    }
}

impl Items for Vec<(Value, Data)> {
    fn container(shared: Arc<Mutex<Self>>) -> Data {
        Data::Dict(shared)
    }
}

impl<'de, T: Items> Deserialize<'de> for Head<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = u64::deserialize(deserializer)?;
        let shared = Arc::default();
        let container = T::container(Arc::clone(&shared));
        let known = together::known(tag, &container);
        sameness::remember(known.clone().unwrap_or(container));
        Ok(Head(shared, known))
    }
}

impl<'de, T: Items + Deserialize<'de>> Deserialize<'de> for Tagged<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        sameness::arrive(|| {
            let (Head(shared, known), items) = <(Head<T>, T)>::deserialize(deserializer)?;
            *data::lock(&shared) = items;
            let container = known.unwrap_or_else(|| T::container(shared));
            Ok(Tagged(container, PhantomData))
        })
    }
}

/// A list or dict without a tag.
struct Untagged<T>(Data, PhantomData<T>);

impl<'de, T: Items + Deserialize<'de>> Deserialize<'de> for Untagged<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        sameness::arrive(|| {
            let shared = Arc::default();
            let container = T::container(Arc::clone(&shared));
            sameness::remember(container.clone());
            let items = T::deserialize(deserializer)?;
            *data::lock(&shared) = items;
            Ok(Untagged(container, PhantomData))
        })
    }
}

struct ArrivingTuple(Vec<Data>);

impl<'de> Deserialize<'de> for ArrivingTuple {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        sameness::arrive(|| Vec::deserialize(deserializer).map(ArrivingTuple))
    }
}

/// An object of any kind.
struct ArrivingAny(Data);

impl<'de> Deserialize<'de> for ArrivingAny {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        sameness::arrive(|| {
            // What guards a value arrives as a part of it.
            let number = sameness::reserve();
            let object = arrived(ArrivingObject::deserialize(deserializer)?);
            sameness::fill(number, object.clone());
            Ok(ArrivingAny(object))
        })
    }
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

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(number) = passing::leave(self) {
            return Leaving::Left(number).serialize(serializer);
        }
        if let Data::Plain(value) = self {
            return Leaving::Plain(value).serialize(serializer);
        }
        if sameness::depth() >= DEPTH_MAX {
            let text = format!("containers nest more than {DEPTH_MAX} deep");
            return Err(S::Error::custom(text));
        }
        sameness::leave(|| self.encode(serializer))
    }
}

impl Data {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Data::Plain(value) => Leaving::Plain(value).serialize(serializer),
            Data::List(_) | Data::Dict(_) | Data::Object(_)
                if let Some(number) = sameness::known(self) =>
            {
                Leaving::Again(number).serialize(serializer)
            }
            // Copied first: a list that holds itself would be locked twice.
            Data::List(items) => {
                let items = data::lock(items).clone();
                match together::tag_of(self) {
                    Some(tag) => Leaving::TaggedList(tag, &items).serialize(serializer),
                    None => Leaving::List(&items).serialize(serializer),
                }
            }
            Data::Tuple(items) => Leaving::Tuple(items).serialize(serializer),
            Data::Dict(pairs) => {
                let pairs = data::lock(pairs).clone();
                match together::tag_of(self) {
                    Some(tag) => Leaving::TaggedDict(tag, &pairs).serialize(serializer),
                    None => Leaving::Dict(&pairs).serialize(serializer),
                }
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
            Arriving::List(Untagged(list, _)) => list,
            Arriving::Tuple(ArrivingTuple(items)) => Data::Tuple(items.into()),
            Arriving::Dict(Untagged(dict, _)) => dict,
            Arriving::TaggedList(Tagged(list, _)) => list,
            Arriving::TaggedDict(Tagged(dict, _)) => dict,
            Arriving::Again(number) => sameness::remembered(number)
                .ok_or_else(|| serde::de::Error::custom("the message lacks one of its parts"))?,
            Arriving::Function(name) => Data::Function(name),
            Arriving::Timeout(true) => Data::Timeout(Timeout::Late),
            Arriving::Timeout(false) => Data::Timeout(Timeout::Soon),
            Arriving::Object(ArrivingAny(object)) => object,
            Arriving::Left(number) => passing::take(number)
                .ok_or_else(|| serde::de::Error::custom("the value was taken by another thread"))?,
        })
    }
}
