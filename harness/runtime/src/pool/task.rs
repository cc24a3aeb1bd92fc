//! What a worker does with a task: decodes its arguments, calls its function, encodes the result.
//!
//! A panic is a failure with its message and place, and the worker lives on; [`fail`] ends a task
//! with an error of the caller's own type.
//! How bytes come and go is left to [`super::worker`].

use std::panic::resume_unwind;

use poolproof_sys::function::{Bridge, Passed};
use poolproof_sys::handle::Handle;
use serde::{Deserialize, Serialize};

use super::codec::{self, are_plain};
use super::parts::{self, Part};
use crate::copies::only_here;
use crate::current::Exit;
use crate::error::{Error, Kind, Result, panic_text};
use crate::panics::{Panicked, caught};
use crate::transfer::{Message, decode, encode, put_table, take_table};

/// What a bridge returns when its output is an encoded result; else it is a [`Failure`].
pub(super) const RETURNED: i32 = 0;
const FAILED: i32 = 1;
/// What it returns when the output has a result or a failure for each item.
pub(super) const RETURNED_PARTS: i32 = 2;

/// Why a task has no result, on its way back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    kind: Kind,
    subject: String,
    payload: Option<Vec<u8>>,
}

impl Failure {
    pub(super) fn of(error: &Error) -> Failure {
        Failure {
            kind: error.kind(),
            subject: error.account(),
            payload: None,
        }
    }

    /// The error that the caller gets.
    pub(super) fn into_error(self) -> Error {
        let error = Error::new(self.kind, self.subject);
        match self.payload {
            Some(payload) => error.with_payload(payload),
            None => error,
        }
    }
}

/// The error that failed bytes mean.
pub(super) fn failure(bytes: &[u8]) -> Error {
    match decode::<Failure>(bytes, Vec::new()) {
        Ok(failure) => failure.into_error(),
        Err(error) => error,
    }
}

/// What [`fail`] unwinds with.
struct Thrown(Result<Vec<u8>>);

/// Ends the task that this thread runs, as a panic would but silently, with an error of the
/// caller's own: `get` and `map` fail with `is_remote`, and [`Error::payload`] gives it back.
///
/// Outside a pool's task it is a panic, and everywhere in a program that is built with
/// `panic = "abort"`.
pub fn fail<E: Message>(error: &E) -> ! {
    let mut bytes = Vec::new();
    let encoded = encode(error, &mut bytes).and_then(|handles| match handles.is_empty() {
        true => Ok(bytes),
        false => Err(Error::new(Kind::Serialize, "send handles in an error")),
    });
    resume_unwind(Box::new(Thrown(encoded)))
}

impl Error {
    /// The error that a task gave to [`fail`]; none when there is none of this type.
    #[must_use]
    pub fn payload<E: Message>(&self) -> Option<E> {
        decode(self.encoded_payload()?, Vec::new()).ok()
    }
}

/// Calls a function on encoded arguments, beside which are the handles that are laid out; the output
/// is a result or a [`Failure`], beside which the table has the result's handles.
pub(super) fn run(function: Passed, input: &[u8], output: &mut Vec<u8>) -> i32 {
    match only_here(|| function.call(input, output)) {
        Ok(code) => code,
        Err(error) => {
            drop(take_table());
            let error = Error::new(Kind::Usage, format!("call a task's function ({error})"));
            refuse(&error, output)
        }
    }
}

/// Most tasks have no handles, and then the table is empty already.
#[inline]
pub(super) fn lay_out(handles: Vec<Handle>) {
    if !handles.is_empty() {
        put_table(handles);
    }
}

/// One call: the input is an `A`, the output an `R`.
pub(super) struct Single;

impl<A: Message, R: Message> Bridge<A, R> for Single {
    fn cross(function: fn(A) -> R, input: &[u8], output: &mut Vec<u8>) -> i32 {
        cross(input, output, function)
    }
}

/// An initializer's call: the input is an `A`, and there is no output.
pub(super) struct Initial;

impl<A: Message, R: Exit> Bridge<A, R> for Initial {
    fn cross(function: fn(A) -> R, input: &[u8], output: &mut Vec<u8>) -> i32 {
        let outcome = codec::decode(input, take_table())
            .map_err(|error| Failure::of(&error))
            .and_then(|argument: A| call(function, argument))
            .map(R::failure);
        let failure = match outcome {
            Ok(None) => return RETURNED,
            Ok(Some(why)) => Failure {
                kind: Kind::Remote,
                subject: why,
                payload: None,
            },
            Err(failure) => failure,
        };
        put_failure(&failure, output)
    }
}

/// A chunk of calls for one list: the input is a `Vec<A>`, the output a `Vec<R>`. A failure skips the
/// rest, as the list fails with it.
pub(super) struct Chunk;

impl<A: Message, R: Message> Bridge<A, R> for Chunk {
    fn cross(function: fn(A) -> R, input: &[u8], output: &mut Vec<u8>) -> i32 {
        cross(input, output, |items: Vec<A>| -> Vec<R> {
            items.into_iter().map(function).collect()
        })
    }
}

