//! How much the time of one and the same calculation varies on this machine, and how much longer two
//! of it take at once: what a comparison of times cannot be more exact than.

use std::hint::black_box;
use std::time::Instant;

use poolproof_case::work;

/// So often the calculation is made.
const TIMES: usize = 100;

/// So many rounds it has: about a quarter of a millisecond, longer than an interrupt and shorter
/// than a time slice.
const ROUNDS: u64 = 200_000;

/// The distance of the tenth and the ninetieth of a hundred times, as a share of their median; or by
/// how much two at once take longer than one, where that is more: others use the processors then.
#[must_use]
pub fn measure() -> f64 {
    let alone = times();
    let is_one = std::thread::available_parallelism().is_ok_and(|count| count.get() == 1);
    let beside = std::thread::scope(|scope| {
        // Where no more threads can be started, it is alone again.
        let another = std::thread::Builder::new().spawn_scoped(scope, times);
        let ours = times();
        let theirs = another.ok().and_then(|thread| thread.join().ok());
        [Some(ours), theirs]
    });
    let middle = alone[TIMES / 2].max(f64::MIN_POSITIVE);
    let spread = (alone[TIMES * 9 / 10] - alone[TIMES / 10]) / middle;
    let slowest = beside.iter().flatten().map(|times| times[TIMES / 2]);
    let crowded = slowest.fold(middle, f64::max) / middle - 1.0;
    if is_one { spread } else { spread.max(crowded) }
}

/// What the calculation takes, in order of length.
fn times() -> Vec<f64> {
    let once = || {
        let began = Instant::now();
        black_box((0..ROUNDS).fold(work::START, |state, _| black_box(work::round(state))));
        began.elapsed().as_secs_f64()
    };
    let mut times: Vec<f64> = (0..TIMES).map(|_| once()).collect();
    times.sort_by(f64::total_cmp);
    times
}
