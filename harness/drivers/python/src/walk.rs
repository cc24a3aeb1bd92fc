//! Walking through programs: the blocks and expressions directly inside a statement or expression.

use poolproof_case::program::{
    Arguments, Block, CallExpression, Callee, Expression, ExpressionKind, Program, Statement,
    StatementKind,
};

/// The blocks directly inside a statement.
pub(crate) fn blocks(statement: &Statement) -> Vec<&Block> {
    match &statement.kind {
        StatementKind::With(_, body)
        | StatementKind::For(_, _, body)
        | StatementKind::Repeat(_, body)
        | StatementKind::Drain { body, .. } => vec![body],
        StatementKind::If(_, then, otherwise) => vec![then, otherwise],
        StatementKind::Try {
            body,
            handlers,
            finally,
        } => {
            let handlers = handlers.iter().map(|(_, block)| block);
            [body]
                .into_iter()
                .chain(handlers)
                .chain([finally])
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The expressions directly inside a statement; a call statement is given as its parts.
pub(crate) fn expressions(statement: &Statement) -> Vec<&Expression> {
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
        StatementKind::Print(values) => values.iter().collect(),
        StatementKind::SetItem(base, index, value) => vec![base, index, value],
        StatementKind::SetAttr(base, _, value) => vec![base, value],
        StatementKind::Call(_)
        | StatementKind::Repeat(..)
        | StatementKind::Try { .. }
        | StatementKind::Return(None)
        | StatementKind::Del(_)
        | StatementKind::Settle => Vec::new(),
    }
}

/// The expressions directly inside an expression.
pub(crate) fn inner(expression: &Expression) -> Vec<&Expression> {
    use ExpressionKind as E;
    match &expression.kind {
        E::Attribute(one, _) | E::Unary(_, one) | E::Error(_, one) => vec![one],
        E::List(items) | E::Tuple(items) | E::And(items) | E::Or(items) => items.iter().collect(),
        E::Dict(pairs) => pairs.iter().map(|(_, value)| value).collect(),
        E::Item(one, other) | E::Range(one, other) | E::Binary(_, one, other) => vec![one, other],
        E::Slice(of, from, to) => [Some(of), from.as_ref(), to.as_ref()]
            .into_iter()
            .flatten()
            .map(|part| &**part)
            .collect(),
        E::New { arguments, .. } => in_arguments(arguments),
        E::Call(call) => in_call(call),
        E::Literal(_)
        | E::Local(_)
        | E::Global(_)
        | E::Module
        | E::Function(_)
        | E::Soon
        | E::Late => Vec::new(),
    }
}

/// The expressions directly inside a call.
pub(crate) fn in_call(call: &CallExpression) -> Vec<&Expression> {
    let mut all = in_arguments(&call.arguments);
    if let Callee::Method(receiver, _) = &call.callee {
        all.insert(0, receiver);
    }
    all
}

fn in_arguments(arguments: &Arguments) -> Vec<&Expression> {
    let named = arguments.named.iter().map(|(_, argument)| argument);
    arguments.positional.iter().chain(named).collect()
}

/// Something that a program contains, however deep.
pub(crate) enum Part<'a> {
    /// A statement.
    Statement(&'a Statement),
    /// An expression.
    Expression(&'a Expression),
    /// A call, as a statement or an expression.
    Call(&'a CallExpression),
}

/// Visits all of a block.
pub(crate) fn visit<'a>(block: &'a Block, see: &mut dyn FnMut(Part<'a>)) {
    for statement in block {
        see(Part::Statement(statement));
        if let StatementKind::Call(call) = &statement.kind {
            see(Part::Call(call));
            for expression in in_call(call) {
                visit_expression(expression, see);
            }
        }
        for expression in expressions(statement) {
            visit_expression(expression, see);
        }
        for block in blocks(statement) {
            visit(block, see);
        }
    }
}

/// Visits all of a program: main, then each function.
pub(crate) fn visit_program<'a>(program: &'a Program, see: &mut dyn FnMut(Part<'a>)) {
    visit(&program.main, see);
    for function in program.functions.values() {
        visit(&function.body, see);
    }
}

fn visit_expression<'a>(expression: &'a Expression, see: &mut dyn FnMut(Part<'a>)) {
    see(Part::Expression(expression));
    if let ExpressionKind::Call(call) = &expression.kind {
        see(Part::Call(call));
    }
    for part in inner(expression) {
        visit_expression(part, see);
    }
}
