//! What figures say: medians and ratios with their intervals, and whether a relation holds.
//!
//! The intervals are those of the sign test: which values of so many, in their order, lie on both
//! sides of the median in 95 of 100 cases, whatever the figures' distribution is.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use poolproof_case::{Relation, StartMethod, Subject, Unit};
use poolproof_report::{Holds, Interval, RelationRecord};

/// How likely an interval is not to hold what it is for.
const RISK: f64 = 0.05;

/// Less memory than this no system gives: what takes less takes so much.
const PAGE: f64 = 4096.0;

/// The fewest values that such an interval can be made of: of five, even the least and the greatest
/// lie on one side of the median once in sixteen times.
pub(crate) const LEAST: usize = 6;

/// What one round of runs has measured: each contender once under each start method.
pub(crate) type Round = BTreeMap<(StartMethod, Option<String>, String), Samples>;

/// All that one run has measured with one label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Samples {
    pub(crate) unit: Unit,
    pub(crate) numbers: Vec<f64>,
}

impl Samples {
    /// The one number that stands for the run: the median of times, the last of amounts.
    pub(crate) fn value(&self) -> Option<f64> {
        match self.unit {
            Unit::Nanoseconds => Some(median(&self.numbers)?.value),
            Unit::Bytes => self.numbers.last().copied(),
        }
    }
}

/// The median of values with its interval; the median alone where there are too few.
pub(crate) fn median(values: &[f64]) -> Option<Interval> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = match sorted.len() {
        0 => return None,
        count if count % 2 == 1 => sorted[count / 2],
        count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
    };
    let (low, high) = match outer(sorted.len()) {
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
fn outer(count: usize) -> Option<usize> {
    // The chance that so many values or fewer lie below the median: binomial, with one half.
    let mut chance = 0.5_f64.powi(i32::try_from(count).ok()?);
    let mut below = chance;
    let mut index = None;
    for rank in 0..count / 2 {
        if 2.0 * below > RISK {
            break;
        }
        index = Some(rank);
        chance *= (count - rank) as f64 / (rank + 1) as f64;
        below += chance;
    }
    index
}

/// How often which time was taken, all runs together; nothing of amounts, which are few.
pub(crate) fn histogram(unit: Unit, samples: &[&Samples]) -> Vec<(u64, u64)> {
    /// A class is a sixteenth wide: fine enough to see two hills, few enough to keep.
    const DIGITS: u8 = 1;
    let histogram = Histogram::<u64>::new(DIGITS).ok();
    let Some(mut histogram) = histogram.filter(|_| unit == Unit::Nanoseconds) else {
        return Vec::new();
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "they were whole numbers of nanoseconds"
    )]
    for number in samples.iter().flat_map(|one| &one.numbers) {
        // It grows as it needs to, so that nothing is out of range.
        let _ = histogram.record(*number as u64);
    }
    let classes = histogram.iter_recorded();
    classes
        .map(|class| {
            let value = class.value_iterated_to();
            (
                histogram.lowest_equivalent(value),
                class.count_since_last_iteration(),
            )
        })
        .collect()
}

/// What is seen of a relation under a start method.
pub(crate) fn weigh(relation: &Relation, method: StartMethod, rounds: &[Round]) -> RelationRecord {
    let (seen, pairs, bound) = match relation {
        Relation::Faster(one, other, factor) | Relation::Smaller(one, other, factor) => {
            let least = match relation.unit() {
                Unit::Nanoseconds => 1.0,
                Unit::Bytes => PAGE,
            };
            let one = values(one, method, rounds).into_iter();
            let pairs = one.zip(values(other, method, rounds));
            let ratios: Vec<f64> = pairs
                .filter_map(|(one, other)| Some(other?.max(least) / one?.max(least)))
                .collect();
            let bound = Bound::AtLeast(*factor);
            (median(&ratios), ratios.len(), bound)
        }
        Relation::AtMost(subject, most) => {
            let values: Vec<f64> = values(subject, method, rounds)
                .into_iter()
                .flatten()
                .collect();
            (median(&values), values.len(), Bound::AtMost(*most as f64))
        }
        Relation::Grows(subject, most) => {
            let runs = samples(subject, method, rounds);
            // An interval of slopes comes from the samples of a run, not from the number of runs.
            let pairs = if runs.is_empty() {
                0
            } else {
                LEAST.max(runs.len())
            };
            (slope(&runs), pairs, Bound::AtMost(*most as f64))
        }
    };
    let (holds, reason) = match seen {
        None => (Holds::Open, Some("nothing was measured".to_owned())),
        Some(_) if pairs < LEAST => {
            let reason = format!("{pairs} of {LEAST} runs that it takes were made");
            (Holds::Open, Some(reason))
        }
        Some(seen) => match bound.holds(seen) {
            Holds::Open => (Holds::Open, Some("it may be so or not".to_owned())),
            settled => (settled, None),
        },
    };
    RelationRecord {
        claim: relation.to_string(),
        holds,
        seen,
        pairs: pairs as u64,
        reason,
        known: None,
    }
}

/// What is claimed of a number.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(self, seen: Interval) -> Holds {
        let (is_so, is_not) = match self {
            Bound::AtLeast(least) => (seen.low >= least, seen.high < least),
            Bound::AtMost(most) => (seen.high <= most, seen.low > most),
        };
        match (is_so, is_not) {
            (true, _) => Holds::Yes,
            (_, true) => Holds::No,
            _ => Holds::Open,
        }
    }
}

