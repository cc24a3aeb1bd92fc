//! Iterators of results that are generators in CPython: those whose tasks go in chunks.
//!
//! A generator has no method `next`, takes no timeout, and has ended after an error.

use poolproof_case::Value;
use poolproof_case::catalogue::{Class, Method, PoolMethod};
use poolproof_case::program::{CallExpression, Callee, Expression, ExpressionKind, StatementKind};
use poolproof_case::walk::{self, Part, assigned};

use crate::writer::{MAIN, Writer};

impl Writer<'_> {
    /// Whether an expression may be the results of tasks in chunks.
    pub(crate) fn may_be_generator(&self, results: &Expression) -> bool {
        let made = match &results.kind {
            ExpressionKind::Local(name) => self.made_here(name),
            ExpressionKind::Call(call) => imap(call),
            _ => None,
        };
        made.unwrap_or_else(|| self.has_chunks())
    }

    /// Whether a variable of this scope gets results in chunks; none where it gets others, too.
    fn made_here(&self, name: &str) -> Option<bool> {
        let program = &self.case.program;
        let (block, params) = match program.functions.get(&self.scope) {
            Some(function) => (&function.body, function.params.as_slice()),
            None => (&program.main, [].as_slice()),
        };
        debug_assert!(self.scope == MAIN || program.functions.contains_key(&self.scope));
        if params.iter().any(|param| param == name) {
            return None;
        }
        let mut made = Some(false);
        walk::all(block, &mut |part| {
            if let Part::Statement(statement) = part
                && assigned(statement).iter().any(|known| known == name)
            {
                made = match (&statement.kind, made) {
                    (StatementKind::Let(names, value), Some(before)) if names.len() == 1 => {
                        match &value.kind {
                            ExpressionKind::Call(call) => imap(call).map(|now| now || before),
                            _ => None,
                        }
                    }
                    _ => None,
                };
            }
        });
        made
    }

    fn has_chunks(&self) -> bool {
        let mut has = false;
        walk::program(&self.case.program, &mut |part| {
            if let Part::Call(call) = part {
                has |= imap(call) == Some(true);
            }
        });
        has
    }
}

/// Whether a call gives results in chunks; none where it is no `imap`.
fn imap(call: &CallExpression) -> Option<bool> {
    let Callee::Method(_, method) = &call.callee else {
        return None;
    };
    let method = Class::Pool.method(method)?;
    if !matches!(
        method,
        Method::Pool(PoolMethod::Imap | PoolMethod::ImapUnordered)
    ) {
        return None;
    }
    let size = call.arguments.of(2, "chunksize");
    Some(size.is_some_and(|size| !matches!(size.kind, ExpressionKind::Literal(Value::Int(1)))))
}
