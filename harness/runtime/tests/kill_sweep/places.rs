//! The places to die at: those that a scenario comes to, and those that the sources have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

use crate::run::{self, Death};

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test(
        "every_call_to_the_system_is_a_place_to_die",
        every_call_is_a_place,
    )]
}

/// The places that the processes of a scenario come to, for each role.
pub(crate) fn reached(scenario: &str, method: &str) -> Result<BTreeSet<String>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("places");
    run::run(scenario, method, &Death::Nobody(file.clone()))?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let lines = text.lines().filter(|line| {
        let mut parts = line.split('\t');
        parts.next() != Some("Keeper") && parts.next_back() == Some("1")
    });
    Ok(lines.map(str::to_owned).collect())
}

/// What only asks this process's own library, or ends nothing and changes nothing.
const NO_CALLS: &[&str] = &[
    "_dyld_get_image_header",
    "_exit",
    "__errno_location",
    "__error",
    "atexit",
    "dl_iterate_phdr",
    "dlsym",
    "empty",
    "from_bits_retain",
    "geteuid",
    "getpid",
    "kill_process",
    "kqueue",
    "proc_pidinfo",
    "pthread_atfork",
    "retry_on_intr",
    "sigaddset",
    "sigemptyset",
    "signal",
    "stdin",
    "write",
];

/// Modules that only the tests and the harness use: the dead of the runtime are not in them.
const NOT_THE_RUNTIME: &[&str] = &["tree", "tree.rs", "failpoint", "failpoint.rs"];

fn every_call_is_a_place() -> Result<(), Failed> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sys/src/unix");
    if !sources.is_dir() {
        // A test that runs far from where it was built has no sources to look at.
        return Ok(());
    }
    let mut bare = Vec::new();
    let mut count = 0;
    for path in files(&sources)? {
        let text = std::fs::read_to_string(&path)?;
        let code = text.split("\nmod tests {").next().unwrap_or_default();
        let imported = imported(code);
        for (number, line) in code.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for name in calls(code, &imported) {
                count += 1;
                if !NO_CALLS.contains(&name) && !code.contains("call!(") {
                    bare.push(format!("{}:{}: {name}", path.display(), number + 1));
                }
            }
        }
    }
    if count < 30 {
        return Err(format!("the scan finds only {count} calls").into());
    }
    match bare.is_empty() {
        true => Ok(()),
        false => Err(format!("write `call!( … )` around:\n{}", bare.join("\n")).into()),
    }
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if NOT_THE_RUNTIME.contains(&&*name) {
            continue;
        }
        match path.is_dir() {
            true => found.extend(files(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}

/// The names that a file has from `rustix` by a `use`.
fn imported(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use rustix::") {
        let line = code[at..].split(';').next().unwrap_or_default();
        let names = line.rsplit("::").next().unwrap_or_default();
        let names = names.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        found.extend(names.filter(|name| name.starts_with(|c: char| c.is_lowercase())));
    }
    found
}

/// The names of functions of `rustix` and `libc` that a line calls.
fn calls<'t>(line: &'t str, imported: &[&'t str]) -> Vec<&'t str> {
    let mut found = Vec::new();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '.';
    for (at, _) in line.match_indices('(') {
        let start = line[..at]
            .rfind(|c: char| !is_part(c))
            .map_or(0, |end| end + 1);
        let path = &line[start..at];
        let name = path.rsplit("::").next().unwrap_or_default();
        let is_system = path.starts_with("rustix::") || path.starts_with("libc::");
        let is_imported = imported.contains(&path) && !line.contains("fn ");
        let is_function = name.starts_with(|c: char| c.is_lowercase() || c == '_');
        if is_function && !path.contains("Signal") && (is_system || is_imported) {
            found.push(name);
        }
    }
    found
}
