//! Names: each variable is assigned somewhere in its function or is global; functions exist.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::nearest::advice;
use crate::program::{Block, Callee, ExpressionKind, Place, Program, StatementKind};
use crate::walk;

pub(super) fn check(program: &mut Program, mistakes: &mut Vec<Diagnostic>) {
    let globals: Vec<String> = program
        .globals
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    let functions: Vec<String> = program.functions.keys().cloned().collect();
    let scope = Scope {
        globals: &globals,
        functions: &functions,
    };
    for (name, _) in &program.globals {
        if functions.contains(name) {
            let message = format!("`{name}` is a function and a global variable");
            mistakes.push(Diagnostic::new(Place::default(), message).help("rename one of them"));
        }
    }
    for function in program.functions.values_mut() {
        scope.check(&function.params, &mut function.body, mistakes);
    }
    scope.check(&[], &mut program.main, mistakes);
}

struct Scope<'p> {
    globals: &'p [String],
    functions: &'p [String],
}

impl Scope<'_> {
    fn check(&self, params: &[String], body: &mut Block, mistakes: &mut Vec<Diagnostic>) {
        let mut locals: BTreeSet<String> = params.iter().cloned().collect();
        walk::statements(body, &mut |statement| {
            for name in walk::assigned(statement) {
                locals.insert(name.clone());
                if self.functions.contains(name) {
                    let message =
                        format!("`{name}` is a function, so no variable can have its name");
                    let help = "in Python the variable would hide the function";
                    mistakes.push(Diagnostic::new(statement.place, message).help(help));
                }
            }
        });
        self.check_statements(&locals, body, mistakes);
        walk::calls(body, &mut |call| {
            if let Callee::Function(name) = &call.callee {
                self.check_function(name, call.place, &locals, mistakes);
            }
        });
        walk::change(body, &mut |expression| match &expression.kind {
            ExpressionKind::Local(name) if !locals.contains(name) => {
                if self.globals.contains(name) {
                    expression.kind = ExpressionKind::Global(name.clone());
                } else {
                    mistakes.push(self.unknown_variable(name, expression.place, &locals));
                }
            }
            ExpressionKind::Function(name) => {
                self.check_function(name, expression.place, &locals, mistakes);
            }
            _ => {}
        });
    }

    fn check_statements(
        &self,
        locals: &BTreeSet<String>,
        body: &Block,
        mistakes: &mut Vec<Diagnostic>,
    ) {
        walk::statements(body, &mut |statement| match &statement.kind {
            StatementKind::SetGlobal(name, _) if !self.globals.contains(name) => {
                let known: Vec<&str> = self.globals.iter().map(String::as_str).collect();
                let help = advice(name, &known)
                    .unwrap_or_else(|| format!("add it: `globals: {{\"{name}\": 0}}`"));
                let message = format!("no global variable `{name}`");
                mistakes.push(Diagnostic::new(statement.place, message).help(help));
            }
            StatementKind::Del(names) => {
                for name in names.iter().filter(|name| !locals.contains(*name)) {
                    mistakes.push(self.unknown_variable(name, statement.place, locals));
                }
            }
            _ => {}
        });
    }

    fn unknown_variable(&self, name: &str, place: Place, locals: &BTreeSet<String>) -> Diagnostic {
        let message = format!("no variable `{name}` here");
        if self.functions.iter().any(|function| function == name) {
            let help = format!("a function as a value is written `Fn(\"{name}\")`");
            return Diagnostic::new(place, message).help(help);
        }
        let known: Vec<&str> = locals
            .iter()
            .chain(self.globals)
            .map(String::as_str)
            .collect();
        let help = advice(name, &known).unwrap_or_else(|| {
            format!("assign it first in this function: `Let(\"{name}\", ...)`, or take it as a parameter")
        });
        Diagnostic::new(place, message).help(help)
    }

    fn check_function(
        &self,
        name: &str,
        place: Place,
        locals: &BTreeSet<String>,
        mistakes: &mut Vec<Diagnostic>,
    ) {
        if self.functions.iter().any(|known| known == name) {
            return;
        }
        let known: Vec<&str> = self.functions.iter().map(String::as_str).collect();
        let help = if locals.contains(name) {
            Some(format!(
                "`{name}` is a variable; a method is called as `\"{name}.method\"`"
            ))
        } else {
            advice(name, &known)
        };
        let message = format!("no function `{name}`");
        mistakes.push(Diagnostic::new(place, message).maybe_help(help));
    }
}
