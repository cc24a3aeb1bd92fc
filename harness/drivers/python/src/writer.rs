//! The writer's state: the case, what its variables hold, what the program needs, where it is.

use poolproof_case::{Case, StartMethod};

use crate::Options;
use crate::need::Needs;
use crate::shares::Share;
use crate::types::{MAIN, Objects, Types};

/// Writes one case.
pub(crate) struct Writer<'a> {
    pub(crate) case: &'a Case,
    pub(crate) options: Options,
    pub(crate) types: Types,
    pub(crate) needs: Needs,
    /// What managers on TCP share by name.
    pub(crate) shares: Vec<Share>,
    /// The function that is being written; [`MAIN`] for main.
    pub(crate) scope: String,
    /// The lines written so far.
    pub(crate) lines: Vec<String>,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(case: &'a Case, options: Options) -> Writer<'a> {
        Writer {
            case,
            options,
            types: Types::infer(&case.program),
            needs: Needs::default(),
            shares: Vec::new(),
            scope: MAIN.to_owned(),
            lines: Vec::new(),
            depth: 0,
        }
    }

    /// Whether the case may also run on threads.
    pub(crate) fn may_be_threads(&self) -> bool {
        self.case.methods.contains(&StartMethod::Threads)
    }

    /// What an expression may hold here.
    pub(crate) fn objects(&self, expression: &poolproof_case::program::Expression) -> Objects {
        self.types.of(&self.scope, expression)
    }

    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        let indent = if text.is_empty() { 0 } else { 4 * self.depth };
        self.lines.push(format!("{:indent$}{text}", ""));
    }

    pub(crate) fn indented<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let result = write(self);
        self.depth -= 1;
        result
    }
}
