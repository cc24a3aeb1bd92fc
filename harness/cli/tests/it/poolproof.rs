//! Starting the built executable, and reading what it writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use poolproof_report::Record;

/// A case that any driver can run, and that has one outcome.
pub(crate) static HELLO: LazyLock<String> = LazyLock::new(|| {
    let clause = poolproof_spec::clauses::ids()[0];
    format!(
        r#"Case(
    title: "A program prints two lines",
    clauses: ["{clause}"],
    main: [Print(["hello", 1]), Print(["world"])],
    claims: [AllowedCount(1), Sometimes(Line("world"))],
)
"#
    )
});

/// A folder with the case of this text, named `hello.ron`.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn with(text: &str) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("hello.ron"), text).unwrap();
        Folder { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.path().join("out")
    }

    /// The command in this folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poolproof"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("TMPDIR", self.path())
            .env("TMP", self.path())
            .env("TEMP", self.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The records of a run with `--out out`.
    pub(crate) fn records(&self) -> Vec<Record> {
        let text = std::fs::read_to_string(self.out().join("run.jsonl")).unwrap();
        poolproof_report::read(&text).unwrap().records
    }
}

/// What was written, as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
