//! How values and arrays are made: with which numbers, and guarded by what.

use std::sync::Mutex;

use poolproof_case::{ErrorKind, StartMethod};
use poolproof_runtime as mp;

use super::guard::{Guard, Own, Wanted};
use super::{
    Make, Number, OwnArray, OwnValue, SharedArray, SharedRawArray, SharedRawValue, SharedValue,
};
use crate::bound::Bound;
use crate::data::Data;
use crate::sequence;
use crate::stop::{Result, Stop};

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

fn number(bound: &mut Bound<'_>) -> Result<Initial> {
    Ok(match bound.given("value") {
        Some(value) => Ok(vec![value]),
        None => Err(1),
    })
}

fn numbers(bound: &mut Bound<'_>) -> Result<Initial> {
    initial(&bound.take("size_or_initializer")?)
}

pub(in crate::object) fn new_value(
    context: &mp::Context,
    method: StartMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    if method == StartMethod::Threads {
        let value = bound.given("value");
        let value = value.unwrap_or(Data::number(0));
        return Ok(Data::object(SharedValue::Plain(Mutex::new(value))));
    }
    let (code, making) = making(context, bound, number)?;
    Ok(match wanted(method, bound) {
        Wanted::None => Data::object(SharedRawValue::new(&code, making)?),
        Wanted::Own => {
            let value = OwnValue::new(&code, making)?;
            Data::object(SharedValue::Own(value, Own::default()))
        }
        Wanted::Given(lock) => {
            let value = SharedRawValue::new(&code, making)?;
            let value = mp::Guarded::new(value, Guard::try_from(lock)?);
            Data::object(SharedValue::Guarded(value))
        }
    })
}

pub(in crate::object) fn new_raw_value(
    context: &mp::Context,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    let (code, making) = making(context, bound, number)?;
    Ok(Data::object(SharedRawValue::new(&code, making)?))
}

pub(in crate::object) fn new_array(
    context: &mp::Context,
    method: StartMethod,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    let (code, making) = making(context, bound, numbers)?;
    Ok(match wanted(method, bound) {
        Wanted::None => Data::object(SharedRawArray::new(&code, making)?),
        Wanted::Own => {
            let array = OwnArray::new(&code, making)?;
            Data::object(SharedArray::Own(array, Own::default()))
        }
        Wanted::Given(lock) => {
            let array = SharedRawArray::new(&code, making)?;
            let array = mp::Guarded::new(array, Guard::try_from(lock)?);
            Data::object(SharedArray::Guarded(array))
        }
    })
}

pub(in crate::object) fn new_raw_array(
    context: &mp::Context,
    bound: &mut Bound<'_>,
) -> Result<Data> {
    let (code, making) = making(context, bound, numbers)?;
    Ok(Data::object(SharedRawArray::new(&code, making)?))
}

/// Which lock is asked for, which nobody looks at among threads.
fn wanted(method: StartMethod, bound: &mut Bound<'_>) -> Wanted {
    match bound.given("lock") {
        Some(lock) if method != StartMethod::Threads => Wanted::of(lock),
        _ => Wanted::Own,
    }
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
