//! Where the documentation leaves a choice, each is allowed, and what it promises is not left out.

use poolproof_case::StartMethod;

use crate::{case, outcomes};

/// Functions that the programs of a table have in common.
const FUNCTIONS: &str = r#"
    "die": Function(params: [], body: [Exit(1)]),
    "die_of": Function(params: ["x"], body: [If(Eq("$x", 0), [Exit(1)]), Return("$x")]),
    "told": Function(params: ["e"], body: [Print(["told"])])
"#;

/// That each program has just these outcomes under these start methods.
fn check(methods: &[StartMethod], table: &[(&str, &[&str])]) {
    for (main, expected) in table {
        let case = case(FUNCTIONS, main);
        for method in methods {
            assert_eq!(outcomes(&case, *method), *expected, "{method}: {main}");
        }
    }
}

pub(crate) const PROCESSES: &[StartMethod] = &[
    StartMethod::Spawn,
    StartMethod::Fork,
    StartMethod::Forkserver,
];

#[test]
fn a_lost_task_never_comes_or_is_an_error_and_each_limit_holds() {
    check(
        PROCESSES,
        &[
            (
                r#"Let("p", New("Pool", [1])), Let("r", Call("p.apply_async", [Fn("die")])),
                   Try(body: [Call("r.get", [Late])], except: {
                     "worker_lost": [Print(["lost"])], "timeout": [Print(["timeout"])] })"#,
                &["lost → exit 0", "timeout → exit 0"],
            ),
            (
                r#"Let("p", New("Pool", [1])), Let("r", Call("p.apply_async", [Fn("die")])),
                   Call("r.wait"), Print([Call("r.ready"), Call("r.successful")])"#,
                &[" → hang", "True False → exit 0"],
            ),
            (
                r#"Let("p", New("Pool", [1])), Let("r", Call("p.apply_async", [Fn("die")])),
                   Call("r.wait", [Late]), Print([Call("r.ready")])"#,
                &["False → exit 0", "True → exit 0"],
            ),
            (
                r#"Let("p", New("Pool", [1])),
                   Let("r", Call("p.apply_async", [Fn("die")], (error_callback: Fn("told")))),
                   Call("r.wait", [Late]), Print(["main"])"#,
                &["main → exit 0", "told / main → exit 0"],
            ),
            (
                r#"Let("p", New("Pool", [1])), Let("r", Call("p.map_async", [Fn("die_of"), [0]])),
                   Try(body: [Print([Call("r.get")])],
                       except: {"worker_lost": [Print(["lost"])]})"#,
                &[" → hang", "lost → exit 0"],
            ),
        ],
    );
}

#[test]
fn an_iterators_lost_result_never_comes_or_is_an_error_in_its_turn() {
    check(
        PROCESSES,
        &[
            (
                r#"Let("p", New("Pool", [1])), Let("i", Call("p.imap", [Fn("die_of"), [0, 1]])),
                   Try(body: [Call("i.next")], except: {"worker_lost": [Print(["lost"])]}),
                   Print([Call("i.next")])"#,
                &[" → hang", "lost / 1 → exit 0"],
            ),
            (
                r#"Let("p", New("Pool", [1])), Let("i", Call("p.imap", [Fn("die_of"), [0]])),
                   Try(body: [Call("i.next", [Late])], except: {
                     "worker_lost": [Print(["lost"])], "timeout": [Print(["timeout"])] })"#,
                &["lost → exit 0", "timeout → exit 0"],
            ),
            (
                r#"Let("p", New("Pool", [1])),
                   Let("i", Call("p.imap_unordered", [Fn("die_of"), [0, 1]])),
                   Repeat(2, [Try(body: [Print([Call("i.next")])],
                                  except: {"worker_lost": [Print(["lost"])]})])"#,
                &["1 / lost → exit 0", "1 → hang", "lost / 1 → exit 0"],
            ),
        ],
    );
}

