//! What the specification says of whole programs.

#![forbid(unsafe_code)]

mod closed_forms;
mod locks;
mod mistakes;
mod reduction;
mod seeds;
mod twins;
mod witness;

use poolproof_case::{Case, StartMethod};
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
         main: [{main}], claims: [Sometimes(Or([Hang, Not(Hang)]))])"
    ))
}

/// All that a case's program may do.
fn behaviour(case: &Case, method: StartMethod) -> Exploration {
    explored(case, method, Limits::default())
}

fn explored(case: &Case, method: StartMethod, limits: Limits) -> Exploration {
    match explore(&case.program, method, &limits) {
        Ok(exploration) => exploration,
        Err(error) => panic!("{} under {method}: {error}", case.id),
    }
}
