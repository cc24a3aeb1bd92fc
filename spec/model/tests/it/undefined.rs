//! What the documentation leaves undefined is told apart from what it allows: a queue that somebody
//! uses after a process was ended that was using it, the texts of the library's errors, process objects
//! in other hands than their creator's, and the bytes of an object that was sent.

use poolproof_case::{Ending, Outcome, StartMethod};
use poolproof_spec::Limits;

use crate::{behaviour, case, explored, outcomes};

const FUNCTIONS: &str = r#"
    "take": Function(params: ["q"], body: [Print(["got", Call("q.get")])]),
    "take_and_wait": Function(params: ["q", "taken", "e"], body: [
        Print(["got", Call("q.get")]), Call("taken.set"), Call("e.wait"),
    ]),
    "give_and_wait": Function(params: ["q", "e"], body: [Call("q.put", [1]), Call("e.wait")]),
    "give_later": Function(params: ["q"], body: [Settle, Call("q.put", [2])])
"#;

const KILLED_AT_GET: &str = r#"Let("q", New("Queue")),
    Let("p", New("Process", (target: "take", args: ["$q"]))), Call("p.start"), Settle,
    Call("p.kill"), Call("p.join"), Print(["killed"]),"#;

fn outcome(lines: &[&str], ending: Ending) -> Outcome {
    Outcome {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ending,
        left: 0,
    }
}

#[test]
fn whoever_uses_a_queue_whose_reader_was_killed_may_see_anything() {
    let uses = [
        r#"Call("q.put", [1]), Print(["put"])"#,
        r#"Try(body: [Call("q.get_nowait")], except: {"empty": []})"#,
        r#"Print([Call("q.empty")])"#,
        r#"Let("r", New("Process", (target: "take", args: ["$q"]))), Call("r.start"),
           Call("q.put", [1])"#,
    ];
    for used in uses {
        let case = case(FUNCTIONS, &format!("{KILLED_AT_GET} {used}"));
        for method in [StartMethod::Spawn, StartMethod::Fork] {
            let behaviour = behaviour(&case, method).behaviour;
            assert_eq!(behaviour.count().to_string(), "0", "{used}");
            for seen in [
                outcome(&["killed"], Ending::Hang),
                outcome(&["killed", "put"], Ending::Exit(0)),
                outcome(&["killed", "whatever"], Ending::Exit(1)),
            ] {
                assert!(behaviour.is_undefined(&seen), "{used}: {seen:?}");
                assert!(!behaviour.allows(&seen));
            }
            let before = outcome(&["got 1"], Ending::Exit(0));
            assert!(!behaviour.is_undefined(&before), "{used}");
        }
    }
}

