//! `text % values`: `%s`, `%r`, `%d`, `%i` and `%%`, which is what people write.

use super::{Failure, LENGTH_MAX, type_error};
use crate::error_kind::ErrorKind;
use crate::print::{ascii, display};
use crate::value::Value;

/// The text with the values in it.
///
/// Others of Python's directions, widths and names are an `overflow`: nothing is known of them here.
pub(super) fn format(text: &str, values: &Value) -> Result<Value, Failure> {
    let mut given = match values {
        Value::Tuple(values) => values.iter(),
        one => std::slice::from_ref(one).iter(),
    };
    let mut result = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            result.push(character);
            continue;
        }
        let direction = characters.next();
        if direction == Some('%') {
            result.push('%');
            continue;
        }
        if !matches!(direction, Some('s' | 'r' | 'd' | 'i')) {
            let text = format!("`%` with `{text}`: only %s, %r, %d, %i and %% are known");
            return Err((ErrorKind::Overflow, text));
        }
        let Some(value) = given.next() else {
            return Err(type_error(
                "not enough arguments for format string".to_owned(),
            ));
        };
        match direction {
            Some('s') if matches!(value, Value::Str(_)) => result += &display(value),
            Some('s') => result += &plain(display(value))?,
            Some('r') => result += &plain(ascii(value))?,
            _ => result += &whole(value)?,
        }
        if result.len() > LENGTH_MAX {
            return Err((ErrorKind::Overflow, "this text is too long".to_owned()));
        }
    }
    // A dict or list that nothing takes is no mistake in Python: it may have names for directions.
    let is_mapping = matches!(values, Value::Dict(_) | Value::List(_) | Value::Bytes(_));
    if given.next().is_some() && !is_mapping {
        let text = "not all arguments converted during string formatting";
        return Err(type_error(text.to_owned()));
    }
    Ok(Value::Str(result))
}

/// A text of a value that Python writes in the same way: one without letters of other alphabets.
fn plain(text: String) -> Result<String, Failure> {
    if ["\\x", "\\u", "\\U"]
        .iter()
        .any(|escape| text.contains(escape))
    {
        let text = "the text of a value with letters beyond ASCII".to_owned();
        return Err((ErrorKind::Overflow, text));
    }
    Ok(text)
}

/// A number as `%d` writes it, towards zero.
fn whole(value: &Value) -> Result<String, Failure> {
    match value {
        Value::Bool(truth) => Ok(i64::from(*truth).to_string()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Float(number) if number.is_finite() => Ok(format!("{:.0}", number.trunc())),
        Value::Float(_) => Err((ErrorKind::Overflow, "`%d` of what is no number".to_owned())),
        other => {
            let name = other.type_name();
            Err(type_error(format!(
                "%d format: a real number is required, not {name}"
            )))
        }
    }
}
