//! Any interpreter with any module: what is named is tested as it is, and what is wrong is told with
//! the way out.

use std::path::PathBuf;

use poolproof_report::Verdict;

use crate::poolproof::{Folder, HELLO, text};

/// A module with multiprocessing's interface, but for a barrier.
const MODULE: &str = r#"
import multiprocessing
__version__ = "9.8.7"
class Context:
    def __init__(self, context):
        self._context = context
    def __getattr__(self, name):
        if name == "Barrier":
            raise AttributeError(name)
        return getattr(self._context, name)
    def __dir__(self):
        return [name for name in dir(self._context) if name != "Barrier"]
def get_context(method=None):
    return Context(multiprocessing.get_context(method))
def get_all_start_methods():
    return ["spawn"]
from multiprocessing import active_children, current_process, parent_process
from multiprocessing import get_start_method, set_start_method
"#;

/// Parts that the module shares with multiprocessing.
const PARTS: [&str; 2] = ["managers", "pool"];

/// Prints a line, and uses what an object of this name needs.
fn case(object: &str, arguments: &str) -> String {
    let clause = poolproof_spec::clauses::ids()[0];
    format!(
        r#"Case(title: "It makes one", clauses: ["{clause}"], main: [
            Let("x", New("{object}", [{arguments}])), Print(["made"]),
        ], claims: [AllowedCount(1)])"#
    )
}

/// The first `python3` on PATH that is one; none where Python is not installed.
pub(crate) fn python() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = if cfg!(windows) {
        "python.exe"
    } else {
        "python3"
    };
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join(name));
    folders.find(|program| {
        let version = std::process::Command::new(program)
            .args([
                "-c",
                "import sys, multiprocessing; assert sys.version_info >= (3, 8)",
            ])
            .output();
        version.is_ok_and(|output| output.status.success())
    })
}

/// A folder with two cases and, in `lib`, the module `sent`.
fn folder() -> Folder {
    let folder = Folder::with(&case("Lock", ""));
    std::fs::write(folder.path().join("barrier.ron"), case("Barrier", "1")).unwrap();
    let module = folder.path().join("lib/sent");
    std::fs::create_dir_all(&module).unwrap();
    std::fs::write(module.join("__init__.py"), MODULE).unwrap();
    for part in PARTS {
        let text = format!(
            "from multiprocessing.{part} import *\nfrom multiprocessing import {part} as _p\nglobals().update(vars(_p))\n"
        );
        std::fs::write(module.join(format!("{part}.py")), text).unwrap();
    }
    folder
}

#[test]
fn a_module_is_tested_in_the_users_environment_and_what_it_lacks_is_known() {
    let Some(python) = python() else { return };
    let folder = folder();
    let output = folder
        .command(&[
            "run",
            "hello.ron",
            "barrier.ron",
            "--module",
            "sent",
            "--out",
            "out",
        ])
        .arg("--python")
        .arg(&python)
        .env("PYTHONPATH", folder.path().join("lib"))
        .output()
        .unwrap();
    let told = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let records = folder.records();
    let of = |case: &str| {
        let mut records = records.iter();
        let found =
            records.find(|record| record.case == case && record.start_method.name() == "spawn");
        found.unwrap_or_else(|| panic!("no record of {case}: {told}"))
    };
    let made = of("hello");
    assert_eq!(made.verdict, Verdict::Conforms, "{:?}", made.reason);
    assert_eq!(PathBuf::from(&made.program), python);
    assert_eq!(
        (made.module.as_str(), made.driver_version.as_str()),
        ("sent", "9.8.7")
    );
    assert!(made.python.starts_with("CPython 3."), "{}", made.python);
    assert!(made.driver.starts_with("sent-3."), "{}", made.driver);
    let lacking = of("barrier");
    assert_eq!(lacking.verdict, Verdict::Unsupported);
    assert_eq!(
        lacking.reason.as_deref(),
        Some("Barrier: sent has no `Barrier`")
    );
    let run_file = std::fs::read_to_string(folder.out().join("run.jsonl")).unwrap();
    let head = poolproof_report::read(&run_file).unwrap().head;
    assert!(
        head.environments[0]
            .environment
            .contains("PYTHONHASHSEED=0")
    );

    // What a record says repeats the run.
    let replay = made.driver_argument.clone().unwrap();
    let words: Vec<&str> = replay.split(' ').collect();
    let again = folder
        .command(&[
            "replay",
            "hello.ron",
            "--start-method",
            "spawn",
            "--plan",
            "plain",
            "--seed",
            "1",
        ])
        .args(words)
        .env("PYTHONPATH", folder.path().join("lib"))
        .output()
        .unwrap();
    assert_eq!(
        again.status.code(),
        Some(0),
        "{replay}: {}",
        text(&again.stderr)
    );
}

