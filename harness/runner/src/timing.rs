//! Whether a program's outcomes rest on time: it uses `Soon`, `Late` or `Settle`.

use poolproof_case::Program;
use poolproof_case::program::{ExpressionKind, StatementKind};
use poolproof_case::walk;

/// Whether it does, anywhere.
pub(crate) fn is_used(program: &Program) -> bool {
    let mut is_used = false;
    let functions = program.functions.values().map(|function| &function.body);
    for block in functions.chain([&program.main]) {
        walk::statements(block, &mut |statement| {
            is_used |= matches!(statement.kind, StatementKind::Settle);
        });
        walk::expressions(block, &mut |expression| {
            is_used |= matches!(expression.kind, ExpressionKind::Soon | ExpressionKind::Late);
        });
    }
    is_used
}
