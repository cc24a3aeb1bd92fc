//! Small pieces of a page that several parts share: badges, texts of strangers, boxes that scroll.

use maud::{Markup, PreEscaped, html};
use poolproof_case::Outcome;

use crate::shown::shown;
use crate::verdict::Verdict;

/// Of a longer line, only the beginning and the length are shown.
const LINE_CHARS_MAX: usize = 400;

/// Of a text with more lines, only the last are shown.
const LINES_MAX: usize = 400;

/// A verdict as a sign and a word: never colour alone.
pub(super) fn badge(verdict: Verdict) -> Markup {
    html! {
        span class={ "badge " (tone(verdict)) } {
            span aria-hidden="true" { (verdict.glyph()) } " " (verdict)
        }
    }
}

/// How a verdict is coloured: by how much of somebody's attention it needs.
pub(super) fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conforms => "good",
        Verdict::Known | Verdict::Unsettled | Verdict::Inconclusive | Verdict::Refuted => "warn",
        Verdict::Differs | Verdict::Deviates | Verdict::Broken => "bad",
        Verdict::Undefined | Verdict::Unsupported | Verdict::Skipped => "quiet",
    }
}

/// A stranger's text of one line.
pub(super) fn text(text: &str) -> String {
    shown(text, LINE_CHARS_MAX)
}

/// A stranger's text of many lines; line ends and indents are kept.
pub(super) fn lines(text: &str) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    let first = all.len().saturating_sub(LINES_MAX);
    let mut kept = String::new();
    if first > 0 {
        kept += &format!("… {first} lines before\n");
    }
    for line in &all[first..] {
        let line = line.replace('\t', "    ");
        kept += &shown(&line, LINE_CHARS_MAX);
        kept.push('\n');
    }
    kept
}

/// A program or an output, in a box that scrolls by keyboard, too.
pub(super) fn source(label: &str, body: &str) -> Markup {
    html! {
        figure class="source" {
            figcaption { (label) }
            pre tabindex="0" role="group" aria-label=(label) { (lines(body)) }
        }
    }
}

/// Something wide, in a box that scrolls by keyboard, too.
pub(super) fn wide(label: &str, body: Markup) -> Markup {
    html! { div class="wide" tabindex="0" role="group" aria-label=(label) { (body) } }
}

/// Something that is closed at first, and made only when it is opened: a page of many opens at once.
pub(super) fn closed(summary: &str, body: &Markup) -> Markup {
    html! { details { summary { (summary) } (made_when_opened(body)) } }
}

/// What a `details` element is to contain, as text until the script makes it. No stranger's text ends
/// it, since each `<` in one is escaped.
pub(super) fn made_when_opened(body: &Markup) -> Markup {
    html! { script type="text/html" { (PreEscaped(&body.0)) } }
}

/// A command to copy.
pub(super) fn command(command: &str) -> Markup {
    html! {
        div class="command" {
            code { (shown(command, 4000)) }
            button type="button" class="copy" hidden { "Copy" }
        }
    }
}

/// An outcome, a line under the other, with what differs from `other` marked from the first line on.
pub(super) fn outcome(outcome: &Outcome, accepted: Option<usize>) -> Markup {
    let marked = |index: usize| accepted.is_some_and(|accepted| index >= accepted);
    html! {
        ol class="outcome" {
            @for (index, line) in outcome.lines.iter().take(60).enumerate() {
                li class=[marked(index).then_some("off")] { (text(line)) }
            }
            @if outcome.lines.len() > 60 {
                li class="note" { "… and " (outcome.lines.len() - 60) " more lines" }
            }
            li class=(if marked(outcome.lines.len()) { "ending off" } else { "ending" }) {
                "→ " (outcome.ending)
                @if outcome.left > 0 { ", " (outcome.left) " left" }
            }
        }
    }
}

/// What names an element, from what it is about: no blanks, which an id cannot have.
pub(super) fn anchor(kind: &str, about: &[&str]) -> String {
    let about = about.join("-");
    let about: String = about
        .chars()
        .map(|character| {
            if character.is_whitespace() || character.is_control() {
                '_'
            } else {
                character
            }
        })
        .collect();
    format!("{kind}-{about}")
}