#[test]
fn a_feeder_that_wrote_may_not_have_left_the_pipe_when_a_signal_ends_it() {
    let table = [
        (r#"Call("q.get"), Call("p.kill")"#, true),
        (r#"Call("q.get"), Settle, Call("p.kill")"#, false),
        // Another's value is in the pipe only after it.
        (
            r#"Call("q.put", [2]), Call("q.get"), Call("q.get"), Call("p.kill")"#,
            true,
        ),
        (
            r#"Call("q.get"), Call("q.put", [2]), Call("q.get"), Call("p.kill")"#,
            false,
        ),
    ];
    for (ends, expected) in table {
        let main = format!(
            r#"Let("q", New("Queue")), Let("e", New("Event")),
               Let("p", New("Process", (target: "give_and_wait", args: ["$q", "$e"]))),
               Call("p.start"), {ends}, Call("p.join"), Call("q.put", [3]), Print([Call("q.get")])"#
        );
        let case = case(FUNCTIONS, &main);
        for method in [StartMethod::Spawn, StartMethod::Fork] {
            let found = behaviour(&case, method).behaviour;
            assert_eq!(found.may_be_undefined(), expected, "{method}: {ends}");
        }
    }
}

#[test]
fn a_queue_that_nobody_uses_any_more_or_nobody_was_using_is_defined() {
    let table = [
        (KILLED_AT_GET.to_owned(), "killed → exit 0"),
        (
            r#"Let("q", New("Queue")), Let("e", New("Event")), Let("t", New("Event")),
               Let("p", New("Process", (target: "take_and_wait", args: ["$q", "$t", "$e"]))),
               Call("p.start"), Call("q.put", [1]), Call("t.wait"), Settle, Call("p.kill"),
               Call("p.join"), Call("q.put", [2]), Print(["main", Call("q.get")])"#
                .to_owned(),
            "got 1 / main 2 → exit 0",
        ),
        (
            r#"Let("q", New("Queue")), Let("e", New("Event")),
               Let("p", New("Process", (target: "give_and_wait", args: ["$q", "$e"]))),
               Call("p.start"), Settle, Call("p.kill"), Call("p.join"),
               Print(["main", Call("q.get")])"#
                .to_owned(),
            "main 1 → exit 0",
        ),
    ];
    for (main, expected) in &table {
        let case = case(FUNCTIONS, main);
        for method in [StartMethod::Spawn, StartMethod::Fork] {
            assert_eq!(outcomes(&case, method), [*expected], "{main}");
            assert!(
                !behaviour(&case, method).behaviour.may_be_undefined(),
                "{main}"
            );
        }
    }
}

#[test]
fn whether_a_managers_process_is_a_child_is_nobodys_to_say() {
    let asks = r#"Print([Len(Call("mp.active_children"))])"#;
    let table = [
        (r#"Let("m", New("Manager")),"#, true),
        (r#"Let("m", New("Manager")), Call("m.shutdown"),"#, false),
        ("", false),
    ];
    for (first, expected) in table {
        let case = case(FUNCTIONS, &format!("{first} {asks}"));
        let found = behaviour(&case, StartMethod::Spawn).behaviour;
        assert_eq!(found.may_be_undefined(), expected, "{first}");
    }
}

#[test]
fn nothing_undefined_is_lost_by_the_order_of_steps_that_commute() {
    let programs = [
        r#"Let("q", New("Queue")), Let("p", New("Process", (target: "take", args: ["$q"]))),
           Call("p.start"), Call("q.put", [1]), Call("p.terminate"), Call("p.join"),
           Print(["main"]), Call("q.put", [2]), Print(["put"])"#,
        r#"Let("q", New("Queue")), Let("p", New("Process", (target: "take", args: ["$q"]))),
           Let("r", New("Process", (target: "give_later", args: ["$q"]))),
           Call("p.start"), Call("r.start"), Call("p.kill"), Call("p.join"), Print(["main"])"#,
        r#"Let("q", New("Queue")), Let("e", New("Event")),
           Let("p", New("Process", (target: "give_and_wait", args: ["$q", "$e"]))),
           Call("p.start"), Call("p.kill"), Call("p.join"), Print(["main"]),
           Try(body: [Print([Call("q.get", (timeout: Soon))])], except: {"empty": [Print(["empty"])]})"#,
    ];
    for main in programs {
        let case = case(FUNCTIONS, main);
        for method in [StartMethod::Spawn, StartMethod::Fork] {
            let without = Limits {
                reduce: false,
                ..Limits::default()
            };
            let whole = explored(&case, method, without).behaviour;
            assert!(whole.may_be_undefined(), "{main}");
            assert_eq!(
                behaviour(&case, method).behaviour,
                whole,
                "{method}: {main}"
            );
        }
    }
}

/// Whether a program may come to what is undefined, with reduction and without.
fn may_be_undefined(functions: &str, main: &str, method: StartMethod) -> bool {
    let case = case(functions, main);
    let without = Limits {
        reduce: false,
        ..Limits::default()
    };
    let whole = explored(&case, method, without).behaviour;
    let reduced = behaviour(&case, method).behaviour;
    assert_eq!(reduced, whole, "{method}: {main}");
    whole.may_be_undefined()
}

#[test]
fn the_text_of_an_error_is_defined_where_the_program_gave_it() {
    let table = [
        (r#"Return(None)"#, r#"["$e"]"#, false),
        (r#"Raise(Error("value", "mine"))"#, r#"["$e"]"#, false),
        (r#"Return(New("Lock"))"#, r#"["$e"]"#, true),
        (r#"Return(New("Lock"))"#, r#"[["$e"]]"#, true),
        (
            r#"Return(New("Lock"))"#,
            r#"[Add("so: ", Str("$e"))]"#,
            true,
        ),
        (r#"Return(New("Lock"))"#, r#"["failed"]"#, false),
        (r#"Let("x", []), Return(Item("$x", 5))"#, r#"["$e"]"#, true),
    ];
    for (task, line, expected) in table {
        let functions = format!(
            r#""t": Function(params: [], body: [{task}]),
               "told": Function(params: ["e"], body: [Print({line})])"#
        );
        let main = r#"Let("pool", New("Pool", [1])),
            Let("r", Call("pool.apply_async", [Fn("t")], (error_callback: Fn("told")))),
            Call("r.wait"), Call("pool.close"), Call("pool.join")"#;
        let found = may_be_undefined(&functions, main, StartMethod::Spawn);
        assert_eq!(found, expected, "{task}: {line}");
    }
}

#[test]
fn a_process_object_is_defined_in_its_creators_hands() {
    let all = [
        (r#"Call("{p}.is_alive")"#, false, false),
        (r#"Call("{p}.join")"#, false, false),
        (r#"Call("{p}.start")"#, false, false),
        (r#"Call("{p}.terminate")"#, false, true),
        (r#"Call("{p}.kill")"#, false, true),
        (r#"Print(["${p}.exitcode"])"#, false, true),
        (r#"Call("{p}.close")"#, true, true),
        (r#"SetAttr("{p}.daemon", true)"#, true, true),
    ];
    for (what, of_oneself, of_another) in all {
        let what = |name: &str| {
            let done = what.replace("{p}", name);
            format!(r#"Try(body: [{done}], except: {{"usage": []}})"#)
        };
        let functions = format!(
            r#""itself": Function(params: [], body: [Let("me", Call("mp.current_process")), {}]),
               "another": Function(params: ["it"], body: [{}]), "rest": Function(params: [], body: [])"#,
            what("me"),
            what("it"),
        );
        let itself = r#"Let("p", New("Process", (target: "itself"))), Call("p.start"), Print(["m"]),
            Call("p.join")"#;
        let another = r#"Let("r", New("Process", (target: "rest"))), Call("r.start"),
            Let("p", New("Process", (target: "another", args: ["$r"]))), Call("p.start"),
            Print(["m"]), Call("p.join"), Call("r.join")"#;
        let of = |main| may_be_undefined(&functions, main, StartMethod::Fork);
        assert_eq!(of(itself), of_oneself, "{functions}");
        assert_eq!(of(another), of_another, "{functions}");
    }
}

#[test]
fn the_bytes_of_an_object_that_was_sent_are_undefined() {
    let table = [
        (r#"Call("b.send", [1])"#, true),
        (r#"Call("b.send", [b"1"])"#, true),
        (r#"Call("b.send_bytes", [b"1"])"#, false),
    ];
    for (sent, expected) in table {
        let main = format!(
            r#"Let("a, b", New("Pipe")), {sent}, Print([Call("a.recv_bytes")]),
               Call("b.send", [2]), Print([Call("a.recv")])"#
        );
        assert_eq!(
            may_be_undefined("", &main, StartMethod::Spawn),
            expected,
            "{sent}"
        );
    }
}

/// Whether the program may come to what is undefined, under each start method.
fn may_be(main: &str, methods: &[StartMethod]) -> Vec<bool> {
    let functions = r#""same": Function(params: ["x"], body: [Return("$x")])"#;
    let case = case(functions, main);
    let of = |method: &StartMethod| behaviour(&case, *method).behaviour.may_be_undefined();
    methods.iter().map(of).collect()
}

#[test]
fn bytes_are_received_as_they_were_sent_or_nobody_knows_as_what() {
    let table = [
        (r#"Call("a.send", [b"x"]), Print([Call("b.recv")])"#, false),
        (
            r#"Call("a.send_bytes", [b"x"]), Print([Call("b.recv_bytes")])"#,
            false,
        ),
        (
            r#"Call("a.send_bytes", [b"x"]), Print([Call("b.recv")])"#,
            true,
        ),
        (
            r#"Call("a.send", [b"x"]), Print([Call("b.recv_bytes")])"#,
            true,
        ),
        (
            r#"Call("a.send", [b"x"]), Call("a.send_bytes", [b"y"]),
               Print([Call("b.recv"), Call("b.recv_bytes")])"#,
            false,
        ),
    ];
    for (main, expected) in table {
        let main = format!(r#"Let("a, b", New("Pipe")), {main}"#);
        let both = [StartMethod::Spawn, StartMethod::Threads];
        assert_eq!(may_be(&main, &both), [expected; 2], "{main}");
    }
}

#[test]
fn a_list_that_is_changed_before_it_is_sent_arrives_nobody_knows_how() {
    let queue = r#"Let("q", New("Queue")), Let("l", [1, [2]]), Let("other", []),"#;
    let pool = r#"Let("p", New("Pool", [1])), Let("l", [1, 2]), Let("other", []),"#;
    let table = [
        (
            queue,
            r#"Call("q.put", ["$l"]), Call("l.append", [3])"#,
            true,
        ),
        (
            queue,
            r#"Call("q.put", [["$l"]]), Call("l.append", [3])"#,
            true,
        ),
        (
            queue,
            r#"Call("q.put", ["$l"]), SetItem(Item("$l", 1), 0, 3)"#,
            true,
        ),
        (
            queue,
            r#"Call("q.put", ["$l"]), Call("other.append", [3])"#,
            false,
        ),
        (
            queue,
            r#"Call("q.put", ["$l"]), Print([Call("l.count", [3])])"#,
            false,
        ),
        (queue, r#"Call("q.put", ["$l"]), Let("l", [])"#, false),
        (
            queue,
            r#"Call("q.put", ["$l"]), Call("q.get"), Call("l.append", [3])"#,
            false,
        ),
        (queue, r#"Call("q.put", [1]), Call("l.append", [3])"#, false),
        (
            pool,
            r#"Let("r", Call("p.apply_async", [Fn("same"), ["$l"]])), Call("l.append", [3])"#,
            true,
        ),
        (
            pool,
            r#"Let("r", Call("p.apply_async", [Fn("same"), ["$l"]])), Call("r.wait"), Call("l.append", [3])"#,
            false,
        ),
        (
            pool,
            r#"Let("r", Call("p.map_async", [Fn("same"), "$l"])), SetItem("$l", 1, 3)"#,
            true,
        ),
        (
            pool,
            r#"Let("r", Call("p.map_async", [Fn("same"), "$l"])), Call("other.append", [3])"#,
            false,
        ),
        (
            pool,
            r#"Let("r", Call("p.imap", [Fn("same"), "$l"])), Call("l.append", [3])"#,
            true,
        ),
        (
            pool,
            r#"Call("p.map", [Fn("same"), "$l"]), Call("l.append", [3])"#,
            false,
        ),
        (
            pool,
            r#"For("i", "$l", [Call("other.append", [Call("p.apply_async", [Fn("same"), ["$i"]])])])"#,
            false,
        ),
    ];
    for (made, main, expected) in table {
        let main = format!("{made} {main}");
        let both = [StartMethod::Spawn, StartMethod::Fork];
        assert_eq!(may_be(&main, &both), [expected; 2], "{main}");
    }
}

#[test]
fn what_was_sent_before_it_was_changed_arrives_as_it_was() {
    let main = r#"Let("q", New("Queue")), Let("l", [1]), Call("q.put", ["$l"]),
        Call("l.append", [2]), Print([Call("q.get")])"#;
    let case = case("", main);
    assert_eq!(outcomes(&case, StartMethod::Spawn), ["[1] → exit 0"]);
    // Threads share the list.
    assert_eq!(outcomes(&case, StartMethod::Threads), ["[1, 2] → exit 0"]);
    let found = behaviour(&case, StartMethod::Spawn).behaviour;
    assert!(found.is_undefined(&outcome(&["[1, 2]"], Ending::Exit(0))));
}

#[test]
fn an_iterator_over_what_has_no_items_fails_at_once_or_later() {
    let table = [
        ("5", true),
        ("\"ab\"", false),
        ("[1]", false),
        ("None", true),
    ];
    for (items, expected) in table {
        let main = format!(
            r#"Let("p", New("Pool", [1])), Let("items", {items}),
               Call("p.imap", [Fn("same"), "$items"])"#
        );
        let both = [StartMethod::Spawn, StartMethod::Threads];
        assert_eq!(may_be(&main, &both), [expected; 2], "{items}");
    }
}

#[test]
fn a_number_of_threads_that_is_given_another_type_may_be_anything() {
    let table = [
        (
            r#"Let("v", New("Value", ["d", 1])), Print(["$v.value"])"#,
            true,
        ),
        (
            r#"Let("v", New("Value", ["d", 1.5])), SetAttr("v.value", 1)"#,
            true,
        ),
        (
            r#"Let("v", New("Value", ["b", 1])), SetAttr("v.value", 300)"#,
            true,
        ),
        (
            r#"Let("v", New("Value", ["i", 1])), SetAttr("v.value", true)"#,
            true,
        ),
        (
            r#"Let("v", New("Value", ["d", 1.5])), SetAttr("v.value", 2.5)"#,
            false,
        ),
        (
            r#"Let("v", New("Value", ["i", 1])), SetAttr("v.value", Add("$v.value", 1))"#,
            false,
        ),
        (
            r#"Let("a", New("Array", ["d", [1, 2]])), SetItem("$a", 0, 3)"#,
            false,
        ),
        (
            r#"Let("a", New("Array", ["b", [1, 2]])), SetItem("$a", 0, 300)"#,
            true,
        ),
    ];
    for (main, expected) in table {
        let both = [StartMethod::Threads, StartMethod::Spawn];
        assert_eq!(may_be(main, &both), [expected, false], "{main}");
    }
}
