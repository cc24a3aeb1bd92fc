//! What the reports of a made-up run file look like.

use poolproof_report::{RunFile, json, markdown, summary};

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
    insta::assert_snapshot!(markdown(&made_up::file()));
}

#[test]
fn the_json_object_counts_verdicts_by_driver_and_start_method() {
    insta::assert_snapshot!(json(&made_up::file()));
}

#[test]
fn an_empty_run_says_so() {
    insta::assert_snapshot!(summary(&RunFile::default(), false, 80));
}
