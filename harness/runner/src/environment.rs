//! What a program under test finds in its environment.
//!
//! What changes verdicts is set or taken away, whoever is tested; the rest is next to nothing for what
//! Poolproof has found by itself, and all that its user has for what the user has named.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// How much of the user's environment a program gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    /// Next to nothing, and no customization of an interpreter.
    #[default]
    Bare,
    /// All but what changes verdicts.
    Whole,
}

/// What is kept of a bare environment.
const KEPT: [&str; 5] = [
    "PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
];

/// What is always set.
const SET: [(&str, &str); 5] = [
    ("LANG", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("PYTHONUNBUFFERED", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONHASHSEED", "0"),
];

/// What is taken away: it makes an interpreter wait for input at its end, leaves out the assertions
/// that tell of wrong usage, or reads a file of its own.
const TAKEN_AWAY: [&str; 4] = [
    "PYTHONINSPECT",
    "PYTHONOPTIMIZE",
    "PYTHONSTARTUP",
    "PYTHONDEBUG",
];

/// What names the temporary folder, on any system.
const TEMPORARY: [&str; 3] = ["TMPDIR", "TMP", "TEMP"];

/// What tells a program of a run.
const OWN: &str = "POOLPROOF_";

impl Environment {
    /// Gives it to a command: `temporary` is the run's folder for temporary files, `customize` one
    /// with empty modules in place of those that an interpreter imports by itself.
    pub(crate) fn give(self, command: &mut Command, temporary: &Path, customize: &Path) {
        command.env_clear();
        let all: Vec<(OsString, OsString)> = std::env::vars_os().collect();
        command.envs(all.into_iter().filter(|(name, _)| self.keeps(name)));
        if self == Environment::Bare {
            command.env("PYTHONPATH", customize);
        }
        for name in TEMPORARY {
            command.env(name, temporary);
        }
        command.envs(SET);
    }

    fn keeps(self, name: &OsString) -> bool {
        let name = name.to_string_lossy();
        match self {
            Environment::Bare => KEPT.contains(&&*name),
            Environment::Whole => !TAKEN_AWAY.contains(&&*name) && !name.starts_with(OWN),
        }
    }

    /// What it is, in words and for a run file: what is set, and what is not given.
    #[must_use]
    pub fn told(self) -> String {
        let set: Vec<String> = SET
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let (set, temporary) = (set.join(" "), TEMPORARY.join(", "));
        match self {
            Environment::Bare => format!(
                "{set}; {temporary} name a folder of the run, PYTHONPATH one with empty \
                 sitecustomize and usercustomize; of the user's: {}",
                KEPT.join(", ")
            ),
            Environment::Whole => {
                let taken: Vec<&str> = TAKEN_AWAY
                    .into_iter()
                    .filter(|name| std::env::var_os(name).is_some())
                    .collect();
                let without = match taken.is_empty() {
                    true => String::new(),
                    false => format!(" without {}", taken.join(", ")),
                };
                format!("{set}; {temporary} name a folder of the run; all of the user's{without}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_environment_lacks_only_what_changes_verdicts() {
        let kept = |environment: Environment, name: &str| environment.keeps(&OsString::from(name));
        for name in [
            "PYTHONPATH",
            "VIRTUAL_ENV",
            "PYTHONHOME",
            "LD_PRELOAD",
            "PATH",
        ] {
            assert!(kept(Environment::Whole, name), "{name}");
        }
        for name in ["PYTHONINSPECT", "PYTHONOPTIMIZE", "POOLPROOF_PLAN"] {
            assert!(!kept(Environment::Whole, name), "{name}");
        }
        assert!(kept(Environment::Bare, "HOME"));
        assert!(!kept(Environment::Bare, "VIRTUAL_ENV"));
    }
}
