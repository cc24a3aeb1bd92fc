//! The changeable parts of a program's tree, and the arguments that belong to a parameter.

use poolproof_case::Value;
use poolproof_case::program::{
    Block, CallExpression, Callee, Expression, ExpressionKind, Statement, StatementKind,
};

pub(crate) fn inner_blocks(statement: &mut Statement) -> Vec<&mut Block> {
    match &mut statement.kind {
        StatementKind::With(_, body)
        | StatementKind::For(_, _, body)
        | StatementKind::Repeat(_, body)
        | StatementKind::Measure(_, _, body)
        | StatementKind::Drain { body, .. } => vec![body],
        StatementKind::If(_, yes, no) => vec![yes, no],
        StatementKind::Try {
            body,
            handlers,
            finally,
        } => {
            let handlers = handlers.iter_mut().map(|(_, handler)| handler);
            std::iter::once(body)
                .chain(handlers)
                .chain([finally])
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The expressions of a statement itself; those of a call are its arguments' business.
pub(crate) fn direct(statement: &mut Statement) -> Vec<&mut Expression> {
    match &mut statement.kind {
        StatementKind::Let(_, value)
        | StatementKind::With(value, _)
        | StatementKind::If(value, _, _)
        | StatementKind::For(_, value, _)
        | StatementKind::Drain { queue: value, .. }
        | StatementKind::Raise(value)
        | StatementKind::Return(Some(value))
        | StatementKind::SetGlobal(_, value)
        | StatementKind::SetAttr(_, _, value)
        | StatementKind::Exit(value) => vec![value],
        StatementKind::Print(values) => values.iter_mut().collect(),
        StatementKind::SetItem(container, index, value) => vec![container, index, value],
        _ => Vec::new(),
    }
}

/// The expressions right inside one, other than arguments.
pub(crate) fn parts(expression: &mut Expression) -> Vec<&mut Expression> {
    match &mut expression.kind {
        ExpressionKind::List(items)
        | ExpressionKind::Tuple(items)
        | ExpressionKind::And(items)
        | ExpressionKind::Or(items) => items.iter_mut().collect(),
        ExpressionKind::Dict(pairs) => pairs.iter_mut().map(|(_, value)| value).collect(),
        ExpressionKind::Item(left, right)
        | ExpressionKind::Range(left, right)
        | ExpressionKind::Binary(_, left, right) => vec![left, right],
        ExpressionKind::Slice(container, start, stop) => {
            let bounds = [start, stop].into_iter().flatten();
            std::iter::once(container)
                .chain(bounds)
                .map(|part| &mut **part)
                .collect()
        }
        ExpressionKind::Unary(_, operand) | ExpressionKind::Error(_, operand) => vec![operand],
        _ => Vec::new(),
    }
}

/// Leaves out an argument wherever a function is called by its name or is a process's target.
pub(crate) fn forget_argument(block: &mut Block, function: &str, at: usize) {
    for statement in block {
        if let StatementKind::Call(call) = &mut statement.kind {
            forget_in_call(call, function, at);
        }
        for expression in direct(statement) {
            forget_in(expression, function, at);
        }
        for inner in inner_blocks(statement) {
            forget_argument(inner, function, at);
        }
    }
}

fn forget_in_call(call: &mut CallExpression, function: &str, at: usize) {
    if matches!(&call.callee, Callee::Function(name) if name == function) {
        let given = &mut call.arguments.positional;
        if at < given.len() {
            given.remove(at);
        }
    }
}

fn forget_in(expression: &mut Expression, function: &str, at: usize) {
    match &mut expression.kind {
        ExpressionKind::Call(call) => forget_in_call(call, function, at),
        ExpressionKind::New { arguments, .. } => {
            let is_target = |value: &Expression| matches!(&value.kind, ExpressionKind::Function(name) if name == function);
            let has_target = arguments.named.iter().any(|(_, value)| is_target(value));
            let args = arguments.named.iter_mut().find(|(name, _)| name == "args");
            if let (true, Some((_, args))) = (has_target, args) {
                match &mut args.kind {
                    ExpressionKind::List(items) | ExpressionKind::Tuple(items)
                        if at < items.len() =>
                    {
                        items.remove(at);
                    }
                    ExpressionKind::Literal(Value::List(items) | Value::Tuple(items))
                        if at < items.len() =>
                    {
                        items.remove(at);
                    }
                    _ => {}
                }
            }
        }
        _ => parts(expression)
            .into_iter()
            .for_each(|part| forget_in(part, function, at)),
    }
}
