//! What written programs look like; read these snapshots as a user would.

use poolproof_python::{Options, write};

use crate::interpreters::own_cases;

#[test]
fn a_program_is_what_a_person_would_write() {
    for case in own_cases() {
        let text = write(&case, Options::default()).expect("a program");
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
    let text = write(
        case,
        Options {
            pauses: true,
            ..Options::default()
        },
    )
    .expect("a program");
    insta::assert_snapshot!("hello_under_lock_with_pauses", text);
}

#[test]
fn a_program_imports_another_module_in_place_of_multiprocessing() {
    let cases = own_cases();
    let written = |id: &str, module| {
        let case = cases.iter().find(|case| case.id == id).expect("its case");
        let options = Options {
            module,
            ..Options::default()
        };
        write(case, options).expect("a program")
    };
    let plain = written("remote", "multiprocessing");
    let other = written("remote", "billiard");
    let changed: Vec<(&str, &str)> = plain
        .lines()
        .zip(other.lines())
        .filter(|(one, other)| one != other)
        .collect();
    assert_eq!(
        changed,
        [
            (
                "import multiprocessing",
                "import billiard as multiprocessing"
            ),
            (
                "from multiprocessing.managers import AcquirerProxy, BaseManager, DictProxy",
                "from billiard.managers import AcquirerProxy, BaseManager, DictProxy"
            ),
        ]
    );
    let threads = written("locks", "billiard.dummy");
    assert!(
        threads.contains("\nimport billiard.dummy as mp\n"),
        "{threads}"
    );
    assert!(!threads.contains("METHOD"), "{threads}");
}

#[test]
fn a_program_with_an_adaptor_imports_it_and_appends_its_lines_to_a_file() {
    let cases = own_cases();
    let case = cases.iter().find(|case| case.id == "pool");
    let options = Options {
        module: "some.pools",
        adaptor: Some("my_adaptor"),
        prints_to_file: true,
        ..Options::default()
    };
    let text = write(case.expect("its case"), options).expect("a program");
    for line in [
        "    poolproof show pool --as adaptor --module some.pools > my_adaptor.py",
        "import my_adaptor as multiprocessing",
        "mp = multiprocessing.get_context(METHOD)",
        "    out = os.environ.get(\"POOLPROOF_OUT\")",
        "    with open(out or 1, \"ab\", buffering=0, closefd=bool(out)) as file:",
        "        file.write((text + \"\\n\").encode())",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    assert!(!text.contains("os.write"), "{text}");
}

/// The reason why a program cannot be written.
fn refused(body: &str) -> String {
    let text = format!("Case(title: \"t\", clauses: [\"C\"], claims: [], {body})");
    let case = poolproof_case::read("c", &text, &["C"]).expect("a good case");
    write(&case, Options::default())
        .expect_err("Python cannot say it")
        .to_string()
}

#[test]
fn what_python_cannot_tell_apart_is_not_written() {
    let reason = refused(
        r#"functions: {"f": Function(params: ["x"], body: [])}, main: [
            Let("p", New("Pool", [1])),
            Let("it", Call("p.imap", [Fn("f"), [1, 2], 2])),
            Call("it.next", (timeout: Late)),
        ]"#,
    );
    assert!(reason.contains("takes no timeout"), "{reason}");
}
