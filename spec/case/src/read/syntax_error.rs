//! RON's own errors as mistakes with a place in the file.

use ron::error::{Error, SpannedError};

use crate::diagnostic::Diagnostic;
use crate::program::Place;

/// What RON says of a part of the text, where it says it.
pub(super) fn diagnostic(text: &str, part: &str, error: &SpannedError) -> Diagnostic {
    let base = part.as_ptr() as usize - text.as_ptr() as usize;
    let at = |line: usize, column: usize| {
        let byte = base + byte_of(part, line, column);
        u32::try_from(byte.min(text.len())).unwrap_or(u32::MAX)
    };
    let end = at(error.span.end.line, error.span.end.col);
    // RON's spans begin before the white space; where it stopped is what a reader looks for.
    let place = Place { start: end, end };
    let (message, help) = explain(&error.code);
    let found = text[end as usize..].chars().next();
    let message = match (message, found) {
        (Some(message), None) if matches!(error.code, Error::Eof) => message.to_owned(),
        (Some(message), Some(found)) if !found.is_whitespace() => {
            format!("{message}, found `{found}`")
        }
        (Some(message), None) => format!("{message}, found the end of the file"),
        (Some(message), _) => message.to_owned(),
        (None, _) => lowercase_first(&error.code.to_string()),
    };
    Diagnostic::new(place, message).maybe_help(help.map(str::to_owned))
}

fn explain(error: &Error) -> (Option<&'static str>, Option<&'static str>) {
    match error {
        Error::Eof => (
            Some("the file ends too early"),
            Some("a bracket or quote is not closed"),
        ),
        Error::ExpectedComma | Error::ExpectedArrayEnd => (
            Some("expected a comma or a closing bracket"),
            Some("parts of a list, tuple or map are separated by commas"),
        ),
        Error::ExpectedMapColon => (Some("expected a colon after the key"), None),
        Error::ExpectedMapEnd => (Some("expected a comma or `}`"), None),
        Error::ExpectedOptionEnd | Error::ExpectedStructLikeEnd => {
            (Some("expected a comma or `)`"), None)
        }
        Error::ExpectedStringEnd => (None, Some("the text needs a closing double quote")),
        Error::TrailingCharacters => (
            Some("expected nothing after the case"),
            Some("a file holds one `Case(...)`"),
        ),
        Error::ExceededRecursionLimit => (
            Some("values nest too deep here"),
            Some("cases nest no deeper than 64 statements; move the inner part into a function"),
        ),
        Error::ExpectedRawValue => (
            Some("expected a case"),
            Some("a case file has no `#![...]` attributes"),
        ),
        _ => (None, None),
    }
}

fn lowercase_first(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The byte of a line and column, both from 1, columns in characters.
fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match text[start..].find('\n') {
            Some(newline) => start += newline + 1,
            None => return text.len(),
        }
    }
    text[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(index, _)| start + index)
}
