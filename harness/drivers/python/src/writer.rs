//! The writer's state: the case, what its variables hold, what the program needs, where it is.

use std::collections::BTreeSet;

use poolproof_case::infer::{Types, infer};
use poolproof_case::uses::unsupported;
use poolproof_case::{Case, ErrorKind, StartMethod};

use crate::need::{Need, Needs};
use crate::options::Options;
use crate::share::Share;

/// The scope of main; no function has an empty name.
pub(crate) const MAIN: &str = "";

/// Writes one case.
pub(crate) struct Writer<'a> {
    pub(crate) case: &'a Case,
    pub(crate) options: Options<'a>,
    pub(crate) types: Types<'a>,
    pub(crate) needs: Needs,
    /// The start methods that the case is for and that have all it uses.
    pub(crate) methods: Vec<StartMethod>,
    /// What managers on TCP share by name.
    pub(crate) shares: Vec<Share>,
    /// The kinds of errors that have a class of their own.
    pub(crate) marks: BTreeSet<ErrorKind>,
    /// The function that is being written; [`MAIN`] for main.
    pub(crate) scope: String,
    /// The lines that are not yet taken.
    lines: Vec<String>,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(case: &'a Case, options: Options<'a>) -> Writer<'a> {
        Writer {
            case,
            options,
            types: infer(&case.program),
            needs: Needs::default(),
            methods: methods(case, options),
            shares: Vec::new(),
            marks: BTreeSet::new(),
            scope: MAIN.to_owned(),
            lines: Vec::new(),
            depth: 0,
        }
    }

    /// Whether the case may also run on threads.
    pub(crate) fn may_be_threads(&self) -> bool {
        self.methods.contains(&StartMethod::Threads)
    }

    /// The context is used here.
    pub(crate) fn need_context(&mut self) {
        self.needs.add(Need::Context);
        if self.scope != MAIN {
            self.needs.add(Need::ContextInChildren);
        }
    }

    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        let indent = if text.is_empty() { 0 } else { 4 * self.depth };
        self.lines.push(format!("{:indent$}{text}", ""));
    }

    /// The lines written since the last time, as one text.
    pub(crate) fn taken(&mut self) -> String {
        std::mem::take(&mut self.lines).join("\n")
    }

    pub(crate) fn indented<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let result = write(self);
        self.depth -= 1;
        result
    }
}

fn methods(case: &Case, options: Options<'_>) -> Vec<StartMethod> {
    let mut methods = case.methods.clone();
    methods.retain(|method| {
        let is_of_module = !options.is_of_threads() || *method == StartMethod::Threads;
        is_of_module && unsupported(&case.program, *method).is_none()
    });
    methods
}
