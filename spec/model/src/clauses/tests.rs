//! The clauses and the cases hold together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{FILES, Level, Status, all, ids};

/// Every case's file with its id.
fn case_files() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "ron") {
                let below = path.strip_prefix(&root).unwrap().with_extension("");
                let parts: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).collect();
                found.push((parts.join("/"), path));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for clause in all() {
        let parts: Vec<&str> = clause.id.split('-').collect();
        let [prefix, area, topic, number] = parts[..] else {
            panic!("{} has not four parts", clause.id);
        };
        let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase());
        assert!(
            prefix == "PM" && is_word(area) && is_word(topic),
            "{}",
            clause.id
        );
        let is_number = number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit());
        assert!(is_number, "{}", clause.id);
        assert!(seen.insert(&clause.id), "{} stands twice", clause.id);
    }
}

#[test]
fn each_file_has_one_area_and_each_area_one_file() {
    let mut file_of: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, text) in FILES {
        for clause in all().iter().filter(|clause| text.contains(&clause.id)) {
            let area = clause.id.split('-').nth(1).unwrap();
            assert_eq!(*file_of.entry(area).or_insert(file), file, "{}", clause.id);
        }
    }
    assert_eq!(file_of.len(), FILES.len());
}

#[test]
fn each_clause_is_a_sentence_with_a_source() {
    for clause in all() {
        assert!(clause.text.ends_with('.'), "{}: {}", clause.id, clause.text);
        assert!(
            clause.source.contains('#'),
            "{}: {}",
            clause.id,
            clause.source
        );
        assert!(!clause.versions.is_empty(), "{}", clause.id);
        assert!(clause.level.name().is_ascii(), "{}", clause.id);
    }
}

#[test]
fn each_case_is_well_formed_and_names_known_clauses() {
    let ids = ids();
    let mut mistakes = String::new();
    for (id, path) in case_files() {
        let text = fs::read_to_string(&path).unwrap();
        for mistake in poolproof_case::read(&id, &text, &ids)
            .err()
            .into_iter()
            .flatten()
        {
            let name = format!("cases/{id}.ron");
            mistakes += &poolproof_case::render(&mistake, &name, &text, false);
        }
    }
    assert!(mistakes.is_empty(), "{mistakes}");
}

#[test]
fn each_must_has_a_case() {
    let mut named = BTreeSet::new();
    for (id, path) in case_files() {
        let text = fs::read_to_string(&path).unwrap();
        if let Ok(case) = poolproof_case::read(&id, &text, &ids()) {
            named.extend(case.clauses);
        }
    }
    for clause in all() {
        let needs_one = clause.level == Level::Must && clause.status == Status::Active;
        assert!(
            !needs_one || named.contains(&clause.id),
            "{} has no case",
            clause.id
        );
    }
}

#[test]
fn each_twin_exists_and_is_another_case() {
    let files = case_files();
    for (id, path) in &files {
        let text = fs::read_to_string(path).unwrap();
        let Ok(case) = poolproof_case::read(id, &text, &ids()) else {
            continue;
        };
        let Some(twin) = case.twin else { continue };
        assert!(
            twin != *id && files.iter().any(|(known, _)| *known == twin),
            "{id}: {twin}"
        );
    }
}
