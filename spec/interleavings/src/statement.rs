//! Python's meaning of statements.

use std::collections::BTreeMap;
use std::rc::Rc;

use poolproof_case::program::{Block, ErrorPattern, Expression, Statement, StatementKind};
use poolproof_case::{ErrorKind, Value, print};

use crate::act::{Act, OWN_TEXT};
use crate::run::{Given, Run, Stop, outside, raise};
use crate::value::{Cell, Val, of_plain, to_plain};
use crate::world::Signal;

impl<'a> Run<'a> {
    pub(crate) fn block(&mut self, block: &'a Block) -> Result<(), Stop> {
        block.iter().try_for_each(|one| self.statement(one))
    }

    fn statement(&mut self, statement: &'a Statement) -> Result<(), Stop> {
        match &statement.kind {
            StatementKind::Let(names, value) => {
                let value = self.expression(value)?;
                self.assign(names, value)?;
            }
            StatementKind::Call(call) => {
                self.call_expression(call)?;
            }
            StatementKind::Print(values) => self.print(values)?,
            StatementKind::With(context, body) => self.with(context, body)?,
            StatementKind::If(condition, yes, no) => {
                let condition = self.expression(condition)?;
                let block = if self.is_true(&condition)? { yes } else { no };
                self.block(block)?;
            }
            StatementKind::For(names, sequence, body) => self.each(names, sequence, body)?,
            StatementKind::Repeat(times, body) | StatementKind::Measure(_, times, body) => {
                (0..*times).try_for_each(|_| self.block(body))?;
            }
            StatementKind::Drain {
                queue,
                name,
                until,
                body,
            } => self.drain(queue, name, until, body)?,
            StatementKind::Try {
                body,
                handlers,
                finally,
            } => self.attempt(body, handlers, finally)?,
            StatementKind::Raise(error) => match self.expression(error)? {
                Val::Error(kind, text) => return Err(Stop::Raise(kind, text)),
                _ => return raise(ErrorKind::Type),
            },
            StatementKind::Return(None) => return Err(Stop::Return(Val::None)),
            StatementKind::Return(Some(value)) => {
                return Err(Stop::Return(self.expression(value)?));
            }
            StatementKind::SetItem(container, index, value) => {
                let value = self.expression(value)?;
                let container = self.expression(container)?;
                let index = self.expression(index)?;
                self.set_item(&container, index, value)?;
            }
            StatementKind::SetAttr(object, name, value) => {
                let value = self.expression(value)?;
                let object = self.expression(object)?;
                self.set_attribute(&object, name, value)?;
            }
            StatementKind::SetGlobal(name, value) => {
                let value = self.expression(value)?;
                self.ask(Act::SetGlobal(name.as_str().into(), value))?;
            }
            StatementKind::Del(names) => {
                for name in names {
                    if self.scope().remove(name.as_str()).is_none() {
                        return outside(format!("`{name}` has no value"));
                    }
                }
            }
            StatementKind::Exit(code) => {
                let code = match self.expression(code)? {
                    Val::None => 0,
                    Val::Bool(truth) => truth.into(),
                    Val::Int(code) => code.rem_euclid(256) as i32,
                    _ => 1,
                };
                return Err(Stop::Exit(code));
            }
            StatementKind::Signal(process, name) => {
                let process = self.expression(process)?;
                self.signal(&process, name)?;
            }
            StatementKind::Settle => {
                self.ask(Act::Settle)?;
            }
            StatementKind::Sample(_) => {}
        }
        Ok(())
    }

