//! Programs with one outcome each, driven in real processes under every start method.
//!
//! What is allowed where several outcomes are is the specification's business; here is that the
//! interpreter does what Python would do, statement by statement.

mod programs;

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use poolproof_case::{Case, StartMethod};
use programs::Program;

/// How long a program may take; it is killed then.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    poolproof_reference::freeze_support();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, method, name] = arguments.as_slice()
        && word == "drive"
    {
        return drive(method, name);
    }
    let trials = programs::all().flat_map(|program| {
        let methods = StartMethod::ALL
            .into_iter()
            .filter(|method| is_here(*method));
        let methods =
            methods.filter(|method| program.has_threads || *method != StartMethod::Threads);
        let own = case(program).map_or(StartMethod::ALL.to_vec(), |case| case.methods);
        let methods = methods.filter(move |method| own.contains(method));
        methods.map(move |method| {
            let name = format!("{method}/{}", program.name);
            Trial::test(name, move || check(program, method))
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Whether this system has a start method: some cannot copy a process.
fn is_here(method: StartMethod) -> bool {
    let mut all = poolproof_runtime::StartMethod::all().iter();
    all.any(|here| here.to_string() == method.name())
}

/// Runs one program in this process, which is a child of the test.
fn drive(method: &str, name: &str) -> ExitCode {
    let found = programs::all().find(|program| program.name == name);
    let (Ok(method), Some(program)) = (method.parse(), found) else {
        return ExitCode::from(64);
    };
    match case(program) {
        Ok(case) => poolproof_reference::drive(method, poolproof_reference::Transport::Pipe, case),
        Err(mistakes) => {
            eprint!("{mistakes}");
            ExitCode::from(64)
        }
    }
}

/// A program as a case, or what is wrong with it.
fn case(program: &Program) -> Result<Case, String> {
    let (name, text) = (program.name, program.text);
    let text = format!("Case(title: \"t\", clauses: [\"C\"], claims: [], {text})");
    poolproof_case::read(name, &text, &["C"]).map_err(|mistakes| {
        let shown = mistakes
            .iter()
            .map(|mistake| poolproof_case::render(mistake, name, &text, false));
        shown.collect()
    })
}

fn check(program: &Program, method: StartMethod) -> Result<(), Failed> {
    let (lines, code) = run(program.name, method)?;
    let expected: Vec<&str> = program.lines.to_vec();
    if lines == expected && code == Some(program.code) {
        return Ok(());
    }
    Err(format!(
        "printed {lines:#?} and ended with {code:?};\nexpected {expected:#?} and {}",
        program.code
    )
    .into())
}

fn run(name: &str, method: StartMethod) -> Result<(Vec<String>, Option<i32>), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["drive", method.name(), name])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = child.stdout.take().ok_or("no standard output")?;
    // Few lines, which a pipe holds without a reader.
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                child.kill()?;
                child.wait()?;
                return Err("it hangs".into());
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let text = std::io::read_to_string(&mut output)?;
    Ok((text.lines().map(str::to_owned).collect(), status.code()))
}
