//! Programs about lists, dicts, texts and bytes: a process's own, a manager's, and on their way.

use super::Program;

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        name: "a_dict_is_made_of_pairs",
        text: r#"globals: {"held": [1]}, main: [
            Let("d", Dict([("k", "$held"), ["a", 2], "bc"])),
            Call("held.append", [2]), Print(["$d"]), Call("d.update", [[("a", 3), ("d", 4)]]), Print(["$d"]),
            Let("m", New("Manager")), Let("e", Call("m.dict", [[("a", 1)]])),
            Call("e.update", [[("c", 3), ("a", 2)]]), Print(["$e", Dict("$e")]), Call("d.update", ["$e"]),
            Print(["$d"]),
            For("wrong", [[3, 1.5], "hello", [(1, 2, 3)], [([], 1)], 7, None], [
                Try(body: [Print([Dict("$wrong")])],
                    except: {"type": [Print(["type"])], "value": [Print(["value"])]}),
                Try(body: [Call("e.update", ["$wrong"])],
                    except: {"type": [Print(["type"])], "value": [Print(["value"])]}),
            ]),
        ]"#,
        lines: &[
            "{'k': [1, 2], 'a': 2, 'b': 'c'}",
            "{'k': [1, 2], 'a': 3, 'b': 'c', 'd': 4}",
            "{'a': 2, 'c': 3} {'a': 2, 'c': 3}",
            "{'k': [1, 2], 'a': 2, 'b': 'c', 'd': 4, 'c': 3}",
            "type",
            "type",
            "value",
            "value",
            "value",
            "value",
            "type",
            "type",
            "type",
            "type",
            "type",
            "type",
        ],
        code: 0,
        has_threads: true,
    },
    Program {
        name: "a_slice_of_bytes_is_bytes_and_of_a_text_a_text",
        text: r#"main: [
            Let("b", b"abc"), Print([Slice("$b", 1), Slice("$b", 0, -1), Slice("$b", 2, 1), Item("$b", 0)]),
            Let("t", "abc"), Print([Slice("$t", 1), Slice("$t", 0, -1), Slice((1, 2), 1), Slice([1, 2], 1)]),
        ]"#,
        lines: &["b'bc' b'ab' b'' 97", "bc ab (2,) [2]"],
        code: 0,
        has_threads: true,
    },
];
