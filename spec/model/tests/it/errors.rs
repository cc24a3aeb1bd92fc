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

/// What a pool's maps and a process's arguments take one by one, and what they refuse.
#[test]
fn whatever_python_iterates_over_is_taken_one_by_one() {
    let functions = r#""id": Function(params: ["x"], body: [Return("$x")]),
        "ran": Function(params: ["a", "b"], body: [Print(["ran", "$a", "$b"])])"#;
    let taken = [
        ("[1, 2]", "1 2"),
        ("(1, 2)", "1 2"),
        (r#""ab""#, "a b"),
        (r#"b"ab""#, "97 98"),
        (r#"{"a": 1, "b": 2}"#, "a b"),
        ("Range(1, 3)", "1 2"),
        (r#"New("Array", ["i", [1, 2]])"#, "1 2"),
        (r#"New("RawArray", ["i", [1, 2]])"#, "1 2"),
        (r#"Call("m.list", [[1, 2]])"#, "1 2"),
        (r#"Call("m.dict", [{"a": 1, "b": 2}])"#, "a b"),
        (r#"Call("m.Array", ["i", [1, 2]])"#, "1 2"),
        (r#"Call("pool.imap", [Fn("id"), [1, 2]])"#, "1 2"),
    ];
    let refused = [
        "None",
        "3",
        r#"Fn("id")"#,
        r#"New("Lock")"#,
        r#"New("Queue")"#,
        r#"New("Value", ["i", 1])"#,
        r#"Call("m.Namespace")"#,
    ];
    let main = |given: &str| {
        format!(
            r#"Let("m", New("Manager")), Let("pool", New("Pool", [1])),
               Let("i", {given}), Let("j", {given}),
               Try(body: [
                    For("x", Call("pool.map", [Fn("id"), "$i"]), [Print(["$x"])]),
               ], except: {{"type": [Print(["type"])]}}),
               Try(body: [
                    Let("p", New("Process", (target: "ran", args: "$j"))),
                    Call("p.start"), Call("p.join"),
               ], except: {{"type": [Print(["type"])]}})"#
        )
    };
    for method in [StartMethod::Spawn, StartMethod::Fork] {
        for (given, expected) in taken {
            let expected = format!("{} / ran {expected} → exit 0", expected.replace(' ', " / "));
            assert_eq!(
                outcomes(&case(functions, &main(given)), method),
                [expected],
                "{given}"
            );
        }
        for given in refused {
            let found = outcomes(&case(functions, &main(given)), method);
            assert_eq!(found, ["type / type → exit 0"], "{given}");
        }
    }
}

#[test]
fn an_array_that_changes_is_taken_as_it_is_number_by_number() {
    let functions = r#"
        "change": Function(params: ["a"], body: [SetItem("$a", 0, 5), SetItem("$a", 1, 5)]),
        "ran": Function(params: ["a", "b"], body: [Print(["$a", "$b"])])"#;
    let main = r#"Let("a", New("RawArray", ["i", [1, 1]])),
        Let("p", New("Process", (target: "change", args: ["$a"]))), Call("p.start"),
        Let("r", New("Process", (target: "ran", args: "$a"))), Call("r.start")"#;
    let found = outcomes(&case(functions, main), StartMethod::Spawn);
    assert_eq!(
        found,
        [
            "1 1 → exit 0",
            "1 5 → exit 0",
            "5 1 → exit 0",
            "5 5 → exit 0"
        ]
    );
}

#[test]
fn an_item_of_a_starmap_that_is_no_sequence_fails_in_the_worker() {
    let main = r#"Let("pool", New("Pool", [1])),
        Let("r", Call("pool.starmap_async", [Fn("two"), [1]])), Print(["given"]),
        Try(body: [Call("r.get")], except: {"type": [Print(["type"])]})"#;
    let found = outcomes(&case(TWO, main), StartMethod::Spawn);
    assert_eq!(found, ["given / type → exit 0"]);
}

#[test]
fn the_callback_of_a_map_of_nothing_is_called_or_not() {
    let functions = r#""id": Function(params: ["x"], body: []),
        "told": Function(params: ["all"], body: [Print(["$all"])])"#;
    for call in ["map_async", "starmap_async"] {
        let main = format!(
            r#"Let("pool", New("Pool", [1])),
               Let("r", Call("pool.{call}", [Fn("id"), []], (callback: Fn("told")))),
               Call("r.wait"), Call("pool.close"), Call("pool.join")"#
        );
        let found = outcomes(&case(functions, &main), StartMethod::Fork);
        assert_eq!(found, [" → exit 0", "[] → exit 0"], "{call}");
    }
}

#[test]
fn a_process_neither_waits_for_itself_nor_ends_itself_by_its_object() {
    let ask = |of: &str| {
        let tried = |call: &str| {
            format!(r#"Try(body: [Call("p.{call}")], except: {{"usage": [Print(["{call}"])]}}),"#)
        };
        let calls = ["join", "start", "terminate", "kill"].map(tried).concat();
        format!(r#"Let("p", Call("mp.{of}")), {calls} Print([Call("p.is_alive"), "$p.exitcode"])"#)
    };
    let refused = "join / start / terminate / kill / True None → exit 0";
    for method in [
        StartMethod::Spawn,
        StartMethod::Fork,
        StartMethod::Forkserver,
    ] {
        let main = case("", &ask("current_process"));
        assert_eq!(outcomes(&main, method), [refused], "{method}");
        let child = format!(
            r#""f": Function(params: [], body: [{}])"#,
            ask("current_process")
        );
        let start = r#"Let("p", New("Process", (target: "f"))), Call("p.start"), Call("p.join")"#;
        assert_eq!(
            outcomes(&case(&child, start), method),
            [refused],
            "{method}"
        );
    }
    let parent = ask("parent_process").replacen(r#"[Call("p.join")]"#, "[]", 1);
    let child = format!(r#""f": Function(params: [], body: [{parent}])"#);
    let start = r#"Let("p", New("Process", (target: "f"))), Call("p.start"), Call("p.join")"#;
    let found = outcomes(&case(&child, start), StartMethod::Spawn);
    assert_eq!(found, ["start / terminate / kill / True None → exit 0"]);
    let thread = r#"Let("p", Call("mp.current_process")),
        Try(body: [Call("p.join")], except: {"usage": [Print(["usage"])]})"#;
    assert_eq!(
        outcomes(&case("", thread), StartMethod::Threads),
        ["usage → exit 0"]
    );
}

#[test]
fn a_manager_that_was_shut_down_makes_nothing_but_among_threads() {
    for maker in ["dict", "list", "Lock", "Queue"] {
        let main = format!(
            r#"Let("m", New("Manager")), Call("m.shutdown"),
               Try(body: [Call("m.{maker}"), Print(["made"])], except: {{"broken_pipe": [Print(["gone"])]}})"#
        );
        let of = |method| outcomes(&case("", &main), method);
        assert_eq!(of(StartMethod::Spawn), ["gone → exit 0"], "{maker}");
        assert_eq!(of(StartMethod::Threads), ["made → exit 0"], "{maker}");
    }
}

/// CPython refuses a chunk that it cannot send as a whole; the others' tasks may as well be made.
#[test]
fn what_cannot_be_sent_is_the_error_of_its_chunk_or_of_its_own_call() {
    let functions = r#""id": Function(params: ["x"], body: [Print(["ran", "$x"]), Return("$x")])"#;
    let main = |call: &str| {
        format!(
            r#"Let("pool", New("Pool", [1])),
               Try(body: [For("x", Call("pool.{call}), [Print(["$x"])])],
                   except: {{"serialize": [Print(["refused"])]}})"#
        )
    };
    let items = r#"[1, "$pool"]"#;
    let table = [
        (
            format!(r#"imap", [Fn("id"), {items}, 1]"#),
            vec!["ran 1 / 1 / refused → exit 0"],
        ),
        (
            format!(r#"imap", [Fn("id"), {items}, 2]"#),
            vec![
                "ran 1 / 1 / refused → exit 0",
                "ran 1 / refused → exit 0",
                "refused → exit 0",
            ],
        ),
        (
            format!(r#"map", [Fn("id"), {items}, 2]"#),
            vec!["ran 1 / refused → exit 0", "refused → exit 0"],
        ),
    ];
    for (call, expected) in table {
        assert_eq!(
            outcomes(&case(functions, &main(&call)), StartMethod::Spawn),
            expected,
            "{call}"
        );
    }
}

#[test]
fn a_sum_of_floats_that_is_not_the_same_in_each_python_is_refused() {
    let refused = |items: &str| {
        let case = case("", &format!(r#"Print([Sum({items})])"#));
        poolproof_spec::explore(&case.program, StartMethod::Fork, &Default::default()).is_err()
    };
    assert!(refused("Mul([0.1], 10)"));
    assert!(!refused("[0.5, 0.25]"));
}
