//! What is warned of, and where.

use super::*;
use crate::diagnostic::line_column;

fn warned(fields: &str) -> Vec<(usize, String)> {
    let text = format!("Case(title: \"t\", clauses: [\"C\"],\n{fields})");
    let case = match crate::read("c", &text, &["C"]) {
        Ok(case) => case,
        Err(mistakes) => panic!("{mistakes:?}"),
    };
    let warnings = warnings(&case, &text).into_iter();
    let told = warnings.map(|warning| {
        assert!(warning.is_warning());
        (
            line_column(&text, warning.place.start as usize).0,
            warning.message,
        )
    });
    told.collect()
}

#[test]
fn a_line_that_no_print_writes_is_warned_of_and_one_that_may_be_written_is_not() {
    let program = "main: [Let(\"x\", 1), Print([\"got\", \"$x\", \"now\"]), Print([\"end\"])],\n";
    let found = warned(&format!(
        "{program}claims: [Never(Line(\"got 2 now\")),\nAlways(Not(Line(\"edn\"))),\n\
         Never(Before(\"end\", \"got 2\"))]"
    ));
    let no = |line: &str| format!("no `Print` of the case can write `{line}`");
    assert_eq!(found, [(4, no("edn")), (5, no("got 2"))]);
}

#[test]
fn an_empty_claim_is_warned_of() {
    let found = warned("main: [],\nclaims: [Always(And([])), Never(Not(And([Or([])])))]");
    let messages: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
    let expected = [
        "`And([])` is true whatever happens",
        "`Or([])` is false whatever happens",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_function_that_only_itself_unused_ones_call_is_warned_of_where_it_is_defined() {
    let found = warned(
        "functions: {\n\"f\": Function(params: [], body: [Call(\"g\")]),\n\
         \"g\": Function(params: [], body: []),\n\
         \"h\": Function(params: [], body: []),\n},\n\
         main: [Let(\"p\", New(\"Process\", (target: \"h\")))], claims: []",
    );
    let nobody = |name: &str| format!("nobody calls the function `{name}`");
    assert_eq!(found, [(3, nobody("f")), (4, nobody("g"))]);
}

#[test]
fn what_a_start_method_of_the_case_lacks_is_warned_of_where_it_is_used() {
    let program = "main: [Let(\"p\", New(\"Process\")),\nCall(\"p.kill\")], claims: [],";
    let found = warned(&format!("methods: [\"threads\", \"fork\"], {program}"));
    let message = "the case is never run under `threads`: `Process.kill` does not exist where \
                   processes are threads";
    assert_eq!(found, [(3, message.to_owned())]);
    // Who names no start method means those that have it.
    assert_eq!(warned(program), []);
}

#[test]
fn a_short_deadline_is_warned_of_at_its_place() {
    let found = |deadline| {
        warned(&format!(
            "main: [], claims: [],\nlimits: (deadline_ms: {deadline})"
        ))
    };
    assert_eq!(
        found(2_999),
        [(3, "a deadline of 2999 ms is short".to_owned())]
    );
    assert_eq!(found(3_000), []);
}

#[test]
fn arguments_that_do_not_fit_a_call_to_come_are_warned_of() {
    let functions = "functions: {\"none\": Function(params: [], body: []), \
                     \"one\": Function(params: [\"x\"], body: [])},\nmain: [Let(\"p\", ";
    let rows = [
        (
            r#"New("Process", (target: "one"))"#,
            "needs the argument `x`",
        ),
        (
            r#"New("Process", (target: "none", args: [1]))"#,
            "takes no arguments, not 1",
        ),
        (
            r#"New("Process", (target: "one", kwargs: {"y": 1}))"#,
            "has no argument `y`",
        ),
        (
            r#"New("Process", (target: "one", args: (1,), kwargs: {"x": 1}))"#,
            "is given twice",
        ),
        (r#"New("Process", (target: "one", kwargs: {"x": 1}))"#, ""),
        (
            r#"New("Pool", [1, Fn("none"), [1]])"#,
            "takes no arguments, not 1",
        ),
        (
            r#"New("Barrier", [1, Fn("one")])"#,
            "needs the argument `x`",
        ),
    ];
    for (object, says) in rows {
        let found = warned(&format!(
            "{functions}{object}), Call(\"none\"), Call(\"one\", [1])], claims: []"
        ));
        let messages: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
        match says {
            "" => assert_eq!(messages, [""; 0], "{object}"),
            _ => assert!(
                messages.len() == 1 && messages[0].contains(says),
                "{object}: {messages:?}"
            ),
        }
    }
}

#[test]
fn tasks_and_callbacks_that_do_not_take_what_they_get_are_warned_of() {
    let rows = [
        (r#"Call("p.apply", [Fn("one")])"#, "needs the argument `x`"),
        (r#"Call("p.apply", [Fn("one"), [1]])"#, ""),
        (
            r#"Call("p.map", [Fn("none"), [1, 2]])"#,
            "takes no arguments, not 1",
        ),
        (r#"Call("p.map", [Fn("none"), []])"#, ""),
        (r#"Call("p.starmap", [Fn("one"), [[1], [2]]])"#, ""),
        (
            r#"Call("p.starmap", [Fn("one"), [[1, 2]]])"#,
            "at most one argument, not 2",
        ),
        (
            r#"Call("p.apply_async", [Fn("none"), []], (callback: Fn("none")))"#,
            "takes no arguments, not 1",
        ),
        (
            r#"Call("p.map_async", [Fn("one"), [1]], (error_callback: Fn("none")))"#,
            "takes no arguments, not 1",
        ),
    ];
    for (call, says) in rows {
        let found = warned(&format!(
            "functions: {{\"none\": Function(params: [], body: []), \
             \"one\": Function(params: [\"x\"], body: [])}},\n\
             main: [Let(\"p\", New(\"Pool\", [1])), {call}, Call(\"none\"), \
             Call(\"one\", [1])], claims: []"
        ));
        let messages: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
        match says {
            "" => assert_eq!(messages, [""; 0], "{call}"),
            _ => assert!(
                messages.len() == 1 && messages[0].contains(says),
                "{call}: {messages:?}"
            ),
        }
    }
}
