//! Adding a lock never lets a program do more; what becomes of one that is used amiss is open where
//! the documentation says nothing.

use poolproof_case::{Case, StartMethod};

use crate::choices::PROCESSES;
use crate::{behaviour, case, outcomes};

/// Three processes, each with these statements, under a lock or not.
fn three(body: &str, is_locked: bool) -> Case {
    let body = if is_locked {
        format!("With(\"$lock\", [{body}])")
    } else {
        body.to_owned()
    };
    case(
        &format!("\"f\": Function(params: [\"lock\", \"v\", \"i\"], body: [{body}])"),
        r#"Let("lock", New("Lock")), Let("v", New("Value", ["i", 0])), Let("all", []),
           For("i", Range(3), [
              Let("p", New("Process", (target: "f", args: ["$lock", "$v", "$i"]))),
              Call("p.start"), Call("all.append", ["$p"]),
           ]),
           For("p", "$all", [Call("p.join")]), Print(["$v.value"])"#,
    )
}

#[test]
fn a_lock_only_takes_outcomes_away() {
    let bodies = [
        r#"Print(["a", "$i"]), Print(["b", "$i"])"#,
        r#"SetAttr("v.value", Add("$v.value", 1))"#,
        r#"Print(["$v.value"]), SetAttr("v.value", Add("$v.value", 1))"#,
    ];
    for body in bodies {
        for method in StartMethod::ALL {
            let free = behaviour(&three(body, false), method).behaviour;
            let locked = behaviour(&three(body, true), method).behaviour;
            assert!(locked.count() < free.count(), "{body}");
            for outcome in locked.outcomes(10_000) {
                assert!(free.allows(&outcome), "{body} under {method}: {outcome:?}");
            }
        }
    }
}

#[test]
fn a_lock_whose_holder_ended_stays_held_or_says_so() {
    let functions = r#""hold": Function(params: ["l"], body: [Call("l.acquire")])"#;
    let start = r#"Let("l", New("Lock")), Let("p", New("Process", (target: "hold", args: ["$l"]))),
        Call("p.start"), Call("p.join"),"#;
    let table: [(&str, &[&str]); 2] = [
        (
            r#"Try(body: [Print([Call("l.acquire", [true, Late])])],
                   except: {"owner_died": [Print(["told"])]}),
               Try(body: [Call("l.release"), Print(["released"])],
                   except: {"over_release": [Print(["not held"])]})"#,
            &["False / released → exit 0", "told / not held → exit 0"],
        ),
        (
            r#"Try(body: [With("$l", [Print(["in"])])], except: {"owner_died": [Print(["told"])]})"#,
            &[" → hang", "told → exit 0"],
        ),
    ];
    for (main, expected) in table {
        let case = case(functions, &format!("{start}{main}"));
        for method in PROCESSES {
            assert_eq!(outcomes(&case, *method), expected, "{method}: {main}");
        }
    }
}

