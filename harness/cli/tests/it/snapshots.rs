//! What the specification allows each case, as committed files that are read in review.
//!
//! `INSTA_UPDATE=always cargo test -p poolproof --test it snapshots` writes them anew.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use poolproof_case::StartMethod;
use poolproof_report::outcome_text;
use poolproof_runner::specified::{self, Specified};
use poolproof_runner::{Loaded, load};

/// So many outcomes are listed; of more, the number.
const LISTED_MAX: usize = 64;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../reports/snapshots")
}

fn cases() -> Vec<Loaded> {
    let mut cases = load::select(&[], &poolproof_spec::clauses::ids())
        .unwrap()
        .cases;
    // What is measured is not explored.
    cases.retain(|loaded| !loaded.case.is_measured());
    cases
}

fn name(id: &str) -> String {
    id.replace('/', "-")
}

/// A case's behaviours, equal ones once.
fn describe(loaded: &Loaded) -> String {
    let mut groups: Vec<(Vec<StartMethod>, Specified)> = Vec::new();
    for method in specified::methods(loaded) {
        let specified = match specified::specify(loaded, method, None) {
            Ok(specified) => specified,
            Err(mistakes) => return format!("{}: {mistakes:#?}", loaded.path.display()),
        };
        let same = groups
            .iter_mut()
            .find(|(_, known)| known.exploration.behaviour == specified.exploration.behaviour);
        match same {
            Some((methods, _)) => methods.push(method),
            None => groups.push((vec![method], specified)),
        }
    }
    let mut text = format!("{}\n", loaded.case.title);
    for (methods, specified) in groups {
        let names: Vec<&str> = methods.iter().map(|method| method.name()).collect();
        text += &format!("\n{}\n", names.join(", "));
        text += &behaviour(&specified);
    }
    text
}

fn behaviour(specified: &Specified) -> String {
    let behaviour = &specified.exploration.behaviour;
    let listed = behaviour.outcomes(LISTED_MAX + 1);
    if specified.exploration.bounded {
        return "  more than could be explored\n".to_owned();
    }
    if listed.len() > LISTED_MAX {
        let hang = if behaviour.may_hang() {
            ", may hang"
        } else {
            ""
        };
        return format!(
            "  {} outcomes{hang}, {} nodes, fingerprint {}\n",
            behaviour.count(),
            behaviour.nodes(),
            behaviour.fingerprint()
        );
    }
    listed
        .iter()
        .map(|outcome| format!("  {}\n", outcome_text(outcome)))
        .collect()
}

#[test]
fn each_case_is_allowed_what_its_snapshot_says() {
    let cases = cases();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(loaded) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut settings = insta::Settings::clone_current();
                    settings.set_snapshot_path(folder());
                    settings.set_prepend_module_to_snapshot(false);
                    settings.set_omit_expression(true);
                    settings.bind(|| {
                        insta::assert_snapshot!(name(&loaded.case.id), describe(loaded));
                    });
                }
            });
        }
    });
}

#[test]
fn each_snapshot_has_its_case() {
    let known: BTreeSet<String> = cases()
        .iter()
        .map(|loaded| name(&loaded.case.id) + ".snap")
        .collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        if file.ends_with(".snap") {
            assert!(known.contains(&file), "{file} has no case");
        }
    }
}