/// A subject's number in each round.
fn values(subject: &Subject, method: StartMethod, rounds: &[Round]) -> Vec<Option<f64>> {
    match subject {
        Subject::Label { contender, label } => {
            let key = (method, contender.clone(), label.clone());
            rounds
                .iter()
                .map(|round| round.get(&key)?.value())
                .collect()
        }
        Subject::At(method, inner) => values(inner, *method, rounds),
        Subject::Since(now, then) => {
            let now = values(now, method, rounds);
            let then = values(then, method, rounds);
            let pairs = now.into_iter().zip(then);
            pairs
                .map(|(now, then)| Some((now? - then?).max(0.0)))
                .collect()
        }
    }
}

/// The samples of a subject in each round.
fn samples(subject: &Subject, method: StartMethod, rounds: &[Round]) -> Vec<Vec<f64>> {
    match subject {
        Subject::Label { contender, label } => {
            let key = (method, contender.clone(), label.clone());
            let runs = rounds.iter().filter_map(|round| round.get(&key));
            runs.map(|samples| samples.numbers.clone()).collect()
        }
        Subject::At(method, inner) => samples(inner, *method, rounds),
        // A difference of two labels grows as much as the first does.
        Subject::Since(now, _) => samples(now, method, rounds),
    }
}

/// How much comes from each sample to the next: the median of the slopes between any two of a run,
/// which a single step does not move, with its interval (Theil and Sen; for several runs, Hirsch).
fn slope(runs: &[Vec<f64>]) -> Option<Interval> {
    /// How many standard deviations the interval is wide to either side.
    const WIDTH: f64 = 1.96;
    let mut slopes = Vec::new();
    let mut variance = 0.0;
    for samples in runs.iter().filter(|samples| samples.len() >= LEAST) {
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
        // The classic tables: of 6 values the first and last, of 10 the second, of 20 the sixth.
        for (count, index) in [
            (5, None),
            (6, Some(0)),
            (9, Some(1)),
            (10, Some(1)),
            (20, Some(5)),
        ] {
            assert_eq!(outer(count), index, "{count}");
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
    fn a_histogram_counts_each_time_once() {
        let samples = Samples {
            unit: Unit::Nanoseconds,
            numbers: vec![100.0, 101.0, 3_000_000.0, 0.0],
        };
        let classes = histogram(Unit::Nanoseconds, &[&samples, &samples]);
        assert_eq!(classes.iter().map(|(_, count)| count).sum::<u64>(), 8);
        assert!(classes.is_sorted());
        assert!(
            classes
                .iter()
                .any(|(low, _)| (2_800_000..=3_000_000).contains(low))
        );
        assert_eq!(histogram(Unit::Bytes, &[&samples]), []);
    }

    fn subject(label: &str) -> Subject {
        Subject::Label {
            contender: None,
            label: label.to_owned(),
        }
    }

    /// Rounds in which a label has these samples, in turn.
    fn made(label: &str, rounds: &[Vec<f64>]) -> Vec<Round> {
        let key = (StartMethod::Fork, None, label.to_owned());
        let samples = |numbers: &Vec<f64>| Samples {
            unit: Unit::Bytes,
            numbers: numbers.clone(),
        };
        let rounds = rounds.iter();
        rounds
            .map(|numbers| Round::from([(key.clone(), samples(numbers))]))
            .collect()
    }

    fn holds(relation: Relation) -> Holds {
        let around = |value: f64| (0..8).map(move |round| vec![value + f64::from(round) * 0.1]);
        let grows = |by: f64| {
            let samples = (0..6)
                .map(|sample| 1000.0 + by * f64::from(sample))
                .collect();
            vec![samples; 8]
        };
        let noisy = (0..8).map(|round| vec![if round % 2 == 0 { 5.0 } else { 50.0 }]);
        let labels: [(&str, Vec<Vec<f64>>); 6] = [
            ("one", around(10.0).collect()),
            ("two", around(20.0).collect()),
            ("noisy", noisy.collect()),
            ("few", vec![vec![1.0]; 3]),
            ("leaks", grows(512.0)),
            ("steady", grows(0.0)),
        ];
        let mut rounds = vec![Round::new(); 8];
        for (label, samples) in &labels {
            for (round, made) in rounds.iter_mut().zip(made(label, samples)) {
                round.extend(made);
            }
        }
        weigh(&relation, StartMethod::Fork, &rounds).holds
    }

    #[test]
    fn a_relation_holds_where_its_interval_lies_on_its_side() {
        let faster =
            |one, other, factor| holds(Relation::Faster(subject(one), subject(other), factor));
        assert_eq!(faster("one", "two", 1.0), Holds::Yes);
        assert_eq!(faster("one", "two", 1.5), Holds::Yes);
        assert_eq!(faster("one", "two", 3.0), Holds::No);
        assert_eq!(faster("two", "one", 1.0), Holds::No);
        assert_eq!(faster("one", "noisy", 1.0), Holds::Open);
        assert_eq!(faster("one", "few", 1.0), Holds::Open);
        assert_eq!(faster("one", "nothing", 1.0), Holds::Open);
        let since = Subject::Since(Box::new(subject("two")), Box::new(subject("one")));
        assert_eq!(holds(Relation::AtMost(since.clone(), 11)), Holds::Yes);
        assert_eq!(holds(Relation::AtMost(since, 9)), Holds::No);
    }

    #[test]
    fn what_grows_by_each_sample_is_told_from_what_does_not() {
        let grows = |label, most| holds(Relation::Grows(subject(label), most));
        assert_eq!(grows("leaks", 100), Holds::No);
        assert_eq!(grows("leaks", 512), Holds::Yes);
        assert_eq!(grows("steady", 0), Holds::Yes);
        // A single step is no growth, and one run is enough to say so.
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
