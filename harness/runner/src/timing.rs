//! Whether a program's outcomes rest on time: it uses `Soon`, `Late` or `Settle`.

use poolproof_case::Program;
use poolproof_case::program::{ExpressionKind, StatementKind};
use poolproof_case::walk;

/// What of time a program uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timing {
    /// `Soon` or `Settle`.
    soon: bool,
    /// `Late`, which passes only where nothing else can move.
    pub(crate) late: bool,
}

impl Timing {
    /// What a program uses, anywhere.
    pub(crate) fn of(program: &Program) -> Timing {
        let mut timing = Timing::default();
        let functions = program.functions.values().map(|function| &function.body);
        for block in functions.chain([&program.main]) {
            walk::statements(block, &mut |statement| {
                timing.soon |= matches!(statement.kind, StatementKind::Settle);
            });
            walk::expressions(block, &mut |expression| {
                timing.soon |= matches!(expression.kind, ExpressionKind::Soon);
                timing.late |= matches!(expression.kind, ExpressionKind::Late);
            });
        }
        timing
    }

    /// Whether it uses any.
    pub(crate) fn is_used(self) -> bool {
        self.soon || self.late
    }
}
