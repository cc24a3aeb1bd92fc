//! Sizes that are written out: what no case needs would only be explored, or made, for very long.

use crate::diagnostic::Diagnostic;
use crate::limits::PROCESSES_MAX;
use crate::operate::LENGTH_MAX;
use crate::program::{Block, Expression, ExpressionKind};
use crate::value::Value;
use crate::walk;

pub(super) fn check(block: &Block, mistakes: &mut Vec<Diagnostic>) {
    walk::expressions(block, &mut |expression| {
        let Some((size, most, what)) = size(expression) else {
            return;
        };
        if size > most {
            let message = format!("{size} {what} are more than a case may have");
            let help = format!("at most {most}");
            mistakes.push(Diagnostic::new(expression.place, message).help(help));
        }
    });
}

/// How large something is made, how large it may be, and what it consists of.
fn size(expression: &Expression) -> Option<(i64, i64, &'static str)> {
    let length_max = i64::try_from(LENGTH_MAX).unwrap_or(i64::MAX);
    match &expression.kind {
        ExpressionKind::New { object, arguments } => match object.as_str() {
            "Array" | "RawArray" => {
                let size = whole(arguments.of(1, "size_or_initializer")?)?;
                Some((size, length_max, "items of an array"))
            }
            "Pool" => {
                let size = whole(arguments.of(0, "processes")?)?;
                Some((size, i64::from(PROCESSES_MAX), "workers"))
            }
            _ => None,
        },
        ExpressionKind::Range(from, to) => {
            let size = whole(to)?.saturating_sub(whole(from)?);
            Some((size, length_max, "numbers of a range"))
        }
        _ => None,
    }
}

fn whole(expression: &Expression) -> Option<i64> {
    match &expression.kind {
        ExpressionKind::Literal(Value::Int(number)) => Some(*number),
        _ => None,
    }
}
