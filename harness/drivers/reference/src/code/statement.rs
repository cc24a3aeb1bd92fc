//! Statements, one after the other.

use std::time::Instant;

use poolproof_case::catalogue::{AttributeName, MethodName};
use poolproof_case::program::{
    Block, ErrorPattern, Expression, ExpressionKind, Statement, StatementKind,
};
use poolproof_case::{ErrorKind, Value};

use super::expression::{Call, Operand};
use super::scope::{Local, Scope};
use crate::arguments::Arguments;
use crate::data::Data;
use crate::frame::{Flow, Frame};
use crate::sequence::Iterator;
use crate::stop::{Result, Stop};
use crate::{control, object, output, plan, sequence};

/// Runs a statement.
type Step = Box<dyn Fn(&mut Frame) -> Result<Flow> + Send + Sync>;

/// Statements in order.
pub(crate) struct Body(Vec<Step>);

impl Body {
    pub(super) fn of(block: &Block, scope: &mut Scope) -> Body {
        Body(block.iter().map(|one| statement(one, scope)).collect())
    }

    pub(crate) fn run(&self, frame: &mut Frame) -> Result<Flow> {
        for step in &self.0 {
            plan::pause();
            if let Flow::Return(data) = step(frame)? {
                return Ok(Flow::Return(data));
            }
        }
        Ok(Flow::Next)
    }
}

fn statement(statement: &Statement, scope: &mut Scope) -> Step {
    match &statement.kind {
        StatementKind::With(context, body) => {
            let (context, body) = (Operand::of(context, scope), Body::of(body, scope));
            Box::new(move |frame| {
                let context = context.get(frame)?;
                object::enter(&context)?;
                let flow = body.run(frame);
                // An error of leaving replaces the body's, as in Python.
                object::leave(&context)?;
                flow
            })
        }
        StatementKind::If(condition, then, otherwise) => {
            let condition = Operand::of(condition, scope);
            let (then, otherwise) = (Body::of(then, scope), Body::of(otherwise, scope));
            Box::new(move |frame| match condition.see(frame)?.is_true()? {
                true => then.run(frame),
                false => otherwise.run(frame),
            })
        }
        StatementKind::For(names, sequence, body) => each(names, sequence, body, scope),
        StatementKind::Repeat(times, body) => {
            let (times, body) = (*times, Body::of(body, scope));
            Box::new(move |frame| repeat(times, &body, frame))
        }
        StatementKind::Measure(label, times, body) => {
            let (label, times, body) = (label.clone(), *times, Body::of(body, scope));
            Box::new(move |frame| measure(&label, times, &body, frame))
        }
        StatementKind::Drain {
            queue,
            name,
            until,
            body,
        } => {
            let (queue, name) = (Operand::of(queue, scope), scope.local(name));
            let (until, body) = (until.clone(), Body::of(body, scope));
            let get = MethodName::new("get");
            Box::new(move |frame| {
                let queue = queue.get(frame)?;
                loop {
                    let item =
                        object::call(&frame.functions, &queue, &get, &mut Arguments::none())?;
                    if item.value().is_ok_and(|value| value == until) {
                        return Ok(Flow::Next);
                    }
                    name.set(frame, item);
                    if let Flow::Return(data) = body.run(frame)? {
                        return Ok(Flow::Return(data));
                    }
                }
            })
        }
        StatementKind::Try {
            body,
            handlers,
            finally,
        } => attempt(body, handlers, finally, scope),
        StatementKind::Return(None) => Box::new(|_| Ok(Flow::Return(Data::NONE))),
        StatementKind::Return(Some(value)) => {
            let value = Operand::of(value, scope);
            Box::new(move |frame| value.get(frame).map(Flow::Return))
        }
        simple => self::simple(simple, scope),
    }
}

