//! What the reports of a made-up run file look like.

use poolproof_case::StartMethod;
use poolproof_report::{Foot, RunFile, Verdict, json, markdown, sentence, summary};

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
    use Verdict::{Broken, Conforms, Deviates, Inconclusive, Known, Unsupported};
    let cases: [(&[(&str, Verdict)], &str); 7] = [
        (&[], "Nothing was judged."),
        (&[("a", Unsupported)], "Nothing was judged."),
        (
            &[("a", Inconclusive)],
            "Nothing could be judged: 1 inconclusive (no room).",
        ),
        (
            &[("a", Conforms), ("b", Known)],
            "All 2 drivers conform to the specification (1 known).",
        ),
        (
            &[("a", Conforms), ("a", Inconclusive), ("a", Unsupported)],
            "a conforms to the specification in 1 of 2; 1 inconclusive (no room).",
        ),
        (
            &[
                ("a", Conforms),
                ("a", Broken),
                ("a", Deviates),
                ("a", Deviates),
            ],
            "a is broken in 1 and deviates from the specification in 2 of 4 judged (seed/x under \
             fork).",
        ),
        (
            &[("a", Conforms), ("b", Deviates), ("b", Inconclusive)],
            "b deviates from the specification in 1 of 1 judged (seed/x under fork).",
        ),
    ];
    for (verdicts, expected) in cases {
        assert_eq!(first_sentence(verdicts), expected, "{verdicts:?}");
    }
}
