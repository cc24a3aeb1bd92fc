//! What a written program needs: imports, constants and helpers, each only where it is used.

use std::collections::BTreeSet;

use crate::classes::THREADS_MISUSE;

/// Something that the head of a program provides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// `import NAME`.
    Import(&'static str),
    /// `from MODULE import NAME`.
    From(&'static str, &'static str),
    /// `mp`, the module or context of the run's start method.
    Context,
    /// `mp` in a function, which may run in a child.
    ContextInChildren,
    /// `SOON`, a timeout that may expire whenever its caller is blocked.
    Soon,
    /// `LATE`, a timeout that expires only where nothing else can move.
    Late,
    /// `settle()`.
    Settle,
    Signal,
    /// `show()`.
    Show,
    /// `calculate()`.
    Work,
    /// `measure()`.
    Measure,
    /// `marked()`.
    Marked,
    /// `sent()`.
    Sent,
    /// `misused()`.
    Misused,
    /// `THREADS_MISUSE`, what threads raise for wrong usage.
    ThreadsMisuse,
    /// `sample()`.
    Sample,
    /// `SharingManager` with its `start_server()`.
    Server,
}

/// All that a program needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs(BTreeSet<Need>);

impl Needs {
    pub(crate) fn add(&mut self, need: Need) {
        self.0.insert(need);
    }

    pub(crate) fn has(&self, need: &Need) -> bool {
        self.0.contains(need)
    }

    /// Makes a class or function of a module usable, and says how it is then called.
    pub(crate) fn class(&mut self, path: &'static str) -> &'static str {
        match path.split_once('.') {
            // Variables are often called `queue`, so that module is not imported by its name.
            Some(("queue", name)) => {
                self.add(Need::From("queue", name));
                name
            }
            Some((module, _)) => {
                self.add(Need::Import(module));
                path
            }
            None => {
                if path == THREADS_MISUSE {
                    self.add(Need::ThreadsMisuse);
                }
                path
            }
        }
    }

    /// The modules to import, in order.
    pub(crate) fn imports(&self) -> Vec<&'static str> {
        let mut modules: Vec<&'static str> = self
            .0
            .iter()
            .filter_map(|need| match need {
                Need::Import(module) => Some(*module),
                _ => None,
            })
            .collect();
        modules.sort_unstable();
        modules
    }

    /// The names to import from modules, in order.
    pub(crate) fn names_from_modules(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut modules: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
        for need in &self.0 {
            if let Need::From(module, name) = need {
                match modules.last_mut() {
                    Some((last, names)) if last == module => names.push(name),
                    _ => modules.push((module, vec![name])),
                }
            }
        }
        modules
    }
}
