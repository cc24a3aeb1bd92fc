//! What one needs once: a first case, completions, the page for `man`.

use crate::poolproof::{Folder, HELLO, text};

/// What a command that succeeds writes.
fn says(folder: &Folder, arguments: &[&str]) -> String {
    let output = folder.run(arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    assert_eq!(stderr, "", "{arguments:?}");
    text(&output.stdout)
}

#[test]
fn a_new_case_is_good_and_runs_as_it_is() {
    let folder = Folder::with(&HELLO);
    let said = says(&folder, &["new", "own/greet"]);
    assert!(said.contains("poolproof explore own/greet"), "{said}");
    assert!(folder.path().join("cases/own/greet.ron").is_file());
    assert_eq!(says(&folder, &["check", "own/greet"]), "1 case is good\n");
    let run = ["run", "own/greet", "--driver", "reference", "--runs", "8"];
    assert!(says(&folder, &run).contains("✓ conforms"));
}

#[test]
fn a_new_case_takes_the_place_of_nothing() {
    let folder = Folder::with(&HELLO);
    says(&folder, &["new", "own/greet"]);
    let file = folder.path().join("cases/own/greet.ron");
    std::fs::write(&file, "mine").unwrap();
    for (name, says) in [
        ("own/greet", "is there already"),
        ("seed/pool_map", "is a case of the suite"),
        ("greet", "AREA/NAME"),
        ("own/../greet", "small letters"),
        ("/own/greet", "small letters"),
    ] {
        let output = folder.run(&["new", name]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{name}: {stderr}");
        assert!(stderr.contains(says), "{stderr}\nshould say {says}");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn completions_and_pages_know_every_command() {
    let folder = Folder::with(&HELLO);
    let page = says(&folder, &["man"]);
    let commands: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("poolproof\\-")?.strip_suffix("(1)"))
        .map(str::to_owned)
        .collect();
    assert!(commands.len() > 14, "{commands:?}");
    for command in commands.iter().filter(|command| *command != "help") {
        let page = says(&folder, &["man", command]);
        assert!(
            page.contains(&format!(".TH poolproof-{command} 1")),
            "{page}"
        );
    }
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = says(&folder, &["completions", shell]);
        for word in commands
            .iter()
            .map(String::as_str)
            .chain(["rerun-failed", "shard"])
        {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let output = folder.run(&["man", "rnu"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("did you mean `run`?"));
}
