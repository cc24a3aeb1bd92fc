//! What figures say: whether a relation holds.
//!
//! That is asked after 7, 15 and 30 rounds and at no other time: who looks at chance again and again
//! until it agrees is right more often than is true, so each look has a third of the risk (Bonferroni).
//! What an interval is, is the business of `interval`.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use poolproof_case::{Relation, StartMethod, Subject, Unit};
use poolproof_report::{Holds, Interval, RelationRecord};

use crate::interval::{RISK, median, median_at, slope};

/// After so many rounds it is asked whether a relation holds; the last is the most that are made.
pub(crate) const LOOKS: [usize; 3] = [7, 15, 30];

/// Two sides that differ by less than this are the same to anybody: more rounds would tell nothing.
const CLOSE: f64 = 0.05;

/// Less memory than this no system gives: what takes less takes so much.
const PAGE: f64 = 4096.0;

/// The fewest values that an interval of a relation can be made of: of six, even the least and the
/// greatest lie on one side of the median once in 32 times.
pub(crate) const LEAST: usize = LOOKS[0];

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

/// What is seen of a relation.
pub(crate) struct Weighed {
    pub(crate) record: RelationRecord,
    /// Whether more rounds would tell nothing that anybody wants to know.
    pub(crate) is_settled: bool,
}

/// What is seen of a relation under a start method, on a machine on which times vary by `noise`: by
/// so much more they have to lie on the wrong side before the relation is refuted.
pub(crate) fn weigh(
    relation: &Relation,
    method: StartMethod,
    rounds: &[Round],
    noise: f64,
) -> Weighed {
    let noise = match relation.unit() {
        Unit::Nanoseconds => noise,
        Unit::Bytes => 0.0,
    };
    let look = RISK / LOOKS.len() as f64;
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
            (median_at(&ratios, look), ratios.len(), bound)
        }
        Relation::AtMost(subject, most) => {
            let values: Vec<f64> = values(subject, method, rounds)
                .into_iter()
                .flatten()
                .collect();
            let bound = Bound::AtMost(*most as f64);
            (median_at(&values, look), values.len(), bound)
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
    let is_close = seen.is_some_and(|seen| pairs >= LEAST && bound.is_close(seen));
    let (holds, reason) = match seen {
        None => (Holds::Open, Some("nothing was measured".to_owned())),
        Some(_) if pairs < LEAST => {
            let reason = format!("{pairs} of {LEAST} runs that it takes were made");
            (Holds::Open, Some(reason))
        }
        Some(seen) => match bound.holds(seen, noise) {
            Holds::Open if is_close => {
                let percent = CLOSE * 100.0;
                let reason = format!("it is a matter of less than {percent} %");
                (Holds::Open, Some(reason))
            }
            Holds::Open => (Holds::Open, Some("it may be so or not".to_owned())),
            settled => (settled, None),
        },
    };
    Weighed {
        is_settled: holds != Holds::Open || is_close,
        record: RelationRecord {
            claim: relation.to_string(),
            holds,
            seen,
            pairs: pairs as u64,
            reason,
            known: None,
        },
    }
}

/// What is claimed of a number.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    /// Whether the number lies on the bound, as far as anybody cares.
    fn is_close(self, seen: Interval) -> bool {
        let (Bound::AtLeast(bound) | Bound::AtMost(bound)) = self;
        let around = bound * (1.0 - CLOSE)..=bound * (1.0 + CLOSE);
        around.contains(&seen.low) && around.contains(&seen.high)
    }

    fn holds(self, seen: Interval, noise: f64) -> Holds {
        let (is_so, is_not) = match self {
            Bound::AtLeast(least) => (seen.low >= least, seen.high * (1.0 + noise) < least),
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

#[cfg(test)]
mod tests {
    use super::*;

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
        weighed(relation).record.holds
    }

    fn weighed(relation: Relation) -> Weighed {
        let around = |value: f64| (0..8).map(move |round| vec![value + f64::from(round) * 0.1]);
        let grows = |by: f64| {
            let samples = (0..8)
                .map(|sample| 1000.0 + by * f64::from(sample))
                .collect();
            vec![samples; 8]
        };
        let noisy = (0..8).map(|round| vec![if round % 2 == 0 { 5.0 } else { 50.0 }]);
        let alike = around(9.9).zip([0.0, 0.2].into_iter().cycle());
        let alike = alike.map(|(samples, more)| vec![samples[0] + more]);
        let labels: [(&str, Vec<Vec<f64>>); 7] = [
            ("one", around(10.0).collect()),
            ("two", around(20.0).collect()),
            ("noisy", noisy.collect()),
            ("few", vec![vec![1.0]; 3]),
            ("alike", alike.collect()),
            ("leaks", grows(512.0)),
            ("steady", grows(0.0)),
        ];
        let mut rounds = vec![Round::new(); 8];
        for (label, samples) in &labels {
            for (round, made) in rounds.iter_mut().zip(made(label, samples)) {
                round.extend(made);
            }
        }
        weigh(&relation, StartMethod::Fork, &rounds, 0.0)
    }

    #[test]
    fn nothing_is_refuted_that_the_noise_of_a_machine_explains() {
        let seen = Interval {
            value: 0.8,
            low: 0.7,
            high: 0.9,
        };
        let bound = Bound::AtLeast(1.0);
        assert_eq!(bound.holds(seen, 0.0), Holds::No);
        assert_eq!(bound.holds(seen, 0.05), Holds::No);
        assert_eq!(bound.holds(seen, 0.2), Holds::Open);
        assert_eq!(Bound::AtLeast(0.5).holds(seen, 0.2), Holds::Yes);
    }

    #[test]
    fn more_rounds_are_made_where_they_can_tell_something() {
        let is_settled =
            |one, other| weighed(Relation::Faster(subject(one), subject(other), 1.0)).is_settled;
        assert!(is_settled("one", "two"));
        assert!(is_settled("two", "one"));
        assert!(!is_settled("one", "noisy"));
        assert!(!is_settled("one", "few"));
        assert!(is_settled("one", "alike"));
        assert_eq!(
            holds(Relation::Faster(subject("one"), subject("alike"), 1.0)),
            Holds::Open
        );
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
    }
}
