//! What the HTML report of a made-up run file looks like, and how large that of a large one is.

use poolproof_case::StartMethod;
use poolproof_report::{RunFile, Verdict, html};

use crate::made_up;

/// The page without its style and its script, an element a line.
fn page(file: &RunFile) -> String {
    let mut page = html(file, None);
    for element in ["style", "script"] {
        let start = page.find(&format!("<{element}>")).expect("it has one");
        let end = start
            + page[start..]
                .find(&format!("</{element}>"))
                .expect("it ends");
        page.replace_range(start..end, "");
    }
    page.replace("><", ">\n<")
}

#[test]
fn the_page_shows_what_was_seen_and_what_is_allowed() {
    insta::assert_snapshot!(page(&made_up::file()));
}

#[test]
fn the_page_of_an_empty_run_says_so() {
    let page = page(&RunFile::default());
    assert!(page.contains("<h1>Incomplete, the run was cut short. Nothing was judged.</h1>"));
}

#[test]
fn a_finding_has_one_card_over_its_start_methods() {
    let mut file = made_up::file();
    let is_worst = |verdict| verdict == Verdict::Deviates;
    let found = file.records.iter().find(|record| is_worst(record.verdict));
    let mut again = found.unwrap().clone();
    again.start_method = StartMethod::Forkserver;
    file.records.push(again);
    let page = page(&file);
    let cards = page.matches("<article class=\"card\"").count();
    assert_eq!(cards, 3, "a deviation, a leak, a claim that does not hold");
    assert!(page.contains("under spawn, forkserver"), "{page}");
}

#[test]
fn what_strangers_write_is_neither_markup_nor_sent() {
    let mut file = made_up::file();
    for record in &mut file.records {
        record.title = "</title><script>alert(1)</script>\u{1b}[2J\u{202e}".to_owned();
        record.case = "seed/\"><img src=x onerror=alert(1)>".to_owned();
        record.reason = Some("<!-- \u{0}".to_owned());
        for seen in &mut record.observations {
            seen.lines.push("<b>\u{9b}31m</b>".to_owned());
            seen.stderr = "</pre><script>\u{7}".to_owned();
        }
    }
    file.cases[0].ron = "</pre><script>".to_owned();
    let page = page(&file);
    for bad in [
        "<script>alert",
        "<img",
        "<b>\u{9b}",
        "</pre><script>",
        "<!-- ",
    ] {
        assert!(!page.contains(bad), "{bad}");
    }
    let is_bad = |character: char| character.is_control() && character != '\n';
    assert!(!page.contains(is_bad) && !page.contains('\u{202e}'));
}

#[test]
fn the_page_needs_no_network() {
    let page = html(&made_up::file(), None);
    for bad in [
        "src=",
        "@import",
        "url(",
        "<link rel=\"stylesheet\"",
        "fetch(",
    ] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[test]
fn the_page_of_500_cases_on_12_drivers_has_less_than_5_mb() {
    let file = made_up::large(500, 12);
    assert_eq!(file.records.len(), 500 * 12 * 4);
    let page = html(&file, None);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    let whole = page.matches("<svg class=\"automaton\"").count();
    let cases = page.matches("class=\"case\"").count();
    assert!(cases == 500 && whole > 200, "{whole} of {cases} are whole");
}
