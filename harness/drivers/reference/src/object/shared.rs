//! Values and arrays in shared memory, by Python's typecodes.

use poolproof_case::catalogue::{Attribute, Class, Method, SharedAttribute, SharedMethod};
use poolproof_case::{ErrorKind, Value};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::lock::Takable;
use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::sequence;
use crate::stop::{Result, Stop, missing};

/// A number as shared memory holds it.
trait Number: mp::Shared + Default {
    fn of(data: &Data) -> Result<Self>;
    fn value(self) -> Value;
}

/// C's integers: what does not fit wraps, and a float is no integer.
macro_rules! whole {
    ($($type:ty),*) => {
        $(impl Number for $type {
            fn of(data: &Data) -> Result<Self> {
                Ok(data.as_int()? as $type)
            }
            fn value(self) -> Value {
                Value::Int(self as i64)
            }
        })*
    };
}

whole!(i8, u8, i16, u16, i32, u32, i64, u64);

impl Number for f64 {
    fn of(data: &Data) -> Result<Self> {
        match data {
            Data::Plain(Value::Float(number)) => Ok(*number),
            other => Ok(other.as_int()? as f64),
        }
    }

    fn value(self) -> Value {
        Value::Float(self)
    }
}

impl Number for f32 {
    fn of(data: &Data) -> Result<Self> {
        f64::of(data).map(|number| number as f32)
    }

    fn value(self) -> Value {
        Value::Float(f64::from(self))
    }
}

/// One variant a type, for each of the four shared objects, and a way to do the same with any.
macro_rules! typed {
    ($($name:ident: $object:ident, $each:ident;)*) => {
        $(
            #[derive(Clone, Serialize, Deserialize)]
            pub(crate) enum $name {
                I8(mp::$object<i8>),
                U8(mp::$object<u8>),
                I16(mp::$object<i16>),
                U16(mp::$object<u16>),
                I32(mp::$object<i32>),
                U32(mp::$object<u32>),
                I64(mp::$object<i64>),
                U64(mp::$object<u64>),
                F32(mp::$object<f32>),
                F64(mp::$object<f64>),
            }

            macro_rules! $each {
                ($typed:expr, $shared:ident => $do:expr) => {
                    match $typed {
                        $name::I8($shared) => $do,
                        $name::U8($shared) => $do,
                        $name::I16($shared) => $do,
                        $name::U16($shared) => $do,
                        $name::I32($shared) => $do,
                        $name::U32($shared) => $do,
                        $name::I64($shared) => $do,
                        $name::U64($shared) => $do,
                        $name::F32($shared) => $do,
                        $name::F64($shared) => $do,
                    }
                };
            }

            impl $name {
                /// Makes one of the type that a typecode stands for.
                fn new(typecode: &str, make: impl Make) -> Result<$name> {
                    Ok(match typecode {
                        "b" => $name::I8(make.$each()?),
                        "B" => $name::U8(make.$each()?),
                        "h" => $name::I16(make.$each()?),
                        "H" => $name::U16(make.$each()?),
                        "i" => $name::I32(make.$each()?),
                        "I" => $name::U32(make.$each()?),
                        "l" | "q" => $name::I64(make.$each()?),
                        "L" | "Q" => $name::U64(make.$each()?),
                        "f" => $name::F32(make.$each()?),
                        "d" => $name::F64(make.$each()?),
                        other => return Err(unknown(other)),
                    })
                }
            }
        )*

        /// How each shared object of a type of numbers is made.
        trait Make {
            $(fn $each<T: Number>(&self) -> Result<mp::$object<T>>;)*
        }
    };
}

typed! {
    SharedValue: Value, value;
    SharedRawValue: RawValue, raw_value;
    SharedArray: Array, array;
    SharedRawArray: RawArray, raw_array;
}

/// What is to be made: in which context, with which numbers.
struct Making<'a> {
    context: &'a mp::Context,
    values: Initial,
}

/// The first values, or so many zeros.
type Initial = std::result::Result<Vec<Data>, usize>;

impl Making<'_> {
    fn numbers<T: Number>(&self) -> Result<Vec<T>> {
        match &self.values {
            Ok(values) => values.iter().map(T::of).collect(),
            Err(zeros) => Ok(vec![T::default(); *zeros]),
        }
    }

    fn number<T: Number>(&self) -> Result<T> {
        Ok(self.numbers()?.first().copied().unwrap_or_default())
    }
}

impl Make for Making<'_> {
    fn value<T: Number>(&self) -> Result<mp::Value<T>> {
        Ok(self.context.value(self.number()?)?)
    }

    fn raw_value<T: Number>(&self) -> Result<mp::RawValue<T>> {
        Ok(self.context.raw_value(self.number()?)?)
    }

    fn array<T: Number>(&self) -> Result<mp::Array<T>> {
        Ok(self.context.array(&self.numbers()?)?)
    }

    fn raw_array<T: Number>(&self) -> Result<mp::RawArray<T>> {
        Ok(self.context.raw_array(&self.numbers()?)?)
    }
}

/// What stands in the program for one of the shared objects.
fn making<'a>(
    context: &'a mp::Context,
    bound: &mut Bound<'_>,
    values: impl FnOnce(&mut Bound<'_>) -> Result<Initial>,
) -> Result<(String, Making<'a>)> {
    let typecode = bound.take("typecode_or_type")?.as_text()?;
    let values = values(bound)?;
    Ok((typecode, Making { context, values }))
}

/// Whether a lock is asked for, which `None` and `False` do not.
fn is_unlocked(bound: &mut Bound<'_>) -> bool {
    bound.given("lock").is_some_and(|lock| lock.is_true().is_ok_and(|is_true| !is_true))
}