#[test]
fn a_callback_may_terminate_its_pool() {
    let functions = r#""fail": Function(params: [], body: [Raise(Error("value", "x"))]),
        "stop": Function(params: ["e"], body: [Print(["failed"]), Call("common.terminate")])"#;
    let main = r#"Let("p", New("Pool", [2])), SetGlobal("common", "$p"),
        Let("r", Call("p.apply_async", [Fn("fail")], (error_callback: Fn("stop")))),
        Call("r.wait", [Late]), Call("p.join"), Print(["joined"])"#;
    let case = case(functions, main);
    for method in PROCESSES {
        assert_eq!(outcomes(&case, *method), ["failed / joined → exit 0"]);
    }
}

#[test]
fn a_callback_and_main_share_the_memory_and_the_feeder_of_their_process() {
    let functions = r#""one": Function(params: [], body: [Return(1)]),
        "note": Function(params: ["r"], body: [Print(["in"]), Call("common.append", ["$r"])])"#;
    let count = r#"Let("all", []), SetGlobal("common", "$all"), Let("p", New("Pool", [1])),
        Let("r", Call("p.apply_async", [Fn("one")], (callback: Fn("note")))),
        Print(["main"]), Print([Len("$all")]), Call("r.wait")"#;
    let expected = [
        "in / main / 0 → exit 0",
        "in / main / 1 → exit 0",
        "main / 0 / in → exit 0",
        "main / in / 0 → exit 0",
        "main / in / 1 → exit 0",
    ];
    let found = outcomes(&case(functions, count), StartMethod::Spawn);
    assert_eq!(found, expected);
    let functions = r#""one": Function(params: [], body: [Return(1)]),
        "put": Function(params: ["r"], body: [Call("common.put", ["in"])])"#;
    let put = r#"Let("q", New("Queue")), SetGlobal("common", "$q"), Let("p", New("Pool", [1])),
        Call("p.apply_async", [Fn("one")], (callback: Fn("put"))), Call("q.put", ["main"]),
        Print([Call("q.get"), Call("q.get")]), Call("p.close"), Call("p.join")"#;
    let found = outcomes(&case(functions, put), StartMethod::Spawn);
    assert_eq!(found, ["in main → exit 0", "main in → exit 0"]);
}

#[test]
fn when_a_replaced_worker_copies_its_creator_is_open() {
    let functions = r#""see": Function(params: [], body: [Return("$last")])"#;
    let main = r#"Let("p", New("Pool", (processes: 1, maxtasksperchild: 1))),
        Print([Call("p.apply", [Fn("see")])]), SetGlobal("last", 1),
        Print([Call("p.apply", [Fn("see")])]), Print([Call("p.apply", [Fn("see")])]),
        Call("p.close"), Call("p.join"), Print(["end"])"#;
    let case = case(functions, main);
    let forked = [
        "None / 1 / 1 / end → exit 0",
        "None / None / 1 / end → exit 0",
    ];
    assert_eq!(outcomes(&case, StartMethod::Fork), forked);
    let spawned = ["None / None / None / end → exit 0"];
    assert_eq!(outcomes(&case, StartMethod::Spawn), spawned);
}

#[test]
fn a_signal_to_oneself_has_arrived_when_the_program_goes_on() {
    check(
        PROCESSES,
        &[
            (
                r#"Let("me", Call("mp.current_process")), Signal("$me", "CONT"), Print(["on"]),
                   Signal("$me", "KILL")"#,
                &["on → signal KILL"],
            ),
            (
                r#"Let("me", Call("mp.current_process")), Signal("$me", "STOP"), Print(["on"])"#,
                &[" → hang"],
            ),
        ],
    );
}

