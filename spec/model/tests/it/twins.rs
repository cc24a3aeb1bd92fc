//! Twins: each allows something that its case forbids, or the case would show nothing.

use poolproof_case::uses::unsupported;
use poolproof_case::{Case, StartMethod};
use poolproof_spec::Behaviour;

use crate::behaviour;
use crate::seeds::seeds;

/// What a case may do under a start method; nothing where it cannot run under it.
fn of(case: &Case, method: StartMethod) -> Option<Behaviour> {
    let runs = case.methods.contains(&method) && unsupported(&case.program, method).is_none();
    runs.then(|| behaviour(case, method).behaviour)
}

#[test]
fn each_twin_allows_what_its_case_forbids() {
    let cases = seeds();
    let pairs = cases
        .iter()
        .filter_map(|case| Some((case, case.twin.as_ref()?)));
    let mut count = 0;
    for (case, id) in pairs {
        let twin = cases.iter().find(|other| other.id == *id);
        let twin = twin.unwrap_or_else(|| panic!("{} has no twin {id}", case.id));
        // Where two programs differ under some start methods only, one that shows it is enough.
        let shows = |method: &StartMethod| match (of(case, *method), of(twin, *method)) {
            (Some(own), Some(others)) => others.beyond(&own).is_some(),
            _ => false,
        };
        let is_shown = StartMethod::ALL.iter().any(shows);
        assert!(is_shown, "{}: {id} allows nothing that it forbids", case.id);
        count += 1;
    }
    assert!(count > 0, "some case has a twin");
}
