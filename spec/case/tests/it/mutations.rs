//! Whatever the text, reading answers with a case or with mistakes inside the text, and never panics.

use poolproof_case::{read, render};

const CASE: &str = r#"Case(
    title: "Everything at once", /* a /* nested */ comment */
    clauses: ["C"],
    functions: {
        "work": Function(params: ["lock", "q"], body: [
            With("$lock", [Print(["in", "$g", r"raw", b"\x00\xff", 0.25, -3])]),
            Try(body: [Call("q.put", ["$$x"], (timeout: Soon))], except: {"full": [Return()]},
                finally: [SetGlobal("g", Add("$g", 1))]),
        ]),
    },
    globals: {"g": 0},
    main: [
        Let("lock", New("Lock")), // one lock
        Let("q", New("Queue", (maxsize: 1))),
        Let("p", New("Process", (target: "work", args: ["$lock", "$q"]))),
        Call("p.start"),
        Drain(queue: "$q", name: "x", until: None, body: [Print(["$x", {1: (1,), "k": None}])]),
        If(And([true, Not(false)]), [Call("p.join")], [Exit(3)]),
        Repeat(2, [For("a, b", [(1, 2)], [Print([Item([1], 0), Slice([1, 2], 1)])])]),
        Settle,
    ],
    claims: [Always(And([Line("in"), Not(Hang)])), Under(["fork"], AllowedCount("12"))],
    methods: ["fork", "spawn"],
    limits: (deadline_ms: 5000, processes: 7),
)"#;

/// SplitMix64: enough chance for tests, and the seed is in the message of a failure.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).expect("below a usize")
    }
}

fn check(text: &str, seed: u64) {
    let Err(mistakes) = read("m", text, &["C"]) else {
        return;
    };
    assert!(
        !mistakes.is_empty(),
        "seed {seed}: refused without a reason"
    );
    for mistake in mistakes {
        assert!(!mistake.message.is_empty(), "seed {seed}");
        assert!(
            mistake.place.end as usize <= text.len(),
            "seed {seed}: {mistake:?}"
        );
        let shown = render(&mistake, "m.ron", text, false);
        assert!(shown.contains("m.ron:"), "seed {seed}: {shown}");
    }
}

fn floor(text: &str, mut byte: usize) -> usize {
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

#[test]
fn the_case_that_is_mutated_is_good() {
    if let Err(mistakes) = read("m", CASE, &["C"]) {
        let shown: Vec<String> = mistakes
            .iter()
            .map(|mistake| render(mistake, "m.ron", CASE, false))
            .collect();
        // `Slice([1, 2], 1)` is its one mistake, if any is: a queue has no items.
        panic!("{}", shown.concat());
    }
}

#[test]
fn every_prefix_of_a_case_is_answered() {
    for end in 0..CASE.len() {
        check(&CASE[..floor(CASE, end)], end as u64);
    }
}

#[test]
fn mutated_cases_are_answered() {
    const PIECES: [&str; 16] = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\"",
        ",",
        ":",
        "$",
        "é",
        "\\",
        "-",
        "9999999999999999999",
        "/*",
        "Let",
    ];
    for seed in 0..1000 {
        let mut chance = Chance(seed);
        let mut text = CASE.to_owned();
        for _ in 0..=chance.below(3) {
            let from = floor(&text, chance.below(text.len()));
            let to = floor(&text, (from + chance.below(8)).min(text.len() - 1)).max(from);
            match chance.below(3) {
                0 => text.replace_range(from..to, ""),
                1 => text.insert_str(from, PIECES[chance.below(PIECES.len())]),
                _ => {
                    let copied = text[from..to].to_owned();
                    let target = floor(&text, chance.below(text.len()));
                    text.insert_str(target, &copied);
                }
            }
        }
        check(&text, seed);
    }
}

#[test]
fn random_bytes_are_answered() {
    for seed in 0..2000 {
        let mut chance = Chance(seed);
        let bytes: Vec<u8> = (0..chance.below(200))
            .map(|_| u8::try_from(chance.below(256)).unwrap())
            .collect();
        check(&String::from_utf8_lossy(&bytes), seed);
    }
}

#[test]
fn deep_and_large_texts_are_answered() {
    for depth in [10, 60, 100, 5000] {
        let nested = format!("{}{}", "If(true, [".repeat(depth), "])".repeat(depth));
        let text = format!("Case(title: \"t\", clauses: [\"C\"], main: [{nested}], claims: [])");
        check(&text, depth as u64);
        check(&"[".repeat(depth), depth as u64);
        check(&"((".repeat(depth), depth as u64);
    }
    let many = "Settle,".repeat(10_001);
    let text = format!("Case(title: \"t\", clauses: [\"C\"], main: [{many}], claims: [])");
    assert!(read("m", &text, &["C"]).is_err());
    assert!(read("m", &" ".repeat(256 * 1024 + 1), &["C"]).is_err());
    let keys: Vec<String> = (0..30_000).map(|key| format!("{key}:0")).collect();
    let keys = keys.join(",");
    let text =
        format!("Case(title: \"t\", clauses: [\"C\"], main: [Let(\"d\", {{{keys}}})], claims: [])");
    let mistakes = read("m", &text, &["C"]).unwrap_err();
    assert!(
        mistakes[0].message.contains("30000 entries"),
        "{mistakes:?}"
    );
    let name = "x".repeat(100_000);
    let text = format!(
        "Case(title: \"t\", clauses: [\"C\"], main: [{name}(1), Let(\"{name}\", \"${name}y\")], claims: [])"
    );
    check(&text, 0);
}
