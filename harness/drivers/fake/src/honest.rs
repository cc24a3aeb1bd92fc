//! The fake that is right: a main that prints literals and leaves.
//!
//! Anything else is beyond it, and it says so by its exit code.

use poolproof_case::program::ExpressionKind;
use poolproof_case::program::StatementKind;
use poolproof_case::{Case, Value, print};

/// What it exits with where it does not understand.
const LOST: i32 = 99;

/// Does what main says.
pub(crate) fn run(case: &Case) -> i32 {
    for statement in &case.program.main {
        match &statement.kind {
            StatementKind::Print(parts) => {
                let values: Option<Vec<Value>> = parts
                    .iter()
                    .map(|part| match &part.kind {
                        ExpressionKind::Literal(value) => Some(value.clone()),
                        _ => None,
                    })
                    .collect();
                match values {
                    Some(values) => println!("{}", print::line(&values)),
                    None => return LOST,
                }
            }
            StatementKind::Exit(code) => {
                return match code.kind {
                    ExpressionKind::Literal(Value::Int(code)) => {
                        i32::try_from(code.rem_euclid(256)).unwrap_or(LOST)
                    }
                    _ => LOST,
                };
            }
            _ => return LOST,
        }
    }
    0
}