    fn scope(&mut self) -> &mut BTreeMap<&'a str, Val> {
        self.locals
            .last_mut()
            .expect("statements stand in a function")
    }

    pub(crate) fn local(&mut self, name: &str) -> Given {
        match self.scope().get(name) {
            Some(value) => Ok(value.clone()),
            None => outside(format!("`{name}` has no value")),
        }
    }

    fn assign(&mut self, names: &'a [String], value: Val) -> Result<(), Stop> {
        if let [name] = names {
            self.scope().insert(name, value);
            return Ok(());
        }
        let items = self.items(&value)?;
        if items.len() != names.len() {
            return raise(ErrorKind::Value);
        }
        let named = names.iter().map(String::as_str).zip(items);
        self.scope().extend(named);
        Ok(())
    }

    fn print(&mut self, values: &'a [Expression]) -> Result<(), Stop> {
        let values = self.expressions(values)?;
        let mut plain: Vec<Value> = Vec::new();
        for value in &values {
            let read = self.read(value)?;
            match to_plain(&read) {
                Some(read) => plain.push(read),
                None => return outside("a print of an object"),
            }
        }
        if plain.iter().any(tells_an_error) {
            return outside("a print of an error that is the library's");
        }
        self.ask(Act::Print(print::line(&plain).into()))?;
        Ok(())
    }

    fn with(&mut self, context: &'a Expression, body: &'a Block) -> Result<(), Stop> {
        let context = self.expression(context)?;
        self.enter(&context)?;
        self.held.push(context.clone());
        let done = self.block(body);
        if done.as_ref().is_err_and(Stop::is_here) {
            return done;
        }
        self.leave(&context)?;
        self.held.pop();
        done
    }

    fn each(
        &mut self,
        names: &'a [String],
        sequence: &'a Expression,
        body: &'a Block,
    ) -> Result<(), Stop> {
        let sequence = self.expression(sequence)?;
        self.held.push(sequence.clone());
        let size = self.dict_size(&sequence);
        for at in 0.. {
            if self.dict_size(&sequence) != size {
                return match self.world.is_threads() {
                    true => outside("a dict that changes under a loop of threads"),
                    false => raise(ErrorKind::Runtime),
                };
            }
            let item = self.next(&sequence, at)?;
            if item == Val::Unset {
                break;
            }
            self.assign(names, item)?;
            self.block(body)?;
        }
        self.held.pop();
        Ok(())
    }

    /// How many keys a dict of this process has.
    fn dict_size(&self, sequence: &Val) -> Option<usize> {
        match sequence {
            Val::Ref(at) => match self.world.memory(&self.me).cells.get(at)? {
                Cell::Dict(pairs) => Some(pairs.len()),
                _ => None,
            },
            _ => None,
        }
    }

    fn drain(
        &mut self,
        queue: &'a Expression,
        name: &'a str,
        until: &Value,
        body: &'a Block,
    ) -> Result<(), Stop> {
        let queue = self.expression(queue)?;
        self.held.push(queue.clone());
        loop {
            let item = self.method(&queue, "get", Vec::new(), Vec::new())?;
            self.scope().insert(name, item.clone());
            if self.equal(&item, &of_plain(until))? {
                break;
            }
            self.block(body)?;
        }
        self.held.pop();
        Ok(())
    }

    fn attempt(
        &mut self,
        body: &'a Block,
        handlers: &'a [(ErrorPattern, Block)],
        finally: &'a Block,
    ) -> Result<(), Stop> {
        let held = self.held.len();
        let mut done = self.block(body);
        if let Err(Stop::Raise(kind, _)) = &done {
            let takes = |pattern: &ErrorPattern| match pattern {
                ErrorPattern::Kind(known) => known == kind,
                ErrorPattern::Any => true,
            };
            if let Some((_, handler)) = handlers.iter().find(|(pattern, _)| takes(pattern)) {
                self.held.truncate(held);
                done = self.block(handler);
            }
        }
        if done.as_ref().is_err_and(Stop::is_here) {
            return done;
        }
        self.held.truncate(held);
        self.block(finally)?;
        done
    }

    /// Calls a function of the program.
    pub(crate) fn call(&mut self, name: &str, args: Vec<Val>, named: &[(Rc<str>, Val)]) -> Given {
        let Some(function) = self.program.functions.get(name) else {
            return outside(format!("no function `{name}`"));
        };
        let params: Vec<&'a str> = function.params.iter().map(String::as_str).collect();
        let mut locals: BTreeMap<&'a str, Val> = BTreeMap::new();
        let count = args.len() + named.len();
        locals.extend(params.iter().copied().zip(args));
        for (name, value) in named {
            match params.iter().find(|param| **param == &**name) {
                Some(param) => locals.insert(param, value.clone()),
                None => return raise(ErrorKind::Type),
            };
        }
        if count != params.len() || locals.len() != count {
            return raise(ErrorKind::Type);
        }
        self.locals.push(locals);
        let held = self.held.len();
        let done = self.block(&function.body);
        if done.as_ref().is_err_and(Stop::is_here) {
            return done.map(|()| Val::None);
        }
        self.held.truncate(held);
        self.locals.pop();
        match done {
            Ok(()) => Ok(Val::None),
            Err(Stop::Return(value)) => Ok(value),
            Err(stop) => Err(stop),
        }
    }

    fn signal(&mut self, process: &Val, name: &str) -> Result<(), Stop> {
        let signal = match name {
            "STOP" => Signal::Stop,
            "CONT" => Signal::Continue,
            "TERM" => Signal::Terminate,
            _ => Signal::Kill,
        };
        let Val::Object(id) = process else {
            return outside("a signal to what is no process");
        };
        self.ask(Act::Send(id.clone(), signal))?;
        Ok(())
    }
}

/// Whether the text of an error that is the library's is somewhere in a value.
fn tells_an_error(value: &Value) -> bool {
    match value {
        Value::Str(text) | Value::Error(_, text) => text.contains(OWN_TEXT),
        Value::List(items) | Value::Tuple(items) => items.iter().any(tells_an_error),
        Value::Dict(pairs) => pairs
            .iter()
            .any(|(key, value)| tells_an_error(key) || tells_an_error(value)),
        _ => false,
    }
}
