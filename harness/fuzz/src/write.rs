//! A case as a file: the text that reads back as the same case.
//!
//! How it is laid out is for people: a line a statement. What is measured (contenders, relations)
//! is left out, since nothing here is.

use poolproof_case::claim::ClaimKind;
use poolproof_case::program::{Block, ErrorPattern, Program, Statement, StatementKind};
use poolproof_case::{Case, Claim, Limits, Predicate, StartMethod};

use crate::write_expression::{arguments, callee, expression, expressions, literal, path, text};

/// The text of a case.
///
/// # Examples
/// ```
/// let case = poolproof_fuzz::generate(1, 3..=5).unwrap();
/// let text = poolproof_fuzz::write(&case);
/// let again = poolproof_case::read(&case.id, &text, &[poolproof_fuzz::CLAUSE]).unwrap();
/// assert_eq!(poolproof_fuzz::write(&again), text);
/// ```
#[must_use]
pub fn write(case: &Case) -> String {
    let mut out = String::from("Case(\n");
    let mut field = |name: &str, value: String| {
        out.push_str(&format!("    {name}: {value},\n"));
    };
    field("title", text(&case.title));
    field(
        "clauses",
        listed(case.clauses.iter().map(|clause| text(clause))),
    );
    program(&case.program, &mut field);
    field("claims", listed(case.claims.iter().filter_map(claim)));
    if let Some(twin) = &case.twin {
        field("twin", text(twin));
    }
    if case.methods != StartMethod::ALL {
        field("methods", methods(&case.methods));
    }
    let limits = &case.limits;
    if *limits != Limits::default() {
        let fields = format!(
            "(deadline_ms: {}, processes: {}, output_bytes: {})",
            limits.deadline_ms, limits.processes, limits.output_bytes
        );
        field("limits", fields);
    }
    out.push_str(")\n");
    out
}

fn program(program: &Program, field: &mut impl FnMut(&str, String)) {
    if !program.functions.is_empty() {
        let mut functions = String::from("{\n");
        for (name, function) in &program.functions {
            let params = listed(function.params.iter().map(|param| text(param)));
            let body = block(&function.body, 2);
            functions.push_str(&format!(
                "        {}: Function(params: {params}, body: {body}),\n",
                text(name)
            ));
        }
        field("functions", functions + "    }");
    }
    if !program.globals.is_empty() {
        let globals = program.globals.iter();
        let globals = globals.map(|(name, value)| format!("{}: {}", text(name), literal(value)));
        field("globals", format!("{{{}}}", joined(globals)));
    }
    if !program.guard {
        field("guard", "false".to_owned());
    }
    field("main", block(&program.main, 1));
}

pub(crate) fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(", ")
}

pub(crate) fn listed(parts: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", joined(parts))
}

fn methods(methods: &[StartMethod]) -> String {
    listed(methods.iter().map(|method| text(method.name())))
}

/// Statements in a list, a line each, so far indented.
fn block(block: &Block, depth: usize) -> String {
    if block.is_empty() {
        return "[]".to_owned();
    }
    let indent = "    ".repeat(depth + 1);
    let lines = block
        .iter()
        .map(|one| format!("{indent}{},\n", statement(one, depth + 1)));
    format!("[\n{}{}]", lines.collect::<String>(), "    ".repeat(depth))
}

fn statement(statement: &Statement, depth: usize) -> String {
    let inner = |body: &Block| block(body, depth);
    match &statement.kind {
        StatementKind::With(context, body) => {
            format!("With({}, {})", expression(context), inner(body))
        }
        StatementKind::If(condition, yes, no) if no.is_empty() => {
            format!("If({}, {})", expression(condition), inner(yes))
        }
        StatementKind::If(condition, yes, no) => {
            format!(
                "If({}, {}, {})",
                expression(condition),
                inner(yes),
                inner(no)
            )
        }
        StatementKind::For(names, sequence, body) => {
            let names = text(&names.join(", "));
            format!("For({names}, {}, {})", expression(sequence), inner(body))
        }
        StatementKind::Repeat(times, body) => format!("Repeat({times}, {})", inner(body)),
        StatementKind::Measure(label, times, body) => {
            format!("Measure({}, {times}, {})", text(label), inner(body))
        }
        StatementKind::Drain {
            queue,
            name,
            until,
            body,
        } => format!(
            "Drain(queue: {}, name: {}, until: {}, body: {})",
            expression(queue),
            text(name),
            literal(until),
            inner(body)
        ),
        StatementKind::Try {
            body,
            handlers,
            finally,
        } => {
            let handler = |(pattern, body): &(ErrorPattern, Block)| match pattern {
                ErrorPattern::Any => format!("\"any\": {}", inner(body)),
                ErrorPattern::Kind(kind) => format!("\"{kind}\": {}", inner(body)),
            };
            let mut parts = vec![format!("body: {}", inner(body))];
            // A `Try` has at least one of the two.
            if !handlers.is_empty() || finally.is_empty() {
                let handlers = joined(handlers.iter().map(handler));
                parts.push(format!("except: {{{handlers}}}"));
            }
            if !finally.is_empty() {
                parts.push(format!("finally: {}", inner(finally)));
            }
            format!("Try({})", joined(parts))
        }
        other => simple(other),
    }
}

