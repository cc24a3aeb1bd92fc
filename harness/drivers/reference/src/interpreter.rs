//! Statements: one function of a program at a time, on the thread that calls it.
//!
//! Expressions are in `expression`, calls of objects in `object`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use poolproof_case::program::{Block, ErrorPattern, Function, Statement, StatementKind};
use poolproof_case::{ErrorKind, Value};

use crate::data::Data;
use crate::object;
use crate::stop::{Result, Stop};
use crate::world::World;
use crate::{control, output, plan, sequence};

/// The local variables of one call, and the world they live in.
pub(crate) struct Frame {
    pub(crate) world: Arc<World>,
    locals: HashMap<String, Data>,
}

/// What follows after a statement.
enum Flow {
    Next,
    Return(Data),
}

/// Calls a function of the program.
pub(crate) fn call(
    world: &Arc<World>,
    name: &str,
    positional: Vec<Data>,
    named: Vec<(String, Data)>,
) -> Result<Data> {
    let function = world.program.functions.get(name).ok_or_else(|| {
        Stop::error(
            ErrorKind::Attribute,
            format!("the program has no function `{name}`"),
        )
    })?;
    let locals = bind(name, function, positional, named)?;
    let mut frame = Frame {
        world: Arc::clone(world),
        locals,
    };
    match frame.block(&function.body)? {
        Flow::Return(data) => Ok(data),
        Flow::Next => Ok(Data::NONE),
    }
}

/// Runs main's body.
pub(crate) fn run_main(world: &Arc<World>) -> Result<()> {
    let mut frame = Frame {
        world: Arc::clone(world),
        locals: HashMap::new(),
    };
    frame.block(&world.program.main).map(|_| ())
}

fn bind(
    name: &str,
    function: &Function,
    positional: Vec<Data>,
    named: Vec<(String, Data)>,
) -> Result<HashMap<String, Data>> {
    let wrong = |text: String| Stop::error(ErrorKind::Type, format!("{name}() {text}"));
    if positional.len() > function.params.len() {
        let (takes, given) = (function.params.len(), positional.len());
        return Err(wrong(format!(
            "takes {takes} arguments, {given} were given"
        )));
    }
    let mut locals: HashMap<_, _> = function.params.iter().cloned().zip(positional).collect();
    for (parameter, data) in named {
        if !function.params.contains(&parameter) {
            return Err(wrong(format!("has no parameter `{parameter}`")));
        }
        if locals.insert(parameter.clone(), data).is_some() {
            return Err(wrong(format!("got `{parameter}` twice")));
        }
    }
    match function
        .params
        .iter()
        .find(|parameter| !locals.contains_key(*parameter))
    {
        Some(missing) => Err(wrong(format!("misses `{missing}`"))),
        None => Ok(locals),
    }
}

impl Frame {
    pub(crate) fn local(&self, name: &str) -> Result<Data> {
        let found = self.locals.get(name).cloned();
        found.ok_or_else(|| Stop::error(ErrorKind::Runtime, format!("`{name}` is not set")))
    }

