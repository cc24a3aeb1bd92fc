//! The whole file: what it is and how to run it, what it imports, its helpers, functions and main.

use poolproof_case::program::{ExpressionKind, Program, StatementKind};
use poolproof_case::{Case, StartMethod, Value};

use crate::error::{Result, WriteError};
use crate::literal::literal;
use crate::names::{self, python};
use crate::need::Need;
use crate::types::MAIN;
use crate::walk::{Part, visit, visit_program};
use crate::writer::Writer;

/// How a program is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// With a call before each statement that may pause, where the run's plan says so.
    pub pauses: bool,
}

/// Writes a case as a Python program that stands alone and runs on CPython 3.8 and later.
///
/// # Errors
/// When the case says something that Python cannot, with the reason.
pub fn write(case: &Case, options: Options) -> std::result::Result<String, WriteError> {
    let mut writer = Writer::new(case, options);
    writer.functions()?;
    let functions = std::mem::take(&mut writer.lines);
    writer.globals()?;
    writer.helpers();
    let middle = std::mem::take(&mut writer.lines);
    writer.head();
    writer.lines.extend(middle);
    writer.lines.extend(functions);
    Ok(writer.lines.join("\n") + "\n")
}

/// The name that the file of a case's program should have.
#[must_use]
pub fn file_name(case: &Case) -> String {
    names::file(&case.id)
}

