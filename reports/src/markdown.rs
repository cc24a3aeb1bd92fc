//! The Markdown report: short enough for a comment on a pull request.
//!
//! It says what the summary says, with every finding and its command to repeat.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::finding::{Card, Coverage, cards, coverage, sentence};
use crate::matrix::{Cell, Matrix, matrix, used_verdicts};
use crate::moment::moment;
use crate::natural;
use crate::outcome_text::outcome_text;
use crate::record::Head;
use crate::run_file::RunFile;
use crate::shown::shown;
use crate::verdict::Verdict;

const CARDS_MAX: usize = 20;
const CLAIMS_MAX: usize = 10;
/// Of a longer text, only the beginning and the length are shown.
const TEXT_CHARS_MAX: usize = 2000;

/// The report as Markdown.
#[must_use]
pub fn markdown(file: &RunFile) -> String {
    let matrix = matrix(file);
    let mut text = format!("# Poolproof\n\n{}\n", escaped(&sentence(file)));
    text += &matrix_table(&matrix);
    let legend: Vec<String> = used_verdicts(&matrix)
        .into_iter()
        .map(|verdict| format!("{} {verdict}", verdict.glyph()))
        .collect();
    if !legend.is_empty() {
        text += &format!("\n{}\n", legend.join(", "));
    }
    text += &cards_section(&cards(file));
    text += &coverage_section(&coverage(file));
    text += &environment(file);
    text
}

fn matrix_table(matrix: &Matrix) -> String {
    if matrix.rows.is_empty() {
        return String::new();
    }
    let mut text = "\n| area | driver |".to_owned();
    for method in &matrix.methods {
        text += &format!(" {method} |");
    }
    text += "\n| --- | --- |";
    text += &" --- |".repeat(matrix.methods.len());
    text.push('\n');
    for row in &matrix.rows {
        text += &format!("| {} | {} |", escaped(&row.area), escaped(&row.driver));
        for cell in &row.cells {
            text += &format!(" {} |", cell_text(cell));
        }
        text.push('\n');
    }
    text
}

fn cell_text(cell: &Cell) -> String {
    let parts: Vec<String> = Verdict::ALL
        .iter()
        .filter_map(|verdict| Some(format!("{} {}", verdict.glyph(), cell.get(verdict)?)))
        .collect();
    parts.join(" ")
}

