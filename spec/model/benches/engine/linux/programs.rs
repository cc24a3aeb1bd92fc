//! The families as texts of cases, each with a size N.

use std::fmt::Write;

use poolproof_case::{Case, read};

use super::Outcome;

/// The program in a text.
pub(crate) fn case(text: &str) -> Outcome<Case> {
    read("bench/engine", text, &[CLAUSE]).map_err(|mistakes| {
        let mistakes = mistakes.iter();
        let shown = mistakes.map(|one| poolproof_case::render(one, "bench/engine", text, false));
        shown.collect::<String>().into()
    })
}

const CLAUSE: &str = "PM-BENCH-ENGINE-001";

fn text(functions: &str, main: &str) -> String {
    format!(
        "Case(title: \"A bench\", clauses: [\"{CLAUSE}\"], functions: {{{functions}}}, \
         main: [{main}], claims: [Sometimes(Or([Hang, Not(Hang)]))])"
    )
}

/// So many processes with this body, where `shared` is what they share and `i` their number; main
/// starts all, does something, and joins all.
fn crowd(count: u16, shared: &str, body: &str, meanwhile: &str, after: &str) -> String {
    text(
        &format!(r#""f": Function(params: ["shared", "i"], body: [{body}])"#),
        &format!(
            r#"{shared}, Let("all", []),
               For("i", Range({count}), [
                  Let("p", New("Process", (target: "f", args: ["$shared", "$i"]))),
                  Call("all.append", ["$p"]),
               ]),
               For("p", "$all", [Call("p.start")]),
               {meanwhile}
               For("p", "$all", [Call("p.join")]),
               {after}"#
        ),
    )
}

const TWO_LINES: &str = r#"Print(["a", "$i"]), Print(["b", "$i"])"#;

/// N processes that print twice each.
pub(crate) fn free(count: u16) -> String {
    crowd(count, r#"Let("shared", None)"#, TWO_LINES, "", "")
}

/// The same, both lines under one lock.
pub(crate) fn lock(count: u16) -> String {
    let body = format!(r#"With("$shared", [{TWO_LINES}])"#);
    crowd(count, r#"Let("shared", New("Lock"))"#, &body, "", "")
}

/// N processes that put three values each into one queue; main prints what it gets.
pub(crate) fn queue(count: u16) -> String {
    let body = r#"For("k", Range(3), [Call("shared.put", [("$i", "$k")])])"#;
    let values = u32::from(count) * 3;
    let get = format!(r#"Repeat({values}, [Print([Call("shared.get")])]),"#);
    crowd(count, r#"Let("shared", New("Queue"))"#, body, &get, "")
}

/// N processes that print and meet, three times.
pub(crate) fn barrier(count: u16) -> String {
    let body = r#"For("k", Range(3), [Print(["round", "$k", "$i"]), Call("shared.wait")])"#;
    let shared = format!(r#"Let("shared", New("Barrier", [{count}]))"#);
    crowd(count, &shared, body, "", "")
}

/// N processes that set an entry each of a managed dict; main prints how many there are.
pub(crate) fn managed_dict(count: u16) -> String {
    let shared = r#"Let("manager", New("Manager")), Let("shared", Call("manager.dict"))"#;
    let body = r#"SetItem("$shared", "$i", "$i")"#;
    crowd(count, shared, body, "", r#"Print([Len("$shared")])"#)
}

/// N processes that do nothing; main starts and joins them.
pub(crate) fn started(count: u16) -> String {
    crowd(count, r#"Let("shared", None)"#, "", "", "")
}

/// N philosophers who eat once, and take the fork of the lower number first.
pub(crate) fn dining(count: u16) -> String {
    let body = r#"With("$first", [With("$second", [Print(["eats", "$i"])])])"#;
    let (mut main, mut ends) = (String::new(), String::new());
    for i in 0..count {
        let _ = write!(main, r#"Let("fork{i}", New("Lock")), "#);
    }
    for i in 0..count {
        let (first, second) = forks(i, count);
        let _ = write!(
            main,
            r#"Let("p{i}", New("Process", (target: "f", args: ["$fork{first}", "$fork{second}", {i}]))), "#
        );
    }
    for i in 0..count {
        let _ = write!(main, r#"Call("p{i}.start"), "#);
        let _ = write!(ends, r#"Call("p{i}.join"), "#);
    }
    let function = format!(r#""f": Function(params: ["first", "second", "i"], body: [{body}])"#);
    text(&function, &(main + &ends))
}

/// The forks beside a philosopher, lower number first.
pub(crate) fn forks(philosopher: u16, count: u16) -> (u16, u16) {
    let next = (philosopher + 1) % count;
    (philosopher.min(next), philosopher.max(next))
}

/// A token that goes once round N processes with a pipe to each, and is printed by each; all close
/// what they have.
pub(crate) fn ring(count: u16) -> String {
    let body = r#"Let("token", Call("r.recv")), Print(["$i", "has", "$token"]),
        Call("w.send", ["$token"]), Call("r.close"), Call("w.close")"#;
    let (mut main, mut ends) = (String::new(), String::new());
    for i in 0..count {
        let _ = write!(main, r#"Let("r{i}, w{i}", New("Pipe", [false])), "#);
    }
    for i in 0..count {
        let arguments = format!(r#"["$r{i}", "$w{}", {i}]"#, (i + 1) % count);
        let _ = write!(
            main,
            r#"Let("p{i}", New("Process", (target: "f", args: {arguments}))), Call("p{i}.start"), "#
        );
    }
    let _ = write!(main, r#"Call("w0.send", ["token"]), "#);
    for i in 0..count {
        let _ = write!(main, r#"Call("r{i}.close"), Call("w{i}.close"), "#);
        let _ = write!(ends, r#"Call("p{i}.join"), "#);
    }
    let function = format!(r#""f": Function(params: ["r", "w", "i"], body: [{body}])"#);
    text(&function, &(main + &ends))
}

/// N items through two workers, each printed.
pub(crate) fn pool_of_two(items: u16) -> String {
    pool(2, items)
}

/// N items through three workers, each printed.
pub(crate) fn pool_of_three(items: u16) -> String {
    pool(3, items)
}

fn pool(workers: u16, items: u16) -> String {
    text(
        r#""f": Function(params: ["x"], body: [Print(["item", "$x"]), Return("$x")])"#,
        &format!(
            r#"Let("pool", New("Pool", [{workers}])),
               Call("pool.map", [Fn("f"), Range({items})], (chunksize: 1)),
               Call("pool.close"), Call("pool.join")"#
        ),
    )
}

/// A pool of N workers that are given nothing.
pub(crate) fn bare_pool(workers: u16) -> String {
    text("", &format!(r#"Let("pool", New("Pool", [{workers}]))"#))
}

/// N daemons that do nothing, and that main does not wait for.
pub(crate) fn daemons(count: u16) -> String {
    text(
        r#""f": Function(params: ["i"], body: [])"#,
        &format!(
            r#"For("i", Range({count}), [
                  Let("p", New("Process", (target: "f", args: ["$i"]))),
                  SetAttr("p.daemon", true), Call("p.start"),
               ])"#
        ),
    )
}
