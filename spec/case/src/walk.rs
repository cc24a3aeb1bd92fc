//! Walking a program's tree: the expressions of a statement, and the parts of an expression.

use crate::program::{
    Arguments, Block, CallExpression, Callee, Expression, ExpressionKind, Program, Statement,
    StatementKind,
};

/// Calls `see` with every statement of a block, outer ones first.
pub fn statements<'b>(block: &'b Block, see: &mut impl FnMut(&'b Statement)) {
    for statement in block {
        see(statement);
        for inner in blocks(statement) {
            statements(inner, see);
        }
    }
}

/// Calls `see` with every expression of a block, outer ones first.
pub fn expressions<'b>(block: &'b Block, see: &mut impl FnMut(&'b Expression)) {
    statements(block, &mut |statement| {
        for expression in direct(statement) {
            deep(expression, see);
        }
    });
}

/// Calls `see` with an expression and every part of it, outer ones first.
pub fn deep<'b>(expression: &'b Expression, see: &mut impl FnMut(&'b Expression)) {
    see(expression);
    for part in parts(expression) {
        deep(part, see);
    }
}

/// Something that a program contains, however deep.
#[derive(Clone, Copy, Debug)]
pub enum Part<'b> {
    /// A statement.
    Statement(&'b Statement),
    /// An expression.
    Expression(&'b Expression),
    /// A call, be it a statement or an expression.
    Call(&'b CallExpression),
}

/// Calls `see` with all that a block contains, in the order of the file, outer ones first.
pub fn all<'b>(block: &'b Block, see: &mut impl FnMut(Part<'b>)) {
    for statement in block {
        see(Part::Statement(statement));
        if let StatementKind::Call(call) = &statement.kind {
            see(Part::Call(call));
        }
        for expression in direct(statement) {
            deep(expression, &mut |expression| {
                see(Part::Expression(expression));
                if let ExpressionKind::Call(call) = &expression.kind {
                    see(Part::Call(call));
                }
            });
        }
        for inner in blocks(statement) {
            all(inner, see);
        }
    }
}

/// Calls `see` with all that a program contains: its functions, then main.
pub fn program<'b>(program: &'b Program, see: &mut impl FnMut(Part<'b>)) {
    for block in program.blocks() {
        all(block, see);
    }
}

/// Calls `see` with every call of a block, be it a statement or an expression.
pub fn calls<'b>(block: &'b Block, see: &mut impl FnMut(&'b CallExpression)) {
    all(block, &mut |part| {
        if let Part::Call(call) = part {
            see(call);
        }
    });
}

/// The blocks inside a statement.
#[must_use]
pub fn blocks(statement: &Statement) -> Vec<&Block> {
    match &statement.kind {
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
            let mut blocks = vec![body];
            blocks.extend(handlers.iter().map(|(_, handler)| handler));
            blocks.push(finally);
            blocks
        }
        _ => Vec::new(),
    }
}

/// The names that a statement itself assigns.
#[must_use]
pub fn assigned(statement: &Statement) -> &[String] {
    match &statement.kind {
        StatementKind::Let(names, _) | StatementKind::For(names, _, _) => names,
        StatementKind::Drain { name, .. } => std::slice::from_ref(name),
        _ => &[],
    }
}

/// The expressions of a statement itself, in the order of evaluation.
#[must_use]
pub fn direct(statement: &Statement) -> Vec<&Expression> {
    match &statement.kind {
        StatementKind::Let(_, value)
        | StatementKind::With(value, _)
        | StatementKind::If(value, _, _)
        | StatementKind::For(_, value, _)
        | StatementKind::Drain { queue: value, .. }
        | StatementKind::Raise(value)
        | StatementKind::Return(Some(value))
        | StatementKind::SetGlobal(_, value)
        | StatementKind::Exit(value)
        | StatementKind::Signal(value, _) => vec![value],
        StatementKind::Call(call) => call_parts(call),
        StatementKind::Print(values) => values.iter().collect(),
        StatementKind::SetItem(object, index, value) => vec![object, index, value],
        StatementKind::SetAttr(object, _, value) => vec![object, value],
        StatementKind::Repeat(..)
        | StatementKind::Measure(..)
        | StatementKind::Sample(_)
        | StatementKind::Try { .. }
        | StatementKind::Return(None)
        | StatementKind::Del(_)
        | StatementKind::Settle => Vec::new(),
    }
}

/// The expressions right inside an expression.
#[must_use]
pub fn parts(expression: &Expression) -> Vec<&Expression> {
    match &expression.kind {
        ExpressionKind::Literal(_)
        | ExpressionKind::Local(_)
        | ExpressionKind::Global(_)
        | ExpressionKind::Module
        | ExpressionKind::Function(_)
        | ExpressionKind::Zeros(_)
        | ExpressionKind::Soon
        | ExpressionKind::Late => Vec::new(),
        ExpressionKind::Attribute(object, _) => vec![object],
        ExpressionKind::List(items)
        | ExpressionKind::Tuple(items)
        | ExpressionKind::And(items)
        | ExpressionKind::Or(items) => items.iter().collect(),
        ExpressionKind::Dict(pairs) => pairs.iter().map(|(_, value)| value).collect(),
        ExpressionKind::Item(left, right)
        | ExpressionKind::Range(left, right)
        | ExpressionKind::Binary(_, left, right) => vec![left, right],
        ExpressionKind::Slice(object, start, stop) => {
            let mut parts: Vec<&Expression> = vec![object];
            parts.extend(start.as_deref());
            parts.extend(stop.as_deref());
            parts
        }
        ExpressionKind::New { arguments, .. } => argument_parts(arguments),
        ExpressionKind::Call(call) => call_parts(call),
        ExpressionKind::Unary(_, operand) | ExpressionKind::Error(_, operand) => vec![operand],
    }
}

fn call_parts(call: &CallExpression) -> Vec<&Expression> {
    let mut parts = Vec::new();
    if let Callee::Method(receiver, _) = &call.callee {
        parts.push(receiver);
    }
    parts.extend(argument_parts(&call.arguments));
    parts
}

fn argument_parts(arguments: &Arguments) -> Vec<&Expression> {
    let named = arguments.named.iter().map(|(_, value)| value);
    arguments.positional.iter().chain(named).collect()
}

/// Calls `change` with every expression of a block, inner ones first.
pub(crate) fn change(block: &mut Block, change_one: &mut impl FnMut(&mut Expression)) {
    for statement in block {
        match &mut statement.kind {
            StatementKind::Let(_, value)
            | StatementKind::Raise(value)
            | StatementKind::Return(Some(value))
            | StatementKind::SetGlobal(_, value)
            | StatementKind::Exit(value)
            | StatementKind::Signal(value, _) => change_deep(value, change_one),
            StatementKind::Call(call) => change_call(call, change_one),
            StatementKind::Print(values) => change_all(values, change_one),
            StatementKind::With(value, body)
            | StatementKind::For(_, value, body)
            | StatementKind::Drain {
                queue: value, body, ..
            } => {
                change_deep(value, change_one);
                change(body, change_one);
            }
            StatementKind::If(value, yes, no) => {
                change_deep(value, change_one);
                change(yes, change_one);
                change(no, change_one);
            }
            StatementKind::Repeat(_, body) | StatementKind::Measure(_, _, body) => {
                change(body, change_one);
            }
            StatementKind::Try {
                body,
                handlers,
                finally,
            } => {
                change(body, change_one);
                for (_, handler) in handlers {
                    change(handler, change_one);
                }
                change(finally, change_one);
            }
            StatementKind::SetItem(object, index, value) => {
                for expression in [object, index, value] {
                    change_deep(expression, change_one);
                }
            }
            StatementKind::SetAttr(object, _, value) => {
                change_deep(object, change_one);
                change_deep(value, change_one);
            }
            StatementKind::Return(None)
            | StatementKind::Del(_)
            | StatementKind::Settle
            | StatementKind::Sample(_) => {}
        }
    }
}

fn change_all(expressions: &mut [Expression], change_one: &mut impl FnMut(&mut Expression)) {
    for expression in expressions {
        change_deep(expression, change_one);
    }
}

fn change_deep(expression: &mut Expression, change_one: &mut impl FnMut(&mut Expression)) {
    match &mut expression.kind {
        ExpressionKind::Literal(_)
        | ExpressionKind::Local(_)
        | ExpressionKind::Global(_)
        | ExpressionKind::Module
        | ExpressionKind::Function(_)
        | ExpressionKind::Zeros(_)
        | ExpressionKind::Soon
        | ExpressionKind::Late => {}
        ExpressionKind::Attribute(inner, _)
        | ExpressionKind::Unary(_, inner)
        | ExpressionKind::Error(_, inner) => change_deep(inner, change_one),
        ExpressionKind::List(items)
        | ExpressionKind::Tuple(items)
        | ExpressionKind::And(items)
        | ExpressionKind::Or(items) => change_all(items, change_one),
        ExpressionKind::Dict(pairs) => {
            for (_, value) in pairs {
                change_deep(value, change_one);
            }
        }
        ExpressionKind::Item(left, right)
        | ExpressionKind::Range(left, right)
        | ExpressionKind::Binary(_, left, right) => {
            change_deep(left, change_one);
            change_deep(right, change_one);
        }
        ExpressionKind::Slice(object, start, stop) => {
            change_deep(object, change_one);
            for bound in [start, stop].into_iter().flatten() {
                change_deep(bound, change_one);
            }
        }
        ExpressionKind::New { arguments, .. } => change_arguments(arguments, change_one),
        ExpressionKind::Call(call) => change_call(call, change_one),
    }
    change_one(expression);
}

fn change_call(call: &mut CallExpression, change_one: &mut impl FnMut(&mut Expression)) {
    if let Callee::Method(receiver, _) = &mut call.callee {
        change_deep(receiver, change_one);
    }
    change_arguments(&mut call.arguments, change_one);
}

fn change_arguments(arguments: &mut Arguments, change_one: &mut impl FnMut(&mut Expression)) {
    change_all(&mut arguments.positional, change_one);
    for (_, value) in &mut arguments.named {
        change_deep(value, change_one);
    }
}
