//! What written programs look like; read these snapshots as a user would.

use poolproof_python::{Options, write};

use crate::interpreters::own_cases;

#[test]
fn a_program_is_what_a_person_would_write() {
    for case in own_cases() {
        let text = write(&case, Options { pauses: false }).expect("a program");
        insta::assert_snapshot!(case.id.clone(), text);
    }
}

#[test]
fn a_program_with_pauses_may_wait_before_each_statement() {
    let cases = own_cases();
    let case = cases
        .iter()
        .find(|case| case.id == "hello_under_lock")
        .expect("its case");
    let text = write(case, Options { pauses: true }).expect("a program");
    insta::assert_snapshot!("hello_under_lock_with_pauses", text);
}

/// The reason why a program cannot be written.
fn refused(body: &str) -> String {
    let text = format!("Case(title: \"t\", clauses: [\"C\"], claims: [], {body})");
    let case = poolproof_case::read("c", &text, &["C"]).expect("a good case");
    write(&case, Options { pauses: false })
        .expect_err("Python cannot say it")
        .to_string()
}

#[test]
fn what_python_cannot_tell_apart_is_not_written() {
    let reason = refused(
        r#"main: [
            Let("r, w", New("Pipe", [false])),
            Try(body: [Call("r.send", [1])], except: {"closed": [Print(["closed"])]}),
        ]"#,
    );
    let expected =
        "Python has one class for `closed` and `usage` here, and nothing tells them apart";
    assert_eq!(reason, expected);
    let reason = refused(
        r#"functions: {"f": Function(params: ["x"], body: [])}, main: [
            Let("p", New("Pool", [1])),
            Let("it", Call("p.imap", [Fn("f"), [1, 2], 2])),
            Call("it.next", (timeout: Late)),
        ]"#,
    );
    assert!(reason.contains("takes no timeout"), "{reason}");
}
