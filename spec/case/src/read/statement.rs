//! Statements: one function for each shape, and the table of their names.

use super::tree::{Fields, Name, Node, NodeKind};
use super::{MEASURE_MAX, NESTING_MAX, REPEAT_MAX, Reader, STATEMENTS_MAX};
use crate::diagnostic::Diagnostic;
use crate::error_kind::ErrorKind;
use crate::nearest::advice;
use crate::program::{Block, ErrorPattern, Expression, ExpressionKind, Statement, StatementKind};
use crate::value::Value;

/// The signals that a program may send.
const SIGNALS: [&str; 4] = ["STOP", "CONT", "TERM", "KILL"];

/// Every statement and how it is written.
const STATEMENTS: [(&str, &str); 20] = [
    ("Let", "Let(\"x\", value)"),
    ("Call", "Call(\"q.put\", [1])"),
    ("Print", "Print([\"hello\", \"$name\"])"),
    ("With", "With(\"$lock\", [...])"),
    ("If", "If(condition, [...], [...])"),
    ("For", "For(\"x\", sequence, [...])"),
    ("Repeat", "Repeat(3, [...])"),
    (
        "Drain",
        "Drain(queue: \"$q\", name: \"x\", until: None, body: [...])",
    ),
    (
        "Try",
        "Try(body: [...], except: {\"empty\": [...]}, finally: [...])",
    ),
    ("Raise", "Raise(Error(\"value\", \"text\"))"),
    ("Return", "Return(value)"),
    ("SetItem", "SetItem(\"$a\", index, value)"),
    ("SetAttr", "SetAttr(\"v.value\", value)"),
    ("SetGlobal", "SetGlobal(\"g\", value)"),
    ("Del", "Del(\"x\")"),
    ("Exit", "Exit(3)"),
    ("Signal", "Signal(\"$p\", \"STOP\")"),
    ("Settle", "Settle"),
    ("Measure", "Measure(\"send\", 100, [...])"),
    ("Sample", "Sample(\"idle\")"),
];

impl Reader {
    /// A list of statements.
    pub(super) fn block(&mut self, node: &Node<'_>) -> Option<Block> {
        let items = self.list(node, "a block of statements")?;
        if self.nesting == NESTING_MAX {
            let message = format!("statements nest deeper than {NESTING_MAX}");
            let help = "move the inner part into a function";
            self.mistake(Diagnostic::new(node.place, message).help(help));
            return None;
        }
        self.nesting += 1;
        let statements: Vec<_> = items.iter().map(|item| self.statement(item)).collect();
        self.nesting -= 1;
        statements.into_iter().collect()
    }

    fn statement(&mut self, node: &Node<'_>) -> Option<Statement> {
        self.statements += 1;
        if self.statements == STATEMENTS_MAX + 1 {
            let message = format!("the case has more than {STATEMENTS_MAX} statements");
            self.mistake(Diagnostic::new(node.place, message).help("make it smaller"));
        }
        let NodeKind::Form(name, fields) = &node.kind else {
            return self.expected(node, "a statement", "a form such as `Print([\"hello\"])`");
        };
        let kind = self.statement_kind(node, *name, fields)?;
        Some(Statement {
            kind,
            place: node.place,
        })
    }

