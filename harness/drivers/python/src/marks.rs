//! Kinds of errors with a class of their own, where Python has one class for several.
//!
//! A call that raises such a kind goes through `marked`, and the program's own errors of it are
//! made with that class. Where neither tells two kinds apart, the program cannot be written.

use std::collections::BTreeSet;

use poolproof_case::catalogue::Class;
use poolproof_case::program::{Block, ErrorPattern, ExpressionKind, StatementKind};
use poolproof_case::walk::{self, Part};
use poolproof_case::{Case, ErrorKind};

use crate::apart::Apart;
use crate::classes::{Classes, first_class, is_below, is_of_processes, is_taken, marked, taken};
use crate::error::{Result, WriteError};
use crate::need::Need;
use crate::raised::{Origin, Raised, raised_by_making};
use crate::writer::{MAIN, Writer};

const MARKED: &str = r#"def marked(kind, classes, function, /, *arguments, **named):
    """Calls a function, whose errors of these classes are of one kind."""
    try:
        return function(*arguments, **named)
    except classes as problem:
        raise kind(str(problem)) from problem"#;

/// What a worker's function raised arrives with the worker's traceback as its cause.
const SENT: &str = r#"def sent(kind, classes, function, /, *arguments, **named):
    """Calls a function, whose errors are of one kind where no function in a worker raised them."""
    try:
        return function(*arguments, **named)
    except classes as problem:
        if FROM_WORKER:
            raise
        raise kind(str(problem)) from problem"#;

/// An end that is open was used the wrong way; one that is closed, or whose pipe is broken, was not.
const MISUSED: &str = r#"def misused(kind, classes, function, /, *arguments, **named):
    """Calls a method of a connection, which raises one kind of error while it is open."""
    try:
        return function(*arguments, **named)
    except classes as problem:
        if type(problem) is not OSError or function.__self__.closed:
            raise
        raise kind(str(problem)) from problem"#;

/// A call, or what makes an object, with the scope it stands in.
struct Site {
    raised: Raised,
    apart: Apart,
}

