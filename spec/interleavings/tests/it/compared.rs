//! The machine and the interpreter find the same outcomes, all of them, of programs that nobody wrote.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::{Case, Outcome, StartMethod};
use poolproof_interleavings::{Found, Limits, outcomes};

/// What came of one program under one start method.
enum Comparison {
    /// Both have so many outcomes, and the same ones.
    Same(usize),
    Differs(String),
    TooMany,
    Outside(String),
}

const LIMITS: Limits = Limits {
    outcomes_max: 5_000,
    worlds_max: 6_000,
};

fn compare(case: &Case, method: StartMethod) -> Comparison {
    let here = match outcomes(&case.program, method, &LIMITS) {
        Found::All(all) => all,
        Found::TooMany(_) => return Comparison::TooMany,
        Found::Outside(what) => return Comparison::Outside(what),
    };
    let behaviour = match poolproof_spec::explore(&case.program, method, &Default::default()) {
        Ok(explored) => explored.behaviour,
        Err(error) => return Comparison::Differs(format!("the machine says: {error}")),
    };
    let there = behaviour.outcomes(2 * LIMITS.outcomes_max);
    let there: BTreeSet<Outcome> = there.into_iter().collect();
    // Nothing is known past what the documentation leaves undefined.
    let is_said = |one: &&Outcome| !behaviour.is_undefined(one) || there.contains(one);
    let here: BTreeSet<Outcome> = here.iter().filter(is_said).cloned().collect();
    if here == there {
        return Comparison::Same(here.len());
    }
    let shown = |one: Option<&Outcome>| match one {
        Some(one) => format!(
            "{} → {}, left {}",
            one.lines.join(" / "),
            one.ending,
            one.left
        ),
        None => "nothing".to_owned(),
    };
    Comparison::Differs(format!(
        "only every interleaving has {}; only the machine has {}",
        shown(here.difference(&there).next()),
        shown(there.difference(&here).next())
    ))
}

/// Compares the programs of these seeds, and shows and checks how many were compared.
fn compare_all(seeds: std::ops::Range<u64>, size: std::ops::RangeInclusive<u32>, least: usize) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut outside: BTreeMap<String, usize> = BTreeMap::new();
    let mut outcomes = 0;
    for seed in seeds {
        let case = match poolproof_fuzz::generate(seed, size.clone()) {
            Ok(case) => case,
            Err(mistakes) => panic!("seed {seed}: {mistakes:?}"),
        };
        for method in StartMethod::ALL {
            let what = match compare(&case, method) {
                Comparison::Same(count) => {
                    outcomes += count;
                    if count > 1 {
                        "compared, several outcomes"
                    } else {
                        "compared, one outcome"
                    }
                }
                Comparison::TooMany => "too many",
                Comparison::Outside(what) => {
                    *outside.entry(what).or_default() += 1;
                    "outside"
                }
                Comparison::Differs(how) => {
                    let still =
                        |case: &Case| matches!(compare(case, method), Comparison::Differs(_));
                    let small = poolproof_fuzz::shrink(&case, still);
                    panic!(
                        "seed {seed} of {size:?} under {method}: {how}\n{}",
                        poolproof_fuzz::write(&small)
                    )
                }
            };
            *counts.entry(what).or_default() += 1;
        }
    }
    println!("{counts:#?}\n{outcomes} outcomes\n{outside:#?}");
    // Only what exists under a start method can be compared there.
    let lacking = |what: &&String| what.contains("does not exist where processes are threads");
    let unknown: usize = outside
        .iter()
        .filter(|(what, _)| !lacking(what))
        .map(|(_, count)| count)
        .sum();
    let all: usize = counts.values().sum();
    assert!(counts["compared, several outcomes"] >= least, "{counts:#?}");
    assert!(unknown * 12 < all, "{unknown} of {all}: {outside:#?}");
    assert!(
        counts.get("too many").is_none_or(|count| count * 12 < all),
        "{counts:#?}"
    );
}

#[test]
fn small_programs_have_the_same_outcomes() {
    compare_all(0..250, 3..=8, 300);
}

#[test]
fn larger_programs_have_the_same_outcomes() {
    compare_all(100_000..100_100, 6..=20, 130);
}
