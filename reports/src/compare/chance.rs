//! What may be chance: Fisher's exact test for rates, an interval for the ratio of two samples.

use crate::record::Interval;

/// How likely two rates are at least as different by chance alone, both ways.
pub(super) fn fisher((one, of_one): (u64, u64), (other, of_other): (u64, u64)) -> f64 {
    let hits = one + other;
    if of_one == 0 || of_other == 0 || hits == 0 {
        return 1.0;
    }
    let logs = log_factorials(of_one + of_other);
    let at = |number: u64| {
        logs[usize::try_from(number)
            .unwrap_or(usize::MAX)
            .min(logs.len() - 1)]
    };
    let choose = |all: u64, some: u64| at(all) - at(some) - at(all - some);
    let whole = choose(of_one + of_other, hits);
    let chance = |first: u64| choose(of_one, first) + choose(of_other, hits - first) - whole;
    let seen = chance(one);
    let (least, most) = (hits.saturating_sub(of_other), hits.min(of_one));
    // What is as likely as what was seen counts, whatever the last digit of its logarithm is.
    let as_rare = (least..=most)
        .map(chance)
        .filter(|chance| *chance <= seen + 1e-7);
    as_rare.map(f64::exp).sum::<f64>().min(1.0)
}

fn log_factorials(most: u64) -> Vec<f64> {
    let mut sum = 0.0;
    let mut logs = vec![0.0];
    for number in 1..=most {
        sum += (number as f64).ln();
        logs.push(sum);
    }
    logs
}

/// How many times as much the second sample is as the first, with its interval at 95 %: the median of
/// all ratios, and those of them that the rank sum test leaves. None of few or of what is not positive.
pub(super) fn ratio(one: &[f64], other: &[f64]) -> Option<Interval> {
    let mut ratios: Vec<f64> = Vec::with_capacity(one.len() * other.len());
    for first in one {
        ratios.extend(other.iter().map(|second| second / first));
    }
    if one.len().min(other.len()) < 4
        || !ratios.iter().all(|ratio| *ratio > 0.0 && ratio.is_finite())
    {
        return None;
    }
    ratios.sort_by(f64::total_cmp);
    let (count, others) = (one.len() as f64, other.len() as f64);
    let middle = count * others / 2.0;
    let aside = 1.96 * (count * others * (count + others + 1.0) / 12.0).sqrt();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and less than the number of ratios"
    )]
    let first = (middle - aside).max(0.0) as usize;
    Some(Interval {
        value: f64::midpoint(ratios[(ratios.len() - 1) / 2], ratios[ratios.len() / 2]),
        low: ratios[first],
        high: ratios[ratios.len() - 1 - first],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fisher_is_what_the_tables_say() {
        // Fisher's tea: 3 of 4 and 1 of 4 is 0.4857; R gives the others.
        for (one, other, chance) in [
            ((3, 4), (1, 4), 0.485_714),
            ((1, 10), (9, 10), 0.001_093),
            ((0, 20), (5, 20), 0.047_166),
            ((5, 20), (5, 20), 1.0),
            ((0, 0), (1, 1), 1.0),
        ] {
            let found = fisher(one, other);
            assert!((found - chance).abs() < 1e-4, "{one:?} {other:?}: {found}");
        }
    }

    #[test]
    fn a_ratio_lies_in_its_interval_and_few_say_nothing() {
        let one: Vec<f64> = (0..8).map(|step| 100.0 + f64::from(step)).collect();
        let twice: Vec<f64> = one.iter().map(|value| value * 2.0).collect();
        let found = ratio(&one, &twice).unwrap();
        assert!(found.low > 1.9 && found.high < 2.1 && (found.value - 2.0).abs() < 0.01);
        let same = ratio(&one, &one).unwrap();
        assert!(same.low < 1.0 && same.high > 1.0, "{same:?}");
        assert_eq!(ratio(&one[..3], &twice), None);
        assert_eq!(ratio(&[0.0; 8], &one), None);
    }
}
