//! Which objects of the catalogue a variable may hold, as far as the program's text tells.
//!
//! Flow does not matter, and a container stands for what is in it: that is enough to find the
//! method that a call means, and so its parameters and errors.
//! What is not known is looked up by the method's name alone.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::Value;
use poolproof_case::catalogue::{self, Kind, Object, Signature};
use poolproof_case::program::{
    Arguments, Block, CallExpression, Callee, Expression, ExpressionKind, Program, Statement,
    StatementKind, UnaryOperator,
};
use poolproof_case::walk;

/// Names of objects of the catalogue.
pub(crate) type Objects = BTreeSet<&'static str>;

/// The scope of main; no function has an empty name.
pub(crate) const MAIN: &str = "";

/// What the variables and functions of a program may hold and give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Types {
    locals: BTreeMap<(String, String), Objects>,
    globals: BTreeMap<String, Objects>,
    returns: BTreeMap<String, Objects>,
    /// What is put into queues, pipes and managed containers.
    sent: Objects,
    /// The parameters of each function.
    params: BTreeMap<String, Vec<String>>,
}

impl Types {
    /// Looks through a program until nothing new is found.
    pub(crate) fn infer(program: &Program) -> Types {
        let mut types = Types::default();
        for (name, function) in &program.functions {
            types.params.insert(name.clone(), function.params.clone());
        }
        for (name, value) in &program.globals {
            types.globals.insert(name.clone(), of_value(value));
        }
        loop {
            let before = types.clone();
            types.block(MAIN, &program.main);
            for (name, function) in &program.functions {
                types.block(name, &function.body);
            }
            if types == before {
                return types;
            }
        }
    }

    /// What an expression may be.
    pub(crate) fn of(&self, scope: &str, expression: &Expression) -> Objects {
        use ExpressionKind as E;
        match &expression.kind {
            E::Literal(value) => of_value(value),
            E::Local(name) => {
                let key = (scope.to_owned(), name.clone());
                self.locals.get(&key).cloned().unwrap_or_default()
            }
            E::Global(name) => self.globals.get(name).cloned().unwrap_or_default(),
            E::Module => Objects::from(["Module"]),
            E::List(items) => with("list", self.all(scope, items)),
            E::Tuple(items) | E::And(items) | E::Or(items) => self.all(scope, items),
            E::Dict(pairs) => {
                let values = pairs.iter().flat_map(|(_, value)| self.of(scope, value));
                with("dict", values.collect())
            }
            E::Item(of, _) | E::Slice(of, _, _) => self.of(scope, of),
            E::New { object, .. } => made(object),
            E::Call(call) => self.result(scope, call),
            E::Range(..) => Objects::from(["list"]),
            E::Binary(_, left, right) => &self.of(scope, left) | &self.of(scope, right),
            E::Unary(UnaryOperator::List | UnaryOperator::Sorted, of) => {
                with("list", self.of(scope, of))
            }
            E::Unary(UnaryOperator::Dict, of) => with("dict", self.of(scope, of)),
            E::Attribute(..)
            | E::Function(_)
            | E::Soon
            | E::Late
            | E::Unary(..)
            | E::Zeros(_)
            | E::Error(..) => Objects::new(),
        }
    }

