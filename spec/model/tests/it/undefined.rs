//! What the documentation leaves undefined is told apart from what it allows: a queue that somebody
//! uses after a process was ended that was using it.

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
