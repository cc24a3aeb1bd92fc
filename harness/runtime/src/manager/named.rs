//! Functions on their way to a manager's server, and their calls there.

use poolproof_sys::function::{Bridge, Passed};

use super::coding::{decoded, encoded};
use super::protocol::Reply;
use crate::current::Exit;
use crate::error::{Error, Kind, Result};
use crate::transfer::{Message, encode};

/// A function on its way, see [`Passed::to_bytes`].
pub(super) type Travelling = [u8; 16];

/// A function that is called with a value and gives one.
struct Named;

impl<A: Message, R: Message> Bridge<A, R> for Named {
    fn cross(function: fn(A) -> R, input: &[u8], output: &mut Vec<u8>) -> i32 {
        let result = decoded(input).map(function);
        answer(result.and_then(|result| encoded(&result)), output)
    }
}

/// What is called before all else, and gives nothing.
struct Initial;

impl<A: Message, R: Exit> Bridge<A, R> for Initial {
    fn cross(function: fn(A) -> R, input: &[u8], output: &mut Vec<u8>) -> i32 {
        let failure = decoded(input).map(|argument| function(argument).failure());
        let outcome = failure.and_then(|failure| match failure {
            None => Ok(Vec::new()),
            Some(why) => {
                let text = format!("initialize a manager ({why})");
                Err(Error::new(Kind::Remote, text))
            }
        });
        answer(outcome, output)
    }
}

fn answer(outcome: Result<Vec<u8>>, output: &mut Vec<u8>) -> i32 {
    let reply: Reply = outcome
        .map(serde_bytes::ByteBuf::from)
        .map_err(|error| (error.kind(), error.account()));
    i32::from(encode(&reply, output).is_err())
}

/// A function that is to be registered.
pub(super) fn named<A: Message, R: Message>(
    name: &str,
    function: fn(A) -> R,
) -> Result<Travelling> {
    travelling(name, Passed::new::<A, R, Named>(function))
}

/// The function that is to be called first.
pub(super) fn initial<A: Message, R: Exit>(function: fn(A) -> R) -> Result<Travelling> {
    travelling("the initializer", Passed::new::<A, R, Initial>(function))
}

/// What was passed, if it lies in the program.
pub(super) fn travelling<E: std::fmt::Display>(
    name: &str,
    passed: std::result::Result<Passed, E>,
) -> Result<Travelling> {
    passed.map(Passed::to_bytes).map_err(|error| {
        let text = format!("register `{name}` with a manager: {error}");
        Error::new(Kind::Usage, text)
    })
}

/// Calls a registered function.
pub(super) fn call(function: Passed, argument: &[u8]) -> Result<serde_bytes::ByteBuf> {
    let mut output = Vec::new();
    let called = function.call(argument, &mut output);
    called
        .map_err(|error| Error::new(Kind::Usage, format!("call a registered function: {error}")))?;
    let reply: Reply = decoded(&output)?;
    reply.map_err(|(kind, subject)| Error::new(kind, subject))
}
