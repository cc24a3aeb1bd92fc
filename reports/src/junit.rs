//! The JUnit report: for servers that show tests, a test case for each case under each start method.
//!
//! A known deviation passes, with its reason; what was not judged is skipped and never passes.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::compare::Comparison;
use crate::finding::sentence;
use crate::matrix::driver;
use crate::natural;
use crate::outcome_text::outcome_text;
use crate::record::Record;
use crate::run_file::RunFile;
use crate::shown::{printable, shown};
use crate::verdict::Verdict;

/// Of a longer text, only the beginning and the length are shown.
const TEXT_CHARS_MAX: usize = 2000;

/// What stands for all that a run that was cut short has not shown.
fn cut_short() -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("incomplete");
    status.set_message("the run was cut short; what it has not come to is not here");
    let mut suite = TestSuite::new("the run");
    suite.add_test_case(TestCase::new("the run is whole", status));
    suite
}

/// The report as JUnit XML, a suite for each driver, with what changed in the output of its suite if
/// it is known.
///
/// ```
/// let report = poolproof_report::junit(&poolproof_report::RunFile::default(), None);
/// assert!(report.contains("<testsuites"));
/// ```
#[must_use]
pub fn junit(file: &RunFile, changed: Option<&Comparison>) -> String {
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for record in &file.records {
        let driver = driver(record);
        let name = shown(&driver, TEXT_CHARS_MAX);
        let suite = suites.entry(driver).or_insert_with(|| TestSuite::new(name));
        suite.add_test_case(test_case(record));
    }
    for (driver, suite) in &mut suites {
        let all = changed.map_or(&[][..], |comparison| &comparison.changes);
        let of_driver = all.iter().filter(|change| change.driver == *driver);
        let said: String = of_driver
            .map(|change| format!("{} {}: {}\n", change.sign(), change.place(), change.words()))
            .collect();
        if !said.is_empty() {
            suite.set_system_out(printable(&format!("what changed:\n{said}")));
        }
    }
    let mut suites: Vec<(String, TestSuite)> = suites.into_iter().collect();
    suites.sort_by_cached_key(|(name, _)| natural::key(name));
    let mut report = Report::new("poolproof");
    report.add_test_suites(suites.into_iter().map(|(_, suite)| suite));
    match &file.foot {
        Some(foot) => {
            report.set_time(seconds(foot.seconds));
        }
        None => {
            report.add_test_suite(cut_short());
        }
    }
    let text = report.to_string().unwrap_or_else(|error| {
        // Nothing but a text that is no XML could be wrong, and each is made printable.
        format!("<testsuites name=\"{error}: {}\"/>\n", sentence(file))
    });
    as_in_schemas(&text)
}

/// The report without the one attribute that no schema of JUnit knows: how many of all were skipped.
fn as_in_schemas(text: &str) -> String {
    let end = text.find("<testsuite ").unwrap_or(text.len());
    let (head, rest) = text.split_at(end);
    let Some((before, after)) = head.split_once(" skipped=\"") else {
        return text.to_owned();
    };
    let after = after.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}{rest}")
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn test_case(record: &Record) -> TestCase {
    let name = format!("{} [{}]", record.case, record.start_method);
    let mut case = TestCase::new(shown(&name, TEXT_CHARS_MAX), status(record));
    let class = format!("{}.{}", driver(record), record.area());
    case.set_classname(shown(class.trim_end_matches('.'), TEXT_CHARS_MAX));
    if let Some(time) = record.seconds {
        case.set_time(seconds(time));
    }
    if record.verdict == Verdict::Known {
        case.set_system_out(format!("known: {}", reason(record)));
    }
    let wrong = record
        .observations
        .iter()
        .find(|seen| !seen.stderr.is_empty());
    if let Some(seen) = wrong.filter(|_| record.verdict >= Verdict::Inconclusive) {
        case.set_system_err(printable(&seen.stderr));
    }
    case
}

fn reason(record: &Record) -> String {
    let reason = record.reason.as_deref().unwrap_or(record.verdict.name());
    shown(reason, TEXT_CHARS_MAX)
}

fn status(record: &Record) -> TestCaseStatus {
    match record.verdict {
        Verdict::Conforms | Verdict::Known => return TestCaseStatus::success(),
        Verdict::Skipped
        | Verdict::Unsupported
        | Verdict::Undefined
        | Verdict::Inconclusive
        | Verdict::Unsettled => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("{}: {}", record.verdict, reason(record)));
            return status;
        }
        Verdict::Refuted | Verdict::Differs | Verdict::Deviates | Verdict::Broken => {}
    }
    // An error is one of the tests themselves, which none of these is.
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(record.verdict.name());
    status.set_message(reason(record));
    status.set_description(description(record));
    status
}

/// What was seen, what is nearest, and how to see it again.
fn description(record: &Record) -> String {
    let mut text = format!("{}\n", shown(&record.title, TEXT_CHARS_MAX));
    if !record.clauses.is_empty() {
        text += &format!(
            "clauses: {}\n",
            shown(&record.clauses.join(", "), TEXT_CHARS_MAX)
        );
    }
    for seen in record.forbidden().take(4) {
        let outcome = outcome_text(&seen.outcome());
        text += &format!("got {} of {} runs: {outcome}\n", seen.count, record.runs);
        if let Some(rejection) = &seen.rejection {
            text += &format!("nearest allowed: {}\n", outcome_text(&rejection.nearest));
            for clause in &rejection.offends {
                text += &format!("offends: {}\n", shown(&clause.id, TEXT_CHARS_MAX));
            }
        }
    }
    for seen in &record.observations {
        for leak in seen.leaked.iter().take(4) {
            text += &format!("left: {}\n", shown(leak, TEXT_CHARS_MAX));
        }
    }
    if let Some(replay) = &record.replay {
        text += &format!("repeat: {}\n", shown(replay, TEXT_CHARS_MAX));
    }
    text
}
