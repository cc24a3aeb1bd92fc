//! Why a command ends without its result, as an exit code and a message.

use poolproof_runner::Problem;

use crate::output;

/// The exit code of a wrong command line, and of a case that is broken.
pub(crate) const USAGE: i32 = 64;

/// What a command gives: its exit code, or why it has none.
pub(crate) type Outcome = Result<i32, Failure>;

/// Why a command cannot do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The user's or our mistake, in one sentence.
    Error(poolproof_runner::Error),
    /// A case's mistakes.
    Case(Box<Problem>),
}

impl From<poolproof_runner::Error> for Failure {
    fn from(error: poolproof_runner::Error) -> Failure {
        Failure::Error(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Case(Box::new(problem))
    }
}

impl Failure {
    /// Tells the user; gives the exit code.
    pub(crate) fn tell(&self) -> i32 {
        match self {
            Failure::Error(error) => {
                output::complain(&format!("error: {error}"));
                error.exit_code()
            }
            Failure::Case(problem) => {
                output::problem(problem);
                64
            }
        }
    }
}