fn number(bound: &mut Bound<'_>) -> Result<Initial> {
    let value = bound.take("value")?;
    Ok(if value.is_none() {
        Err(1)
    } else {
        Ok(vec![value])
    })
}

fn numbers(bound: &mut Bound<'_>) -> Result<Initial> {
    initial(&bound.take("size_or_initializer")?)
}

pub(super) fn new_value(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Data> {
    if is_unlocked(bound) {
        return new_raw_value(context, bound);
    }
    let (code, making) = making(context, bound, number)?;
    Ok(Data::object(SharedValue::new(&code, making)?))
}

pub(super) fn new_raw_value(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Data> {
    let (code, making) = making(context, bound, number)?;
    Ok(Data::object(SharedRawValue::new(&code, making)?))
}

pub(super) fn new_array(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Data> {
    if is_unlocked(bound) {
        return new_raw_array(context, bound);
    }
    let (code, making) = making(context, bound, numbers)?;
    Ok(Data::object(SharedArray::new(&code, making)?))
}

pub(super) fn new_raw_array(context: &mp::Context, bound: &mut Bound<'_>) -> Result<Data> {
    let (code, making) = making(context, bound, numbers)?;
    Ok(Data::object(SharedRawArray::new(&code, making)?))
}

fn initial(data: &Data) -> Result<Initial> {
    if let Ok(size) = data.as_int() {
        return usize::try_from(size).map(Err).map_err(|_| {
            Stop::error(
                ErrorKind::Usage,
                format!("an array cannot have {size} numbers"),
            )
        });
    }
    sequence::items(data).map(Ok)
}

fn unknown(typecode: &str) -> Stop {
    let text = format!("no typecode `{typecode}` (there are b B h H i I l L q Q f d)");
    Stop::error(ErrorKind::Usage, text)
}

/// Calls a method of a locked value or array: all are its lock's.
pub(super) fn call(receiver: &Data, method: SharedMethod) -> Result<Data> {
    let lock = if let Some(shared) = receiver.as_object::<SharedValue>() {
        value!(shared, shared => shared.get_lock())
    } else if let Some(shared) = receiver.as_object::<SharedArray>() {
        array!(shared, shared => shared.get_lock())
    } else {
        return Err(missing(receiver.type_name(), Method::Shared(method).name()));
    };
    match method {
        SharedMethod::GetLock => Ok(Data::object(Takable::RLock(lock))),
        SharedMethod::Acquire => Ok(Data::bool(lock.acquire_raw(None)?)),
        SharedMethod::Release => {
            lock.release()?;
            Ok(Data::NONE)
        }
    }
}

/// Reads an attribute of a value.
pub(super) fn attribute(holder: &Data, attribute: SharedAttribute) -> Result<Data> {
    let SharedAttribute::Value = attribute;
    if let Some(shared) = holder.as_object::<SharedValue>() {
        value!(shared, shared => Ok(Data::Plain(shared.get()?.value())))
    } else if let Some(shared) = holder.as_object::<SharedRawValue>() {
        raw_value!(shared, shared => Ok(Data::Plain(shared.get().value())))
    } else {
        Err(absent(holder, attribute))
    }
}

/// Sets an attribute of a value.
pub(super) fn set_attribute(holder: &Data, attribute: SharedAttribute, data: &Data) -> Result<()> {
    let SharedAttribute::Value = attribute;
    if let Some(shared) = holder.as_object::<SharedValue>() {
        value!(shared, shared => shared.set(Number::of(data)?)?);
    } else if let Some(shared) = holder.as_object::<SharedRawValue>() {
        raw_value!(shared, shared => shared.set(Number::of(data)?));
    } else {
        return Err(absent(holder, attribute));
    }
    Ok(())
}

fn absent(holder: &Data, attribute: SharedAttribute) -> Stop {
    missing(holder.type_name(), Attribute::Shared(attribute).name())
}

impl Object for SharedValue {
    fn class(&self) -> Class {
        Class::Value
    }
}

impl Object for SharedRawValue {
    fn class(&self) -> Class {
        Class::RawValue
    }
}

/// What both kinds of array can do; a slice is one access an element.
macro_rules! items {
    ($name:ident, $class:ident, $each:ident) => {
        impl Object for $name {
            fn class(&self) -> Class {
                Class::$class
            }

            fn contents(&self) -> Result<Data> {
                self.part(None, None)
            }

            fn length(&self) -> Result<usize> {
                Ok(self.len())
            }

            fn item(&self, index: &Data) -> Result<Data> {
                let place = sequence::place(index.as_int()?, self.len())?;
                $each!(self, shared => Ok(Data::Plain(shared.get(place)?.value())))
            }

            fn set_item(&self, index: &Data, data: Data) -> Result<()> {
                let place = sequence::place(index.as_int()?, self.len())?;
                $each!(self, shared => Ok(shared.set(place, Number::of(&data)?)?))
            }

            fn slice(&self, from: Option<i64>, to: Option<i64>) -> Option<Result<Data>> {
                Some(self.part(from, to))
            }
        }

        impl $name {
            fn len(&self) -> usize {
                $each!(self, shared => shared.len())
            }

            fn part(&self, from: Option<i64>, to: Option<i64>) -> Result<Data> {
                let (from, to) = sequence::bounds(from, to, self.len());
                $each!(self, shared => {
                    let numbers = shared.slice(from..to)?.into_iter();
                    Ok(Data::list(numbers.map(|number| Data::Plain(number.value())).collect()))
                })
            }
        }
    };
}

items!(SharedArray, Array, array);
items!(SharedRawArray, RawArray, raw_array);
