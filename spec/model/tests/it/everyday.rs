//! What programs do that people write every day, each with all that comes of it, as Python has it.

use poolproof_case::StartMethod;
use poolproof_spec::Undefined;

use crate::{behaviour, case, outcomes};

#[test]
fn what_a_program_prints() {
    let table: &[(&str, &[&str])] = &[
        // A sequence's items are the same ones wherever it is repeated, joined or sorted.
        (
            r#"Let("row", [0]), Let("grid", Mul(["$row"], 2)), Call("row.append", [1]),
               Print(["$grid"])"#,
            &["[[0, 1], [0, 1]] → exit 0"],
        ),
        (
            r#"Let("row", [0]), Let("both", Mul(("$row", 5), 2)), Call("row.append", [1]),
               Print(["$both"])"#,
            &["([0, 1], 5, [0, 1], 5) → exit 0"],
        ),
        (
            r#"Let("row", [1]), Let("all", Sorted([[2], "$row"])), Call("row.append", [3]),
               Print(["$all"])"#,
            &["[[1, 3], [2]] → exit 0"],
        ),
        (
            r#"Let("n", 3), Print([Mod("%d of %s: %r%%", ("$n", 1.5, "a"))])"#,
            &["3 of 1.5: 'a'% → exit 0"],
        ),
        (
            r#"Let("t", "all"), Try(body: [Print([Mod("$t", 3)])], except: {"type": [Print(["type"])]})"#,
            &["type → exit 0"],
        ),
        (
            r#"Let("row", [1]), Let("d", Dict([("a", 0), ("b", "$row"), ("a", 2)])),
               Call("row.append", [3]), Print(["$d"])"#,
            &["{'a': 2, 'b': [1, 3]} → exit 0"],
        ),
        (
            r#"Let("m", New("Manager")), Let("l", Call("m.list", [[1]])),
               Print([Add("$l", [2]), Mul("$l", 2), Mul(2, "$l"), Len("$l")]),
               Try(body: [Print([Add([2], "$l")])], except: {"type": [Print(["type"])]}),
               Try(body: [Print([Add("$l", "$l")])], except: {"type": [Print(["type"])]})"#,
            &["[1, 2] [1, 1] [1, 1] 1 / type / type → exit 0"],
        ),
        (
            r#"Let("d", {"a": 1, "b": 2}),
               Try(body: [For("k", "$d", [Print(["$k"]), Call("d.pop", ["$k"])])],
                   except: {"runtime": [Print(["changed"])]})"#,
            &["a / changed → exit 0"],
        ),
        (
            r#"Let("d", {"a": 1, "b": 2}),
               For("k", "$d", [SetItem("$d", "$k", 0)]), Print(["$d"])"#,
            &["{'a': 0, 'b': 0} → exit 0"],
        ),
        // Python shows the key that a KeyError misses as it would stand in a program.
        (
            r#"Let("e", Error("key", "k")), Print(["$e"])"#,
            &["'k' → exit 0"],
        ),
        // A manager's array wraps nothing, as shared memory does.
        (
            r#"Let("m", New("Manager")), Let("a", Call("m.Array", ["b", [1]])), Let("n", 128),
               Try(body: [SetItem("$a", 0, "$n")], except: {"overflow": [Print(["overflow"])]}),
               Let("v", New("Value", ["b", "$n"])), Print(["$v.value"])"#,
            &["overflow / -128 → exit 0"],
        ),
        (
            r#"Let("size", 1.5), Try(body: [Let("a", New("Array", ["i", "$size"]))],
               except: {"type": [Print(["size"])]}),
               Try(body: [Let("v", New("Value", ["i", "$size"]))],
               except: {"type": [Print(["number"])]}), Let("k", 3),
               Try(body: [Let("v", New("Value", ["i", 1, "$k"]))],
               except: {"attribute": [Print(["lock"])]})"#,
            &["size / number / lock → exit 0"],
        ),
        (
            r#"Let("few", "a"), Try(body: [Let("q", New("Queue", ["$few"]))],
               except: {"type": [Print(["queue"])]}),
               Try(body: [Let("s", New("Semaphore", ["$few"]))],
               except: {"type": [Print(["semaphore"])]}), Let("none", None),
               Try(body: [Let("v", New("Value", ["i", "$none"]))],
               except: {"type": [Print(["value"])]})"#,
            &["queue / semaphore / value → exit 0"],
        ),
        (r#"Let("t", ()), Exit("$t")"#, &[" → exit 0"]),
        (r#"Let("t", (3,)), Exit("$t")"#, &[" → exit 3"]),
        (r#"Let("t", (3, 4)), Exit("$t")"#, &[" → exit 1"]),
        // What has a length is false where it is empty, and what has none cannot be iterated.
        (
            r#"Let("m", New("Manager")), Let("l", Call("m.list")), Let("d", Call("m.dict")),
               Let("v", New("Value", ["i", 0])), Let("a", New("Array", ["i", 2])),
               If("$l", [Print(["list"])], [Print(["no list"])]),
               Print([Or(["$d", "no dict"]), Not("$v"), Not("$a"), Not("$l")]),
               Call("l.append", [1]), If("$l", [Print(["list"])])"#,
            &["no list / no dict False False True / list → exit 0"],
        ),
        (
            r#"Let("v", New("Value", ["i", 5])), Let("pool", New("Pool", [1])),
               Let("r", Call("pool.map_async", [Fn("f"), [1]])),
               Try(body: [For("x", "$v", [Print(["$x"])])], except: {"type": [Print(["value"])]}),
               Try(body: [For("x", "$r", [Print(["$x"])])], except: {"type": [Print(["result"])]}),
               Try(body: [Print([Len("$v")])], except: {"type": [Print(["length"])]}),
               Print([Not("$r")])"#,
            &["value / result / length / False → exit 0"],
        ),
        (
            r#"Let("pool", New("Pool", [1])), Let("r", Call("pool.map", [Fn("f"), [2, 1]])),
               Call("r.append", [3]), Call("r.sort"), Print(["$r"]), Let("code", "z"),
               Try(body: [Let("v", New("Value", ["$code", 1]))], except: {"type": [Print(["type"])]})"#,
            &["[1, 2, 3] / type → exit 0"],
        ),
        // A result is one object, however often it is taken.
        (
            r#"Let("pool", New("Pool", [1])), Let("r", Call("pool.map_async", [Fn("f"), [1]])),
               Let("a", Call("r.get")), Call("a.append", [2]), Print([Call("r.get")])"#,
            &["[1, 2] → exit 0"],
        ),
        (
            r#"Let("m", New("Manager")), Let("d", Call("m.dict", [{"a": 1}])), Let("own", {"b": 2}),
               Call("own.update", ["$d"]), Let("l", Call("m.list", [[3]])), Let("all", [0]),
               Call("all.extend", ["$l"]), Print(["$own", "$all"])"#,
            &["{'b': 2, 'a': 1} [0, 3] → exit 0"],
        ),
        (
            r#"Let("n", None), Try(body: [Let("p", New("Process", (kwargs: "$n")))],
               except: {"type": [Print(["type"])]}),
               Let("t", 3), Let("p", New("Process", (target: "$t"))), Try(body: [SetAttr("p.name", 3)],
               except: {"usage": [Print(["usage"])]}),
               SetAttr("p.daemon", true), Call("p.start"), Call("p.join"), Print(["$p.exitcode"])"#,
            &["type / usage / 1 → exit 0"],
        ),
        (
            r#"Let("n", 3), Let("pool", New("Pool", [1])),
               Let("r", Call("pool.apply_async", [Fn("f"), "$n"])),
               Try(body: [Call("r.get")], except: {"type": [Print(["type"])]})"#,
            &["type → exit 0"],
        ),
        (
            r#"Let("a, b", New("Pipe")), Let("x", 1),
               Try(body: [Call("a.send_bytes", ["$x"])], except: {"type": [Print(["type"])]})"#,
            &["type → exit 0"],
        ),
    ];
    let same = r#""f": Function(params: ["x"], body: [Return("$x")])"#;
    for (main, expected) in table {
        assert_eq!(
            outcomes(&case(same, main), StartMethod::Fork),
            *expected,
            "{main}"
        );
    }
}

