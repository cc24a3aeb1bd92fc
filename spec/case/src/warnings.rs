//! What a case can be and is hardly meant to be: it warns, and `read` takes the case nevertheless.
//!
//! Nothing is run or explored for this: it is what the text alone tells.

mod arity;

use std::collections::BTreeSet;

use crate::claim::{Claim, ClaimKind, Predicate};
use crate::diagnostic::Diagnostic;
use crate::limits::DEADLINE_MS_USUAL_MIN;
use crate::method::StartMethod;
use crate::nearest::nearest;
use crate::print;
use crate::program::{
    Block, Callee, Case, Expression, ExpressionKind, Place, Program, StatementKind,
};
use crate::uses::{blocks, unsupported};
use crate::walk;

/// What a case is hardly meant to be, in the order of the file; `text` is that of the file.
///
/// # Examples
/// ```
/// let text = r#"Case(
///     title: "A program prints",
///     clauses: ["PM-PRINT-LINE-001"],
///     main: [Print(["hello"])],
///     claims: [Never(Line("helo"))],
/// )"#;
/// let case = poolproof_case::read("seed/hello", text, &["PM-PRINT-LINE-001"]).unwrap();
/// let warnings = poolproof_case::warnings(&case, text);
/// assert_eq!(warnings[0].message, "no `Print` of the case can write `helo`");
/// ```
#[must_use]
pub fn warnings(case: &Case, text: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, program) in case.programs() {
        found.extend(uncalled(program, text));
        found.extend(arity::misfits(program));
    }
    if !case.is_measured() {
        let written: Vec<Pattern> = blocks(&case.program)
            .flat_map(|(_, block)| prints(block))
            .collect();
        for claim in &case.claims {
            found.extend(unprintable(claim, &written, text));
            found.extend(empty(claim));
        }
    }
    found.extend(lacking(case));
    found.extend(hurried(case, text));
    found.sort_by(|left, right| (left.place, &left.message).cmp(&(right.place, &right.message)));
    found
}

/// What one `Print` writes: text where it is written out, none where anything may stand.
type Pattern = Vec<Option<String>>;

fn prints(block: &Block) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    walk::statements(block, &mut |statement| {
        if let StatementKind::Print(values) = &statement.kind {
            patterns.push(values.iter().map(written).collect());
        }
    });
    patterns
}

fn written(value: &Expression) -> Option<String> {
    match &value.kind {
        ExpressionKind::Literal(value) => Some(print::display(value)),
        _ => None,
    }
}

/// Whether a `Print` may write a line.
fn fits(pattern: &[Option<String>], line: &str) -> bool {
    let after = |line: &str, rest: &[Option<String>]| match rest {
        [] => line.is_empty(),
        rest => line.strip_prefix(' ').is_some_and(|line| fits(rest, line)),
    };
    match pattern {
        [] => line.is_empty(),
        [Some(text), rest @ ..] => line
            .strip_prefix(text.as_str())
            .is_some_and(|line| after(line, rest)),
        [None, rest @ ..] => (0..=line.len())
            .filter(|index| line.is_char_boundary(*index))
            .any(|index| after(&line[index..], rest)),
    }
}

/// The lines of a claim that nothing can print.
fn unprintable(claim: &Claim, written: &[Pattern], text: &str) -> Vec<Diagnostic> {
    let mut lines = BTreeSet::new();
    if let Some(predicate) = predicate(claim) {
        lines_of(predicate, &mut lines);
    }
    let is_lost = |line: &&str| !written.iter().any(|pattern| fits(pattern, line));
    let whole: Vec<String> = written
        .iter()
        .filter_map(|pattern| {
            Some(
                pattern
                    .iter()
                    .cloned()
                    .collect::<Option<Vec<_>>>()?
                    .join(" "),
            )
        })
        .collect();
    let told = lines.into_iter().filter(is_lost).map(|line| {
        let message = format!("no `Print` of the case can write `{line}`");
        let help = match nearest(line, whole.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "so the claim says nothing of it".to_owned(),
        };
        Diagnostic::warning(within(text, claim.place, line), message).help(help)
    });
    told.collect()
}

/// A claim that holds, or does not, whatever happens.
fn empty(claim: &Claim) -> Option<Diagnostic> {
    let (form, meaning) = empty_part(predicate(claim)?)?;
    let message = format!("`{form}([])` is {meaning} whatever happens");
    Some(Diagnostic::warning(claim.place, message).help("say what is claimed, or remove it"))
}

fn empty_part(predicate: &Predicate) -> Option<(&'static str, &'static str)> {
    match predicate {
        Predicate::And(parts) if parts.is_empty() => Some(("And", "true")),
        Predicate::Or(parts) if parts.is_empty() => Some(("Or", "false")),
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().find_map(empty_part),
        Predicate::Not(part) => empty_part(part),
        _ => None,
    }
}

fn predicate(claim: &Claim) -> Option<&Predicate> {
    match &claim.kind {
        ClaimKind::Always(predicate)
        | ClaimKind::Sometimes(predicate)
        | ClaimKind::Never(predicate) => Some(predicate),
        ClaimKind::AllowedCount(_) | ClaimKind::Relation(_) => None,
    }
}

