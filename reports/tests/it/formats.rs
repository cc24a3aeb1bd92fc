//! What the reports for machines look like, and that they are what their formats say.

use poolproof_case::StartMethod;
use poolproof_report::{
    Joined, ProgramRecord, RunFile, Verdict, json, junit, markdown, tap, write,
};
use serde_json::{Value, json as value};

use crate::made_up;

#[test]
fn the_junit_report_has_a_test_case_for_each_record() {
    let file = made_up::file();
    let text = junit(&file, None);
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let cases = report
        .test_suites
        .iter()
        .map(|suite| suite.test_cases.len());
    assert_eq!(cases.sum::<usize>(), file.records.len());
    let count = |is: fn(Verdict) -> bool| {
        let records = file.records.iter();
        records.filter(|record| is(record.verdict)).count()
    };
    assert_eq!(
        report.failures,
        count(|verdict| verdict > Verdict::Inconclusive)
    );
    let skipped = report.test_suites.iter().map(|suite| suite.skipped);
    assert_eq!(
        skipped.sum::<usize>(),
        count(|verdict| !verdict.is_judged())
    );
    let root = text
        .lines()
        .find(|line| line.starts_with("<testsuites"))
        .unwrap();
    let names: Vec<&str> = root.split('"').step_by(2).map(str::trim).collect();
    let known = [
        "<testsuites name=",
        "tests=",
        "failures=",
        "errors=",
        "time=",
        ">",
    ];
    assert_eq!(names, known, "the schemas know no others");
    insta::assert_snapshot!(text);
}

#[test]
fn the_tap_report_has_a_point_for_each_record() {
    let file = made_up::file();
    let text = tap(&file, None);
    let is_point = |line: &&str| line.starts_with("ok ") || line.starts_with("not ok ");
    assert_eq!(text.lines().filter(is_point).count(), file.records.len());
    insta::assert_snapshot!(text);
}

#[test]
fn a_run_that_was_cut_short_bails_out() {
    let mut file = made_up::file();
    file.foot = None;
    assert!(tap(&file, None).ends_with("Bail out! The run was cut short.\n"));
}

#[test]
fn a_name_begins_no_directive() {
    let mut file = made_up::file();
    file.records.truncate(1);
    file.records[0].case = "seed/a # SKIP \\".to_owned();
    assert!(
        tap(&file, None).contains(r"seed/a \# SKIP \\ on"),
        "{}",
        tap(&file, None)
    );
}

#[test]
fn what_strangers_write_reaches_no_report_as_it_is() {
    let mut file = made_up::file();
    for record in &mut file.records {
        record.title = "\u{1b}[2J]]>\u{202e}\u{0}".to_owned();
        record.reason = Some("\u{9b}31m\n...\nok 99\u{7}".to_owned());
        for seen in &mut record.observations {
            seen.stderr = "\u{1b}[1m\u{fffe}]]>".to_owned();
            seen.lines.push("\u{8}".to_owned());
        }
    }
    for text in [junit(&file, None), tap(&file, None), markdown(&file, None)] {
        let is_bad = |character: char| character.is_control() && character != '\n';
        assert!(
            !text.contains(is_bad) && !text.contains('\u{202e}'),
            "{text}"
        );
        assert!(
            !text.lines().any(|line| line == "ok 99" || line == "..."),
            "{text}"
        );
    }
    quick_junit::Report::deserialize_from_str(&junit(&file, None)).unwrap();
}

#[test]
fn the_markdown_report_has_less_than_sixty_lines_however_much_there_is() {
    for (cases, drivers) in [(1, 1), (40, 12), (100, 30)] {
        let text = markdown(&made_up::large(cases, drivers), None);
        let lines = text.lines().count();
        assert!(lines < 60, "{lines} lines:\n{text}");
        assert!(text.contains("poolproof replay"), "{text}");
    }
}

#[test]
fn the_json_object_names_each_case_that_fails() {
    let object: Value = serde_json::from_str(&json(&made_up::file(), None)).unwrap();
    let failures = object["failures"].as_array().unwrap();
    let names: Vec<&str> = failures
        .iter()
        .map(|failure| failure["case"].as_str().unwrap())
        .collect();
    let wanted = [
        "seed/manager_dict",
        "seed/hello_under_lock",
        "performance/queue",
    ];
    assert_eq!(names, wanted);
    assert_eq!(object["memory"][0]["private"], value!(12 << 20));
}

