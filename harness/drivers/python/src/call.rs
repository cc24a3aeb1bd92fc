//! Calls: a case's arguments as Python's signatures take them.
//!
//! The catalogue's names are multiprocessing's; threads and managers' proxies name some of theirs
//! otherwise (`blocking` for `block`, `item` for `obj`), so what may go by position does.

use poolproof_case::Value;
use poolproof_case::catalogue::{self, Default, Kind, Parameter, bind};
use poolproof_case::program::{Arguments, CallExpression, Callee, Expression, ExpressionKind};

use crate::binding::{bound, indexed, named, text_of};
use crate::error::{Result, WriteError};
use crate::level::Level;
use crate::names::python;
use crate::raised::raised_by_making;
use crate::writer::Writer;

/// Functions of the module that are about its own default context.
const OF_MODULE: &[&str] = &[
    "get_context",
    "get_start_method",
    "set_start_method",
    "get_all_start_methods",
];

/// Objects whose methods take nothing by name.
const BY_POSITION: &[&str] = &["list", "dict", "ManagedList", "ManagedDict"];

/// What a manager makes from arguments that have no names.
const MADE_BY_POSITION: &[&str] = &["dict", "list", "Value", "Array"];

impl Writer<'_> {
    /// A call.
    pub(crate) fn call(&mut self, call: &CallExpression) -> Result<String> {
        let arguments = &call.arguments;
        let (receiver, name) = match &call.callee {
            Callee::Function(name) => {
                return Ok(format!("{}({})", python(name), self.as_written(arguments)?));
            }
            Callee::Method(receiver, name) => (receiver, name.as_str()),
        };
        if matches!(receiver.kind, ExpressionKind::Module) && !OF_MODULE.contains(&name) {
            self.need_context();
            return Ok(format!("mp.{name}({})", self.as_written(arguments)?));
        }
        let objects = self.objects(receiver);
        let of = self.bound(receiver, Level::Atom)?;
        if objects.contains("Context") && catalogue::object(name).is_some() {
            return self.construct(&of, name, arguments);
        }
        let methods = self.types.methods(&self.scope, receiver, name);
        let raised = self.raised_by_method(&self.scope, receiver, name);
        if name == "next" && self.may_be_generator(receiver) {
            if !arguments.positional.is_empty() || !arguments.named.is_empty() {
                return Err(WriteError::new(
                    "results in chunks come from a generator in CPython, which takes no timeout",
                ));
            }
            return Ok(self.marked_call(&raised, "next", &of));
        }
        if name == "shared" {
            let function = self.shared(&of, arguments)?;
            return Ok(self.marked_call(&raised, &function, ""));
        }
        let fitting = methods.into_iter().find(|(_, method)| {
            bind(method.parameters, &arguments.positional, named(arguments)).is_ok()
        });
        let arguments = match fitting {
            Some((object, method)) => {
                let plain = BY_POSITION.contains(&object.name)
                    || (object.name == "Manager" && MADE_BY_POSITION.contains(&name));
                self.arguments(method.parameters, arguments, plain)?
            }
            None => self.as_written(arguments)?,
        };
        Ok(self.marked_call(&raised, &format!("{of}.{name}"), &arguments))
    }

    /// `mp.Queue(maxsize=1)`.
    pub(crate) fn construct(
        &mut self,
        prefix: &str,
        object: &str,
        arguments: &Arguments,
    ) -> Result<String> {
        let known = catalogue::object(object).and_then(|object| object.constructor);
        let Some(parameters) = known else {
            return Err(WriteError::new(format!(
                "`{object}` is not made by a program"
            )));
        };
        if prefix == "mp" && object != "ManagerClient" {
            self.need_context();
        }
        let text = match object {
            "ManagerServer" => return self.server(arguments),
            "ManagerClient" => return self.client(arguments),
            "Process" => self.process(parameters, arguments)?,
            "Value" | "RawValue" | "Array" | "RawArray" => {
                self.shared_memory(object, parameters, arguments)?
            }
            _ => self.arguments(parameters, arguments, false)?,
        };
        let raised = raised_by_making(object);
        Ok(self.marked_call(&raised, &format!("{prefix}.{object}"), &text))
    }

    /// Everything of a process by name, as Python programs do; there is only one group.
    fn process(&mut self, parameters: &'static [Parameter], given: &Arguments) -> Result<String> {
        let mut parts = Vec::new();
        for (parameter, argument) in bound(parameters, given)? {
            if parameter.name == "group" {
                continue;
            }
            let value = self.argument(parameter, argument)?;
            parts.push(format!("{}={value}", parameter.name));
        }
        Ok(parts.join(", "))
    }

    /// Values have their number, and arrays their numbers, by position; a lock goes by name.
    fn shared_memory(
        &mut self,
        object: &str,
        parameters: &'static [Parameter],
        given: &Arguments,
    ) -> Result<String> {
        let mut parts = Vec::new();
        let mut typecode = None;
        for (parameter, argument) in bound(parameters, given)? {
            let mut value = match parameter.name {
                "size_or_initializer" => self.iterable(argument)?,
                _ => self.argument(parameter, argument)?,
            };
            match parameter.name {
                "typecode_or_type" => typecode = text_of(argument),
                "lock" => value = format!("lock={value}"),
                // An array of threads takes numbers, no size.
                "size_or_initializer" if object == "Array" && self.may_be_threads() => {
                    if matches!(argument.kind, ExpressionKind::Literal(Value::Int(_))) {
                        value = format!("[{}] * {value}", zero(typecode));
                    }
                }
                _ => {}
            }
            parts.push(value);
        }
        // A value of threads needs its number.
        if object == "Value" && parts.len() == 1 && self.may_be_threads() {
            parts.push(zero(typecode).to_owned());
        }
        Ok(parts.join(", "))
    }

    /// Arguments by position as far as they go, the rest by name.
    fn arguments(
        &mut self,
        parameters: &'static [Parameter],
        given: &Arguments,
        plain: bool,
    ) -> Result<String> {
        let by_position = given.positional.len();
        let mut parts = Vec::new();
        let mut ends_with_default = false;
        for (index, parameter, argument) in indexed(parameters, given)? {
            let is_none = matches!(argument.kind, ExpressionKind::Literal(Value::None));
            let is_default =
                is_none && parameter.default == Default::None && parameter.kind == Kind::Timeout;
            let is_next = index == parts.len();
            let required = parameter.default == Default::Required || parameter.name == "block";
            let value = self.argument(parameter, argument)?;
            if index < by_position || plain || (is_next && required) {
                parts.push(value);
            } else if !is_default {
                parts.push(format!("{}={value}", parameter.name));
            }
            ends_with_default = is_default && index < by_position && !plain;
        }
        // A lock of threads takes no `None` for a timeout.
        if ends_with_default {
            parts.pop();
        }
        Ok(parts.join(", "))
    }

    fn argument(&mut self, parameter: &Parameter, argument: &Expression) -> Result<String> {
        let is_arguments = matches!(parameter.name, "args" | "initargs");
        match (&argument.kind, parameter.kind) {
            (ExpressionKind::List(items), _) if is_arguments => self.tuple(items),
            (ExpressionKind::Literal(Value::List(items)), _) if is_arguments => {
                let literal = crate::literal::literal(&Value::Tuple(items.clone()));
                literal.ok_or_else(|| WriteError::new("an opaque value cannot be written down"))
            }
            (_, Kind::Sequence) => self.iterable(argument),
            _ => self.expression(argument),
        }
    }

    fn as_written(&mut self, arguments: &Arguments) -> Result<String> {
        let mut parts = Vec::new();
        for argument in &arguments.positional {
            parts.push(self.expression(argument)?);
        }
        for (name, argument) in &arguments.named {
            parts.push(format!("{name}={}", self.expression(argument)?));
        }
        Ok(parts.join(", "))
    }
}

fn zero(typecode: Option<&str>) -> &'static str {
    match typecode {
        Some("d" | "f") => "0.0",
        _ => "0",
    }
}
