//! An interleaving as a table: a row a step, a column a process.

use maud::{Markup, html};

use super::pieces::{text, wide};
use crate::record::Interleaving;

/// The table, with what it shows as its caption.
pub(super) fn interleaving(caption: &str, interleaving: &Interleaving) -> Markup {
    let processes = interleaving.processes();
    let table = html! {
        table class="steps" {
            caption {
                (caption)
                @if interleaving.shortest { " No way is shorter." }
            }
            thead {
                tr {
                    th scope="col" { "step" }
                    @for process in &processes { th scope="col" { (text(process)) } }
                }
            }
            tbody {
                @for (index, step) in interleaving.steps.iter().enumerate() {
                    tr class=[step.line.is_some().then_some("prints")] {
                        th scope="row" { (index + 1) }
                        @for process in &processes {
                            td {
                                @if *process == step.process {
                                    (text(&step.does))
                                    @if let Some(line) = &step.line {
                                        " " strong class="printed" { "▸ " (text(line)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    wide(caption, table)
}
