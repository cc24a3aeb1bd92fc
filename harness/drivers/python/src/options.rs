//! How a program is written, and with which module.

/// How a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// With a call before each statement that may pause, where the run's plan says so.
    pub pauses: bool,
    /// The module that is imported as `multiprocessing`: any that has its interface (`billiard`).
    /// That of threads, `multiprocessing.dummy`, writes the program for threads alone.
    pub module: &'a str,
    /// The module that is imported in the place of one that has not multiprocessing's names: an
    /// adaptor, which lies beside the program.
    pub adaptor: Option<&'a str>,
    /// Whether lines go to the file that `POOLPROOF_OUT` names, since stdout is not the program's.
    pub prints_to_file: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            pauses: false,
            module: STANDARD,
            adaptor: None,
            prints_to_file: false,
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

    /// Whether the module is one of threads; an adaptor has a context for them.
    pub(crate) fn is_of_threads(&self) -> bool {
        self.adaptor.is_none() && self.module.ends_with(THREADS)
    }

    /// A module of `multiprocessing` as this module has it: `billiard.managers`. An adaptor is one
    /// module; what else it has is the standard library's.
    pub(crate) fn path(&self, module: &str) -> String {
        if let Some(adaptor) = self.adaptor {
            return match module {
                STANDARD => adaptor.to_owned(),
                _ => module.to_owned(),
            };
        }
        match module.strip_prefix(STANDARD) {
            Some(rest) if rest.is_empty() || rest.starts_with('.') => {
                format!("{}{rest}", self.root())
            }
            _ => module.to_owned(),
        }
    }
}
