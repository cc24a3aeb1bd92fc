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
fn limits_are_read_within_their_bounds() {
    let read = |limits: &str| {
        let text =
            format!(r#"Case(title: "t", clauses: ["C"], main: [], claims: [], limits: {limits})"#);
        read("c", &text, &["C"]).map(|case| case.limits)
    };
    let limits = read("(processes: 300, output_bytes: 5000000)").unwrap();
    assert_eq!((limits.deadline_ms, limits.processes), (10_000, 300));
    assert_eq!(limits.output_bytes, 5_000_000);
    for (limits, says) in [
        ("(deadline_ms: 0)", "`deadline_ms`"),
        ("(deadline_ms: 600001)", "`deadline_ms`"),
        ("(processes: 0)", "`processes`"),
        ("(output_bytes: 5000000000)", "`output_bytes`"),
        ("(memory: 5)", "memory"),
    ] {
        let mistakes = read(limits).unwrap_err();
        assert!(mistakes[0].message.contains(says), "{limits}: {mistakes:?}");
    }
}

/// A case with two contenders that are measured, with this claim.
fn measured(claim: &str) -> Result<Case, Vec<Diagnostic>> {
    let text = format!(
        r#"Case(title: "t", clauses: [], contenders: {{
            "pipe": (main: [Measure("send", 10, [Let("x", Work(100))]), Print(["$x"])]),
            "idle": (main: [Sample("before"), Sample("after"), Sample("after")]),
        }}, claims: [{claim}])"#
    );
    read("c", &text, &[])
}

#[test]
fn a_relation_finds_what_is_measured_by_contender_or_label() {
    for (claim, shown) in [
        (
            "Faster(\"pipe\", \"pipe/send\", 2)",
            "pipe/send is faster than pipe/send, 2 times at least",
        ),
        (
            "AtMost(\"idle/after\", \"2 MiB\")",
            "idle/after takes at most 2 MiB",
        ),
        (
            "Grows(\"idle/after\", AtMost(\"100 bytes\"))",
            "idle/after grows by at most 100 bytes a sample",
        ),
        (
            "Smaller(At(\"fork\", Since(\"idle/after\", \"idle/before\")), At(\"spawn\", \"idle/after\"))",
            "idle/after since idle/before under fork is smaller than idle/after under spawn",
        ),
    ] {
        let case = measured(claim).unwrap();
        let crate::claim::ClaimKind::Relation(relation) = &case.claims[0].kind else {
            panic!("no relation: {claim}");
        };
        assert_eq!(relation.to_string(), shown);
        assert!(case.is_measured());
    }
}

#[test]
fn what_is_wrong_with_a_measurement_is_told() {
    for (claim, says) in [
        (
            "Faster(\"pipe\", \"queue\")",
            "nothing is measured as `queue`",
        ),
        (
            "Faster(\"pipe\", \"idle/after\")",
            "`idle/after` is memory, and this compares times",
        ),
        (
            "AtMost(\"pipe\", \"2 MiB\")",
            "`pipe` is a time, and this compares memory",
        ),
        (
            "AtMost(\"idle/after\", \"2 MB\")",
            "\"2 MB\" is no amount of memory",
        ),
        (
            "Faster(\"pipe\", \"pipe\", 0.5)",
            "how many times is the number 0.5",
        ),
        (
            "Faster(Since(\"pipe\", \"pipe\"), \"pipe\")",
            "`Since` is for memory",
        ),
        (
            "Under(\"fork\", Faster(At(\"fork\", \"pipe\"), \"pipe\"))",
            "names its start methods itself",
        ),
        ("AllowedCount(1)", "a case that measures is not explored"),
        ("Fastr(\"pipe\", \"pipe\")", "no claim `Fastr`"),
    ] {
        let mistakes = measured(claim).unwrap_err();
        assert!(mistakes[0].message.contains(says), "{claim}: {mistakes:?}");
    }
    for (program, says) in [
        (
            "main: [Measure(\"a\", 0, [])]",
            "how often it is measured is the number 0",
        ),
        (
            "main: [Measure(\"a\", 1, []), Measure(\"a\", 1, [])]",
            "`a` is measured already",
        ),
        (
            "main: [Measure(\"a\", 1, [Print([1])])]",
            "a part of what `a` measures",
        ),
        ("main: [Measure(\"a/b\", 1, [])]", "\"a/b\" is no label"),
        (
            "contenders: {\"a\": (main: [])}",
            "the contender `a` measures nothing",
        ),
        ("contenders: {}", "`contenders` is a map"),
        (
            "contenders: {\"a\": (main: [Sample(\"x\")])}, main: []",
            "no program of its own",
        ),
        ("guard: true", "needs a field `main`"),
        ("main: []", "`clauses` is empty"),
    ] {
        let text = format!(r#"Case(title: "t", clauses: [], claims: [], {program})"#);
        let mistakes = read("c", &text, &[]).unwrap_err();
        let is_said = mistakes
            .iter()
            .any(|mistake| mistake.message.contains(says));
        assert!(is_said, "{program}: {mistakes:?}");
    }
}
