//! Values and arrays in shared memory, by Python's typecodes.

mod guard;
mod make;

use std::sync::Mutex;

use poolproof_case::catalogue::{Attribute, Class, Method, SharedAttribute, SharedMethod};
use poolproof_case::{ErrorKind, Value, print};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use crate::data::{Data, Object, lock};
use crate::stop::{Result, Stop, missing};
use crate::{functions, sequence};
use guard::{Guard, Own};
pub(super) use make::{new_array, new_raw_array, new_raw_value, new_value};

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
    OwnValue: Value, value;
    SharedRawValue: RawValue, raw_value;
    OwnArray: Array, array;
    SharedRawArray: RawArray, raw_array;
}

fn unknown(typecode: &str) -> Stop {
    let text = format!("no typecode `{typecode}` (there are b B h H i I l L q Q f d)");
    Stop::error(ErrorKind::Type, text)
}

/// Calls a method of a locked value or array: all are its lock's.
pub(super) fn call(receiver: &Data, method: SharedMethod) -> Result<Data> {
    let lock = guard::of(receiver);
    let (Some(lock), Some(held)) = (lock, lock.and_then(guard::held)) else {
        return Err(missing(receiver.type_name(), Method::Shared(method).name()));
    };
    match method {
        SharedMethod::GetLock => Ok(lock.clone()),
        SharedMethod::Acquire => Ok(Data::bool(held.acquire_raw(None)?)),
        SharedMethod::Release => {
            held.release()?;
            Ok(Data::NONE)
        }
    }
}

/// Reads an attribute of a value.
pub(super) fn attribute(holder: &Data, attribute: SharedAttribute) -> Result<Data> {
    let SharedAttribute::Value = attribute;
    if let Some(shared) = holder.as_object::<SharedValue>() {
        shared.get()
    } else if let Some(shared) = holder.as_object::<SharedRawValue>() {
        Ok(shared.get())
    } else {
        Err(absent(holder, attribute))
    }
}

/// Sets an attribute of a value.
pub(super) fn set_attribute(holder: &Data, attribute: SharedAttribute, data: &Data) -> Result<()> {
    let SharedAttribute::Value = attribute;
    if let Some(shared) = holder.as_object::<SharedValue>() {
        shared.set(data)
    } else if let Some(shared) = holder.as_object::<SharedRawValue>() {
        shared.set(data)
    } else {
        Err(absent(holder, attribute))
    }
}

fn absent(holder: &Data, attribute: SharedAttribute) -> Stop {
    missing(holder.type_name(), Attribute::Shared(attribute).name())
}

/// A value and its lock.
#[derive(Serialize, Deserialize)]
pub(crate) enum SharedValue {
    Own(OwnValue, #[serde(skip)] Own),
    Guarded(mp::Guarded<SharedRawValue, Guard>),
    /// Among threads, where it holds whatever it is given; the last, since none is sent.
    #[serde(skip)]
    Plain(Mutex<Data>),
}

/// An array and its lock.
#[derive(Serialize, Deserialize)]
pub(crate) enum SharedArray {
    Own(OwnArray, #[serde(skip)] Own),
    Guarded(mp::Guarded<SharedRawArray, Guard>),
}

impl SharedValue {
    fn get(&self) -> Result<Data> {
        match self {
            SharedValue::Own(shared, _) => {
                value!(shared, shared => Ok(Data::Plain(shared.get()?.value())))
            }
            SharedValue::Guarded(shared) => Ok(shared.hold(SharedRawValue::get)?),
            SharedValue::Plain(held) => Ok(lock(held).clone()),
        }
    }

    fn set(&self, data: &Data) -> Result<()> {
        match self {
            SharedValue::Own(shared, _) => {
                value!(shared, shared => shared.set(Number::of(data)?)?);
                Ok(())
            }
            SharedValue::Guarded(shared) => shared.hold(|shared| shared.set(data))?,
            SharedValue::Plain(held) => {
                *lock(held) = data.clone();
                Ok(())
            }
        }
    }

