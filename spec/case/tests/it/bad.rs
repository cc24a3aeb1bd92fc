//! Each `tests/bad/NAME.ron` is refused with exactly the text of `tests/bad/NAME.txt` beside it.
//!
//! `POOLPROOF_BLESS=1 cargo test -p poolproof-case` writes those texts anew, for reading in review.

use std::fs;
use std::path::Path;

#[test]
fn each_bad_case_is_refused_with_its_place_and_the_way_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let is_blessing = std::env::var_os("POOLPROOF_BLESS").is_some();
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".ron"))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        let mistakes = poolproof_case::read("bad", &text, &["PM-PRINT-LINE-001"]).unwrap_err();
        let shown: Vec<String> = mistakes
            .iter()
            .map(|mistake| poolproof_case::render(mistake, &name, &text, false))
            .collect();
        let shown = shown.concat();
        let golden = folder.join(name.replace(".ron", ".txt"));
        if is_blessing {
            fs::write(&golden, &shown).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(shown, expected, "{name}");
    }
}
