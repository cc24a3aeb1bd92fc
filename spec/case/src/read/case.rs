//! The case as a whole: its fields, functions and globals.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Reader;
use super::tree::{Fields, Name, Node, NodeKind};
use crate::diagnostic::Diagnostic;
use crate::limits::{DEADLINE_MS_MAX, Limits, OUTPUT_BYTES_MAX, PROCESSES_MAX};
use crate::method::StartMethod;
use crate::nearest::advice;
use crate::program::{Block, Case, Function, Place, Program};
use crate::value::Value;

const FIELDS: [&str; 11] = [
    "title",
    "clauses",
    "claims",
    "main",
    "contenders",
    "functions",
    "globals",
    "guard",
    "twin",
    "methods",
    "limits",
];

impl Reader {
    pub(super) fn case(
        &mut self,
        id: &str,
        text: &str,
        tree: &Node<'_>,
        known_clauses: &[&str],
    ) -> Option<Case> {
        let whole = Name {
            text: "Case",
            place: Place {
                start: tree.place.start,
                end: tree.place.start + 1,
            },
        };
        let (name, fields) = match &tree.kind {
            NodeKind::Form(name, fields) if name.text == "Case" => (*name, fields),
            NodeKind::Group(fields) => (whole, fields),
            _ => return self.expected(tree, "a case file", "`Case(title: ..., main: [...])`"),
        };
        let found = self.named(name, fields, FIELDS, 3);
        // Without all its parts a case still says what is wrong in those that it has.
        let [
            title,
            clauses,
            claims,
            main,
            contenders,
            functions,
            globals,
            guard,
            twin,
            methods,
            limits,
        ] = found.unwrap_or_else(|| present(fields));
        let title = title.map(|node| self.title(node));
        let clauses = clauses.map(|node| self.clauses(node, known_clauses));
        let parts = [main, functions, globals, guard];
        if main.is_none() && contenders.is_none() {
            let message = "`Case` needs a field `main`, or `contenders` to measure";
            self.mistake(Diagnostic::new(name.place, message));
        }
        let program = match contenders {
            None => self.program(parts),
            Some(_) => {
                self.only_contenders(parts);
                Some(Program::default())
            }
        };
        let contenders = contenders.map_or(Some(Vec::new()), |node| self.contenders(node));
        let claims = claims.map(|node| self.claims(node));
        let twin = twin.map(|node| self.text(node, "`twin`").map(str::to_owned));
        let methods = methods.map(|node| self.start_methods(node));
        let limits = limits.map(|node| self.limits(node));
        Some(Case {
            id: id.to_owned(),
            title: title??,
            clauses: clauses??,
            program: program?,
            contenders: contenders?,
            claims: claims??,
            twin: twin.map_or(Some(None), |twin| twin.map(Some))?,
            methods: methods.unwrap_or_else(|| Some(StartMethod::ALL.to_vec()))?,
            limits: limits.unwrap_or_else(|| Some(Limits::default()))?,
            hash: hash(text),
        })
    }

