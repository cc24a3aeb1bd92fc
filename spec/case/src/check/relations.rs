//! What is measured and what is claimed of it fit together; and a case that measures nothing has
//! clauses.

use std::collections::BTreeMap;

use crate::claim::ClaimKind;
use crate::diagnostic::Diagnostic;
use crate::nearest::advice;
use crate::program::{Case, Place, Program, StatementKind};
use crate::relation::{Relation, Subject, Unit};
use crate::walk;

/// The labels of each contender, with their units.
type Labels<'c> = BTreeMap<Option<&'c str>, BTreeMap<&'c str, Unit>>;

/// Adds what is wrong, and gives each label its contender where the claim leaves it out.
pub(super) fn check(case: &mut Case, mistakes: &mut Vec<Diagnostic>) {
    let labels = owned(&labels(case, mistakes));
    let is_measured = labels.values().any(|labels| !labels.is_empty());
    if case.clauses.is_empty() && !is_measured {
        let message = "`clauses` is empty, and nothing is measured";
        let help = "name at least one clause that the case tests: `poolproof clauses` lists them";
        mistakes.push(Diagnostic::new(Place::default(), message).help(help));
    }
    let methods = case.methods.clone();
    for claim in &mut case.claims {
        let place = claim.place;
        let ClaimKind::Relation(relation) = &mut claim.kind else {
            if is_measured {
                let message = "a case that measures is not explored, so this cannot be known";
                let help = "claim it in a case of its own, without `Measure` and `Sample`";
                mistakes.push(Diagnostic::new(place, message).help(help));
            }
            continue;
        };
        let unit = relation.unit();
        let is_named = relation.method().is_some();
        for subject in subjects(relation) {
            settle(subject, &labels, unit, place, mistakes);
            for method in named(subject) {
                if !methods.contains(&method) {
                    let message = format!("the case leaves out `{method}`");
                    mistakes.push(Diagnostic::new(place, message).help("add it to `methods`"));
                }
            }
        }
        if is_named && !claim.methods.is_empty() {
            let message = "this relation names its start methods itself";
            let help = "leave out `Under`";
            mistakes.push(Diagnostic::new(place, message).help(help));
        }
    }
}

fn labels<'c>(case: &'c Case, mistakes: &mut Vec<Diagnostic>) -> Labels<'c> {
    let mut all = Labels::new();
    for (contender, program) in case.programs() {
        let mut labels: BTreeMap<&str, Unit> = BTreeMap::new();
        check_prints(program, mistakes);
        for (label, unit, place) in program.labels() {
            let known = labels.insert(label, unit);
            // A sample may be taken at several places: it is the same label later.
            if known.is_some_and(|known| unit == Unit::Nanoseconds || known != unit) {
                let message = format!("`{label}` is measured already");
                let help = "each `Measure` has a label of its own, which no `Sample` has";
                mistakes.push(Diagnostic::new(place, message).help(help));
            }
        }
        if let Some(name) = contender
            && labels.is_empty()
        {
            let message = format!("the contender `{name}` measures nothing");
            let help =
                "put what is compared into `Measure(\"label\", 100, [...])`, or take a `Sample`";
            let place = program
                .main
                .first()
                .map(|first| first.place)
                .unwrap_or_default();
            mistakes.push(Diagnostic::new(place, message).help(help));
        }
        all.insert(contender, labels);
    }
    all
}

/// What is printed would be measured, too.
fn check_prints(program: &Program, mistakes: &mut Vec<Diagnostic>) {
    for block in program.blocks() {
        walk::statements(block, &mut |statement| {
            let StatementKind::Measure(label, _, body) = &statement.kind else {
                return;
            };
            walk::statements(body, &mut |inner| {
                if matches!(
                    inner.kind,
                    StatementKind::Print(_) | StatementKind::Sample(_)
                ) {
                    let message = format!("this would be a part of what `{label}` measures");
                    let help = "print and sample before `Measure` or behind it";
                    mistakes.push(Diagnostic::new(inner.place, message).help(help));
                }
            });
        });
    }
}

