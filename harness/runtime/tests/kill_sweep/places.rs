//! The places to die at that a scenario comes to.

use std::collections::BTreeMap;

use crate::run::{self, Death};

/// The places that the processes of a scenario come to, for each role, each with how often at
/// least: a power of two.
pub(crate) fn reached(scenario: &str, method: &str) -> Result<BTreeMap<String, u64>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("places");
    run::run(scenario, method, &Death::Nobody(file.clone()))?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    // A call that can fail has one part less.
    let is_place = |line: &&str| !line.starts_with("Keeper\t") && line.matches('\t').count() != 2;
    for line in text.lines().filter(is_place) {
        // Under Wine the lines of two processes may overlap; what is lost of them is found another time.
        let Some((place, nth)) = parts(line) else {
            if cfg!(windows) {
                continue;
            }
            return Err(format!("no place: {line}"));
        };
        let most = found.entry(place.to_owned()).or_default();
        *most = nth.max(*most);
    }
    Ok(found)
}

/// A place and how often it was come to.
fn parts(line: &str) -> Option<(&str, u64)> {
    let (place, nth) = line.rsplit_once('\t')?;
    let is_whole = place.ends_with("before") || place.ends_with("after");
    let is_one = is_whole && place.matches('\t').count() == 2;
    Some((place, nth.parse().ok()?)).filter(|_| is_one)
}
