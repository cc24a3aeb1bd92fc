//! Prints: what they write is the same in every run, and one line.

use crate::catalogue::Class;
use crate::diagnostic::Diagnostic;
use crate::infer::Types;
use crate::print;
use crate::program::{Block, Expression, ExpressionKind, StatementKind};
use crate::value::Value;
use crate::walk;

/// The longest line of a program, in bytes, its end included: one write of so many is whole.
const LINE_BYTES_MAX: usize = 512;

pub(super) fn check(
    types: &Types<'_>,
    function: &str,
    block: &Block,
    mistakes: &mut Vec<Diagnostic>,
) {
    walk::statements(block, &mut |statement| {
        let StatementKind::Print(values) = &statement.kind else {
            return;
        };
        for value in values {
            check_value(types, function, value, mistakes);
        }
        let literals: Vec<Value> = values.iter().filter_map(literal).cloned().collect();
        let length = print::line(&literals).len() + 1;
        if length > LINE_BYTES_MAX {
            let message = format!("this line has {length} bytes");
            let help = format!("a line has at most {LINE_BYTES_MAX}, its end included");
            mistakes.push(Diagnostic::new(statement.place, message).help(help));
        }
    });
}

fn literal(expression: &Expression) -> Option<&Value> {
    match &expression.kind {
        ExpressionKind::Literal(value) => Some(value),
        _ => None,
    }
}

fn check_value(
    types: &Types<'_>,
    function: &str,
    value: &Expression,
    mistakes: &mut Vec<Diagnostic>,
) {
    if let Some(Value::Str(text)) = literal(value)
        && text.contains(['\n', '\r'])
    {
        let message = "a line cannot hold a line break";
        let help = "each `Print` writes one line; write two of them";
        mistakes.push(Diagnostic::new(value.place, message).help(help));
    }
    let known = types.of(function, value);
    if known.is_unknown || known.is_plain {
        return;
    }
    let hidden = known.objects.iter().find(|class| !is_printable(**class));
    let what = match hidden {
        _ if known.is_opaque => "this differs from run to run".to_owned(),
        Some(class) => {
            let name = class.name();
            format!("a `{name}` has no text that is the same in every run")
        }
        None if known.is_function => {
            "a function has no text that is the same everywhere".to_owned()
        }
        None => return,
    };
    let help = if known.is_opaque {
        "pids, addresses and keys can be compared: `Eq(...)`, `Ne(...)`, but not printed"
    } else {
        match hidden.copied() {
            Some(Class::Array | Class::RawArray | Class::ManagedArray) => {
                "print its items: `Slice(\"$a\")`"
            }
            Some(Class::Value | Class::RawValue | Class::ManagedValue) => {
                "print its value: `\"$v.value\"`"
            }
            _ => "print what it tells: an attribute or a method's result",
        }
    };
    mistakes.push(Diagnostic::new(value.place, what).help(help));
}

/// A managed dict or list prints as what it holds.
fn is_printable(class: Class) -> bool {
    matches!(
        class,
        Class::List | Class::Dict | Class::ManagedDict | Class::ManagedList
    )
}
