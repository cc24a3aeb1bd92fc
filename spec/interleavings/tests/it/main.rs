//! The interpreter agrees with what can be counted on paper, and the machine with the interpreter.

#![forbid(unsafe_code)]

mod closed_forms;
mod compared;
mod told;

use std::collections::BTreeSet;

use poolproof_case::{Case, Outcome, StartMethod};
use poolproof_interleavings::{Found, Limits, outcomes};

const CLAUSE: &str = "PM-TEST-TEST-001";

/// A case with these functions and this main.
fn case(functions: &str, main: &str) -> Case {
    let text = format!(
        "Case(title: \"A test\", clauses: [\"{CLAUSE}\"], functions: {{{functions}}}, \
         globals: {{\"common\": None}}, main: [{main}], claims: [])"
    );
    match poolproof_case::read("test", &text, &[CLAUSE]) {
        Ok(case) => case,
        Err(mistakes) => panic!(
            "{}",
            poolproof_case::render(&mistakes[0], "test", &text, false)
        ),
    }
}

/// All its outcomes.
fn all(case: &Case, method: StartMethod) -> BTreeSet<Outcome> {
    match outcomes(&case.program, method, &Limits::default()) {
        Found::All(all) => all,
        other => panic!("{method}: {other:?}"),
    }
}

/// Each of its outcomes in a line, sorted.
fn lines(case: &Case, method: StartMethod) -> Vec<String> {
    let shown = |one: &Outcome| format!("{} → {}", one.lines.join(" / "), one.ending);
    let mut all: Vec<String> = all(case, method).iter().map(shown).collect();
    all.sort();
    all
}