    fn block(&mut self, block: &Block) -> Result<Flow> {
        for statement in block {
            plan::pause();
            if let Flow::Return(data) = self.statement(statement)? {
                return Ok(Flow::Return(data));
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Statement) -> Result<Flow> {
        match &statement.kind {
            StatementKind::With(context, body) => self.with(context, body),
            StatementKind::If(condition, then, otherwise) => {
                let chosen = if self.evaluate(condition)?.is_true() {
                    then
                } else {
                    otherwise
                };
                self.block(chosen)
            }
            StatementKind::For(names, sequence, body) => self.each(names, sequence, body),
            StatementKind::Repeat(times, body) => self.repeat(*times, body),
            StatementKind::Measure(label, times, body) => self.measure(label, *times, body),
            StatementKind::Drain {
                queue,
                name,
                until,
                body,
            } => self.drain(queue, name, until, body),
            StatementKind::Try {
                body,
                handlers,
                finally,
            } => self.attempt(body, handlers, finally),
            StatementKind::Return(None) => Ok(Flow::Return(Data::NONE)),
            StatementKind::Return(Some(value)) => self.evaluate(value).map(Flow::Return),
            simple => self.simple(simple).map(|()| Flow::Next),
        }
    }

    /// A statement without a block.
    fn simple(&mut self, statement: &StatementKind) -> Result<()> {
        match statement {
            StatementKind::Let(names, value) => {
                let value = self.evaluate(value)?;
                self.assign(names, value)
            }
            StatementKind::Call(call) => self.call(call).map(|_| ()),
            StatementKind::Print(values) => {
                let values = values
                    .iter()
                    .map(|value| sequence::copy(&self.evaluate(value)?)?.value());
                output::line(&values.collect::<Result<Vec<_>>>()?)
            }
            StatementKind::Raise(error) => Err(raised(&self.evaluate(error)?)),
            StatementKind::SetItem(container, index, value) => {
                let container = self.evaluate(container)?;
                let index = self.evaluate(index)?;
                let value = self.evaluate(value)?;
                sequence::set_item(&container, &index, value)
            }
            StatementKind::SetAttr(object, name, value) => {
                let value = self.evaluate(value)?;
                let target = self.evaluate(object)?;
                object::set_attribute(&target, name, value)
            }
            StatementKind::SetGlobal(name, value) => {
                let value = self.evaluate(value)?;
                self.world.set_global(name, value);
                Ok(())
            }
            StatementKind::Del(names) => {
                names.iter().for_each(|name| drop(self.locals.remove(name)));
                Ok(())
            }
            StatementKind::Exit(code) => Err(exit(&self.evaluate(code)?)),
            StatementKind::Signal(process, signal) => {
                let process = self.evaluate(process)?;
                object::signal(&process, signal)
            }
            StatementKind::Settle => {
                plan::settle();
                Ok(())
            }
            StatementKind::Sample(label) => control::sample(label),
            compound => unreachable!("{compound:?} has a block and is run by `statement`"),
        }
    }

    fn assign(&mut self, names: &[String], value: Data) -> Result<()> {
        let [name] = names else {
            let parts = sequence::items(&value)?;
            if parts.len() != names.len() {
                let text = format!("{} values for {} names", parts.len(), names.len());
                return Err(Stop::error(ErrorKind::Value, text));
            }
            self.locals.extend(names.iter().cloned().zip(parts));
            return Ok(());
        };
        self.locals.insert(name.clone(), value);
        Ok(())
    }

    fn with(
        &mut self,
        context: &poolproof_case::program::Expression,
        body: &Block,
    ) -> Result<Flow> {
        let context = self.evaluate(context)?;
        object::enter(&context)?;
        let flow = self.block(body);
        // An error of leaving replaces the body's, as in Python.
        object::leave(&context)?;
        flow
    }

    fn each(
        &mut self,
        names: &[String],
        sequence: &poolproof_case::program::Expression,
        body: &Block,
    ) -> Result<Flow> {
        let sequence = self.evaluate(sequence)?;
        let mut iterator = sequence::iterate(&sequence)?;
        while let Some(item) = iterator.next()? {
            self.assign(names, item)?;
            if let Flow::Return(data) = self.block(body)? {
                return Ok(Flow::Return(data));
            }
        }
        Ok(Flow::Next)
    }

    /// Takes the time of each round.
    fn measure(&mut self, label: &str, times: u32, body: &Block) -> Result<Flow> {
        let mut taken = Vec::with_capacity(times as usize);
        for _ in 0..times {
            let begun = Instant::now();
            if let Flow::Return(data) = self.block(body)? {
                return Ok(Flow::Return(data));
            }
            taken.push(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
        control::measured(label, &taken)?;
        Ok(Flow::Next)
    }

    fn repeat(&mut self, times: u32, body: &Block) -> Result<Flow> {
        for _ in 0..times {
            if let Flow::Return(data) = self.block(body)? {
                return Ok(Flow::Return(data));
            }
        }
        Ok(Flow::Next)
    }

    fn drain(
        &mut self,
        queue: &poolproof_case::program::Expression,
        name: &str,
        until: &Value,
        body: &Block,
    ) -> Result<Flow> {
        let queue = self.evaluate(queue)?;
        loop {
            let item = object::call(&self.world, &queue, "get", Vec::new(), Vec::new())?;
            if item.value().is_ok_and(|value| value == *until) {
                return Ok(Flow::Next);
            }
            self.locals.insert(name.to_owned(), item);
            if let Flow::Return(data) = self.block(body)? {
                return Ok(Flow::Return(data));
            }
        }
    }

    fn attempt(
        &mut self,
        body: &Block,
        handlers: &[(ErrorPattern, Block)],
        finally: &Block,
    ) -> Result<Flow> {
        let outcome = match self.block(body) {
            Err(Stop::Error(kind, text)) => match handler(handlers, kind) {
                Some(block) => self.block(block),
                None => Err(Stop::Error(kind, text)),
            },
            other => other,
        };
        match self.block(finally)? {
            Flow::Return(data) => Ok(Flow::Return(data)),
            Flow::Next => outcome,
        }
    }
}

fn handler(handlers: &[(ErrorPattern, Block)], kind: ErrorKind) -> Option<&Block> {
    let takes = |pattern: &ErrorPattern| match pattern {
        ErrorPattern::Kind(wanted) => *wanted == kind,
        ErrorPattern::Any => true,
    };
    handlers
        .iter()
        .find(|(pattern, _)| takes(pattern))
        .map(|(_, block)| block)
}

fn raised(error: &Data) -> Stop {
    match error {
        Data::Plain(Value::Error(kind, text)) => Stop::Error(*kind, text.clone()),
        other => Stop::error(
            ErrorKind::Type,
            format!("{} is no error", other.type_name()),
        ),
    }
}

/// What `sys.exit` makes of its argument.
fn exit(code: &Data) -> Stop {
    match code {
        Data::Plain(Value::None) => Stop::Exit(0),
        other => match other.as_int() {
            Ok(code) => Stop::Exit(i32::try_from(code.rem_euclid(256)).unwrap_or(1)),
            Err(_) => Stop::Exit(1),
        },
    }
}
