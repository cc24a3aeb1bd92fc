//! Calls: a case's arguments as Python's signatures take them.
//!
//! The catalogue's names are multiprocessing's; threads and managers' proxies name some of theirs
//! otherwise (`blocking` for `block`, `item` for `obj`), so what may go by position does.

use poolproof_case::Value;
use poolproof_case::catalogue::{
    self, Class, Default, Kind, ManagerMethod, Method, Parameter, ResultIteratorMethod,
};
use poolproof_case::program::{Arguments, CallExpression, Callee, Expression, ExpressionKind};

use crate::apart::Apart;
use crate::binding::{bound, indexed, text_of};
use crate::error::{Result, WriteError};
use crate::level::Level;
use crate::literal::literal;
use crate::meaning::{is_of_module, meaning};
use crate::names::python;
use crate::raised::raised_by_making;
use crate::writer::Writer;

impl Writer<'_> {
    /// A call.
    pub(crate) fn call(&mut self, call: &CallExpression) -> Result<String> {
        let arguments = &call.arguments;
        let (receiver, name) = match &call.callee {
            Callee::Function(name) => {
                return Ok(format!(
                    "{}({})",
                    python(name),
                    self.with_names(arguments, python)?
                ));
            }
            Callee::Method(receiver, name) => (receiver, name.as_str()),
        };
        let of_module = match Class::Module.method(name) {
            Some(Method::Module(method)) => is_of_module(method),
            _ => false,
        };
        if matches!(receiver.kind, ExpressionKind::Module) && !of_module {
            self.need_context();
            return Ok(format!("mp.{name}({})", self.as_written(arguments)?));
        }
        let objects = self.objects(receiver);
        let of = self.bound(receiver, Level::Atom)?;
        if objects.contains(&Class::Context)
            && let Some(class) = Class::of(name)
        {
            return self.construct(&of, class, arguments);
        }
        let methods = self.methods(&self.scope, receiver, name);
        let raised = self.raised_by_call(&self.scope, call);
        let apart = self.apart(&self.scope, call);
        let is = |method: Method| methods.iter().any(|(_, known)| *known == method);
        let is_next = is(Method::ResultIterator(ResultIteratorMethod::Next));
        if is_next && self.may_be_generator(receiver) {
            if !arguments.positional.is_empty() || !arguments.named.is_empty() {
                return Err(WriteError::new(
                    "results in chunks come from a generator in CPython, which takes no timeout",
                ));
            }
            return Ok(self.marked_call(&raised, apart, "next", &of));
        }
        if is(Method::Manager(ManagerMethod::Shared)) {
            let function = self.shared(&of, arguments)?;
            return Ok(self.marked_call(&raised, Apart::Nothing, &function, ""));
        }
        let names = || arguments.named.iter().map(|(name, _)| name.as_str());
        let count = arguments.positional.len();
        let fitting = methods
            .into_iter()
            .find(|(_, method)| catalogue::places(method.parameters(), count, names()).is_ok());
        let arguments = match fitting {
            Some((_, method)) => {
                let plain = meaning(method).is_by_position;
                self.arguments(method.parameters(), arguments, plain)?
            }
            None => self.as_written(arguments)?,
        };
        Ok(self.marked_call(&raised, apart, &format!("{of}.{name}"), &arguments))
    }

    /// `mp.Queue(maxsize=1)`.
    pub(crate) fn construct(
        &mut self,
        prefix: &str,
        class: Class,
        arguments: &Arguments,
    ) -> Result<String> {
        let object = class.name();
        let Some(parameters) = class.object().constructor else {
            return Err(WriteError::new(format!(
                "`{object}` is not made by a program"
            )));
        };
        if prefix == "mp" && class != Class::ManagerClient {
            self.need_context();
        }
        let text = match class {
            Class::ManagerServer => return self.server(arguments),
            Class::ManagerClient => return self.client(arguments),
            Class::Process => self.process(parameters, arguments)?,
            Class::Value | Class::RawValue | Class::Array | Class::RawArray => {
                self.shared_memory(class, parameters, arguments)?
            }
            _ => self.arguments(parameters, arguments, false)?,
        };
        let raised = raised_by_making(class);
        Ok(self.marked_call(
            &raised,
            Apart::Nothing,
            &format!("{prefix}.{object}"),
            &text,
        ))
    }

    /// Everything of a process by name, as Python programs do, in the order in which it is written, since
    /// that is how it is evaluated.
    fn process(&mut self, parameters: &'static [Parameter], given: &Arguments) -> Result<String> {
        let mut parts = Vec::new();
        let mut all = bound(parameters, given)?;
        let place = |name: &str| given.named.iter().position(|(named, _)| named == name);
        all.sort_by_key(|(parameter, _)| place(parameter.name));
        for (parameter, argument) in all {
            let value = match parameter.name {
                "kwargs" => self.by_name(argument)?,
                _ => self.argument(parameter, argument)?,
            };
            parts.push(format!("{}={value}", parameter.name));
        }
        Ok(parts.join(", "))
    }

    /// Values have their number, and arrays their numbers, by position; a lock goes by name.
    fn shared_memory(
        &mut self,
        class: Class,
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
                "size_or_initializer" if class == Class::Array && self.may_be_threads() => {
                    if matches!(argument.kind, ExpressionKind::Literal(Value::Int(_))) {
                        value = format!("[{}] * {value}", zero(typecode));
                    }
                }
                _ => {}
            }
            parts.push(value);
        }
        // A value of threads needs its number.
        let is_given = given.of(1, "value").is_some();
        if class == Class::Value && !is_given && !parts.is_empty() && self.may_be_threads() {
            parts.insert(1, zero(typecode).to_owned());
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
        let all = indexed(parameters, given)?;
        // Who does not wait has no limit to wait for, which a lock of threads refuses.
        let never_waits = self.may_be_threads()
            && all.iter().any(|(_, parameter, argument)| {
                parameter.name == "block"
                    && matches!(
                        argument.kind,
                        ExpressionKind::Literal(Value::Bool(false) | Value::Int(0))
                    )
            });
        for (index, parameter, argument) in all {
            if never_waits && parameter.kind == Kind::Timeout {
                continue;
            }
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
                let tuple = literal(&Value::Tuple(items.clone()));
                tuple.ok_or_else(unwritable)
            }
            (_, Kind::Sequence) => self.iterable(argument),
            _ if parameter.name == "kwds" => self.by_name(argument),
            _ => self.expression(argument),
        }
    }

    /// A dict of arguments by name, whose names are those that the functions' parameters have here.
    fn by_name(&mut self, argument: &Expression) -> Result<String> {
        let renamed = |name: &&String| python(name) != **name;
        let functions = self.case.program.functions.values();
        let Some(name) = functions
            .flat_map(|function| &function.params)
            .find(renamed)
        else {
            return self.expression(argument);
        };
        let pairs = match &argument.kind {
            ExpressionKind::Dict(pairs) => pairs,
            ExpressionKind::Literal(Value::Dict(pairs)) => {
                let renamed = |(key, value): &(Value, Value)| (renamed_key(key), value.clone());
                let pairs = Value::Dict(pairs.iter().map(renamed).collect());
                return literal(&pairs).ok_or_else(unwritable);
            }
            _ => {
                return Err(WriteError::new(format!(
                    "a parameter has Python's own name `{name}`, and a dict may name it"
                )));
            }
        };
        let mut parts = Vec::new();
        for (key, value) in pairs {
            let key = literal(&renamed_key(key)).ok_or_else(unwritable)?;
            parts.push(format!("{key}: {}", self.expression(value)?));
        }
        Ok(format!("{{{}}}", parts.join(", ")))
    }

    fn as_written(&mut self, arguments: &Arguments) -> Result<String> {
        self.with_names(arguments, str::to_owned)
    }

    fn with_names(&mut self, arguments: &Arguments, named: fn(&str) -> String) -> Result<String> {
        let mut parts = Vec::new();
        for argument in &arguments.positional {
            parts.push(self.expression(argument)?);
        }
        for (name, argument) in &arguments.named {
            parts.push(format!("{}={}", named(name), self.expression(argument)?));
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

/// A name of an argument as the parameter has it.
fn renamed_key(key: &Value) -> Value {
    match key {
        Value::Str(text) => Value::Str(python(text)),
        other => other.clone(),
    }
}

fn unwritable() -> WriteError {
    WriteError::new("an opaque value cannot be written down")
}
