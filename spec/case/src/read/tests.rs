//! Reading, from the outside: the design's own example, and what reading keeps of it.

use super::*;
use crate::limits::Limits;
use crate::program::{ExpressionKind, StatementKind};

const LOCK: &str = r#"Case(
    title: "One lock keeps each process's two lines together",
    clauses: ["PM-LOCK-MUTEX-001"],
    functions: {
        "greet": Function(params: ["lock", "i"], body: [
            With("$lock", [
                Print(["hello from", "$i"]),
                Print(["goodbye from", "$i"]),
            ]),
        ]),
    },
    main: [
        Let("lock", New("Lock")), // a comment
        Let("processes", []),
        For("i", Range(3), [
            Let("p", New("Process", (target: "greet", args: ["$lock", "$i"]))),
            Call("p.start"),
            Call("processes.append", ["$p"]),
        ]),
        For("p", "$processes", [Call("p.join")]),
    ],
    claims: [
        AllowedCount(6),
        Always(Adjacent("hello from 0", "goodbye from 0")),
        Sometimes(Before("hello from 2", "hello from 0")),
        Never(Hang),
    ],
)
"#;

#[test]
fn the_example_of_the_design_reads() {
    let case = read("seed/lock", LOCK, &["PM-LOCK-MUTEX-001"]).unwrap();
    assert_eq!(case.program.main.len(), 4);
    assert_eq!(case.claims.len(), 4);
    assert!(case.program.guard);
    assert_eq!(case.limits, Limits::default());
    assert_eq!(case.hash.len(), 16);
    let place = case.program.main[0].place;
    let written = &LOCK[place.start as usize..place.end as usize];
    assert_eq!(written, "Let(\"lock\", New(\"Lock\"))");
}

#[test]
fn expressions_keep_what_ron_alone_forgets() {
    let text = r#"Case(title: "t", clauses: ["C"], globals: {"g": 1}, main: [
        Let("x", {1: "one", "2": 2, 0.25: None}),
        Print(["$$x", Mul("$g", 2), (1,), b"\xff", -3, 1e3, -inf]),
    ], claims: [])"#;
    let case = read("c", text, &["C"]).unwrap();
    let StatementKind::Print(values) = &case.program.main[1].kind else {
        panic!("no Print");
    };
    let literals: Vec<String> = values
        .iter()
        .filter_map(|value| match &value.kind {
            ExpressionKind::Literal(value) => Some(crate::print::ascii(value)),
            _ => None,
        })
        .collect();
    assert_eq!(
        literals,
        ["'$x'", "(1,)", "b'\\xff'", "-3", "1000.0", "-inf"]
    );
    let ExpressionKind::Binary(_, left, _) = &values[1].kind else {
        panic!("no Mul");
    };
    assert!(matches!(&left.kind, ExpressionKind::Global(name) if name == "g"));
}

#[test]
fn a_case_survives_the_way_to_a_driver() {
    let text = r#"Case(title: "t", clauses: ["C"], main: [
        Print([0.1, inf, -0.0, NaN, 9223372036854775807, b"\xff", {1: "one", None: (0.25,)}]),
    ], claims: [Always(Ends("exit 0"))])"#;
    let case = read("c", text, &["C"]).unwrap();
    let json = serde_json::to_string(&case).unwrap();
    let back: Case = serde_json::from_str(&json).unwrap();
    assert_eq!(format!("{:?}", back.program), format!("{:?}", case.program));
    assert_eq!(back.claims, case.claims);
}

#[test]
fn limits_are_read_and_a_deadline_that_is_too_short_is_told() {
    let read = |limits: &str| {
        let text =
            format!(r#"Case(title: "t", clauses: ["C"], main: [], claims: [], limits: {limits})"#);
        read("c", &text, &["C"]).map(|case| case.limits)
    };
    let limits = read("(processes: 300, output_bytes: 5000000)").unwrap();
    assert_eq!((limits.deadline_ms, limits.processes), (10_000, 300));
    assert_eq!(limits.output_bytes, 5_000_000);
    for (limits, says) in [
        ("(deadline_ms: 2999)", "2999 ms is too short"),
        ("(deadline_ms: 600001)", "`deadline_ms`"),
        ("(processes: 0)", "`processes`"),
        ("(output_bytes: 5000000000)", "`output_bytes`"),
        ("(memory: 5)", "memory"),
    ] {
        let mistakes = read(limits).unwrap_err();
        assert!(mistakes[0].message.contains(says), "{limits}: {mistakes:?}");
    }
}