#[test]
fn a_poll_among_threads_finds_an_end_or_nothing_where_the_other_end_is_closed() {
    let table: [(&str, &[&str]); 4] = [
        (
            r#"Print([Call("a.poll")])"#,
            &["False → exit 0", "True → exit 0"],
        ),
        (
            r#"Print([Call("a.poll", [Late])])"#,
            &["False → exit 0", "True → exit 0"],
        ),
        (
            r#"Print([Call("a.poll", [Soon])])"#,
            &["False → exit 0", "True → exit 0"],
        ),
        (
            r#"Print([Call("a.poll", [None])])"#,
            &[" → hang", "True → exit 0"],
        ),
    ];
    for (poll, expected) in table {
        let main = format!("Let(\"a, b\", New(\"Pipe\")), Call(\"b.close\"), {poll}");
        let found = outcomes(&case("", &main), StartMethod::Threads);
        assert_eq!(found, expected, "{poll}");
    }
}

#[test]
fn a_pool_replaces_workers_until_its_creator_ends_them() {
    let functions = r#""begin": Function(params: [], body: [Print(["begin"])]),
        "task": Function(params: [], body: [])"#;
    let main = r#"Let("pool", New("Pool", [1], (initializer: Fn("begin"), maxtasksperchild: 1))),
        Let("q", New("SimpleQueue")), Call("pool.apply_async", [Fn("task")]), Call("q.put", [1])"#;
    let case = case(functions, main);
    for method in PROCESSES {
        let expected = [" → exit 0", "begin / begin → exit 0", "begin → exit 0"];
        assert_eq!(outcomes(&case, *method), expected, "{method}");
    }
}

#[test]
fn a_worker_that_keeps_a_lock_is_not_like_the_others() {
    let functions = r#""take": Function(params: ["n"], body: [
            Print(["take", "$n"]), Call("common.acquire"), Print(["took", "$n"])])"#;
    let main = r#"SetGlobal("common", New("RLock")), Let("pool", New("Pool", [2])),
        Call("pool.apply", [Fn("take"), [1]]), Call("pool.apply", [Fn("take"), [2]])"#;
    let expected = [
        "take 1 / took 1 / take 2 / took 2 → exit 0",
        "take 1 / took 1 / take 2 → hang",
    ];
    assert_eq!(
        outcomes(&case(functions, main), StartMethod::Fork),
        expected
    );
}

#[test]
fn a_callbacks_error_is_dropped_or_becomes_the_result() {
    let functions = r#""one": Function(params: [], body: [Return(1)]),
        "fail": Function(params: ["r"], body: [Raise(Error("value", "x"))])"#;
    let main = r#"Let("p", New("Pool", [1])),
        Let("r", Call("p.apply_async", [Fn("one")], (callback: Fn("fail")))),
        Try(body: [Print([Call("r.get")])], except: {"value": [Print(["value"])]})"#;
    let case = case(functions, main);
    for method in PROCESSES {
        assert_eq!(outcomes(&case, *method), ["1 → exit 0", "value → exit 0"]);
    }
}

#[test]
fn a_get_that_does_not_wait_may_find_the_readers_place_taken() {
    let functions = r#""get": Function(params: ["q"], body: [Call("q.get")]),
        "put": Function(params: ["q"], body: [Call("q.put", [1]), Call("q.put", [2])])"#;
    let main = |is_watched: bool| {
        let watched = if is_watched {
            r#"Call("p.start"),"#
        } else {
            ""
        };
        format!(
            r#"Let("q", New("Queue")), Let("p", New("Process", (target: "get", args: ["$q"]))),
               Let("r", New("Process", (target: "put", args: ["$q"]))), {watched}
               Call("r.start"), Call("r.join"),
               Try(body: [Call("q.get_nowait"), Print(["value"])],
                   except: {{"empty": [Print(["empty"])]}})"#
        )
    };
    for method in PROCESSES {
        let alone = outcomes(&case(functions, &main(false)), *method);
        assert_eq!(alone, ["value → exit 0"], "{method}");
        let beside = outcomes(&case(functions, &main(true)), *method);
        assert!(beside.contains(&"empty → exit 0".to_owned()), "{method}");
    }
}