/// A statement without a block.
fn simple(statement: &StatementKind, scope: &mut Scope) -> Step {
    match statement {
        StatementKind::Let(names, value) => {
            let value = Operand::of(value, scope);
            if let [name] = names.as_slice() {
                let name = scope.local(name);
                return next(move |frame| {
                    let value = value.get(frame)?;
                    name.set(frame, value);
                    Ok(())
                });
            }
            let names = scope.locals(names);
            next(move |frame| {
                let value = value.get(frame)?;
                assign(&names, value, frame)
            })
        }
        StatementKind::Call(call) => {
            let call = Call::of(call, scope);
            next(move |frame| call.make(frame).map(drop))
        }
        StatementKind::Print(values) => {
            let values: Vec<Operand> = values.iter().map(|one| Operand::of(one, scope)).collect();
            next(move |frame| {
                let values = values.iter().map(|value| value.get(frame));
                // What a later value changes is seen in the line, as in Python.
                let values = values.collect::<Result<Vec<_>>>()?.into_iter();
                let values = values.map(|value| sequence::copy(&value)?.value());
                output::line(&values.collect::<Result<Vec<_>>>()?)
            })
        }
        StatementKind::Raise(error) => {
            let error = Operand::of(error, scope);
            next(move |frame| Err(raised(&*error.see(frame)?)))
        }
        StatementKind::Del(names) => {
            let names = scope.locals(names);
            next(move |frame| {
                names.iter().for_each(|name| name.forget(frame));
                Ok(())
            })
        }
        StatementKind::Exit(code) => {
            let code = Operand::of(code, scope);
            next(move |frame| Err(exit(&*code.see(frame)?)))
        }
        StatementKind::Signal(process, signal) => {
            let (process, signal) = (Operand::of(process, scope), signal.clone());
            next(move |frame| object::signal(&*process.see(frame)?, &signal))
        }
        StatementKind::Settle => next(|_| {
            plan::settle();
            Ok(())
        }),
        StatementKind::Sample(label) => {
            let label = label.clone();
            next(move |_| control::sample(&label))
        }
        setting => self::setting(setting, scope),
    }
}

/// A statement that sets what is no local variable.
fn setting(statement: &StatementKind, scope: &mut Scope) -> Step {
    match statement {
        StatementKind::SetItem(container, index, value) => {
            let (container, index) = (Operand::of(container, scope), Operand::of(index, scope));
            let value = Operand::of(value, scope);
            next(move |frame| {
                // As in Python, the value is there before the place is looked for.
                let value = value.get(frame)?;
                let (container, index) = (container.see(frame)?, index.see(frame)?);
                sequence::set_item(&container, &index, value)
            })
        }
        StatementKind::SetAttr(object, name, value) => {
            let (object, name) = (Operand::of(object, scope), AttributeName::new(name));
            let value = Operand::of(value, scope);
            next(move |frame| {
                let value = value.get(frame)?;
                object.with(frame, |object| object::set_attribute(object, &name, value))
            })
        }
        StatementKind::SetGlobal(name, value) => {
            let (name, value) = (name.clone(), Operand::of(value, scope));
            next(move |frame| {
                frame.globals.set(&name, value.get(frame)?);
                Ok(())
            })
        }
        compound => unreachable!("{compound:?} is made by `statement` or `simple`"),
    }
}

/// A step after which the next one follows.
fn next(step: impl Fn(&mut Frame) -> Result<()> + Send + Sync + 'static) -> Step {
    Box::new(move |frame| step(frame).map(|()| Flow::Next))
}

fn assign(names: &[Local], value: Data, frame: &mut Frame) -> Result<()> {
    if let [name] = names {
        name.set(frame, value);
        return Ok(());
    }
    let parts = sequence::items(&value)?;
    if parts.len() != names.len() {
        let text = format!("{} values for {} names", parts.len(), names.len());
        return Err(Stop::error(ErrorKind::Value, text));
    }
    for (name, part) in names.iter().zip(parts) {
        name.set(frame, part);
    }
    Ok(())
}

/// What is iterated over.
enum Sequence {
    Range(Operand, Operand),
    Other(Operand),
}

