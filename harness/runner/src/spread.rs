//! How much the time of one and the same calculation varies on this machine, which is told where
//! a comparison of times stays open.

use std::hint::black_box;
use std::time::Instant;

use poolproof_case::work;

/// So often the calculation is made.
const TIMES: usize = 100;

/// So many rounds it has: about a quarter of a millisecond, longer than an interrupt and shorter
/// than a time slice.
const ROUNDS: u64 = 200_000;

/// The distance of the tenth and the ninetieth of a hundred times, as a share of their median.
#[must_use]
pub fn measure() -> f64 {
    let once = || {
        let began = Instant::now();
        black_box((0..ROUNDS).fold(work::START, |state, _| black_box(work::round(state))));
        began.elapsed().as_secs_f64()
    };
    let mut times: Vec<f64> = (0..TIMES).map(|_| once()).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[TIMES * share / 100];
    (at(90) - at(10)) / at(50).max(f64::MIN_POSITIVE)
}
