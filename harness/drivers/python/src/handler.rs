//! `Try` as `try`: a case's kinds as Python's classes, subclasses first.
//!
//! Kinds that share a class are told apart by `marks`.

use poolproof_case::ErrorKind;
use poolproof_case::program::{Block, ErrorPattern};

use crate::classes::{Classes, all_classes, is_below, taken};
use crate::error::{Result, WriteError};
use crate::raised::Raised;
use crate::writer::Writer;

/// The kinds of errors of Python's own operations, each of one class.
const OPERATIONS: [ErrorKind; 5] = [
    ErrorKind::Attribute,
    ErrorKind::Type,
    ErrorKind::Key,
    ErrorKind::Index,
    ErrorKind::ZeroDivision,
];

/// One `except`.
#[derive(Clone)]
struct Handler<'a> {
    kind: Option<ErrorKind>,
    classes: Classes,
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
        let raised = self.raised_in_try(&self.scope, body, handlers);
        let found = sorted(self.resolved(&raised, handlers))?;
        let any = handlers
            .iter()
            .find(|(pattern, _)| *pattern == ErrorPattern::Any);
        for kind in taken(handlers) {
            if !found.iter().any(|handler| handler.kind == Some(kind)) {
                let name = kind.name();
                self.line(format!(
                    "# Nothing in here raises an error of the kind `{name}`."
                ));
            }
        }
        if found.is_empty() && any.is_none() && finally.is_empty() {
            return self.block(body);
        }
        self.line("try:");
        self.indented(|writer| writer.block(body))?;
        for handler in &found {
            self.except(handler)?;
        }
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

    /// What the body of a `try` may raise, and what Python's own operations raise wherever something
    /// is not what it is taken for, in so far as a handler takes it.
    pub(crate) fn raised_in_try(
        &self,
        scope: &str,
        body: &Block,
        handlers: &[(ErrorPattern, Block)],
    ) -> Raised {
        let mut raised = self.raised(scope, body);
        for kind in taken(handlers).filter(|kind| OPERATIONS.contains(kind)) {
            let origin = raised.entry(kind).or_default();
            origin.bare.extend(all_classes(kind));
        }
        raised
    }

    fn except(&mut self, handler: &Handler<'_>) -> Result<()> {
        let names: Vec<&str> = handler
            .classes
            .iter()
            .map(|class| self.needs.class(class))
            .collect();
        match names.as_slice() {
            [one] => self.line(format!("except {one}:")),
            many => self.line(format!("except ({}):", many.join(", "))),
        }
        self.indented(|writer| match handler.block {
            Some(block) => writer.block(block),
            None => {
                writer.line("raise");
                Ok(())
            }
        })
    }

    /// The handlers' classes, and a handler for each class that one would take from another kind.
    fn resolved<'a>(
        &self,
        raised: &Raised,
        handlers: &'a [(ErrorPattern, Block)],
    ) -> Vec<Handler<'a>> {
        let all: Classes = raised
            .iter()
            .flat_map(|(kind, origin)| self.caught(*kind, origin))
            .collect();
        let mut found: Vec<Handler<'a>> = Vec::new();
        for (pattern, block) in handlers {
            let ErrorPattern::Kind(kind) = pattern else {
                break;
            };
            let classes = match raised.get(kind) {
                Some(origin) => self.caught(*kind, origin),
                // Nothing here is known to raise it: what nothing else raises.
                None => &all_classes(*kind) - &all,
            };
            if !classes.is_empty() {
                found.push(Handler {
                    kind: Some(*kind),
                    classes,
                    block: Some(block),
                });
            }
        }
        let any = handlers
            .iter()
            .find(|(pattern, _)| *pattern == ErrorPattern::Any);
        let handled: Classes = found.iter().flat_map(|h| h.classes.clone()).collect();
        let mut others = &all - &handled;
        others.retain(|class| handled.iter().any(|above| is_below(class, above)));
        if !others.is_empty() {
            found.push(Handler {
                kind: None,
                classes: others,
                block: any.map(|(_, block)| block),
            });
        }
        found
    }
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
