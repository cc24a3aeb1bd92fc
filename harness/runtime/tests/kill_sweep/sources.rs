//! The sources of the system layer: every call to the system in them is a place to die.

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> Vec<Trial> {
    // Both, wherever this runs: what is forgotten for one system is found on any.
    let trial = |system: &'static System| {
        let name = format!("every_call_to_{}_is_a_place_to_die", system.folder);
        Trial::test(name, move || every_call_is_a_place(system))
    };
    SYSTEMS.iter().map(trial).collect()
}

struct System {
    /// Its folder in the sources.
    folder: &'static str,
    /// The crates that its functions come from.
    crates: &'static [&'static str],
    /// What only asks this process's own library, or ends nothing and changes nothing.
    no_calls: &'static [&'static str],
}

const SYSTEMS: &[System] = &[
    System {
        folder: "unix",
        crates: &["rustix", "libc"],
        no_calls: &[
            "_dyld_get_image_header",
            "_exit",
            "__errno_location",
            "__error",
            "atexit",
            "dl_iterate_phdr",
            "dlsym",
            "empty",
            "from_bits_retain",
            "getauxval",
            "getegid",
            "geteuid",
            "getgid",
            "getpid",
            "getrlimit",
            "getuid",
            "kill_process",
            "kqueue",
            "proc_pidinfo",
            "pthread_atfork",
            "retry_on_intr",
            "sigaddset",
            "sigdelset",
            "sigemptyset",
            "sigfillset",
            "sigismember",
            "signal",
            "stdin",
            "write",
        ],
    },
    System {
        folder: "windows",
        crates: &["windows_sys"],
        no_calls: &[
            "GetCurrentProcess",
            "GetFileType",
            "GetLastError",
            "GetModuleHandleA",
            "GetModuleHandleW",
            "GetProcAddress",
            "GetProcessTimes",
            "GetStdHandle",
            "NtQuerySystemInformation",
            "PeekNamedPipe",
            "SetConsoleCtrlHandler",
            "SetLastError",
            "atexit",
            // Of this process's own image, before it has begun.
            "VirtualProtect",
        ],
    },
];

/// Modules that only the tests and the harness use, and what runs in copies that are the program's
/// own: the dead of the runtime are not in them.
const NOT_THE_RUNTIME: &[&str] = &[
    "tree",
    "tree.rs",
    "limits.rs",
    "failpoint",
    "failpoint.rs",
    "tests.rs",
    "withheld.rs",
];

fn every_call_is_a_place(system: &System) -> Result<(), Failed> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sys/src");
    if !sources.is_dir() {
        // A test that runs far from where it was built has no sources to look at.
        return Ok(());
    }
    let mut bare = Vec::new();
    let mut count = 0;
    for path in files(&sources.join(system.folder))? {
        let text = std::fs::read_to_string(&path)?;
        let code = text.split("\nmod tests {").next().unwrap_or_default();
        let names = functions(system, code);
        for (at, _) in code.match_indices('(') {
            let Some((start, name)) = call_at(system, code, at, &names) else {
                continue;
            };
            count += 1;
            if !system.no_calls.contains(&name) && !is_place(&code[..start]) {
                let line = code[..start].lines().count();
                bare.push(format!("{}:{line}: {name}", path.display()));
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

fn is_part(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// The functions of the system that a file has by a `use`, or declares itself.
fn functions<'t>(system: &System, code: &'t str) -> Vec<&'t str> {
    let mut found = Vec::new();
    for name in system.crates {
        for (at, _) in code.match_indices(&format!("use {name}::")) {
            let line = code[at..].split(';').next().unwrap_or_default();
            let names = line.rsplit("::").next().unwrap_or_default();
            found.extend(names.split(|char| !is_part(char)));
        }
    }
    for block in code.split("\nunsafe extern \"").skip(1) {
        let is_block = block.lines().next().is_some_and(|line| !line.contains('('));
        let block = block.split("\n}").next().unwrap_or_default();
        let names = block.split("fn ").skip(1).filter(|_| is_block);
        found.extend(names.map(|rest| rest.split('(').next().unwrap_or_default()));
    }
    found
}

/// Where the call of a system's function starts whose arguments begin here, and the function.
fn call_at<'t>(
    system: &System,
    code: &'t str,
    at: usize,
    functions: &[&str],
) -> Option<(usize, &'t str)> {
    let is_path = |char: char| is_part(char) || char == ':' || char == '.';
    let start = code[..at]
        .rfind(|char| !is_path(char))
        .map_or(0, |end| end + 1);
    let path = &code[start..at];
    let line = code[..start].rsplit('\n').next().unwrap_or_default();
    let name = path.rsplit("::").next().unwrap_or_default();
    let of_crate = |name: &&str| {
        path.strip_prefix(*name)
            .is_some_and(|rest| rest.starts_with("::"))
    };
    let is_system = system.crates.iter().any(of_crate) || functions.contains(&path);
    let is_call = !line.contains("//") && !line.ends_with("fn ") && !path.contains("Signal");
    // Types and variants of the one begin as functions of the other do.
    let is_function = system.folder == "windows"
        || name.starts_with(|char: char| char.is_lowercase() || char == '_');
    (!name.is_empty() && is_system && is_call && is_function).then_some((start, name))
}

/// Whether `call!(` comes before, on the line or around the block.
fn is_place(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let block = before.trim_end();
    let block = block.strip_suffix("unsafe {").unwrap_or(block).trim_end();
    // What it can fail with stands in between.
    let is_of_errors = |char: char| char.is_ascii_uppercase() || "_|, \n".contains(char);
    let block = block.trim_end_matches(is_of_errors);
    line.contains("call!(") || block.ends_with("call!(")
}
