//! Which objects a variable may hold, whenever it is read: inference without regard to order.
//!
//! It knows what can be told without running; what it does not know it says it does not know.

mod calls;
mod types;

use std::collections::BTreeMap;

use crate::catalogue::{Class, Kind};
use crate::program::{
    Block, Expression, ExpressionKind, Program, Statement, StatementKind, UnaryOperator,
};
use crate::value::Value;
use crate::walk;

pub use types::Type;

/// Rounds until nothing changes; types only grow, and this many always suffice in practice.
const ROUNDS_MAX: usize = 64;

/// The types of a program's variables.
pub struct Types<'p> {
    program: &'p Program,
    /// By function (`""`: main) and variable.
    locals: BTreeMap<(&'p str, &'p str), Type>,
    globals: BTreeMap<&'p str, Type>,
    returns: BTreeMap<&'p str, Type>,
    /// What is sent through queues and connections, all of them together.
    sent: Type,
    has_changed: bool,
}

/// The types of a program.
#[must_use]
pub fn infer(program: &Program) -> Types<'_> {
    let mut types = Types {
        program,
        locals: BTreeMap::new(),
        globals: BTreeMap::new(),
        returns: BTreeMap::new(),
        sent: Type::default(),
        has_changed: false,
    };
    for (name, value) in &program.globals {
        types.globals.insert(name, of_value(value));
    }
    for _ in 0..ROUNDS_MAX {
        types.has_changed = false;
        for (name, function) in &program.functions {
            types.block(name, &function.body);
        }
        types.block("", &program.main);
        if !types.has_changed {
            break;
        }
    }
    types
}

impl<'p> Types<'p> {
    /// What an expression in a function (`""`: main) may be.
    #[must_use]
    pub fn of(&self, function: &str, expression: &Expression) -> Type {
        match &expression.kind {
            ExpressionKind::Literal(value) => of_value(value),
            ExpressionKind::Local(name) => self.local(function, name),
            ExpressionKind::Global(name) => {
                self.globals.get(name.as_str()).cloned().unwrap_or_default()
            }
            ExpressionKind::Module => Type::object(Class::Module),
            ExpressionKind::Attribute(object, name) => {
                self.of_attribute(&self.of(function, object), name)
            }
            ExpressionKind::Function(_) => Type::function(),
            ExpressionKind::List(items) | ExpressionKind::Tuple(items) => {
                let mut inner = Type::default();
                for item in items {
                    inner.join(&self.of(function, item));
                }
                match &expression.kind {
                    ExpressionKind::List(_) => Type::container(Class::List, inner),
                    _ => Type::sequence(inner),
                }
            }
            ExpressionKind::Dict(pairs) => {
                let mut inner = Type::default();
                for (_, value) in pairs {
                    inner.join(&self.of(function, value));
                }
                Type::container(Class::Dict, inner)
            }
            ExpressionKind::Item(object, _) => self.of(function, object).item(),
            ExpressionKind::Slice(object, ..) => {
                let mut slice = self.of(function, object);
                if slice.objects.iter().any(|object| *object != Class::List) {
                    slice = Type::container(Class::List, Type::plain());
                }
                slice
            }
            ExpressionKind::New { object, .. } => of_new(object),
            ExpressionKind::Call(call) => self.of_call(function, call),
            ExpressionKind::Range(..) => Type::sequence(Type::plain()),
            ExpressionKind::Binary(_, left, right) => {
                let mut either = self.of(function, left);
                either.join(&self.of(function, right));
                either.without_opaque()
            }
            ExpressionKind::Unary(UnaryOperator::List | UnaryOperator::Sorted, operand) => {
                Type::container(Class::List, self.of(function, operand).item())
            }
            ExpressionKind::Unary(UnaryOperator::Dict, operand) => {
                Type::container(Class::Dict, self.of(function, operand).item())
            }
            ExpressionKind::And(all) | ExpressionKind::Or(all) => {
                let mut either = Type::default();
                for operand in all {
                    either.join(&self.of(function, operand));
                }
                either
            }
            ExpressionKind::Unary(..)
            | ExpressionKind::Zeros(_)
            | ExpressionKind::Soon
            | ExpressionKind::Late
            | ExpressionKind::Error(..) => Type::plain(),
        }
    }

    fn local(&self, function: &str, name: &str) -> Type {
        self.locals
            .get(&(function, name))
            .cloned()
            .unwrap_or_default()
    }

    fn of_attribute(&self, object: &Type, name: &str) -> Type {
        let mut result = Type::default();
        for object in &object.objects {
            if let Some(field) = object.object().attribute(name) {
                result.join(&of_kind(field.kind));
            }
        }
        if result.is_nothing() {
            Type::unknown()
        } else {
            result
        }
    }

