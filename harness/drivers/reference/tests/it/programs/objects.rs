//! Programs about objects themselves: which is which, which is true, and by what lock they are guarded.

use super::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "a_value_or_array_is_guarded_by_the_lock_given",
        text: r#"functions: {"look": Function(params: ["v"], body: [
            Let("l", Call("v.get_lock")), Print([Call("l.acquire", [false])]),
        ])}, main: [
            Let("plain", New("Lock")), Let("again", New("RLock")), Let("count", New("Semaphore")),
            Let("m", New("Manager")), Let("far", Call("m.Lock")), Let("when", New("Condition")),
            For("lock", ["$plain", "$again", "$count", "$when", "$far"], [
                For("v", [New("Value", ["i", 3, "$lock"]), New("Array", ["i", [3], "$lock"])], [
                    Print([Eq(Call("v.get_lock"), "$lock")]),
                    Call("lock.acquire"),
                    Let("p", New("Process", (target: "look", args: ["$v"]))), Call("p.start"), Call("p.join"),
                    Call("v.release"),
                ]),
            ]),
            Let("v", New("Value", ["i", 3, "$plain"])), SetAttr("v.value", Add("$v.value", 1)),
            Let("a", New("Array", ["d", [3, 4], "$plain"])), SetItem("$a", 0, 0.5),
            Print(["$v.value", List("$a"), Item("$a", -1), Len("$a"), Call("v.acquire"), Len("$a")]),
            Print([Call("plain.acquire", [false])]), Call("v.release"),
            Try(body: [Call("v.release")], except: {"over_release": [Print(["released"])]}),
            Try(body: [SetItem("$a", 2, 1)], except: {"index": [Print([Call("plain.acquire", [false])])]}),
        ]"#,
        lines: &[
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "True",
            "False",
            "4 [0.5, 4.0] 4.0 2 True 2",
            "False",
            "released",
            "True",
        ],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "what_cannot_be_taken_is_no_lock",
        text: r#"main: [
            For("lock", [3, 0, "", "lock", [], New("Event")], [
                Try(body: [Let("v", New("Value", ["i", 1, "$lock"]))], except: {"attribute": [Print(["value"])]}),
                Try(body: [Let("v", New("Array", ["i", 1, "$lock"]))], except: {"attribute": [Print(["array"])]}),
            ]),
            For("lock", [None, true, 1], [
                Let("v", New("Value", ["i", 1, "$lock"])),
                With(Call("v.get_lock"), [Print(["$v.value", Eq(Call("v.get_lock"), Call("v.get_lock"))])]),
            ]),
            Let("v", New("Value", ["i", 1, false])),
            Try(body: [Call("v.get_lock")], except: {"attribute": [Print(["none"])]}),
        ]"#,
        lines: &[
            "value", "array", "value", "array", "value", "array", "value", "array", "value",
            "array", "value", "array", "1 True", "1 True", "1 True", "none",
        ],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "an_object_is_equal_to_itself_alone",
        text: r#"functions: {"f": Function(body: []), "same": Function(params: ["a", "b", "c"], body: [
            Print([Eq("$a", "$b"), Eq("$a", "$c"), In("$c", ["$b"]), Ne("$a", "$a")]),
        ])}, main: [
            Let("l", New("Lock")), Let("q", New("Queue")), Let("v", New("Value", ["i", 1])),
            Let("a", New("Array", ["i", [1]])),
            For("one, other", [
                ("$l", New("Lock")), ("$q", New("Queue")), ("$v", New("Value", ["i", 1])),
                ("$a", New("Array", ["i", [2]])),
            ], [
                Print([Eq("$one", "$other"), Eq("$one", "$one"), In("$one", ["$other", "$one"])]),
                Let("p", New("Process", (target: "same", args: ["$one", "$one", "$other"]))),
                Call("p.start"), Call("p.join"),
            ]),
            Let("p", New("Process", (target: "f"))), Let("r", New("Process", (target: "f"))),
            Let("both", ["$p", "$r"]),
            Print([Eq("$p", "$r"), Eq("$p", "$p"), Call("both.index", ["$r"])]),
        ]"#,
        lines: &[
            "False True True",
            "True False False False",
            "False True True",
            "True False False False",
            "False True True",
            "True False False False",
            "False True True",
            "True False False False",
            "False True 1",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "an_object_that_was_sent_is_another_and_one_in_a_message",
        text: r#"main: [
            Let("m", New("Manager")), Let("l", Call("m.Lock")), Let("a, b", New("Pipe")),
            Call("a.send", [("$l", ["$l"])]), Let("one, other", Call("b.recv")),
            Print([Eq("$l", "$one"), Eq("$one", Item("$other", 0))]),
        ]"#,
        lines: &["False True"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_managers_lock_is_given_back_also_for_one_that_ended_with_it",
        text: r#"functions: {
            "take": Function(params: ["lock"], body: [Print([Call("lock.acquire")])]),
        }, main: [
            Let("m", New("Manager")), Let("l", Call("m.Lock")),
            Repeat(20, [
                Let("p", New("Process", (target: "take", args: ["$l"]))),
                Call("p.start"), Call("p.join"), Call("l.release"),
            ]),
            Print([Call("l.acquire")]),
        ]"#,
        lines: &["True"; 21],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "what_has_no_items_is_false",
        text: r#"main: [
            Let("m", New("Manager")), Let("list", Call("m.list")), Let("dict", Call("m.dict")),
            For("all", ["$list", "$dict", Call("m.Array", ["i", []]), New("Array", ["i", 0])], [
                If("$all", [Print(["true"])], [Print(["false", Not("$all"), Or(["$all", 5])])]),
            ]),
            Call("list.append", [0]), SetItem("$dict", 0, 0),
            For("all", ["$list", "$dict", Call("m.Array", ["i", [0]]), New("Array", ["i", 1])], [
                If("$all", [Print(["true", Not("$all"), And(["$all", 5])])]),
            ]),
            For("all", [Call("m.Value", ["i", 0]), Call("m.Namespace"), New("Value", ["i", 0]), New("Queue")], [
                If("$all", [Print(["true"])], [Print(["false"])]),
            ]),
        ]"#,
        lines: &[
            "false True 5",
            "false True 5",
            "false True 5",
            "false True 5",
            "true False 5",
            "true False 5",
            "true False 5",
            "true False 5",
            "true",
            "true",
            "true",
            "true",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "what_is_given_to_new_processes_is_no_result_and_nothing_to_keep",
        text: r#"functions: {
            "lock": Function(params: ["x"], body: [Let("l", New("Lock")), Return({"k": ["$x", "$l"]})]),
            "queue": Function(body: [Let("q", New("Queue")), Return("$q")]),
            "value": Function(body: [Let("v", New("Value", ["i", 1])), Return(("$v",))]),
            "pipe": Function(body: [Let("a, b", New("Pipe")), Return("$a")]),
        }, main: [
            Let("pool", New("Pool", [1])), Let("m", New("Manager")), Let("kept", Call("m.list")),
            For("f", [Fn("queue"), Fn("value")], [
                Try(body: [Let("r", Call("pool.apply", ["$f"]))], except: {"not_inheritable": [Print(["one"])]}),
            ]),
            Try(body: [Let("r", Call("pool.map", [Fn("lock"), [1, 2]]))],
                except: {"not_inheritable": [Print(["all"])]}),
            Let("end", Call("pool.apply", [Fn("pipe")])), Call("end.close"),
            Let("l", New("Lock")),
            Try(body: [Call("kept.append", ["$l"])], except: {"not_inheritable": [Print(["kept", Len("$kept")])]}),
        ]"#,
        lines: &["one", "one", "all", "kept 0"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_result_is_one_object_however_often_it_is_taken",
        text: r#"functions: {
            "one": Function(params: ["x"], body: [Return(["$x"])]),
            "more": Function(params: ["all"], body: [Call("all.append", ["more"])]),
        }, main: [
            Let("pool", New("Pool", [1])),
            Let("r", Call("pool.apply_async", [Fn("one"), [1]], (callback: Fn("more")))),
            Let("all", Call("pool.map_async", [Fn("one"), [1, 2]], (callback: Fn("more")))),
            Call("pool.close"), Call("pool.join"),
            Let("a", Call("r.get")), Call("a.append", [2]), Print([Call("r.get")]),
            Let("b", Call("all.get")), Call("b.append", [2]), Print([Call("all.get")]),
        ]"#,
        lines: &["[1, 'more', 2]", "[[1], [2], 'more', 2]"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "an_array_or_managed_list_is_iterated_over_as_it_is_then",
        text: r#"main: [
            Let("m", New("Manager")), Let("lock", New("Lock")),
            For("all", [
                New("Array", ["i", [1, 2]]), New("RawArray", ["i", [1, 2]]), New("Array", ["i", [1, 2], "$lock"]),
                Call("m.list", [[1, 2]]), Call("m.Array", ["i", [1, 2]]),
            ], [For("x", "$all", [Print(["$x"]), SetItem("$all", 1, 7)])]),
            Let("grows", Call("m.list", [[1]])),
            For("x", "$grows", [Print(["$x"]), If(Lt(Len("$grows"), 3), [Call("grows.append", [Len("$grows")])])]),
        ]"#,
        lines: &[
            "1", "7", "1", "7", "1", "7", "1", "7", "1", "7", "1", "1", "2",
        ],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "a_manager_lives_as_long_as_what_it_made",
        text: r#"functions: {"make": Function(body: [Let("m", New("Manager")), Return(Call("m.list", [[1]]))])}, main: [
            Let("l", Call("make")), Call("l.append", [2]), Print([List("$l")]),
        ]"#,
        lines: &["[1, 2]"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "what_threads_share_is_what_they_are_given",
        text: r#"main: [
            Let("v", New("Value", ["b", 300])), Print(["$v.value"]), SetAttr("v.value", 1.5), Print(["$v.value"]),
            Let("a", New("Array", ["i", [1, 2]])), Let("b", New("Array", ["i", [1, 2]])),
            Print([Eq("$a", "$b"), Ne("$a", "$b")]), SetItem("$b", 0, 5), Print([Eq("$a", "$b"), Eq("$a", "$a")]),
        ], methods: ["threads"]"#,
        lines: &["300", "1.5", "True False", "False True"],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "none_is_no_number_to_share",
        text: r#"main: [
            Let("none", None), Let("v", New("Value", ["d"])), Print(["$v.value"]),
            Try(body: [Let("v", New("Value", ["i", "$none"]))], except: {"type": [Print(["type"])]}),
        ]"#,
        lines: &["0.0", "type"],
        code: 0,
        has_threads: false,
    },
    Program {
        name: "arrays_of_equal_numbers_are_two",
        text: r#"main: [
            Let("a", New("Array", ["i", [1]])), Let("b", New("Array", ["i", [1]])),
            Print([Eq("$a", "$b"), Ne("$a", [1]), In("$a", ["$b"]), In(1, "$a")]),
            Try(body: [Print([Add("$a", "$b")])], except: {"type": [Print(["type"])]}),
        ]"#,
        lines: &["False True False True", "type"],
        code: 0,
        has_threads: false,
    },
];
