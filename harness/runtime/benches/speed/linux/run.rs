//! Rounds: each measures every subject of a bench once, in an order that turns, so that what the
//! machine does meanwhile falls on all of them.

use indicatif::{ProgressBar, ProgressStyle};

use super::Outcome;
use super::arguments::Arguments;
use super::bench::{Bench, CPYTHON, Subject};
use super::figures::Figures;
use super::host::Host;
use super::python::Python;
use super::report::{self, Results};
use super::rows;

/// Measures what was asked for, and reports it.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let benches: Vec<Bench> = rows::all()
        .into_iter()
        .filter(|bench| is_asked_for(bench, &arguments.filters))
        .collect();
    if benches.is_empty() {
        return Err("no bench has such a name: `--list` shows them".into());
    }
    if arguments.list {
        benches.iter().for_each(report::list);
        return Ok(());
    }
    let python = Python::find(arguments)?;
    let progress = progress(&benches, arguments);
    let mut reporter = report::Reporter::new(arguments.json, python.as_ref());
    for bench in &benches {
        let results = measure(bench, arguments, python.as_ref(), &progress);
        progress.suspend(|| reporter.add(bench, &results));
    }
    progress.finish_and_clear();
    reporter.finish()
}

fn is_asked_for(bench: &Bench, filters: &[String]) -> bool {
    filters.is_empty()
        || filters
            .iter()
            .any(|filter| bench.name.contains(filter.as_str()))
}

fn is_subject_asked_for(subject: &Subject, arguments: &Arguments) -> bool {
    let names = &arguments.subjects;
    names.is_empty() || names.iter().any(|name| name == subject.name)
}

fn progress(benches: &[Bench], arguments: &Arguments) -> ProgressBar {
    let steps = benches.iter().map(|bench| {
        let rounds = arguments.rounds.min(bench.rounds_max);
        u64::from(rounds) + u64::from(has_warm_up(bench))
    });
    let bar = ProgressBar::new(steps.sum());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} rounds  {elapsed}  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A first round that does not count: what is touched first is slow.
fn has_warm_up(bench: &Bench) -> bool {
    bench.rounds_max > 1
}

/// One who takes part, until it fails.
struct Player {
    host: Host,
    index: usize,
}

fn measure(
    bench: &Bench,
    arguments: &Arguments,
    python: Option<&Python>,
    progress: &ProgressBar,
) -> Results {
    progress.set_message(bench.name);
    let mut results = Results::of(bench);
    let rounds = arguments.rounds.min(bench.rounds_max);
    if let Some(reason) = bench.place.missing() {
        results.failures.push(("all".to_owned(), reason));
        progress.inc(u64::from(rounds) + u64::from(has_warm_up(bench)));
        return results;
    }
    let mut players = Vec::new();
    for (index, subject) in bench.subjects.iter().enumerate() {
        let is_missing = subject.name == CPYTHON && python.is_none();
        if is_missing || !is_subject_asked_for(subject, arguments) {
            continue;
        }
        match Host::start(bench, subject, python) {
            Ok(host) => players.push(Player { host, index }),
            Err(error) => results.fail(subject.name, error.as_ref()),
        }
    }
    if has_warm_up(bench) {
        play(bench, &mut players, &mut results, false);
        progress.inc(1);
    }
    for _ in 0..rounds {
        play(bench, &mut players, &mut results, true);
        if !players.is_empty() {
            players.rotate_left(1);
        }
        progress.inc(1);
    }
    results
}

/// One round; who fails is out.
fn play(bench: &Bench, players: &mut Vec<Player>, results: &mut Results, counts: bool) {
    players.retain_mut(|player| {
        let figures = player.host.measure();
        let wanted = bench.figures.len();
        let figures = figures.and_then(|figures| match figures.len() == wanted {
            true => Ok(figures),
            false => Err(format!("{} figures in place of {wanted}", figures.len()).into()),
        });
        match figures {
            Ok(figures) => {
                let into: &mut Vec<Figures> = &mut results.figures[player.index];
                for (into, figure) in into.iter_mut().zip(figures).filter(|_| counts) {
                    into.add(figure);
                }
                true
            }
            Err(error) => {
                results.fail(bench.subjects[player.index].name, error.as_ref());
                false
            }
        }
    });
}
