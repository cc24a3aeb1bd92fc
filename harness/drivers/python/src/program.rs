//! The whole file: its head, globals, helpers, functions and main, in this order.
//!
//! What stands in the head is known last, when all that uses it is written.

use poolproof_case::program::{Program, StatementKind};
use poolproof_case::uses::unsupported;
use poolproof_case::walk::{self, Part};
use poolproof_case::{Case, StartMethod};

use crate::error::{Result, WriteError};
use crate::literal::literal;
use crate::names::{self, python};
use crate::options::Options;
use crate::writer::{MAIN, Writer};

/// Writes a case as a Python program that stands alone and runs on CPython 3.8 and later.
///
/// # Errors
/// When the case says something that Python cannot, with the reason.
///
/// # Examples
/// ```
/// use poolproof_python::{Options, write};
///
/// let text = r#"Case(
///     title: "A program prints",
///     clauses: ["PM-PRINT-LINE-001"],
///     main: [Print(["hello"])],
///     claims: [AllowedCount(1)],
/// )"#;
/// let case = poolproof_case::read("seed/hello", text, &["PM-PRINT-LINE-001"]).unwrap();
/// let program = write(&case, Options::default()).unwrap();
/// assert!(program.ends_with("if __name__ == \"__main__\":\n    show(\"hello\")\n"));
/// ```
pub fn write(case: &Case, options: Options<'_>) -> std::result::Result<String, WriteError> {
    let mut writer = Writer::new(case, options);
    if options.is_of_threads() && !writer.may_be_threads() {
        let reason = unsupported(&case.program, StartMethod::Threads)
            .unwrap_or_else(|| "the case is for processes only".to_owned());
        return Err(WriteError::new(reason));
    }
    writer.mark()?;
    let mut definitions = writer.functions()?;
    definitions.push(writer.main()?);
    let globals = writer.globals()?;
    let mut parts = writer.helpers();
    parts.extend(definitions);
    let mut head = writer.head();
    if !globals.is_empty() {
        head = format!("{head}\n\n{globals}");
    }
    Ok(format!("{head}\n\n\n{}\n", parts.join("\n\n\n")))
}

/// The name that the file of a case's program should have.
#[must_use]
pub fn file_name(case: &Case) -> String {
    names::file(&case.id)
}

impl Writer<'_> {
    fn functions(&mut self) -> Result<Vec<String>> {
        let mut functions = Vec::new();
        for (name, function) in &self.case.program.functions {
            self.scope.clone_from(name);
            let params: Vec<String> = function.params.iter().map(|name| python(name)).collect();
            self.line(format!("def {}({}):", python(name), params.join(", ")));
            self.indented(|writer| writer.body(&function.body))?;
            functions.push(self.taken());
        }
        Ok(functions)
    }

    /// Main as the file's own statements, so that what it made lives until its children have ended,
    /// as in most programs; as a function where the language's scopes ask for one.
    fn main(&mut self) -> Result<String> {
        let program = &self.case.program;
        MAIN.clone_into(&mut self.scope);
        if needs_function(program) {
            self.line("def main():");
            self.indented(|writer| writer.body(&program.main))?;
            self.line("");
            self.line("");
            if program.guard {
                self.line("if __name__ == \"__main__\":");
                self.indented(|writer| writer.line("main()"));
            } else {
                self.line("main()");
            }
        } else if program.guard {
            self.line("if __name__ == \"__main__\":");
            self.indented(|writer| writer.block(&program.main))?;
        } else {
            self.line(
                "# Without `if __name__ == \"__main__\":`, a child that imports this runs it, too.",
            );
            self.block(&program.main)?;
        }
        Ok(self.taken())
    }

    fn globals(&mut self) -> Result<String> {
        for (name, value) in &self.case.program.globals {
            let value = literal(value)
                .ok_or_else(|| WriteError::new(format!("`{name}` cannot be written down")))?;
            self.line(format!("{} = {value}", python(name)));
        }
        Ok(self.taken())
    }

    /// Whether a function of the program may run in a child of this start method.
    pub(crate) fn has(&self, method: StartMethod) -> bool {
        self.methods.contains(&method)
    }
}

/// Whether main returns, or has a variable of its own with the name of a global one.
fn needs_function(program: &Program) -> bool {
    let is_global = |name: &String| program.globals.iter().any(|(global, _)| global == name);
    let mut needs = false;
    walk::all(&program.main, &mut |part| {
        let Part::Statement(statement) = part else {
            return;
        };
        needs |= match &statement.kind {
            StatementKind::Return(_) => true,
            StatementKind::Let(names, _) | StatementKind::For(names, _, _) => {
                names.iter().any(is_global)
            }
            StatementKind::Drain { name, .. } => is_global(name),
            _ => false,
        };
    });
    needs
}
