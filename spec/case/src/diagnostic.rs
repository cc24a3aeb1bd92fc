//! What is wrong with a case's file, where, and the way out; shown with the line and a caret.
//!
//! What is wrong is found by `read` and `check`; this only keeps and shows it.

use std::borrow::Cow;

use codespan_reporting::diagnostic::{Diagnostic as Report, Label};
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term;
use codespan_reporting::term::termcolor::Ansi;

use crate::program::Place;

/// A mistake in a case's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where it stands.
    pub place: Place,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake without advice.
    #[must_use]
    pub fn new(place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            place,
            message: message.into(),
            help: None,
        }
    }

    /// The same mistake with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same mistake with advice, where there is any.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help;
        self
    }
}

/// The mistake as a person reads it: what, where, the line, a caret, the way out.
#[must_use]
pub fn render(diagnostic: &Diagnostic, file_name: &str, text: &str, color: bool) -> String {
    // What a stranger's file holds may move no cursor; places are bytes, so each is as long as before.
    let text = &*printable(text);
    let file = SimpleFile::new(file_name, text);
    let start = floor_boundary(text, diagnostic.place.start as usize);
    let end = floor_boundary(text, diagnostic.place.end as usize).max(start);
    // A caret under each line of a long statement would hide the message.
    let end = text[start..end].find('\n').map_or(end, |line| start + line);
    let mut report = Report::error()
        .with_message(printable(&diagnostic.message))
        .with_labels(vec![Label::primary((), start..end)]);
    if let Some(help) = &diagnostic.help {
        report = report.with_notes(vec![format!("help: {}", printable(help))]);
    }
    let config = term::Config::default();
    let mut out = Vec::new();
    let result = if color {
        term::emit_to_write_style(&mut Ansi::new(&mut out), &config, &file, &report)
    } else {
        term::emit_to_io_write(&mut out, &config, &file, &report)
    };
    match result {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        // Only a place outside the file could fail; the message still has to reach its reader.
        Err(_) => format!("error: {}\n", diagnostic.message),
    }
}

/// The text with a sign in place of each control character.
fn printable(text: &str) -> Cow<'_, str> {
    let is_bad = |character: char| character.is_control() && !"\n\r\t".contains(character);
    if !text.contains(is_bad) {
        return Cow::Borrowed(text);
    }
    let sign = |character: char| match character.len_utf8() {
        _ if !is_bad(character) => character,
        1 => '?',
        // All others are in Latin-1, as this is.
        _ => '\u{bf}',
    };
    Cow::Owned(text.chars().map(sign).collect())
}

/// The line and column, both from 1, columns in characters, of a byte of the text.
#[must_use]
pub fn line_column(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..floor_boundary(text, byte)];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

fn floor_boundary(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_moves_no_cursor() {
        let text = "Case(\u{1b}[2J \u{9b}5m Lokc)\n";
        let start = u32::try_from(text.find("Lokc").unwrap()).unwrap();
        let place = Place {
            start,
            end: start + 4,
        };
        let message = format!("no object `{text}`");
        let shown = render(&Diagnostic::new(place, message), "x.ron", text, false);
        assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{shown:?}");
        assert!(shown.contains("Case(?[2J \u{bf}5m Lokc)"), "{shown}");
    }

    #[test]
    fn a_mistake_is_shown_with_line_caret_and_help() {
        let text = "Case(\n    é: Lokc,\n)\n";
        let place = Place { start: 14, end: 18 };
        let diagnostic = Diagnostic::new(place, "no object `Lokc`").help("did you mean `Lock`?");
        let shown = render(&diagnostic, "cases/x.ron", text, false);
        assert!(shown.contains("error: no object `Lokc`"), "{shown}");
        assert!(shown.contains("cases/x.ron:2:8"), "{shown}");
        assert!(shown.contains("^^^^"), "{shown}");
        assert!(shown.contains("help: did you mean `Lock`?"), "{shown}");
    }

    #[test]
    fn places_beyond_the_text_are_its_end() {
        assert_eq!(line_column("aé\nb", 99), (2, 2));
        assert_eq!(line_column("aé\nb", 2), (1, 2));
        let place = Place { start: 50, end: 90 };
        let shown = render(&Diagnostic::new(place, "cut short"), "x", "a\n", false);
        assert!(shown.contains("cut short"), "{shown}");
    }
}
