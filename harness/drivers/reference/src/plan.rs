//! The plan of a run, read from the environment: pauses between statements, and what a timeout means.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

struct Plan {
    /// The seed, where the plan is `pauses`.
    pauses: Option<u64>,
    soon: Duration,
    late: Duration,
    settle: Duration,
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| Plan {
    pauses: std::env::var("POOLPROOF_PLAN")
        .is_ok_and(|plan| plan == "pauses")
        .then(|| variable("POOLPROOF_SEED").unwrap_or(0)),
    soon: seconds("POOLPROOF_SOON", 0.02),
    late: seconds("POOLPROOF_LATE", 1.0),
    settle: seconds("POOLPROOF_SETTLE", 0.3),
});

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

fn seconds(name: &str, otherwise: f64) -> Duration {
    let given = variable(name).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    given.unwrap_or(Duration::from_secs_f64(otherwise))
}

/// What `Soon` means in this run.
pub(crate) fn soon() -> Duration {
    PLAN.soon
}

/// What `Late` means in this run.
pub(crate) fn late() -> Duration {
    PLAN.late
}

/// Gives whatever else can move the time to do so.
pub(crate) fn settle() {
    std::thread::sleep(PLAN.settle);
}

thread_local! {
    static DICE: RefCell<Option<fastrand::Rng>> = const { RefCell::new(None) };
}

/// Forgets this thread's dice, so that a forked child throws its own.
pub(crate) fn renew() {
    DICE.with_borrow_mut(|dice| *dice = None);
}

/// Under the plan `pauses`, sleeps up to 2 ms before half of the statements.
pub(crate) fn pause() {
    let Some(seed) = PLAN.pauses else { return };
    let pause_us = DICE.with_borrow_mut(|dice| {
        let dice = dice.get_or_insert_with(|| fastrand::Rng::with_seed(seed ^ own_name()));
        dice.bool().then(|| dice.u64(0..=2000))
    });
    if let Some(pause_us) = pause_us {
        std::thread::sleep(Duration::from_micros(pause_us));
    }
}

/// A number of this process and thread that is the same in each repetition of a run.
fn own_name() -> u64 {
    let process = poolproof_runtime::current_process();
    let thread = std::thread::current();
    let name = [process.name(), "/", thread.name().unwrap_or_default()].concat();
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
