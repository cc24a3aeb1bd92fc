//! Ample sets: which of the enabled actors are enough.

use crate::machine::Machine;
use crate::machine::step::Moves;
use crate::state::State;

/// The places of actors whose steps are enough to try here.
pub(crate) fn ample(
    _machine: &Machine,
    _state: &State,
    _moves: &[Moves],
    enabled: &[usize],
) -> Vec<usize> {
    enabled.to_vec()
}
