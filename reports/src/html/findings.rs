//! A card for each finding: what was seen, what would have been allowed, how that comes about, how
//! often it was seen, and how to see it again.

use maud::{Markup, html};
use poolproof_case::Outcome;

use super::interleaving::interleaving;
use super::measured::relations;
use super::pieces::{anchor, badge, closed, command, outcome, source, text, wide};
use crate::case_record::CaseRecord;
use crate::group::{Group, case_of};
use crate::outcome_text::outcome_text;
use crate::quantity::counted;
use crate::run_file::RunFile;

/// More cards nobody reads; each is also in the matrix and in the run file.
const CARDS_MAX: usize = 100;

/// The section with all cards.
pub(super) fn findings(file: &RunFile, groups: &[Group<'_>]) -> Markup {
    html! {
        section id="findings" aria-labelledby="findings-title" {
            h2 id="findings-title" { "Findings" }
            @if groups.is_empty() {
                p { "Nothing that was judged needs attention." }
            }
            @for group in groups.iter().take(CARDS_MAX) { (card(file, group)) }
            @if groups.len() > CARDS_MAX {
                p class="note" { (groups.len() - CARDS_MAX) " more are in the run file." }
            }
        }
    }
}

/// What a link to a finding's card leads to.
pub(super) fn name(group: &Group<'_>) -> String {
    let verdict = group.verdict.name();
    anchor("finding", &[&group.first().case, &group.driver, verdict])
}

fn card(file: &RunFile, group: &Group<'_>) -> Markup {
    let record = group.first();
    let case = case_of(file, record);
    let name = name(group);
    let title = format!("{name}-title");
    html! {
        article class="card" id=(name) aria-labelledby=(title)
            data-verdict=(group.verdict) data-driver=(group.driver)
            data-text={ (record.case) " " (record.title) " " (record.clauses.join(" ")) " " (group.driver) } {
            h3 id=(title) {
                (badge(group.verdict)) " "
                a href={ "#" (anchor("case", &[&record.case])) } { (record.case) }
                span class="on" { " on " (group.driver) " under " (group.methods_text()) }
            }
            @if !record.title.is_empty() { p class="fact" { (text(&record.title)) } }
            (clauses(case, &record.clauses))
            (offended(group))
            @if let Some(reason) = &record.reason { p class="reason" { (text(reason)) } }
            (compared(group))
            (rates(group))
            @if record.is_measured() { (relations(&group.records)) }
            (explained(group))
            @if !group.stderr().is_empty() {
                (closed("What it wrote to stderr", &source("stderr", group.stderr())))
            }
            (python(case))
            @if let Some(replay) = group.replay() {
                p class="caption" { "See it again:" }
                (command(replay))
            }
            a class="permalink" href={ "#" (name) } aria-label={ "Link to the finding in " (record.case) " on " (group.driver) } { "#" }
        }
    }
}

/// The clauses without one of which what was seen would be allowed.
fn offended(group: &Group<'_>) -> Markup {
    let offends = group
        .rejection()
        .map_or(&[][..], |rejection| &rejection.offends);
    html! {
        @if !offends.is_empty() {
            h4 { "Offends" }
            ul class="clauses" {
                @for clause in offends {
                    li { code { (text(&clause.id)) } " " b { (text(&clause.level)) } " " (text(&clause.text)) }
                }
            }
        }
    }
}

/// The clauses, with their sentences where the run file has them.
pub(super) fn clauses(case: Option<&CaseRecord>, ids: &[String]) -> Markup {
    let of = |id: &str| case?.clauses.iter().find(|clause| clause.id == id);
    html! {
        @if !ids.is_empty() {
            ul class="clauses" {
                @for id in ids {
                    li {
                        code { (text(id)) }
                        @if let Some(clause) = of(id) { " " b { (clause.level) } " " (text(&clause.text)) }
                    }
                }
            }
        }
    }
}

/// What was seen beside the nearest that is allowed.
fn compared(group: &Group<'_>) -> Markup {
    let leaked = group.leaked();
    let Some(shown) = group.shown else {
        return Markup::default();
    };
    let seen: Outcome = shown.outcome();
    let rejection = group.rejection();
    let accepted =
        rejection.map(|rejection| usize::try_from(rejection.accepted).unwrap_or(usize::MAX));
    html! {
        div class="pair" {
            div {
                h4 { "Seen" }
                (outcome(&seen, accepted))
            }
            @if let Some(rejection) = rejection {
                div {
                    h4 { "Nearest allowed" }
                    (outcome(&rejection.nearest, None))
                }
            }
        }
        @if let (Some(rejection), Some(accepted)) = (rejection, accepted) {
            p {
                "After " (counted(accepted, "line", "lines"))
                @if rejection.expected.is_empty() { " nothing more" } @else {
                    " only "
                    @for (index, expected) in rejection.expected.iter().take(6).enumerate() {
                        @if index > 0 { " or " }
                        code { (text(expected)) }
                    }
                    @if rejection.expected.len() > 6 { " or " (rejection.expected.len() - 6) " more" }
                }
                " would have been allowed."
            }
        }
        @if !leaked.is_empty() {
            p class="caption" { "Left behind:" }
            ul { @for leak in leaked.iter().take(12) { li { (text(leak)) } } }
        }
    }
}

/// How often it was seen, a row a start method.
fn rates(group: &Group<'_>) -> Markup {
    let others = group.others();
    if group.shown.is_none() {
        return Markup::default();
    }
    let table = html! {
        table class="rates" {
            caption { "How often, with the bounds of its chance at 95 %" }
            thead { tr {
                th scope="col" { "start method" }
                th scope="col" class="number" { "runs" }
                th scope="col" class="number" { "wrong" }
                th scope="col" { "chance" }
            } }
            tbody {
                @for record in &group.records {
                    @let rate = Group::rate(record);
                    tr {
                        th scope="row" { (record.start_method) }
                        td class="number" { (rate.runs) }
                        td class="number" { (rate.count) }
                        td {
                            span class="chance" aria-hidden="true"
                                style=(format!("--l:{:.0}%;--v:{:.0}%;--h:{:.0}%", rate.low * 100.0, rate.share() * 100.0, rate.high * 100.0)) {}
                            (rate)
                        }
                    }
                }
            }
        }
    };
    html! {
        (wide("How often it was seen", table))
        @if !others.is_empty() {
            details {
                summary { (counted(others.len(), "more forbidden outcome", "more forbidden outcomes")) }
                ul {
                    @for (outcome, count) in others.iter().take(20) {
                        li { (count) "× " code { (outcome_text(outcome)) } }
                    }
                    @if others.len() > 20 { li { "and " (others.len() - 20) " more in the run file" } }
                }
            }
        }
    }
}

fn explained(group: &Group<'_>) -> Markup {
    let (nearest, followed) = group.interleavings();
    html! {
        @if let Some(steps) = followed {
            (closed(
                "How far it can be followed",
                &interleaving("How the lines that were still allowed come about.", steps),
            ))
        }
        @if let Some(steps) = nearest {
            (closed(
                "How the nearest allowed outcome comes about",
                &interleaving("How the nearest allowed outcome comes about.", steps),
            ))
        }
    }
}

/// The case as programs in Python.
fn python(case: Option<&CaseRecord>) -> Markup {
    let programs = case.map_or(&[][..], |case| &case.programs);
    html! {
        @for program in programs {
            @if let Some(python) = &program.python {
                @let contender = program.contender.as_deref().map(|name| format!(", {}", text(name)));
                @let title = format!("The program in Python{}", contender.unwrap_or_default());
                (closed(&title, &source("Python", python)))
            }
        }
    }
}
