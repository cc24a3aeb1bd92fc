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
    for line in text.lines().filter(|line| !line.starts_with("Keeper\t")) {
        let (place, nth) = line.rsplit_once('\t').ok_or("a line without a number")?;
        let nth: u64 = nth.parse().map_err(|_| format!("no number: {line}"))?;
        let most = found.entry(place.to_owned()).or_default();
        *most = nth.max(*most);
    }
    Ok(found)
}
