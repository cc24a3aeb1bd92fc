//! Programs about processes themselves: how they begin and end, and what they know of each other.

use super::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "a_process_takes_named_arguments_and_a_name",
        text: r#"functions: {"show": Function(params: ["a", "b"], body: [
            Print(["$a", "$b"]),
        ])}, main: [
            Let("p", New("Process", (target: "show", args: [1], kwargs: {"b": [2]}, name: "worker"))),
            Print(["$p.name", "$p.exitcode"]),
            SetAttr("p.name", "other"),
            Call("p.start"), Call("p.join"), Print(["$p.name", "$p.exitcode"]),
        ]"#,
        lines: &["worker None", "1 [2]", "other 0"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_childs_end_is_seen",
        text: r#"functions: {
            "fail": Function(body: [Raise(Error("value", "x"))]),
            "leave": Function(body: [Exit(7)]),
        }, main: [
            For("f", [Fn("fail"), Fn("leave")], [
                Let("p", New("Process", (target: "$f"))),
                Call("p.start"), Call("p.join"), Print(["$p.exitcode", Call("p.is_alive")]),
            ]),
        ]"#,
        lines: &["1 False", "7 False"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "processes_know_each_other",
        text: r#"functions: {"look": Function(params: ["go", "q", "pid"], body: [
            Call("go.get"),
            Let("me", Call("mp.current_process")), Let("parent", Call("mp.parent_process")),
            Call("q.put", [("$me.name", Eq("$parent.pid", "$pid"), Eq("$me.pid", "$pid"))]),
        ])}, main: [
            Let("me", Call("mp.current_process")), Let("go", New("Queue")), Let("q", New("Queue")),
            Let("p", New("Process", (target: "look", args: ["$go", "$q", "$me.pid"], name: "child"))),
            Call("p.start"), Print([Len(Call("mp.active_children"))]), Call("go.put", [1]),
            Print([Call("q.get")]), Call("p.join"), Print([Len(Call("mp.active_children"))]),
        ]"#,
        lines: &["1", "('child', True, False)", "0"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_process_can_signal_itself_and_its_parent",
        text: r#"functions: {
            "die": Function(params: ["signal"], body: [
                Let("me", Call("mp.current_process")),
                If(Eq("$signal", "KILL"), [Signal("$me", "KILL")], [Signal("$me", "TERM")]),
                Settle,
            ]),
            "orphan": Function(params: [], body: [
                Let("child", New("Process", (target: "shoot"))), Call("child.start"), Call("child.join"),
            ]),
            "shoot": Function(params: [], body: [
                Signal(Call("mp.parent_process"), "KILL"),
            ]),
        }, main: [
            For("f, arguments", [(Fn("die"), ["KILL"]), (Fn("die"), ["TERM"]), (Fn("orphan"), [])], [
                Let("p", New("Process", (target: "$f", args: "$arguments"))),
                Call("p.start"), Call("p.join"), Print(["$p.exitcode"]),
            ]),
        ]"#,
        lines: &["-9", "-15", "-9"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_child_of_a_terminated_process_outlives_main",
        text: r#"functions: {
            "deep": Function(params: ["w", "r"], body: [
                Call("w.send", ["deep"]), Call("r.recv"), Settle, Print(["late"]),
            ]),
            "between": Function(params: ["w", "r"], body: [
                Let("p", New("Process", (target: "deep", args: ["$w", "$r"]))),
                Call("p.start"), Call("p.join"),
            ]),
        }, main: [
            Let("r, w", New("Pipe", [false])), Let("go, tell", New("Pipe", [false])),
            Let("p", New("Process", (target: "between", args: ["$w", "$go"]))), Call("p.start"),
            Print([Call("r.recv")]), Call("p.terminate"), Call("p.join"), Print(["$p.exitcode"]),
            Call("tell.send", [1]),
        ], methods: ["fork", "forkserver"]"#,
        lines: &["deep", "-15", "late"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_started_process_may_be_renamed_and_has_nothing_to_run",
        text: r#"functions: {"work": Function(params: [], body: [Print(["work"])])}, main: [
            Let("p", New("Process", (target: "work"))), Call("p.start"), Call("p.join"),
            SetAttr("p.name", "renamed"), Print(["$p.name"]),
            Try(body: [Call("p.run")], except: {"attribute": [Print(["nothing to run"])]}),
        ]"#,
        lines: &["work", "renamed", "nothing to run"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_process_knows_no_exit_code_of_itself_and_cannot_wait_for_itself",
        text: r#"functions: {"ask": Function(params: [], body: [
            Let("me", Call("mp.current_process")),
            Try(body: [Call("me.join")], except: {"usage": [Print(["join"])]}),
            Try(body: [Call("me.start")], except: {"usage": [Print(["start"])]}),
            Print([Call("me.is_alive"), "$me.exitcode"]),
        ])}, main: [
            Let("p", New("Process", (target: "ask"))), Call("p.start"), Call("p.join"),
            Call("ask"),
        ]"#,
        lines: &["join", "start", "True None", "join", "start", "True None"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_process_that_never_started_can_be_closed",
        text: r#"main: [
            Let("p", New("Process")), Call("p.close"), Call("p.close"),
            Try(body: [Call("p.start")], except: {"closed": [Print(["start"])]}),
            Try(body: [Call("p.is_alive")], except: {"closed": [Print(["is_alive"])]}),
            Try(body: [Print(["$p.exitcode"])], except: {"closed": [Print(["exitcode"])]}),
        ]"#,
        lines: &["start", "is_alive", "exitcode"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_process_without_a_name_is_the_nth_child_of_its_parent",
        text: r#"functions: {
            "look": Function(params: ["q"], body: [
                Let("a", New("Process", (target: "tell", args: ["$q"]))),
                Let("b", New("Process", (target: "tell", args: ["$q"]))),
                Call("b.start"), Call("b.join"), Call("q.put", [("$a.name", "$b.name")]),
            ]),
            "tell": Function(params: ["q"], body: [
                Let("me", Call("mp.current_process")), Call("q.put", ["$me.name"]),
            ]),
        }, main: [
            Let("q", New("Queue")),
            Let("a", New("Process", (target: "look", args: ["$q"], name: "a"))),
            Let("b", New("Process", (target: "tell", args: ["$q"]))),
            Let("c", New("Process", (target: "look", args: ["$q"]))),
            Print(["$a.name", "$b.name", "$c.name"]),
            Call("c.start"), Print([Call("q.get"), Call("q.get")]), Call("c.join"), Print(["$c.name"]),
            Call("b.start"), Print([Call("q.get")]), Call("b.join"),
            Call("a.start"), Print([Call("q.get"), Call("q.get")]), Call("a.join"),
        ]"#,
        lines: &[
            "a Process-2 Process-3",
            "Process-3:2 ('Process-3:1', 'Process-3:2')",
            "Process-3",
            "Process-2",
            "Process-1:2 ('Process-1:1', 'Process-1:2')",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "workers_and_the_server_of_a_manager_are_counted_as_children",
        text: r#"main: [
            Let("m", New("Manager")), Let("pool", New("Pool", [2])), Let("p", New("Process")), Print(["$p.name"]),
            Call("pool.terminate"), Call("pool.join"), Call("m.shutdown"),
        ]"#,
        lines: &["Process-4"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "each_process_has_children_of_its_own",
        text: r#"functions: {
            "look": Function(params: ["q", "go"], body: [
                Let("own", New("Process", (target: "wait", args: ["$go"]))), Call("own.start"),
                Call("q.put", [Len(Call("mp.active_children"))]), Call("go.put", [0]), Call("own.join"),
                Call("q.put", [Len(Call("mp.active_children"))]),
            ]),
            "wait": Function(params: ["go"], body: [Call("go.get")]),
        }, main: [
            Let("q", New("Queue")), Let("first", New("Queue")), Let("second", New("Queue")),
            Let("sibling", New("Process", (target: "wait", args: ["$first"]))), Call("sibling.start"),
            Let("p", New("Process", (target: "look", args: ["$q", "$second"]))), Call("p.start"),
            Print([Call("q.get"), Call("q.get")]), Call("p.join"),
            Print([Len(Call("mp.active_children"))]),
            Call("first.put", [0]), Call("sibling.join"), Print([Len(Call("mp.active_children"))]),
        ]"#,
        lines: &["1 0", "1", "0"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_process_that_was_closed_says_so",
        text: r#"functions: {"f": Function(body: [])}, main: [
            Let("p", New("Process", (target: "f"))), Call("p.start"), Call("p.join"), Call("p.close"),
            Try(body: [Print([Eq("$p.pid", None)])], except: {"closed": [Print(["pid"])]}),
            Try(body: [Call("p.start")], except: {"closed": [Print(["start"])]}),
            Try(body: [Call("p.join")], except: {"closed": [Print(["join"])]}),
        ]"#,
        lines: &["pid", "start", "join"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_process_is_given_no_group",
        text: r#"functions: {"f": Function(body: [Print(["f"])])}, main: [
            Try(body: [Let("p", New("Process", [Fn("f")]))], except: {"usage": [Print(["usage"])]}),
            Let("p", New("Process", [None, Fn("f")])), Call("p.start"), Call("p.join"),
        ]"#,
        lines: &["usage", "f"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "what_nobody_takes_holds_up_no_threads",
        text: r#"functions: {"f": Function(params: ["q"], body: [Call("q.put", [Bytes(1048576)])])}, main: [
            Let("q", New("Queue")), Let("p", New("Process", (target: "f", args: ["$q"]))),
            Call("p.start"), Call("p.join"), Call("q.put", [Bytes(1048576)]), Print(["bye"]),
        ], methods: ["threads"]"#,
        lines: &["bye"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_forked_worker_finds_in_its_globals_what_its_initializer_is_given",
        text: r#"globals: {"common": [0], "given": None}, functions: {
            "start": Function(params: ["x"], body: [Call("x.append", [1]), SetGlobal("given", "$x")]),
            "work": Function(params: [], body: [Call("given.append", [2]), Return("$common")]),
        }, main: [
            Let("pool", New("Pool", [1, Fn("start"), ["$common"]])),
            Print([Call("pool.apply", [Fn("work")]), "$common"]),
        ], methods: ["fork"]"#,
        lines: &["[0, 1, 2] [0]"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_process_has_the_name_that_it_gives_itself",
        text: r#"functions: {
            "deep": Function(params: [], body: [
                Let("parent", Call("mp.parent_process")), Print(["$parent.name"]),
            ]),
            "child": Function(params: [], body: [
                Let("me", Call("mp.current_process")), SetAttr("me.name", "other"),
                Let("again", Call("mp.current_process")), Print(["$again.name"]),
                Let("q", New("Process", (target: "deep"))), Call("q.start"), Call("q.join"),
            ]),
        }, main: [
            Let("p", New("Process", (target: "child", name: "one"))), Call("p.start"), Call("p.join"),
            Print(["$p.name"]),
        ], methods: ["spawn", "fork", "forkserver"]"#,
        lines: &["other", "other", "one"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_thread_and_who_started_it_have_one_name_of_it",
        text: r#"functions: {"child": Function(params: [], body: [
            Let("me", Call("mp.current_process")), SetAttr("me.name", "other"),
        ])}, main: [
            Let("p", New("Process", (target: "child", name: "one"))), Call("p.start"), Call("p.join"),
            Print(["$p.name"]), SetAttr("p.name", "third"), Print(["$p.name"]),
        ], methods: ["threads"]"#,
        lines: &["other", "third"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "an_orphan_waits_for_its_parent",
        text: r#"functions: {
            "deep": Function(params: ["w", "r"], body: [
                Let("parent", Call("mp.parent_process")), Print([Call("parent.is_alive")]),
                Call("w.send", [1]), Call("parent.join"),
                Print(["$parent.name", Call("parent.is_alive")]),
            ]),
            "child": Function(params: ["w", "r"], body: [
                Let("q", New("Process", (target: "deep", args: ["$w", "$r"]))), Call("q.start"),
                Call("q.join"),
            ]),
        }, main: [
            Let("r, w", New("Pipe", [false])), Let("go, tell", New("Pipe", [false])),
            Let("p", New("Process", (target: "child", args: ["$w", "$go"], name: "one"))),
            Call("p.start"), Call("r.recv"), Call("p.kill"), Call("p.join"),
        ], methods: ["fork", "forkserver"]"#,
        lines: &["True", "one False"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_process_is_started_by_the_one_that_made_it",
        text: r#"globals: {"given": None}, functions: {
            "work": Function(params: [], body: [Print(["work"])]),
            "begin": Function(params: [], body: [
                Try(body: [Call("given.start")], except: {"usage": [Print(["usage"])]}),
            ]),
        }, main: [
            SetGlobal("given", New("Process", (target: "work"))),
            Let("q", New("Process", (target: "begin"))), Call("q.start"), Call("q.join"),
            Call("given.start"), Call("given.join"),
        ], methods: ["fork", "threads"]"#,
        lines: &["usage", "work"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_closed_connection_is_given_to_nobody",
        text: r#"functions: {"work": Function(params: ["c"], body: [])}, main: [
            Let("a, b", New("Pipe")), Call("a.close"),
            Let("p", New("Process", (target: "work", args: ["$a"]))),
            Try(body: [Call("p.start")], except: {"closed": [Print(["closed"])]}),
            Let("c, d", New("Pipe")),
            Try(body: [Call("c.send", [["$a"]])], except: {"closed": [Print(["closed"])]}),
        ], methods: ["spawn", "forkserver"]"#,
        lines: &["closed", "closed"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "threads_send_whatever_is_long_without_waiting",
        text: r#"functions: {}, main: [
            Let("a, b", New("Pipe")), Call("a.send", [Mul("x", 1000000)]),
            Call("a.send_bytes", [Mul(b"y", 1000000)]), Call("a.send", [[Mul("z", 1000000)]]),
            Print([Len(Call("b.recv")), Len(Call("b.recv_bytes")), Len(Call("b.recv"))]),
        ], methods: ["threads"]"#,
        lines: &["1000000 1000000 1"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "what_is_called_wrongly_fails_where_it_is_called",
        text: r#"functions: {"f": Function(params: ["x"], body: [Return("$x")])}, main: [
            Let("n", 3), Let("p", New("Process", (target: "$n"))), Call("p.start"), Call("p.join"),
            Let("none", 0), Let("q", New("Process", (target: "$none"))), Call("q.start"), Call("q.join"),
            Print(["$p.exitcode", "$q.exitcode"]),
            Try(body: [SetAttr("p.name", 3)], except: {"usage": [Print(["name"])]}),
            Let("pool", New("Pool", [1])), Let("r", Call("pool.apply_async", [Fn("f"), "$n"])),
            Try(body: [Call("r.get")], except: {"type": [Print(["type"])]}),
        ], methods: ["spawn", "fork", "forkserver"]"#,
        lines: &["1 0", "name", "type"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "an_exit_with_a_tuple_is_one_with_what_is_in_it",
        text: r#"functions: {"leave": Function(params: ["code"], body: [Exit("$code")])}, main: [
            For("code", [(), (3,), (None,), ("x",), (1, 2), ((3,),)], [
                Let("p", New("Process", (target: "leave", args: ["$code"]))), Call("p.start"), Call("p.join"),
                Print(["$p.exitcode"]),
            ]),
        ]"#,
        lines: &["0", "3", "0", "1", "1", "1"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "main_is_a_thread_among_threads",
        text: r#"main: [
            Let("p", Call("mp.current_process")), Print([Eq("$p.name", "MainThread"), Eq("$p.name", "MainProcess")]),
        ], methods: ["threads"]"#,
        lines: &["True False"],
        code: 0,
        has_threads: true,
    },
];
