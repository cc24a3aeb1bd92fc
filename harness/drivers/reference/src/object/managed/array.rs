//! What a manager's array takes: numbers of the C type that its typecode stands for, as Python's `array`.

use poolproof_case::{ErrorKind, Value};
use serde::{Deserialize, Serialize};

use crate::data::Data;
use crate::stop::{Result, Stop};

/// The type of an array's numbers.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Numbers {
    /// Whole ones, from the least to the most that a program can write.
    Whole(i64, i64),
    Single,
    Double,
}

impl Numbers {
    /// Those that a typecode stands for.
    pub(super) fn of(typecode: &str) -> Result<Numbers> {
        Ok(match typecode {
            "b" => Numbers::Whole(i8::MIN.into(), i8::MAX.into()),
            "B" => Numbers::Whole(0, u8::MAX.into()),
            "h" => Numbers::Whole(i16::MIN.into(), i16::MAX.into()),
            "H" => Numbers::Whole(0, u16::MAX.into()),
            "i" => Numbers::Whole(i32::MIN.into(), i32::MAX.into()),
            "I" => Numbers::Whole(0, u32::MAX.into()),
            "l" | "q" => Numbers::Whole(i64::MIN, i64::MAX),
            "L" | "Q" => Numbers::Whole(0, i64::MAX),
            "f" => Numbers::Single,
            "d" => Numbers::Double,
            other => {
                let text = format!("no typecode `{other}` (there are b B h H i I l L q Q f d)");
                return Err(Stop::error(ErrorKind::Type, text));
            }
        })
    }

    /// A number as the array holds it.
    pub(super) fn take(self, data: &Data) -> Result<Data> {
        let number = match (self, data) {
            (Numbers::Whole(least, most), data) => {
                let number = data.as_int()?;
                if !(least..=most).contains(&number) {
                    let text = format!("{number} is not from {least} to {most}");
                    return Err(Stop::error(ErrorKind::Overflow, text));
                }
                return Ok(Data::number(number));
            }
            (_, Data::Plain(Value::Float(number))) => *number,
            (_, data) => data.as_int()? as f64,
        };
        Ok(Data::Plain(Value::Float(match self {
            Numbers::Single => f64::from(number as f32),
            _ => number,
        })))
    }
}
