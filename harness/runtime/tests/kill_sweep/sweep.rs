//! Kills one process after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use poolproof_sys::failpoint::KILL;

use crate::run::{self, Death};
use crate::scenario;

/// How many random instants each scenario has under each start method.
const INSTANTS: u64 = if cfg!(feature = "failpoints") { 25 } else { 2 };

/// As many of them as [`share`] leaves, and two at the least.
fn instants() -> u64 {
    (INSTANTS / share()).max(2)
}

pub(crate) fn trials() -> Vec<Trial> {
    let random = scenario::all().map(|(name, method)| {
        let title = format!("{method}/{name}_survives_a_death_at_any_instant");
        Trial::test(title, move || at_random_instants(name, method))
    });
    let swept = scenario::all().map(|(name, method)| {
        let title = format!("{method}/{name}_survives_a_death_at_every_place");
        Trial::test(title, move || at_every_place(name, method))
    });
    let swept = swept.filter(|_| cfg!(feature = "failpoints"));
    random.chain(swept).collect()
}

fn at_random_instants(scenario: &str, method: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let usual = run::run(
        scenario,
        method,
        &Death::Nobody(folder.path().join("places")),
    )?;
    let seed = seed();
    let mut state = seed;
    for turn in 0..instants() {
        let part = next(&mut state) % 1000;
        let after = usual.time.mul_f64(part as f64 / 1000.0);
        let which = next(&mut state) as usize;
        run::run(scenario, method, &Death::After(after, which)).map_err(|broken| {
            format!("seed {seed}, turn {turn}: process {which} after {after:?}: {broken}")
        })?;
    }
    println!("{method}/{scenario}: {} instants, seed {seed}", instants());
    Ok(())
}

/// What POOLPROOF_KILL_SEED says, or another one each time.
fn seed() -> u64 {
    let told = std::env::var("POOLPROOF_KILL_SEED").ok();
    let told = told.and_then(|text| text.parse().ok());
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed();
    told.unwrap_or_else(|| now.unwrap_or(Duration::ZERO).subsec_nanos().into())
}

/// Steele and Vigna's SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn at_every_place(scenario: &str, method: &str) -> Result<(), Failed> {
    let places = crate::places::reached(scenario, method)?;
    let seed = seed();
    let (deaths, all) = deaths(&places, seed, share());
    let mut missed = 0;
    let mut broken = Vec::new();
    for death in &deaths {
        match run::run(scenario, method, &Death::At(KILL, death.clone())) {
            Ok(seen) => missed += usize::from(!seen.died),
            Err(what) => broken.push(format!("{death}: {what}")),
        }
    }
    let count = deaths.len();
    println!(
        "{method}/{scenario}: {count} of {all} deaths at {} places, {missed} not come to again, \
         seed {seed}",
        places.len()
    );
    match broken.is_empty() {
        true => Ok(()),
        false => {
            let what = broken.join("\n");
            Err(format!("seed {seed}: {} of {count}:\n{what}", broken.len()).into())
        }
    }
}

/// Each place the first time that a process comes to it, the second time, and one later time that
/// the seed says; of all these one in `share`, and how many all are.
fn deaths(places: &BTreeMap<String, u64>, seed: u64, share: u64) -> (Vec<String>, usize) {
    let mut state = seed;
    let mut all = Vec::new();
    for (place, most) in places {
        all.push(format!("{place}\t1"));
        if *most >= 2 {
            all.push(format!("{place}\t2"));
        }
        if *most >= 4 {
            all.push(format!("{place}\t{}", 3 + next(&mut state) % (most - 2)));
        }
    }
    let count = all.len();
    all.retain(|_| next(&mut state).is_multiple_of(share));
    (all, count)
}

/// POOLPROOF_KILL_SHARE: one death in so many is tried; all where it is not set.
fn share() -> u64 {
    let told = std::env::var("POOLPROOF_KILL_SHARE").ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}
