//! What a command line chooses: filters and expressions, what failed, an end at the first failure.

use std::collections::BTreeSet;

use poolproof_report::RunFile;

use crate::poolproof::{Folder, HELLO, text};

/// The ids that `list` shows for these filters.
fn listed(filters: &[&str]) -> Vec<String> {
    let folder = Folder::with(&HELLO);
    let output = folder.run(&[&["list"], filters].concat());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{filters:?}: {}",
        text(&output.stderr)
    );
    let said = text(&output.stdout);
    let ids = said.lines().filter_map(|line| line.split(' ').next());
    ids.map(str::to_owned).collect()
}

#[test]
fn lists_clauses_and_expressions_select_cases() {
    assert_eq!(
        listed(&["seed/pool_map,seed/greet_bob_and_jerry"]),
        ["seed/greet_bob_and_jerry", "seed/pool_map"]
    );
    assert_eq!(
        listed(&["hello.ron,seed/pool_map"]),
        ["hello", "seed/pool_map"]
    );
    let of_clause = listed(&["PM-POOL-MAP-001"]);
    assert!(
        of_clause.contains(&"seed/pool_map".to_owned()),
        "{of_clause:?}"
    );
    assert_eq!(listed(&["clause(PM-POOL-MAP-001)"]), of_clause);
    let others = listed(&["area(seed) & uses(Pool) & !clause(PM-POOL-MAP-001)"]);
    assert!(others.iter().any(|id| id.contains("pool")), "{others:?}");
    assert!(
        others.iter().all(|id| !of_clause.contains(id)),
        "{others:?}"
    );
    let both: BTreeSet<String> = listed(&["area(seed) & uses(Pool)"]).into_iter().collect();
    let mut parts: BTreeSet<String> = others.into_iter().collect();
    parts.extend(of_clause.into_iter().filter(|id| both.contains(id)));
    assert_eq!(both, parts);
    assert!(listed(&["method(threads)"]).len() < listed(&[]).len());
    assert_eq!(
        listed(&["uses(Pool.imap_unordered) & seed/pool_imap*"]),
        ["seed/pool_imap_unordered"]
    );
}

#[test]
fn a_filter_that_is_wrong_or_fits_nothing_is_told_with_the_way_out() {
    for (filter, exit, says) in [
        (
            "area(pool",
            64,
            "the filter `area(pool`, column 10: `)` is missing",
        ),
        ("aera(seed)", 64, "did you mean `area`?"),
        ("seed/pool_map,", 64, "an empty filter"),
        (
            "seed/pool_map,seed/pool_mpa",
            4,
            "did you mean `seed/pool_map`?",
        ),
        (
            "area(sed)",
            4,
            "no case is in an area `sed`; did you mean `seed`?",
        ),
        ("PM-POOL-MPA-001", 4, "did you mean `PM-POOL-MAP-001`?"),
        (
            "seed/pool_map & !uses(Quue)",
            4,
            "no case uses `Quue`; did you mean `Queue`?",
        ),
        (
            "seed/pool_map & area(memory)",
            4,
            "no case fits all of the filter",
        ),
        ("method(spwan)", 64, "unknown start method `spwan`"),
    ] {
        let output = Folder::with(&HELLO).run(&["list", filter]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{filter}: {stderr}");
        assert!(stderr.contains(says), "{stderr}\nshould say {says}");
    }
}

/// A folder with so many cases in `some`.
fn cases(count: usize) -> Folder {
    let folder = Folder::with(&HELLO);
    let some = folder.path().join("some");
    std::fs::create_dir(&some).unwrap();
    for number in 0..count {
        std::fs::write(some.join(format!("case_{number}.ron")), HELLO.as_str()).unwrap();
    }
    folder
}

fn read(folder: &Folder, out: &str) -> RunFile {
    let file = folder.path().join(out).join("run.jsonl");
    poolproof_report::read(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn at_the_first_failure_nothing_more_is_begun_and_what_is_left_is_counted() {
    let folder = cases(16);
    let run = [
        "run",
        "some",
        "--driver",
        "fake/babbler",
        "--runs",
        "2",
        "--jobs",
        "1",
        "--out",
        "out",
    ];
    let output = folder.run(&[&run[..], &["--fail-fast"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("Ended at the first failure, "), "{said}");
    let file = read(&folder, "out");
    let not_made = file.foot.unwrap().not_made;
    assert!(not_made > 0);
    assert_eq!(file.records.len() as u64 + not_made, 16 * 4);
}

#[test]
fn what_failed_is_run_again_and_nothing_else() {
    let folder = cases(2);
    let run = [
        "run",
        "some",
        "hello.ron",
        "--driver",
        "fake/honest,fake/babbler",
        "--runs",
        "2",
    ];
    let methods = ["--start-method", "spawn,threads", "--out", "first"];
    folder.run(&[&run[..], &methods].concat());
    let first = read(&folder, "first");
    let failed = first
        .records
        .iter()
        .filter(|record| record.verdict.is_failure());
    let key = |record: &poolproof_report::Record| {
        (
            record.case.clone(),
            record.driver.clone(),
            record.start_method,
            record.seed,
        )
    };
    let failed: Vec<_> = failed.map(key).collect();
    assert_eq!(failed.len(), 6, "of two drivers one is wrong");
    let again = [
        "run",
        "--rerun-failed",
        "first/run.jsonl",
        "--runs",
        "2",
        "--out",
        "second",
    ];
    let output = folder.run(&again);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let second: Vec<_> = read(&folder, "second").records.iter().map(key).collect();
    assert_eq!(second, failed);

    let output = folder.run(&[&again[..], &["--driver", "fake/honest"]].concat());
    assert_eq!(output.status.code(), Some(4));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("it did on fake/babbler"), "{stderr}");
}

#[test]
fn where_nothing_failed_there_is_nothing_to_run_again() {
    let folder = cases(1);
    let run = [
        "run",
        "some",
        "--driver",
        "fake/honest",
        "--runs",
        "2",
        "--out",
        "first",
    ];
    folder.run(&run);
    let output = folder.run(&[
        "run",
        "--rerun-failed",
        "first/run.jsonl",
        "--out",
        "second",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("nothing to run again"));
    assert!(!folder.path().join("second").exists());
}
