//! What the machine cannot explore is an error with a place, never a panic.

use poolproof_case::StartMethod;
use poolproof_spec::{Limits, explore};

use crate::{behaviour, case, explored};

#[test]
fn an_overflow_is_the_cases_mistake() {
    let case = case(
        "",
        r#"Let("x", 9223372036854775807), Print([Add("$x", 1)])"#,
    );
    let error = explore(&case.program, StartMethod::Fork, &Limits::default()).unwrap_err();
    assert!(error.place.end > error.place.start, "{error}");
}

#[test]
fn a_variable_without_a_value_is_the_cases_mistake() {
    let case = case("", r#"If(false, [Let("x", 1)]), Print(["$x"])"#);
    let error = explore(&case.program, StartMethod::Fork, &Limits::default()).unwrap_err();
    assert!(error.message.contains("`x`"), "{error}");
}

#[test]
fn a_limit_that_was_hit_is_said() {
    let functions = r#""f": Function(params: ["i"], body: [Repeat(4, [Print(["a", "$i"])])])"#;
    let main = r#"For("i", Range(4), [
        Let("p", New("Process", (target: "f", args: ["$i"]))), Call("p.start"),
    ])"#;
    let case = case(functions, main);
    let limits = Limits {
        states_max: 50,
        ..Limits::default()
    };
    let bounded = explored(&case, StartMethod::Spawn, limits);
    assert!(bounded.bounded);
    assert!(bounded.states <= 50);
    assert!(!behaviour(&case, StartMethod::Spawn).bounded);
}