#[test]
fn shared_memory_whose_lock_was_left_is_waited_for_or_says_so() {
    let functions = r#""hold": Function(params: ["s"], body: [
        Let("l", Call("s.get_lock")), Call("l.acquire"),
    ]), "none": Function(params: ["x"], body: [])"#;
    let uses = [
        ("Value", r#"Print(["$s.value"])"#),
        ("Value", r#"SetAttr("s.value", 1)"#),
        ("Array", r#"Print([Item("$s", 0)])"#),
        ("Array", r#"SetItem("$s", 0, 1)"#),
        ("Array", r#"For("x", "$s", [])"#),
        (
            "Array",
            r#"Let("q", New("Process", (target: "none", args: "$s")))"#,
        ),
    ];
    for (class, used) in uses {
        let first = if class == "Array" { "[0]" } else { "0" };
        let main = format!(
            r#"Let("s", New("{class}", ["i", {first}])),
               Let("p", New("Process", (target: "hold", args: ["$s"]))),
               Call("p.start"), Call("p.join"),
               Try(body: [{used}], except: {{"owner_died": [Print(["told"])]}})"#
        );
        let found = outcomes(&case(functions, &main), StartMethod::Spawn);
        assert_eq!(found, [" → hang", "told → exit 0"], "{used}");
    }
}

#[test]
fn the_lock_of_a_value_is_a_lock_like_others_when_its_holder_ended() {
    let functions = r#""hold": Function(params: ["v"], body: [Call("v.acquire")])"#;
    let main = r#"Let("v", New("Value", ["i"])),
        Let("p", New("Process", (target: "hold", args: ["$v"]))), Call("p.start"), Call("p.join"),
        Try(body: [Call("v.acquire")], except: {"owner_died": [Print(["told"])]})"#;
    let case = case(functions, main);
    for method in PROCESSES {
        assert_eq!(outcomes(&case, *method), [" → hang", "told → exit 0"]);
    }
}

#[test]
fn only_the_holder_of_a_conditions_lock_notifies() {
    let functions = r#""notify": Function(params: ["c"], body: [
        Try(body: [Call("c.notify"), Print(["notified"])],
            except: {"not_owner": [Print(["not owner"])]}) ])"#;
    let main = r#"Let("c", New("Condition", [New("Lock")])),
        Let("p", New("Process", (target: "notify", args: ["$c"]))),
        With("$c", [Call("p.start"), Call("p.join"), Call("notify", ["$c"])])"#;
    let case = case(functions, main);
    for method in PROCESSES {
        let found = outcomes(&case, *method);
        assert_eq!(found, ["not owner / notified → exit 0"], "{method}");
    }
}

#[test]
fn an_abort_may_still_fail_those_who_have_passed() {
    let functions = r#""meet": Function(params: ["b"], body: [
        Try(body: [Call("b.wait"), Print(["passed"])],
            except: {"broken_barrier": [Print(["broken"])]}) ])"#;
    let main = |then: &str| {
        format!(
            r#"Let("b", New("Barrier", [2])),
               Let("p", New("Process", (target: "meet", args: ["$b"]))), Call("p.start"),
               Call("b.wait"), Call("b.{then}"), Call("p.join")"#
        )
    };
    for method in StartMethod::ALL {
        let aborted = outcomes(&case(functions, &main("abort")), method);
        let expected = ["broken → exit 0", "passed → exit 0"];
        assert_eq!(aborted, expected, "{method}");
        // A reset is for those who wait; they no longer do.
        let reset = outcomes(&case(functions, &main("reset")), method);
        assert_eq!(reset, ["passed → exit 0"], "{method}");
    }
}

#[test]
fn the_last_at_a_barrier_may_be_counted_while_it_lets_the_others_go() {
    let functions = r#""look": Function(params: ["b"], body: [Print(["$b.n_waiting"])]),
        "act": Function(body: []),
        "wait": Function(params: ["b"], body: [Call("b.wait")])"#;
    let looked = r#"Let("p", New("Process", (target: "look", args: ["$b"]))), Call("p.start"),"#;
    let table: [(&str, &str, &[&str]); 4] = [
        // Nobody else comes.
        (
            r#"Let("b", New("Barrier", [2])),
               Let("w", New("Process", (target: "wait", args: ["$b"], daemon: true))), Call("w.start"),
               Settle, Print(["$b.n_waiting"]), Call("w.terminate")"#,
            "",
            &["1 → exit 0"],
        ),
        (
            r#"Let("b", New("Barrier", [1])),"#,
            r#"Call("b.wait"), Call("p.join")"#,
            &["0 → exit 0", "1 → exit 0"],
        ),
        (
            r#"Let("b", New("Barrier", [1], (action: Fn("act")))),"#,
            r#"Call("b.wait"), Call("p.join")"#,
            &["0 → exit 0", "1 → exit 0"],
        ),
        (
            r#"Let("b", New("Barrier", [2])),
               Let("w", New("Process", (target: "wait", args: ["$b"]))), Call("w.start"),"#,
            r#"Call("b.wait"), Call("p.join"), Call("w.join")"#,
            &["0 → exit 0", "1 → exit 0", "2 → exit 0"],
        ),
    ];
    for (made, rest, expected) in table {
        let looks = if rest.is_empty() { "" } else { looked };
        let case = case(functions, &format!("{made} {looks} {rest}"));
        let mut seen = outcomes(&case, StartMethod::Fork);
        seen.sort();
        assert_eq!(seen, expected, "{made} {rest}");
    }
}
