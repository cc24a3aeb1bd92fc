//! What the specification says of whole programs.

#![forbid(unsafe_code)]

mod choices;
mod closed_forms;
mod errors;
mod everyday;
mod lived;
mod locks;
mod mistakes;
mod offences;
mod reduction;
mod seeds;
mod twins;
mod undefined;
mod witness;

use poolproof_case::{Case, Outcome, StartMethod};
use poolproof_spec::{Exploration, Limits, explore};

/// The case in a text.
fn read(text: &str) -> Case {
    match poolproof_case::read("test", text, &["PM-TEST-TEST-001"]) {
        Ok(case) => case,
        Err(mistakes) => panic!(
            "{}",
            poolproof_case::render(&mistakes[0], "test", text, false)
        ),
    }
}

/// A case with these functions and this main, without claims.
fn case(functions: &str, main: &str) -> Case {
    read(&format!(
        "Case(title: \"A test\", clauses: [\"PM-TEST-TEST-001\"], functions: {{{functions}}}, \
         globals: {{\"common\": None, \"last\": None}}, \
         main: [{main}], claims: [Sometimes(Or([Hang, Not(Hang)]))])"
    ))
}

/// All that a case's program may do.
fn behaviour(case: &Case, method: StartMethod) -> Exploration {
    explored(case, method, Limits::default())
}

/// Each of its outcomes in a line, sorted.
fn outcomes(case: &Case, method: StartMethod) -> Vec<String> {
    let found = behaviour(case, method);
    assert!(!found.bounded, "{method}");
    let shown = |outcome: &Outcome| format!("{} → {}", outcome.lines.join(" / "), outcome.ending);
    let mut all: Vec<String> = found.behaviour.outcomes(100).iter().map(shown).collect();
    all.sort();
    all
}

fn explored(case: &Case, method: StartMethod, limits: Limits) -> Exploration {
    match explore(&case.program, method, &limits) {
        Ok(exploration) => exploration,
        Err(error) => panic!("{} under {method}: {error}", case.id),
    }
}