    /// The methods that a call may mean.
    pub(crate) fn methods(
        &self,
        scope: &str,
        receiver: &Expression,
        name: &str,
    ) -> Vec<(&'static Object, &'static Signature)> {
        let find = |objects: &mut dyn Iterator<Item = &'static Object>| {
            objects
                .filter_map(|object| Some((object, object.method(name)?)))
                .collect::<Vec<_>>()
        };
        let known = self.of(scope, receiver);
        let found = find(&mut known.iter().filter_map(|object| catalogue::object(object)));
        if found.is_empty() {
            find(&mut catalogue::objects())
        } else {
            found
        }
    }

    fn all(&self, scope: &str, items: &[Expression]) -> Objects {
        items.iter().flat_map(|item| self.of(scope, item)).collect()
    }

    fn result(&self, scope: &str, call: &CallExpression) -> Objects {
        let (receiver, name) = match &call.callee {
            Callee::Function(name) => return self.returns.get(name).cloned().unwrap_or_default(),
            Callee::Method(receiver, name) => (receiver, name),
        };
        let holder = self.of(scope, receiver);
        if holder.contains("Context") && catalogue::object(name).is_some() {
            return made(name);
        }
        let mut objects = Objects::new();
        for (object, method) in self.methods(scope, receiver, name) {
            match method.returns {
                Kind::Object(class) => {
                    objects.insert(class.name());
                }
                Kind::Pair(one, other) => objects.extend([one.name(), other.name()]),
                Kind::Any | Kind::Sequence => {
                    objects.extend(&self.sent);
                    objects.extend(holder.iter().filter(|held| **held != object.name));
                    objects.extend(self.results_of_tasks(&call.arguments));
                    if method.returns == Kind::Sequence {
                        objects.insert("list");
                    }
                    if name == "active_children" {
                        objects.insert("Process");
                    }
                }
                _ => {}
            }
        }
        objects
    }

    fn results_of_tasks(&self, arguments: &Arguments) -> Objects {
        functions(arguments)
            .filter_map(|name| self.returns.get(name))
            .flatten()
            .copied()
            .collect()
    }

    fn block(&mut self, scope: &str, block: &Block) {
        for statement in block {
            self.statement(scope, statement);
        }
    }

    fn statement(&mut self, scope: &str, statement: &Statement) {
        if let StatementKind::Call(call) = &statement.kind {
            self.call(scope, call);
        }
        for expression in walk::direct(statement) {
            self.expression(scope, expression);
        }
        for block in walk::blocks(statement) {
            self.block(scope, block);
        }
        match &statement.kind {
            StatementKind::Let(names, value) => self.assign(scope, names, value),
            StatementKind::For(names, value, _) => {
                let objects = self.of(scope, value);
                for name in names {
                    self.add_local(scope, name, &objects);
                }
            }
            StatementKind::Drain { name, .. } => {
                let objects = self.sent.clone();
                self.add_local(scope, name, &objects);
            }
            StatementKind::SetItem(base, _, value) => {
                let objects = self.of(scope, value);
                self.add_to(scope, base, &objects);
            }
            StatementKind::SetGlobal(name, value) => {
                let objects = self.of(scope, value);
                self.globals
                    .entry(name.clone())
                    .or_default()
                    .extend(objects);
            }
            StatementKind::Return(Some(value)) => {
                let objects = self.of(scope, value);
                self.returns
                    .entry(scope.to_owned())
                    .or_default()
                    .extend(objects);
            }
            _ => {}
        }
    }

    /// Takes what a call sends to parameters, containers and queues.
    fn expression(&mut self, scope: &str, expression: &Expression) {
        match &expression.kind {
            ExpressionKind::New { arguments, .. } => self.pass(scope, arguments),
            ExpressionKind::Call(call) => self.call(scope, call),
            _ => {}
        }
        for inner in walk::parts(expression) {
            self.expression(scope, inner);
        }
    }

    fn call(&mut self, scope: &str, call: &CallExpression) {
        let arguments = &call.arguments;
        match &call.callee {
            Callee::Function(name) => {
                for (index, argument) in arguments.positional.iter().enumerate() {
                    let objects = self.of(scope, argument);
                    self.add_param(name, index, &objects);
                }
            }
            Callee::Method(receiver, name) => {
                self.pass(scope, arguments);
                let objects = self.all(scope, &arguments.positional);
                match name.as_str() {
                    "append" | "extend" | "insert" => self.add_to(scope, receiver, &objects),
                    "put" | "put_nowait" | "send" => self.sent.extend(objects),
                    _ => {}
                }
            }
        }
    }

    /// What stands beside a function in a call goes to its parameters.
    fn pass(&mut self, scope: &str, arguments: &Arguments) {
        let names: Vec<String> = functions(arguments).map(str::to_owned).collect();
        let others = || {
            let named = arguments.named.iter().map(|(_, argument)| argument);
            arguments.positional.iter().chain(named)
        };
        for name in &names {
            for argument in others() {
                match &argument.kind {
                    ExpressionKind::List(items) | ExpressionKind::Tuple(items) => {
                        for (index, item) in items.iter().enumerate() {
                            let objects = self.of(scope, item);
                            self.add_param(name, index, &objects);
                        }
                    }
                    ExpressionKind::Local(_) => {
                        let objects = self.of(scope, argument);
                        for index in 0..self.params.get(name).map_or(0, Vec::len) {
                            self.add_param(name, index, &objects);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn assign(&mut self, scope: &str, names: &[String], value: &Expression) {
        if let (ExpressionKind::New { object, .. }, [one, other]) = (&value.kind, names)
            && let Some(Kind::Pair(first, second)) = catalogue::object(object).map(|o| o.makes)
        {
            self.add_local(scope, one, &Objects::from([first.name()]));
            self.add_local(scope, other, &Objects::from([second.name()]));
            return;
        }
        let objects = self.of(scope, value);
        for name in names {
            self.add_local(scope, name, &objects);
        }
    }

    fn add_local(&mut self, scope: &str, name: &str, objects: &Objects) {
        let key = (scope.to_owned(), name.to_owned());
        self.locals.entry(key).or_default().extend(objects);
    }

    fn add_param(&mut self, function: &str, index: usize, objects: &Objects) {
        let name = self
            .params
            .get(function)
            .and_then(|names| names.get(index))
            .cloned();
        if let Some(name) = name {
            self.add_local(function, &name, objects);
        }
    }

    fn add_to(&mut self, scope: &str, container: &Expression, objects: &Objects) {
        match &container.kind {
            ExpressionKind::Local(name) => self.add_local(scope, name, objects),
            ExpressionKind::Global(name) => {
                self.globals
                    .entry(name.clone())
                    .or_default()
                    .extend(objects);
            }
            _ => self.sent.extend(objects),
        }
    }
}

fn functions(arguments: &Arguments) -> impl Iterator<Item = &str> {
    let named = arguments.named.iter().map(|(_, argument)| argument);
    arguments
        .positional
        .iter()
        .chain(named)
        .filter_map(|argument| match &argument.kind {
            ExpressionKind::Function(name) => Some(name.as_str()),
            _ => None,
        })
}

fn made(object: &str) -> Objects {
    let Some(object) = catalogue::object(object) else {
        return Objects::new();
    };
    match object.makes {
        Kind::Object(class) => Objects::from([class.name()]),
        Kind::Pair(one, other) => Objects::from([one.name(), other.name()]),
        _ => Objects::from([object.name]),
    }
}

fn with(object: &'static str, mut objects: Objects) -> Objects {
    objects.insert(object);
    objects
}

fn of_value(value: &Value) -> Objects {
    match value {
        Value::List(_) => Objects::from(["list"]),
        Value::Dict(_) => Objects::from(["dict"]),
        _ => Objects::new(),
    }
}
