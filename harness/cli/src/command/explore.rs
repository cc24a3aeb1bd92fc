//! `explore`: what the specification allows a case.
//!
//! How an outcome comes about, or why it does not, is the business of `why`; what ends an exploration
//! early that of `patience`.

use poolproof_case::{Diagnostic, StartMethod};
use poolproof_runner::specified::{self, Specified};
use poolproof_runner::{Error, Loaded, Problem, load};
use poolproof_spec::Limits;
use serde::Serialize;

use super::patience::Patience;
use super::why;
use crate::arguments::Explore;
use crate::failure::{Failure, Outcome, USAGE};
use crate::interrupt;
use crate::output;

/// A distinct behaviour, and the start methods that have it.
pub(super) struct Group {
    pub(super) methods: Vec<StartMethod>,
    pub(super) specified: Specified,
    /// The claims that are false of it.
    mistakes: Vec<Diagnostic>,
}

#[derive(Serialize)]
struct Row<'a> {
    case: &'a str,
    start_methods: &'a [StartMethod],
    states: u64,
    edges: u64,
    nodes: usize,
    outcomes: Option<String>,
    hang: bool,
    undefined: bool,
    /// Where, with the clauses that say so.
    undefined_where: Vec<&'static str>,
    bounded: bool,
    seconds: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<poolproof_case::Outcome>,
}

pub(crate) fn explore(arguments: &Explore) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let loaded = load::select_one(&arguments.case, &clauses)??;
    if !loaded.case.contenders.is_empty() {
        let message = format!("`{}` has contenders, which are measured", loaded.case.id);
        let help = "`poolproof run` measures them";
        return Err(Error::usage(format!("{message} and not explored; {help}")).into());
    }
    let patience = Patience::begin(arguments.max_seconds, arguments.max_memory);
    let limits = Limits {
        states_max: arguments.max_states,
        stop: Some(patience.over()),
        ..Limits::default()
    };
    let groups = groups(&loaded, &arguments.methods, &limits)?;
    if let Some(lines) = &arguments.why {
        why::tell(&loaded, &groups, lines, &patience);
    } else if arguments.dot {
        for group in &groups {
            let title = format!("{} under {}", loaded.case.id, names(&group.methods));
            output::say(&group.specified.exploration.behaviour.to_dot(&title));
        }
    } else {
        show(&loaded, &groups, arguments, &patience);
    }
    if patience.is_interrupted() {
        return Ok(interrupt::EXIT);
    }
    let mistakes: Vec<Diagnostic> = groups
        .into_iter()
        .flat_map(|group| group.mistakes)
        .collect();
    if mistakes.is_empty() {
        return Ok(0);
    }
    output::problem(&specified::problem(&loaded, mistakes));
    Ok(USAGE)
}

fn show(loaded: &Loaded, groups: &[Group], arguments: &Explore, patience: &Patience) {
    let rows: Vec<Row<'_>> = groups
        .iter()
        .map(|group| row(loaded, group, arguments.words))
        .collect();
    if arguments.json {
        output::say_json(&rows);
        return;
    }
    for row in &rows {
        output::say(&text(row, patience));
    }
}

/// The behaviours under the start methods asked for, equal ones once.
fn groups(loaded: &Loaded, asked: &[StartMethod], limits: &Limits) -> Result<Vec<Group>, Failure> {
    let methods: Vec<StartMethod> = specified::methods(loaded)
        .filter(|method| asked.is_empty() || asked.contains(method))
        .collect();
    let mut groups: Vec<Group> = Vec::new();
    for (method, explored) in methods.iter().zip(explore_all(loaded, &methods, limits)) {
        let (specified, mistakes) = explored.map_err(|mistake| Problem {
            path: loaded.path.clone(),
            text: loaded.text.clone(),
            diagnostics: vec![mistake],
        })?;
        let same = groups.iter_mut().find(|group| {
            group.specified.exploration.behaviour == specified.exploration.behaviour
                && group.specified.exploration.bounded == specified.exploration.bounded
        });
        match same {
            Some(group) => {
                group.methods.push(*method);
                group.mistakes.extend(mistakes);
            }
            None => groups.push(Group {
                methods: vec![*method],
                specified,
                mistakes,
            }),
        }
    }
    if groups.is_empty() {
        let message = format!("`{}` does not exist under {}", loaded.case.id, names(asked));
        return Err(Error::usage(message).into());
    }
    Ok(groups)
}

/// Explores under each start method at once, since each takes as long as another.
fn explore_all(
    loaded: &Loaded,
    methods: &[StartMethod],
    limits: &Limits,
) -> Vec<Result<(Specified, Vec<Diagnostic>), Diagnostic>> {
    std::thread::scope(|scope| {
        let explorations: Vec<_> = methods
            .iter()
            .map(|method| scope.spawn(|| specified::explored(loaded, *method, limits)))
            .collect();
        explorations
            .into_iter()
            .map(|exploration| match exploration.join() {
                Ok(explored) => explored,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

pub(super) fn names(methods: &[StartMethod]) -> String {
    methods
        .iter()
        .map(|method| method.name())
        .collect::<Vec<_>>()
        .join(", ")
}

fn row<'a>(loaded: &'a Loaded, group: &'a Group, words: usize) -> Row<'a> {
    let exploration = &group.specified.exploration;
    let behaviour = &exploration.behaviour;
    Row {
        case: &loaded.case.id,
        start_methods: &group.methods,
        states: exploration.states,
        edges: exploration.edges,
        nodes: behaviour.nodes(),
        outcomes: (!exploration.bounded).then(|| behaviour.count().to_string()),
        hang: behaviour.may_hang(),
        undefined: behaviour.may_be_undefined(),
        undefined_where: exploration
            .undefined
            .iter()
            .map(|one| one.words())
            .collect(),
        bounded: exploration.bounded,
        seconds: group.specified.seconds,
        words: behaviour.outcomes(words),
    }
}

fn text(row: &Row<'_>, patience: &Patience) -> String {
    let outcomes = match &row.outcomes {
        Some(count) if count == "1" => "1 outcome".to_owned(),
        Some(count) => format!("{count} outcomes"),
        None => format!("more outcomes than could be explored{}", patience.reason()),
    };
    let hang = if row.hang { ", may hang" } else { "" };
    let mut text = format!(
        "{} under {}: {outcomes}{hang}\n  {} states and {} steps in {:.3} s; the minimal automaton \
         has {} nodes\n",
        row.case,
        names(row.start_methods),
        row.states,
        row.edges,
        row.seconds,
        row.nodes,
    );
    for outcome in &row.words {
        text += &format!("  {}\n", poolproof_report::outcome_text(outcome));
    }
    let shown = row.words.len().to_string();
    match &row.outcomes {
        Some(count) if *count != shown && !row.words.is_empty() => {
            text += &format!("  … {count} in all (`--words {count}`)\n");
        }
        Some(_) => {}
        None if row.words.is_empty() => {}
        None => text += "  … and others\n",
    }
    if !row.undefined_where.is_empty() {
        let all = row.undefined_where.join("; or ");
        text += &format!("  Also undefined, and not judged: what follows where {all}\n");
    }
    text
}