#[test]
fn what_a_worker_puts_is_there_once_the_pool_is_joined() {
    let functions = r#""start": Function(params: ["q"], body: [SetGlobal("common", "$q")]),
        "work": Function(params: ["x"], body: [Call("common.put", ["$x"])])"#;
    let main = r#"Let("q", New("Queue")), Let("pool", New("Pool", [2, Fn("start"), ["$q"]])),
        Call("pool.map", [Fn("work"), [1, 2]]), Call("pool.close"), Call("pool.join"),
        Print([Add(Call("q.get"), Call("q.get"))])"#;
    let case = case(functions, main);
    for method in [StartMethod::Spawn, StartMethod::Fork] {
        assert_eq!(outcomes(&case, method), ["3 → exit 0"], "{method}");
    }
}

#[test]
fn what_an_initializer_is_given_is_one_with_what_a_forked_worker_has() {
    let functions = r#""start": Function(params: ["x"], body: [Call("x.append", [1]), SetGlobal("last", "$x")]),
        "work": Function(params: [], body: [Return(("$common", "$last"))])"#;
    let main = r#"SetGlobal("common", [0]), Let("pool", New("Pool", [1, Fn("start"), ["$common"]])),
        Print([Call("pool.apply", [Fn("work")])])"#;
    let case = case(functions, main);
    for (method, expected) in [
        (StartMethod::Fork, "([0, 1], [0, 1]) → exit 0"),
        (StartMethod::Spawn, "(None, [0, 1]) → exit 0"),
    ] {
        assert_eq!(outcomes(&case, method), [expected], "{method}");
    }
}