type Owned = BTreeMap<Option<String>, BTreeMap<String, Unit>>;

fn owned(labels: &Labels<'_>) -> Owned {
    let inner = |labels: &BTreeMap<&str, Unit>| {
        let labels = labels.iter();
        labels
            .map(|(label, unit)| ((*label).to_owned(), *unit))
            .collect()
    };
    let all = labels.iter();
    all.map(|(contender, labels)| (contender.map(str::to_owned), inner(labels)))
        .collect()
}

fn subjects(relation: &mut Relation) -> Vec<&mut Subject> {
    match relation {
        Relation::Faster(one, other, _) | Relation::Smaller(one, other, _) => vec![one, other],
        Relation::AtMost(subject, _) | Relation::Grows(subject, _) => vec![subject],
    }
}

fn named(subject: &Subject) -> Vec<crate::StartMethod> {
    match subject {
        Subject::Label { .. } => Vec::new(),
        Subject::At(method, inner) => {
            let mut methods = named(inner);
            methods.push(*method);
            methods
        }
        Subject::Since(now, then) => {
            let mut methods = named(now);
            methods.extend(named(then));
            methods
        }
    }
}

/// Finds the label of a subject, and says what is wrong with it.
fn settle(
    subject: &mut Subject,
    labels: &Owned,
    unit: Unit,
    place: Place,
    mistakes: &mut Vec<Diagnostic>,
) {
    let said = subject.to_string();
    match subject {
        Subject::At(_, inner) => settle(inner, labels, unit, place, mistakes),
        Subject::Since(now, then) => {
            if unit == Unit::Nanoseconds {
                let message = "`Since` is for memory, and this compares times";
                mistakes
                    .push(Diagnostic::new(place, message).help("measure the difference itself"));
            }
            settle(now, labels, unit, place, mistakes);
            settle(then, labels, unit, place, mistakes);
        }
        Subject::Label { contender, label } => {
            let Some(found) = find(contender.as_deref(), label, labels) else {
                let message = format!("nothing is measured as `{said}`");
                let known: Vec<String> = known(labels);
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let help = advice(&said, &known)
                    .or_else(|| Some(format!("measured: {}", known.join(", "))));
                mistakes.push(Diagnostic::new(place, message).maybe_help(help));
                return;
            };
            let (its_contender, its_label, its_unit) = found;
            if its_unit != unit {
                let (is, wants) = match unit {
                    Unit::Bytes => ("a time", "compares memory"),
                    Unit::Nanoseconds => ("memory", "compares times"),
                };
                let message = format!("`{said}` is {is}, and this {wants}");
                let help = "`Measure` gives times, `Sample` gives memory";
                mistakes.push(Diagnostic::new(place, message).help(help));
            }
            *contender = its_contender;
            *label = its_label;
        }
    }
}

/// The label that is meant: of that contender, of the only one, or the only one of a contender that
/// is named so.
fn find(
    contender: Option<&str>,
    label: &str,
    labels: &Owned,
) -> Option<(Option<String>, String, Unit)> {
    let of = |contender: &Option<String>, label: &str| {
        let unit = labels.get(contender)?.get(label)?;
        Some((contender.clone(), label.to_owned(), *unit))
    };
    if let Some(contender) = contender {
        return of(&Some(contender.to_owned()), label);
    }
    if let Some(found) = of(&None, label) {
        return Some(found);
    }
    let named = Some(label.to_owned());
    let mut its = labels.get(&named)?.iter();
    match (its.next(), its.next()) {
        (Some((label, unit)), None) => Some((named, label.clone(), *unit)),
        _ => None,
    }
}

fn known(labels: &Owned) -> Vec<String> {
    let mut known = Vec::new();
    for (contender, labels) in labels {
        for label in labels.keys() {
            known.push(match contender {
                None => label.clone(),
                Some(contender) if labels.len() == 1 => contender.clone(),
                Some(contender) => format!("{contender}/{label}"),
            });
        }
    }
    known
}
