//! Reading a case's text: syntax, then checks; every mistake found, each with its place.
//!
//! `tree` knows RON, the siblings after it know the language's forms, `check` knows what the forms
//! mean together.

mod arguments;
mod case;
mod claim;
mod expression;
mod form;
mod relation;
mod statement;
mod syntax_error;
mod tree;

use crate::check;
use crate::diagnostic::Diagnostic;
use crate::program::{Case, Place};

/// The largest file of a case, in bytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

/// The most statements of a case.
pub const STATEMENTS_MAX: usize = 10_000;

/// The deepest nesting of statements.
pub const NESTING_MAX: usize = 64;

/// The most rounds of a `Repeat`.
pub const REPEAT_MAX: u32 = 10_000;

/// The most times that something is measured in one run.
pub const MEASURE_MAX: u32 = 100_000;

/// The most entries of a map, names of a list and named arguments of a call.
const ENTRIES_MAX: usize = 1000;

/// The most mistakes that are told at once.
const MISTAKES_MAX: usize = 100;

/// Reads and checks a case.
///
/// # Errors
/// All the mistakes found, in the order of the file.
///
/// # Examples
/// ```
/// let text = r#"Case(
///     title: "A program prints",
///     clauses: ["PM-PRINT-LINE-001"],
///     main: [Print(["hello"])],
///     claims: [AllowedCount(1)],
/// )"#;
/// let case = poolproof_case::read("seed/hello", text, &["PM-PRINT-LINE-001"]).unwrap();
/// assert_eq!(case.title, "A program prints");
/// ```
pub fn read(id: &str, text: &str, known_clauses: &[&str]) -> Result<Case, Vec<Diagnostic>> {
    if text.len() > FILE_BYTES_MAX {
        let message = format!("the file has more than {FILE_BYTES_MAX} bytes");
        let help = "a case that is longer than that is none that anybody reads";
        return Err(vec![Diagnostic::new(Place::default(), message).help(help)]);
    }
    if text.trim().is_empty() {
        let help = "a case file holds `Case(title: ..., main: [...])`";
        let mistake = Diagnostic::new(Place::default(), "the file is empty");
        return Err(vec![mistake.help(help)]);
    }
    let tree = tree::parse(text).map_err(|mistake| vec![mistake])?;
    let mut reader = Reader::default();
    let read = reader.case(id, text, &tree, known_clauses);
    let mut mistakes = reader.mistakes;
    if let Some(mut case) = read {
        check::check(&mut case, &mut mistakes);
        if mistakes.is_empty() {
            return Ok(case);
        }
    }
    mistakes.sort_by(|left, right| (left.place, &left.message).cmp(&(right.place, &right.message)));
    mistakes.dedup();
    mistakes.truncate(MISTAKES_MAX);
    Err(mistakes)
}

/// What reading collects on its way through the tree.
#[derive(Default)]
struct Reader {
    mistakes: Vec<Diagnostic>,
    statements: usize,
    nesting: usize,
}

impl Reader {
    fn mistake(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// Says so where there are more than anyone writes; whether they are few enough to be read.
    fn at_most(&mut self, count: usize, place: Place) -> bool {
        if count > ENTRIES_MAX {
            let message = format!("{count} entries are more than a case may have in one place");
            let help = format!("at most {ENTRIES_MAX}");
            self.mistake(Diagnostic::new(place, message).help(help));
        }
        count <= ENTRIES_MAX
    }
}

#[cfg(test)]
mod tests;
