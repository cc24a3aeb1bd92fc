//! `drivers --check` finds out which claims of a manifest are true, and which are not.

use crate::implementations::python;
use crate::poolproof::{Folder, text};

/// What a manifest may claim, and what is found of it.
const CLAIMS: [(&str, &str); 9] = [
    (
        r#"lacks: [Lack(uses: "Lock", reason: "so it is said")]"#,
        "✗ mine  lacks Lock: cases that use it conform",
    ),
    (
        r#"lacks: [Lack(uses: "Lock", versions: ["2"], reason: "so it is said")]"#,
        "? mine  lacks Lock: it is not about",
    ),
    (
        r#"start_methods: [spawn, threads]"#,
        "✗ mine  start methods: the module has no threads",
    ),
    (
        r#"start_methods: [spawn]"#,
        "✓ mine  start methods: the module was asked, and has spawn",
    ),
    (
        r#"known: [Known(clause: "PM-LOCK-MUTEX-001", case: "lock/none", outcome: Hang, reason: "so")]"#,
        "✗ mine  known: lock/none: there is no such case",
    ),
    (
        r#"known: [Known(clause: "PM-X-Y-001", case: "a/lock", outcome: Hang, reason: "so")]"#,
        "✗ mine  known: a/lock: there is no clause PM-X-Y-001",
    ),
    (
        r#"known: [Known(clause: "PM-LOCK-MUTEX-001", case: "a/lock", outcome: Line("held"), reason: "so")]"#,
        "✗ mine  known: a/lock: the specification allows what it excuses: held → exit 0 under spawn",
    ),
    (
        r#"known: [Known(clause: "PM-LOCK-MUTEX-001", case: "a/lock", outcome: Hang, reason: "so")]"#,
        "✗ mine  known: a/lock: not shown in 2 runs",
    ),
    (
        r#"never: [Never(case: "a/lock", outcome: Line("lost"), reason: "so")]"#,
        "✗ mine  never: a/lock: the specification allows no such outcome",
    ),
];

const CASE: &str = r#"Case(
    title: "A lock is held",
    clauses: ["PM-LOCK-MUTEX-001"],
    main: [
        Let("lock", New("Lock")),
        With("$lock", [Print(["held"])]),
    ],
    claims: [AllowedCount(1)],
)
"#;

/// A module that has `spawn` alone.
const MODULE: &str = "
from multiprocessing import *
__version__ = '1.0'
def get_all_start_methods():
    return ['spawn']
";

#[test]
fn each_claim_of_a_manifest_is_told_with_how_it_was_checked() {
    let Some(python) = python() else { return };
    let folder = Folder::with("");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    file("cases/a/lock.ron", CASE);
    // These cases alone.
    file("cases/.suite", "");
    file("lib/own/__init__.py", MODULE);
    for part in ["managers", "pool"] {
        file(
            &format!("lib/own/{part}.py"),
            &format!("from multiprocessing.{part} import *\nfrom multiprocessing.pool import *\n"),
        );
    }
    for (claim, says) in CLAIMS {
        let manifest = format!("Manifest(name: \"mine\", module: \"own\", {claim})");
        file("mine.ron", &manifest);
        let output = folder
            .command(&["drivers", "--check", "--manifest", "mine.ron", "--python"])
            .arg(&python)
            .env("PYTHONPATH", folder.path().join("lib"))
            .output()
            .unwrap();
        let told = text(&output.stdout);
        assert!(
            told.contains(says),
            "{told}{} should say {says}",
            text(&output.stderr)
        );
        let is_false = says.starts_with('✗');
        assert_eq!(
            output.status.code(),
            Some(i32::from(is_false)),
            "{claim}: {told}"
        );
    }
}
