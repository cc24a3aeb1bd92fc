//! Adding a lock never lets a program do more.

use poolproof_case::{Case, StartMethod};

use crate::{behaviour, case};

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
