//! Expressions as the file has them.

use poolproof_case::Value;
use poolproof_case::program::{
    Arguments, BinaryOperator, Callee, Expression, ExpressionKind, UnaryOperator,
};

use crate::write::{joined, listed};

/// A text between quotes.
pub(crate) fn text(text: &str) -> String {
    format!("{text:?}")
}

pub(crate) fn expressions(all: &[Expression]) -> String {
    listed(all.iter().map(expression))
}

pub(crate) fn expression(of: &Expression) -> String {
    match &of.kind {
        ExpressionKind::Literal(value) => literal(value),
        ExpressionKind::Local(_)
        | ExpressionKind::Global(_)
        | ExpressionKind::Module
        | ExpressionKind::Attribute(..) => text(&format!("${}", path(of))),
        ExpressionKind::Function(name) => format!("Fn({})", text(name)),
        ExpressionKind::List(items) => expressions(items),
        ExpressionKind::Tuple(items) => tuple(items.iter().map(expression)),
        ExpressionKind::Dict(pairs) => {
            let pair = |(key, value)| format!("{}: {}", literal(key), expression(value));
            let pairs = pairs.iter().map(|(key, value)| pair((key, value)));
            format!("{{{}}}", joined(pairs))
        }
        ExpressionKind::Item(container, index) => form("Item", [container, index]),
        ExpressionKind::Slice(container, start, stop) => {
            // Without its start a slice has no stop either.
            let bounds = [start, stop].into_iter().flatten();
            form("Slice", std::iter::once(container).chain(bounds))
        }
        ExpressionKind::New {
            object,
            arguments: given,
        } => format!("New({}{})", text(object), arguments(given)),
        ExpressionKind::Call(call) => {
            format!(
                "Call({}{})",
                callee(&call.callee),
                arguments(&call.arguments)
            )
        }
        ExpressionKind::Range(start, stop) => form("Range", [start, stop]),
        ExpressionKind::Soon => "Soon".to_owned(),
        ExpressionKind::Late => "Late".to_owned(),
        ExpressionKind::Binary(operator, left, right) => form(binary(*operator), [left, right]),
        ExpressionKind::Unary(operator, operand) => form(unary(*operator), [operand]),
        ExpressionKind::And(all) => format!("And({})", expressions(all)),
        ExpressionKind::Or(all) => format!("Or({})", expressions(all)),
        ExpressionKind::Error(kind, about) => format!("Error(\"{kind}\", {})", expression(about)),
        ExpressionKind::Zeros(count) => format!("Bytes({count})"),
    }
}

fn form<'e>(name: &str, parts: impl IntoIterator<Item = &'e Box<Expression>>) -> String {
    let parts = parts.into_iter().map(|part| expression(part));
    format!("{name}({})", joined(parts))
}

fn tuple(items: impl IntoIterator<Item = String>) -> String {
    let items: String = items.into_iter().map(|item| item + ", ").collect();
    format!("({})", items.trim_end())
}

/// `x.a.b`: a variable and attributes.
pub(crate) fn path(of: &Expression) -> String {
    match &of.kind {
        ExpressionKind::Local(name) | ExpressionKind::Global(name) => name.clone(),
        ExpressionKind::Attribute(object, name) => format!("{}.{name}", path(object)),
        // A path begins with a variable or with the module: nothing else can be written.
        _ => "mp".to_owned(),
    }
}

pub(crate) fn callee(callee: &Callee) -> String {
    match callee {
        Callee::Function(name) => text(name),
        Callee::Method(object, name) => text(&format!("{}.{name}", path(object))),
    }
}

/// What follows the name of what is called or made.
pub(crate) fn arguments(arguments: &Arguments) -> String {
    let mut out = String::new();
    if !arguments.positional.is_empty() {
        out += &format!(", {}", expressions(&arguments.positional));
    }
    if !arguments.named.is_empty() {
        let named = arguments.named.iter();
        let named = named.map(|(name, value)| format!("{name}: {}", expression(value)));
        out += &format!(", ({})", joined(named));
    }
    out
}

/// A value that is written out.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) if number.is_nan() => "NaN".to_owned(),
        Value::Float(number) => format!("{number:?}"),
        Value::Str(words) if words.starts_with('$') => text(&format!("${words}")),
        Value::Str(words) => text(words),
        Value::Bytes(bytes) => match (bytes.len(), bytes.iter().all(|byte| *byte == 0)) {
            (1024, true) => "Bytes(small)".to_owned(),
            (1_048_576, true) => "Bytes(large)".to_owned(),
            _ => format!("b\"{}\"", bytes.escape_ascii()),
        },
        Value::List(items) => listed(items.iter().map(literal)),
        Value::Tuple(items) => tuple(items.iter().map(literal)),
        Value::Dict(pairs) => {
            let pair = |(key, value)| format!("{}: {}", literal(key), literal(value));
            let pairs = pairs.iter().map(|(key, value)| pair((key, value)));
            format!("{{{}}}", joined(pairs))
        }
        Value::Error(kind, about) => format!("Error(\"{kind}\", {})", text(about)),
        Value::Opaque(name) => text(name),
    }
}

fn binary(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "Add",
        BinaryOperator::Sub => "Sub",
        BinaryOperator::Mul => "Mul",
        BinaryOperator::Div => "Div",
        BinaryOperator::FloorDiv => "FloorDiv",
        BinaryOperator::Mod => "Mod",
        BinaryOperator::Eq => "Eq",
        BinaryOperator::Ne => "Ne",
        BinaryOperator::Lt => "Lt",
        BinaryOperator::Le => "Le",
        BinaryOperator::Gt => "Gt",
        BinaryOperator::Ge => "Ge",
        BinaryOperator::In => "In",
    }
}

fn unary(operator: UnaryOperator) -> &'static str {
    match operator {
        UnaryOperator::Not => "Not",
        UnaryOperator::Neg => "Neg",
        UnaryOperator::Len => "Len",
        UnaryOperator::Sorted => "Sorted",
        UnaryOperator::Sum => "Sum",
        UnaryOperator::Str => "Str",
        UnaryOperator::List => "List",
        UnaryOperator::Dict => "Dict",
        UnaryOperator::Work => "Work",
    }
}
