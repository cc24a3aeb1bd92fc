//! Printing values exactly as Python does, so that one output fits all implementations and versions.
//!
//! What may be printed is the checker's business; who writes the line, a driver's.

use std::fmt::Write;

use crate::catalogue::python_classes;
use crate::error_kind::ErrorKind;
use crate::value::Value;

/// Python's `str(x)`, with `ascii` inside containers.
#[must_use]
pub fn display(value: &Value) -> String {
    match value {
        // Python shows what a KeyError misses as it would stand in a program.
        Value::Error(ErrorKind::Key, text) => ascii(&Value::Str(text.clone())),
        Value::Str(text) | Value::Error(_, text) => text.clone(),
        other => ascii(other),
    }
}

/// Python's `ascii(x)`.
#[must_use]
pub fn ascii(value: &Value) -> String {
    let mut out = String::new();
    write_ascii(&mut out, value);
    out
}

/// What one `Print` writes, without the line's end.
#[must_use]
pub fn line(values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(display).collect();
    texts.join(" ")
}

fn write_ascii(out: &mut String, value: &Value) {
    match value {
        Value::None => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Int(number) => push(out, format_args!("{number}")),
        Value::Float(number) => write_float(out, *number),
        Value::Str(text) => write_text(out, text),
        Value::Bytes(bytes) => write_bytes(out, bytes),
        Value::List(items) => write_items(out, "[", items, "]"),
        Value::Tuple(items) if items.len() == 1 => write_items(out, "(", items, ",)"),
        Value::Tuple(items) => write_items(out, "(", items, ")"),
        Value::Dict(pairs) => write_dict(out, pairs),
        Value::Error(kind, text) => {
            let class = python_classes(*kind).split(", ").next().unwrap_or_default();
            out.push_str(class.rsplit('.').next().unwrap_or_default());
            out.push('(');
            write_text(out, text);
            out.push(')');
        }
        Value::Opaque(_) => out.push_str("<opaque>"),
    }
}

/// Writing to a `String` cannot fail.
fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a String takes any text");
}

fn write_items(out: &mut String, open: &str, items: &[Value], close: &str) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_ascii(out, item);
    }
    out.push_str(close);
}

fn write_dict(out: &mut String, pairs: &[(Value, Value)]) {
    out.push('{');
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_ascii(out, key);
        out.push_str(": ");
        write_ascii(out, value);
    }
    out.push('}');
}

/// Python's `repr` of a float: the shortest digits that read back, plain from 1e-4 to below 1e16.
fn write_float(out: &mut String, number: f64) {
    if number.is_nan() {
        return out.push_str("nan");
    }
    if number.is_infinite() {
        return out.push_str(if number > 0.0 { "inf" } else { "-inf" });
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` writes an e");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a whole exponent");
    if (-4..16).contains(&exponent) {
        let plain = format!("{number}");
        out.push_str(&plain);
        if !plain.contains('.') {
            out.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        push(
            out,
            format_args!("{digits}e{sign}{:02}", exponent.unsigned_abs()),
        );
    }
}

/// Double quotes only where that saves escaping a single one.
fn quote(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

fn write_text(out: &mut String, text: &str) {
    let quote = quote(text.contains('\''), text.contains('"'));
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => {
                out.push('\\');
                out.push(quote);
            }
            ' '..='~' => out.push(character),
            '\0'..='\u{ff}' => push(out, format_args!("\\x{:02x}", u32::from(character))),
            '\u{100}'..='\u{ffff}' => push(out, format_args!("\\u{:04x}", u32::from(character))),
            _ => push(out, format_args!("\\U{:08x}", u32::from(character))),
        }
    }
    out.push(quote);
}

fn write_bytes(out: &mut String, bytes: &[u8]) {
    let quote = quote(bytes.contains(&b'\''), bytes.contains(&b'"'));
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ if char::from(byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => push(out, format_args!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_kind::ErrorKind;

    #[test]
    fn values_print_as_in_python() {
        let text = |text: &str| Value::Str(text.to_owned());
        let table: &[(Value, &str)] = &[
            (Value::None, "None"),
            (Value::Bool(true), "True"),
            (Value::Float(-0.0), "-0.0"),
            (Value::Float(0.25), "0.25"),
            (Value::Float(1e16), "1e+16"),
            (Value::Float(1e15), "1000000000000000.0"),
            (Value::Float(1.5e-5), "1.5e-05"),
            (Value::Float(0.0001), "0.0001"),
            (Value::Float(5e-324), "5e-324"),
            (Value::Float(f64::NEG_INFINITY), "-inf"),
            (text("it's"), "\"it's\""),
            (text("it's \"so\""), "'it\\'s \"so\"'"),
            (text("\u{7f}é€😀\n"), "'\\x7f\\xe9\\u20ac\\U0001f600\\n'"),
            (Value::Bytes(b"a'\"\xff\0".to_vec()), "b'a\\'\"\\xff\\x00'"),
            (Value::Tuple(vec![Value::Int(1)]), "(1,)"),
            (Value::Tuple(vec![]), "()"),
            (Value::List(vec![text("a"), Value::None]), "['a', None]"),
            (
                Value::Dict(vec![(Value::Int(1), text("one"))]),
                "{1: 'one'}",
            ),
            (
                Value::Error(ErrorKind::Value, "boom".to_owned()),
                "ValueError('boom')",
            ),
        ];
        for (value, expected) in table {
            assert_eq!(ascii(value), *expected);
        }
    }

    #[test]
    fn texts_and_errors_print_as_themselves_at_the_top() {
        let values = [
            Value::Str("é".to_owned()),
            Value::Error(ErrorKind::Value, "boom".to_owned()),
            Value::Int(3),
        ];
        assert_eq!(line(&values), "é boom 3");
    }
}
