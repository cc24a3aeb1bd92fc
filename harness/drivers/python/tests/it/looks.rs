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