/// A chunk of calls, each of which has a result or a failure of its own.
pub(super) struct Each;

impl<A: Message, R: Message> Bridge<A, R> for Each {
    fn cross(function: fn(A) -> R, input: &[u8], output: &mut Vec<u8>) -> i32 {
        let items = match parts::decode_items(input, take_table()) {
            Ok(items) => items,
            Err(error) => return refuse(&error, output),
        };
        let results = items
            .into_iter()
            .map(|item| item.and_then(|item| call(function, item)));
        let results: Vec<Part<R>> = results.collect();
        if are_plain::<R>() && results.iter().all(std::result::Result::is_ok) {
            let results: Vec<R> = results.into_iter().flatten().collect();
            return match codec::encode(&results, output) {
                Ok(_) => RETURNED,
                Err(error) => refuse(&error, output),
            };
        }
        lay_out(parts::encode(results.into_iter(), output));
        RETURNED_PARTS
    }
}

fn cross<A: Message, R: Message>(
    input: &[u8],
    output: &mut Vec<u8>,
    function: impl FnOnce(A) -> R,
) -> i32 {
    let outcome = codec::decode(input, take_table())
        .map_err(|error| Failure::of(&error))
        .and_then(|argument: A| call(function, argument))
        .and_then(|result| codec::encode(&result, output).map_err(|error| Failure::of(&error)));
    match outcome {
        Ok(handles) => {
            lay_out(handles);
            RETURNED
        }
        Err(failure) => put_failure(&failure, output),
    }
}

/// Writes an error that kept a task from being called.
pub(super) fn refuse(error: &Error, output: &mut Vec<u8>) -> i32 {
    put_failure(&Failure::of(error), output)
}

fn put_failure(failure: &Failure, output: &mut Vec<u8>) -> i32 {
    output.clear();
    encode(failure, output).expect("a failure is text and bytes");
    FAILED
}

/// Calls a function, taking its panic as its outcome.
pub(super) fn call<A, R>(
    function: impl FnOnce(A) -> R,
    argument: A,
) -> std::result::Result<R, Failure> {
    caught(|| function(argument)).map_err(thrown)
}

fn thrown(Panicked { payload, place }: Panicked) -> Failure {
    let payload = match payload.downcast::<Thrown>() {
        Ok(thrown) => {
            return match thrown.0 {
                Ok(bytes) => Failure {
                    kind: Kind::Remote,
                    subject: "the task failed with an error of its own".to_owned(),
                    payload: Some(bytes),
                },
                Err(error) => Failure::of(&error),
            };
        }
        Err(payload) => payload,
    };
    let message = panic_text(&*payload);
    Failure {
        kind: Kind::Remote,
        subject: format!("the task panicked{place}: {message}"),
        payload: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome<A: Message, R: Message, B: Bridge<A, R>>(
        function: fn(A) -> R,
        input: &impl Message,
    ) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        codec::encode(input, &mut bytes).unwrap();
        let mut output = Vec::new();
        let passed = Passed::new::<A, R, B>(function).unwrap();
        match run(passed, &bytes, &mut output) {
            RETURNED => Ok(output),
            _ => Err(failure(&output)),
        }
    }

    fn halve(x: i64) -> i64 {
        assert!(x % 2 == 0, "{x} is odd");
        x / 2
    }

    #[test]
    fn a_result_comes_back_from_one_call_and_from_a_chunk() {
        let one = outcome::<i64, i64, Single>(halve, &8_i64).unwrap();
        assert_eq!(codec::decode::<i64>(&one, Vec::new()).unwrap(), 4);
        let many = outcome::<i64, i64, Chunk>(halve, &vec![2_i64, 4]).unwrap();
        assert_eq!(
            codec::decode::<Vec<i64>>(&many, Vec::new()).unwrap(),
            [1, 2]
        );
    }

    #[test]
    fn a_panic_is_an_error_that_says_what_and_where() {
        let error = outcome::<i64, i64, Single>(halve, &3_i64).unwrap_err();
        assert!(error.is_remote());
        let text = error.to_string();
        assert!(
            text.contains("3 is odd") && text.contains("task.rs:"),
            "{text}"
        );
    }

    #[test]
    fn a_task_can_fail_with_an_error_of_its_own() {
        fn refuse(x: u8) -> u8 {
            fail(&("refused".to_owned(), x))
        }
        let error = outcome::<u8, u8, Single>(refuse, &7_u8).unwrap_err();
        assert!(error.is_remote());
        assert_eq!(error.payload(), Some(("refused".to_owned(), 7_u8)));
    }

    #[test]
    fn arguments_that_cannot_be_decoded_are_an_error_of_that_call() {
        let error = outcome::<String, usize, Single>(|text| text.len(), &300_u16).unwrap_err();
        assert!(error.is_deserialize(), "{error}");
    }
}
