//! Expressions, from left to right.

use poolproof_case::program::{
    Arguments, BinaryOperator, CallExpression, Callee, Expression, ExpressionKind, UnaryOperator,
};
use poolproof_case::{Value, operate, work};

use crate::data::{Data, Timeout};
use crate::interpreter::{self, Frame};
use crate::object::{self, Object};
use crate::sequence;
use crate::stop::Result;

/// Arguments, evaluated: by position, and by name.
type Evaluated = (Vec<Data>, Vec<(String, Data)>);

impl Frame {
    pub(crate) fn evaluate(&mut self, expression: &Expression) -> Result<Data> {
        match &expression.kind {
            ExpressionKind::Literal(value) => Ok(Data::of(value)),
            ExpressionKind::Local(name) => self.local(name),
            ExpressionKind::Global(name) => self.world.global(name),
            ExpressionKind::Module => Ok(Data::Object(Object::Module)),
            ExpressionKind::Function(name) => Ok(Data::Function(name.clone())),
            ExpressionKind::Soon => Ok(Data::Timeout(Timeout::Soon)),
            ExpressionKind::Late => Ok(Data::Timeout(Timeout::Late)),
            ExpressionKind::Zeros(count) => {
                let zeros = vec![0; usize::try_from(*count).unwrap_or(usize::MAX)];
                Ok(Data::Plain(Value::Bytes(zeros)))
            }
            ExpressionKind::Attribute(object, name) => {
                let object = self.evaluate(object)?;
                object::attribute(&object, name)
            }
            ExpressionKind::New { object, arguments } => {
                let (positional, named) = self.arguments(arguments)?;
                object::new(&self.world, object, positional, named)
            }
            ExpressionKind::Call(call) => self.call(call),
            ExpressionKind::List(items) => Ok(Data::list(self.all(items)?)),
            ExpressionKind::Tuple(items) => Ok(Data::Tuple(self.all(items)?.into())),
            ExpressionKind::Dict(pairs) => self.dict(pairs),
            ExpressionKind::Error(kind, text) => {
                let text = self.evaluate(text)?.as_text()?;
                Ok(Data::Plain(Value::Error(*kind, text)))
            }
            _ => self.compute(expression),
        }
    }

    /// Expressions made of others by an operator.
    fn compute(&mut self, expression: &Expression) -> Result<Data> {
        match &expression.kind {
            ExpressionKind::Item(container, index) => {
                let container = self.evaluate(container)?;
                let index = self.evaluate(index)?;
                sequence::item(&container, &index)
            }
            ExpressionKind::Slice(container, from, to) => {
                let container = self.evaluate(container)?;
                let from = from
                    .as_ref()
                    .map(|from| self.evaluate(from)?.as_int())
                    .transpose()?;
                let to = to
                    .as_ref()
                    .map(|to| self.evaluate(to)?.as_int())
                    .transpose()?;
                sequence::slice(&container, from, to)
            }
            ExpressionKind::Range(from, to) => {
                let from = self.evaluate(from)?.as_int()?;
                let to = self.evaluate(to)?.as_int()?;
                let numbers = (from..to).map(|number| Data::Plain(Value::Int(number)));
                Ok(Data::list(numbers.collect()))
            }
            ExpressionKind::Binary(operator, left, right) => {
                let left = self.evaluate(left)?;
                let right = self.evaluate(right)?;
                binary(*operator, &left, &right)
            }
            ExpressionKind::Unary(operator, operand) => {
                let operand = self.evaluate(operand)?;
                unary(*operator, &operand)
            }
            ExpressionKind::And(parts) => self.until(parts, false),
            ExpressionKind::Or(parts) => self.until(parts, true),
            other => unreachable!("{other:?} is evaluated by `evaluate`"),
        }
    }

    pub(crate) fn call(&mut self, call: &CallExpression) -> Result<Data> {
        match &call.callee {
            Callee::Function(name) => {
                let (positional, named) = self.arguments(&call.arguments)?;
                interpreter::call(&self.world, name, positional, named)
            }
            Callee::Method(receiver, method) => {
                let receiver = self.evaluate(receiver)?;
                let (positional, named) = self.arguments(&call.arguments)?;
                object::call(&self.world, &receiver, method, positional, named)
            }
        }
    }

    fn all(&mut self, expressions: &[Expression]) -> Result<Vec<Data>> {
        expressions
            .iter()
            .map(|expression| self.evaluate(expression))
            .collect()
    }

    fn arguments(&mut self, arguments: &Arguments) -> Result<Evaluated> {
        let positional = self.all(&arguments.positional)?;
        let named = arguments.named.iter();
        let named = named.map(|(name, value)| Ok((name.clone(), self.evaluate(value)?)));
        Ok((positional, named.collect::<Result<_>>()?))
    }

    fn dict(&mut self, pairs: &[(Value, Expression)]) -> Result<Data> {
        let dict = Data::dict(Vec::new());
        for (key, value) in pairs {
            let value = self.evaluate(value)?;
            sequence::set_item(&dict, &Data::of(key), value)?;
        }
        Ok(dict)
    }

    /// The first part whose truth is `wanted`, else the last: Python's `and` and `or`.
    fn until(&mut self, parts: &[Expression], wanted: bool) -> Result<Data> {
        let mut last = Data::bool(!wanted);
        for part in parts {
            last = self.evaluate(part)?;
            if last.is_true() == wanted {
                break;
            }
        }
        Ok(last)
    }
}

/// Operators work on plain values; sequences of objects can only be added, and searched by identity.
fn binary(operator: BinaryOperator, left: &Data, right: &Data) -> Result<Data> {
    if operator == BinaryOperator::Add
        && let (Data::List(left), Data::List(right)) = (left, right)
    {
        let mut sum = crate::data::lock(left).clone();
        sum.extend(crate::data::lock(right).iter().cloned());
        return Ok(Data::list(sum));
    }
    let (left, right) = (
        sequence::copy(left)?.value()?,
        sequence::copy(right)?.value()?,
    );
    Ok(Data::of(&operate::binary(operator, &left, &right)?))
}

fn unary(operator: UnaryOperator, operand: &Data) -> Result<Data> {
    match operator {
        UnaryOperator::Not => Ok(Data::bool(!operand.is_true())),
        UnaryOperator::Len => sequence::length(operand).map(Data::int),
        UnaryOperator::List => sequence::items(operand).map(Data::list),
        UnaryOperator::Dict => sequence::copy(operand),
        UnaryOperator::Sorted => {
            let items = sequence::items(operand)?;
            let values = items.iter().map(Data::value).collect::<Result<Vec<_>>>()?;
            Ok(Data::of(&Value::List(operate::sorted(values)?)))
        }
        UnaryOperator::Sum => {
            let items = Data::list(sequence::items(operand)?).value()?;
            Ok(Data::of(&operate::unary(operator, &items)?))
        }
        UnaryOperator::Str => {
            let copy = sequence::copy(operand)?.value()?;
            Ok(Data::of(&operate::unary(operator, &copy)?))
        }
        UnaryOperator::Work => {
            let rounds = operate::rounds(&operand.value()?)?;
            Ok(Data::Plain(Value::Int(work(rounds))))
        }
        UnaryOperator::Neg => Ok(Data::of(&operate::unary(operator, &operand.value()?)?)),
    }
}

/// Makes each of the rounds: the specification alone has a shorter way.
fn work(rounds: u64) -> i64 {
    let first = work::START.wrapping_add(rounds);
    let last = (0..rounds).fold(first, |state, _| std::hint::black_box(work::round(state)));
    (last >> work::SHIFT).cast_signed()
}
