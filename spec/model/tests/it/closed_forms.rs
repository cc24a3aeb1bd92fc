//! Programs whose outcomes can be counted on paper.

use poolproof_case::StartMethod;

use crate::{behaviour, case};

/// So many processes that each do this with their number `i`, all started, then joined.
fn crowd(count: u32, shared: &str, body: &str, after: &str) -> poolproof_case::Case {
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

fn check(case: &poolproof_case::Case, expected: &str) {
    for method in StartMethod::ALL {
        let found = behaviour(case, method);
        assert!(!found.bounded, "{method}");
        assert!(!found.behaviour.may_hang(), "{method}");
        assert_eq!(found.behaviour.count().to_string(), expected, "{method}");
    }
}

#[test]
fn one_print_each_gives_every_permutation() {
    check(&crowd(5, "None", r#"Print(["a", "$i"])"#, ""), "120");
}

#[test]
fn two_ordered_prints_each_give_every_merge() {
    // 8! / 2^4.
    let body = r#"Print(["a", "$i"]), Print(["b", "$i"])"#;
    check(&crowd(4, "None", body, ""), "2520");
}

#[test]
fn a_lock_keeps_lines_together() {
    let body = r#"With("$shared", [Print(["a", "$i"]), Print(["b", "$i"])])"#;
    check(&crowd(3, r#"New("Lock")"#, body, ""), "6");
}

#[test]
fn ten_locked_lines_have_ten_factorial_orders() {
    let body = r#"With("$shared", [Print(["a", "$i"])])"#;
    check(&crowd(10, r#"New("Lock")"#, body, ""), "3628800");
}

#[test]
fn unlocked_prints_multiply_without_listing() {
    // 24! / 6!^4.
    let body = r#"Repeat(6, [Print(["a", "$i"])])"#;
    check(&crowd(4, "None", body, ""), "2308743493056");
}

#[test]
fn two_producers_of_three_values_merge_in_twenty_ways() {
    let body = r#"For("k", Range(3), [Call("shared.put", [("$i", "$k")])])"#;
    let after = r#"Repeat(6, [Print([Call("shared.get")])]),"#;
    check(&crowd(2, r#"New("Queue")"#, body, after), "20");
}

#[test]
fn puts_into_a_queue_without_feeders_come_out_in_each_order() {
    let after = |count: u32| format!(r#"Repeat({count}, [Print([Call("shared.get")])]),"#);
    let one = r#"Call("shared.put", ["$i"])"#;
    check(&crowd(2, r#"New("SimpleQueue")"#, one, &after(2)), "2");
    let two = r#"For("k", Range(2), [Call("shared.put", [("$i", "$k")])])"#;
    check(&crowd(3, r#"New("SimpleQueue")"#, two, &after(6)), "90");
}

#[test]
fn three_producers_of_four_values_merge_in_their_multinomial() {
    // 12! / 4!^3.
    let body = r#"For("k", Range(4), [Call("shared.put", [("$i", "$k")])])"#;
    let after = r#"Repeat(12, [Print([Call("shared.get")])]),"#;
    let case = crowd(3, r#"New("Queue")"#, body, after);
    let found = behaviour(&case, StartMethod::Spawn);
    assert_eq!(found.behaviour.count().to_string(), "34650");
    assert!(found.states < 2_000, "{}", found.states);
}

#[test]
fn an_unlocked_counter_of_two_loses_at_most_all_but_one_update() {
    let body = r#"Let("n", "$shared.value"), SetAttr("shared.value", Add("$n", 1))"#;
    let join = r#"For("p", "$all", [Call("p.join")]), Print(["$shared.value"]),"#;
    let racing = crowd(3, r#"New("Value", ["i", 0])"#, body, join);
    check(&racing, "3");
    let guarded = format!(r#"With(Call("shared.get_lock"), [{body}])"#);
    let locked = crowd(3, r#"New("Value", ["i", 0])"#, &guarded, join);
    let found = behaviour(&locked, StartMethod::Spawn);
    assert_eq!(found.behaviour.count().to_string(), "1");
}

#[test]
fn a_barrier_separates_what_is_before_from_what_is_after() {
    // 3! orders before, 3! after.
    let body = r#"Print(["a", "$i"]), Call("shared.wait"), Print(["b", "$i"])"#;
    check(&crowd(3, r#"New("Barrier", [3])"#, body, ""), "36");
}

#[test]
fn a_pools_results_come_in_any_order_unordered() {
    let case = case(
        r#""f": Function(params: ["x"], body: [Return("$x")])"#,
        r#"Let("pool", New("Pool", [4])), With("$pool", [
            For("x", Call("pool.imap_unordered", [Fn("f"), [1, 2, 3, 4]]), [Print(["$x"])]),
        ])"#,
    );
    check(&case, "24");
}