impl Sequence {
    fn of(expression: &Expression, scope: &mut Scope) -> Sequence {
        match &expression.kind {
            ExpressionKind::Range(from, to) => {
                Sequence::Range(Operand::of(from, scope), Operand::of(to, scope))
            }
            _ => Sequence::Other(Operand::of(expression, scope)),
        }
    }

    fn begin(&self, frame: &Frame) -> Result<Iterator> {
        match self {
            Sequence::Range(from, to) => {
                let (from, to) = (from.see(frame)?.as_int()?, to.see(frame)?.as_int()?);
                Ok(Iterator::Numbers(from..to))
            }
            Sequence::Other(sequence) => sequence::iterate(&*sequence.see(frame)?),
        }
    }
}

fn each(names: &[String], sequence: &Expression, body: &Block, scope: &mut Scope) -> Step {
    let sequence = Sequence::of(sequence, scope);
    let (names, body) = (scope.locals(names), Body::of(body, scope));
    Box::new(move |frame| {
        let mut iterator = sequence.begin(frame)?;
        while let Some(item) = iterator.next()? {
            assign(&names, item, frame)?;
            if let Flow::Return(data) = body.run(frame)? {
                return Ok(Flow::Return(data));
            }
        }
        Ok(Flow::Next)
    })
}

fn repeat(times: u32, body: &Body, frame: &mut Frame) -> Result<Flow> {
    for _ in 0..times {
        if let Flow::Return(data) = body.run(frame)? {
            return Ok(Flow::Return(data));
        }
    }
    Ok(Flow::Next)
}

/// Takes the time of each round.
fn measure(label: &str, times: u32, body: &Body, frame: &mut Frame) -> Result<Flow> {
    let mut taken = Vec::with_capacity(times as usize);
    for _ in 0..times {
        let begun = Instant::now();
        if let Flow::Return(data) = body.run(frame)? {
            return Ok(Flow::Return(data));
        }
        taken.push(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    control::measured(label, &taken)?;
    Ok(Flow::Next)
}

fn attempt(
    body: &Block,
    handlers: &[(ErrorPattern, Block)],
    finally: &Block,
    scope: &mut Scope,
) -> Step {
    let body = Body::of(body, scope);
    let handler = |(pattern, block): &(ErrorPattern, Block)| (*pattern, Body::of(block, scope));
    let handlers: Vec<(ErrorPattern, Body)> = handlers.iter().map(handler).collect();
    let finally = Body::of(finally, scope);
    Box::new(move |frame| {
        let outcome = match body.run(frame) {
            Err(Stop::Error(kind, text)) => match taker(&handlers, kind) {
                Some(handler) => handler.run(frame),
                None => Err(Stop::Error(kind, text)),
            },
            other => other,
        };
        match finally.run(frame)? {
            Flow::Return(data) => Ok(Flow::Return(data)),
            Flow::Next => outcome,
        }
    })
}

/// The handler that takes an error.
fn taker(handlers: &[(ErrorPattern, Body)], kind: ErrorKind) -> Option<&Body> {
    let takes = |pattern: &ErrorPattern| match pattern {
        ErrorPattern::Kind(wanted) => *wanted == kind,
        ErrorPattern::Any => true,
    };
    let mut takers = handlers.iter().filter(|(pattern, _)| takes(pattern));
    takers.next().map(|(_, handler)| handler)
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
    // A tuple is what `SystemExit` is made with: none has no code, and one is its code.
    let code = match code {
        Data::Tuple(items) if items.is_empty() => &Data::NONE,
        Data::Tuple(items) if items.len() == 1 => &items[0],
        other => other,
    };
    match code {
        Data::Plain(Value::None) => Stop::Exit(0),
        other => match other.as_int() {
            Ok(code) => Stop::Exit(i32::try_from(code.rem_euclid(256)).unwrap_or(1)),
            Err(_) => Stop::Exit(1),
        },
    }
}