#[test]
fn what_was_put_keeps_its_process_until_it_is_taken() {
    let functions = r#""put": Function(params: ["q"], body: [Call("q.put", [Bytes(large)])])"#;
    let main = r#"Let("q", New("Queue")),
        Let("p", New("Process", (target: "put", args: ["$q"]))), Call("p.start"),
        Call("p.join"), Print(["joined"])"#;
    let case = case(functions, main);
    for method in PROCESSES {
        // How much the pipe takes before anything is read is nobody's promise.
        assert_eq!(outcomes(&case, *method), [" → hang", "joined → exit 0"]);
    }
}

#[test]
fn an_end_that_a_forked_child_inherits_may_stay_open() {
    let functions = r#""read": Function(params: ["r"], body: [
        Try(body: [Call("r.recv")], except: {"eof": [Print(["eof"])]}) ])"#;
    let main = r#"Let("r, w", New("Pipe", [false])),
        Let("p", New("Process", (target: "read", args: ["$r"]))), Call("p.start"),
        Call("w.close"), Call("p.join")"#;
    let case = case(functions, main);
    assert_eq!(
        outcomes(&case, StartMethod::Fork),
        [" → hang", "eof → exit 0"]
    );
    assert_eq!(outcomes(&case, StartMethod::Spawn), ["eof → exit 0"]);
}

#[test]
fn what_cannot_be_put_is_refused_or_never_arrives() {
    let main = r#"Let("q", New("Queue")),
        Try(body: [Call("q.put", [New("Lock")])],
            except: {"not_inheritable": [Print(["refused"])]}),
        Call("q.put", [2]), Print([Call("q.get")]),
        Try(body: [Call("q.get", (timeout: Late))], except: {"empty": [Print(["empty"])]})"#;
    let case = case("", main);
    for method in PROCESSES {
        let expected = ["2 / empty → exit 0", "refused / 2 / empty → exit 0"];
        assert_eq!(outcomes(&case, *method), expected, "{method}");
    }
}

#[test]
fn a_lock_among_a_tasks_arguments_is_refused_or_works() {
    let functions =
        r#""hold": Function(params: ["lock"], body: [With("$lock", [Return("held")])])"#;
    let main = r#"Let("lock", New("Lock")), Let("p", New("Pool", [1])),
        Try(body: [Print([Call("p.apply", [Fn("hold"), ["$lock"]])])],
            except: {"not_inheritable": [Print(["refused"])]})"#;
    let case = case(functions, main);
    for method in PROCESSES {
        let expected = ["held → exit 0", "refused → exit 0"];
        assert_eq!(outcomes(&case, *method), expected, "{method}");
    }
}

#[test]
fn the_rest_of_a_chunk_after_an_error_is_open_and_so_is_whether_an_iterator_goes_on() {
    let functions = r#"
        "some": Function(params: ["x"], body: [
            If(Eq("$x", 0), [Raise(Error("value", "zero"))]), Return("$x")]),
        "tell": Function(params: ["x"], body: [
            Print(["task", "$x"]),
            If(Eq("$x", 0), [Raise(Error("value", "zero"))]), Return("$x")])
    "#;
    let table: &[(&str, &[&str])] = &[
        (
            r#"Let("p", New("Pool", [1])),
               Let("i", Call("p.imap", [Fn("some"), [0, 1, 2, 3]], (chunksize: 2))),
               Repeat(4, [Try(body: [Print([Call("i.next")])],
                   except: {"value": [Print(["zero"])], "empty": [Print(["stop"])]})])"#,
            &[
                "zero / 1 / 2 / 3 → exit 0",
                "zero / 2 / 3 / stop → exit 0",
                "zero / stop / stop / stop → exit 0",
            ],
        ),
        (
            r#"Let("p", New("Pool", [1])),
               Try(body: [Call("p.map", [Fn("tell"), [1, 0, 2], 3])],
                   except: {"value": [Print(["zero"])]})"#,
            &[
                "task 1 / task 0 / task 2 / zero → exit 0",
                "task 1 / task 0 / zero → exit 0",
            ],
        ),
        (
            r#"Let("p", New("Pool", [1])),
               Let("i", Call("p.imap", [Fn("some"), [0, 1]])),
               Repeat(3, [Try(body: [Print([Call("i.next")])],
                   except: {"value": [Print(["zero"])], "empty": [Print(["stop"])]})])"#,
            &["zero / 1 / stop → exit 0"],
        ),
    ];
    for (main, expected) in table {
        let case = case(functions, main);
        for method in StartMethod::ALL {
            assert_eq!(outcomes(&case, method), *expected, "{method}: {main}");
        }
    }
}

