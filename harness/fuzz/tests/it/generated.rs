//! Each program is a case, is the same each time, and all of them together use the whole catalogue.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use poolproof_case::{Case, catalogue, uses, walk};
use serde_json::Value;

use crate::{generate, read};

/// Programs that were found to pass the checks of cases.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| (0..1_500).map(generate).collect());

#[test]
fn every_program_passes_the_checks_of_cases() {
    assert_eq!(CASES.len(), 1_500);
}

#[test]
fn a_seed_names_one_program() {
    for seed in 0..100 {
        assert_eq!(tree(&generate(seed as u64)), tree(&CASES[seed]));
    }
    assert_ne!(tree(&CASES[1]), tree(&CASES[2]));
}

/// A case without its places and its text's hash.
fn tree(case: &Case) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(fields) => {
                fields.remove("place");
                fields.remove("hash");
                fields.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(case).expect("a case is data");
    strip(&mut value);
    value
}

#[test]
fn a_written_program_reads_back_as_the_same() {
    for case in &CASES[..700] {
        let text = poolproof_fuzz::write(case);
        let again = poolproof_case::read(&case.id, &text, &[poolproof_fuzz::CLAUSE]);
        let again = again.unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"));
        assert_eq!(tree(&again), tree(case), "{text}");
    }
}

#[test]
fn every_form_of_a_case_reads_back_as_the_same() {
    let case = read(
        r#"Case(title: "All \"forms\"", clauses: ["C"], guard: false, twin: "other",
            methods: ["spawn", "fork"], limits: (deadline_ms: 4000, processes: 7),
            functions: {"f": Function(params: ["x"], body: [Return(), Del("x")])},
            globals: {"g": {(1, "a"): [None, true, -1.5, inf, b"a\x00\"\\"]}, "n": NaN, "t": "$$x"},
            main: [
                Let("a, b", New("Pipe", [false])), Let("p", New("Process")), Let("q", New("Queue", (maxsize: 2))),
                Call("f", ["$$text"]), Print([]), Print(["é\t\u{1}"]),
                With("$a", [Settle]), If(true, [], [Settle]), If(And([true, Or([])]), [Settle]),
                For("x, y", Range(1, 2), [Repeat(3, [])]), Drain("$q", "v", (1,), []),
                Try(body: [Raise(Error("value", Str(1)))], except: {"key": [], "any": [Exit()]}),
                Try(body: [], finally: [Exit(2)]), SetItem({}, [], 1),
                SetGlobal("g", Slice([1, "$g"], 0, Len("$g"))), Signal("$p", "STOP"),
                Let("u", [Item("$g", Neg(1)), Bytes(small), Bytes(7), ("$a",), {1: "$g"}, Fn("f")]),
                Let("ctx", Call("mp.get_context", ["spawn"])), Call("ctx.Queue"),
                Call("q.get", (timeout: Soon)), Call("q.put", [1, true, Late]),
                Print([Add(1, Sub(2, Mul(3, Div(4, FloorDiv(5, Mod(6, 7)))))), In(1, "$g")]),
                Print([Eq(1, 2), Ne(1, 2), Lt(1, 2), Le(1, 2), Gt(1, 2), Ge(1, 2), Not(1)]),
                Print([Sorted("$g"), Sum("$g"), List("$g"), Dict("$g"), Work(3)]),
                Let("v", New("Value", ["i"])), Print(["$v.value"]), SetAttr("v.value", ()),
            ],
            claims: [
                AllowedCount(12), Under("fork", Never(Hang)), Always(Not(Left(1))),
                Sometimes(And([Ends("exit 0"), Line("a"), Lines(["a", "b"]), Count("a", 2)])),
                Never(Or([Before("a", "b"), Adjacent("a", "b"), Ends("signal KILL")])),
            ],
        )"#,
    );
    let text = poolproof_fuzz::write(&case);
    let again = poolproof_case::read("test", &text, &["C"]);
    let again = again.unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"));
    assert_eq!(tree(&again), tree(&case), "{text}");
}

#[test]
fn the_programs_together_use_the_whole_catalogue() {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for case in CASES.iter() {
        let uses = uses::uses(&case.program).into_iter();
        used.extend(uses.map(|one| format!("{}.{}", one.object, one.member)));
    }
    let mut unused = Vec::new();
    for object in catalogue::objects() {
        let methods = object.methods.iter().map(|method| method.name);
        let attributes = object.attributes.iter().map(|attribute| attribute.name);
        let constructor = object.constructor.map(|_| "");
        for member in methods.chain(attributes).chain(constructor) {
            let name = format!("{}.{member}", object.name);
            if !used.contains(&name) {
                unused.push(name);
            }
        }
    }
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn programs_have_from_three_to_a_few_dozen_statements() {
    let mut sizes = Vec::new();
    for case in CASES.iter() {
        let mut size = 0;
        for block in case.program.blocks() {
            walk::statements(block, &mut |_| size += 1);
        }
        sizes.push(size);
    }
    sizes.sort_unstable();
    // Besides those that it was asked for, a program has what makes, starts and joins.
    assert!(sizes[0] >= 2 && sizes[0] <= 4, "{}", sizes[0]);
    assert!(sizes[sizes.len() - 1] < 70, "{}", sizes[sizes.len() - 1]);
    let middle = sizes[sizes.len() / 2];
    assert!((10..40).contains(&middle), "{middle}");
}
