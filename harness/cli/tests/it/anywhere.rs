//! The suite is inside the executable, and a project's own cases come beside it.

use std::path::Path;
use std::process::{Command, Output};

use poolproof_runner::load;

use crate::poolproof::{HELLO, text};

/// A copy of the executable in a folder of its own, beside a project with this case.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn empty() -> Place {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        let to = folder.path().join(
            Path::new(env!("CARGO_BIN_EXE_poolproof"))
                .file_name()
                .unwrap(),
        );
        std::fs::copy(env!("CARGO_BIN_EXE_poolproof"), to).unwrap();
        Place { folder }
    }

    fn with(case: &str) -> Place {
        let place = Place::empty();
        let file = place.folder.path().join("project/cases").join(case);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, HELLO.as_str()).unwrap();
        place
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let name = Path::new(env!("CARGO_BIN_EXE_poolproof"))
            .file_name()
            .unwrap();
        Command::new(self.folder.path().join(name))
            .args(arguments)
            .current_dir(self.folder.path().join("project"))
            .env("TMPDIR", self.folder.path())
            .env("TMP", self.folder.path())
            .env("TEMP", self.folder.path())
            .output()
            .unwrap()
    }

    /// What a command that succeeds writes.
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }
}

/// The ids of the suite, from the tree.
fn suite() -> Vec<String> {
    let cases = load::select(&[], &poolproof_spec::clauses::ids())
        .unwrap()
        .cases;
    cases.into_iter().map(|loaded| loaded.case.id).collect()
}

/// The ids that `list` shows.
fn listed(place: &Place) -> Vec<String> {
    let lines = place.says(&["list"]);
    let ids = lines.lines().filter_map(|line| line.split(' ').next());
    ids.map(str::to_owned).collect()
}

#[test]
fn an_executable_alone_lists_checks_explores_shows_and_runs_the_suite() {
    let place = Place::empty();
    assert_eq!(listed(&place), suite());
    let checked = place.says(&["check", "seed/hello_two_lines_locked"]);
    assert_eq!(checked, "1 case is good\n");
    let explored = place.says(&["explore", "seed/hello_two_lines_locked"]);
    assert!(explored.contains("6 outcomes"), "{explored}");
    let shown = place.says(&["show", "seed/pool_map"]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/seed/pool_map.ron");
    assert_eq!(shown, std::fs::read_to_string(file).unwrap());
    let run = [
        "run",
        "seed/greet_bob_and_jerry",
        "--driver",
        "reference",
        "--runs",
        "3",
    ];
    let said = place.says(&run);
    assert!(said.contains("✓ conforms"), "{said}");
    for file in ["run.jsonl", "report.html", "summary.md", "junit.xml"] {
        let path = place
            .folder
            .path()
            .join("project/reports/latest")
            .join(file);
        assert!(path.is_file(), "{file} is not there");
    }
}

#[test]
fn without_a_command_it_explains_itself() {
    let said = Place::empty().says(&[]);
    for part in [
        "Usage: poolproof",
        "Examples:",
        "poolproof run",
        "The suite is inside",
    ] {
        assert!(said.contains(part), "{said}\nshould say {part}");
    }
}

#[test]
fn the_cases_of_a_project_come_beside_the_suite() {
    let place = Place::with("own/hello.ron");
    let mut wanted = suite();
    wanted.push("own/hello".to_owned());
    wanted.sort();
    assert_eq!(listed(&place), wanted);
    let only = place.says(&["list", "cases"]);
    assert!(
        only.starts_with("own/hello ") && only.lines().count() == 1,
        "{only}"
    );
}

#[test]
fn an_id_of_the_suite_is_taken() {
    let place = Place::with("seed/pool_map.ron");
    for arguments in [
        &["check", "cases"][..],
        &["list"],
        &["list", "seed/pool_map"],
    ] {
        let output = place.run(arguments);
        let stderr = text(&output.stderr).replace('\\', "/");
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        for part in [
            "duplicate id `seed/pool_map`",
            "cases/seed/pool_map.ron:1:1",
            "<suite>/seed/pool_map.ron of the suite inside poolproof has it already",
        ] {
            assert!(
                stderr.contains(part),
                "{arguments:?}: {stderr}\nshould say {part}"
            );
        }
    }
}