#[test]
fn a_connection_whose_sender_has_ended_arrives_or_is_lost() {
    let functions = r#"
        "give": Function(params: ["q"], body: [
            Let("r, w", New("Pipe", (duplex: false))), Call("w.send", ["hello"]),
            Call("q.put", ["$r"])]),
        "send": Function(params: ["c"], body: [
            Let("r, w", New("Pipe", (duplex: false))), Call("w.send", ["hello"]),
            Call("c.send", ["$r"])]),
        "give_and_wait": Function(params: ["q", "e"], body: [
            Let("r, w", New("Pipe", (duplex: false))), Call("w.send", ["hello"]),
            Call("q.put", ["$r"]), Call("e.wait")])
    "#;
    let takes = r#"Try(body: [Let("r", Call("q.get")), Print([Call("r.recv")])],
        except: {"any": [Print(["lost"])]})"#;
    let table = [
        (
            format!(
                r#"Let("q", New("Queue")),
                   Let("p", New("Process", (target: "give", args: ["$q"]))), Call("p.start"),
                   Call("p.join"), {takes}"#
            ),
            vec!["hello → exit 0", "lost → exit 0"],
        ),
        (
            r#"Let("a, b", New("Pipe")),
               Let("p", New("Process", (target: "send", args: ["$b"]))), Call("p.start"),
               Call("p.join"), Try(body: [Let("r", Call("a.recv")), Print([Call("r.recv")])],
               except: {"any": [Print(["lost"])]})"#
                .to_owned(),
            vec!["hello → exit 0", "lost → exit 0"],
        ),
        (
            format!(
                r#"Let("q", New("Queue")), Let("e", New("Event")),
                   Let("p", New("Process", (target: "give_and_wait", args: ["$q", "$e"]))),
                   Call("p.start"), {takes}, Call("e.set"), Call("p.join")"#
            ),
            vec!["hello → exit 0"],
        ),
    ];
    for (main, expected) in &table {
        let case = case(functions, main);
        for method in PROCESSES {
            assert_eq!(outcomes(&case, *method), *expected, "{method}: {main}");
        }
    }
}

#[test]
fn a_queue_may_look_empty_just_after_a_put_among_threads_too() {
    let case = case(
        FUNCTIONS,
        r#"Let("q", New("Queue")), Call("q.put", [1]), Print([Call("q.empty")]), Call("q.get")"#,
    );
    for method in StartMethod::ALL {
        let expected = ["False → exit 0", "True → exit 0"];
        assert_eq!(outcomes(&case, method), expected, "{method}");
    }
}

#[test]
fn what_was_started_has_handed_its_work_over_and_a_thread_may_still_have_it() {
    let functions = r#""work": Function(params: ["x"], body: [Print(["work", "$x"])])"#;
    let main = r#"Let("p", New("Process", (target: "work", args: [1]))), Call("p.start"), Call("p.join"),
        SetAttr("p.name", "renamed"), Print(["$p.name"]),
        Try(body: [Call("p.run")], except: {"attribute": [Print(["nothing to run"])]})"#;
    let case = case(functions, main);
    let handed_over = "work 1 / renamed / nothing to run → exit 0";
    for method in PROCESSES {
        assert_eq!(outcomes(&case, *method), [handed_over], "{method}");
    }
    let again = "work 1 / renamed / work 1 → exit 0";
    assert_eq!(outcomes(&case, StartMethod::Threads), [handed_over, again]);
}
