//! The programs, as rows: what they are, what they print and how they end.

mod containers;
mod objects;
mod processes;

/// A program with one outcome.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// The case's fields but for title, clauses and claims.
    pub(crate) text: &'static str,
    pub(crate) lines: &'static [&'static str],
    pub(crate) code: i32,
    /// Whether the outcome is the same where processes are threads.
    pub(crate) has_threads: bool,
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Program> {
    let all = PROGRAMS.iter().chain(containers::PROGRAMS);
    all.chain(objects::PROGRAMS).chain(processes::PROGRAMS)
}

/// Of the language, and of what processes exchange.
const PROGRAMS: &[Program] = &[
    Program {
        name: "finally_runs_and_errors_are_taken_by_kind",
        text: r#"main: [
            Try(body: [
                Try(body: [Raise(Error("value", "boom"))], except: {"key": [Print(["no"])]},
                    finally: [Print(["inner finally"])]),
            ], except: {"value": [Print(["value"])], "any": [Print(["any"])]}, finally: [Print(["end"])]),
            Try(body: [Print([Item([1], 3)])], except: {"index": [Print(["index"])]}),
            Try(body: [Print([Item({1: 2}, 3)])], except: {"key": [Print(["key"])]}),
            Try(body: [Print([Div(1, 0)])], except: {"zero_division": [Print(["zero"])]}),
        ]"#,
        lines: &["inner finally", "value", "end", "index", "key", "zero"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "an_exit_unwinds_and_is_no_error",
        text: r#"functions: {"leave": Function(body: [
            Try(body: [Exit(259)], except: {"any": [Print(["taken"])]}, finally: [Print(["unwound"])]),
        ])}, main: [Call("leave"), Print(["never"])]"#,
        lines: &["unwound"],
        code: 3,
        has_threads: true,
    },
    Program {
        name: "an_uncaught_error_ends_main_with_1",
        text: r#"main: [Print(["before"]), Raise(Error("value", "boom"))]"#,
        lines: &["before"],
        code: 1,
        has_threads: true,
    },
    Program {
        name: "containers_are_references_inside_a_process",
        text: r#"functions: {"grow": Function(params: ["list"], body: [Call("list.append", [2])])},
        main: [
            Let("a", [1]), Let("b", "$a"), Call("grow", ["$b"]), Print(["$a", Eq("$a", "$b")]),
            SetItem("$a", 0, "x"), Print(["$b", Len("$b"), In(2, "$b")]),
            Let("d", {1: "one"}), SetItem("$d", true, "two"), Print(["$d", Call("d.get", [2, "no"])]),
            Let("x, y", (1, 2)), Print([Add("$x", "$y"), Sorted([3, 1]), Sum([0.5, 1])]),
            For("k, v", Call("d.items"), [Print(["$k", "$v"])]),
        ]"#,
        lines: &[
            "[1, 2] True",
            "['x', 2] 2 True",
            "{1: 'two'} no",
            "3 [1, 3] 1.5",
            "1 two",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_with_gives_back_what_it_took",
        text: r#"main: [
            Let("lock", New("Lock")),
            Try(body: [With("$lock", [Raise(Error("value", "x"))])], except: {"value": [Print(["out"])]}),
            Print([Call("lock.acquire", (timeout: Soon)), Call("lock.acquire", [false])]),
        ]"#,
        lines: &["out", "True False"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "arguments_and_messages_are_copies",
        text: r#"functions: {"grow": Function(params: ["list", "q"], body: [
            Call("list.append", [2]), Call("q.put", ["$list"]),
        ])}, main: [
            Let("q", New("Queue")), Let("list", [1]),
            Let("p", New("Process", (target: "grow", args: ["$list", "$q"]))),
            Call("p.start"), Print([Call("q.get")]), Call("p.join"), Print(["$list"]),
        ]"#,
        lines: &["[1, 2]", "[1]"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_connection_travels_through_a_queue",
        text: r#"functions: {"answer": Function(params: ["q"], body: [
            Let("c", Call("q.get")), Call("c.send", [{"k": (1, None, b"\xff", 0.25)}]), Call("c.close"),
        ])}, main: [
            Let("q", New("Queue")), Let("r, w", New("Pipe", [false])),
            Let("p", New("Process", (target: "answer", args: ["$q"]))),
            Call("p.start"), Call("q.put", ["$w"]), Print([Call("r.recv")]), Call("p.join"),
        ]"#,
        lines: &["{'k': (1, None, b'\\xff', 0.25)}"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_pool_calls_named_functions",
        text: r#"functions: {
            "start": Function(params: ["n"], body: [SetGlobal("base", "$n")]),
            "add": Function(params: ["a", "b"], body: [Return(Add("$base", Add("$a", "$b")))]),
            "fail": Function(params: ["x"], body: [Raise(Error("key", "no $x"))]),
            "done": Function(params: ["r"], body: [Print(["callback", "$r"])]),
            "failed": Function(params: ["e"], body: [Print(["error callback", "$e"])]),
        }, globals: {"base": 0}, main: [
            Let("pool", New("Pool", (processes: 2, initializer: "start", initargs: [100]))),
            Print([Call("pool.starmap", [Fn("add"), [(1, 2), (3, 4)]])]),
            Print([Call("pool.apply", [Fn("add")], (args: [1], kwds: {"b": 5}))]),
            Let("r", Call("pool.apply_async", [Fn("add"), [1, 1]], (callback: Fn("done")))),
            Print([Call("r.get"), Call("r.ready"), Call("r.successful")]),
            Let("e", Call("pool.map_async", [Fn("fail"), [1]], (error_callback: Fn("failed")))),
            Try(body: [Call("e.get")], except: {"key": [Print(["key"])]}),
            Print([List(Call("pool.imap", [Fn("done"), []]))]),
            Call("pool.close"), Call("pool.join"),
            Try(body: [Call("pool.apply", [Fn("add"), [1, 1]])], except: {"closed": [Print(["closed"])]}),
        ]"#,
        lines: &[
            "[103, 107]",
            "106",
            "callback 102",
            "102 True True",
            "error callback 'no $x'",
            "key",
            "[]",
            "closed",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_drain_ends_at_its_stop_value",
        text: r#"functions: {"produce": Function(params: ["q"], body: [
            For("i", Range(3), [Call("q.put", ["$i"])]), Call("q.put", [None]),
        ])}, main: [
            Let("q", New("Queue")), Let("p", New("Process", (target: "produce", args: ["$q"]))),
            Call("p.start"),
            Drain(queue: "$q", name: "x", until: None, body: [Print(["$x"])]),
            Call("p.join"), Print([Call("q.empty")]),
        ]"#,
        lines: &["0", "1", "2", "True"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_condition_needs_its_lock",
        text: r#"main: [
            Let("c", New("Condition")),
            Try(body: [Call("c.notify")], except: {"not_owner": [Print(["not owner"])]}),
            With("$c", [Print([Call("c.wait", (timeout: Soon))])]),
            Let("s", New("Semaphore", [2])),
            Print([Call("s.acquire"), Call("s.acquire"), Call("s.acquire", [false])]),
        ]"#,
        lines: &["not owner", "False", "True True False"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "shared_numbers_are_seen_by_the_creator",
        text: r#"functions: {"change": Function(params: ["v", "a"], body: [
            SetAttr("v.value", 2.5), SetItem("$a", -1, 9),
        ])}, main: [
            Let("v", New("Value", ["d", 0.0])), Let("a", New("Array", ["i", [1, 2, 3]])),
            Let("p", New("Process", (target: "change", args: ["$v", "$a"]))),
            Call("p.start"), Call("p.join"),
            Print(["$v.value", Slice("$a"), Slice("$a", 1), Item("$a", 0), Len("$a"), List("$a")]),
            Try(body: [Print([Item("$a", 3)])], except: {"index": [Print(["index"])]}),
        ]"#,
        lines: &["2.5 [1, 2, 9] [2, 9] 1 3 [1, 2, 9]", "index"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "managed_containers_do_what_pythons_do",
        text: r#"functions: {"change": Function(params: ["d", "l"], body: [
            SetItem("$d", 1.0, "one"), Call("d.update", [{"k": [1]}]), Call("l.extend", [[3, 1]]),
        ])}, main: [
            Let("m", New("Manager")),
            Let("d", Call("m.dict", [{true: "first"}])), Let("l", Call("m.list", [[2]])),
            Let("p", New("Process", (target: "change", args: ["$d", "$l"]))),
            Call("p.start"), Call("p.join"),
            Print(["$d", "$l", Len("$d"), Item("$d", 1), In(true, "$d"), Slice("$l", 1)]),
            Call("l.sort"), Call("l.insert", [0, None]), Call("l.remove", [2.0]),
            Print(["$l", Call("l.index", [3]), Call("l.count", [1]), Call("l.pop")]),
            Print([Call("d.pop", [1]), Call("d.pop", [7, "no"]), Call("d.setdefault", ["k", 0])]),
            Print([Dict("$d"), Call("d.keys"), Call("d.values"), Call("d.items"), Call("d.get", [5])]),
            Try(body: [Print([Item("$d", 5)])], except: {"key": [Print(["key"])]}),
            Try(body: [Print([Item("$l", 9)])], except: {"index": [Print(["index"])]}),
            Call("m.shutdown"),
        ]"#,
        lines: &[
            "{True: 'one', 'k': [1]} [2, 3, 1] 2 one True [3, 1]",
            "[None, 1] 2 1 3",
            "one no [1]",
            "{'k': [1]} ['k'] [[1]] [('k', [1])] None",
            "key",
            "index",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "of_equal_keys_a_managed_dict_shows_the_first",
        text: r#"main: [
            Let("m", New("Manager")), Let("d", Call("m.dict")),
            SetItem("$d", 1, "a"), Call("d.update", [{true: "b"}]), Call("d.setdefault", [1.0, "c"]),
            SetItem("$d", (true, 2.0), 0), SetItem("$d", (1, 2), 1),
            Print([Call("d.copy"), Call("d.keys"), Call("d.items")]),
            Print([Call("d.pop", [true])]), SetItem("$d", 1.0, "z"), Print(["$d"]),
            Call("m.shutdown"),
        ]"#,
        lines: &[
            "{1: 'b', (True, 2.0): 1} [1, (True, 2.0)] [(1, 'b'), ((True, 2.0), 1)]",
            "b",
            "{(True, 2.0): 1, 1.0: 'z'}",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_served_manager_shares_by_name",
        text: r#"functions: {"look": Function(params: ["address"], body: [
            Let("c", New("ManagerClient", ["$address", b"key"])),
            Try(body: [Call("c.shared", ["gate"])], except: {"usage": [Print(["not connected"])]}),
            Call("c.connect"),
            Let("gate", Call("c.shared", ["gate"])), Let("n", Call("c.shared", ["n"])),
            With("$gate", [SetAttr("n.x", (1, 2))]),
            Try(body: [Call("c.shared", ["none"])], except: {"attribute": [Print(["no such name"])]}),
        ])}, main: [
            Let("s", New("ManagerServer", [b"key", {"gate": "Lock", "n": "Namespace"}])),
            Let("p", New("Process", (target: "look", args: ["$s.address"]))),
            Call("p.start"), Call("p.join"),
            Let("n", Call("s.shared", ["n"])), Print(["$n.x"]), Call("s.shutdown"),
        ]"#,
        lines: &["not connected", "no such name", "(1, 2)"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_list_that_holds_itself_is_an_error_to_print",
        text: r#"main: [
            Let("a", [1]), Call("a.append", ["$a"]),
            Try(body: [Print(["$a"])], except: {"value": [Print(["not printed"])]}),
        ]"#,
        lines: &["not printed"],
        code: 0,
        has_threads: true,
    },
    Program {
        // Threads hand it over as it is.
        name: "a_list_nested_very_deep_is_an_error_to_send",
        text: r#"main: [
            Let("a", [1]), For("i", Range(300), [Let("a", ["$a"])]),
            Let("r, w", New("Pipe")),
            Try(body: [Call("w.send", ["$a"])], except: {"serialize": [Print(["not sent"])]}),
            Call("w.send", ["next"]), Print([Call("r.recv")]),
        ]"#,
        lines: &["not sent", "next"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "values_of_a_line_and_of_an_item_are_there_before_it_is_made",
        text: r#"main: [
            Let("list", [1, [2, 3]]), Print(["$list", Call("list.pop"), "$list"]),
            Let("q", New("SimpleQueue")), Call("q.put", ["value"]), Call("q.put", ["key"]),
            Let("d", {}), SetItem("$d", Call("q.get"), Call("q.get")), Print(["$d"]),
        ]"#,
        lines: &["[1] [2, 3] [1]", "{'key': 'value'}"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "what_has_ended_cannot_be_entered_but_an_end_of_a_pipe",
        text: r#"main: [
            Let("pool", New("Pool", [1])), Call("pool.close"),
            Try(body: [With("$pool", [Print(["in"])])], except: {"closed": [Print(["closed pool"])]}),
            Call("pool.terminate"),
            Try(body: [With("$pool", [Print(["in"])])], except: {"closed": [Print(["ended pool"])]}),
            Call("pool.join"),
            Let("m", New("Manager")), With("$m", []),
            Try(body: [With("$m", [Print(["in"])])], except: {"closed": [Print(["ended manager"])]}),
            Let("a, b", New("Pipe")), Call("a.close"), With("$a", [Print(["in a closed end"])]),
        ]"#,
        lines: &[
            "closed pool",
            "ended pool",
            "ended manager",
            "in a closed end",
        ],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "threads_hand_over_the_very_values",
        text: r#"functions: {
            "grow": Function(params: ["list"], body: [Call("list.append", [1]), Return("$list")]),
        }, methods: ["threads"], main: [
            Let("m", New("Manager")),
            Let("d", Call("m.dict")), SetItem("$d", "k", []), Call("grow", [Item("$d", "k")]),
            Let("l", Call("m.list", [[[]]])), Call("grow", [Item("$l", 0)]),
            Let("n", Call("m.Namespace")), SetAttr("n.x", []), Call("grow", ["$n.x"]), Call("grow", ["$n.x"]),
            Let("v", Call("m.Value", ["i", []])), Call("grow", ["$v.value"]),
            Print(["$d", "$l", "$n.x", "$v.value"]),
            Let("q", New("Queue")), Let("own", []), Call("q.put", ["$own"]), Call("grow", [Call("q.get")]),
            Let("mq", Call("m.Queue")), Call("mq.put", ["$own"]), Call("grow", [Call("mq.get")]),
            Let("a, b", New("Pipe")), Call("a.send", ["$own"]), Call("grow", [Call("b.recv")]),
            Let("pool", New("Pool", [1])),
            Call("grow", [Call("pool.apply", [Fn("grow"), ["$own"]])]),
            Print(["$own"]),
            Call("pool.close"), Call("pool.join"),
        ]"#,
        lines: &["{'k': [1]} [[1]] [1, 1] [1]", "[1, 1, 1, 1, 1]"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "an_item_of_a_starmap_that_is_no_sequence_fails_in_the_worker",
        text: r#"functions: {"task": Function(params: ["x"], body: [Return("$x")])}, main: [
            Let("pool", New("Pool", [1])),
            Let("r", Call("pool.starmap_async", [Fn("task"), [1]])), Print(["given"]),
            Try(body: [Call("r.get")], except: {"type": [Print(["type"])]}),
            Print([Call("pool.starmap", [Fn("task"), [New("Array", ["i", [7]]), (8,)]])]),
            Call("pool.close"), Call("pool.join"),
        ]"#,
        lines: &["given", "type", "[7, 8]"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "what_a_manager_makes_among_threads_outlives_it",
        text: r#"functions: {"late": Function(params: ["e", "l"], body: [
            Call("e.wait"), With("$l", [Print(["late"])]),
        ])}, methods: ["threads"], main: [
            Let("m", New("Manager")), Let("e", Call("m.Event")), Call("m.shutdown"),
            Let("l", Call("m.Lock")), Call("l.acquire"),
            Let("p", New("Process", (target: "late", args: ["$e", "$l"]))), Call("p.start"),
            Print(["main"]), Call("l.release"), Call("e.set"),
        ]"#,
        lines: &["main", "late"],
        code: 0,
        has_threads: true,
    },
];
