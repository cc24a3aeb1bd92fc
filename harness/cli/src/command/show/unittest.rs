//! A case as a test of Python's own `unittest`, which needs nothing but the interpreter that it tests.

use std::fmt::Write as _;

use poolproof_case::{Ending, Outcome, StartMethod};
use poolproof_runner::specified::{self, explored};
use poolproof_runner::{Error, Loaded};
use poolproof_spec::{Limits, clauses};

/// More outcomes are no list that somebody would read in a test.
const OUTCOMES_MAX: usize = 256;

/// What a file begins with after its docstring.
const HEAD: &str = r#"
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import unittest

# How often each start method is tried, and for how many seconds a run may last.
RUNS = 10
TIMEOUT = 60

"#;

/// What comes after the program and the outcomes.
const RUN: &str = r#"

def run(path, method):
    """Gives the lines that were printed with main's exit code, and what was said on stderr."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        # A session of its own, so that a run that hangs can be ended with all its processes.
        is_posix = os.name == "posix"
        main = subprocess.Popen(
            [sys.executable, path, method], stdout=out, stderr=err, start_new_session=is_posix
        )
        try:
            code = main.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            code = "hang"
        finally:
            if is_posix:
                try:
                    os.killpg(main.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            else:
                main.kill()
            main.wait()
        out.seek(0)
        err.seek(0)
        lines = out.read().decode(errors="replace").splitlines()
        return (tuple(lines), code), err.read().decode(errors="replace")


class @CLASS@(unittest.TestCase):
    maxDiff = None

    def check(self, method):
        if method != "threads" and method not in multiprocessing.get_all_start_methods():
            self.skipTest(f"this system has no {method}")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "program.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(PROGRAM)
            for number in range(RUNS):
                with self.subTest(run=number):
                    outcome, said = run(path, method)
                    self.assertIn(outcome, ALLOWED[method], said)

"#;

const FOOT: &str = "\n\nif __name__ == \"__main__\":\n    unittest.main()\n";

/// The test; `program` is the case as a Python program.
pub(super) fn unittest(loaded: &Loaded, program: &str) -> Result<String, Error> {
    let mut allowed: Vec<(Vec<StartMethod>, Vec<Outcome>)> = Vec::new();
    for method in specified::methods(loaded) {
        let outcomes = outcomes(loaded, method)?;
        match allowed.iter_mut().find(|(_, known)| *known == outcomes) {
            Some((methods, _)) => methods.push(method),
            None => allowed.push((vec![method], outcomes)),
        }
    }
    let (case, id) = (&loaded.case, &loaded.case.id);
    let mut text = format!("\"\"\"{}.\n\n", one_line(case.title.trim_end_matches('.')));
    let tested = |clause: &&clauses::Clause| case.clauses.contains(&clause.id);
    for clause in clauses::all().iter().filter(tested) {
        let (level, source) = (clause.level.name(), &clause.source);
        let _ = writeln!(text, "{level}: {}\n({source})\n", one_line(&clause.text));
    }
    let _ = writeln!(text, "The case {id} of Poolproof.\n\"\"\"");
    text += HEAD;
    let _ = writeln!(text, "PROGRAM = {}\n", literal(program));
    text += "# All that the documentation allows it to print, each with main's exit code.\n";
    text += "ALLOWED = {}\n";
    for (methods, outcomes) in &allowed {
        let place = |method: &StartMethod| format!("ALLOWED[\"{method}\"]");
        let places: Vec<String> = methods.iter().map(place).collect();
        let _ = writeln!(text, "{} = {{", places.join(" = "));
        for outcome in outcomes {
            let _ = writeln!(text, "    {},", of_python(outcome));
        }
        text += "}\n";
    }
    text += &RUN.replace("@CLASS@", &class(id));
    let methods = allowed.iter().flat_map(|(methods, _)| methods);
    let test = |method| format!("    def test_{method}(self):\n        self.check(\"{method}\")\n");
    text += &methods.map(test).collect::<Vec<_>>().join("\n");
    text += FOOT;
    Ok(text)
}

/// All that is allowed under a start method.
fn outcomes(loaded: &Loaded, method: StartMethod) -> Result<Vec<Outcome>, Error> {
    let id = &loaded.case.id;
    let refused = |why: &str| Error::usage(format!("`{id}` is no unittest under {method}: {why}"));
    let (specified, _) = explored(loaded, method, &Limits::default())
        .map_err(|mistake| refused(&mistake.message))?;
    let behaviour = &specified.exploration.behaviour;
    if behaviour.may_be_undefined() {
        return Err(refused("some of what it may do is undefined"));
    }
    let outcomes = behaviour.outcomes(OUTCOMES_MAX + 1);
    if specified.exploration.bounded || outcomes.len() > OUTCOMES_MAX {
        let why = format!("it may print more than {OUTCOMES_MAX} different things");
        return Err(refused(&why));
    }
    if outcomes.iter().any(|one| one.ending == Ending::Hang) {
        return Err(refused("it may hang, and a test cannot wait for that"));
    }
    if outcomes.iter().any(|one| one.left > 0) {
        return Err(refused("processes may live on after main, and print then"));
    }
    Ok(outcomes)
}

/// An outcome as a Python tuple of its lines and main's exit code.
fn of_python(outcome: &Outcome) -> String {
    let lines: Vec<String> = outcome.lines.iter().map(|line| quoted(line)).collect();
    let lines = match lines.as_slice() {
        [only] => format!("({only},)"),
        many => format!("({})", many.join(", ")),
    };
    let code = match &outcome.ending {
        Ending::Exit(code) => code.to_string(),
        Ending::Signal(name) => format!("-signal.SIG{name}"),
        Ending::Hang => "\"hang\"".to_owned(),
    };
    format!("({lines}, {code})")
}

/// A line as a Python string.
fn quoted(line: &str) -> String {
    let mut quoted = String::from("\"");
    for character in line.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A text of several lines as a Python string that can be read: raw, so that what is escaped in it stays
/// so, where that can be.
fn literal(text: &str) -> String {
    if text.contains("'''") || text.ends_with('\\') {
        let text = text.replace('\\', r"\\").replace("'''", r"\'\'\'");
        return format!("'''{text}'''");
    }
    format!("r'''{text}'''")
}

/// A text as a part of a docstring.
fn one_line(text: &str) -> String {
    let text = text.replace('\n', " ").replace('\\', r"\\");
    text.replace("\"\"\"", "'''")
}

/// `seed/pool_map` as the name of a class.
fn class(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or(id);
    let words = name.split(|character: char| !character.is_ascii_alphanumeric());
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    format!("Test{}", words.map(word).collect::<String>())
}
