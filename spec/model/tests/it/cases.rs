//! Every case of the folder `cases` against the specification: claims, twins, size.

use std::fs;
use std::path::Path;

use poolproof_case::uses::unsupported;
use poolproof_case::{Case, StartMethod};
use poolproof_spec::{Behaviour, Limits, clauses, explore};

/// Every case, sorted by its id.
fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let mut cases = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "ron") {
                let below = path.strip_prefix(&root).unwrap().with_extension("");
                let parts: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).collect();
                let text = fs::read_to_string(&path).unwrap();
                let case = poolproof_case::read(&parts.join("/"), &text, &clauses::ids());
                cases.push(case.unwrap_or_else(|mistakes| panic!("{path:?}: {mistakes:?}")));
            }
        }
    }
    cases.sort_by(|left, right| left.id.cmp(&right.id));
    cases
}

/// What a case may do under a start method; nothing where it cannot run under it.
fn behaviour(case: &Case, method: StartMethod) -> Option<Behaviour> {
    if !case.methods.contains(&method) || unsupported(&case.program, method).is_some() {
        return None;
    }
    let explored = explore(&case.program, method, &Limits::default());
    let explored = explored.unwrap_or_else(|error| panic!("{} {method}: {error:?}", case.id));
    assert!(
        !explored.bounded,
        "{} {method} has too many states",
        case.id
    );
    Some(explored.behaviour)
}

#[test]
fn each_claim_of_each_case_is_true() {
    let mut false_claims = Vec::new();
    for case in cases() {
        for method in StartMethod::ALL {
            let Some(behaviour) = behaviour(&case, method) else {
                continue;
            };
            for claim in &case.claims {
                let is_meant = claim.methods.is_empty() || claim.methods.contains(&method);
                if let (true, Err(why)) = (is_meant, behaviour.check(&claim.kind)) {
                    false_claims.push(format!("{} {method}: {:?}: {why}", case.id, claim.kind));
                }
            }
        }
    }
    assert!(false_claims.is_empty(), "{}", false_claims.join("\n"));
}

#[test]
fn each_twin_allows_what_its_case_forbids() {
    let cases = cases();
    for case in &cases {
        let Some(id) = &case.twin else { continue };
        let twin = cases.iter().find(|other| other.id == *id);
        let twin = twin.unwrap_or_else(|| panic!("{} has no twin {id}", case.id));
        // Where two programs differ by a start method only, one that shows it is enough.
        let shows =
            |method: &StartMethod| match (behaviour(case, *method), behaviour(twin, *method)) {
                (Some(own), Some(others)) => others.beyond(&own).is_some(),
                _ => false,
            };
        let is_shown = StartMethod::ALL.iter().any(shows);
        assert!(is_shown, "{}: {id} allows nothing that it forbids", case.id);
    }
}
