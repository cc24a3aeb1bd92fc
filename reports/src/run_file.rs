//! Run files: a head, cases, records and a foot, one JSON object a line.
//!
//! Reading says which line is bad; joining the files of several runs is the business of `merge`.

use std::fmt;

use crate::case_record::CaseRecord;
use crate::head::{Foot, Head};
use crate::record::{Line, Record, VERSION};

/// All that a run file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFile {
    /// The first line.
    pub head: Head,
    /// The cases that were run, in the order of the file; none in files of version 1.
    pub cases: Vec<CaseRecord>,
    /// The records, in the order of the file.
    pub records: Vec<Record>,
    /// The last line; none where the run was cut short.
    pub foot: Option<Foot>,
}

/// A run file that cannot be read; it names the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    line: usize,
    message: String,
}

impl Error {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Error {
        let message = message.into();
        Error { line, message }
    }

    /// The number of the line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "line {} of the run file: {}",
            self.line, self.message
        )
    }
}

impl std::error::Error for Error {}

/// Reads a run file; one without a foot is incomplete but no error, nor is one whose last line its
/// writer was killed in.
///
/// # Errors
/// When a line is no JSON object of a known type, or stands in the wrong place, and when the file
/// has a version that this crate does not know.
pub fn read(text: &str) -> Result<RunFile, Error> {
    let mut file = RunFile::default();
    let mut has_head = false;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let torn = &text[whole..];
    for (index, text) in text.lines().enumerate() {
        let number = index + 1;
        if text.trim().is_empty() {
            continue;
        }
        let line: Line = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(error) if error.is_eof() && has_head && text == torn => break,
            Err(error) => return Err(Error::new(number, describe(&error))),
        };
        if file.foot.is_some() {
            return Err(Error::new(number, "something stands after the foot"));
        }
        match line {
            Line::Head(_) if has_head => return Err(Error::new(number, "a second head")),
            Line::Head(head) if !(1..=VERSION).contains(&head.version) => {
                let message = format!(
                    "the file has version {}, and this Poolproof reads 1 to {VERSION}",
                    head.version
                );
                return Err(Error::new(number, message));
            }
            Line::Head(head) => {
                has_head = true;
                file.head = *head;
            }
            _ if !has_head => return Err(Error::new(number, "the head does not come first")),
            Line::Case(case) => file.cases.push(*case),
            Line::Record(record) => file.records.push(*record),
            Line::Foot(foot) => file.foot = Some(foot),
        }
    }
    if !has_head {
        return Err(Error::new(1, "no head: this is no run file"));
    }
    Ok(file)
}

/// The error without serde's own position, which is of no use in one line.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    format!("{} (column {})", &text[..end], error.column())
}

/// One line of a run file, with its newline.
#[must_use]
pub fn write_line(line: &Line) -> String {
    let text = serde_json::to_string(line).expect("records have text keys and finite numbers");
    text + "\n"
}

/// Writes a whole run file.
#[must_use]
pub fn write(file: &RunFile) -> String {
    let mut text = write_line(&Line::Head(Box::new(file.head.clone())));
    for case in &file.cases {
        text += &write_line(&Line::Case(Box::new(case.clone())));
    }
    for record in &file.records {
        text += &write_line(&Line::Record(Box::new(record.clone())));
    }
    if let Some(foot) = &file.foot {
        text += &write_line(&Line::Foot(foot.clone()));
    }
    text
}
