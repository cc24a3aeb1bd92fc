//! `explore`: what the specification allows a case.

use poolproof_case::{Diagnostic, StartMethod};
use poolproof_runner::specified::{self, Specified};
use poolproof_runner::{Error, Loaded, Problem, load};
use serde::Serialize;

use crate::arguments::Explore;
use crate::failure::{Failure, Outcome};
use crate::output;

/// A distinct behaviour, and the start methods that have it.
struct Group {
    methods: Vec<StartMethod>,
    specified: Specified,
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
    let groups = groups(&loaded, &arguments.methods)?;
    if arguments.dot {
        for group in &groups {
            let title = format!("{} under {}", loaded.case.id, names(&group.methods));
            output::say(&group.specified.exploration.behaviour.to_dot(&title));
        }
        return Ok(0);
    }
    let rows: Vec<Row<'_>> = groups
        .iter()
        .map(|group| row(&loaded, group, arguments.words))
        .collect();
    if arguments.json {
        output::say_json(&rows);
    } else {
        for row in &rows {
            output::say(&text(row));
        }
    }
    Ok(0)
}

/// The behaviours under the start methods asked for, equal ones once.
fn groups(loaded: &Loaded, asked: &[StartMethod]) -> Result<Vec<Group>, Failure> {
    let methods: Vec<StartMethod> = specified::methods(loaded)
        .filter(|method| asked.is_empty() || asked.contains(method))
        .collect();
    let mut groups: Vec<Group> = Vec::new();
    for (method, specified) in methods.iter().zip(specify_all(loaded, &methods)) {
        let specified = specified.map_err(|diagnostics| Problem {
            path: loaded.path.clone(),
            text: loaded.text.clone(),
            diagnostics,
        })?;
        let same = groups.iter_mut().find(|group| {
            group.specified.exploration.behaviour == specified.exploration.behaviour
                && group.specified.exploration.bounded == specified.exploration.bounded
        });
        match same {
            Some(group) => group.methods.push(*method),
            None => groups.push(Group {
                methods: vec![*method],
                specified,
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
fn specify_all(
    loaded: &Loaded,
    methods: &[StartMethod],
) -> Vec<Result<Specified, Vec<Diagnostic>>> {
    std::thread::scope(|scope| {
        let explorations: Vec<_> = methods
            .iter()
            .map(|method| scope.spawn(|| specified::specify(loaded, *method, None)))
            .collect();
        explorations
            .into_iter()
            .map(|exploration| match exploration.join() {
                Ok(specified) => specified,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn names(methods: &[StartMethod]) -> String {
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
        bounded: exploration.bounded,
        seconds: group.specified.seconds,
        words: if words == 0 {
            Vec::new()
        } else {
            behaviour.outcomes(words)
        },
    }
}

fn text(row: &Row<'_>) -> String {
    let outcomes = match &row.outcomes {
        Some(count) if count == "1" => "1 outcome".to_owned(),
        Some(count) => format!("{count} outcomes"),
        None => "more outcomes than could be explored".to_owned(),
    };
    let hang = if row.hang { ", may hang" } else { "" };
    let mut text = format!(
        "{} under {}: {outcomes}{hang}\n  {} states and {} edges in {:.3} s; the minimal automaton \
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
    text
}
