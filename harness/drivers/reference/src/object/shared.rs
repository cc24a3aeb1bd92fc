//! Values and arrays in shared memory, by Python's typecodes.

use poolproof_case::{ErrorKind, Value};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::lock::Takable;
use super::{Bound, Object};
use crate::data::Data;
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
    /// The first values; `None`: so many zeros.
    values: std::result::Result<Vec<Data>, usize>,
}

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

/// Makes one of the shared objects.
pub(super) fn new(context: &mp::Context, object: &str, bound: &mut Bound<'_>) -> Result<Object> {
    let typecode = bound.take("typecode_or_type")?.as_text()?;
    let unlocked = bound.given("lock").is_some_and(|lock| !lock.is_true());
    let values = if object.ends_with("Value") {
        let value = bound.take("value")?;
        if value.is_none() {
            Err(1)
        } else {
            Ok(vec![value])
        }
    } else {
        initial(&bound.take("size_or_initializer")?)?
    };
    let making = Making { context, values };
    let code = typecode.as_str();
    Ok(match (object, unlocked) {
        ("Value", false) => Object::Value(Box::new(SharedValue::new(code, making)?)),
        ("Array", false) => Object::Array(Box::new(SharedArray::new(code, making)?)),
        ("RawValue" | "Value", _) => Object::RawValue(Box::new(SharedRawValue::new(code, making)?)),
        ("RawArray" | "Array", _) => Object::RawArray(Box::new(SharedRawArray::new(code, making)?)),
        (other, _) => return Err(missing("the runtime", other)),
    })
}

fn initial(data: &Data) -> Result<std::result::Result<Vec<Data>, usize>> {
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
fn locked(lock: mp::RLock, method: &str) -> Result<Data> {
    match method {
        "get_lock" => Ok(Data::Object(Object::Takable(Box::new(Takable::RLock(
            lock,
        ))))),
        "acquire" => Ok(Data::bool(lock.acquire_raw(None)?)),
        "release" => {
            lock.release()?;
            Ok(Data::NONE)
        }
        other => Err(missing("a shared value", other)),
    }
}

impl SharedValue {
    pub(super) fn call(&self, method: &str) -> Result<Data> {
        locked(value!(self, shared => shared.get_lock()), method)
    }

    pub(super) fn get(&self) -> Result<Data> {
        value!(self, shared => Ok(Data::Plain(shared.get()?.value())))
    }

    pub(super) fn set(&self, data: &Data) -> Result<()> {
        value!(self, shared => Ok(shared.set(Number::of(data)?)?))
    }
}

impl SharedRawValue {
    pub(super) fn get(&self) -> Result<Data> {
        raw_value!(self, shared => Ok(Data::Plain(shared.get().value())))
    }

    pub(super) fn set(&self, data: &Data) -> Result<()> {
        raw_value!(self, shared => { shared.set(Number::of(data)?); Ok(()) })
    }
}

/// What both kinds of array can do; a slice is one access an element.
macro_rules! items {
    ($name:ident, $each:ident) => {
        impl $name {
            pub(super) fn len(&self) -> usize {
                $each!(self, shared => shared.len())
            }

            pub(super) fn get(&self, index: i64) -> Result<Data> {
                let place = sequence::place(index, self.len())?;
                $each!(self, shared => Ok(Data::Plain(shared.get(place)?.value())))
            }

            pub(super) fn set(&self, index: i64, data: &Data) -> Result<()> {
                let place = sequence::place(index, self.len())?;
                        $each!(self, shared => Ok(shared.set(place, Number::of(data)?)?))
            }

            pub(super) fn slice(&self, from: Option<i64>, to: Option<i64>) -> Result<Data> {
                let (from, to) = sequence::bounds(from, to, self.len());
                $each!(self, shared => {
                    let numbers = shared.slice(from..to)?.into_iter();
                    Ok(Data::list(numbers.map(|number| Data::Plain(number.value())).collect()))
                })
            }
        }
    };
}

items!(SharedArray, array);
items!(SharedRawArray, raw_array);

impl SharedArray {
    pub(super) fn call(&self, method: &str) -> Result<Data> {
        locked(array!(self, shared => shared.get_lock()), method)
    }
}
