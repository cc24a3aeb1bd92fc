//! Loops that certainly never end: those over a list to which each round adds.

use crate::diagnostic::Diagnostic;
use crate::program::{Block, Callee, Expression, ExpressionKind, StatementKind};
use crate::walk;

pub(super) fn check(block: &Block, mistakes: &mut Vec<Diagnostic>) {
    walk::statements(block, &mut |statement| {
        if let StatementKind::For(_, values, body) = &statement.kind
            && let Some(list) = name(values)
            && grows(list, body)
            && !may_end(list, body)
        {
            let message = format!("this loop never ends: each round adds to `{list}`");
            let help = "go over a copy: `For(\"x\", List(\"$list\"), [...])`";
            mistakes.push(Diagnostic::new(values.place, message).help(help));
        }
    });
}

fn name(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Local(name) | ExpressionKind::Global(name) => Some(name),
        _ => None,
    }
}

/// Whether each round adds one to a list.
fn grows(list: &str, body: &Block) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Call(call) => {
            matches!(&call.callee, Callee::Method(of, method)
                if name(of) == Some(list) && matches!(method.as_str(), "append" | "insert"))
        }
        _ => false,
    })
}

/// Whether a round may leave the loop, take from the list, or have it changed by others.
fn may_end(list: &str, body: &Block) -> bool {
    let mut may = false;
    walk::statements(body, &mut |statement| {
        may |= match &statement.kind {
            StatementKind::Return(_) | StatementKind::Raise(_) | StatementKind::Exit(_) => true,
            StatementKind::Let(names, _) => names.iter().any(|known| known == list),
            _ => false,
        };
    });
    walk::calls(body, &mut |call| {
        may |= match &call.callee {
            Callee::Function(_) => true,
            Callee::Method(of, method) => {
                name(of) != Some(list) || !matches!(method.as_str(), "append" | "insert")
            }
        };
    });
    may
}
