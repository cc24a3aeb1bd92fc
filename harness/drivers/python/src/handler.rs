//! `Try` as `try`: a case's kinds as Python's classes, subclasses first.

use std::collections::BTreeSet;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::python_classes;
use poolproof_case::program::{Block, ErrorPattern};

use crate::error::{Result, WriteError};
use crate::raised::Raised;
use crate::writer::Writer;

/// Subclasses and classes that contain them, of those that the catalogue names.
const BELOW: &[(&str, &str)] = &[
    ("BrokenPipeError", "OSError"),
    ("ConnectionRefusedError", "OSError"),
    ("ConnectionResetError", "OSError"),
    ("threading.BrokenBarrierError", "RuntimeError"),
];

/// What tells errors of one class apart: a kind's messages contain one of these.
const MESSAGES: &[(ErrorKind, &[&str])] = &[
    (ErrorKind::Closed, &["closed", "not running"]),
    (ErrorKind::OverRelease, &["too many times", "unlocked"]),
];

/// One `except`.
#[derive(Clone)]
struct Handler<'a> {
    kind: Option<ErrorKind>,
    classes: BTreeSet<&'static str>,
    /// None: raises again what another handler's class would take for its own.
    block: Option<&'a Block>,
}

impl Writer<'_> {
    /// A `try` statement.
    pub(crate) fn try_statement(
        &mut self,
        body: &Block,
        handlers: &[(ErrorPattern, Block)],
        finally: &Block,
    ) -> Result<()> {
        if handlers.is_empty() && finally.is_empty() {
            return self.block(body);
        }
        self.line("try:");
        self.indented(|writer| writer.block(body))?;
        let raised = self.raised(body);
        for group in grouped(sorted(resolved(&raised, handlers))?)? {
            self.except(&group)?;
        }
        let any = handlers
            .iter()
            .find(|(pattern, _)| *pattern == ErrorPattern::Any);
        if let Some((_, block)) = any {
            self.line("except Exception:");
            self.indented(|writer| writer.block(block))?;
        }
        if !finally.is_empty() {
            self.line("finally:");
            self.indented(|writer| writer.block(finally))?;
        }
        Ok(())
    }

    /// One handler, or two of one class that are told apart by their messages.
    fn except(&mut self, group: &[Handler<'_>]) -> Result<()> {
        let classes: BTreeSet<&'static str> = group
            .iter()
            .flat_map(|handler| handler.classes.iter().copied())
            .collect();
        let names: Vec<&str> = classes
            .iter()
            .map(|class| self.needs.class(class))
            .collect();
        let names = match names.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("({})", many.join(", ")),
        };
        let [told, other] = group else {
            self.line(format!("except {names}:"));
            return self.indented(|writer| writer.handled(&group[0]));
        };
        self.line(format!("except {names} as problem:"));
        self.indented(|writer| {
            let parts: Vec<String> = messages(told.kind)
                .iter()
                .map(|message| format!("\"{message}\" in str(problem)"))
                .collect();
            writer.line(format!("if {}:", parts.join(" or ")));
            writer.indented(|writer| writer.handled(told))?;
            writer.line("else:");
            writer.indented(|writer| writer.handled(other))
        })
    }

    fn handled(&mut self, handler: &Handler<'_>) -> Result<()> {
        match handler.block {
            Some(block) => self.block(block),
            None => {
                self.line("raise");
                Ok(())
            }
        }
    }
}

/// The handlers' classes, and a handler for each class that one would take from another kind.
fn resolved<'a>(raised: &Raised, handlers: &'a [(ErrorPattern, Block)]) -> Vec<Handler<'a>> {
    let mut found: Vec<Handler<'a>> = Vec::new();
    let mut exact: BTreeSet<&'static str> = BTreeSet::new();
    for (pattern, block) in handlers {
        let ErrorPattern::Kind(kind) = pattern else {
            break;
        };
        let classes = raised.get(kind).cloned().unwrap_or_default();
        exact.extend(&classes);
        found.push(Handler {
            kind: Some(*kind),
            classes,
            block: Some(block),
        });
    }
    for handler in &mut found {
        // Nothing in the body is known to raise it: all its classes that no other handler has.
        if let (Some(kind), true) = (handler.kind, handler.classes.is_empty()) {
            let all: BTreeSet<&'static str> = python_classes(kind).split(", ").collect();
            handler.classes = all.difference(&exact).copied().collect();
            if handler.classes.is_empty() {
                handler.classes = all;
            }
        }
    }
    let any = handlers
        .iter()
        .find(|(pattern, _)| *pattern == ErrorPattern::Any);
    let handled: BTreeSet<ErrorKind> = found.iter().filter_map(|handler| handler.kind).collect();
    let taken: BTreeSet<&'static str> = found.iter().flat_map(|h| h.classes.clone()).collect();
    let mut others: BTreeSet<&'static str> = raised
        .iter()
        .filter(|(kind, _)| !handled.contains(kind))
        .flat_map(|(_, classes)| classes.iter().copied())
        .collect();
    others.retain(|class| !taken.contains(class) && taken.iter().any(|t| is_below(class, t)));
    if !others.is_empty() {
        found.push(Handler {
            kind: None,
            classes: others,
            block: any.map(|(_, block)| block),
        });
    }
    found
}

fn is_below(class: &str, of: &str) -> bool {
    BELOW.contains(&(class, of))
}

/// The handlers with subclasses before the classes that contain them, else in the case's order.
fn sorted(mut handlers: Vec<Handler<'_>>) -> Result<Vec<Handler<'_>>> {
    let mut sorted: Vec<Handler<'_>> = Vec::new();
    while !handlers.is_empty() {
        let is_first = |handler: &Handler<'_>| {
            handlers.iter().all(|other| {
                let hides = |class: &&str| other.classes.iter().any(|o| is_below(o, class));
                !handler.classes.iter().any(hides) || same(handler, other)
            })
        };
        let Some(first) = handlers.iter().position(is_first) else {
            return Err(WriteError::new(
                "the classes of two handled kinds contain each other in Python",
            ));
        };
        sorted.push(handlers.remove(first));
    }
    Ok(sorted)
}

fn same(one: &Handler<'_>, other: &Handler<'_>) -> bool {
    one.kind == other.kind
}

/// Handlers that share a class go together, the one that is known by its message first.
fn grouped(handlers: Vec<Handler<'_>>) -> Result<Vec<Vec<Handler<'_>>>> {
    let mut groups: Vec<Vec<Handler<'_>>> = Vec::new();
    for handler in handlers {
        let shares = |group: &Vec<Handler<'_>>| {
            group
                .iter()
                .any(|other| !other.classes.is_disjoint(&handler.classes))
        };
        let Some(index) = groups.iter().position(shares) else {
            groups.push(vec![handler]);
            continue;
        };
        let group = &mut groups[index];
        let other = &group[0];
        let (kind, other_kind) = (handler.kind, other.kind);
        if group.len() > 1 || (messages(kind).is_empty() && messages(other_kind).is_empty()) {
            let name = |kind: Option<ErrorKind>| kind.map_or("any", ErrorKind::name);
            return Err(WriteError::new(format!(
                "Python has one class for `{}` and `{}` here, and no message tells them apart",
                name(other_kind),
                name(kind)
            )));
        }
        if messages(other_kind).is_empty() {
            group.insert(0, handler);
        } else {
            group.push(handler);
        }
    }
    Ok(groups)
}

fn messages(kind: Option<ErrorKind>) -> &'static [&'static str] {
    MESSAGES
        .iter()
        .find(|(known, _)| Some(*known) == kind)
        .map_or(&[], |(_, messages)| messages)
}
