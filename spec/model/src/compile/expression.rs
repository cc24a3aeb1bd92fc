//! Expressions, evaluated from left to right.

use poolproof_case::Value;
use poolproof_case::catalogue::{self, AttributeName, MethodName};
use poolproof_case::program::{
    Arguments, BinaryOperator, CallExpression, Callee, Expression, ExpressionKind,
};

use super::function::Builder;
use super::instruction::{AttributeSite, CallSite, Instruction, NewSite};
use crate::error::ModelError;
use crate::state::Val;

impl<'a> Builder<'a, '_> {
    /// Leaves the expression's value on the stack.
    pub(super) fn expression(&mut self, expression: &'a Expression) -> Result<(), ModelError> {
        let around = std::mem::replace(&mut self.place, expression.place);
        let depth = self.depth;
        self.expression_kind(&expression.kind)?;
        self.depth = depth + 1;
        self.place = around;
        Ok(())
    }

    fn expressions(
        &mut self,
        expressions: impl IntoIterator<Item = &'a Expression>,
    ) -> Result<(), ModelError> {
        expressions
            .into_iter()
            .try_for_each(|expression| self.expression(expression))
    }

    fn expression_kind(&mut self, kind: &'a ExpressionKind) -> Result<(), ModelError> {
        let instruction = match kind {
            ExpressionKind::Literal(value) => self.literal(value),
            ExpressionKind::Local(name) => match self.local(name) {
                Some(local) => Instruction::Load(local),
                None => return self.error(format!("no variable `{name}` here")),
            },
            ExpressionKind::Global(name) => Instruction::LoadGlobal(self.global(name)?),
            ExpressionKind::Module => Instruction::Constant(Val::Module),
            ExpressionKind::Attribute(object, name) => {
                self.expression(object)?;
                Instruction::GetAttribute(self.attribute(name))
            }
            ExpressionKind::Function(name) => {
                Instruction::Constant(Val::Function(self.function(name)?))
            }
            ExpressionKind::List(items) => {
                self.expressions(items)?;
                Instruction::List(items.len() as u16)
            }
            ExpressionKind::Tuple(items) => {
                self.expressions(items)?;
                Instruction::Tuple(items.len() as u16)
            }
            ExpressionKind::Dict(pairs) => {
                self.expressions(pairs.iter().map(|(_, value)| value))?;
                Instruction::Dict(pairs.iter().map(|(key, _)| key.clone()).collect())
            }
            ExpressionKind::Item(container, index) => {
                self.expressions([&**container, &**index])?;
                Instruction::Item
            }
            ExpressionKind::Slice(container, start, stop) => {
                self.expression(container)?;
                self.bound(start.as_deref())?;
                self.bound(stop.as_deref())?;
                Instruction::Slice
            }
            ExpressionKind::New { object, arguments } => return self.new_object(object, arguments),
            ExpressionKind::Call(call) => return self.call(call),
            ExpressionKind::Range(start, stop) => {
                self.expressions([&**start, &**stop])?;
                Instruction::Range
            }
            ExpressionKind::Zeros(count) => self.literal(&Value::Bytes(vec![0; *count as usize])),
            ExpressionKind::Soon => Instruction::Constant(Val::Soon),
            ExpressionKind::Late => Instruction::Constant(Val::Late),
            ExpressionKind::Binary(operator, left, right) => {
                self.expressions([&**left, &**right])?;
                Instruction::Binary(*operator)
            }
            ExpressionKind::Unary(operator, operand) => {
                self.expression(operand)?;
                Instruction::Unary(*operator)
            }
            ExpressionKind::And(items) => {
                return self.chain(items, Instruction::JumpIfFalseKeep, true);
            }
            ExpressionKind::Or(items) => {
                return self.chain(items, Instruction::JumpIfTrueKeep, false);
            }
            ExpressionKind::Error(kind, text) => {
                self.expression(text)?;
                Instruction::Error(*kind)
            }
        };
        match subject(kind) {
            Some(subject) => self.emit_about(instruction, subject),
            None => self.emit(instruction),
        };
        Ok(())
    }

    /// A slice's bound; none is `None`.
    fn bound(&mut self, bound: Option<&'a Expression>) -> Result<(), ModelError> {
        if let Some(bound) = bound {
            return self.expression(bound);
        }
        self.emit(Instruction::Constant(Val::None));
        self.depth += 1;
        Ok(())
    }

    /// A scalar is a constant; a container is made anew each time.
    pub(super) fn literal(&mut self, value: &Value) -> Instruction {
        let names = &self.scope.names;
        Instruction::Constant(match value {
            Value::None => Val::None,
            Value::Bool(truth) => Val::Bool(*truth),
            Value::Int(number) => Val::Int(*number),
            Value::Float(number) => Val::float(*number),
            Value::Str(text) => Val::Text(names.intern(text)),
            Value::Bytes(bytes) => Val::Bytes(names.intern_bytes(bytes)),
            Value::Error(kind, text) => Val::Error(*kind, names.intern(text)),
            container => return Instruction::Literal(container.clone()),
        })
    }

    pub(super) fn global(&self, name: &str) -> Result<u16, ModelError> {
        match self.scope.globals.iter().position(|global| *global == name) {
            Some(at) => Ok(at as u16),
            None => self.error(format!("no global `{name}`")),
        }
    }

    pub(super) fn function(&self, name: &str) -> Result<u16, ModelError> {
        match self.scope.numbers.get(name) {
            Some(number) => Ok(*number),
            None => self.error(format!("no function `{name}`")),
        }
    }

    fn chain(
        &mut self,
        items: &'a [Expression],
        jump: fn(u32) -> Instruction,
        empty: bool,
    ) -> Result<(), ModelError> {
        let Some((last, rest)) = items.split_last() else {
            self.emit(Instruction::Constant(Val::Bool(empty)));
            return Ok(());
        };
        let mut jumps = Vec::new();
        for item in rest {
            self.expression(item)?;
            jumps.push(self.emit(jump(0)));
            self.depth -= 1;
        }
        self.expression(last)?;
        for jump in jumps {
            self.land(jump);
        }
        Ok(())
    }

    /// The place of an attribute among those that the function names.
    pub(super) fn attribute(&mut self, name: &str) -> u16 {
        self.code.attributes.push(AttributeSite {
            name: AttributeName::new(name),
            symbol: self.scope.names.intern(name),
        });
        self.code.attributes.len() as u16 - 1
    }

    /// Leaves a call's result on the stack.
    pub(super) fn call(&mut self, call: &'a CallExpression) -> Result<(), ModelError> {
        let place = std::mem::replace(&mut self.place, call.place);
        match &call.callee {
            Callee::Function(name) => self.call_function(name, &call.arguments)?,
            Callee::Method(receiver, name) => {
                self.expression(receiver)?;
                let named = self.arguments(&call.arguments)?;
                let site = CallSite {
                    name: MethodName::new(name),
                    positional: call.arguments.positional.len() as u16,
                    named,
                };
                self.code.calls.push(site);
                let call = Instruction::CallMethod(self.code.calls.len() as u16 - 1);
                self.emit_about(call, receiver);
            }
        }
        self.place = place;
        Ok(())
    }

    fn arguments(&mut self, arguments: &'a Arguments) -> Result<Vec<String>, ModelError> {
        self.expressions(&arguments.positional)?;
        self.expressions(arguments.named.iter().map(|(_, value)| value))?;
        Ok(arguments
            .named
            .iter()
            .map(|(name, _)| name.clone())
            .collect())
    }

    fn call_function(&mut self, name: &str, arguments: &'a Arguments) -> Result<(), ModelError> {
        let number = self.function(name)?;
        let parameters = &self.scope.program.functions[name].params;
        let count = arguments.positional.len() + arguments.named.len();
        if count != parameters.len() {
            let wanted = parameters.len();
            return self.error(format!("`{name}` takes {wanted} arguments, not {count}"));
        }
        for expression in &arguments.positional {
            self.expression(expression)?;
        }
        // Evaluated as written, and then put in the order of the parameters.
        let rest = &parameters[arguments.positional.len()..];
        let mut order = Vec::with_capacity(rest.len());
        for parameter in rest {
            let mut named = arguments.named.iter();
            match named.position(|(named, _)| named == parameter) {
                Some(at) => order.push(at as u16),
                None => return self.error(format!("`{name}` also takes `{parameter}`")),
            }
        }
        for (_, value) in &arguments.named {
            self.expression(value)?;
        }
        if !order.is_sorted() {
            self.emit(Instruction::Arrange(order.into()));
        }
        self.emit(Instruction::CallFunction(number, count as u16));
        Ok(())
    }

    fn new_object(&mut self, name: &str, arguments: &'a Arguments) -> Result<(), ModelError> {
        let Some(object) = catalogue::object(name) else {
            return self.error(format!("no object `{name}`"));
        };
        let Some(parameters) = object.constructor else {
            return self.error(format!("`{name}` comes only out of other objects"));
        };
        let names = arguments.named.iter().map(|(name, _)| name.as_str());
        let fit = catalogue::places(parameters, arguments.positional.len(), names);
        if let Err(error) = fit {
            return self.error(format!("the arguments of `{name}` do not fit: {error:?}"));
        }
        let named = self.arguments(arguments)?;
        let positional = arguments.positional.len() as u16;
        self.code.news.push(NewSite {
            object,
            positional,
            named,
        });
        self.emit(Instruction::New(self.code.news.len() as u16 - 1));
        Ok(())
    }

    /// `left == right` for values on the stack.
    pub(super) fn equal(&mut self) {
        self.emit(Instruction::Binary(BinaryOperator::Eq));
        self.depth -= 1;
    }
}

/// What an expression reads.
fn subject(kind: &ExpressionKind) -> Option<&Expression> {
    match kind {
        ExpressionKind::Attribute(subject, _)
        | ExpressionKind::Item(subject, _)
        | ExpressionKind::Slice(subject, ..)
        | ExpressionKind::Unary(_, subject) => Some(subject),
        _ => None,
    }
}
