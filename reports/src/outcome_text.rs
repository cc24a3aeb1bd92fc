//! Outcomes in one line of text, however many lines they have.

use poolproof_case::Outcome;

use crate::shown::shown;

/// Of more lines than this, only the first and the last are shown.
const LINES_MAX: usize = 24;
/// Of a longer line, only the beginning and the length are shown.
const LINE_CHARS_MAX: usize = 80;

/// An outcome in one line of text: equal neighbours once, the middle of very many left out.
#[must_use]
pub fn outcome_text(outcome: &Outcome) -> String {
    let folded = folded(&outcome.lines);
    let lines = match folded.len() {
        0 => "(no line)".to_owned(),
        1..=LINES_MAX => folded.join(" / "),
        many => {
            let (first, last) = (&folded[..LINES_MAX / 2], &folded[many - LINES_MAX / 4..]);
            let left_out = many - first.len() - last.len();
            format!(
                "{} / … {left_out} more … / {}",
                first.join(" / "),
                last.join(" / ")
            )
        }
    };
    let left = match outcome.left {
        0 => String::new(),
        left => format!(", left {left}"),
    };
    format!("{lines} → {}{left}", outcome.ending)
}

/// The lines, equal neighbours as one with their number.
fn folded(lines: &[String]) -> Vec<String> {
    lines
        .chunk_by(|one, next| one == next)
        .map(|equal| match equal.len() {
            1 => shown(&equal[0], LINE_CHARS_MAX),
            count => format!("{} ×{count}", shown(&equal[0], LINE_CHARS_MAX)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use poolproof_case::Ending;

    use super::*;

    fn check(lines: &[&str], left: u32, expected: &str) {
        let outcome = Outcome {
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            ending: Ending::Exit(0),
            left,
        };
        assert_eq!(outcome_text(&outcome), expected);
    }

    #[test]
    fn an_outcome_is_its_lines_and_its_ending() {
        check(&["a", "b"], 0, "a / b → exit 0");
        check(&[], 2, "(no line) → exit 0, left 2");
    }

    #[test]
    fn a_line_that_would_move_the_cursor_or_fill_the_screen_does_not() {
        check(&["\u{1b}[2J"], 0, r"\u{1b}[2J → exit 0");
        let long = "x".repeat(10_000_000);
        let expected = format!("{}… (10000000 characters) → exit 0", "x".repeat(80));
        check(&[&long], 0, &expected);
    }

    #[test]
    fn an_outcome_of_very_many_lines_stays_short() {
        check(&["more"; 10_000], 0, "more ×10000 → exit 0");
        let many = ["a", "b"].repeat(500);
        let expected = format!("{}{}", ["a / b"; 6].join(" / "), " / … 982 more … / ");
        check(
            &many,
            0,
            &format!("{expected}{} → exit 0", ["a / b"; 3].join(" / ")),
        );
    }
}
