//! Expressions, evaluated from left to right, and what is done with values that may be anything.

use poolproof_case::ErrorKind;
use poolproof_case::operate;
use poolproof_case::program::{
    Arguments, BinaryOperator, CallExpression, Callee, Expression, ExpressionKind, UnaryOperator,
};
use poolproof_case::value::Value;

use crate::act::Act;
use crate::run::{Given, Run, Stop, outside, raise};
use crate::value::{Cell, Val, of_plain, to_plain};
use crate::world::{Kept, Kind, Shape};

impl<'a> Run<'a> {
    pub(crate) fn expressions(&mut self, all: &'a [Expression]) -> Result<Vec<Val>, Stop> {
        let held = self.held.len();
        for one in all {
            let value = self.expression(one)?;
            self.held.push(value);
        }
        Ok(self.held.split_off(held))
    }

    pub(crate) fn expression(&mut self, expression: &'a Expression) -> Given {
        match &expression.kind {
            ExpressionKind::Literal(value) => self.make(of_plain(value)),
            ExpressionKind::Local(name) => self.local(name),
            ExpressionKind::Global(name) => self.ask(Act::Global(name.as_str().into())),
            ExpressionKind::Module => Ok(Val::Module),
            ExpressionKind::Attribute(object, name) => {
                let object = self.expression(object)?;
                self.attribute(&object, name)
            }
            ExpressionKind::Function(name) => Ok(Val::Function(name.as_str().into())),
            ExpressionKind::List(items) => {
                let items = self.expressions(items)?;
                self.make(Val::List(items.into()))
            }
            ExpressionKind::Tuple(items) => Ok(Val::Tuple(self.expressions(items)?.into())),
            ExpressionKind::Dict(pairs) => {
                let mut made = Vec::new();
                for (key, value) in pairs {
                    made.push((of_plain(key), self.expression(value)?));
                }
                self.make(Val::Dict(made.into()))
            }
            ExpressionKind::Item(container, index) => {
                let container = self.expression(container)?;
                let index = self.expression(index)?;
                self.item(&container, index)
            }
            ExpressionKind::Slice(container, start, stop) => {
                let container = self.expression(container)?;
                let mut bound = |bound: &'a Option<Box<Expression>>| match bound {
                    Some(bound) => self.expression(bound),
                    None => Ok(Val::None),
                };
                let (start, stop) = (bound(start)?, bound(stop)?);
                self.slice(&container, start, stop)
            }
            ExpressionKind::New { object, arguments } => {
                let (given, named) = self.arguments(arguments)?;
                self.new_object(object, given, named, None)
            }
            ExpressionKind::Call(call) => self.call_expression(call),
            ExpressionKind::Range(start, stop) => {
                match (self.expression(start)?, self.expression(stop)?) {
                    (Val::Int(start), Val::Int(stop)) => Ok(Val::Range(start, stop.max(start))),
                    _ => raise(ErrorKind::Type),
                }
            }
            ExpressionKind::Soon => Ok(Val::Soon),
            ExpressionKind::Late => Ok(Val::Late),
            ExpressionKind::Binary(operator, left, right) => {
                let left = self.expression(left)?;
                let right = self.expression(right)?;
                self.binary(*operator, &left, &right)
            }
            ExpressionKind::Unary(operator, operand) => {
                let operand = self.expression(operand)?;
                self.unary(*operator, &operand)
            }
            ExpressionKind::And(all) => self.chain(all, true),
            ExpressionKind::Or(all) => self.chain(all, false),
            ExpressionKind::Error(kind, text) => {
                let text = self.expression(text)?;
                let read = self.read(&text)?;
                match to_plain(&read) {
                    Some(text) => Ok(Val::Error(
                        *kind,
                        poolproof_case::print::display(&text).into(),
                    )),
                    None => outside("an error about an object"),
                }
            }
            ExpressionKind::Zeros(_) => outside("bytes by their number"),
        }
    }

    fn make(&mut self, value: Val) -> Given {
        match value {
            Val::List(_) | Val::Dict(_) | Val::Tuple(_) => self.ask(Act::Make(value)),
            scalar => Ok(scalar),
        }
    }

    /// Stops at the first that is not as the rest should be.
    fn chain(&mut self, all: &'a [Expression], goes_on: bool) -> Given {
        let mut last = Val::Bool(goes_on);
        for one in all {
            last = self.expression(one)?;
            if self.is_true(&last)? != goes_on {
                break;
            }
        }
        Ok(last)
    }

    #[expect(clippy::type_complexity, reason = "arguments by position and by name")]
    fn arguments(
        &mut self,
        arguments: &'a Arguments,
    ) -> Result<(Vec<Val>, Vec<(&'a str, Val)>), Stop> {
        let given = self.expressions(&arguments.positional)?;
        let held = self.held.len();
        self.held.extend(given.iter().cloned());
        let mut named = Vec::new();
        for (name, value) in &arguments.named {
            named.push((name.as_str(), self.expression(value)?));
        }
        self.held.truncate(held);
        Ok((given, named))
    }

    pub(crate) fn call_expression(&mut self, call: &'a CallExpression) -> Given {
        match &call.callee {
            Callee::Function(name) => {
                let (given, named) = self.arguments(&call.arguments)?;
                let named: Vec<_> = named
                    .into_iter()
                    .map(|(name, value)| (name.into(), value))
                    .collect();
                self.call(name, given, &named)
            }
            Callee::Method(receiver, name) => {
                let receiver = self.expression(receiver)?;
                self.held.push(receiver.clone());
                let (given, named) = self.arguments(&call.arguments)?;
                let result = self.method(&receiver, name, given, named);
                self.held.pop();
                result
            }
        }
    }

    fn binary(&mut self, operator: BinaryOperator, left: &Val, right: &Val) -> Given {
        match operator {
            BinaryOperator::Eq => return Ok(Val::Bool(self.equal(left, right)?)),
            BinaryOperator::Ne => return Ok(Val::Bool(!self.equal(left, right)?)),
            _ => {}
        }
        let is_read = |value: &Val| matches!(value, Val::Ref(_) | Val::Tuple(_));
        let left = if is_read(left) {
            self.read(left)?
        } else {
            left.clone()
        };
        let is_searched = operator == BinaryOperator::In;
        let right = if is_read(right) || is_searched {
            self.read(right)?
        } else {
            right.clone()
        };
        let (Some(left), Some(right)) = (to_plain(&left), to_plain(&right)) else {
            return match (&left, &right) {
                (Val::List(_) | Val::Tuple(_), Val::List(_) | Val::Tuple(_)) => {
                    outside("an operator on lists of objects")
                }
                _ => raise(ErrorKind::Type),
            };
        };
        let is_list =
            |value: &Value| matches!(value, Value::List(items) if items.iter().any(is_nested));
        if is_list(&left) || is_list(&right) {
            return outside("an operator on lists of lists");
        }
        self.computed(operate::binary(operator, &left, &right))
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Val) -> Given {
        if operator == UnaryOperator::Not {
            return Ok(Val::Bool(!self.is_true(operand)?));
        }
        if let (UnaryOperator::Len, Val::Range(start, stop)) = (operator, operand) {
            return Ok(Val::Int(stop - start));
        }
        let read = self.read(operand)?;
        let Some(plain) = to_plain(&read) else {
            return match (operator, &read) {
                (UnaryOperator::List, Val::List(_) | Val::Tuple(_)) => {
                    let items = self.items(operand)?;
                    self.make(Val::List(items.into()))
                }
                (UnaryOperator::Len, Val::List(items)) => Ok(Val::Int(items.len() as i64)),
                (_, Val::List(_) | Val::Tuple(_) | Val::Dict(_)) => {
                    outside("an operator on a list of objects")
                }
                _ => raise(ErrorKind::Type),
            };
        };
        if operator == UnaryOperator::Sum
            && operate::iterate(&plain).is_ok_and(|items| operate::sums_in_two_ways(&items))
        {
            return outside("a sum of floats that is not the same in each Python");
        }
        self.computed(operate::unary(operator, &plain))
    }

    fn computed(&mut self, result: Result<Value, operate::Failure>) -> Given {
        match result {
            Ok(value) => self.make(of_plain(&value)),
            Err((ErrorKind::Overflow, text)) => outside(text),
            Err((kind, _)) => raise(kind),
        }
    }

    /// All that `for` would take of a value.
    pub(crate) fn items(&mut self, value: &Val) -> Result<Vec<Val>, Stop> {
        match value {
            Val::Tuple(items) => return Ok(items.to_vec()),
            Val::Ref(_) | Val::Object(_) => {}
            scalar => {
                let items = self.world.iterate(&self.me, scalar);
                let items = items.map_err(Stop::Outside)?;
                return items.or_else(|(kind, _)| raise(kind));
            }
        }
        if let Val::Object(id) = value
            && let Kind::Kept(Kept::List | Kept::Dict | Kept::Array(_), _) = self.world.kind(id)
        {
            let all = self.ask(Act::Read(value.clone()))?;
            let items = self.world.iterate(&self.me, &all).map_err(Stop::Outside)?;
            return items.or_else(|(kind, _)| raise(kind));
        }
        let mut items = Vec::new();
        for at in 0.. {
            match self.next(value, at)? {
                Val::Unset => break,
                item => items.push(item),
            }
        }
        Ok(items)
    }

    /// What a loop takes at this place; nothing at the end.
    pub(crate) fn next(&mut self, value: &Val, at: i64) -> Given {
        let at_place = |items: &[Val]| {
            let place = usize::try_from(at).unwrap_or(usize::MAX);
            items.get(place).cloned().unwrap_or(Val::Unset)
        };
        match value {
            Val::Tuple(items) => Ok(at_place(items)),
            Val::Range(start, stop) if start + at < *stop => Ok(Val::Int(start + at)),
            Val::Range(..) => Ok(Val::Unset),
            Val::Ref(id) => match &self.world.memory(&self.me).cells[id] {
                Cell::End { .. } => raise(ErrorKind::Type),
                _ => self.contain(value, "next", vec![Val::Int(at)]),
            },
            Val::Object(id) => match self.world.kind(id) {
                Kind::Shared(shared) if shared.is_array && at < shared.numbers.len() as i64 => {
                    self.ask(Act::ReadShared(id.clone(), Val::Int(at)))
                }
                // Only past the end it is found that there is no more.
                Kind::Shared(shared) if shared.is_array => {
                    self.ask(Act::ReadShared(id.clone(), Val::Unset))?;
                    Ok(Val::Unset)
                }
                Kind::Kept(Kept::List | Kept::Dict | Kept::Array(_), _) => {
                    self.contain(value, "next", vec![Val::Int(at)])
                }
                Kind::Job(job) if matches!(job.shape, Shape::Iterator | Shape::Unordered) => {
                    self.ask(Act::NextResult(id.clone(), crate::value::Wait::Forever))
                }
                _ => raise(ErrorKind::Type),
            },
            scalar => Ok(at_place(&self.items(scalar)?)),
        }
    }

    pub(crate) fn contain(&mut self, on: &Val, operation: &str, given: Vec<Val>) -> Given {
        self.ask(Act::Contain(on.clone(), operation.into(), given))
    }

    fn item(&mut self, container: &Val, index: Val) -> Given {
        match container {
            Val::Ref(id) => match &self.world.memory(&self.me).cells[id] {
                Cell::End { .. } => raise(ErrorKind::Type),
                _ => self.contain(container, "item", vec![index]),
            },
            Val::Object(id) => match self.world.kind(id) {
                Kind::Shared(shared) if shared.is_array => {
                    self.ask(Act::ReadShared(id.clone(), index))
                }
                Kind::Kept(Kept::List | Kept::Dict | Kept::Array(_), _) => {
                    self.contain(container, "item", vec![index])
                }
                _ => raise(ErrorKind::Type),
            },
            Val::Tuple(items) => match crate::container::place(&index, items.len()) {
                Ok(at) => Ok(items[at].clone()),
                Err(kind) => raise(kind),
            },
            other => match (to_plain(other), to_plain(&index)) {
                (Some(plain), Some(index)) => self.computed(operate::item(&plain, &index)),
                _ => raise(ErrorKind::Type),
            },
        }
    }

    pub(crate) fn slice(&mut self, container: &Val, start: Val, stop: Val) -> Given {
        if let Val::Object(id) = container
            && let Kind::Shared(shared) = self.world.kind(id)
            && shared.is_array
        {
            let (start, stop) = crate::container::cut(&start, &stop, shared.numbers.len());
            let mut numbers = Vec::new();
            if start == stop {
                self.ask(Act::ReadShared(id.clone(), Val::Unset))?;
            }
            for at in start..stop {
                numbers.push(self.ask(Act::ReadShared(id.clone(), Val::Int(at as i64)))?);
            }
            return self.make(Val::List(numbers.into()));
        }
        match container {
            Val::Ref(_) => self.contain(container, "slice", vec![start, stop]),
            Val::Object(id) => match self.world.kind(id) {
                Kind::Kept(Kept::List | Kept::Array(_), _) => {
                    self.contain(container, "slice", vec![start, stop])
                }
                _ => raise(ErrorKind::Type),
            },
            other => {
                let bound = |bound: &Val| matches!(bound, Val::Int(_)).then(|| bound.number(0));
                match to_plain(other) {
                    Some(plain) => {
                        self.computed(operate::slice(&plain, bound(&start), bound(&stop)))
                    }
                    None => raise(ErrorKind::Type),
                }
            }
        }
    }

    pub(crate) fn set_item(&mut self, container: &Val, index: Val, value: Val) -> Result<(), Stop> {
        match container {
            Val::Ref(id) => match &self.world.memory(&self.me).cells[id] {
                Cell::End { .. } => raise(ErrorKind::Type),
                _ => self.contain(container, "set item", vec![index, value]),
            },
            Val::Object(id) => match self.world.kind(id) {
                Kind::Shared(shared) if shared.is_array => {
                    self.ask(Act::WriteShared(id.clone(), index, value))
                }
                Kind::Kept(Kept::List | Kept::Dict | Kept::Array(_), _) => {
                    self.contain(container, "set item", vec![index, value])
                }
                _ => raise(ErrorKind::Type),
            },
            _ => raise(ErrorKind::Type),
        }
        .map(|_| ())
    }

    pub(crate) fn attribute(&mut self, object: &Val, name: &str) -> Given {
        match object {
            Val::Object(id) => match self.world.kind(id) {
                Kind::Shared(shared) if !shared.is_array && name == "value" => {
                    self.ask(Act::ReadShared(id.clone(), Val::Int(0)))
                }
                _ => self.ask(Act::Get(id.clone(), name.into())),
            },
            Val::Ref(id) if self.is_end(id) => self.ask(Act::GetOfEnd(object.clone(), name.into())),
            _ => raise(ErrorKind::Attribute),
        }
    }

    pub(crate) fn set_attribute(
        &mut self,
        object: &Val,
        name: &str,
        value: Val,
    ) -> Result<(), Stop> {
        match object {
            Val::Object(id) => match self.world.kind(id) {
                Kind::Shared(shared) if !shared.is_array && name == "value" => {
                    self.ask(Act::WriteShared(id.clone(), Val::Int(0), value))
                }
                _ => self.ask(Act::Set(id.clone(), name.into(), value)),
            },
            _ => raise(ErrorKind::Attribute),
        }
        .map(|_| ())
    }
}

fn is_nested(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Dict(_))
}
