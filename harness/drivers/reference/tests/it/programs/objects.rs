//! Programs about objects themselves: which is which, and which is true.

use super::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "an_object_is_equal_to_itself_alone",
        text: r#"functions: {"f": Function(body: []), "same": Function(params: ["a", "b", "c"], body: [
            Print([Eq("$a", "$b"), Eq("$a", "$c"), In("$c", ["$b"]), Ne("$a", "$a")]),
        ])}, main: [
            Let("l", New("Lock")), Let("q", New("Queue")), Let("v", New("Value", ["i", 1])),
            Let("a", New("Array", ["i", [1]])),
            For("one, other", [
                ("$l", New("Lock")), ("$q", New("Queue")), ("$v", New("Value", ["i", 1])),
                ("$a", New("Array", ["i", [1]])),
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
];
