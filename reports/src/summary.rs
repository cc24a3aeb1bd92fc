//! The one-screen summary: what deviates from what, the matrix, the worst findings, coverage.
//!
//! It fits 24 lines of the given width; what does not fit is counted, and stands in the report.

use crate::finding::{Card, Coverage, cards, coverage, sentence};
use crate::matrix::{Cell, Matrix, Row, matrix, used_verdicts};
use crate::natural;
use crate::outcome_text::outcome_text;
use crate::run_file::RunFile;
use crate::shown::shown;
use crate::verdict::Verdict;

const SCREEN_LINES: usize = 24;

/// So many rows the matrix may have, so that findings have room.
const ROWS_MAX: usize = 7;

/// No terminal is wider.
const LINE_CHARS_MAX: usize = 500;

/// One screen of text for a terminal.
#[must_use]
pub fn summary(file: &RunFile, color: bool, width: usize) -> String {
    let width = width.max(40);
    let matrix = fitting(matrix(file));
    let cards = cards(file);
    let mut coverage = coverage(file);
    if !cards.is_empty() {
        // What is found needs the room; what is known stands in the report.
        coverage.known.clear();
    }
    let mut top = wrapped(&sentence(file), width);
    top.push(String::new());
    top.extend(matrix_lines(&matrix, color, width));
    let bottom: Vec<String> = bottom_lines(file, &coverage, &matrix, color)
        .iter()
        .map(|line| shortened(line, width))
        .collect();
    let room = SCREEN_LINES.saturating_sub(top.len() + bottom.len() + 2);
    let cards = card_lines(&cards, room, color, width);
    let mut lines = top;
    if !cards.is_empty() {
        lines.push(String::new());
        lines.extend(cards);
    }
    lines.push(String::new());
    lines.extend(bottom);
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The matrix in at most so many rows: of many, those of a driver become one.
fn fitting(matrix: Matrix) -> Matrix {
    if matrix.rows.len() <= ROWS_MAX {
        return matrix;
    }
    let mut rows: Vec<Row> = Vec::new();
    for row in matrix.rows {
        let Some(same) = rows.iter_mut().find(|other| other.driver == row.driver) else {
            let area = "all".to_owned();
            rows.push(Row { area, ..row });
            continue;
        };
        for (cell, added) in same.cells.iter_mut().zip(row.cells) {
            for (verdict, count) in added {
                *cell.entry(verdict).or_default() += count;
            }
        }
    }
    rows.sort_by_cached_key(|row| natural::key(&row.driver));
    Matrix { rows, ..matrix }
}

/// What somebody would type next.
#[must_use]
pub fn next_step(file: &RunFile) -> String {
    let worst = cards(file).into_iter().next().map(|card| card.record);
    match worst {
        None if file.foot.is_none() && !file.records.is_empty() => {
            "begin again: what was cut short is replaced".to_owned()
        }
        None if file.records.iter().any(|record| record.verdict.is_judged()) => {
            "keep the run file; later runs compare with it: poolproof compare BEFORE AFTER"
                .to_owned()
        }
        None => "see what can be run here: poolproof drivers".to_owned(),
        Some(record) => {
            let case = record.argument.as_ref().unwrap_or(&record.case);
            let driver = record.driver_selector();
            let start_method = record.start_method;
            let runs = (record.runs * 10).clamp(50, 1000);
            let look = format!(
                "look longer: poolproof run {case} {driver} --start-method {start_method} \
                 --runs {runs}"
            );
            shown(&look, LINE_CHARS_MAX)
        }
    }
}

fn matrix_lines(matrix: &Matrix, color: bool, width: usize) -> Vec<String> {
    let mut lines = drawn(matrix, color);
    let more = lines.len().saturating_sub(ROWS_MAX + 1);
    if more > 0 {
        lines.truncate(ROWS_MAX + 1);
        lines.push(format!("… and {more} more drivers in the report"));
    }
    // A line that is too long to be coloured stays whole without colour.
    let plain = drawn(matrix, false);
    let fits = plain.iter().all(|line| line.chars().count() <= width);
    if fits {
        lines
    } else {
        lines.iter().map(|line| shortened(line, width)).collect()
    }
}

fn drawn(matrix: &Matrix, color: bool) -> Vec<String> {
    let area_width = column(matrix.rows.iter().map(|row| row.area.as_str()), "area");
    let driver_width = column(matrix.rows.iter().map(|row| row.driver.as_str()), "driver");
    let mut widths: Vec<usize> = matrix.methods.iter().map(|m| m.name().len()).collect();
    for row in &matrix.rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell_text(cell, false).chars().count());
        }
    }
    let mut head = format!("{:area_width$}  {:driver_width$}", "area", "driver");
    for (method, width) in matrix.methods.iter().zip(&widths) {
        head += &format!("  {:width$}", method.name());
    }
    let mut lines = vec![head.trim_end().to_owned()];
    let mut last_area = None;
    for row in &matrix.rows {
        let area = if last_area == Some(&row.area) {
            ""
        } else {
            &row.area
        };
        last_area = Some(&row.area);
        let mut line = format!("{area:area_width$}  {:driver_width$}", row.driver);
        for (cell, width) in row.cells.iter().zip(&widths) {
            let visible = cell_text(cell, false).chars().count();
            line += "  ";
            line += &cell_text(cell, color);
            line += &" ".repeat(width - visible);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

fn column<'a>(texts: impl Iterator<Item = &'a str>, head: &str) -> usize {
    texts
        .map(|text| text.chars().count())
        .max()
        .unwrap_or(0)
        .max(head.len())
}

fn cell_text(cell: &Cell, color: bool) -> String {
    let parts: Vec<String> = Verdict::ALL
        .iter()
        .filter_map(|verdict| cell.get(verdict).map(|count| (verdict, count)))
        .map(|(verdict, count)| painted(&format!("{}{count}", verdict.glyph()), *verdict, color))
        .collect();
    parts.join(" ")
}

/// The worst findings that fit, one at least, and how many do not.
fn card_lines(cards: &[Card<'_>], room: usize, color: bool, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rows = 0;
    for (index, card) in cards.iter().enumerate() {
        let body = card_body(card, width);
        let needed = 1 + body.iter().map(|line| rows_of(line, width)).sum::<usize>();
        let note = usize::from(index + 1 < cards.len());
        if index > 0 && rows + needed + note > room {
            lines.push(format!("… and {} more in the report", cards.len() - index));
            break;
        }
        rows += needed;
        let head = shortened(&card_head(card, width), width);
        lines.push(painted(&head, card.record.verdict, color));
        lines.extend(body);
    }
    lines
}

fn rows_of(line: &str, width: usize) -> usize {
    line.chars().count().div_ceil(width).max(1)
}

fn card_head(card: &Card<'_>, width: usize) -> String {
    let record = card.record;
    let clauses = record.clauses_text();
    let head = format!(
        "{} {} {} {}  {clauses}",
        record.verdict.glyph(),
        record.case,
        record.driver,
        record.start_method
    );
    shown(head.trim_end(), width)
}

fn card_body(card: &Card<'_>, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(observation) = card.observation {
        let outcome = outcome_text(&observation.outcome());
        lines.push(format!("  got {}×    {outcome}", observation.count));
        if let Some(rejection) = &observation.rejection {
            lines.push(format!("  nearest   {}", outcome_text(&rejection.nearest)));
        } else if let Some(leak) = observation.leaked.first() {
            lines.push(format!("  left      {}", shown(leak, width)));
        }
    } else if let Some(reason) = &card.record.reason {
        lines.push(format!("  because   {}", shown(reason, width)));
    }
    for line in &mut lines {
        *line = shortened(line, width);
    }
    // A command is for copying: it stays whole, and the terminal wraps it.
    lines.extend(
        card.record
            .replay
            .iter()
            .map(|replay| format!("  repeat    {replay}")),
    );
    lines
}

fn bottom_lines(file: &RunFile, coverage: &Coverage, matrix: &Matrix, color: bool) -> Vec<String> {
    let mut lines = coverage_lines(coverage);
    let legend: Vec<String> = used_verdicts(matrix)
        .into_iter()
        .map(|verdict| {
            format!(
                "{} {verdict}",
                painted(&verdict.glyph().to_string(), verdict, color)
            )
        })
        .collect();
    lines.push(legend.join("  "));
    if let Some(foot) = &file.foot {
        lines.push(format!(
            "{} runs of {} cases in {:.1} s, exit {}",
            foot.runs, foot.cases, foot.seconds, foot.exit
        ));
    }
    lines
}

fn coverage_lines(coverage: &Coverage) -> Vec<String> {
    let mut lines = vec![format!(
        "coverage: every allowed outcome seen in {} of {}",
        coverage.complete, coverage.judged
    )];
    if let Some(first) = coverage.unseen_claims.first() {
        let count = coverage.unseen_claims.len();
        lines.push(shown(
            &format!("not shown by any run ({count}): {first}"),
            LINE_CHARS_MAX,
        ));
    }
    if let Some(first) = coverage.stale.first() {
        let count = coverage.stale.len();
        let text = format!("not as the manifest says ({count}): {first}");
        lines.push(shown(&text, LINE_CHARS_MAX));
    }
    let reasons = [
        ("known", &coverage.known),
        ("unsupported", &coverage.unsupported),
    ];
    for (name, reasons) in reasons {
        if let Some((reason, _)) = reasons.iter().max_by_key(|(_, count)| **count) {
            let all: usize = reasons.values().sum();
            lines.push(shown(&format!("{name} ({all}): {reason}"), LINE_CHARS_MAX));
        }
    }
    if coverage.infrastructure > 0 {
        lines.push(format!(
            "not counted: {} runs that failed here",
            coverage.infrastructure
        ));
    }
    if coverage.undefined > 0 {
        lines.push(format!(
            "not judged: {} runs that came to what the documentation leaves undefined",
            coverage.undefined
        ));
    }
    lines
}

fn painted(text: &str, verdict: Verdict, color: bool) -> String {
    let code = match verdict {
        Verdict::Conforms => 32,
        Verdict::Known | Verdict::Unsettled | Verdict::Inconclusive | Verdict::Refuted => 33,
        Verdict::Differs | Verdict::Deviates | Verdict::Broken => 31,
        Verdict::Undefined | Verdict::Unsupported | Verdict::Skipped => 2,
    };
    if color {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// The text on one line of at most `width` characters; escapes of colour are not counted.
fn shortened(text: &str, width: usize) -> String {
    if text.contains('\u{1b}') || text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    kept + "…"
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let space = usize::from(!line.is_empty());
        if !line.is_empty() && line.chars().count() + space + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
