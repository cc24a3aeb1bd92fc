//! The TAP report: version 14 of the Test Anything Protocol, a test point for each record.
//!
//! A known deviation is a `TODO`, which fails nothing; what was not judged is a `SKIP`.

use crate::compare::Comparison;
use crate::matrix::driver;
use crate::outcome_text::outcome_text;
use crate::record::Record;
use crate::run_file::RunFile;
use crate::shown::shown;
use crate::verdict::Verdict;

/// Of a longer text, only the beginning and the length are shown.
const TEXT_CHARS_MAX: usize = 2000;

/// The report as TAP, with what changed as comments if it is known.
///
/// ```
/// let report = poolproof_report::tap(&poolproof_report::RunFile::default(), None);
/// assert!(report.starts_with("TAP version 14\n1..0"));
/// ```
#[must_use]
pub fn tap(file: &RunFile, changed: Option<&Comparison>) -> String {
    let mut text = format!("TAP version 14\n1..{}", file.records.len());
    text += if file.records.is_empty() {
        " # SKIP nothing was run\n"
    } else {
        "\n"
    };
    if let Some(comparison) = changed {
        text += &format!("# {}\n", comparison.sentence());
        for change in &comparison.changes {
            let words = format!("{} {}: {}", change.sign(), change.place(), change.words());
            text += &format!("# {}\n", shown(&words, TEXT_CHARS_MAX));
        }
    }
    for (index, record) in file.records.iter().enumerate() {
        text += &point(index + 1, record);
    }
    if file.foot.is_none() && !file.head.id.is_empty() {
        text += "Bail out! The run was cut short.\n";
    }
    text
}

fn point(number: usize, record: &Record) -> String {
    let name = format!(
        "{} on {} under {}",
        record.case,
        driver(record),
        record.start_method
    );
    let name = escaped(&name);
    let reason = record.reason.as_deref().unwrap_or(record.verdict.name());
    let reason = escaped(reason);
    match record.verdict {
        Verdict::Conforms => format!("ok {number} - {name}\n"),
        Verdict::Known => format!("not ok {number} - {name} # TODO known: {reason}\n"),
        Verdict::Skipped
        | Verdict::Unsupported
        | Verdict::Undefined
        | Verdict::Inconclusive
        | Verdict::Unsettled => {
            format!("ok {number} - {name} # SKIP {}: {reason}\n", record.verdict)
        }
        Verdict::Refuted | Verdict::Differs | Verdict::Deviates | Verdict::Broken => {
            format!("not ok {number} - {name}\n{}", diagnostic(record))
        }
    }
}

/// What is wrong, as a block of YAML; a JSON string is one of YAML, too.
fn diagnostic(record: &Record) -> String {
    let mut text = format!("  ---\n  verdict: {}\n", record.verdict);
    let mut field = |name: &str, value: &str| {
        let value = serde_json::Value::from(shown(value, TEXT_CHARS_MAX));
        text += &format!("  {name}: {value}\n");
    };
    if let Some(reason) = &record.reason {
        field("message", reason);
    }
    let worst = record.forbidden().max_by_key(|seen| seen.count);
    if let Some(seen) = worst {
        field("got", &outcome_text(&seen.outcome()));
        if let Some(rejection) = &seen.rejection {
            field("nearest", &outcome_text(&rejection.nearest));
        }
        if !seen.stderr.is_empty() {
            field("stderr", &seen.stderr);
        }
    }
    if let Some(replay) = &record.replay {
        field("repeat", replay);
    }
    text + "  ...\n"
}

/// A text on one line in which nothing begins a directive.
fn escaped(text: &str) -> String {
    let text = shown(&text.replace('\n', " "), TEXT_CHARS_MAX);
    text.replace('\\', "\\\\").replace('#', "\\#")
}
