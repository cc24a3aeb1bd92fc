//! Literals: plain values as Python source.

use std::fmt::Write as _;

use poolproof_case::Value;

/// A run of equal bytes longer than this is written as a product.
const BYTES_PLAIN_MAX: usize = 64;

/// The value as a Python expression; errors and opaque values have none.
pub(crate) fn literal(value: &Value) -> Option<String> {
    Some(match value {
        Value::None => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Str(text) => string(text),
        Value::Bytes(bytes) => byte_string(bytes),
        Value::List(items) => format!("[{}]", all(items)?),
        Value::Tuple(items) if items.len() == 1 => format!("({},)", all(items)?),
        Value::Tuple(items) => format!("({})", all(items)?),
        Value::Dict(pairs) => {
            let pairs: Option<Vec<String>> = pairs
                .iter()
                .map(|(key, value)| Some(format!("{}: {}", literal(key)?, literal(value)?)))
                .collect();
            format!("{{{}}}", pairs?.join(", "))
        }
        Value::Error(..) | Value::Opaque(_) => return None,
    })
}

fn all(items: &[Value]) -> Option<String> {
    let items: Option<Vec<String>> = items.iter().map(literal).collect();
    Some(items?.join(", "))
}

fn float(number: f64) -> String {
    if number.is_nan() {
        "float(\"nan\")".to_owned()
    } else if number.is_infinite() {
        format!("float(\"{}\")", if number > 0.0 { "inf" } else { "-inf" })
    } else {
        // Rust's shortest digits that read back are Python's, too.
        format!("{number:?}")
    }
}

/// Text in double quotes, ASCII and printable characters as they are.
pub(crate) fn string(text: &str) -> String {
    let mut out = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if character.is_control() || is_invisible(character) => {
                write!(out, "\\U{:08x}", u32::from(character)).expect("a string takes any text");
            }
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Marks that turn the direction of text or have no width: a reader must see them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn byte_string(bytes: &[u8]) -> String {
    match bytes.first() {
        Some(first) if bytes.len() > BYTES_PLAIN_MAX && bytes.iter().all(|byte| byte == first) => {
            if *first == 0 {
                return format!("bytes({})", bytes.len());
            }
            return format!("b\"\\x{first:02x}\" * {}", bytes.len());
        }
        _ => {}
    }
    format!(
        "b\"{}\"",
        bytes.escape_ascii().to_string().replace("\\'", "'")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_python_source() {
        let cases = [
            (Value::Float(1.0), "1.0"),
            (Value::Float(1e16), "1e16"),
            (Value::Float(f64::NEG_INFINITY), "float(\"-inf\")"),
            (
                Value::Str("a\"\\\u{7}é".to_owned()),
                "\"a\\\"\\\\\\U00000007é\"",
            ),
            (Value::Bytes(b"a'\"\0".to_vec()), "b\"a'\\\"\\x00\""),
            (Value::Bytes(vec![0; 1024]), "bytes(1024)"),
            (Value::Tuple(vec![Value::Int(-1)]), "(-1,)"),
            (Value::Dict(vec![(Value::Int(1), Value::None)]), "{1: None}"),
        ];
        for (value, expected) in cases {
            assert_eq!(literal(&value).as_deref(), Some(expected));
        }
    }
}
