//! The seed cases: their claims hold, and reduction changes none of them.

use std::fs;
use std::path::Path;

use poolproof_case::Case;
use poolproof_case::uses::unsupported;
use poolproof_spec::Limits;

use crate::{behaviour, explored};

/// Exploring this many states in full takes a moment.
const FULL_STATES_MAX: u64 = 20_000;

pub(crate) fn seeds() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/seed");
    let ids = poolproof_spec::clauses::ids();
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).expect("the seed cases are there") {
        let path = entry.expect("the folder can be read").path();
        let text = fs::read_to_string(&path).expect("a case can be read");
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match poolproof_case::read(&format!("seed/{stem}"), &text, &ids) {
            Ok(case) => cases.push(case),
            Err(mistakes) => {
                panic!(
                    "{}",
                    poolproof_case::render(&mistakes[0], &stem, &text, false)
                );
            }
        }
    }
    assert!(!cases.is_empty());
    cases
}

#[test]
fn every_claim_of_every_seed_holds() {
    let mut failures = Vec::new();
    for case in seeds() {
        for method in &case.methods {
            if unsupported(&case.program, *method).is_some() {
                continue;
            }
            let found = behaviour(&case, *method);
            assert!(!found.bounded, "{} under {method}", case.id);
            for claim in &case.claims {
                if !claim.methods.is_empty() && !claim.methods.contains(method) {
                    continue;
                }
                if let Err(refutation) = found.behaviour.check(&claim.kind) {
                    let kind = &claim.kind;
                    failures.push(format!(
                        "{} under {method}: {kind:?}: {refutation:?}",
                        case.id
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn reduction_changes_no_seed() {
    for case in seeds() {
        for method in &case.methods {
            if unsupported(&case.program, *method).is_some() {
                continue;
            }
            let limits = Limits {
                states_max: FULL_STATES_MAX,
                reduce: false,
                ..Limits::default()
            };
            let full = explored(&case, *method, limits);
            if full.bounded {
                continue;
            }
            let reduced = behaviour(&case, *method);
            assert!(
                reduced.behaviour == full.behaviour,
                "{} under {method}",
                case.id
            );
        }
    }
}
