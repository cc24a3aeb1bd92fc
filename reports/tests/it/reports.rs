//! What the reports of a made-up run file look like.

use poolproof_case::StartMethod;
use poolproof_report::{Foot, RunFile, Verdict, json, markdown, next_step, sentence, summary};

use crate::made_up;

#[test]
fn the_summary_fits_one_screen() {
    let text = summary(&made_up::file(), false, 80);
    let rows: usize = text
        .lines()
        .map(|line| line.chars().count().div_ceil(80).max(1))
        .sum();
    assert!(rows <= 24, "{text}");
    let fits = |line: &str| line.chars().count() <= 80 || line.starts_with("  repeat ");
    assert!(text.lines().all(fits), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_summary_is_whole_at_every_width_however_much_there_is() {
    for (cases, drivers) in [(1, 1), (40, 12), (60, 30)] {
        let file = made_up::large(cases, drivers);
        for width in [60, 80, 140] {
            let text = summary(&file, false, width);
            // A command is for copying: it stays whole, and the terminal wraps it.
            let fits = |line: &str| line.chars().count() <= width || line.starts_with("  repeat ");
            assert!(text.lines().all(fits), "{text}");
            let rows = |line: &str| line.chars().count().div_ceil(width).max(1);
            assert!(
                text.lines().map(rows).sum::<usize>() <= 24,
                "{width}:\n{text}"
            );
            assert!(text.contains("poolproof replay"), "{text}");
        }
    }
}

#[test]
fn what_to_type_next_is_about_the_worst_finding() {
    let next = next_step(&made_up::file());
    let run = "poolproof run seed/manager_dict --driver fake/leaks --start-method fork --runs 100";
    assert!(next.contains(run), "{next}");
    let mut file = made_up::file();
    for record in &mut file.records {
        record.driver_argument = Some("--python /x".to_owned());
    }
    assert!(next_step(&file).contains("manager_dict --python /x --start-method"));
    assert!(next_step(&RunFile::default()).contains("poolproof drivers"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let file = made_up::file();
    let mut plain = String::new();
    let mut rest = summary(&file, true, 80);
    while let Some(start) = rest.find('\u{1b}') {
        let end = start + rest[start..].find('m').expect("an escape ends with m");
        plain.push_str(&rest[..start]);
        rest = rest.split_off(end + 1);
    }
    plain.push_str(&rest);
    assert_eq!(plain, summary(&file, false, 80));
}

#[test]
fn the_markdown_report_is_short() {
    insta::assert_snapshot!(markdown(&made_up::file(), None));
}

#[test]
fn the_json_object_counts_verdicts_by_driver_and_start_method() {
    insta::assert_snapshot!(json(&made_up::file(), None));
}

#[test]
fn an_empty_run_says_so() {
    insta::assert_snapshot!(summary(&RunFile::default(), false, 80));
}

/// The first sentence of a run in which each driver got these verdicts.
fn first_sentence(verdicts: &[(&str, Verdict)]) -> String {
    let mut file = RunFile {
        foot: Some(Foot::default()),
        ..RunFile::default()
    };
    for (driver, verdict) in verdicts {
        let mut record = made_up::record("seed/x", driver, StartMethod::Fork, *verdict);
        record.reason = (*verdict == Verdict::Inconclusive).then(|| "no room".to_owned());
        file.records.push(record);
    }
    sentence(&file)
}

#[test]
fn the_first_sentence_counts_what_it_says() {
    use Verdict::{Broken, Conforms, Deviates, Differs, Inconclusive, Known, Skipped, Unsupported};
    let cases: [(&[(&str, Verdict)], &str); 8] = [
        (&[], "Nothing was judged."),
        (
            &[("a", Unsupported), ("a", Skipped)],
            "Nothing was judged. Not judged: 1 unsupported, 1 skipped.",
        ),
        (
            &[("a", Inconclusive)],
            "Nothing could be judged. 1 inconclusive (no room).",
        ),
        (
            &[("a", Conforms), ("b", Known)],
            "All 2 judged conform to the specification (1 known).",
        ),
        (
            &[("a", Conforms), ("a", Inconclusive), ("a", Unsupported)],
            "The only one that was judged conforms to the specification. 1 inconclusive (no room). Not judged: 1 \
             unsupported.",
        ),
        (
            &[
                ("a", Conforms),
                ("a", Broken),
                ("a", Deviates),
                ("a", Deviates),
            ],
            "3 of 4 judged are wrong: 1 is broken, 2 deviate; on a, seed/x under fork first.",
        ),
        (
            &[("a", Conforms), ("b", Deviates), ("b", Inconclusive)],
            "1 of 2 judged is wrong: 1 deviates; on b, seed/x under fork first. 1 inconclusive (no \
             room).",
        ),
        (
            &[("a", Broken), ("b", Differs), ("c", Known)],
            "2 of 3 judged are wrong: 1 is broken, 1 differs; on 2 drivers, seed/x under fork first.",
        ),
    ];
    for (verdicts, expected) in cases {
        assert_eq!(first_sentence(verdicts), expected, "{verdicts:?}");
    }
}

#[test]
fn a_claim_that_is_known_not_to_hold_is_told_from_one_that_is_not() {
    let mut file = made_up::file();
    let said = sentence(&file);
    assert!(
        said.contains("Of 1 claim about time and memory 1 does not (Faster"),
        "{said}"
    );
    for record in &mut file.records {
        for relation in &mut record.relations {
            relation.known = Some("so it is".to_owned());
        }
    }
    let said = sentence(&file);
    assert!(
        said.contains("Of 1 claim about time and memory 1 is known not to."),
        "{said}"
    );
}

#[test]
fn a_claim_that_had_no_time_is_told_from_one_that_is_open() {
    let mut file = made_up::file();
    let relations = file
        .records
        .iter_mut()
        .flat_map(|record| &mut record.relations);
    for relation in relations {
        relation.holds = poolproof_report::Holds::Open;
    }
    let said = sentence(&file);
    assert!(said.contains("time and memory 1 is open."), "{said}");
    for record in file
        .records
        .iter_mut()
        .filter(|record| record.is_measured())
    {
        record.verdict = Verdict::Unsettled;
    }
    let said = sentence(&file);
    let late = "time and memory 1 had no time in a run of everything (try `poolproof run";
    assert!(said.contains(late), "{said}");
}

#[test]
fn what_no_manifest_knows_is_wrong_a_leak_beside_a_known_outcome_too() {
    let file = made_up::file();
    let any = &file.records[0].observations[0];
    let is_wrong = |allowed, is_known: bool, is_left: bool| {
        let mut seen = any.clone();
        seen.allowed = allowed;
        seen.known = is_known.then(|| "a known bug".to_owned());
        seen.leaked = is_left.then(|| "a file".to_owned()).into_iter().collect();
        seen.is_wrong()
    };
    for (allowed, is_known, is_left, expected) in [
        (true, false, false, false),
        (true, false, true, true),
        (true, true, true, false),
        (false, false, false, true),
        (false, true, false, false),
        (false, true, true, true),
    ] {
        let wrong = is_wrong(allowed, is_known, is_left);
        assert_eq!(wrong, expected, "{allowed} {is_known} {is_left}");
    }
}