    fn statement_kind<'t>(
        &mut self,
        node: &Node<'t>,
        name: Name<'t>,
        fields: &Fields<'t>,
    ) -> Option<StatementKind> {
        let example = STATEMENTS
            .iter()
            .find(|(known, _)| *known == name.text)
            .map(|(_, example)| *example);
        let Some(example) = example else {
            return self.unknown_statement(name);
        };
        match name.text {
            "Let" => {
                let [target, value] = self.parts(name, fields, example)?;
                let names = self.targets(target);
                Some(StatementKind::Let(names?, self.expression(value)?))
            }
            "Call" => Some(StatementKind::Call(self.call(node, name, fields)?)),
            "Print" => self.print(name, fields, example),
            "With" => {
                let [context, body] = self.parts(name, fields, example)?;
                let context = self.expression(context);
                Some(StatementKind::With(context?, self.block(body)?))
            }
            "If" => self.branch(name, fields, example),
            "For" => {
                let [target, sequence, body] = self.parts(name, fields, example)?;
                let (names, sequence) = (self.targets(target), self.expression(sequence));
                let body = self.block(body);
                Some(StatementKind::For(names?, sequence?, body?))
            }
            "Repeat" => self.repeat(name, fields, example),
            "Drain" => self.drain(name, fields),
            "Try" => self.attempt(name, fields),
            "Raise" => {
                let [error] = self.parts(name, fields, example)?;
                Some(StatementKind::Raise(self.expression(error)?))
            }
            "Return" => match self.parts_between(name, fields, 0, 1, example)? {
                [value] => Some(StatementKind::Return(Some(self.expression(value)?))),
                _ => Some(StatementKind::Return(None)),
            },
            "SetItem" | "SetAttr" | "SetGlobal" => self.setting(name, fields, example),
            "Del" => {
                let [names] = self.parts(name, fields, example)?;
                Some(StatementKind::Del(self.targets(names)?))
            }
            "Exit" => match self.parts_between(name, fields, 0, 1, example)? {
                [code] => Some(StatementKind::Exit(self.expression(code)?)),
                _ => Some(StatementKind::Exit(Expression {
                    kind: ExpressionKind::Literal(Value::Int(0)),
                    place: node.place,
                })),
            },
            "Signal" => self.signal(name, fields, example),
            "Settle" => {
                let [] = self.parts(name, fields, example)?;
                Some(StatementKind::Settle)
            }
            "Measure" => self.measure(name, fields, example),
            "Sample" => {
                let [label] = self.parts(name, fields, example)?;
                Some(StatementKind::Sample(self.label(label)?))
            }
            _ => self.unknown_statement(name),
        }
    }

    /// The statements that change what is there already.
    fn setting<'t>(
        &mut self,
        name: Name<'t>,
        fields: &Fields<'t>,
        example: &str,
    ) -> Option<StatementKind> {
        if name.text == "SetItem" {
            let [object, index, value] = self.parts(name, fields, example)?;
            let (object, index) = (self.expression(object), self.expression(index));
            let value = self.expression(value);
            return Some(StatementKind::SetItem(object?, index?, value?));
        }
        let [target, value] = self.parts(name, fields, example)?;
        if name.text == "SetAttr" {
            let path = self.attribute_path(target);
            let (value, (object, attribute)) = (self.expression(value)?, path?);
            return Some(StatementKind::SetAttr(object, attribute, value));
        }
        let names = self.targets(target);
        let value = self.expression(value)?;
        match <[String; 1]>::try_from(names?) {
            Ok([global]) => Some(StatementKind::SetGlobal(global, value)),
            Err(_) => self.expected(target, "a global variable", "one name"),
        }
    }

    fn unknown_statement<T>(&mut self, name: Name<'_>) -> Option<T> {
        let message = format!("no statement `{}`", name.text);
        let help = if crate::catalogue::object(name.text).is_some() {
            Some(format!(
                "an object is made with `Let(\"x\", New(\"{}\"))`",
                name.text
            ))
        } else if name.text == "New" {
            Some("an object is kept in a variable: `Let(\"x\", New(...))`".to_owned())
        } else {
            let known: Vec<&str> = STATEMENTS.iter().map(|(known, _)| *known).collect();
            advice(name.text, &known)
        };
        self.mistake(Diagnostic::new(name.place, message).maybe_help(help));
        None
    }

    fn print<'t>(
        &mut self,
        name: Name<'t>,
        fields: &Fields<'t>,
        example: &str,
    ) -> Option<StatementKind> {
        let [values] = self.parts(name, fields, example)?;
        let values = match &values.kind {
            NodeKind::List(values) => values,
            _ => return self.expected(values, "what is printed", "a list of values: `[...]`"),
        };
        let values: Vec<_> = values.iter().map(|value| self.expression(value)).collect();
        Some(StatementKind::Print(
            values.into_iter().collect::<Option<_>>()?,
        ))
    }

    fn branch<'t>(
        &mut self,
        name: Name<'t>,
        fields: &Fields<'t>,
        example: &str,
    ) -> Option<StatementKind> {
        let parts = self.parts_between(name, fields, 2, 3, example)?;
        let condition = self.expression(&parts[0]);
        let yes = self.block(&parts[1]);
        let no = match parts.get(2) {
            Some(no) => self.block(no)?,
            None => Block::new(),
        };
        Some(StatementKind::If(condition?, yes?, no))
    }

    fn repeat<'t>(
        &mut self,
        name: Name<'t>,
        fields: &Fields<'t>,
        example: &str,
    ) -> Option<StatementKind> {
        let [times, body] = self.parts(name, fields, example)?;
        let count = self.count(times, "the number of rounds");
        let body = self.block(body);
        let count = count?;
        if count > REPEAT_MAX {
            let message = format!("{count} rounds are more than a case may have");
            let help = format!("`Repeat` takes at most {REPEAT_MAX}");
            self.mistake(Diagnostic::new(times.place, message).help(help));
        }
        Some(StatementKind::Repeat(count, body?))
    }

    fn measure<'t>(
        &mut self,
        name: Name<'t>,
        fields: &Fields<'t>,
        example: &str,
    ) -> Option<StatementKind> {
        let [label, times, body] = self.parts(name, fields, example)?;
        let label = self.label(label);
        let count = self.within(times, "how often it is measured", 1..=MEASURE_MAX);
        let body = self.block(body);
        Some(StatementKind::Measure(label?, count?, body?))
    }

    fn drain<'t>(&mut self, name: Name<'t>, fields: &Fields<'t>) -> Option<StatementKind> {
        let known = ["queue", "name", "until", "body"];
        let [queue, variable, until, body] = match fields {
            Fields::Positional(parts) => match parts.as_slice() {
                [queue, variable, until, body] => {
                    [Some(queue), Some(variable), Some(until), Some(body)]
                }
                _ => self.named(name, fields, known, 4)?,
            },
            _ => self.named(name, fields, known, 4)?,
        };
        let queue = self.expression(queue?);
        let names = self.targets(variable?);
        let until = self.literal(until?, "the value that ends it");
        let body = self.block(body?);
        let Ok([variable]) = <[String; 1]>::try_from(names?) else {
            return self.expected(variable?, "the variable of an item", "one name");
        };
        Some(StatementKind::Drain {
            queue: queue?,
            name: variable,
            until: until?,
            body: body?,
        })
    }

    fn attempt<'t>(&mut self, name: Name<'t>, fields: &Fields<'t>) -> Option<StatementKind> {
        let [body, except, finally] = self.named(name, fields, ["body", "except", "finally"], 1)?;
        let body = self.block(body?);
        let handlers = match except {
            Some(handlers) => self.handlers(handlers),
            None => Some(Vec::new()),
        };
        let ends = match finally {
            Some(finally) => self.block(finally),
            None => Some(Block::new()),
        };
        if except.is_none() && finally.is_none() {
            let help = "add `except: {...}` or `finally: [...]`";
            let message = "`Try` catches nothing and does nothing at its end";
            self.mistake(Diagnostic::new(name.place, message).help(help));
        }
        Some(StatementKind::Try {
            body: body?,
            handlers: handlers?,
            finally: ends?,
        })
    }

    fn handlers(&mut self, node: &Node<'_>) -> Option<Vec<(ErrorPattern, Block)>> {
        let NodeKind::Map(entries) = &node.kind else {
            return self.expected(node, "`except`", "a map from kinds: `{\"empty\": [...]}`");
        };
        let mut seen: Vec<ErrorPattern> = Vec::new();
        let handlers: Vec<_> = entries
            .iter()
            .map(|(key, body)| {
                let pattern = self.pattern(key);
                let body = self.block(body);
                let pattern = pattern?;
                if seen.contains(&pattern) || seen.contains(&ErrorPattern::Any) {
                    let message = "an earlier handler takes these errors already";
                    let help = "`any` stands last, each kind once";
                    self.mistake(Diagnostic::new(key.place, message).help(help));
                }
                seen.push(pattern);
                Some((pattern, body?))
            })
            .collect();
        handlers.into_iter().collect()
    }

    fn pattern(&mut self, node: &Node<'_>) -> Option<ErrorPattern> {
        let name = self.text(node, "a kind of error")?;
        if name == "any" {
            return Some(ErrorPattern::Any);
        }
        self.error_kind(name, node, &["any"])
            .map(ErrorPattern::Kind)
    }

    /// The kind of error of this name; `more` names stand beside the kinds here.
    pub(super) fn error_kind(
        &mut self,
        name: &str,
        node: &Node<'_>,
        more: &[&'static str],
    ) -> Option<ErrorKind> {
        if let Ok(kind) = name.parse() {
            return Some(kind);
        }
        let mut known: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        known.extend(more);
        let help = advice(name, &known).unwrap_or_else(|| format!("known: {}", known.join(", ")));
        let message = format!("no kind of error `{name}`");
        self.mistake(Diagnostic::new(node.place, message).help(help));
        None
    }

    fn signal<'t>(
        &mut self,
        name: Name<'t>,
        fields: &Fields<'t>,
        example: &str,
    ) -> Option<StatementKind> {
        let [process, signal] = self.parts(name, fields, example)?;
        let process = self.expression(process);
        let text = self.text(signal, "a signal")?;
        if !SIGNALS.contains(&text) {
            let message = format!("no signal `{text}`");
            let help = advice(text, &SIGNALS);
            self.mistake(Diagnostic::new(signal.place, message).maybe_help(help));
        }
        Some(StatementKind::Signal(process?, text.to_owned()))
    }
}