/// The schema, with each field that it does not know refused.
fn strict_schema() -> Value {
    let text = include_str!("../../schemas/run-file.json");
    let mut schema: Value = serde_json::from_str(text).expect("it is JSON");
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if object.contains_key("properties") {
            object.insert("additionalProperties".to_owned(), value!(false));
        }
        object.values_mut().for_each(close);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(close);
    }
}

/// What the schema says of each line that is wrong.
fn mistakes(file: &RunFile) -> Vec<String> {
    let schema = jsonschema::validator_for(&strict_schema()).expect("it is a schema");
    let lines = write(file);
    let mut mistakes = Vec::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("it is JSON");
        let wrong = schema.iter_errors(&line);
        mistakes.extend(wrong.map(|mistake| format!("{mistake} in {line}")));
    }
    mistakes
}

/// The made-up file with what is seldom there.
fn full() -> RunFile {
    let mut file = made_up::file();
    file.head.isolation = "namespaces of its own".to_owned();
    file.head.shortages = vec!["few processes".to_owned()];
    file.cases[0].programs.push(ProgramRecord {
        contender: Some("another".to_owned()),
        python: None,
        absent: Some("Python cannot say it".to_owned()),
    });
    if let Some(foot) = &mut file.foot {
        foot.not_made = 3;
    }
    file.head.shard = Some((2, 4));
    file.head.joined = vec![Joined {
        head: Box::new(file.head.clone()),
        foot: file.foot.clone(),
    }];
    for record in &mut file.records {
        record.system = "Linux".to_owned();
        record.run.clone_from(&file.head.id);
        record.argument = Some("mine/lock.ron".to_owned());
        record.seconds = Some(1.5);
        record.undefined = 2;
        for figure in &mut record.figures {
            figure.contender = Some("another".to_owned());
            figure.histogram = vec![(1, 2)];
        }
        for relation in &mut record.relations {
            relation.reason = Some("too few pairs".to_owned());
            relation.known = Some("pipes are so".to_owned());
        }
        for seen in &mut record.observations {
            seen.seconds = Some((0.5, 1.0));
            seen.known = Some("a known bug".to_owned());
            seen.undefined = true;
            if let Some(rejection) = &mut seen.rejection {
                rejection.followed.clone_from(&rejection.interleaving);
            }
        }
    }
    file
}

#[test]
fn the_published_schema_is_that_of_run_files() {
    let file = full();
    assert_eq!(mistakes(&file), Vec::<String>::new());
    // Each definition is used by something in the file, so that none can be wrong unseen.
    let text = write(&file);
    let schema = strict_schema();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for field in definition["properties"].as_object().into_iter().flatten() {
            let is_there = text.contains(&format!("\"{}\":", field.0));
            assert!(is_there, "no line has the field {} of {name}", field.0);
        }
    }
}

#[test]
fn the_published_schema_refuses_what_is_none() {
    let schema = jsonschema::validator_for(&strict_schema()).expect("it is a schema");
    let text = write(&made_up::file());
    for (from, to) in [
        ("\"type\":\"record\"", "\"type\":\"news\""),
        ("\"verdict\":\"conforms\"", "\"verdict\":\"fine\""),
        ("\"ending\":\"exit 0\"", "\"ending\":\"well\""),
        ("\"cores\":2", "\"cores\":-2"),
        ("\"count\":10", "\"count\":10,\"new\":1"),
    ] {
        let line = text.lines().find(|line| line.contains(from)).unwrap();
        let line: Value = serde_json::from_str(&line.replace(from, to)).unwrap();
        assert!(!schema.is_valid(&line), "{to} is valid");
    }
}

#[test]
fn every_verdict_and_start_method_is_in_the_schema() {
    let mut file = made_up::file();
    let record = file.records.remove(0);
    file.records.clear();
    for verdict in Verdict::ALL {
        for method in StartMethod::ALL {
            let mut record = record.clone();
            (record.verdict, record.start_method) = (verdict, method);
            file.records.push(record);
        }
    }
    assert_eq!(mistakes(&file), Vec::<String>::new());
}
