//! Intervals: between which bounds a median or a slope lies.
//!
//! Those of medians are the sign test's: which values of so many, in their order, lie on both sides
//! of the median in 95 of 100 cases, whatever the figures' distribution is.

use poolproof_report::Interval;

/// How likely an interval is not to hold what it is for.
pub(crate) const RISK: f64 = 0.05;

/// The fewest samples of a run that a slope is made of.
const SLOPE_LEAST: usize = 6;

/// The median of values with its interval; the median alone where there are too few.
pub(crate) fn median(values: &[f64]) -> Option<Interval> {
    median_at(values, RISK)
}

/// The median of values with the interval of this risk.
pub(crate) fn median_at(values: &[f64], risk: f64) -> Option<Interval> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = match sorted.len() {
        0 => return None,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    };
    let (low, high) = match outer(sorted.len(), risk) {
        Some(index) => (sorted[index], sorted[sorted.len() - 1 - index]),
        None => (middle, middle),
    };
    Some(Interval {
        value: middle,
        low,
        high,
    })
}

/// Which of so many sorted values bounds the median's interval, from either end.
fn outer(count: usize, risk: f64) -> Option<usize> {
    // The chance that so many values or fewer lie below the median: binomial, with one half.
    let mut chance = 0.5_f64.powi(i32::try_from(count).ok()?);
    let mut below = chance;
    let mut index = None;
    for rank in 0..count / 2 {
        if 2.0 * below > risk {
            break;
        }
        index = Some(rank);
        chance *= (count - rank) as f64 / (rank + 1) as f64;
        below += chance;
    }
    index
}

/// How much comes from each sample to the next: the median of the slopes between any two of a run,
/// which a single step does not move, with its interval (Theil and Sen; for several runs, Hirsch).
pub(crate) fn slope(runs: &[Vec<f64>]) -> Option<Interval> {
    /// How many standard deviations the interval is wide to either side.
    const WIDTH: f64 = 1.96;
    let mut slopes = Vec::new();
    let mut variance = 0.0;
    for samples in runs.iter().filter(|samples| samples.len() >= SLOPE_LEAST) {
        let count = samples.len() as f64;
        variance += count * (count - 1.0) * (2.0 * count + 5.0) / 18.0;
        for (index, first) in samples.iter().enumerate() {
            for (distance, later) in samples[index + 1..].iter().enumerate() {
                slopes.push((later - first) / (distance + 1) as f64);
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    let last = slopes.len().checked_sub(1)?;
    let aside = WIDTH * variance.sqrt() / 2.0;
    let middle = last as f64 / 2.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and the last index"
    )]
    let at = |index: f64| slopes[index.clamp(0.0, last as f64) as usize];
    Some(Interval {
        value: at(middle),
        low: at((middle - aside).floor()),
        high: at((middle + aside).ceil()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_that_of_the_sign_test() {
        // The classic tables: of 6 values the first and last, of 10 the second, of 20 the sixth; of
        // one look in three 7, 15 and 30 values.
        let look = RISK / 3.0;
        for (count, risk, index) in [
            (5, RISK, None),
            (6, RISK, Some(0)),
            (9, RISK, Some(1)),
            (10, RISK, Some(1)),
            (20, RISK, Some(5)),
            (6, look, None),
            (7, look, Some(0)),
            (15, look, Some(2)),
            (30, look, Some(8)),
        ] {
            assert_eq!(outer(count, risk), index, "{count}");
        }
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let interval = median(&values).unwrap();
        assert_eq!(
            (interval.low, interval.value, interval.high),
            (2.0, 5.5, 9.0)
        );
        assert!(median(&[]).is_none());
    }

    #[test]
    fn a_single_step_is_no_growth() {
        let stepped = [[vec![10.0; 3], vec![90.0; 17]].concat()];
        let seen = slope(&stepped).unwrap();
        assert!(
            seen.low <= 0.0 && seen.value < 1.0 && seen.high < 10.0,
            "{seen:?}"
        );
        assert!(
            slope(&[vec![1.0, 2.0]]).is_none(),
            "of two samples nothing can be said"
        );
    }
}