#[test]
fn a_worker_in_place_of_another_is_given_what_there_is_by_then() {
    let functions = r#""start": Function(params: ["x"], body: [SetGlobal("last", "$x")]),
        "work": Function(params: [], body: [Return(Len("$last"))])"#;
    let main = r#"Let("l", []), Let("pool", New("Pool", [1, Fn("start"), ["$l"], 1])),
        Let("a", Call("pool.apply", [Fn("work")])), Call("l.append", [1]),
        Print(["$a", Call("pool.apply", [Fn("work")])])"#;
    let case = case(functions, main);
    for method in [StartMethod::Fork, StartMethod::Spawn] {
        let expected = ["0 0 → exit 0", "0 1 → exit 0"];
        assert_eq!(outcomes(&case, method), expected, "{method}");
    }
}

#[test]
fn a_process_has_the_name_that_it_gives_itself() {
    let functions = r#"
        "deep": Function(params: [], body: [
            Let("parent", Call("mp.parent_process")), Print(["$parent.name"]),
        ]),
        "child": Function(params: [], body: [
            Let("me", Call("mp.current_process")), SetAttr("me.name", "other"),
            Let("again", Call("mp.current_process")), Print(["$again.name"]),
            Let("q", New("Process", (target: "deep"))), Call("q.start"), Call("q.join"),
        ])"#;
    let main = r#"Let("p", New("Process", (target: "child", name: "one"))), Call("p.start"),
        Call("p.join"), Print(["$p.name"])"#;
    let found = outcomes(&case(functions, main), StartMethod::Fork);
    assert_eq!(found, ["other / other / one → exit 0"]);
    let functions = r#""child": Function(params: [], body: [
        Let("me", Call("mp.current_process")), SetAttr("me.name", "other")])"#;
    let found = outcomes(&case(functions, main), StartMethod::Threads);
    assert_eq!(found, ["other → exit 0"]);
}

#[test]
fn an_orphan_still_knows_who_its_parent_was() {
    let functions = r#"
        "deep": Function(params: ["w", "r"], body: [
            Call("w.send", [1]), Call("r.recv"), Let("parent", Call("mp.parent_process")),
            Call("parent.join"), Print(["$parent.name", Call("parent.is_alive")]),
        ]),
        "child": Function(params: ["w", "r"], body: [
            Let("q", New("Process", (target: "deep", args: ["$w", "$r"]))), Call("q.start"),
            Call("q.join"),
        ])"#;
    let main = r#"Let("r, w", New("Pipe", [false])), Let("go, tell", New("Pipe", [false])),
        Let("p", New("Process", (target: "child", args: ["$w", "$go"], name: "one"))), Call("p.start"),
        Call("r.recv"), Call("p.kill"), Call("p.join"), Call("tell.send", [1])"#;
    let found = outcomes(&case(functions, main), StartMethod::Spawn);
    assert_eq!(found, ["one False → exit 0"]);
}

