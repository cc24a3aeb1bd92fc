//! Expressions, from left to right, and calls: of functions of the program, and of methods, whose
//! receiver is known only by then.

use std::borrow::Cow;
use std::sync::Arc;

use poolproof_case::Value;
use poolproof_case::catalogue::{AttributeName, Class, MethodName};
use poolproof_case::program::{
    self, BinaryOperator, CallExpression, Callee, Expression, ExpressionKind,
};

use super::scope::{Local, Scope};
use crate::arguments::Arguments;
use crate::data::{Data, Timeout};
use crate::frame::Frame;
use crate::object;
use crate::operators::{binary, unary};
use crate::sequence;
use crate::stop::{Result, missing};

/// Evaluates an expression.
type Thunk = Box<dyn Fn(&Frame) -> Result<Data> + Send + Sync>;

/// An expression; what is at hand is only looked at.
pub(super) enum Operand {
    /// Nothing that could be changed.
    Constant(Data),
    Local(Local),
    Attribute(Box<Operand>, AttributeName),
    Binary(BinaryOperator, Box<[Operand; 2]>),
    Computed(Thunk),
}

impl Operand {
    pub(super) fn of(expression: &Expression, scope: &mut Scope) -> Operand {
        match &expression.kind {
            ExpressionKind::Literal(value) => literal(value),
            ExpressionKind::Local(name) => Operand::Local(scope.local(name)),
            ExpressionKind::Module => Operand::Constant(Data::object(object::Module)),
            ExpressionKind::Function(name) => Operand::Constant(Data::Function(name.clone())),
            ExpressionKind::Soon => Operand::Constant(Data::Timeout(Timeout::Soon)),
            ExpressionKind::Late => Operand::Constant(Data::Timeout(Timeout::Late)),
            ExpressionKind::Attribute(object, name) => Operand::Attribute(
                Box::new(Operand::of(object, scope)),
                AttributeName::new(name),
            ),
            ExpressionKind::Binary(operator, left, right) => {
                let sides = [Operand::of(left, scope), Operand::of(right, scope)];
                Operand::Binary(*operator, Box::new(sides))
            }
            _ => Operand::Computed(thunk(expression, scope)),
        }
    }

    /// Its value.
    pub(super) fn get(&self, frame: &Frame) -> Result<Data> {
        match self {
            Operand::Constant(data) => Ok(data.clone()),
            Operand::Local(local) => local.get(frame).cloned(),
            computed => computed.compute(frame),
        }
    }

    /// Its value, to be looked at.
    pub(super) fn see<'f>(&'f self, frame: &'f Frame) -> Result<Cow<'f, Data>> {
        match self {
            Operand::Constant(data) => Ok(Cow::Borrowed(data)),
            Operand::Local(local) => local.get(frame).map(Cow::Borrowed),
            computed => computed.compute(frame).map(Cow::Owned),
        }
    }

    /// Does something with its value. This is the short way: what is seen may be owned, and to find that
    /// out costs a dozen instructions each time.
    #[inline]
    pub(super) fn with<R>(
        &self,
        frame: &Frame,
        look: impl FnOnce(&Data) -> Result<R>,
    ) -> Result<R> {
        match self {
            Operand::Constant(data) => look(data),
            Operand::Local(local) => look(local.get(frame)?),
            computed => look(&computed.compute(frame)?),
        }
    }

    /// The value of what is not at hand.
    fn compute(&self, frame: &Frame) -> Result<Data> {
        match self {
            Operand::Attribute(object, name) => {
                object.with(frame, |object| object::attribute(object, name))
            }
            Operand::Binary(operator, sides) => {
                let [left, right] = sides.as_ref();
                left.with(frame, |left| {
                    right.with(frame, |right| binary(*operator, left, right))
                })
            }
            Operand::Computed(thunk) => thunk(frame),
            Operand::Constant(_) | Operand::Local(_) => self.get(frame),
        }
    }
}

fn literal(value: &Value) -> Operand {
    match value {
        // Whoever evaluates it gets a fresh one.
        Value::List(_) | Value::Tuple(_) | Value::Dict(_) => {
            let value = value.clone();
            Operand::Computed(Box::new(move |_| Ok(Data::of(&value))))
        }
        plain => Operand::Constant(Data::Plain(plain.clone())),
    }
}

/// What has parts, or depends on the moment.
fn thunk(expression: &Expression, scope: &mut Scope) -> Thunk {
    match &expression.kind {
        ExpressionKind::Global(name) => {
            let name = name.clone();
            Box::new(move |frame| frame.globals.get(&name))
        }
        ExpressionKind::Zeros(count) => {
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            Box::new(move |_| Ok(Data::Plain(Value::Bytes(vec![0; count]))))
        }
        ExpressionKind::New { object, arguments } => {
            let (class, given) = (Class::of(object), Given::of(arguments, scope));
            let name = object.clone();
            Box::new(move |frame| {
                let class = class.ok_or_else(|| missing("the catalogue", &name))?;
                let arguments = &mut Arguments::none();
                given.get(frame, arguments)?;
                object::new(&frame.functions, class, arguments)
            })
        }
        ExpressionKind::Call(call) => {
            let call = Call::of(call, scope);
            Box::new(move |frame| call.make(frame))
        }
        ExpressionKind::List(items) => {
            let items = all(items, scope);
            Box::new(move |frame| Ok(Data::list(values(&items, frame)?)))
        }
        ExpressionKind::Tuple(items) => {
            let items = all(items, scope);
            Box::new(move |frame| Ok(Data::Tuple(values(&items, frame)?.into())))
        }
        ExpressionKind::Dict(pairs) => dict(pairs, scope),
        ExpressionKind::Error(kind, text) => {
            let (kind, text) = (*kind, Operand::of(text, scope));
            Box::new(move |frame| {
                let text = text.see(frame)?.as_text()?;
                Ok(Data::Plain(Value::Error(kind, text)))
            })
        }
        _ => computed(expression, scope),
    }
}

