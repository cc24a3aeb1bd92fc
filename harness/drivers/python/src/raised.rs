//! What a block may raise: kinds, with the classes that Python has for them there.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::catalogue::{self, Raise, python_classes};
use poolproof_case::program::{Block, Callee, ExpressionKind, StatementKind};
use poolproof_case::{ErrorKind, Value};

use crate::expression::first_class;
use crate::walk::{Part, visit, visit_program};
use crate::writer::Writer;

/// Kinds, each with Python's classes for it.
pub(crate) type Raised = BTreeMap<ErrorKind, BTreeSet<&'static str>>;

/// What threads raise besides, where the catalogue speaks of processes.
const OF_THREADS: &[(&str, ErrorKind, &str)] = &[
    ("start", ErrorKind::Usage, "RuntimeError"),
    ("join", ErrorKind::Usage, "RuntimeError"),
];

impl Writer<'_> {
    /// What a block of the current scope may raise, the functions that it calls included.
    pub(crate) fn raised(&self, block: &Block) -> Raised {
        let mut raised = Raised::new();
        let mut seen = BTreeSet::new();
        self.collect(&self.scope, block, &mut raised, &mut seen);
        // A task's or a callback's error may come out far from where it is raised.
        visit_program(&self.case.program, &mut |part| {
            let Part::Expression(expression) = part else {
                return;
            };
            if let ExpressionKind::Error(kind, _) | ExpressionKind::Literal(Value::Error(kind, _)) =
                &expression.kind
            {
                raised.entry(*kind).or_default().insert(first_class(*kind));
            }
        });
        raised
    }

    fn collect(
        &self,
        scope: &str,
        block: &Block,
        raised: &mut Raised,
        seen: &mut BTreeSet<String>,
    ) {
        let mut called = Vec::new();
        visit(block, &mut |part| match part {
            Part::Statement(statement) => {
                if let StatementKind::Drain { queue, .. } = &statement.kind {
                    for (_, method) in self.types.methods(scope, queue, "get") {
                        add(raised, method.raises);
                    }
                }
            }
            Part::Expression(expression) => {
                if let ExpressionKind::New { object, .. } = &expression.kind {
                    add(
                        raised,
                        catalogue::object(object).map_or(&[], |found| found.raises),
                    );
                }
            }
            Part::Call(call) => match &call.callee {
                Callee::Function(name) => called.push(name.clone()),
                Callee::Method(receiver, name) => {
                    for (_, method) in self.types.methods(scope, receiver, name) {
                        add(raised, method.raises);
                    }
                    if self.may_be_threads() {
                        for (method, kind, class) in OF_THREADS {
                            if method == name && raised.contains_key(kind) {
                                raised.entry(*kind).or_default().insert(class);
                            }
                        }
                    }
                }
            },
        });
        for name in called {
            if let Some(function) = self.case.program.functions.get(&name)
                && seen.insert(name.clone())
            {
                self.collect(&name, &function.body, raised, seen);
            }
        }
    }
}

fn add(raised: &mut Raised, raises: &'static [Raise]) {
    for raise in raises {
        let classes = match raise.classes {
            "" => python_classes(raise.kind),
            classes => classes,
        };
        raised
            .entry(raise.kind)
            .or_default()
            .extend(classes.split(", "));
    }
}