#[test]
fn of_what_the_documentation_does_not_say_nothing_is_known() {
    let table: &[(&str, [bool; 2])] = &[
        (
            r#"Let("n", 0), Let("b", New("Barrier", ["$n"]))"#,
            [true, true],
        ),
        (
            r#"Let("n", -1), Let("s", New("Semaphore", ["$n"]))"#,
            [true, true],
        ),
        (
            r#"Let("n", 1), Let("s", New("Semaphore", ["$n"]))"#,
            [false, false],
        ),
        (
            r#"Let("n", 0), Let("p", New("Pool", [1, None, [], "$n"]))"#,
            [true, true],
        ),
        (
            r#"Let("n", 0), Let("p", New("Pool", [1])), Call("p.map", [Fn("f"), [1], "$n"])"#,
            [true, true],
        ),
        (
            r#"Let("n", -1), Let("q", New("Queue")), Call("q.get", (timeout: "$n"))"#,
            [false, true],
        ),
        (
            r#"Let("m", New("Manager")), Let("n", -1), Let("q", Call("m.Queue")),
               Call("q.get", (timeout: "$n"))"#,
            [true, true],
        ),
        (
            r#"Let("l", New("Lock")), Let("no", false), Call("l.acquire", ["$no", Soon])"#,
            [false, true],
        ),
        (
            r#"Let("m", New("Manager")), Let("d", Call("m.dict")), Let("e", Call("m.dict", ["$d"]))"#,
            [true, false],
        ),
        (
            r#"Let("m", New("Manager")), Let("n", Call("m.Namespace")), SetAttr("n._x", 1)"#,
            [true, true],
        ),
        (
            r#"Let("yes", 1), Let("p", New("Process")), SetAttr("p.daemon", "$yes")"#,
            [true, true],
        ),
        (
            r#"Let("yes", true), Let("p", New("Process")), SetAttr("p.daemon", "$yes")"#,
            [false, false],
        ),
        (
            r#"Let("m", New("Manager")), Let("n", 5), Let("l", Call("m.list", ["$n"]))"#,
            [true, true],
        ),
        (
            r#"Let("m", New("Manager")), Let("n", [5]), Let("l", Call("m.list", ["$n"]))"#,
            [false, false],
        ),
        (
            r#"Let("p", New("Pool", [1])), Let("r", Call("p.apply_async", [Fn("leave"), [1]]))"#,
            [false, true],
        ),
        // The other end was closed with something unread in it.
        (
            r#"Let("a, b", New("Pipe")), Call("a.send", [1]), Call("b.close"),
               Try(body: [Call("a.recv")], except: {"eof": []})"#,
            [true, false],
        ),
        (
            r#"Let("a, b", New("Pipe")), Call("b.send", [1]), Call("b.close"), Call("a.recv"),
               Try(body: [Call("a.recv")], except: {"eof": []})"#,
            [false, false],
        ),
    ];
    for (main, expected) in table {
        let functions = r#""f": Function(params: ["x"], body: []),
            "leave": Function(params: ["x"], body: [Exit(1)])"#;
        let case = case(functions, main);
        let found = [StartMethod::Fork, StartMethod::Threads]
            .map(|method| behaviour(&case, method).behaviour.may_be_undefined());
        assert_eq!(found, *expected, "{main}");
    }
}

