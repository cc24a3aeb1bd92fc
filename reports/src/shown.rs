//! Strangers' text as it can be shown: nothing in it moves a cursor, and it is never endless.

/// The text with each character that is not to be seen written out (`\u{1b}`), and of a longer one
/// than `most` characters its beginning and how many it has.
///
/// ```
/// assert_eq!(poolproof_report::shown("a\u{1b}[2Jb", 80), r"a\u{1b}[2Jb");
/// assert_eq!(poolproof_report::shown(&"x".repeat(1_000_000), 3), "xxx… (1000000 characters)");
/// ```
#[must_use]
pub fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for character in text.chars().take(most) {
        if is_unseen(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    let count = text.chars().count();
    if count > most {
        shown += &format!("… ({count} characters)");
    }
    shown
}

/// A whole document with each character that is not to be seen written out, but for its line ends.
pub(crate) fn printable(document: &str) -> String {
    let mut printable = String::with_capacity(document.len());
    for character in document.chars() {
        if character != '\n' && is_unseen(character) {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

/// Whether a terminal or a reader would do something else with it than show it: control characters,
/// and those that change the direction of what follows or have no width.
fn is_unseen(character: char) -> bool {
    const DIRECTIONS: [std::ops::RangeInclusive<char>; 5] = [
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{2069}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
    ];
    character.is_control() || DIRECTIONS.iter().any(|range| range.contains(&character))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_is_not_to_be_seen_is_written_out() {
        for (text, expected) in [
            ("plain ä → ✓", "plain ä → ✓"),
            ("\u{1b}]0;title\u{7}", r"\u{1b}]0;title\u{7}"),
            ("a\rb\tc\n", r"a\rb\tc\n"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("\u{202e}gnp", r"\u{202e}gnp"),
            ("\0", r"\u{0}"),
        ] {
            assert_eq!(shown(text, 80), expected);
        }
    }
}
