//! An error of the program is an outcome: its process ends with it, or catches its kind.

use poolproof_case::StartMethod;

use crate::{case, outcomes};

const TWO: &str = r#""two": Function(params: ["a", "b"], body: [Print(["ran"]), Return(1)])"#;
const PUT: &str = r#""put": Function(params: [], body: [Call("last.put", [1])])"#;
const READ: &str = r#""read": Function(params: [], body: [
    Try(body: [Print(["$last.value"])], except: {"attribute": [Print(["none"])]}) ])"#;

/// Starts a process, waits for it and prints how it ended.
fn ended(process: &str) -> String {
    format!(
        r#"Let("q", New("Queue")), Let("p", New("Process", ({process}))),
           Call("p.start"), Call("p.join"), Print(["$p.exitcode"])"#
    )
}

#[test]
fn arguments_that_do_not_fit_fail_where_the_function_is_called() {
    let call = |call: &str| {
        format!(
            r#"Let("p", New("Pool", [1])), Let("r", {call}),
               Try(body: [Call("r.get")], except: {{"type": [Print(["type"])]}})"#
        )
    };
    let table = [
        (ended(r#"target: "two", args: [1]"#), "1 → exit 0"),
        (ended(r#"target: "two", args: [1, 2, 3]"#), "1 → exit 0"),
        (
            ended(r#"target: "two", args: [1, 2], kwargs: {"c": 3}"#),
            "1 → exit 0",
        ),
        (
            ended(r#"target: "two", args: [1, 2], kwargs: {"a": 3}"#),
            "1 → exit 0",
        ),
        (
            ended(r#"target: "two", args: [1], kwargs: {"b": 3}"#),
            "ran / 0 → exit 0",
        ),
        (
            call(r#"Call("p.apply_async", [Fn("two"), [1]])"#),
            "type → exit 0",
        ),
        (
            call(r#"Call("p.apply_async", [Fn("two"), [1, 2], {"c": 3}])"#),
            "type → exit 0",
        ),
        (
            call(r#"Call("p.map_async", [Fn("two"), [1]])"#),
            "type → exit 0",
        ),
        (
            call(r#"Call("p.starmap_async", [Fn("two"), [(1, 2, 3)]])"#),
            "type → exit 0",
        ),
    ];
    for (main, expected) in &table {
        for method in [
            StartMethod::Spawn,
            StartMethod::Fork,
            StartMethod::Forkserver,
        ] {
            assert_eq!(
                outcomes(&case(TWO, main), method),
                [*expected],
                "{method}: {main}"
            );
        }
    }
}

#[test]
fn none_in_place_of_an_object_is_an_error_that_can_be_caught() {
    let value = r#"SetGlobal("last", New("Value", ["i", 7])),"#;
    let read = case(READ, &format!("{value}{}", ended(r#"target: "read""#)));
    assert_eq!(outcomes(&read, StartMethod::Spawn), ["none / 0 → exit 0"]);
    assert_eq!(outcomes(&read, StartMethod::Fork), ["7 / 0 → exit 0"]);
    let queue = r#"SetGlobal("last", New("Queue")),"#;
    let put = case(PUT, &format!("{queue}{}", ended(r#"target: "put""#)));
    assert_eq!(outcomes(&put, StartMethod::Spawn), ["1 → exit 0"]);
    assert_eq!(outcomes(&put, StartMethod::Fork), ["0 → exit 0"]);
}

#[test]
fn operators_refuse_what_they_do_not_take() {
    let table = [
        r#"Add("$x", 1)"#,
        r#"Add("$lock", 1)"#,
        r#"Item("$lock", 0)"#,
        r#"Len("$lock")"#,
        r#"Item("$x", 0)"#,
        r#"Item([1], "a")"#,
        r#"Item(New("Array", ["i", [1]]), "a")"#,
    ];
    for operation in table {
        let main = format!(
            r#"Let("lock", New("Lock")), Let("x", None),
               Try(body: [Print([{operation}])], except: {{"type": [Print(["type"])]}})"#
        );
        let found = outcomes(&case("", &main), StartMethod::Spawn);
        assert_eq!(found, ["type → exit 0"], "{operation}");
    }
}
