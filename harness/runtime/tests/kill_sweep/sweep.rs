//! Kills one process after the other.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::run::{self, Death};
use crate::scenario;

/// How many random instants each scenario has under each start method.
const INSTANTS: u64 = if cfg!(feature = "failpoints") { 25 } else { 2 };

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
    for turn in 0..INSTANTS {
        let part = next(&mut state) % 1000;
        let after = usual.time.mul_f64(part as f64 / 1000.0);
        let which = next(&mut state) as usize;
        run::run(scenario, method, &Death::After(after, which)).map_err(|broken| {
            format!("seed {seed}, turn {turn}: process {which} after {after:?}: {broken}")
        })?;
    }
    println!("{method}/{scenario}: {INSTANTS} instants, seed {seed}");
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
    let mut missed = 0;
    let mut broken = Vec::new();
    for place in &places {
        match run::run(scenario, method, &Death::At(place.clone())) {
            Ok(seen) => missed += usize::from(!seen.died),
            Err(what) => broken.push(format!("{place}: {what}")),
        }
    }
    println!(
        "{method}/{scenario}: {} places, {missed} not come to again",
        places.len()
    );
    match broken.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{} of {}:\n{}",
            broken.len(),
            places.len(),
            broken.join("\n")
        )
        .into()),
    }
}
