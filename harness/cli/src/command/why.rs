//! `explore --why`: how an outcome comes about, a column a process, or where it leaves what is
//! allowed.

use poolproof_report::{Interleaving, outcome_text, shown};
use poolproof_runner::{Loaded, interleaving::interleaving};
use poolproof_spec::Goal;

use super::explore::{Group, names};
use super::patience::Patience;
use super::wanted::Wanted;
use crate::output;

/// The narrowest column in which something can be read.
const COLUMN_MIN: usize = 12;

/// Tells for each behaviour of a case how these lines come about.
pub(super) fn tell(loaded: &Loaded, groups: &[Group], lines: &str, patience: &Patience) {
    for group in groups {
        let behaviour = &group.specified.exploration.behaviour;
        let wanted = Wanted::read(lines, behaviour.lines());
        let methods = names(&group.methods);
        let Some(method) = group.methods.first() else {
            continue;
        };
        let program = &loaded.case.program;
        let way = |goal: Goal<'_>| interleaving(program, *method, goal);
        if let Some(outcome) = wanted.allowed(behaviour) {
            output::say_line(&format!(
                "under {methods} allowed: {}",
                outcome_text(&outcome)
            ));
            table(way(Goal::Outcome(&outcome)), "it comes about so");
            continue;
        }
        let outcome = wanted.outcome();
        if group.specified.exploration.bounded {
            output::say_line(&format!(
                "under {methods} not among the outcomes that were found before the end of the \
                 exploration{}",
                patience.reason()
            ));
            continue;
        }
        let why = behaviour.explain(&outcome);
        if !wanted.has_ending() && why.accepted == outcome.lines.len() {
            let next = shown(&why.expected.join(", "), 400);
            output::say_line(&format!(
                "under {methods} these lines may come, and then: {next}"
            ));
            table(way(Goal::Lines(&outcome.lines)), "they come about so");
            continue;
        }
        let says = if behaviour.is_undefined(&outcome) {
            "undefined, neither allowed nor forbidden"
        } else {
            "not allowed"
        };
        output::say_line(&format!(
            "under {methods} {says}: {}",
            outcome_text(&outcome)
        ));
        let accepted = &outcome.lines[..why.accepted];
        let next = outcome.lines.get(why.accepted);
        let next = next.map_or_else(|| outcome.ending.to_string(), |line| format!("\"{line}\""));
        output::say_line(&format!(
            "  after {} allowed lines comes {}, where may come: {}",
            why.accepted,
            shown(&next, 80),
            shown(&why.expected.join(", "), 400),
        ));
        if let Some(nearest) = &why.nearest {
            output::say_line(&format!("  the nearest allowed: {}", outcome_text(nearest)));
        }
        if !accepted.is_empty() {
            table(way(Goal::Lines(accepted)), "so far it comes about so");
        }
    }
}

/// The steps of a way, a column a process.
fn table(way: Option<Interleaving>, caption: &str) {
    let Some(way) = way else {
        output::say_line("  no way to it was found that is short enough to be read\n");
        return;
    };
    let shortest = if way.shortest {
        ", and no way is shorter"
    } else {
        ""
    };
    output::say_line(&format!("  {caption}{shortest}:\n"));
    output::say_line(&rows(&way, output::width()));
}

fn rows(way: &Interleaving, width: usize) -> String {
    let processes = way.processes();
    let mut cells: Vec<Vec<String>> = vec![processes.iter().map(|one| (*one).to_owned()).collect()];
    for step in &way.steps {
        let says = match &step.line {
            Some(line) => format!("{} ▸ {line}", step.does),
            None => step.does.clone(),
        };
        let cell = |process: &&str| match *process == step.process {
            true => says.clone(),
            false => String::new(),
        };
        cells.push(processes.iter().map(cell).collect());
    }
    let room = width.saturating_sub(6) / processes.len().max(1);
    let most = room.saturating_sub(2).max(COLUMN_MIN);
    let widest = |at: usize| cells.iter().map(|row| row[at].chars().count()).max();
    let widths: Vec<usize> = (0..processes.len())
        .map(|at| widest(at).unwrap_or(0).min(most))
        .collect();
    let mut text = String::new();
    for (number, row) in cells.iter().enumerate() {
        let head = match number {
            0 => "    ".to_owned(),
            number => format!("{number:>4}"),
        };
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("  {:<width$}", cut(cell, *width)));
        let line = format!("{head}{}", cells.collect::<String>());
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// What fits into a column.
fn cut(cell: &str, width: usize) -> String {
    // So that what is not to be seen is written out.
    let cell = shown(cell, usize::MAX);
    if cell.chars().count() <= width {
        return cell;
    }
    let kept: String = cell.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use poolproof_report::Step;

    #[test]
    fn steps_stand_in_the_column_of_their_process_however_narrow() {
        let step = |process: &str, does: &str| Step {
            process: process.to_owned(),
            does: does.to_owned(),
            line: None,
        };
        let way = Interleaving {
            steps: vec![
                step("main", "p.start()"),
                step("greet", "print('a long line of text')"),
            ],
            shortest: true,
        };
        let text = rows(&way, 40);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "      main       greet");
        assert!(lines[1].starts_with("   1  p.start()"));
        assert!(
            lines.iter().all(|line| line.chars().count() <= 40),
            "{text}"
        );
        assert_eq!(lines[2].find("print"), lines[0].find("greet"));
    }
}