    fn block(&mut self, function: &'p str, block: &'p Block) {
        walk::statements(block, &mut |statement| self.statement(function, statement));
        walk::calls(block, &mut |call| self.call(function, call));
        walk::expressions(block, &mut |expression| {
            if let ExpressionKind::New { object, arguments } = &expression.kind {
                self.new_object(function, object, arguments);
            }
        });
    }

    fn statement(&mut self, function: &'p str, statement: &'p Statement) {
        match &statement.kind {
            StatementKind::Let(names, value) => self.assign(function, names, value),
            StatementKind::For(names, sequence, _) => {
                let item = self.of(function, sequence).item();
                self.assign_item(function, names, item);
            }
            StatementKind::Drain { name, .. } => {
                let sent = self.sent.clone();
                self.widen_local(function, name, &sent);
            }
            StatementKind::Return(Some(value)) => {
                let value = self.of(function, value);
                let known = self.returns.entry(function).or_default();
                self.has_changed |= known.join(&value);
            }
            StatementKind::SetGlobal(name, value) => {
                let value = self.of(function, value);
                let known = self.globals.entry(name).or_default();
                self.has_changed |= known.join(&value);
            }
            StatementKind::SetItem(object, _, value) => {
                let value = self.of(function, value);
                self.put_into(function, object, &value);
            }
            _ => {}
        }
    }

    fn assign(&mut self, function: &'p str, names: &'p [String], value: &'p Expression) {
        if let [name] = names {
            let value = self.of(function, value);
            return self.widen_local(function, name, &value);
        }
        match &value.kind {
            ExpressionKind::Tuple(parts) | ExpressionKind::List(parts)
                if parts.len() == names.len() =>
            {
                for (name, part) in names.iter().zip(parts) {
                    let part = self.of(function, part);
                    self.widen_local(function, name, &part);
                }
            }
            _ => {
                let item = self.of(function, value).item();
                for name in names {
                    self.widen_local(function, name, &item);
                }
            }
        }
    }

    fn assign_item(&mut self, function: &'p str, names: &'p [String], item: Type) {
        if let [name] = names {
            return self.widen_local(function, name, &item);
        }
        let part = item.item();
        for name in names {
            self.widen_local(function, name, &part);
        }
    }

    fn widen_local(&mut self, function: &'p str, name: &'p str, by: &Type) {
        let known = self.locals.entry((function, name)).or_default();
        self.has_changed |= known.join(by);
    }

    /// A container's variable now holds this, too.
    fn put_into(&mut self, function: &'p str, container: &'p Expression, item: &Type) {
        let known = match &container.kind {
            ExpressionKind::Local(name) => self.locals.get_mut(&(function, name.as_str())),
            ExpressionKind::Global(name) => self.globals.get_mut(name.as_str()),
            _ => None,
        };
        if let Some(known) = known {
            self.has_changed |= known.join_items(item);
        }
    }
}

fn of_value(value: &Value) -> Type {
    let joined = |values: &mut dyn Iterator<Item = &Value>| {
        let mut inner = Type::default();
        for value in values {
            inner.join(&of_value(value));
        }
        inner
    };
    match value {
        Value::List(items) => Type::container(Class::List, joined(&mut items.iter())),
        Value::Tuple(items) => Type::sequence(joined(&mut items.iter())),
        Value::Dict(pairs) => {
            let mut values = pairs.iter().map(|(_, value)| value);
            Type::container(Class::Dict, joined(&mut values))
        }
        Value::Opaque(_) => Type::opaque(),
        _ => Type::plain(),
    }
}

fn of_new(object: &str) -> Type {
    Class::of(object).map_or_else(Type::unknown, of_made)
}

fn of_made(class: Class) -> Type {
    match class.object().makes {
        Kind::Any => Type::object(class),
        other => of_kind(other),
    }
}

fn of_kind(kind: Kind) -> Type {
    match kind {
        Kind::Any => Type::unknown(),
        Kind::None | Kind::Bool | Kind::Int | Kind::Text | Kind::Bytes | Kind::Timeout => {
            Type::plain()
        }
        Kind::Function => Type::function(),
        Kind::Sequence => Type::sequence(Type::unknown()),
        Kind::Opaque => Type::opaque(),
        Kind::Object(class) => Type::object(class),
        Kind::Pair(first, second) => {
            let mut items = Type::object(first);
            items.join(&Type::object(second));
            Type::sequence(items)
        }
    }
}