fn lines_of<'p>(predicate: &'p Predicate, lines: &mut BTreeSet<&'p str>) {
    match predicate {
        Predicate::Hang | Predicate::Ends(_) | Predicate::Left(_) => {}
        Predicate::Line(line) | Predicate::Count(line, _) => {
            lines.insert(line);
        }
        Predicate::Lines(all) => lines.extend(all.iter().map(String::as_str)),
        Predicate::Before(one, other) | Predicate::Adjacent(one, other) => {
            lines.extend([one.as_str(), other.as_str()]);
        }
        Predicate::Not(part) => lines_of(part, lines),
        Predicate::And(parts) | Predicate::Or(parts) => {
            parts.iter().for_each(|part| lines_of(part, lines));
        }
    }
}

/// Where a text stands inside a place, else the place.
fn within(text: &str, place: Place, wanted: &str) -> Place {
    let part = text.get(place.start as usize..place.end as usize);
    match part.and_then(|part| Place::quoted(part, wanted)) {
        Some(found) => Place {
            start: place.start + found.start,
            end: place.start + found.end,
        },
        None => place,
    }
}

/// The functions that nothing names, beginning with main.
fn uncalled(program: &Program, text: &str) -> Vec<Diagnostic> {
    let mut open = vec![&program.main];
    let mut named = BTreeSet::new();
    while let Some(block) = open.pop() {
        for name in names(block) {
            if let Some(function) = program.functions.get(name)
                && named.insert(name)
            {
                open.push(&function.body);
            }
        }
    }
    let all = program.functions.keys();
    let uncalled = all.filter(|name| !named.contains(name.as_str()));
    let told = uncalled.map(|name| {
        let message = format!("nobody calls the function `{name}`");
        let help = format!("call it, name it with `Fn(\"{name}\")`, or remove it");
        Diagnostic::warning(defined(text, name), message).help(help)
    });
    told.collect()
}

/// The functions that a block calls or names.
fn names(block: &Block) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    walk::calls(block, &mut |call| {
        if let Callee::Function(name) = &call.callee {
            names.insert(name.as_str());
        }
    });
    walk::expressions(block, &mut |expression| {
        if let ExpressionKind::Function(name) = &expression.kind {
            names.insert(name.as_str());
        }
    });
    names
}

/// Where a function is defined.
fn defined(text: &str, name: &str) -> Place {
    let quoted = format!("\"{name}\"");
    let places = text.match_indices(&quoted);
    let mut keys = places.filter(|(at, _)| {
        let rest = text[at + quoted.len()..].trim_start();
        let rest = rest.strip_prefix(':').map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with("Function"))
    });
    let found = keys.next();
    found.map_or_else(Place::default, |(at, _)| Place::new(at, quoted.len()))
}

/// What a start method lacks that the case itself names; who names none means those that have all.
fn lacking(case: &Case) -> Vec<Diagnostic> {
    if case.methods == StartMethod::ALL {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (_, program) in case.programs() {
        for method in &case.methods {
            if let Some(what) = unsupported(program, *method) {
                let place = used(program, &what);
                let message = format!("the case is never run under `{method}`: {what}");
                let help = format!("leave `{method}` out of `methods`");
                found.push(Diagnostic::warning(place, message).help(help));
            }
        }
    }
    found
}

/// Where a program uses what is said to be lacking, by the name that the reason begins with.
fn used(program: &Program, reason: &str) -> Place {
    let name = reason.split('`').nth(1).unwrap_or_default();
    let member = name.split('.').nth(1);
    let mut places = Vec::new();
    for (_, block) in blocks(program) {
        walk::calls(block, &mut |call| {
            if let Callee::Method(_, method) = &call.callee
                && member == Some(method.as_str())
            {
                places.push(call.place);
            }
        });
        walk::expressions(block, &mut |expression| match &expression.kind {
            ExpressionKind::Attribute(_, attribute) if member == Some(attribute.as_str()) => {
                places.push(expression.place);
            }
            ExpressionKind::New { object, .. } if object == name => places.push(expression.place),
            _ => {}
        });
        walk::statements(block, &mut |statement| {
            let is_it = match &statement.kind {
                StatementKind::Signal(..) => name == "Signal",
                StatementKind::With(..) => name == "With",
                StatementKind::SetAttr(_, attribute, _) => member == Some(attribute.as_str()),
                _ => false,
            };
            if is_it {
                places.push(statement.place);
            }
        });
    }
    let first = program.main.first().map(|statement| statement.place);
    places.into_iter().min().or(first).unwrap_or_default()
}

/// A deadline before which hardly anything is certain.
fn hurried(case: &Case, text: &str) -> Option<Diagnostic> {
    const FIELD: &str = "deadline_ms";
    let deadline = case.limits.deadline_ms;
    if deadline >= DEADLINE_MS_USUAL_MIN {
        return None;
    }
    let start = text.find(FIELD).unwrap_or_default();
    let place = Place::new(start, FIELD.len());
    let message = format!("a deadline of {deadline} ms is short");
    let help = format!(
        "at least {DEADLINE_MS_USUAL_MIN}: what still moves at its deadline shows nothing and is run \
         again; what has come to a standstill is ended before, whatever the deadline"
    );
    Some(Diagnostic::warning(place, message).help(help))
}

#[cfg(test)]
mod tests;
