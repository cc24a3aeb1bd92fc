//! Programs whose outcomes can be counted on paper.

use poolproof_case::{Case, StartMethod};

use crate::{all, case};

/// So many processes that each do this with their number `i`, all started, then joined.
fn crowd(count: u32, shared: &str, body: &str, after: &str) -> Case {
    case(
        &format!("\"f\": Function(params: [\"shared\", \"i\"], body: [{body}])"),
        &format!(
            "Let(\"shared\", {shared}), Let(\"all\", []),
             For(\"i\", Range({count}), [
                Let(\"p\", New(\"Process\", (target: \"f\", args: [\"$shared\", \"$i\"]))),
                Call(\"all.append\", [\"$p\"]),
             ]),
             For(\"p\", \"$all\", [Call(\"p.start\")]),
             {after}
             For(\"p\", \"$all\", [Call(\"p.join\")]),"
        ),
    )
}

/// That each of these has so many outcomes under each start method that has what it uses.
#[test]
fn the_outcomes_are_as_many_as_can_be_counted() {
    let gets = |count: u32| format!("Repeat({count}, [Print([Call(\"shared.get\")])]),");
    let puts = r#"For("k", Range(2), [Call("shared.put", [("$i", "$k")])])"#;
    let update = r#"Let("n", "$shared.value"), SetAttr("shared.value", Add("$n", 1))"#;
    let join = r#"For("p", "$all", [Call("p.join")]), Print(["$shared.value"]),"#;
    let locked = format!("With(Call(\"shared.get_lock\"), [{update}])");
    let table = [
        // 4!
        (crowd(4, "None", r#"Print(["a", "$i"])"#, ""), 24),
        // 6! / 2!^3
        (
            crowd(3, "None", r#"Print(["a", "$i"]), Print(["b", "$i"])"#, ""),
            90,
        ),
        // 3!
        (
            crowd(
                3,
                r#"New("Lock")"#,
                r#"With("$shared", [Print(["a", "$i"]), Print(["b", "$i"])])"#,
                "",
            ),
            6,
        ),
        // 4! / 2!^2 each
        (crowd(2, r#"New("Queue")"#, puts, &gets(4)), 6),
        (crowd(2, r#"New("SimpleQueue")"#, puts, &gets(4)), 6),
        (
            crowd(
                3,
                r#"New("Queue")"#,
                r#"Call("shared.put", ["$i"])"#,
                &gets(3),
            ),
            6,
        ),
        // All but one of three updates may be lost, and under the lock none.
        (crowd(3, r#"New("Value", ["i", 0])"#, update, join), 3),
        (crowd(3, r#"New("Value", ["i", 0])"#, &locked, join), 1),
        // 3! before the barrier, 3! after.
        (
            crowd(
                3,
                r#"New("Barrier", [3])"#,
                r#"Print(["a", "$i"]), Call("shared.wait"), Print(["b", "$i"])"#,
                "",
            ),
            36,
        ),
        // Any order but those in which the third of three tasks for two workers is first.
        (
            case(
                r#""f": Function(params: ["x"], body: [Return("$x")])"#,
                r#"Let("pool", New("Pool", [2])), With("$pool", [
                    For("x", Call("pool.imap_unordered", [Fn("f"), [1, 2, 3]]), [Print(["$x"])]),
                ])"#,
            ),
            4,
        ),
        // Which of four places main's line has among three of a child.
        (
            case(
                r#""f": Function(params: [], body: [Repeat(3, [Print(["child"])])])"#,
                r#"Let("p", New("Process", (target: "f"))), Call("p.start"), Print(["main"])"#,
            ),
            4,
        ),
    ];
    for (case, expected) in table {
        for method in StartMethod::ALL {
            if poolproof_case::uses::unsupported(&case.program, method).is_none() {
                let found = all(&case, method);
                assert_eq!(found.len(), expected, "{method}: {:?}", case.program);
            }
        }
    }
}
