//! A program becomes smaller as long as it can, and stays a case that is still wrong.

use poolproof_case::{Case, walk};
use poolproof_fuzz::{shrink, write};

use crate::{generate, read};

/// The main of a case in one line.
fn main(case: &Case) -> String {
    let text = write(case);
    let main = text.split_once("main: ").map_or("", |(_, main)| main);
    let main = main
        .split_once(",\n    claims")
        .map_or("", |(main, _)| main);
    main.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn only_what_is_wrong_is_left() {
    let case = read(
        r#"Case(title: "Much", clauses: ["C"], claims: [],
            functions: {
                "f": Function(params: ["q", "lock", "x"], body: [
                    With("$lock", [Print(["in", "$x"]), Call("q.put", [[1, 2, {"a": 30}]])]),
                ]),
                "unused": Function(params: [], body: [Print(["never"])]),
            },
            globals: {"g": 1, "h": 2},
            main: [
                Let("q", New("Queue", (maxsize: 5))),
                Let("lock", New("Lock")),
                Let("p", New("Process", (target: "f", args: ["$q", "$lock", 7], name: "n"))),
                Call("p.start"),
                For("i", Range(3), [If(Eq("$g", 1), [Repeat(4, [Print(["round", "$i"])])])]),
                Try(body: [Print([Call("q.get", [true, Soon])])], except: {"empty": [], "any": []}),
                Call("p.join"),
            ])"#,
    );
    let puts_a_dict = |case: &Case| write(case).contains("{\"a\"");
    let small = shrink(&case, puts_a_dict);
    assert_eq!(
        write(&small)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        "Case( title: \"Much\", clauses: [\"C\"], functions: { \"f\": Function(params: [\"q\"], body: \
         [ Call(\"q.put\", [{\"a\": 0}]), ]), }, main: [], claims: [], methods: [\"threads\"], )"
    );
    let gets = |case: &Case| write(case).contains("q.get");
    let small = shrink(&case, gets);
    assert_eq!(
        main(&small),
        "[ Let(\"q\", New(\"Queue\")), Print([Call(\"q.get\")]), ]"
    );
}

#[test]
fn an_argument_goes_with_its_parameter() {
    let case = read(
        r#"Case(title: "Two", clauses: ["C"], claims: [],
            functions: {"f": Function(params: ["a", "b"], body: [Print(["line", "$b"])])},
            main: [
                Let("p", New("Process", (target: "f", args: [1, 2]))),
                Call("p.start"),
                Call("f", [3, 4]),
            ])"#,
    );
    let prints = |case: &Case| {
        let text = write(case);
        text.contains("line\", \"$b") && text.contains("p.start") && text.contains("Call(\"f\"")
    };
    let small = shrink(&case, prints);
    let expected = "[ Let(\"p\", New(\"Process\")), Call(\"p.start\"), Call(\"f\", [0]), ]";
    assert_eq!(main(&small), expected);
}

#[test]
fn no_statement_of_a_small_program_can_be_left_out() {
    for seed in 0..20 {
        let case = generate(seed);
        let text = write(&case);
        let Some(word) = ["\"p1.start\"", "q", "lock", "Print"]
            .into_iter()
            .find(|word| text.contains(word))
        else {
            continue;
        };
        let mut asked = 0;
        let small = shrink(&case, |case| {
            asked += 1;
            write(case).contains(word)
        });
        assert!(write(&small).contains(word), "seed {seed}");
        assert!(asked < 20_000, "seed {seed}: {asked}");
        let mut count = 0;
        for block in small.program.blocks() {
            walk::statements(block, &mut |_| count += 1);
        }
        assert!(count <= 3, "seed {seed}: {}", write(&small));
        let again = shrink(&small, |case| write(case).contains(word));
        assert_eq!(write(&again), write(&small), "seed {seed}");
    }
}
