//! What changed since another run file.

use maud::{Markup, html};

use super::pieces::{anchor, text, wide};
use crate::compare::Comparison;

/// So many changes have a row.
const ROWS_MAX: usize = 200;

/// The section about what changed.
pub(super) fn changed(comparison: &Comparison) -> Markup {
    let all = &comparison.changes;
    let table = html! {
        table class="changed" {
            caption { "What is not the same, what is worse first" }
            thead { tr {
                th scope="col" { "is it worse" } th scope="col" { "where" } th scope="col" { "what" }
            } }
            tbody {
                @for change in all.iter().take(ROWS_MAX) {
                    tr {
                        td { @if change.regression { span class="bad" { "▲ worse" } } @else { "• no" } }
                        th scope="row" {
                            a href={ "#" (anchor("case", &[&change.case])) } { (text(&change.case)) }
                            " on " (text(&change.driver)) " under " (change.start_method)
                        }
                        td { (change.words()) }
                    }
                }
            }
        }
    };
    html! {
        section id="changed" aria-labelledby="changed-title" {
            h2 id="changed-title" { "What changed" }
            p { (comparison.sentence()) }
            p class="note" { "Before: " (text(&comparison.before)) ". After: " (text(&comparison.after)) "." }
            @if !all.is_empty() { (wide("What is not the same", table)) }
            @if all.len() > ROWS_MAX { p class="note" { (all.len() - ROWS_MAX) " more changes: poolproof compare --json." } }
            @if let Some(left_out) = comparison.left_out() { p class="note" { (left_out) "." } }
        }
    }
}
