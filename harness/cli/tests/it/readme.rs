//! What the README claims: its table of systems is what the run files in `reports/systems` give, its
//! commands are such, and what it names for a CI is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use poolproof_report::{RunFile, systems};

use crate::poolproof::{Folder, HELLO, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A run file for each system, by name.
fn files() -> Vec<(String, RunFile)> {
    let entries = std::fs::read_dir(root().join("reports/systems")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, RunFile)> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, poolproof_report::read(&text).unwrap())
        })
        .collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
}

#[test]
fn the_table_of_systems_is_made_from_run_files() {
    let files = files();
    assert!(files.len() > 1, "there are no two systems to compare");
    let wanted = systems(&files);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(
        readme.contains(wanted.trim_end()),
        "README.md differs from its run files; ci/readme.sh writes it anew:\n{wanted}"
    );
}

/// Where commands stand that somebody may type.
const DOCUMENTS: [&str; 9] = [
    "README.md",
    "CONTRIBUTING.md",
    "cases/README.md",
    "docs/findings.md",
    "docs/implementations.md",
    "docs/reports.md",
    "docs/surroundings.md",
    "spec/README.md",
    ".github/workflows/poolproof.yml",
];

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The words of each command line of ours in a document.
fn commands(document: &str) -> Vec<Vec<String>> {
    let starts = ["poolproof ", "cargo run --release -- "];
    let spans = document.split('`').skip(1).step_by(2);
    let lines = document
        .lines()
        .map(|line| line.trim_start_matches([' ', '-', '$']));
    let lines = lines.map(|line| line.strip_prefix("script: ").unwrap_or(line));
    let both = spans.filter(|span| !span.contains('\n')).chain(lines);
    both.filter_map(|line| starts.iter().find_map(|start| line.strip_prefix(start)))
        .map(words)
        .collect()
}

/// The words of a command line, up to what a shell takes for itself; its variables are numbers.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') if word.is_empty() => {}
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (None, '#' | '>' | '|' | '&' | ';') if word.is_empty() => break,
            (_, c) => word.push(c),
        }
    }
    for (variable, value) in [
        ("$ARGUMENTS", "seed"),
        ("$SHARDS", "3"),
        ("$SHARD", "2"),
        ("$SLURM_ARRAY_TASK_ID", "2"),
        ("$SLURM_ARRAY_TASK_COUNT", "4"),
    ] {
        for word in &mut words {
            *word = word.replace(variable, value);
        }
    }
    words
}

#[test]
fn each_command_in_the_documents_is_one() {
    let folder = Folder::with(&HELLO);
    let mut wrong = Vec::new();
    let mut count = 0;
    for name in DOCUMENTS {
        for words in commands(&read(name)) {
            // What stands for something else is no command.
            if words.iter().any(|word| word.contains(['…', '{'])) {
                continue;
            }
            count += 1;
            let words = words.iter().map(String::as_str).chain(["--help"]);
            let output = folder.run(&words.clone().collect::<Vec<_>>());
            if !output.status.success() {
                let words: Vec<&str> = words.collect();
                wrong.push(format!(
                    "{name}: {}\n{}",
                    words.join(" "),
                    text(&output.stderr)
                ));
            }
        }
    }
    assert!(count > 40, "only {count} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_commands_has_each_command() {
    let page = text(&Folder::with(&HELLO).run(&["man"]).stdout);
    let commands = page
        .lines()
        .filter_map(|line| line.strip_prefix("poolproof\\-")?.strip_suffix("(1)"));
    let readme = read("README.md");
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for command in commands.filter(|command| *command != "help") {
        let is_there = rows.iter().any(|row| {
            let first = row.split('|').nth(1).unwrap_or_default();
            first
                .split('`')
                .any(|word| word.split(' ').next() == Some(command))
        });
        assert!(is_there, "README.md has no row for `{command}`");
    }
}

/// The names that stand before a colon, so far in, below a line.
fn keys(text: &str, below: &str, indent: usize) -> BTreeSet<String> {
    let after = text.split_once(below).unwrap().1;
    let spaces = " ".repeat(indent);
    after
        .lines()
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with(&spaces))
        .filter_map(|line| line.strip_prefix(&spaces)?.split_once(':'))
        .map(|(key, _)| key.to_owned())
        .filter(|key| !key.starts_with(' '))
        .collect()
}

#[test]
fn the_workflow_for_others_takes_what_is_said_of_it() {
    let workflow = read(".github/workflows/poolproof.yml");
    let inputs = keys(&workflow, "    inputs:", 6);
    assert!(inputs.len() > 4, "{inputs:?}");
    let used: BTreeSet<String> = workflow
        .split("inputs.")
        .skip(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_lowercase).collect())
        .collect();
    assert_eq!(used, inputs);
    let readme = read("README.md");
    let lines: Vec<&str> = readme
        .split("```")
        .find(|block| block.starts_with("yaml\njobs:"))
        .map(|block| block.lines().skip(1).collect())
        .unwrap();
    assert!(lines.len() <= 5, "{lines:#?}");
    let with = lines
        .iter()
        .find_map(|line| line.trim().strip_prefix("with: {"));
    let mut given = with.unwrap().split(": ").collect::<Vec<_>>();
    given.pop();
    for key in given {
        let key = key.rsplit([' ', ',']).next().unwrap();
        assert!(inputs.contains(key), "the workflow has no input `{key}`");
    }
    let head = lines.join("\n");
    let same = workflow.lines().take_while(|line| line.starts_with('#'));
    let same: Vec<&str> = same.filter_map(|line| line.strip_prefix("#   ")).collect();
    assert_eq!(same.join("\n"), head, "the workflow tells it otherwise");
}

#[test]
fn what_a_container_is_made_from_is_there() {
    let file = read("Containerfile");
    assert!(file.contains("--path harness/cli"), "{file}");
    let toolchain = read("rust-toolchain.toml");
    let channel = toolchain.split('"').nth(1).unwrap();
    let (minor, _) = channel.rsplit_once('.').unwrap();
    assert!(file.contains(&format!("FROM rust:{minor}-")), "{channel}");
    for line in file.lines().filter_map(|line| line.strip_prefix("#   ")) {
        assert!(
            read("README.md").contains(line),
            "README.md has another `{line}`"
        );
    }
}