impl Writer<'_> {
    /// Gives each kind a class of its own that some handler could not tell from another otherwise.
    pub(crate) fn mark(&mut self) -> Result<()> {
        let sites = self.sites();
        let mut tries = Vec::new();
        for (scope, block) in scopes(self.case) {
            walk::all(block, &mut |part| {
                if let Part::Statement(statement) = part
                    && let StatementKind::Try { body, handlers, .. } = &statement.kind
                {
                    tries.push((self.raised_in_try(scope, body, handlers), handlers));
                }
            });
        }
        for (raised, handlers) in tries {
            while let Some((one, other)) = self.conflict(&raised, handlers) {
                let marks = self.told_apart(&sites, &raised, one, other)?;
                self.marks.extend(marks);
            }
        }
        Ok(())
    }

    /// Everything in the program that raises what the catalogue says.
    fn sites(&self) -> Vec<Site> {
        let mut sites = Vec::new();
        for (scope, block) in scopes(self.case) {
            walk::all(block, &mut |part| match part {
                Part::Call(call) => sites.push(Site {
                    raised: self.raised_by_call(scope, call),
                    apart: self.apart(scope, call),
                }),
                Part::Expression(expression) => {
                    if let ExpressionKind::New { object, .. } = &expression.kind
                        && let Some(class) = Class::of(object)
                    {
                        sites.push(Site {
                            raised: raised_by_making(class),
                            apart: Apart::Nothing,
                        });
                    }
                }
                Part::Statement(statement) => {
                    if let StatementKind::Drain { queue, .. } = &statement.kind {
                        let raised = self.raised_by_method(scope, queue, "get");
                        let apart = Apart::Nothing;
                        sites.push(Site { raised, apart });
                    }
                }
            });
        }
        sites
    }

    /// The classes by which a kind is caught where it is raised like this.
    pub(crate) fn caught(&self, kind: ErrorKind, origin: &Origin) -> Classes {
        if !self.marks.contains(&kind) || origin.told.is_empty() {
            return origin.classes();
        }
        let mut classes = origin.bare.clone();
        classes.insert(marked(kind));
        classes
    }

    /// Two kinds that have a class in common and not the same handler.
    fn conflict(
        &self,
        raised: &Raised,
        handlers: &[(ErrorPattern, Block)],
    ) -> Option<(ErrorKind, ErrorKind)> {
        let handled = |kind: &ErrorKind| taken(handlers).any(|known| known == *kind);
        let mut pairs = raised.iter().filter(|(kind, _)| handled(kind));
        pairs.find_map(|(kind, origin)| {
            let classes = self.caught(*kind, origin);
            let mut others = raised.iter().filter(|(other, _)| *other != kind);
            let other = others
                .find(|(other, origin)| meet(&classes, **other, &self.caught(**other, origin)))?;
            Some((*kind, *other.0))
        })
    }

    /// The kinds whose marks tell two apart: first what the program alone raises, then the one with
    /// fewer calls to go through `marked`.
    fn told_apart(
        &self,
        sites: &[Site],
        raised: &Raised,
        one: ErrorKind,
        other: ErrorKind,
    ) -> Result<BTreeSet<ErrorKind>> {
        let calls = |kind: &ErrorKind| {
            let raising = sites.iter().filter(|site| site.raised.contains_key(kind));
            raising.count()
        };
        let mut candidates = [(one, other), (other, one)];
        candidates.sort_by_key(|(kind, _)| calls(kind));
        candidates
            .into_iter()
            .find_map(|(kind, from)| self.markable(sites, raised, kind, from))
            .ok_or_else(|| {
                WriteError::new(format!(
                    "Python has one class for `{}` and `{}` here, and nothing tells them apart",
                    one.name(),
                    other.name()
                ))
            })
    }

    /// What has to be marked so that a kind differs from another one, if that is possible.
    fn markable(
        &self,
        sites: &[Site],
        raised: &Raised,
        kind: ErrorKind,
        from: ErrorKind,
    ) -> Option<BTreeSet<ErrorKind>> {
        let (own, others) = (raised.get(&kind)?, raised.get(&from)?);
        if self.marks.contains(&kind)
            || own.told.is_empty()
            || meet(&own.bare, from, &self.caught(from, others))
        {
            return None;
        }
        let functions = self.raised_by_functions();
        let mut marks = BTreeSet::from([kind]);
        for site in sites {
            let Some(origin) = site.raised.get(&kind) else {
                continue;
            };
            let takes = |of: ErrorKind, classes: &Classes| {
                classes.iter().any(|class| {
                    let mut told = origin.told.iter();
                    told.any(|known| is_taken(class, of, known) || is_below(class, known))
                })
            };
            let is_misuse = site.apart == Apart::Connection && kind == ErrorKind::Usage;
            let mut beside = site.raised.iter().filter(|(other, _)| **other != kind);
            if !is_misuse && beside.any(|(other, origin)| takes(*other, &origin.told)) {
                return None;
            }
            if site.apart != Apart::Delivers || is_of_processes(kind) {
                continue;
            }
            for (other, origin) in &functions {
                if *other == kind || !takes(*other, &self.caught(*other, origin)) {
                    continue;
                }
                let is_called = sites.iter().any(|site| site.raised.contains_key(other));
                if is_called || takes(*other, &origin.bare) {
                    return None;
                }
                marks.insert(*other);
            }
        }
        Some(marks)
    }

    /// A call as it is, or through `marked` for each kind that it may raise and that has a class of
    /// its own.
    pub(crate) fn marked_call(
        &mut self,
        raised: &Raised,
        apart: Apart,
        function: &str,
        arguments: &str,
    ) -> String {
        let (mut function, mut parts) = (function.to_owned(), Vec::new());
        for (kind, origin) in raised {
            if !self.is_marked_here(*kind) {
                continue;
            }
            let (need, marking) = match apart {
                Apart::Delivers if is_of_processes(*kind) => (Need::Sent, "sent"),
                Apart::Connection if *kind == ErrorKind::Usage => (Need::Misused, "misused"),
                _ => (Need::Marked, "marked"),
            };
            self.needs.add(need);
            let classes: Vec<&str> = origin
                .told
                .iter()
                .map(|class| self.needs.class(class))
                .collect();
            let classes = match classes.as_slice() {
                [one] => (*one).to_owned(),
                many => format!("({})", many.join(", ")),
            };
            parts.insert(0, format!("{}, {classes}, {function}", marked(*kind)));
            marking.clone_into(&mut function);
        }
        parts.extend((!arguments.is_empty()).then(|| arguments.to_owned()));
        format!("{function}({})", parts.join(", "))
    }

    /// Whether calls that raise a kind have to say so, which a module of threads never does of what
    /// only processes raise.
    fn is_marked_here(&self, kind: ErrorKind) -> bool {
        self.marks.contains(&kind) && !(self.options.is_of_threads() && is_of_processes(kind))
    }

    /// A function without arguments that does what `marked_call` writes.
    pub(crate) fn deferred(&mut self, raised: &Raised, function: &str) -> String {
        if !raised.keys().any(|kind| self.is_marked_here(*kind)) {
            return function.to_owned();
        }
        self.needs.add(Need::Import("functools"));
        let call = self.marked_call(raised, Apart::Nothing, function, "");
        let arguments = call.trim_start_matches("marked(").trim_end_matches(')');
        format!("functools.partial(marked, {arguments})")
    }

    /// The classes of marked kinds, and what marks the errors of a call.
    pub(crate) fn marking(&mut self) -> Vec<String> {
        let mut helpers: Vec<String> = self
            .marks
            .iter()
            .map(|kind| {
                let (class, name) = (marked(*kind), kind.name());
                let shown = first_class(*kind);
                format!(
                    "class {class}(Exception):\n    \"\"\"An error of the kind `{name}`, where \
                     Python's class is also that of another.\"\"\"\n\n    def __repr__(self):\n        \
                     return \"{shown}(%s)\" % ascii(self.args[0])"
                )
            })
            .collect();
        if self.needs.has(&Need::Marked) {
            helpers.push(MARKED.to_owned());
        }
        if self.needs.has(&Need::Sent) {
            let from_worker = match self.may_be_threads() {
                true => {
                    "METHOD == \"threads\" or type(problem.__cause__).__name__ == \"RemoteTraceback\""
                }
                false => "type(problem.__cause__).__name__ == \"RemoteTraceback\"",
            };
            helpers.push(SENT.replace("FROM_WORKER", from_worker));
        }
        if self.needs.has(&Need::Misused) {
            helpers.push(MISUSED.to_owned());
        }
        helpers
    }
}

/// Whether classes that are caught meet those that a kind has.
fn meet(caught: &Classes, kind: ErrorKind, raised: &Classes) -> bool {
    let mut raised = raised.iter();
    raised.any(|class| caught.iter().any(|known| is_taken(class, kind, known)))
}

/// The functions of a case and its main, by name.
fn scopes(case: &Case) -> Vec<(&str, &Block)> {
    let functions = case.program.functions.iter();
    let functions = functions.map(|(name, function)| (name.as_str(), &function.body));
    functions.chain([(MAIN, &case.program.main)]).collect()
}
