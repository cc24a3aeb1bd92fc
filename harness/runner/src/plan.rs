//! Plans: how the timing of a run is disturbed, and the seed that repeats it.

use std::fmt;
use std::str::FromStr;

use poolproof_case::StartMethod;
use poolproof_case::nearest::named;

/// How the timing of a run is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    /// Not at all.
    Plain,
    /// A pause of up to 2 ms before half of the statements.
    Pauses,
}

impl Plan {
    /// Every plan.
    pub const ALL: [Plan; 2] = [Plan::Plain, Plan::Pauses];

    /// The plan of a run by its index: one plain run, then three with pauses, since pauses show
    /// about twice as many outcomes.
    #[must_use]
    pub fn of(index: u64) -> Plan {
        if index.is_multiple_of(4) {
            Plan::Plain
        } else {
            Plan::Pauses
        }
    }

    /// The name in reports and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Plan::Plain => "plain",
            Plan::Pauses => "pauses",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(name: &str) -> Result<Plan, String> {
        named("plan", name, Plan::ALL, Plan::name)
    }
}

/// The seed of one run, drawn from the seed of all.
///
/// The same on every system and in every version: a seed in a report must repeat its run.
#[must_use]
pub fn seed_of(seed: u64, case: &str, driver: &str, method: StartMethod, index: u64) -> u64 {
    hash(&format!("{seed}\n{case}\n{driver}\n{method}\n{index}"))
}

/// A number for a text, the same on every system and in every version.
pub(crate) fn hash(text: &str) -> u64 {
    // FNV-1a, then the finisher of splitmix64.
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_a_seed_of_its_own_that_never_changes() {
        let seed = |case, index| seed_of(1, case, "reference", StartMethod::Fork, index);
        assert_eq!(seed("seed/x", 0), seed("seed/x", 0));
        assert_ne!(seed("seed/x", 0), seed("seed/x", 1));
        assert_ne!(seed("seed/x", 0), seed("seed/y", 0));
    }

    #[test]
    fn a_plan_reads_back_from_its_name() {
        for plan in Plan::ALL {
            assert_eq!(plan.name().parse(), Ok(plan));
        }
        assert!("steer".parse::<Plan>().is_err());
    }
}
