//! What is beyond the interpreter or its limits is said, and small facts are as documented.

use poolproof_case::StartMethod;
use poolproof_interleavings::{Found, Limits, outcomes};

use crate::{case, lines};

#[test]
fn what_is_not_interpreted_is_named() {
    let table = [
        (
            r#"Print([Len(Call("mp.get_all_start_methods"))])"#,
            "`mp.get_all_start_methods`",
        ),
        (
            r#"Let("s", New("ManagerServer", [b"k", {}]))"#,
            "a `ManagerServer`",
        ),
        (r#"Print(["$x"]), Let("x", 1)"#, "`x` has no value"),
        (
            r#"Let("pool", New("Pool", [1])),
               Let("r", Call("pool.apply_async", [Fn("fail")], (error_callback: Fn("told")))),
               Call("r.wait")"#,
            "a print of an error that is the library's",
        ),
        (
            r#"Let("a, b", New("Pipe")), Call("b.send", [1]), Print([Call("a.recv_bytes")])"#,
            "the bytes of an object that was sent",
        ),
        (
            r#"Let("me", Call("mp.current_process")), Call("me.close")"#,
            "a process object in other hands than its creator's",
        ),
    ];
    for (main, expected) in table {
        let functions = r#"
            "fail": Function(params: [], body: [Let("x", []), Return(Item("$x", 5))]),
            "told": Function(params: ["e"], body: [Print([["$e"]])])"#;
        let found = outcomes(
            &case(functions, main).program,
            StartMethod::Spawn,
            &Limits::default(),
        );
        assert_eq!(found, Found::Outside(expected.to_owned()), "{main}");
    }
}

#[test]
fn more_than_the_limit_is_said() {
    let body = r#""f": Function(params: [], body: [Repeat(4, [Print(["a"])])])"#;
    let start = |name: &str| {
        format!("Let(\"{name}\", New(\"Process\", (target: \"f\"))), Call(\"{name}.start\"),")
    };
    let case = case(
        &body
            .replace("\"a\"", "Call(\"mp.current_process\")")
            .replace(
                "Print([Call(\"mp.current_process\")])",
                "Print([\"a\"]), Print([\"b\"])",
            ),
        &(start("p") + &start("q")),
    );
    let few = |outcomes_max, worlds_max| Limits {
        outcomes_max,
        worlds_max,
    };
    let found = |limits| outcomes(&case.program, StartMethod::Spawn, &limits);
    assert!(matches!(found(few(5_000, 100_000)), Found::All(_)));
    assert_eq!(
        found(few(5, 100_000)),
        Found::TooMany("more than 5 outcomes".to_owned())
    );
    assert_eq!(
        found(few(5_000, 20)),
        Found::TooMany("more than 20 worlds".to_owned())
    );
}

/// Whole sets of outcomes that were settled by the documentation and by running CPython.
#[test]
fn settled_programs_stay_settled() {
    let functions = r#"
        "hold": Function(params: ["l"], body: [Call("l.acquire")]),
        "begin": Function(params: [], body: [Print(["begin"])]),
        "show": Function(params: ["a", "b"], body: [Print(["$a", "$b"])]),
        "same": Function(params: ["x"], body: [Return("$x")]),
        "task": Function(params: [], body: [])"#;
    let table: &[(&str, &[&str])] = &[
        (
            r#"Let("v", New("Value", ["i"])), Let("p", New("Process", (target: "hold", args: ["$v"]))),
               Call("p.start"), Call("p.join"),
               Try(body: [Call("v.acquire")], except: {"owner_died": [Print(["told"])]})"#,
            &[" → hang", "told → exit 0"],
        ),
        (
            r#"Let("pool", New("Pool", [1], (initializer: Fn("begin"), maxtasksperchild: 1))),
               Call("pool.apply_async", [Fn("task")])"#,
            &[" → exit 0", "begin / begin → exit 0", "begin → exit 0"],
        ),
        (
            r#"Let("p", New("Process", (target: "begin"))), Call("p.start"), Call("p.run")"#,
            &["begin → exit 1"],
        ),
        (
            r#"Let("me", Call("mp.current_process")), Signal("$me", "KILL")"#,
            &[" → signal KILL"],
        ),
        (r#"Let("l", [1]), Print([Item("$l", "a")])"#, &[" → exit 1"]),
        (
            r#"Let("me", Call("mp.current_process")),
               Try(body: [Call("me.join")], except: {"usage": [Print(["join"])]}),
               Try(body: [Call("me.kill")], except: {"usage": [Print(["kill"])]}),
               Print([Call("me.is_alive"), "$me.exitcode"])"#,
            &["join / kill / True None → exit 0"],
        ),
        (
            r#"Let("p", New("Process", (target: "show", args: New("Array", ["i", [1, 2]])))),
               Call("p.start"), Call("p.join")"#,
            &["1 2 → exit 0"],
        ),
        (
            r#"Let("m", New("Manager")), Let("pool", New("Pool", [1])),
               Print([Call("pool.map", [Fn("same"), Call("m.list", [[1, 2]])])])"#,
            &["[1, 2] → exit 0"],
        ),
        (
            r#"Let("pool", New("Pool", [1])),
               Let("r", Call("pool.starmap_async", [Fn("show"), [1]])), Print(["given"]),
               Try(body: [Call("r.get")], except: {"type": [Print(["type"])]})"#,
            &["given / type → exit 0"],
        ),
        (
            r#"Try(body: [Print([Item([1], "a")])], except: {"type": [Print(["type"])]})"#,
            &["type → exit 0"],
        ),
    ];
    for (main, expected) in table {
        let case = case(functions, main);
        for method in [
            StartMethod::Spawn,
            StartMethod::Fork,
            StartMethod::Forkserver,
        ] {
            let mut expected: Vec<String> = expected.iter().map(|one| (*one).to_owned()).collect();
            expected.sort();
            assert_eq!(lines(&case, method), expected, "{method}: {main}");
        }
    }
}
