//! What a comparison finds in two run files, and what it takes for chance.

use poolproof_case::StartMethod;
use poolproof_report::{
    Comparison, Holds, Interval, Record, RunFile, Verdict, What, compare, comparison_text, html,
    json, junit, markdown, tap,
};

use crate::made_up;

const THRESHOLD: f64 = 1.25;

fn file(records: Vec<Record>) -> RunFile {
    RunFile {
        records,
        ..made_up::file()
    }
}

/// A record in which two outcomes were seen so often.
fn seen(counts: [u64; 2], is_allowed: bool) -> Record {
    let mut record = made_up::record("seed/x", "reference", StartMethod::Fork, Verdict::Conforms);
    let mut other = record.observations[0].clone();
    other.lines = vec!["other".to_owned()];
    other.allowed = is_allowed;
    record.observations.push(other);
    for (observation, count) in record.observations.iter_mut().zip(counts) {
        observation.count = count;
    }
    record
        .observations
        .retain(|observation| observation.count > 0);
    record.runs = counts.iter().sum();
    record
}

fn between(before: Record, after: Record) -> Comparison {
    compare(&file(vec![before]), &file(vec![after]), THRESHOLD)
}

#[test]
fn the_same_run_changes_nothing() {
    let file = made_up::file();
    let comparison = compare(&file, &file, THRESHOLD);
    assert_eq!(comparison.changes, []);
    assert_eq!(comparison.compared, file.records.len());
    assert!(
        comparison
            .sentence()
            .starts_with("Nothing changed beyond chance")
    );
}

#[test]
fn a_rate_that_may_be_chance_is_no_change() {
    assert_eq!(
        between(seen([50, 50], true), seen([42, 58], true)).changes,
        []
    );
    assert_eq!(
        between(seen([20, 0], true), seen([19, 1], true)).changes,
        []
    );
    let changes = between(seen([80, 20], true), seen([20, 80], true)).changes;
    let is_rate = |what: &What| matches!(what, What::Rate { allowed: true, .. });
    assert!(changes.len() == 2 && changes.iter().all(|change| is_rate(&change.what)));
    assert!(changes.iter().all(|change| !change.regression));
}

#[test]
fn a_forbidden_outcome_that_appears_once_is_worse_and_one_that_goes_is_not() {
    let (without, with) = (seen([20, 0], false), seen([19, 1], false));
    let changes = between(without.clone(), with.clone()).changes;
    let [change] = &changes[..] else {
        panic!("{changes:#?}");
    };
    assert!(change.regression && matches!(change.what, What::Appeared { after: (1, 20), .. }));
    let changes = between(with, without).changes;
    assert!(!changes[0].regression && matches!(changes[0].what, What::Went { .. }));
}

#[test]
fn a_rate_is_compared_under_the_plans_that_both_had() {
    let before = seen([50, 50], true);
    let mut after = seen([50, 50], true);
    let mut plain = seen([0, 300], true).observations.remove(0);
    plain.plan = "plain".to_owned();
    after.observations.push(plain);
    assert_eq!(between(before, after).changes, []);
}

#[test]
fn a_verdict_that_gets_worse_is_a_regression() {
    let method = StartMethod::Fork;
    for (from, to, is_worse) in [
        (Verdict::Conforms, Verdict::Broken, true),
        (Verdict::Deviates, Verdict::Broken, true),
        (Verdict::Broken, Verdict::Deviates, false),
        (Verdict::Conforms, Verdict::Inconclusive, false),
        (Verdict::Conforms, Verdict::Refuted, true),
    ] {
        let record = |verdict| made_up::record("seed/x", "reference", method, verdict);
        let comparison = between(record(from), record(to));
        assert_eq!(
            comparison.regressions(),
            usize::from(is_worse),
            "{from} {to}"
        );
        assert_eq!(comparison.changes.len(), 1);
    }
}

