//! What a number of runs says of what they did not show.

/// The greatest rate, in percent, that still fits what was never seen in `runs` runs, at 95 %.
///
/// The rule of three; for few runs the exact bound, which is smaller.
///
/// ```
/// assert_eq!(format!("{:.1}", poolproof_runner::statistics::unseen_percent(300)), "1.0");
/// ```
#[must_use]
pub fn unseen_percent(runs: u64) -> f64 {
    if runs == 0 {
        return 100.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody makes 2^53 runs")]
    let runs = runs as f64;
    let exact = 1.0 - 0.05_f64.powf(1.0 / runs);
    100.0 * exact.min(3.0 / runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_runs_bound_more_closely() {
        assert!(unseen_percent(0) >= 100.0);
        assert!(unseen_percent(1) < 95.1);
        assert!(unseen_percent(20) < 15.0);
        assert!(unseen_percent(300) < 1.0);
    }
}