    fn lock(&self) -> Option<&Data> {
        match self {
            SharedValue::Own(shared, own) => {
                Some(own.get(|| value!(shared, shared => shared.get_lock())))
            }
            SharedValue::Guarded(shared) => Some(shared.get_lock().object()),
            SharedValue::Plain(_) => None,
        }
    }
}

impl SharedArray {
    fn lock(&self) -> &Data {
        match self {
            SharedArray::Own(shared, own) => {
                own.get(|| array!(shared, shared => shared.get_lock()))
            }
            SharedArray::Guarded(shared) => shared.get_lock().object(),
        }
    }
}

impl SharedRawValue {
    fn get(&self) -> Data {
        raw_value!(self, shared => Data::Plain(shared.get().value()))
    }

    fn set(&self, data: &Data) -> Result<()> {
        raw_value!(self, shared => shared.set(Number::of(data)?));
        Ok(())
    }
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
    ($name:ident, $each:ident) => {
        impl $name {
            fn len(&self) -> usize {
                $each!(self, shared => shared.len())
            }

            fn item(&self, index: &Data) -> Result<Data> {
                let place = sequence::place(index.as_int()?, self.len())?;
                $each!(self, shared => Ok(Data::Plain(shared.get(place)?.value())))
            }

            fn set_item(&self, index: &Data, data: &Data) -> Result<()> {
                let place = sequence::place(index.as_int()?, self.len())?;
                $each!(self, shared => Ok(shared.set(place, Number::of(data)?)?))
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

items!(OwnArray, array);
items!(SharedRawArray, raw_array);

impl Object for SharedArray {
    fn class(&self) -> Class {
        Class::Array
    }

    /// Among threads it is Python's `array`, which equals another one by its numbers.
    fn identity(&self) -> String {
        let place = || format!("{} at {self:p}", self.class().name());
        if !functions::is_of_threads() {
            return place();
        }
        let numbers = self.contents().and_then(|numbers| numbers.value());
        numbers.map_or_else(
            |_| place(),
            |numbers| format!("array of {}", print::ascii(&numbers)),
        )
    }

    fn contents(&self) -> Result<Data> {
        self.part(None, None)
    }

    fn length(&self) -> Result<usize> {
        Ok(match self {
            SharedArray::Own(shared, _) => shared.len(),
            SharedArray::Guarded(shared) => shared.raw().len(),
        })
    }

    fn item(&self, index: &Data) -> Result<Data> {
        match self {
            SharedArray::Own(shared, _) => shared.item(index),
            SharedArray::Guarded(shared) => shared.hold(|shared| shared.item(index))?,
        }
    }

    fn set_item(&self, index: &Data, data: Data) -> Result<()> {
        match self {
            SharedArray::Own(shared, _) => shared.set_item(index, &data),
            SharedArray::Guarded(shared) => shared.hold(|shared| shared.set_item(index, &data))?,
        }
    }

    fn slice(&self, from: Option<i64>, to: Option<i64>) -> Option<Result<Data>> {
        Some(self.part(from, to))
    }
}

impl SharedArray {
    fn part(&self, from: Option<i64>, to: Option<i64>) -> Result<Data> {
        match self {
            SharedArray::Own(shared, _) => shared.part(from, to),
            SharedArray::Guarded(shared) => shared.hold(|shared| shared.part(from, to))?,
        }
    }
}

impl Object for SharedRawArray {
    fn class(&self) -> Class {
        Class::RawArray
    }

    fn contents(&self) -> Result<Data> {
        self.part(None, None)
    }

    fn length(&self) -> Result<usize> {
        Ok(self.len())
    }

    fn item(&self, index: &Data) -> Result<Data> {
        SharedRawArray::item(self, index)
    }

    fn set_item(&self, index: &Data, data: Data) -> Result<()> {
        SharedRawArray::set_item(self, index, &data)
    }

    fn slice(&self, from: Option<i64>, to: Option<i64>) -> Option<Result<Data>> {
        Some(self.part(from, to))
    }
}
