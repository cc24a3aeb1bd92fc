//! What calls give, and what they carry into functions, containers and queues.

use super::{Types, of_kind, of_made};
use crate::catalogue::{
    Class, ConnectionMethod, DictMethod, Kind, ListMethod, Method, ModuleMethod, Parameter,
    PoolMethod, QueueMethod, SimpleQueueMethod,
};
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
        for class in &receiver.objects {
            result.join(&self.of_method(*class, method, &receiver));
        }
        if result.is_nothing() {
            Type::unknown()
        } else {
            result
        }
    }

    fn of_method(&self, class: Class, name: &str, receiver: &Type) -> Type {
        let Some(method) = class.method(name) else {
            return Type::default();
        };
        match method {
            Method::Module(ModuleMethod::ActiveChildren) => {
                Type::sequence(Type::object(Class::Process))
            }
            Method::Pool(PoolMethod::Map | PoolMethod::Starmap) => {
                Type::container(Class::List, Type::unknown())
            }
            Method::Make(made) if class == Class::Context => of_made(made),
            Method::List(ListMethod::Pop) if class == Class::List => receiver.item(),
            Method::Dict(DictMethod::Pop | DictMethod::SetDefault) if class == Class::Dict => {
                receiver.item()
            }
            Method::Dict(DictMethod::Get) if class == Class::Dict => {
                let mut value = receiver.item();
                value.join(&Type::plain());
                value
            }
            Method::Dict(DictMethod::Values) if class == Class::Dict => {
                Type::container(Class::List, receiver.item())
            }
            Method::Dict(DictMethod::Copy) if class == Class::Dict => receiver.clone(),
            method if gives_what_was_sent(method) => {
                let mut value = self.sent.clone();
                value.join(&Type::plain());
                value
            }
            method => {
                let signature = method.on(class);
                signature.map_or_else(Type::default, |known| of_kind(known.returns))
            }
        }
    }

    /// What a call carries elsewhere.
    pub(super) fn call(&mut self, function: &'p str, call: &'p CallExpression) {
        let arguments = &call.arguments;
        let (receiver, name) = match &call.callee {
            Callee::Function(name) => return self.call_function(function, name, arguments),
            Callee::Method(receiver, name) => (receiver, name.as_str()),
        };
        for class in self.of(function, receiver).objects {
            // Only contexts make objects: what the module is asked for is not looked into.
            let method = class.method(name);
            let method = method
                .filter(|method| class == Class::Context || !matches!(method, Method::Make(_)));
            let Some(method) = method else {
                continue;
            };
            let carried = match carries(method) {
                Carries::Nothing => None,
                Carries::Value => arguments.of(0, "obj"),
                Carries::Last => arguments.positional.last(),
                Carries::Items => arguments.positional.first(),
            };
            if let Some(value) = carried {
                let value = self.of(function, value);
                match carries(method) {
                    Carries::Value => self.has_changed |= self.sent.join(&value),
                    _ if !matches!(class, Class::List | Class::Dict) => {}
                    Carries::Items => self.put_into(function, receiver, &value.item()),
                    _ => self.put_into(function, receiver, &value),
                }
            }
            self.carry(function, method.parameters(), arguments);
        }
    }

    /// What a new object's arguments carry elsewhere.
    pub(super) fn new_object(&mut self, function: &'p str, object: &str, arguments: &'p Arguments) {
        if let Some(parameters) = Class::of(object).and_then(|class| class.object().constructor) {
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

/// What of a call's arguments comes to be where its receiver is.
#[derive(Clone, Copy)]
enum Carries {
    Nothing,
    /// What is sent.
    Value,
    /// The last argument, into a container.
    Last,
    /// The items of the first one, into a container.
    Items,
}

fn carries(method: Method) -> Carries {
    match method {
        Method::Queue(QueueMethod::Put | QueueMethod::PutNowait)
        | Method::SimpleQueue(SimpleQueueMethod::Put)
        | Method::Connection(ConnectionMethod::Send) => Carries::Value,
        Method::List(ListMethod::Append | ListMethod::Insert)
        | Method::Dict(DictMethod::SetDefault) => Carries::Last,
        Method::List(ListMethod::Extend) | Method::Dict(DictMethod::Update) => Carries::Items,
        _ => Carries::Nothing,
    }
}

/// Whether it gives what was sent through its receiver.
fn gives_what_was_sent(method: Method) -> bool {
    matches!(
        method,
        Method::Queue(QueueMethod::Get | QueueMethod::GetNowait)
            | Method::SimpleQueue(SimpleQueueMethod::Get)
            | Method::Connection(ConnectionMethod::Recv)
    )
}
