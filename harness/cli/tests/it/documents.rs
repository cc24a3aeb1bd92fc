//! What the documents show is so: each whole case in them is a good one, and each link leads somewhere.

use std::path::{Path, PathBuf};

use crate::poolproof::{Folder, text};

/// Each document of the tree, with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["", "docs", "spec", "cases", "ci", "harness/runtime"];
    let files = folders.iter().flat_map(|folder| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path())
    });
    let is_document = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    files.filter(is_document).map(read).collect()
}

/// The fenced parts of a document, by their language.
fn fenced<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let parts = text.split(fence.as_str()).skip(1);
    parts
        .filter_map(|part| part.split("\n```").next())
        .collect()
}

/// The text without what is fenced, where brackets are no links.
fn prose(text: &str) -> String {
    let parts = text.split("```").step_by(2);
    let lines = parts.flat_map(str::lines);
    lines
        .map(|line| line.split('`').step_by(2).collect::<String>() + "\n")
        .collect()
}

/// What a heading is called in links.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn each_whole_case_in_a_document_is_a_good_one() {
    let mut count = 0;
    for (path, text_of) in documents() {
        for case in fenced(&text_of, "ron") {
            let is_whole = case.starts_with("Case(") && !case.contains('…');
            if !is_whole {
                continue;
            }
            // What has a twin beside it stands alone here.
            let lines = case
                .lines()
                .filter(|line| !line.trim().starts_with("twin:"));
            let folder = Folder::with(&lines.collect::<Vec<_>>().join("\n"));
            let output = folder.run(&["check", "hello.ron"]);
            let said = text(&output.stderr);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}: {said}\n{case}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count >= 4, "{count} cases");
}

#[test]
fn each_link_in_a_document_leads_somewhere() {
    let mut count = 0;
    for (path, text) in documents() {
        let prose = prose(&text);
        for link in prose
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.starts_with("http") || link.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: no {link}", path.display());
            if !place.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#')));
                assert!(
                    anchors.any(|one| one == place),
                    "{}: no place {link}",
                    path.display()
                );
            }
        }
    }
    assert!(count >= 40, "{count} links");
}
