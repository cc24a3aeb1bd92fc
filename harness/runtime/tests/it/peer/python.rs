//! The CPythons of this machine, each version once, and scripts that run in them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// A port and a word of `ci/beside_pythons.py`, which starts programs for who cannot, as under Wine.
const STARTER: &str = "POOLPROOF_PYTHONS";

/// A CPython 3.
pub(super) struct Python {
    pub(super) program: String,
    pub(super) version: (u32, u32, u32),
}

pub(super) static PYTHONS: LazyLock<Vec<Python>> = LazyLock::new(pythons);

fn pythons() -> Vec<Python> {
    let mut found = BTreeMap::new();
    for program in programs() {
        if let Some(version) = version(&program) {
            found.entry(version).or_insert(program);
        }
    }
    let python = |(version, program)| Python { program, version };
    found.into_iter().map(python).collect()
}

/// What may be a Python: under pyenv or on the path.
fn programs() -> Vec<String> {
    if std::env::var_os(STARTER).is_some() {
        return all_lines(ask(&[]).unwrap()).0;
    }
    let mut programs = Vec::new();
    let home = std::env::var_os("PYENV_ROOT").map(Into::into);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
    if let Some(versions) = home.and_then(|home| std::fs::read_dir(home.join("versions")).ok()) {
        let program = |version: &Path| version.join("bin/python3").to_str().map(str::to_owned);
        programs.extend(versions.flatten().filter_map(|one| program(&one.path())));
    }
    programs.extend(["python3", "python"].map(str::to_owned));
    programs.extend((8..20).map(|minor| format!("python3.{minor}")));
    programs
}

fn version(program: &str) -> Option<(u32, u32, u32)> {
    let text = "import platform, multiprocessing.connection as c; \
                print(platform.python_implementation(), platform.python_version())";
    let running = start(program, &["-c", text], Stdio::null()).ok()?;
    let (lines, is_well) = running.rest();
    let numbers: Vec<u32> = lines
        .first()
        .filter(|_| is_well)?
        .strip_prefix("CPython 3.")?
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    Some((3, *numbers.first()?, numbers.get(1).copied().unwrap_or(0)))
}

impl Python {
    /// Starts a script with arguments.
    pub(super) fn start(&self, script: &str, arguments: &[&str]) -> Running {
        let arguments = [&["-u", "-c", script], arguments].concat();
        start(&self.program, &arguments, Stdio::inherit()).unwrap()
    }
}

fn start(program: &str, arguments: &[&str], stderr: Stdio) -> std::io::Result<Running> {
    if std::env::var_os(STARTER).is_some() {
        let lines = ask(&[&[program], arguments].concat())?;
        return Ok(Running { child: None, lines });
    }
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::piped());
    let mut child = command.stderr(stderr).spawn()?;
    let lines: Box<dyn Read> = Box::new(child.stdout.take().unwrap());
    Ok(Running {
        child: Some(child),
        lines: BufReader::new(lines),
    })
}

type Lines = BufReader<Box<dyn Read>>;

/// Asks the starter to run a command; without one, for the programs that there are.
fn ask(command: &[&str]) -> std::io::Result<Lines> {
    let told = std::env::var(STARTER).unwrap();
    let (port, word) = told.split_once(' ').unwrap();
    let mut starter = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse().unwrap()))?;
    let words = [word].into_iter().chain(command.iter().copied());
    let said: String = words.map(|word| format!("{word}\0")).collect();
    starter.write_all(said.as_bytes())?;
    starter.shutdown(Shutdown::Write)?;
    let lines: Box<dyn Read> = Box::new(starter);
    Ok(BufReader::new(lines))
}

/// All lines that the starter passes on but its own, and whether that tells of a good end.
fn all_lines(lines: Lines) -> (Vec<String>, bool) {
    let mut lines: Vec<_> = lines.lines().map_while(Result::ok).collect();
    let last = lines.pop();
    (lines, last.is_some_and(|last| last == "ended 0"))
}

/// A script, which has to end well before the trial does.
pub(super) struct Running {
    /// None where the starter has it, which ends what takes too long.
    child: Option<Child>,
    lines: Lines,
}

impl Running {
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(super) fn end(self) {
        let (lines, is_well) = self.rest();
        assert!(is_well, "the script failed: {lines:?}");
    }

    /// What else it writes, and whether it ended well.
    fn rest(mut self) -> (Vec<String>, bool) {
        let nothing: Box<dyn Read> = Box::new(std::io::empty());
        let lines = std::mem::replace(&mut self.lines, BufReader::new(nothing));
        match &mut self.child {
            None => all_lines(lines),
            Some(child) => {
                let lines = lines.lines().map_while(Result::ok).collect();
                (lines, child.wait().unwrap().success())
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself where the trial is good.
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
