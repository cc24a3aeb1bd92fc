//! What is left to measure in a look in passing, and how its time is shared out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// So many times its part of what is left may one take: most take less, and leave it to the others.
const GENEROUS: u32 = 4;

/// What is measured on a driver: times, or memory, of which several are measured at once.
pub(crate) type Kind<'a> = (&'a str, bool);

/// How often a kind gets what each gets: times take the machine, and more.
const fn weight((_, is_timed): Kind<'_>) -> u32 {
    if is_timed { 2 } else { 1 }
}

/// Something to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) case: &'a str,
    /// In which pass over all cases.
    pub(crate) pass: usize,
}

/// What is left to measure of each kind, and the time that is left for it.
#[derive(Debug, Default)]
pub(crate) struct Left<'a> {
    kinds: BTreeMap<Kind<'a>, Share<'a>>,
}

#[derive(Debug, Default)]
struct Share<'a> {
    time: Duration,
    /// How much is left in each pass.
    passes: BTreeMap<usize, u32>,
    /// The cases that take too long.
    given_up: BTreeSet<&'a str>,
}

impl<'a> Left<'a> {
    /// So much time for all entries, shared out among their kinds.
    pub(crate) fn new(time: Duration, entries: impl Iterator<Item = Entry<'a>>) -> Left<'a> {
        let mut kinds = BTreeMap::<Kind<'a>, Share<'a>>::new();
        for entry in entries {
            let share = kinds.entry(entry.kind).or_default();
            *share.passes.entry(entry.pass).or_default() += 1;
        }
        let parts: u32 = kinds.keys().copied().map(weight).sum();
        for (kind, share) in &mut kinds {
            share.time = time / parts.max(1) * weight(*kind);
        }
        Left { kinds }
    }

    /// How long the next entry may take, where that is bounded: its part of what the others of its
    /// pass leave, and nothing where its case took too long before.
    pub(crate) fn share(&mut self, entry: Entry<'a>) -> Option<Duration> {
        let share = self.kinds.get_mut(&entry.kind)?;
        let left = share.passes.entry(entry.pass).or_default();
        let part = share.time / (*left).max(1);
        *left = left.saturating_sub(1);
        if share.given_up.contains(entry.case) {
            return Some(Duration::ZERO);
        }
        Some((part * GENEROUS).min(share.time))
    }

    /// Takes away what an entry has taken; `is_too_long` where that was not enough for anything.
    pub(crate) fn spend(&mut self, entry: Entry<'a>, seconds: f64, is_too_long: bool) {
        let spent = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let Some(share) = self.kinds.get_mut(&entry.kind) else {
            return;
        };
        share.time = share.time.saturating_sub(spent);
        if is_too_long {
            share.given_up.insert(entry.case);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_leaves_is_for_the_others_of_its_kind() {
        let seconds = Duration::from_secs;
        let of = |is_timed, case, pass| Entry {
            kind: ("a", is_timed),
            case,
            pass,
        };
        let first =
            ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].map(|case| of(true, case, 0));
        let others = [of(true, "b", 1), of(false, "m", 0)];
        let mut left = Left::new(seconds(45), first.into_iter().chain(others));
        assert_eq!(left.share(first[0]), Some(seconds(12)));
        left.spend(first[0], 3.0, true);
        assert_eq!(left.share(first[1]), Some(seconds(12)));
        left.spend(first[1], 24.0, false);
        assert_eq!(left.share(others[0]), Some(Duration::ZERO));
        assert_eq!(left.share(of(true, "c", 1)), Some(seconds(3)));
        assert_eq!(left.share(others[1]), Some(seconds(15)));
        let nobody = Entry {
            kind: ("b", true),
            ..first[0]
        };
        assert_eq!(left.share(nobody), None);
    }
}