fn cards_section(cards: &[Card<'_>]) -> String {
    if cards.is_empty() {
        return String::new();
    }
    let mut text = "\n## Findings\n".to_owned();
    for card in cards.iter().take(CARDS_MAX) {
        text += &card_text(card);
    }
    if cards.len() > CARDS_MAX {
        text += &format!("\nAnd {} more in the run file.\n", cards.len() - CARDS_MAX);
    }
    text
}

fn card_text(card: &Card<'_>) -> String {
    let record = card.record;
    let mut text = format!(
        "\n### {} {} {} on {} under {}\n\n",
        record.verdict.glyph(),
        record.verdict,
        escaped(&record.case),
        escaped(&record.driver),
        record.start_method
    );
    if !record.title.is_empty() {
        text += &format!("{}.\n\n", escaped(record.title.trim_end_matches('.')));
    }
    let mut item = |name: &str, value: String| {
        writeln!(text, "- {name}: {value}").expect("a string takes every write");
    };
    if !record.clauses.is_empty() {
        item("clauses", record.clauses.join(", "));
    }
    if let Some(reason) = &record.reason {
        item("because", escaped(reason));
    }
    if let Some(observation) = card.observation {
        let outcome = outcome_text(&observation.outcome());
        let total = record.runs;
        item(
            "got",
            format!("{} ({} of {total} runs)", code(&outcome), observation.count),
        );
        if let Some(rejection) = &observation.rejection {
            let expected: Vec<String> = rejection.expected.iter().map(|line| code(line)).collect();
            let after = match rejection.accepted {
                1 => "1 line".to_owned(),
                lines => format!("{lines} lines"),
            };
            item(
                "allowed",
                format!("after {after}, {}", expected.join(" or ")),
            );
            item("nearest", code(&outcome_text(&rejection.nearest)));
        }
        for leak in &observation.leaked {
            item("left", escaped(leak));
        }
    }
    if let Some(replay) = &record.replay {
        item("repeat", code(replay));
    }
    text
}

fn coverage_section(coverage: &Coverage) -> String {
    let mut text = format!(
        "\n## Coverage\n\nEvery allowed outcome was seen in {} of {} judged.\n",
        coverage.complete, coverage.judged
    );
    if !coverage.unseen_claims.is_empty() {
        text += "\nShown by no run:\n\n";
        for claim in coverage.unseen_claims.iter().take(CLAIMS_MAX) {
            text += &format!("- {}\n", escaped(claim));
        }
        if coverage.unseen_claims.len() > CLAIMS_MAX {
            text += &format!("- and {} more\n", coverage.unseen_claims.len() - CLAIMS_MAX);
        }
    }
    text += &reasons_list("Known deviations", &coverage.known);
    text += &reasons_list("Unsupported", &coverage.unsupported);
    if coverage.infrastructure > 0 {
        text += &format!(
            "\n{} runs failed here and are not counted.\n",
            coverage.infrastructure
        );
    }
    text
}

fn reasons_list(title: &str, reasons: &BTreeMap<String, usize>) -> String {
    if reasons.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{title}:\n\n");
    for (reason, count) in reasons {
        text += &format!("- {count}: {}\n", escaped(reason));
    }
    text
}

fn environment(file: &RunFile) -> String {
    let head = &file.head;
    let mut text = "\n## Environment\n\n".to_owned();
    let (system, cores) = (escaped(&head.system), head.cores);
    let memory = match head.memory_bytes {
        0 => String::new(),
        bytes => format!(", {:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    };
    text += &format!("- {system}, {cores} cores{memory}\n");
    text += &format!(
        "- Poolproof {}: {}\n",
        escaped(&head.tool),
        code(&head.command)
    );
    if head.started > 0 {
        text += &format!("- begun {}\n", moment(head.started));
    }
    let mut drivers: Vec<String> = file
        .records
        .iter()
        .filter(|record| !record.driver_version.is_empty())
        .map(|record| {
            format!(
                "- {}: {}\n",
                escaped(&record.driver),
                escaped(&record.driver_version)
            )
        })
        .collect();
    drivers.sort_by_cached_key(|line| natural::key(line));
    drivers.dedup();
    text += &drivers.concat();
    text += &surroundings(head);
    if let Some(foot) = &file.foot {
        text += &format!(
            "- {} runs of {} cases in {:.1} s, exit {}\n",
            foot.runs, foot.cases, foot.seconds, foot.exit
        );
    }
    text
}

/// What else a reader has to know of where the runs were made.
fn surroundings(head: &Head) -> String {
    let mut lines: Vec<String> = Vec::new();
    if !head.isolation.is_empty() {
        lines.push(head.isolation.clone());
    }
    let short = head.shortages.iter();
    lines.extend(short.map(|shortage| format!("nothing that failed counts: {shortage}")));
    let unused = head.unused.iter();
    lines.extend(unused.map(|unused| format!("not used: {}: {}", unused.program, unused.reason)));
    let lines = lines.iter().map(|line| format!("- {}\n", escaped(line)));
    lines.collect()
}

/// Text that Markdown leaves alone.
pub(crate) fn escaped(text: &str) -> String {
    let text = shown(&text.replace('\n', " "), TEXT_CHARS_MAX);
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '|' | '*' | '<' | '>' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Text as code, with a fence that it does not contain.
fn code(text: &str) -> String {
    let text = shown(&text.replace('\n', " "), TEXT_CHARS_MAX);
    let ticks = text.split(|character| character != '`').map(str::len).max();
    match ticks.unwrap_or(0) {
        0 => format!("`{text}`"),
        longest => {
            let fence = "`".repeat(longest + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{code, escaped};

    #[test]
    fn a_stranger_s_text_is_neither_markup_nor_endless() {
        assert_eq!(escaped("<b>\u{1b}[1m|"), r"\<b\>\\u{1b}\[1m\|");
        assert!(escaped(&"x".repeat(1 << 20)).len() < 3000);
        assert_eq!(code("a ``b"), "``` a ``b ```");
    }
}