impl Writer<'_> {
    fn functions(&mut self) -> Result<()> {
        let program = &self.case.program;
        for (name, function) in &program.functions {
            self.scope.clone_from(name);
            let params: Vec<String> = function.params.iter().map(|name| python(name)).collect();
            self.line(format!("def {}({}):", python(name), params.join(", ")));
            self.indented(|writer| writer.body(&function.body))?;
            self.gap();
        }
        MAIN.clone_into(&mut self.scope);
        self.main()
    }

    /// Main as the file's own statements, so that what it made lives until its children have ended,
    /// as in most programs; as a function where the language's scopes ask for one.
    fn main(&mut self) -> Result<()> {
        let program = &self.case.program;
        if needs_function(program) {
            self.line("def main():");
            self.indented(|writer| writer.body(&program.main))?;
            self.gap();
            if program.guard {
                self.line("if __name__ == \"__main__\":");
                self.indented(|writer| writer.line("main()"));
            } else {
                self.line("main()");
            }
            return Ok(());
        }
        if program.guard {
            self.line("if __name__ == \"__main__\":");
            return self.indented(|writer| writer.block(&program.main));
        }
        self.line(
            "# No `if __name__ == \"__main__\":` here, so a child that imports this runs it, too.",
        );
        self.block(&program.main)
    }

    fn gap(&mut self) {
        self.line("");
        self.line("");
    }

    fn globals(&mut self) -> Result<()> {
        for (name, value) in &self.case.program.globals {
            let value = literal(value)
                .ok_or_else(|| WriteError::new(format!("`{name}` cannot be written down")))?;
            self.line(format!("{} = {value}", python(name)));
        }
        Ok(())
    }

    fn helpers(&mut self) {
        if self.needs.has(&Need::Show) {
            self.show();
        }
        if self.needs.has(&Need::Settle) {
            self.needs.add(Need::Import("os"));
            self.needs.add(Need::Import("time"));
            self.gap();
            self.line("def settle():");
            self.indented(|writer| {
                writer.line("\"\"\"Waits until nothing else in the program can move.\"\"\"");
                writer.line("time.sleep(float(os.environ.get(\"POOLPROOF_SETTLE\", \"0.3\")))");
            });
        }
        if self.options.pauses {
            self.pause();
        }
        self.gap();
        if self.needs.has(&Need::Server) {
            self.needs.add(Need::Context);
            self.sharing_manager();
        }
    }

    fn show(&mut self) {
        self.needs.add(Need::Import("os"));
        self.gap();
        self.line("def show(*values):");
        let is_ascii = is_ascii(self.case);
        self.indented(|writer| {
            writer.line("\"\"\"Writes one line at once, so that it is never torn.\"\"\"");
            if is_ascii {
                writer.line("text = \" \".join(str(value) for value in values)");
            } else {
                writer.line("texts = (");
                writer.line("    value if isinstance(value, str)");
                writer.line("    else str(value).encode(\"ascii\", \"backslashreplace\").decode()");
                writer.line("    for value in values");
                writer.line(")");
                writer.line("text = \" \".join(texts)");
            }
            writer.line("os.write(1, (text + \"\\n\").encode())");
        });
    }

    fn pause(&mut self) {
        for module in ["multiprocessing", "os", "random", "threading", "time"] {
            self.needs.add(Need::Import(module));
        }
        let text = r#"
generators = {}


def pause():
    """Waits a moment or not, by a seed, the process and the thread, where the plan says so."""
    if os.environ.get("POOLPROOF_PLAN") != "pauses":
        return
    who = (multiprocessing.current_process().name, threading.current_thread().name)
    if who not in generators:
        generators[who] = random.Random(os.environ.get("POOLPROOF_SEED", "0") + repr(who))
    if generators[who].random() < 0.5:
        time.sleep(generators[who].uniform(0, 0.002))"#;
        self.line("");
        for line in text.lines() {
            self.line(line);
        }
    }

    /// Docstring, imports, constants and the context; written last, when it is known what is used.
    fn head(&mut self) {
        self.docstring();
        let (soon, late) = (self.needs.has(&Need::Soon), self.needs.has(&Need::Late));
        if soon || late {
            self.needs.add(Need::Import("os"));
        }
        if self.needs.has(&Need::Context) {
            self.needs.add(Need::Import("sys"));
            self.needs.add(Need::Import("multiprocessing"));
        }
        self.imports();
        if soon {
            self.line("SOON = float(os.environ.get(\"POOLPROOF_SOON\", \"0.02\"))");
        }
        if late {
            self.line("LATE = float(os.environ.get(\"POOLPROOF_LATE\", \"1.0\"))");
        }
        self.context();
    }

    fn docstring(&mut self) {
        let title = self.case.title.trim_end_matches('.').replace('\\', "\\\\");
        self.line(format!(
            "\"\"\"{}.",
            title.replace("\"\"\"", "\\\"\\\"\\\"")
        ));
        self.line("");
        let file = file_name(self.case);
        let methods: Vec<&str> = self
            .case
            .methods
            .iter()
            .map(|method| method.name())
            .collect();
        self.line(format!(
            "The case {} of Poolproof; it runs alone:",
            self.case.id
        ));
        self.line("");
        self.line(format!("    python3 {file} [{}]", methods.join("|")));
        self.line("\"\"\"");
        self.line("");
    }

    fn imports(&mut self) {
        let imports = self.needs.imports();
        let names_from_modules = self.needs.names_from_modules();
        for module in &imports {
            self.line(format!("import {module}"));
        }
        for (module, names) in &names_from_modules {
            self.line(format!("from {module} import {}", names.join(", ")));
        }
        if !imports.is_empty() || !names_from_modules.is_empty() {
            self.line("");
        }
    }

    fn context(&mut self) {
        if !self.needs.has(&Need::Context) {
            return;
        }
        // The first of all start methods is the default; asking `get_context` for it would fix it.
        self.line(
            "METHOD = sys.argv[1] if len(sys.argv) > 1 else multiprocessing.get_all_start_methods()[0]",
        );
        let has_threads = self.case.methods.contains(&StartMethod::Threads);
        if has_threads {
            self.line("if METHOD == \"threads\":");
            self.line("    import multiprocessing.dummy as mp");
            self.line("else:");
            self.line("    mp = multiprocessing.get_context(METHOD)");
        } else {
            self.line("mp = multiprocessing.get_context(METHOD)");
        }
    }
}

/// Whether main returns, or has a variable of its own with the name of a global one.
fn needs_function(program: &Program) -> bool {
    let is_global = |name: &String| program.globals.iter().any(|(global, _)| global == name);
    let mut needs = false;
    visit(&program.main, &mut |part| {
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

/// Whether all text of a case is ASCII, so that `str` and `ascii` agree inside containers.
fn is_ascii(case: &Case) -> bool {
    let mut is = case
        .program
        .globals
        .iter()
        .all(|(_, value)| is_ascii_value(value));
    visit_program(&case.program, &mut |part| {
        if let Part::Expression(expression) = part
            && let ExpressionKind::Literal(value) = &expression.kind
        {
            is &= is_ascii_value(value);
        }
    });
    is
}

fn is_ascii_value(value: &Value) -> bool {
    match value {
        Value::Str(text) | Value::Error(_, text) => text.is_ascii(),
        Value::List(items) | Value::Tuple(items) => items.iter().all(is_ascii_value),
        Value::Dict(pairs) => pairs
            .iter()
            .all(|(key, value)| is_ascii_value(key) && is_ascii_value(value)),
        _ => true,
    }
}