    /// A program: its main, functions, globals and guard.
    fn program(
        &mut self,
        [main, functions, globals, guard]: [Option<&Node<'_>>; 4],
    ) -> Option<Program> {
        let functions = functions.map(|node| self.functions(node));
        let globals = globals.map(|node| self.globals(node));
        let guard = guard.map(|node| self.truth(node, "`guard`"));
        let main = self.block(main?);
        Some(Program {
            functions: functions.unwrap_or_else(|| Some(BTreeMap::new()))?,
            globals: globals.unwrap_or_else(|| Some(Vec::new()))?,
            guard: guard.unwrap_or(Some(true))?,
            main: main?,
        })
    }

    /// Programs by name: `{"pipe": (main: [...]), "queue": (main: [...])}`.
    fn contenders(&mut self, node: &Node<'_>) -> Option<Vec<(String, Program)>> {
        let NodeKind::Map(entries) = &node.kind else {
            return self.expected(node, "`contenders`", "a map: `{\"pipe\": (main: [...])}`");
        };
        if !self.at_most(entries.len(), node.place) {
            return None;
        }
        let mut contenders: Vec<(String, Program)> = Vec::new();
        for (key, value) in entries {
            let name = self.label(key)?;
            if contenders.iter().any(|(known, _)| *known == name) {
                let message = format!("the contender `{name}` stands twice");
                self.mistake(Diagnostic::new(key.place, message).help("rename one of them"));
            }
            let NodeKind::Group(fields) = &value.kind else {
                return self.expected(value, "a contender", "a program: `(main: [...])`");
            };
            let whole = Name {
                text: "a contender",
                place: key.place,
            };
            let known = ["main", "functions", "globals", "guard"];
            let parts = self.named(whole, fields, known, 1)?;
            contenders.push((name, self.program(parts)?));
        }
        if contenders.is_empty() {
            return self.expected(node, "`contenders`", "at least one program");
        }
        Some(contenders)
    }

    /// What stands beside contenders would never be run.
    fn only_contenders(&mut self, parts: [Option<&Node<'_>>; 4]) {
        for part in parts.into_iter().flatten() {
            let message = "a case with contenders has no program of its own";
            let help = "move it into the contenders that need it";
            self.mistake(Diagnostic::new(part.place, message).help(help));
        }
    }

    fn title(&mut self, node: &Node<'_>) -> Option<String> {
        let title = self.text(node, "`title`")?;
        if title.trim().is_empty() || title.contains(char::is_control) {
            let is = "one line that states a fact, without control characters";
            return self.expected(node, "`title`", is);
        }
        Some(title.to_owned())
    }

    fn clauses(&mut self, node: &Node<'_>, known: &[&str]) -> Option<Vec<String>> {
        let items = self.list(node, "`clauses`")?;
        if !self.at_most(items.len(), node.place) {
            return None;
        }
        let mut clauses: Vec<String> = Vec::new();
        for item in items {
            let Some(clause) = self.text(item, "a clause") else {
                continue;
            };
            if !known.contains(&clause) {
                let message = format!("no clause `{clause}`");
                let help = advice(clause, known)
                    .unwrap_or_else(|| "`poolproof clauses` lists them".to_owned());
                self.mistake(Diagnostic::new(item.place, message).help(help));
            } else if clauses.iter().any(|earlier| earlier == clause) {
                let message = format!("the clause `{clause}` stands twice");
                self.mistake(Diagnostic::new(item.place, message).help("remove one of them"));
            }
            clauses.push(clause.to_owned());
        }
        Some(clauses)
    }

    fn functions(&mut self, node: &Node<'_>) -> Option<BTreeMap<String, Function>> {
        let NodeKind::Map(entries) = &node.kind else {
            let example = "a map: `{\"f\": Function(params: [\"x\"], body: [...])}`";
            return self.expected(node, "`functions`", example);
        };
        if !self.at_most(entries.len(), node.place) {
            return None;
        }
        let mut functions = BTreeMap::new();
        let mut is_whole = true;
        for (key, value) in entries {
            let name = self
                .text(key, "a function's name")
                .and_then(|text| self.identifier(text, key.place, "a function"));
            let function = self.function(value);
            let (Some(name), Some(function)) = (name, function) else {
                is_whole = false;
                continue;
            };
            if functions.contains_key(&name) {
                let message = format!("the function `{name}` stands twice");
                self.mistake(Diagnostic::new(key.place, message).help("rename one of them"));
            }
            functions.insert(name, function);
        }
        is_whole.then_some(functions)
    }

    fn function(&mut self, node: &Node<'_>) -> Option<Function> {
        let example = "`Function(params: [\"x\"], body: [...])`";
        let (name, fields) = match &node.kind {
            NodeKind::Form(name, fields) if name.text == "Function" => (*name, fields),
            _ => return self.expected(node, "a function", example),
        };
        let [body, params] = self.named(name, fields, ["body", "params"], 1)?;
        let params = match params {
            Some(params) => self.params(params),
            None => Some(Vec::new()),
        };
        let body: Option<Block> = self.block(body?);
        Some(Function {
            params: params?,
            body: body?,
        })
    }

    fn params(&mut self, node: &Node<'_>) -> Option<Vec<String>> {
        let items = self.list(node, "`params`")?;
        if !self.at_most(items.len(), node.place) {
            return None;
        }
        let mut params: Vec<String> = Vec::new();
        let mut is_whole = true;
        for item in items {
            let name = self
                .text(item, "a parameter")
                .and_then(|text| self.identifier(text, item.place, "a parameter"));
            let Some(name) = name else {
                is_whole = false;
                continue;
            };
            if params.contains(&name) {
                let message = format!("the parameter `{name}` stands twice");
                self.mistake(Diagnostic::new(item.place, message).help("rename one of them"));
            }
            params.push(name);
        }
        is_whole.then_some(params)
    }

    fn globals(&mut self, node: &Node<'_>) -> Option<Vec<(String, Value)>> {
        let NodeKind::Map(entries) = &node.kind else {
            return self.expected(node, "`globals`", "a map: `{\"counter\": 0}`");
        };
        if !self.at_most(entries.len(), node.place) {
            return None;
        }
        let mut globals: Vec<(String, Value)> = Vec::new();
        let mut is_whole = true;
        for (key, value) in entries {
            let name = self
                .text(key, "a global variable's name")
                .and_then(|text| self.identifier(text, key.place, "a global variable"));
            let value = self.literal(value, "a global variable's first value");
            let (Some(name), Some(value)) = (name, value) else {
                is_whole = false;
                continue;
            };
            if globals.iter().any(|(known, _)| *known == name) {
                let message = format!("the global variable `{name}` stands twice");
                self.mistake(Diagnostic::new(key.place, message).help("rename one of them"));
            }
            globals.push((name, value));
        }
        is_whole.then_some(globals)
    }

    fn truth(&mut self, node: &Node<'_>, what: &str) -> Option<bool> {
        match &node.kind {
            NodeKind::Form(name, Fields::Absent) if name.text == "true" => Some(true),
            NodeKind::Form(name, Fields::Absent) if name.text == "false" => Some(false),
            _ => self.expected(node, what, "`true` or `false`"),
        }
    }

    fn limits(&mut self, node: &Node<'_>) -> Option<Limits> {
        let NodeKind::Group(fields) = &node.kind else {
            return self.expected(node, "`limits`", "`(deadline_ms: 10000)`");
        };
        let name = Name {
            text: "limits",
            place: node.place,
        };
        let names = ["deadline_ms", "processes", "output_bytes"];
        let [deadline, processes, output] = self.named(name, fields, names, 0)?;
        let usual = Limits::default();
        let deadline = deadline.map_or(Some(usual.deadline_ms), |node| {
            self.within(node, "`deadline_ms`", 1..=DEADLINE_MS_MAX)
        });
        let processes = processes.map_or(Some(usual.processes), |node| {
            self.within(node, "`processes`", 1..=PROCESSES_MAX)
        });
        let output = output.map_or(Some(usual.output_bytes), |node| {
            self.within(node, "`output_bytes`", 1..=OUTPUT_BYTES_MAX)
        });
        Some(Limits {
            deadline_ms: deadline?,
            processes: processes?,
            output_bytes: output?,
        })
    }

    /// A number within a range.
    pub(super) fn within(
        &mut self,
        node: &Node<'_>,
        what: &str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let number = self.count(node, what)?;
        if range.contains(&number) {
            return Some(number);
        }
        let (least, most) = range.into_inner();
        self.expected(node, what, &format!("from {least} to {most}"))
    }
}

/// The known fields that are there, once it is said which are not.
fn present<'n, 't>(fields: &'n Fields<'t>) -> [Option<&'n Node<'t>>; FIELDS.len()] {
    let mut found = [None; FIELDS.len()];
    if let Fields::Named(fields) = fields {
        for (name, node) in fields {
            if let Some(index) = FIELDS.iter().position(|known| *known == name.text) {
                found[index] = Some(node);
            }
        }
    }
    found
}

/// FNV-1a of 64 bits: stable everywhere, and enough to notice that a file has changed.
fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
