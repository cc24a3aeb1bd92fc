//! How a child calls the function that it was started for.

use poolproof_sys::function::{Bridge, Passed};

use crate::current::Exit;
use crate::error::{Error, Kind, Result};
use crate::transfer::{self, Message};

/// The argument comes as bytes, with its handles on the table; the number is the exit code.
struct Target;

impl<A: Message, R: Exit> Bridge<A, R> for Target {
    fn cross(function: fn(A) -> R, input: &[u8], _output: &mut Vec<u8>) -> i32 {
        match transfer::decode(input, transfer::take_table()) {
            Ok(argument) => function(argument).exit(),
            Err(error) => Err::<(), _>(error).exit(),
        }
    }
}

/// Makes a target ready to travel.
pub(super) fn pass<A: Message, R: Exit>(function: fn(A) -> R, name: &str) -> Result<Passed> {
    Passed::new::<A, R, Target>(function).map_err(|error| {
        let text = "only functions of the main program can be started in a fresh process";
        Error::new(
            Kind::Usage,
            format!("start the process `{name}`: {error}; {text}"),
        )
    })
}
