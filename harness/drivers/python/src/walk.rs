//! Walking through programs: statements, expressions and calls, however deep.

use poolproof_case::program::{
    Block, CallExpression, Expression, ExpressionKind, Program, Statement, StatementKind,
};
use poolproof_case::walk::{blocks, direct, parts};

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
        }
        for expression in direct(statement) {
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
    for part in parts(expression) {
        visit_expression(part, see);
    }
}
