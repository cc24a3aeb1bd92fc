//! Which clause an outcome offends that is not allowed.

use poolproof_case::{Ending, Outcome, StartMethod};
use poolproof_spec::offended;

use crate::case;

const FUNCTIONS: &str = r#"
    "two": Function(params: ["lock"], body: [
        With("$lock", [Print(["in"]), Print(["out"])]),
    ]),
    "say": Function(params: [], body: [Print(["child"])]),
    "put": Function(params: ["q"], body: [Call("q.put", [1]), Call("q.put", [2])]),
    "meet": Function(params: ["b"], body: [Print(["before"]), Call("b.wait"), Print(["after"])]),
    "wait": Function(params: ["e"], body: [Call("e.wait"), Print(["waited"])]),
    "same": Function(params: ["x"], body: [Return("$x")]),
"#;

#[test]
fn an_outcome_that_is_not_allowed_offends_the_clause_without_which_it_would_be() {
    let table: &[(&str, &[&str], Ending, &[&str])] = &[
        (
            r#"Let("l", New("Lock")), Let("p", New("Process", (target: "two", args: ["$l"]))),
               Call("p.start"), Call("two", ["$l"]), Call("p.join")"#,
            &["in", "in", "out", "out"],
            Ending::Exit(0),
            &["PM-LOCK-MUTEX-001"],
        ),
        (
            r#"Let("p", New("Process", (target: "say"))), Call("p.start"), Call("p.join"),
               Print(["joined"])"#,
            &["joined", "child"],
            Ending::Exit(0),
            &["PM-PROCESS-JOIN-001"],
        ),
        (
            r#"Let("p", New("Process", (target: "say"))), Call("p.start"), Call("p.join"),
               Print(["joined"])"#,
            &["joined"],
            Ending::Exit(0),
            &["PM-PROCESS-START-001"],
        ),
        (
            r#"Let("q", New("Queue")), Call("put", ["$q"]),
               Print([Call("q.get")]), Print([Call("q.get")])"#,
            &["2", "1"],
            Ending::Exit(0),
            &["PM-QUEUE-ORDER-001"],
        ),
        (
            r#"Let("q", New("Queue")), Call("put", ["$q"]),
               Print([Call("q.get")]), Print([Call("q.get")])"#,
            &["1", "1"],
            Ending::Exit(0),
            &["PM-QUEUE-ONCE-001"],
        ),
        (
            r#"Let("q", New("Queue")), Call("put", ["$q"]),
               Print([Call("q.get")]), Print([Call("q.get")])"#,
            &["2"],
            Ending::Hang,
            &["PM-QUEUE-PUT-001"],
        ),
        (
            r#"Let("b", New("Barrier", [2])),
               Let("p", New("Process", (target: "meet", args: ["$b"]))),
               Call("p.start"), Call("meet", ["$b"]), Call("p.join")"#,
            &["before", "after", "before", "after"],
            Ending::Exit(0),
            &["PM-LOCK-BARRIER-001"],
        ),
        (
            r#"Let("e", New("Event")), Let("p", New("Process", (target: "wait", args: ["$e"]))),
               Call("p.start"), Call("e.set"), Call("p.join")"#,
            &[],
            Ending::Hang,
            &["PM-LOCK-EVENT-001"],
        ),
        (
            r#"Let("pool", New("Pool", [2])), Print([Call("pool.map", [Fn("same"), [1, 2]])])"#,
            &["[2, 1]"],
            Ending::Exit(0),
            &["PM-POOL-MAP-001"],
        ),
        (
            r#"Let("v", New("Value", ["i", 0])), SetAttr("v.value", 1), Print(["$v.value"])"#,
            &["0"],
            Ending::Exit(0),
            &["PM-SHARED-VALUE-001"],
        ),
        (
            r#"Let("pool", New("Pool", [1])), Call("pool.join"), Print(["joined"])"#,
            &["joined"],
            Ending::Exit(0),
            &["PM-POOL-JOIN-002"],
        ),
        (
            r#"Let("me", Call("mp.current_process")), Call("me.join")"#,
            &[],
            Ending::Hang,
            &["PM-PROCESS-JOIN-001", "PM-PROCESS-JOIN-002"],
        ),
        // What no clause alone explains.
        (r#"Print(["a"])"#, &["b"], Ending::Exit(0), &[]),
    ];
    let mut wrong = Vec::new();
    for (main, lines, ending, expected) in table {
        let case = case(FUNCTIONS, main);
        let outcome = Outcome {
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            ending: ending.clone(),
            left: 0,
        };
        let found = offended(&case.program, StartMethod::Fork, &outcome, 20_000).unwrap();
        if found != *expected {
            wrong.push(format!("{main} {lines:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
