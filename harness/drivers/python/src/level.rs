//! How tightly Python's operators bind.

/// How tightly an expression binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Any,
    Or,
    And,
    Not,
    Compare,
    Add,
    Mul,
    Unary,
    Atom,
}

impl Level {
    /// What the operand must bind like where Python would otherwise take more or chain.
    pub(crate) fn tighter(self) -> Level {
        match self {
            Level::Any => Level::Or,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Compare,
            Level::Compare => Level::Add,
            Level::Add => Level::Mul,
            Level::Mul => Level::Unary,
            Level::Unary | Level::Atom => Level::Atom,
        }
    }
}
