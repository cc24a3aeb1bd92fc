//! Every interleaving of a small program, one by one.
//!
//! This is what the specification's machine is held against: an interpreter that is written from
//! the specification's words and Python's documentation alone, shares nothing with the machine but
//! the case language, and leaves nothing out because it would make no difference.
//! It is meant to be read: a program is run by `run`, `expression`, `library` and `pool`, what it
//! asks for is an `act`, what that changes in a `world` is in the files named for the objects, and
//! `search` tries all that can happen next.
//!
//! What it does not know it calls [`Found::Outside`], and says what it is.

#![forbid(unsafe_code)]

mod act;
mod container;
mod ending;
mod expression;
mod library;
mod locks;
mod making;
mod memory;
mod pipes;
mod pool;
mod processes;
mod queues;
mod results;
mod run;
mod search;
mod shared;
mod statement;
mod value;
mod ways;
mod workers;
mod world;

use std::collections::BTreeSet;

use poolproof_case::{Outcome, Program, StartMethod};

/// How far the interpreter goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most outcomes of a program.
    pub outcomes_max: usize,
    /// The most worlds that are looked at.
    pub worlds_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            outcomes_max: 5_000,
            worlds_max: 100_000,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// All outcomes of the program.
    All(BTreeSet<Outcome>),
    /// There are more outcomes or worlds than the limit.
    TooMany(String),
    /// The program does what this does not interpret.
    Outside(String),
}

/// All outcomes of a program under a start method.
///
/// # Examples
/// ```
/// use poolproof_case::StartMethod;
/// use poolproof_interleavings::{Found, Limits, outcomes};
///
/// let text = r#"Case(
///     title: "A line of a child comes before or after one of main",
///     clauses: ["PM-OUTPUT-MERGE-001"],
///     functions: {"f": Function(params: [], body: [Print(["child"])])},
///     main: [
///         Let("p", New("Process", (target: "f"))),
///         Call("p.start"),
///         Print(["main"]),
///     ],
///     claims: [AllowedCount(2)],
/// )"#;
/// let case = poolproof_case::read("two", text, &["PM-OUTPUT-MERGE-001"]).unwrap();
/// match outcomes(&case.program, StartMethod::Spawn, &Limits::default()) {
///     Found::All(all) => assert_eq!(all.len(), 2),
///     other => panic!("{other:?}"),
/// }
/// ```
#[must_use]
pub fn outcomes(program: &Program, method: StartMethod, limits: &Limits) -> Found {
    if let Some(lacks) = poolproof_case::uses::unsupported(program, method) {
        return Found::Outside(lacks);
    }
    if !program.guard && method == StartMethod::Forkserver {
        // It loads main before the first child, or does not.
        return Found::Outside("a fork server of a program without a guard".to_owned());
    }
    search::search(program, method, limits)
}
