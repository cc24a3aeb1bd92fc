//! Has one call fail after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use poolproof_sys::failpoint::FAIL;

use crate::run::{self, Death};
use crate::{calls, scenario};

/// How long something is lacking that is lacking for a while.
const WHILE: Duration = Duration::from_millis(150);

pub(crate) fn trials() -> Vec<Trial> {
    let trials = scenario::all().map(|(name, method)| {
        let title = format!("{method}/{name}_survives_each_call_that_fails");
        Trial::test(title, move || every_call(name, method))
    });
    trials.collect()
}

fn every_call(scenario: &str, method: &str) -> Result<(), Failed> {
    let usual = calls::usual(scenario, method)?;
    let (seed, share) = (number("POOLPROOF_FAIL_SEED", now()), share());
    let all = failures(&usual.failures);
    let mut state = seed;
    let chosen: Vec<_> = all
        .iter()
        .filter(|_| next(&mut state).is_multiple_of(share))
        .collect();
    let mut missed = 0;
    let mut broken = Vec::new();
    for failure in &chosen {
        let death = Death::At(FAIL, (*failure).clone());
        match run::run_with(scenario, method, &death, usual.handles) {
            Ok(seen) => missed += usize::from(!seen.died),
            Err(what) => {
                let what = format!("{failure}: {what}");
                println!("{method}/{scenario}: {what}");
                broken.push(what);
            }
        }
    }
    let count = chosen.len();
    println!(
        "{method}/{scenario}: {count} of {} failures, {missed} not come to again, seed {seed}",
        all.len(),
    );
    match broken.is_empty() {
        true => Ok(()),
        false => {
            let what = broken.join("\n");
            Err(format!("seed {seed}: {} of {count}:\n{what}", broken.len()).into())
        }
    }
}

/// Each call that fails once; and for each role and each error all calls for a while, from the
/// first on, and from the middle on.
fn failures(once: &[String]) -> Vec<String> {
    let mut all = once.to_vec();
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for line in once {
        if let Some((kind, nth)) = line.rsplit_once('\t') {
            let most = most.entry(kind).or_default();
            *most = nth.parse().unwrap_or(0).max(*most);
        }
    }
    // A signal does not come all the time.
    for (kind, most) in most
        .into_iter()
        .filter(|(kind, _)| !kind.ends_with("EINTR"))
    {
        let millis = WHILE.as_millis();
        all.push(format!("{kind}\t1\t{millis}"));
        if most > 2 {
            all.push(format!("{kind}\t{}\t{millis}", most / 2 + 1));
        }
    }
    all
}

fn now() -> u64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
    now.unwrap_or(Duration::ZERO).subsec_nanos().into()
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let told = std::env::var(variable).ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// One failure in so many is tried; all where it is not set.
fn share() -> u64 {
    number("POOLPROOF_FAIL_SHARE", 1).max(1)
}

/// Steele and Vigna's SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