/// Expressions made of others by an operator.
fn computed(expression: &Expression, scope: &mut Scope) -> Thunk {
    match &expression.kind {
        ExpressionKind::Item(container, index) => {
            let (container, index) = (Operand::of(container, scope), Operand::of(index, scope));
            Box::new(move |frame| sequence::item(&*container.see(frame)?, &*index.see(frame)?))
        }
        ExpressionKind::Slice(container, from, to) => {
            let container = Operand::of(container, scope);
            let from = from.as_ref().map(|from| Operand::of(from, scope));
            let to = to.as_ref().map(|to| Operand::of(to, scope));
            Box::new(move |frame| {
                // Python's `None` is no bound.
                let bound = |bound: &Option<Operand>| match bound {
                    Some(bound) => match &*bound.see(frame)? {
                        none if none.is_none() => Ok(None),
                        bound => bound.as_int().map(Some),
                    },
                    None => Ok(None),
                };
                let container = container.see(frame)?;
                sequence::slice(&container, bound(&from)?, bound(&to)?)
            })
        }
        ExpressionKind::Range(from, to) => {
            let (from, to) = (Operand::of(from, scope), Operand::of(to, scope));
            Box::new(move |frame| {
                let (from, to) = (from.see(frame)?.as_int()?, to.see(frame)?.as_int()?);
                Ok(Data::list((from..to).map(Data::number).collect()))
            })
        }
        ExpressionKind::Unary(operator, operand) => {
            let (operator, operand) = (*operator, Operand::of(operand, scope));
            Box::new(move |frame| unary(operator, &*operand.see(frame)?))
        }
        ExpressionKind::And(parts) => until(all(parts, scope), false),
        ExpressionKind::Or(parts) => until(all(parts, scope), true),
        other => unreachable!("{other:?} is made by `thunk` or `Operand::of`"),
    }
}

fn all(expressions: &[Expression], scope: &mut Scope) -> Vec<Operand> {
    let operand = |expression| Operand::of(expression, scope);
    expressions.iter().map(operand).collect()
}

fn values(operands: &[Operand], frame: &Frame) -> Result<Vec<Data>> {
    operands.iter().map(|operand| operand.get(frame)).collect()
}

fn dict(pairs: &[(Value, Expression)], scope: &mut Scope) -> Thunk {
    let pair = |(key, value): &(Value, Expression)| (key.clone(), Operand::of(value, scope));
    let pairs: Vec<(Value, Operand)> = pairs.iter().map(pair).collect();
    Box::new(move |frame| {
        let dict = Data::dict(Vec::new());
        for (key, value) in &pairs {
            sequence::set_item(&dict, &Data::of(key), value.get(frame)?)?;
        }
        Ok(dict)
    })
}

/// The first part whose truth is `wanted`, else the last: Python's `and` and `or`.
fn until(parts: Vec<Operand>, wanted: bool) -> Thunk {
    Box::new(move |frame| {
        let mut last = Data::bool(!wanted);
        for part in &parts {
            last = part.get(frame)?;
            if last.is_true()? == wanted {
                break;
            }
        }
        Ok(last)
    })
}

/// A call as it stands in the program.
pub(super) enum Call {
    Function(String, Given),
    Method(Operand, MethodName, Given),
}

impl Call {
    pub(super) fn of(call: &CallExpression, scope: &mut Scope) -> Call {
        let given = Given::of(&call.arguments, scope);
        match &call.callee {
            Callee::Function(name) => Call::Function(name.clone(), given),
            Callee::Method(receiver, method) => {
                Call::Method(Operand::of(receiver, scope), MethodName::new(method), given)
            }
        }
    }

    pub(super) fn make(&self, frame: &Frame) -> Result<Data> {
        let arguments = &mut Arguments::none();
        match self {
            Call::Function(name, given) => {
                given.get(frame, arguments)?;
                Arc::clone(&frame.functions).call(name, arguments)
            }
            Call::Method(receiver, name, given) => receiver.with(frame, |receiver| {
                given.get(frame, arguments)?;
                object::call(&frame.functions, receiver, name, arguments)
            }),
        }
    }
}

/// The arguments of a call as they stand in the program.
pub(super) struct Given {
    positional: Vec<Operand>,
    named: Vec<(String, Operand)>,
}

impl Given {
    pub(super) fn of(arguments: &program::Arguments, scope: &mut Scope) -> Given {
        let positional = arguments.positional.iter();
        let positional = positional.map(|argument| Operand::of(argument, scope));
        Given {
            positional: positional.collect(),
            named: (arguments.named.iter())
                .map(|(name, argument)| (name.clone(), Operand::of(argument, scope)))
                .collect(),
        }
    }

    /// Evaluates them from left to right, each into its place: they are large for what is copied at
    /// each call.
    pub(super) fn get<'g>(&'g self, frame: &Frame, into: &mut Arguments<'g>) -> Result<()> {
        for argument in &self.positional {
            into.positional.push(Some(argument.get(frame)?));
        }
        for (name, argument) in &self.named {
            into.named.push((name.as_str(), argument.get(frame)?));
        }
        Ok(())
    }
}