#[test]
fn a_figure_is_worse_beyond_the_threshold_only() {
    let file = made_up::file();
    let slower = |factor: f64| {
        let mut after = file.clone();
        for record in &mut after.records {
            for figure in record.figures.iter_mut().take(1) {
                let values = figure.values.iter().zip(0..);
                figure.values = values
                    .map(|(value, step)| value * factor + f64::from(step))
                    .collect();
            }
        }
        compare(&file, &after, THRESHOLD)
    };
    assert_eq!(slower(1.1).regressions(), 0);
    assert_eq!(slower(1.1).changes.len(), 1);
    let twice = slower(2.0);
    assert_eq!(twice.regressions(), 1);
    let What::Figure {
        ratio: Interval { low, high, .. },
        ..
    } = twice.changes[0].what
    else {
        panic!("{twice:#?}");
    };
    assert!(low > 1.9 && high < 2.1);
    assert_eq!(slower(0.5).regressions(), 0);
}

#[test]
fn a_claim_that_holds_no_more_is_worse_and_an_open_one_says_nothing() {
    let file = made_up::file();
    let with = |holds| {
        let mut file = file.clone();
        for record in &mut file.records {
            for relation in &mut record.relations {
                relation.holds = holds;
            }
        }
        file
    };
    let count = |one, other| compare(&with(one), &with(other), THRESHOLD).regressions();
    assert_eq!(count(Holds::Yes, Holds::No), 1);
    assert_eq!(count(Holds::No, Holds::Yes), 0);
    assert_eq!(count(Holds::Yes, Holds::Open), 0);
}

#[test]
fn what_cannot_be_compared_is_counted() {
    let mut before = file(vec![
        seen([10, 0], true),
        seen([10, 0], true),
        seen([10, 0], true),
    ]);
    before.records[1].case = "seed/gone".to_owned();
    before.records[2].case = "seed/changed".to_owned();
    let mut after = before.clone();
    after.records[1].case = "seed/new".to_owned();
    after.records[2].case_hash = "another".to_owned();
    after.foot = None;
    let comparison = compare(&before, &after, THRESHOLD);
    assert_eq!(
        (
            comparison.compared,
            comparison.only_before,
            comparison.only_after
        ),
        (1, 1, 1)
    );
    assert_eq!(comparison.changed_cases, ["seed/changed"]);
    let left_out = comparison.left_out().unwrap();
    assert!(
        left_out.contains("1 case with another text (seed/changed)"),
        "{left_out}"
    );
    assert!(
        left_out.ends_with("what the newer run was cut short before"),
        "{left_out}"
    );
}

#[test]
fn the_only_drivers_of_two_files_are_compared_whatever_they_are_called() {
    let before = seen([20, 0], false);
    let mut after = seen([10, 10], false);
    after.driver = "cpython-3.14".to_owned();
    let comparison = between(before, after);
    assert_eq!((comparison.compared, comparison.regressions()), (1, 1));
    assert_eq!(comparison.changes[0].driver, "cpython-3.14");
}

#[test]
fn a_comparison_fits_one_screen_and_stands_in_every_report() {
    let before = made_up::large(40, 3);
    let mut after = before.clone();
    for record in &mut after.records {
        record.verdict = Verdict::Broken;
    }
    let comparison = compare(&before, &after, THRESHOLD);
    for width in [60, 80, 140] {
        let text = comparison_text(&comparison, width);
        assert!(text.lines().count() <= 24, "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= width),
            "{text}"
        );
    }
    let changed = Some(&comparison);
    for report in [
        html(&after, changed),
        markdown(&after, changed),
        tap(&after, changed),
    ] {
        assert!(report.contains(&comparison.sentence()), "{report:.3000}");
    }
    assert!(junit(&after, changed).contains("broken, before conforms"));
    assert!(json(&after, changed).contains("\"regression\":true"));
    assert!(markdown(&after, changed).lines().count() < 60);
}

#[test]
fn a_comparison_in_text() {
    let before = made_up::file();
    let mut after = before.clone();
    after.records[0].verdict = Verdict::Deviates;
    after.records.retain(|record| record.driver != "fake/leaks");
    for figure in after
        .records
        .iter_mut()
        .flat_map(|record| &mut record.figures)
    {
        figure.median.value *= 2.0;
        figure.values.iter_mut().for_each(|value| *value *= 2.0);
    }
    let forbidden = after
        .records
        .iter_mut()
        .flat_map(|record| &mut record.observations);
    forbidden
        .filter(|seen| !seen.allowed)
        .for_each(|seen| seen.lines.push("more".to_owned()));
    insta::assert_snapshot!(comparison_text(&compare(&before, &after, THRESHOLD), 80));
}
