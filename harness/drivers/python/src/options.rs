//! How a program is written, and with which module.

/// How a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// With a call before each statement that may pause, where the run's plan says so.
    pub pauses: bool,
    /// The module that is imported as `multiprocessing`: any that has its interface (`billiard`).
    /// That of threads, `multiprocessing.dummy`, writes the program for threads alone.
    pub module: &'a str,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            pauses: false,
            module: STANDARD,
        }
    }
}

/// The module that a program uses where nobody says which.
pub const STANDARD: &str = "multiprocessing";

/// What a module is called that has a module's interface over threads, behind the module's name.
const THREADS: &str = ".dummy";

impl<'a> Options<'a> {
    /// The module of processes: that itself, or the one that a module of threads belongs to.
    pub(crate) fn root(&self) -> &'a str {
        self.module.strip_suffix(THREADS).unwrap_or(self.module)
    }

    /// Whether the module is one of threads.
    pub(crate) fn is_of_threads(&self) -> bool {
        self.module.ends_with(THREADS)
    }

    /// A module of `multiprocessing` as this module has it: `billiard.managers`.
    pub(crate) fn path(&self, module: &str) -> String {
        match module.strip_prefix(STANDARD) {
            Some(rest) if rest.is_empty() || rest.starts_with('.') => {
                format!("{}{rest}", self.root())
            }
            _ => module.to_owned(),
        }
    }
}