/// Statements without a block.
fn simple(kind: &StatementKind) -> String {
    match kind {
        StatementKind::Let(names, value) => {
            format!("Let({}, {})", text(&names.join(", ")), expression(value))
        }
        StatementKind::Call(call) => {
            format!(
                "Call({}{})",
                callee(&call.callee),
                arguments(&call.arguments)
            )
        }
        StatementKind::Print(values) => format!("Print({})", expressions(values)),
        StatementKind::Raise(error) => format!("Raise({})", expression(error)),
        StatementKind::Return(None) => "Return()".to_owned(),
        StatementKind::Return(Some(value)) => format!("Return({})", expression(value)),
        StatementKind::SetItem(container, index, value) => format!(
            "SetItem({}, {}, {})",
            expression(container),
            expression(index),
            expression(value)
        ),
        StatementKind::SetAttr(object, name, value) => {
            let target = text(&format!("{}.{name}", path(object)));
            format!("SetAttr({target}, {})", expression(value))
        }
        StatementKind::SetGlobal(name, value) => {
            format!("SetGlobal({}, {})", text(name), expression(value))
        }
        StatementKind::Del(names) => format!("Del({})", text(&names.join(", "))),
        StatementKind::Exit(code) => format!("Exit({})", expression(code)),
        StatementKind::Signal(process, signal) => {
            format!("Signal({}, {})", expression(process), text(signal))
        }
        StatementKind::Settle => "Settle".to_owned(),
        StatementKind::Sample(label) => format!("Sample({})", text(label)),
        // Those with a block are written above.
        StatementKind::With(..)
        | StatementKind::If(..)
        | StatementKind::For(..)
        | StatementKind::Repeat(..)
        | StatementKind::Measure(..)
        | StatementKind::Drain { .. }
        | StatementKind::Try { .. } => String::new(),
    }
}

/// A claim about outcomes; none where it is about figures.
fn claim(claim: &Claim) -> Option<String> {
    let kind = match &claim.kind {
        ClaimKind::Always(of) => format!("Always({})", predicate(of)),
        ClaimKind::Sometimes(of) => format!("Sometimes({})", predicate(of)),
        ClaimKind::Never(of) => format!("Never({})", predicate(of)),
        ClaimKind::AllowedCount(count) => format!("AllowedCount({count})"),
        ClaimKind::Relation(_) => return None,
    };
    Some(match claim.methods.is_empty() {
        true => kind,
        false => format!("Under({}, {kind})", methods(&claim.methods)),
    })
}

fn predicate(of: &Predicate) -> String {
    let all = |parts: &[Predicate]| listed(parts.iter().map(predicate));
    match of {
        Predicate::Hang => "Hang".to_owned(),
        Predicate::Ends(ending) => format!("Ends({})", text(&ending.to_string())),
        Predicate::Left(count) => format!("Left({count})"),
        Predicate::Line(line) => format!("Line({})", text(line)),
        Predicate::Lines(lines) => format!("Lines({})", listed(lines.iter().map(|one| text(one)))),
        Predicate::Count(line, count) => format!("Count({}, {count})", text(line)),
        Predicate::Before(one, other) => format!("Before({}, {})", text(one), text(other)),
        Predicate::Adjacent(one, other) => format!("Adjacent({}, {})", text(one), text(other)),
        Predicate::Not(part) => format!("Not({})", predicate(part)),
        Predicate::And(parts) => format!("And({})", all(parts)),
        Predicate::Or(parts) => format!("Or({})", all(parts)),
    }
}