#[test]
fn what_items_or_results_of_one_chunk_have_in_common_is_nobodys_to_say() {
    let functions = r#"
        "add": Function(params: ["l"], body: [Call("l.append", [1]), Return("$l")]),
        "read": Function(params: ["l"], body: [Return(Len("$l"))]),
        "keep": Function(params: ["x"], body: [Call("common.append", ["$x"]), Return("$common")]),
        "copy": Function(params: ["x"], body: [Return(["$x"])])"#;
    let table: &[(&str, &str, bool)] = &[
        (
            r#"Call("pool.map", [Fn("add"), ["$l", "$l"], 2])"#,
            "one list twice in a chunk",
            true,
        ),
        (
            r#"Call("pool.map", [Fn("add"), ["$l", "$l"], 1])"#,
            "each in a chunk of its own",
            false,
        ),
        (
            r#"Call("pool.map", [Fn("add"), [[0], [0]], 2])"#,
            "two lists that are equal",
            false,
        ),
        (
            r#"Call("pool.map", [Fn("read"), ["$l", "$l"], 2])"#,
            "one that nobody changes",
            false,
        ),
        (
            r#"Call("pool.map", [Fn("keep"), [1, 2], 2])"#,
            "one that stays in the worker",
            true,
        ),
        (
            r#"Call("pool.map", [Fn("keep"), [1], 2])"#,
            "the one result of a chunk",
            false,
        ),
        (
            r#"Call("pool.map", [Fn("copy"), [1, 2], 2])"#,
            "each its own",
            false,
        ),
    ];
    for (call, what, expected) in table {
        let main = format!(
            r#"SetGlobal("common", []), Let("l", [0]), Let("pool", New("Pool", [1])), Let("r", {call})"#
        );
        let found = behaviour(&case(functions, &main), StartMethod::Fork);
        let is_common = found.undefined.contains(&Undefined::Common);
        assert_eq!(is_common, *expected, "{what}");
    }
}

#[test]
fn arguments_are_evaluated_as_they_are_written() {
    let functions = r#""s": Function(params: ["x"], body: [Print(["$x"]), Return("$x")]),
        "three": Function(params: ["a", "b", "c"], body: [Print(["$a", "$b", "$c"])])"#;
    let main = r#"Call("three", (c: Call("s", [3]), a: Call("s", [1]), b: Call("s", [2])))"#;
    let found = outcomes(&case(functions, main), StartMethod::Fork);
    assert_eq!(found, ["3 / 1 / 2 / 1 2 3 → exit 0"]);
}

#[test]
fn what_a_process_waits_for_that_a_signal_ends_is_undefined_from_then_on() {
    let functions = r#""wait": Function(params: ["e"], body: [Call("e.wait")])"#;
    let killed = r#"Let("e", New("Event")),
        Let("p", New("Process", (target: "wait", args: ["$e"]))), Call("p.start"), Settle,
        Call("p.kill"), Call("p.join")"#;
    let met = |more: &str| {
        let main = format!("{killed}{more}");
        let found = behaviour(&case(functions, &main), StartMethod::Fork);
        found.undefined.contains(&Undefined::Left)
    };
    assert!(met(r#", Call("e.set")"#));
    assert!(!met(r#", Print(["done"])"#));
}

#[test]
fn what_a_process_does_with_an_object_of_another_context_is_undefined() {
    let functions = r#""f": Function(params: ["l"], body: [With("$l", [])])"#;
    let met = |made: &str| {
        let main = format!(
            r#"Let("ctx", Call("mp.get_context", ["spawn"])), Let("l", {made}),
               Let("p", Call("ctx.Process", (target: Fn("f"), args: ["$l"]))), Call("p.start")"#
        );
        let found = behaviour(&case(functions, &main), StartMethod::Fork);
        found.undefined.contains(&Undefined::Context)
    };
    assert!(met(r#"New("Lock")"#));
    assert!(!met(r#"Call("ctx.Lock")"#));
}

#[test]
fn children_are_listed_in_any_order() {
    let functions = r#""f": Function(params: ["e"], body: [Call("e.wait")])"#;
    let main = r#"Let("e", New("Event")),
        Let("a", New("Process", (target: "f", args: ["$e"], name: "a"))), Call("a.start"),
        Let("b", New("Process", (target: "f", args: ["$e"], name: "b"))), Call("b.start"),
        Let("all", []), For("p", Call("mp.active_children"), [Call("all.append", ["$p.name"])]),
        Print(["$all"]), Call("e.set")"#;
    let found = outcomes(&case(functions, main), StartMethod::Fork);
    assert_eq!(found, ["['a', 'b'] → exit 0", "['b', 'a'] → exit 0"]);
}
