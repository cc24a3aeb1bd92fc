//! A comparison on one screen.

use std::collections::BTreeMap;

use super::{Change, Comparison};
use crate::shown::shown;

const SCREEN_LINES: usize = 24;

/// The comparison for a terminal: what is worse first, in at most 24 lines of this width. What is the
/// same under several start methods stands in one line.
#[must_use]
pub fn comparison_text(comparison: &Comparison, width: usize) -> String {
    let mut lines = vec![
        comparison.sentence(),
        format!("  before  {}", comparison.before),
        format!("  after   {}", comparison.after),
    ];
    lines.extend(comparison.left_out());
    let changes = folded(&comparison.changes);
    if !changes.is_empty() {
        lines.push(String::new());
    }
    for (index, (change, methods)) in changes.iter().enumerate() {
        let is_last = index + 1 == changes.len();
        if lines.len() + 2 + usize::from(!is_last) > SCREEN_LINES {
            lines.push(format!("… and {} more with --json", changes.len() - index));
            break;
        }
        let place = format!("{} on {} under {methods}", change.case, change.driver);
        lines.push(format!("{} {}", change.sign(), shown(&place, 400)));
        lines.push(format!("    {}", change.words()));
    }
    let mut text = String::new();
    for line in lines {
        text += &cut(&line, width.max(40));
        text.push('\n');
    }
    text
}

/// Changes that say the same in the same words, with their start methods.
fn folded(changes: &[Change]) -> Vec<(&Change, String)> {
    let mut folded: Vec<(&Change, String)> = Vec::new();
    let mut places: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
    for change in changes {
        let key = (change.case.as_str(), change.driver.as_str(), change.words());
        let place = *places.entry(key).or_insert(folded.len());
        match folded.get_mut(place) {
            Some((_, methods)) => *methods += &format!(", {}", change.start_method),
            None => folded.push((change, change.start_method.to_string())),
        }
    }
    folded
}

fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width - 1).chain(['…']).collect()
}
