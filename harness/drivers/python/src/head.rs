//! The head of a program: what it is and how to run it, imports, constants and its start method.

use poolproof_case::StartMethod;

use crate::classes::THREADS_MISUSE;
use crate::need::Need;
use crate::program::file_name;
use crate::writer::Writer;

/// The first of all start methods is the default; asking `get_context` for it would fix it.
const GIVEN: &str = "(sys.argv[1:] or multiprocessing.get_all_start_methods())[0]";

impl Writer<'_> {
    /// Docstring, imports and constants; written last, when it is known what is used.
    pub(crate) fn head(&mut self) -> String {
        let constants = self.constants();
        let mut head = self.docstring();
        for part in [self.imports(), constants] {
            if !part.is_empty() {
                head = format!("{head}\n\n{part}");
            }
        }
        head
    }

    fn docstring(&mut self) -> String {
        let title = self.case.title.trim_end_matches('.');
        let title = title.replace('\\', "\\\\").replace('"', "\\\"");
        let mut command = format!("python3 {}", file_name(self.case));
        if self.needs.has(&Need::Context) {
            let methods: Vec<&str> = self.methods.iter().map(|method| method.name()).collect();
            command += &format!(" [{}]", methods.join("|"));
        }
        self.line(format!("\"\"\"{title}."));
        self.line("");
        self.line(format!(
            "The case {} of Poolproof; it runs alone:",
            self.case.id
        ));
        self.line("");
        self.line(format!("    {command}"));
        if let Some(adaptor) = self.options.adaptor {
            self.line("");
            self.line(format!("{adaptor}.py lies beside it; Poolproof writes it:"));
            self.line("");
            let (id, module) = (&self.case.id, self.options.module);
            self.line(format!(
                "    poolproof show {id} --as adaptor --module {module} > {adaptor}.py"
            ));
        }
        self.line("\"\"\"");
        self.taken()
    }

    fn imports(&mut self) -> String {
        for module in self.needs.imports() {
            let path = self.options.path(module);
            self.line(match path == module {
                true => format!("import {module}"),
                false => format!("import {path} as {module}"),
            });
        }
        if self.options.is_of_threads() && self.needs.has(&Need::Context) {
            self.line(format!("import {} as mp", self.options.module));
        }
        for (module, names) in self.needs.names_from_modules() {
            let path = self.options.path(module);
            self.line(format!("from {path} import {}", names.join(", ")));
        }
        self.taken()
    }

    fn constants(&mut self) -> String {
        for (need, name, default) in [(Need::Soon, "SOON", "0.02"), (Need::Late, "LATE", "1.0")] {
            if self.needs.has(&need) {
                self.needs.add(Need::Import("os"));
                self.line(format!(
                    "{name} = float(os.environ.get(\"POOLPROOF_{name}\", \"{default}\"))"
                ));
            }
        }
        if self.needs.has(&Need::Context) {
            self.context();
        }
        if self.needs.has(&Need::ThreadsMisuse) {
            self.line(match self.options.is_of_threads() {
                true => format!("{THREADS_MISUSE} = RuntimeError"),
                false => {
                    format!("{THREADS_MISUSE} = RuntimeError if METHOD == \"threads\" else AssertionError")
                }
            });
        }
        self.taken()
    }

    fn context(&mut self) {
        if self.options.is_of_threads() {
            // It is imported as `mp`, and there is nothing to choose.
            return;
        }
        self.needs.add(Need::Import("sys"));
        self.needs.add(Need::Import("multiprocessing"));
        let is_used_by_children =
            self.needs.has(&Need::ContextInChildren) || !self.case.program.guard;
        if is_used_by_children && self.has(StartMethod::Forkserver) {
            // Newer fork servers import the program, without its arguments.
            self.needs.add(Need::Import("os"));
            self.line("METHOD = os.environ.setdefault(");
            self.line(format!("    \"POOLPROOF_METHOD\", {GIVEN}"));
            self.line(")");
        } else {
            self.line(format!("METHOD = {GIVEN}"));
        }
        if self.may_be_threads() && self.options.adaptor.is_none() {
            self.line("if METHOD == \"threads\":");
            let module = self.options.path("multiprocessing.dummy");
            self.line(format!("    import {module} as mp"));
            self.line("else:");
            self.line("    mp = multiprocessing.get_context(METHOD)");
        } else {
            self.line("mp = multiprocessing.get_context(METHOD)");
        }
    }
}
