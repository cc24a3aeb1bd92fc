//! `Work(n)`: a calculation of so many rounds, the same in every driver, for programs that are
//! measured.
//!
//! Each round multiplies and adds modulo 2⁶⁴ (Knuth's MMIX generator), so that each waits for the one
//! before it; the result shows that all of them were made. The specification knows it without making
//! them.

/// Where it begins, before the number of rounds is added.
pub const START: u64 = 0x9e37_79b9_7f4a_7c15;

/// What each round multiplies with.
pub const FACTOR: u64 = 6_364_136_223_846_793_005;

/// What each round adds.
pub const SUMMAND: u64 = 1_442_695_040_888_963_407;

/// How many low bits, which are the least mixed, the result leaves out.
pub const SHIFT: u32 = 33;

/// The most rounds: about a second in a compiled program.
pub const ROUNDS_MAX: i64 = 1_000_000_000;

/// One round.
#[inline]
#[must_use]
pub fn round(state: u64) -> u64 {
    state.wrapping_mul(FACTOR).wrapping_add(SUMMAND)
}

/// The result of so many rounds, in about as many steps as the number has bits.
///
/// ```
/// use poolproof_case::work::{SHIFT, START, result, round};
///
/// let state = (0..1000).fold(START + 1000, |state, _| round(state));
/// assert_eq!(result(1000), i64::try_from(state >> SHIFT).unwrap());
/// ```
#[must_use]
pub fn result(rounds: u64) -> i64 {
    let mut state = START.wrapping_add(rounds);
    // The map of one round, then of two, four and so on.
    let (mut factor, mut summand) = (FACTOR, SUMMAND);
    let mut left = rounds;
    while left > 0 {
        if left & 1 == 1 {
            state = state.wrapping_mul(factor).wrapping_add(summand);
        }
        summand = summand.wrapping_mul(factor).wrapping_add(summand);
        factor = factor.wrapping_mul(factor);
        left >>= 1;
    }
    (state >> SHIFT).cast_signed()
}
