//! What is wrong with a case's file, where, and the way out; shown with the line and a caret.
//!
//! What is wrong is found by `read` and `check`; this only keeps and shows it.

use std::borrow::Cow;
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic as Report, Label};
use codespan_reporting::files::{self, Files, SimpleFile};
use codespan_reporting::term;
use codespan_reporting::term::termcolor::Ansi;

use crate::program::Place;

/// The most that is shown of a line, and of a message that quotes one.
const LINE_BYTES_MAX: usize = 320;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The case cannot be used.
    Error,
    /// The case can be used, and is hardly what was meant.
    Warning,
}

/// A mistake in a case's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
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
            severity: Severity::Error,
            place,
            message: message.into(),
            help: None,
        }
    }

    /// What is hardly meant, without advice.
    #[must_use]
    pub fn warning(place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::new(place, message)
        }
    }

    /// Whether the case can be used in spite of it.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.severity == Severity::Warning
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
    let start = floor_boundary(text, diagnostic.place.start as usize);
    let end = floor_boundary(text, diagnostic.place.end as usize).max(start);
    // A caret under each line of a long statement would hide the message.
    let end = text[start..end].find('\n').map_or(end, |line| start + line);
    let (file, start, end) = Shown::around(file_name, text, start, end);
    let report = match diagnostic.severity {
        Severity::Error => Report::error(),
        Severity::Warning => Report::warning(),
    };
    let mut report = report
        .with_message(printable(&short(&diagnostic.message)))
        .with_labels(vec![Label::primary((), start..end)]);
    if let Some(help) = &diagnostic.help {
        report = report.with_notes(vec![format!("help: {}", printable(&short(help)))]);
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
        Err(_) if diagnostic.is_warning() => format!("warning: {}\n", diagnostic.message),
        Err(_) => format!("error: {}\n", diagnostic.message),
    }
}

/// A file whose one line that is shown is cut where it is long; places are told as in the whole.
struct Shown<'t> {
    file: SimpleFile<&'t str, Cow<'t, str>>,
    line: usize,
    /// How many characters are left out before what is shown of that line.
    left_out: usize,
}

impl<'t> Shown<'t> {
    /// The file with the line of a place, and the place in it.
    fn around(name: &'t str, text: &'t str, start: usize, end: usize) -> (Shown<'t>, usize, usize) {
        let first = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let last = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[..first].matches('\n').count();
        if last - first <= LINE_BYTES_MAX {
            let file = SimpleFile::new(name, Cow::Borrowed(text));
            let left_out = 0;
            let shown = Shown {
                file,
                line,
                left_out,
            };
            return (shown, start, end);
        }
        let from = floor_boundary(text, start.saturating_sub(LINE_BYTES_MAX / 4)).max(first);
        let to = floor_boundary(text, (from + LINE_BYTES_MAX).min(last)).max(start);
        let cut = [&text[..first], &text[from..to], &text[last..]].concat();
        let shown = Shown {
            file: SimpleFile::new(name, Cow::Owned(cut)),
            line,
            left_out: text[first..from].chars().count(),
        };
        (shown, start - (from - first), end.min(to) - (from - first))
    }
}

impl<'f> Files<'f> for Shown<'_> {
    type FileId = ();
    type Name = &'f str;
    type Source = &'f str;

    fn name(&'f self, (): ()) -> Result<Self::Name, files::Error> {
        Ok(self.file.name())
    }

    fn source(&'f self, (): ()) -> Result<Self::Source, files::Error> {
        Ok(self.file.source())
    }

    fn line_index(&'f self, (): (), byte: usize) -> Result<usize, files::Error> {
        self.file.line_index((), byte)
    }

    fn line_range(&'f self, (): (), line: usize) -> Result<Range<usize>, files::Error> {
        self.file.line_range((), line)
    }

    fn column_number(&'f self, (): (), line: usize, byte: usize) -> Result<usize, files::Error> {
        let column = self.file.column_number((), line, byte)?;
        Ok(column + if line == self.line { self.left_out } else { 0 })
    }
}

/// A text that quotes a file, cut where that is long.
fn short(text: &str) -> Cow<'_, str> {
    if text.len() <= LINE_BYTES_MAX {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!(
        "{}…",
        &text[..floor_boundary(text, LINE_BYTES_MAX)]
    ))
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
    fn a_warning_is_told_from_an_error() {
        let diagnostic = Diagnostic::warning(Place::default(), "nobody calls `f`");
        let shown = render(&diagnostic, "x.ron", "Case()\n", false);
        assert!(shown.contains("warning: nobody calls `f`"), "{shown}");
        assert!(!shown.contains("error"), "{shown}");
    }

    #[test]
    fn of_a_long_line_the_place_is_shown_and_told_as_in_the_whole() {
        let text = format!("Case(\n{}é Lokc{}\n)", "é".repeat(5000), "x".repeat(90_000));
        let start = u32::try_from(text.find("Lokc").unwrap()).unwrap();
        let place = Place {
            start,
            end: start + 4,
        };
        let message = format!("no object `{}`", "x".repeat(90_000));
        let shown = render(&Diagnostic::new(place, message), "x.ron", &text, false);
        assert!(shown.len() < 3000, "{}", shown.len());
        assert!(shown.contains("x.ron:2:5003"), "{shown}");
        assert!(shown.contains("é Lokcx"), "{shown}");
        assert!(shown.contains("^^^^\n"), "{shown}");
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
