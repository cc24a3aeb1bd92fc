//! What is explored: each family in the sizes that take about a second, and how far the ways go
//! that try every order.

use poolproof_case::StartMethod::{self, Fork, Spawn, Threads};

use super::peer::{self, Model};
use super::programs as text;

/// A program, and who explores it.
pub(crate) struct Row {
    pub(crate) family: &'static str,
    pub(crate) size: u16,
    pub(crate) method: StartMethod,
    /// The text of the case, by its size.
    pub(crate) text: fn(u16) -> String,
    /// The same program for stateright.
    pub(crate) model: Option<fn(u8) -> Model>,
    /// The most states of each way but `reduced`.
    pub(crate) states_max: u64,
}

/// Enough for a rate, and few enough that the rest of the evening is left.
const STATES_MAX: u64 = 100_000;

/// Small ones come first in a family: they are those for which all ways list all outcomes.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("free", 3, Spawn, text::free, Some(peer::free), STATES_MAX),
    row("free", 5, Spawn, text::free, Some(peer::free), 2_000_000),
    row("free", 9, Spawn, text::free, Some(peer::free), STATES_MAX),
    row("lock", 6, Spawn, text::lock, Some(peer::lock), STATES_MAX),
    row("lock", 10, Spawn, text::lock, Some(peer::lock), STATES_MAX),
    row("queue", 2, Spawn, text::queue, Some(peer::queue), STATES_MAX),
    row("queue", 6, Spawn, text::queue, Some(peer::queue), STATES_MAX),
    row("dining", 5, Spawn, text::dining, Some(peer::dining), STATES_MAX),
    row("dining", 7, Spawn, text::dining, Some(peer::dining), STATES_MAX),
    row("barrier", 3, Spawn, text::barrier, Some(peer::barrier), STATES_MAX),
    row("barrier", 5, Spawn, text::barrier, Some(peer::barrier), STATES_MAX),
    row("pool-2-workers", 80, Spawn, text::pool_of_two, None, STATES_MAX),
    row("pool-3-workers", 18, Spawn, text::pool_of_three, None, STATES_MAX),
    row("ring", 40, Spawn, text::ring, None, 50_000),
    row("ring", 4, Fork, text::ring, None, STATES_MAX),
    row("managed-dict", 7, Spawn, text::managed_dict, None, STATES_MAX),
    row("bare-pool", 150, Spawn, text::bare_pool, None, STATES_MAX),
    row("started", 300, Threads, text::started, None, 10_000),
    row("daemons", 13, Threads, text::daemons, None, STATES_MAX),
];

const fn row(
    family: &'static str,
    size: u16,
    method: StartMethod,
    text: fn(u16) -> String,
    model: Option<fn(u8) -> Model>,
    states_max: u64,
) -> Row {
    Row {
        family,
        size,
        method,
        text,
        model,
        states_max,
    }
}

impl Row {
    /// What it is called in the table, and what filters look at.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}/{}", self.family, self.size, self.method)
    }

    /// Who explores it.
    pub(crate) fn ways(&self) -> &'static [Way] {
        match self.model {
            Some(_) => &[Way::Reduced, Way::Unreduced, Way::Stateright, Way::History],
            None => &[Way::Reduced, Way::Unreduced],
        }
    }
}

/// A way to explore a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As `poolproof explore` does.
    Reduced,
    /// Every order of steps.
    Unreduced,
    /// The model for stateright, which lists no outcomes.
    Stateright,
    /// The same with all that was printed in its state.
    History,
}

impl Way {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::Reduced => "reduced",
            Way::Unreduced => "unreduced",
            Way::Stateright => "stateright",
            Way::History => "history",
        }
    }
}