#[test]
fn a_projects_manifest_is_a_driver_and_what_it_says_is_held_against_its_runs() {
    let Some(python) = python() else { return };
    let folder = folder();
    let manifests = folder.path().join("poolproof");
    let below = folder.path().join("below");
    for made in [&manifests, &below] {
        std::fs::create_dir(made).unwrap();
    }
    let program = python.display();
    let text = format!(
        r##"Manifest(name: "mine", program: r#"{program}"#, module: "sent", start_methods: [spawn],
            lacks: [Lack(uses: "Lock", reason: "it is not ready")],
            never: [Never(case: "barrier", outcome: Ends("exit 0"), reason: "it is slow")])"##
    );
    std::fs::write(manifests.join("mine.ron"), text).unwrap();
    let plain = case("Event", "");
    std::fs::write(folder.path().join("barrier.ron"), plain).unwrap();
    let run = |at: &std::path::Path, names: [&str; 2]| {
        let mut command = folder.command(&["run", names[0], names[1], "--driver", "mine"]);
        let command = command.current_dir(at).arg("--out").arg(folder.out());
        command
            .env("PYTHONPATH", folder.path().join("lib"))
            .output()
            .unwrap()
    };
    let output = run(&below, ["../hello.ron", "../barrier.ron"]);
    let told = text_of(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for record in folder
        .records()
        .iter()
        .filter(|one| one.start_method.name() == "spawn")
    {
        let (verdict, said) = match record.case.as_str() {
            "hello" => (Verdict::Unsupported, record.reason.clone()),
            _ => (Verdict::Conforms, record.stale.first().cloned()),
        };
        assert_eq!((record.driver.as_str(), record.verdict), ("mine", verdict));
        let said = said.unwrap_or_default();
        assert!(
            said.contains("it is not ready") || said.contains("it is slow"),
            "{said}"
        );
    }

    // A second manifest of that name would be the same driver.
    std::fs::write(manifests.join("other.ron"), r#"Manifest(name: "mine")"#).unwrap();
    let output = run(folder.path(), ["hello.ron", "barrier.ron"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(
        text_of(&output).contains("both describe `mine`"),
        "{}",
        text_of(&output)
    );
}

/// The names of multiprocessing for what has only pools, and writes to stdout itself.
const ADAPTOR: &str = r#"
import multiprocessing.pool as pool
from multiprocessing import TimeoutError, current_process, get_context as standard_context
class Context:
    def Pool(self, *arguments):
        print("a banner of its own", flush=True)
        return standard_context("spawn").Pool(*arguments)
def get_all_start_methods():
    return ["spawn"]
def get_context(method):
    return Context()
"#;

const POOL: &str = r#"Case(title: "It maps", clauses: ["PM-POOL-MAP-001"],
    functions: {"twice": Function(params: ["x"], body: [
        Print(["task", "$x"]), Return(Mul("$x", 2)),
    ])},
    main: [
        Let("pool", New("Pool", [1])),
        With("$pool", [Print([Call("pool.map", [Fn("twice"), [3]])])]),
    ],
    claims: [AllowedCount(1)])"#;

#[test]
fn an_adaptor_is_asked_and_imported_in_a_modules_place_and_lines_may_go_to_a_file() {
    let Some(python) = python() else { return };
    let folder = folder();
    std::fs::write(folder.path().join("pool.ron"), POOL).unwrap();
    std::fs::write(folder.path().join("stands_in.py"), ADAPTOR).unwrap();
    let manifest = |more: &str| {
        let text = format!(
            r#"Manifest(name: "mine", module: "json", adaptor: "stands_in.py",
                start_methods: [spawn], start_seconds: 5{more})"#
        );
        std::fs::write(folder.path().join("mine.ron"), text).unwrap();
        let output = folder
            .command(&["run", "pool.ron", "barrier.ron", "--manifest", "mine.ron"])
            .args(["--out", "out", "--start-method", "spawn", "--python"])
            .arg(&python)
            .output()
            .unwrap();
        let told = text_of(&output);
        let of = |case: &str| {
            let mut records = folder.records().into_iter();
            let found = records.find(|record| record.case == case);
            found.unwrap_or_else(|| panic!("no record of {case}: {told}"))
        };
        (of("pool"), of("barrier"))
    };
    let (pool, barrier) = manifest(", keeps_stdout: true");
    assert_eq!(pool.verdict, Verdict::Conforms, "{:?}", pool.reason);
    assert_eq!(pool.observations[0].lines, ["task 3", "[6]"]);
    assert_eq!(barrier.verdict, Verdict::Unsupported);
    assert_eq!(
        barrier.reason.as_deref(),
        Some("Barrier: json has no `Barrier`")
    );
    // What it prints itself would be taken for the program's.
    let (pool, _) = manifest("");
    assert_eq!(pool.verdict, Verdict::Deviates);
    assert_eq!(pool.observations[0].lines[0], "a banner of its own");
}

#[test]
fn the_executors_of_the_standard_library_are_pools_by_other_names() {
    let Some(python) = python() else { return };
    let folder = folder();
    std::fs::write(folder.path().join("pool.ron"), POOL).unwrap();
    let output = folder
        .command(&["run", "pool.ron", "--module", "concurrent.futures"])
        .args([
            "--out",
            "out",
            "--start-method",
            "spawn,threads",
            "--python",
        ])
        .arg(&python)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
    let records = folder.records();
    let verdicts: Vec<Verdict> = records.iter().map(|record| record.verdict).collect();
    assert_eq!(verdicts, [Verdict::Conforms; 2]);
    let shown = |form: &str, module: &str| {
        let arguments = ["show", "pool.ron", "--as", form, "--module", module];
        folder.command(&arguments).output().unwrap()
    };
    let adaptor = text(&shown("adaptor", "concurrent.futures").stdout);
    assert!(adaptor.contains("def make_executor"), "{adaptor}");
    let program = text(&shown("python", "concurrent.futures").stdout);
    assert!(
        program.contains("import poolproof_futures as multiprocessing"),
        "{program}"
    );
    let output = shown("adaptor", "billiard");
    assert_eq!(output.status.code(), Some(64), "{}", text_of(&output));
}

fn text_of(output: &std::process::Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[cfg(unix)]
#[test]
fn a_wrapper_is_started_as_it_is() {
    use std::os::unix::fs::PermissionsExt;

    let Some(python) = python() else { return };
    let folder = folder();
    let wrapper = folder.path().join("my python");
    let lib = folder.path().join("lib");
    let script = format!(
        "#!/bin/sh\nPYTHONPATH='{}' exec '{}' \"$@\"\n",
        lib.display(),
        python.display()
    );
    std::fs::write(&wrapper, script).unwrap();
    std::fs::set_permissions(&wrapper, PermissionsExt::from_mode(0o755)).unwrap();
    let output = folder.run(&[
        "run",
        "hello.ron",
        "--python",
        "./my python",
        "--module",
        "sent",
        "--name",
        "wrapped",
        "--out",
        "out",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let record = folder.records().remove(0);
    assert_eq!(
        (record.driver.as_str(), record.module.as_str()),
        ("wrapped", "sent")
    );
    assert_eq!(PathBuf::from(&record.program), wrapper);
}

#[test]
fn what_is_missing_is_told_with_the_command_that_installs_it() {
    let Some(python) = python() else { return };
    let folder = Folder::with(&HELLO);
    let output = folder
        .command(&[
            "run",
            "hello.ron",
            "--module",
            "no_such_module_1",
            "--python",
        ])
        .arg(&python)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let told = text(&output.stderr);
    let way = format!("{} -m pip install no_such_module_1", python.display());
    assert!(told.contains(&way), "{told}");
}

#[test]
fn bad_descriptions_of_an_implementation_are_told() {
    let folder = Folder::with(&HELLO);
    std::fs::write(folder.path().join("bad.ron"), "Manifest(\n  nam: 1)").unwrap();
    for (arguments, says) in [
        (&["--module", "a; b"][..], "no name of a module"),
        (&["--name", "a b"], "no name of a driver"),
        (
            &["--python", "/no/such/python"],
            "/no/such/python cannot be tested",
        ),
        (
            &["--python", "a", "--python", "b", "--name", "c"],
            "`--name` names one",
        ),
        (&["--manifest", "bad.ron"], "bad.ron:2:"),
        (&["--manifest", "none.ron"], "failed to read none.ron"),
    ] {
        let output = folder.run(&[&["run", "hello.ron"][..], arguments].concat());
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains(says), "{told} should say {says}");
    }
    let output = folder.run(&[
        "replay",
        "hello.ron",
        "--start-method",
        "spawn",
        "--plan",
        "plain",
        "--seed",
        "1",
    ]);
    assert!(text(&output.stderr).contains("`--driver` or `--python`"));
}

#[test]
fn a_program_is_shown_with_the_module() {
    let folder = Folder::with(&case("Lock", ""));
    let output = folder.run(&[
        "show",
        "hello.ron",
        "--as",
        "python",
        "--module",
        "billiard",
    ]);
    assert!(text(&output.stdout).contains("\nimport billiard as multiprocessing\n"));
    let output = folder.run(&["show", "hello.ron", "--module", "billiard"]);
    assert_eq!(output.status.code(), Some(64));
}
