//! Statements as lines of Python.

use poolproof_case::Value;
use poolproof_case::catalogue::Class;
use poolproof_case::program::{
    Arguments, Block, Expression, ExpressionKind, Statement, StatementKind,
};
use poolproof_case::walk::{self, Part};

use crate::error::{Result, WriteError};
use crate::level::Level;
use crate::literal::{literal, string};
use crate::names::python;
use crate::need::Need;
use crate::writer::Writer;

impl Writer<'_> {
    /// The body of a function: its `global` statement, then its statements.
    pub(crate) fn body(&mut self, block: &Block) -> Result<()> {
        let mut globals: Vec<String> = Vec::new();
        walk::all(block, &mut |part| {
            if let Part::Statement(statement) = part
                && let StatementKind::SetGlobal(name, _) = &statement.kind
            {
                globals.push(python(name));
            }
        });
        globals.sort();
        globals.dedup();
        if !globals.is_empty() {
            self.line(format!("global {}", globals.join(", ")));
        }
        self.block(block)
    }

    /// Statements in order.
    pub(crate) fn block(&mut self, block: &Block) -> Result<()> {
        if block.is_empty() {
            self.line("pass");
        }
        for statement in block {
            if self.options.pauses {
                self.line("pause()");
            }
            self.statement(statement)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement) -> Result<()> {
        use StatementKind as S;
        if let Some(line) = self.one_line(&statement.kind)? {
            self.line(line);
            return Ok(());
        }
        match &statement.kind {
            S::Let(names, value) => self.assignment(names, value),
            S::With(context, body) => {
                let context = self.expression(context)?;
                self.nested(format!("with {context}:"), body)
            }
            S::If(condition, then, otherwise) => self.condition("if", condition, then, otherwise),
            S::For(names, values, body) => {
                let names = pythons(names);
                let values = self.iterable(values)?;
                self.nested(format!("for {names} in {values}:"), body)
            }
            S::Repeat(times, body) => self.nested(format!("for _ in range({times}):"), body),
            S::Measure(label, times, body) => {
                self.needs.add(Need::Measure);
                let label = string(label);
                self.nested(format!("for _ in measure({label}, {times}):"), body)
            }
            S::Drain {
                queue,
                name,
                until,
                body,
            } => self.drain(queue, name, until, body),
            S::Try {
                body,
                handlers,
                finally,
            } => self.try_statement(body, handlers, finally),
            // One line, written above.
            _ => Ok(()),
        }
    }

    /// A statement that is always one line; none for the others.
    fn one_line(&mut self, statement: &StatementKind) -> Result<Option<String>> {
        use StatementKind as S;
        Ok(Some(match statement {
            S::Call(call) => self.call(call)?,
            S::Print(values) => {
                self.needs.add(Need::Show);
                format!("show({})", self.expressions(values)?)
            }
            S::Raise(error) => format!("raise {}", self.expression(error)?),
            S::Return(None) => "return".to_owned(),
            S::Return(Some(value)) => format!("return {}", self.expression(value)?),
            S::SetItem(of, index, value) => {
                let (of, index) = (self.bound(of, Level::Atom)?, self.expression(index)?);
                format!("{of}[{index}] = {}", self.expression(value)?)
            }
            S::SetAttr(of, name, value) => {
                let of = self.bound(of, Level::Atom)?;
                format!("{of}.{name} = {}", self.expression(value)?)
            }
            S::SetGlobal(name, value) => format!("{} = {}", python(name), self.expression(value)?),
            S::Del(names) => format!("del {}", pythons(names)),
            S::Exit(code) => {
                self.needs.add(Need::Import("sys"));
                format!("sys.exit({})", self.expression(code)?)
            }
            S::Signal(process, name) => {
                self.needs.add(Need::Signal);
                let process = self.expression(process)?;
                format!("send_signal({process}, signal.SIG{name})")
            }
            S::Settle => {
                self.needs.add(Need::Settle);
                "settle()".to_owned()
            }
            S::Sample(label) => {
                self.needs.add(Need::Sample);
                format!("sample({})", string(label))
            }
            S::Let(..)
            | S::With(..)
            | S::If(..)
            | S::For(..)
            | S::Repeat(..)
            | S::Measure(..)
            | S::Drain { .. }
            | S::Try { .. } => return Ok(None),
        }))
    }

    fn nested(&mut self, head: String, body: &Block) -> Result<()> {
        self.line(head);
        self.indented(|writer| writer.block(body))
    }

    fn assignment(&mut self, names: &[String], value: &Expression) -> Result<()> {
        let target = pythons(names);
        if let Some((without, daemon)) = self.process_of_threads(value) {
            let process = self.construct("mp", Class::Process, &without)?;
            let daemon = self.expression(&daemon)?;
            self.line(format!("{target} = {process}"));
            self.line(format!("{target}.daemon = {daemon}"));
            return Ok(());
        }
        let value = self.expression(value)?;
        self.line(format!("{target} = {value}"));
        Ok(())
    }

    /// `multiprocessing.dummy.Process` has no `daemon` argument, but the attribute.
    fn process_of_threads(&self, value: &Expression) -> Option<(Arguments, Expression)> {
        let ExpressionKind::New { object, arguments } = &value.kind else {
            return None;
        };
        if Class::of(object) != Some(Class::Process) || !self.may_be_threads() {
            return None;
        }
        let index = arguments
            .named
            .iter()
            .position(|(name, _)| name == "daemon")?;
        let mut without = arguments.clone();
        let (_, daemon) = without.named.remove(index);
        Some((without, daemon))
    }

    fn condition(
        &mut self,
        word: &str,
        condition: &Expression,
        then: &Block,
        otherwise: &Block,
    ) -> Result<()> {
        let condition = self.expression(condition)?;
        self.nested(format!("{word} {condition}:"), then)?;
        match otherwise.as_slice() {
            [] => Ok(()),
            [statement] if !self.options.pauses => match &statement.kind {
                StatementKind::If(condition, then, otherwise) => {
                    self.condition("elif", condition, then, otherwise)
                }
                _ => self.nested("else:".to_owned(), otherwise),
            },
            _ => self.nested("else:".to_owned(), otherwise),
        }
    }

    fn drain(&mut self, queue: &Expression, name: &str, until: &Value, body: &Block) -> Result<()> {
        let raised = self.raised_by_method(&self.scope, queue, "get");
        let queue = self.bound(queue, Level::Atom)?;
        let get = self.deferred(&raised, &format!("{queue}.get"));
        let until = literal(until)
            .ok_or_else(|| WriteError::new("what ends a `Drain` cannot be written down"))?;
        let name = python(name);
        self.nested(format!("for {name} in iter({get}, {until}):"), body)
    }
}

/// Names separated by commas.
fn pythons(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| python(name)).collect();
    names.join(", ")
}
