//! What calls give, and what they carry into functions, containers and queues.

use super::{Types, of_kind, of_new};
use crate::catalogue::{self, Kind, Parameter};
use crate::infer::Type;
use crate::program::{Arguments, CallExpression, Callee, Expression, ExpressionKind};
use crate::value::Value;

impl<'p> Types<'p> {
    /// What a call may give.
    pub(super) fn of_call(&self, function: &str, call: &CallExpression) -> Type {
        let (receiver, method) = match &call.callee {
            Callee::Function(name) => {
                let mut result = self.returns.get(name.as_str()).cloned().unwrap_or_default();
                // A function may end without `Return`.
                result.join(&Type::plain());
                return result;
            }
            Callee::Method(receiver, method) => (self.of(function, receiver), method.as_str()),
        };
        if !receiver.is_known() {
            return Type::unknown();
        }
        let mut result = Type::default();
        for object in &receiver.objects {
            result.join(&self.of_method(object, method, &receiver));
        }
        if result.is_nothing() {
            Type::unknown()
        } else {
            result
        }
    }

    fn of_method(&self, object: &'static str, method: &str, receiver: &Type) -> Type {
        match (object, method) {
            ("Module", "active_children") => Type::sequence(Type::object("Process")),
            ("Context", made) if catalogue::object(made).is_some_and(|made| made.of_context) => {
                of_new(made)
            }
            ("list" | "dict", "pop" | "setdefault") => receiver.item(),
            ("dict", "get") => {
                let mut value = receiver.item();
                value.join(&Type::plain());
                value
            }
            ("dict", "values") => Type::container("list", receiver.item()),
            ("dict", "copy") => receiver.clone(),
            (_, "get" | "get_nowait" | "recv") if is_carrier(object) => {
                let mut value = self.sent.clone();
                value.join(&Type::plain());
                value
            }
            _ => catalogue::object(object)
                .and_then(|known| known.method(method))
                .map_or_else(Type::default, |known| of_kind(known.returns)),
        }
    }

    /// What a call carries elsewhere.
    pub(super) fn call(&mut self, function: &'p str, call: &'p CallExpression) {
        let arguments = &call.arguments;
        let (receiver, method) = match &call.callee {
            Callee::Function(name) => return self.call_function(function, name, arguments),
            Callee::Method(receiver, method) => (receiver, method.as_str()),
        };
        let objects = self.of(function, receiver).objects;
        for object in objects {
            match method {
                "put" | "put_nowait" | "send" if is_carrier(object) => {
                    if let Some(value) = arguments.of(0, "obj") {
                        let value = self.of(function, value);
                        self.has_changed |= self.sent.join(&value);
                    }
                }
                "append" | "insert" | "setdefault" if matches!(object, "list" | "dict") => {
                    if let Some(value) = arguments.positional.last() {
                        let value = self.of(function, value);
                        self.put_into(function, receiver, &value);
                    }
                }
                "extend" | "update" if matches!(object, "list" | "dict") => {
                    if let Some(values) = arguments.positional.first() {
                        let value = self.of(function, values).item();
                        self.put_into(function, receiver, &value);
                    }
                }
                _ => {}
            }
            let known = catalogue::object(object);
            let made = (object == "Context")
                .then(|| catalogue::object(method))
                .flatten();
            if let Some(parameters) = made.and_then(|made| made.constructor) {
                self.carry(function, parameters, arguments);
            } else if let Some(known) = known.and_then(|known| known.method(method)) {
                self.carry(function, known.parameters, arguments);
            }
        }
    }

    /// What a new object's arguments carry elsewhere.
    pub(super) fn new_object(&mut self, function: &'p str, object: &str, arguments: &'p Arguments) {
        if let Some(parameters) = catalogue::object(object).and_then(|known| known.constructor) {
            self.carry(function, parameters, arguments);
        }
    }

    fn call_function(&mut self, function: &'p str, name: &'p str, arguments: &'p Arguments) {
        let program = self.program;
        let Some(callee) = program.functions.get(name) else {
            return;
        };
        let params = callee.params.iter();
        for (index, param) in params.enumerate() {
            let Some(value) = arguments.of(index, param) else {
                continue;
            };
            let given = self.of(function, value);
            self.widen_local(name, param, &given);
            // A container is the same one on both sides.
            let inside = self.local(name, param);
            match &value.kind {
                ExpressionKind::Local(variable) => self.widen_local(function, variable, &inside),
                ExpressionKind::Global(variable) => {
                    let known = self.globals.entry(variable).or_default();
                    self.has_changed |= known.join(&inside);
                }
                _ => {}
            }
        }
    }

    /// Functions among the arguments get the others as their own.
    fn carry(
        &mut self,
        function: &'p str,
        parameters: &'static [Parameter],
        arguments: &'p Arguments,
    ) {
        let place = |name: &str| parameters.iter().position(|known| known.name == name);
        let given = |name: &str| arguments.of(place(name)?, name);
        for (index, parameter) in parameters.iter().enumerate() {
            let callee = match arguments.of(index, parameter.name).map(|value| &value.kind) {
                Some(ExpressionKind::Function(callee)) => callee,
                _ => continue,
            };
            let positional = match parameter.name {
                "initializer" => given("initargs"),
                "target" | "func" => given("args"),
                _ => None,
            };
            if let Some(positional) = positional {
                self.spread(function, callee, positional);
            } else if let Some(items) = given("iterable") {
                let item = self.of(function, items).item();
                self.give_all(callee, &item);
                self.give_all(callee, &item.item());
            } else if parameter.kind == Kind::Function && parameter.name.ends_with("callback") {
                self.give_all(callee, &Type::unknown());
            }
            for keywords in [given("kwargs"), given("kwds")].into_iter().flatten() {
                if let ExpressionKind::Dict(pairs) = &keywords.kind {
                    self.give_named(function, callee, pairs);
                }
            }
        }
    }

    /// A sequence of arguments, told apart where it is written out.
    fn spread(&mut self, function: &'p str, callee: &'p str, positional: &'p Expression) {
        let program = self.program;
        let Some(known) = program.functions.get(callee) else {
            return;
        };
        match &positional.kind {
            ExpressionKind::List(items) | ExpressionKind::Tuple(items) => {
                for (param, item) in known.params.iter().zip(items) {
                    let item = self.of(function, item);
                    self.widen_local(callee, param, &item);
                }
            }
            ExpressionKind::Literal(Value::List(items) | Value::Tuple(items)) => {
                for (param, item) in known.params.iter().zip(items) {
                    self.widen_local(callee, param, &super::of_value(item));
                }
            }
            _ => {
                let item = self.of(function, positional).item();
                self.give_all(callee, &item);
            }
        }
    }

    fn give_all(&mut self, callee: &'p str, value: &Type) {
        let program = self.program;
        if let Some(known) = program.functions.get(callee) {
            for param in &known.params {
                self.widen_local(callee, param, value);
            }
        }
    }

    fn give_named(&mut self, function: &'p str, callee: &'p str, pairs: &'p [(Value, Expression)]) {
        for (key, value) in pairs {
            if let Value::Str(param) = key {
                let value = self.of(function, value);
                self.widen_local(callee, param, &value);
            }
        }
    }
}

/// Whether values travel through it.
fn is_carrier(object: &str) -> bool {
    object.ends_with("Queue") || object == "Connection"
}
