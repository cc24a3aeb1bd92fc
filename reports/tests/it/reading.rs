//! Run files come back as they were written, and bad ones are told by their line.

use poolproof_report::{Line, VERSION, markdown, merge, missing_shards, read, write, write_line};

use crate::made_up;

#[test]
fn a_run_file_comes_back_as_it_was_written() {
    let file = made_up::file();
    assert_eq!(read(&write(&file)), Ok(file));
}

#[test]
fn a_run_file_without_a_foot_is_incomplete_and_no_error() {
    let mut file = made_up::file();
    file.foot = None;
    assert_eq!(read(&write(&file)), Ok(file));
}

#[test]
fn an_unknown_field_is_ignored() {
    let text = write(&made_up::file()).replace("\"cores\":2", "\"cores\":2,\"news\":[1]");
    assert_eq!(read(&text), Ok(made_up::file()));
}

#[test]
fn a_bad_line_is_named_by_its_number() {
    let head = write_line(&Line::Head(Box::new(made_up::file().head)));
    let cases = [
        (String::new(), 1, "no head"),
        (format!("{head}{{\n"), 2, "EOF while parsing"),
        ("{".to_owned(), 1, "EOF while parsing"),
        (
            format!("{head}\n{{\"type\":\"news\"}}\n"),
            3,
            "unknown variant `news`",
        ),
        (format!("{head}{head}"), 2, "a second head"),
        (
            format!("{head}{{\"type\":\"record\"}}"),
            2,
            "missing field `case`",
        ),
        (
            format!(
                "{head}{{\"type\":\"foot\",\"cases\":1,\"runs\":1,\"seconds\":1,\"exit\":0}}\n{head}"
            ),
            3,
            "after the foot",
        ),
        (
            "{\"type\":\"foot\",\"cases\":1,\"runs\":1,\"seconds\":1,\"exit\":0}".to_owned(),
            1,
            "head does not come first",
        ),
    ];
    for (text, line, message) in cases {
        let error = read(&text).expect_err(&text);
        assert_eq!(error.line(), line, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn a_run_that_was_killed_in_a_line_is_incomplete_and_no_error() {
    let mut file = made_up::file();
    let text = write(&file);
    let last = file.records.pop().expect("there are some");
    file.foot = None;
    let line = write_line(&Line::Record(Box::new(last)));
    let start = text.find(&line).expect("it is written so");
    for cut in [1, 10, line.len() - 2] {
        assert_eq!(read(&text[..start + cut]), Ok(file.clone()), "{cut}");
    }
}

#[test]
fn a_version_that_is_not_known_is_refused_with_both_numbers() {
    let mut file = made_up::file();
    file.head.version = VERSION + 6;
    let error = read(&write(&file)).unwrap_err().to_string();
    let numbers = [VERSION, VERSION + 6].map(|version| version.to_string());
    assert!(
        numbers.iter().all(|number| error.contains(number)),
        "{error}"
    );
}

#[test]
fn a_run_that_is_merged_twice_counts_once() {
    let file = made_up::file();
    let mut killed = file.clone();
    killed.records.truncate(2);
    killed.foot = None;
    let merged = merge(vec![killed, file.clone(), file.clone()]).unwrap();
    assert_eq!(merged.foot, file.foot);
    assert_eq!(merged.records.len(), file.records.len());
    // Files of older versions do not say which run they are of.
    let mut old = file;
    old.head.id.clear();
    assert_eq!(merge(vec![old.clone(), old.clone()]).unwrap(), old);
}

#[test]
fn merged_runs_of_two_systems_stay_apart() {
    let one = made_up::file();
    let mut other = one.clone();
    other.head.id = "5".to_owned();
    other.head.system = "macOS 15, arm64".to_owned();
    let report = markdown(&merge(vec![one, other]).unwrap(), None);
    for driver in ["reference on Linux 6.18", "reference on macOS 15"] {
        assert!(report.contains(driver), "{report}");
    }
    assert!(report.contains("2 runs, joined"), "{report}");
    assert!(
        report.contains(" on macOS 15, arm64: 170 runs in"),
        "{report}"
    );
}

#[test]
fn merged_run_files_have_all_records_and_the_worst_exit() {
    let one = made_up::file();
    let mut other = made_up::file();
    other.head.id = "another".to_owned();
    other.records.truncate(1);
    other.foot = Some(poolproof_report::Foot {
        cases: 1,
        runs: 10,
        seconds: 1.0,
        exit: 2,
        sampler: None,
        not_made: 0,
    });
    let merged = merge(vec![one.clone(), other]).expect("two files");
    assert_eq!(merged.records.len(), one.records.len() + 1);
    let foot = merged.foot.expect("both had one");
    assert_eq!((foot.cases, foot.runs, foot.exit), (6, 180, 1));
    assert!(merge(Vec::new()).is_err());
}

#[test]
fn a_run_counts_once_also_where_a_file_joins_it_with_others_already() {
    let one = made_up::file();
    let mut other = one.clone();
    other.head.id = "5".to_owned();
    let mut third = one.clone();
    third.head.id.clear();
    let joined = merge(vec![one.clone(), other.clone()]).unwrap();
    let again = read(&write(&joined)).unwrap();
    assert!(merge(vec![again.clone(), other.clone()]).unwrap() == joined);
    assert!(merge(vec![again.clone(), again.clone()]).unwrap() == joined);
    let all = merge(vec![one, other, third.clone()]).unwrap();
    assert!(merge(vec![again, third]).unwrap() == all);
    let runs: Vec<u64> = [&joined, &all]
        .map(|file| file.foot.as_ref().unwrap().runs)
        .to_vec();
    assert_eq!(runs[1] * 2, runs[0] * 3);
}

#[test]
fn a_shard_that_is_missing_is_known() {
    let of = |index: u32| {
        let mut file = made_up::file();
        file.head.id = index.to_string();
        file.head.shard = Some((index, 3));
        file
    };
    let whole = merge(vec![of(1), of(2), of(3)]).unwrap();
    assert_eq!(missing_shards(&whole), Vec::<String>::new());
    assert_eq!(missing_shards(&merge(vec![of(3), of(1)]).unwrap()), ["2/3"]);
    assert_eq!(missing_shards(&of(2)), ["1/3", "3/3"]);
    assert_eq!(missing_shards(&made_up::file()), Vec::<String>::new());
}
