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

#[test]
fn values_that_grow_without_end_are_mistakes_but_never_fatal() {
    let table = [
        // A list that contains itself.
        (
            r#"Let("x", [1]), Call("x.append", ["$x"]), Print(["$x"])"#,
            "contains itself",
        ),
        // Shared parts make a large whole of few containers.
        (
            r#"Let("x", [1]), Repeat(60, [Let("x", ["$x", "$x"])]), Print(["$x"])"#,
            "too large",
        ),
        (
            r#"Let("x", 1), Repeat(60, [Let("x", ("$x", "$x"))]), Print(["$x"])"#,
            "too large",
        ),
        (
            r#"Let("x", 1), Repeat(9999, [Let("x", ("$x", 1))]), Print(["$x"])"#,
            "too large",
        ),
        (
            r#"Let("x", [1]), Repeat(60, [Let("x", Add("$x", "$x"))]), Print([Len("$x")])"#,
            "too long",
        ),
        (
            r#"Repeat(9999, [Repeat(9999, [Let("x", 1)])]), Print([1])"#,
            "for too long",
        ),
    ];
    for (main, expected) in table {
        let case = case("", main);
        let error = explore(&case.program, StartMethod::Spawn, &Limits::default()).unwrap_err();
        assert!(error.message.contains(expected), "{main}: {error}");
    }
}

#[test]
fn what_a_managers_barrier_does_with_global_variables_is_not_known() {
    let functions = r#""sees": Function(params: [], body: [Print(["$common"])]),
        "calls": Function(params: [], body: [Call("sees")]),
        "plain": Function(params: [], body: [Print(["all here"])])"#;
    for (action, is_known) in [("plain", true), ("sees", false), ("calls", false)] {
        let main = format!(
            r#"Let("m", New("Manager")), Let("b", Call("m.Barrier", [1, Fn("{action}")])), Call("b.wait")"#
        );
        let case = case(functions, &main);
        let found = explore(&case.program, StartMethod::Spawn, &Limits::default());
        assert_eq!(found.is_ok(), is_known, "{action}");
    }
}

#[test]
fn a_list_that_contains_itself_can_be_sent() {
    let main = r#"Let("q", New("SimpleQueue")), Let("x", [1]), Call("x.append", ["$x"]),
        Call("q.put", ["$x"]), Print([Len(Call("q.get"))])"#;
    let found = behaviour(&case("", main), StartMethod::Spawn);
    assert_eq!(found.behaviour.outcomes(2)[0].lines, ["2"]);
}

#[test]
fn a_value_that_nests_too_deeply_cannot_be_sent() {
    let main = r#"Let("q", New("SimpleQueue")), Let("x", [1]), Repeat(5000, [Let("x", ["$x"])]),
        Try(body: [Call("q.put", ["$x"])], except: {"serialize": [Print(["refused"])]})"#;
    let found = behaviour(&case("", main), StartMethod::Spawn);
    assert_eq!(found.behaviour.outcomes(2)[0].lines, ["refused"]);
}
