//! Reading manifests: the text of one, a file, and what in it cannot be meant.

use std::path::Path;

use poolproof_case::catalogue;
use poolproof_case::nearest::nearest;

use super::{Kind, Manifest};
use crate::error::{Error, Result};

/// Where a manifest's fields are told.
const WAY_OUT: &str = "docs/implementations.md tells what a manifest may say";

/// No cluster takes longer to start.
const START_SECONDS_MAX: f64 = 600.0;

/// What hangs is waited for so long, time and again.
const STILL_SECONDS_MAX: f64 = 60.0;

impl Manifest {
    /// Reads a manifest that is part of Poolproof.
    ///
    /// # Errors
    /// When the text is no manifest.
    pub fn read(text: &str) -> Result<Manifest> {
        let wrong = |problem: String| {
            let start = &text[..text.len().min(60)];
            Error::internal(format!(
                "a driver's manifest ({start:?}…) is wrong: {problem}"
            ))
        };
        let mut manifest = parse(text).map_err(|error| wrong(error.to_string()))?;
        if let Some(adaptor) = &mut manifest.adaptor {
            let text = poolproof_python::adaptor(&adaptor.file());
            let text = text.ok_or_else(|| wrong(format!("there is no {}", adaptor.file())))?;
            text.clone_into(&mut adaptor.text);
        }
        Ok(manifest)
    }

    /// Reads a user's file; the program that it names is found from the file's folder.
    ///
    /// # Errors
    /// When there is no such file, or it is no manifest: with line, column and the way out.
    pub fn read_file(path: &Path) -> Result<Manifest> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::usage(format!("failed to read {shown}: {error}")))?;
        let wrong = |line: usize, column: usize, what: &str| {
            Error::usage(format!("{shown}:{line}:{column}: {what}; {WAY_OUT}"))
        };
        let mut manifest = parse(&text).map_err(|error| {
            let start = error.span.start;
            wrong(start.line, start.col, &error.code.to_string())
        })?;
        if let Some((what, problem)) = manifest.problem() {
            let (line, column) = place(&text, &what);
            return Err(wrong(line, column, &problem));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        if let Some(program) = &mut manifest.program
            && program.components().count() > 1
        {
            *program = folder.join(&program);
        }
        if let Some(adaptor) = &mut manifest.adaptor
            && let Err(error) = adaptor.read(folder)
        {
            let file = adaptor.file();
            let (line, column) = place(&text, &file);
            let problem = format!("failed to read {}: {error}", folder.join(file).display());
            return Err(wrong(line, column, &problem));
        }
        Ok(manifest)
    }

    /// The manifest of a module of which nothing is known.
    #[must_use]
    pub fn of_module(module: &str) -> Manifest {
        Manifest {
            name: module.to_owned(),
            kind: Kind::Python,
            program: None,
            module: module.to_owned(),
            adaptor: None,
            keeps_stdout: false,
            start_seconds: 0.0,
            start_methods: super::all_methods(),
            absent: Vec::new(),
            runs: super::default_runs(),
            still_seconds: 0.0,
            lacks: Vec::new(),
            known: Vec::new(),
            symptoms: Vec::new(),
            leaves: Vec::new(),
            never: Vec::new(),
            refutes: Vec::new(),
        }
    }

    /// What is said and cannot be meant, with the text that says it.
    fn problem(&self) -> Option<(String, String)> {
        if self.kind == Kind::Own {
            let problem = "only `python` is a kind of driver that a file can describe";
            return Some(("own".to_owned(), problem.to_owned()));
        }
        if let Some(problem) = wrong_name(&self.name) {
            return Some((self.name.clone(), problem));
        }
        if !(0.0..=STILL_SECONDS_MAX).contains(&self.still_seconds) {
            let problem = format!("`still_seconds` is 0 to {STILL_SECONDS_MAX}");
            return Some((String::new(), problem));
        }
        if !(0.0..=START_SECONDS_MAX).contains(&self.start_seconds) {
            let problem = format!("`start_seconds` is 0 to {START_SECONDS_MAX}");
            return Some((String::new(), problem));
        }
        let is_share = |rate: f64| rate > 0.0 && rate <= 1.0;
        if let Some(known) = self
            .known
            .iter()
            .find(|known| !known.rate.is_none_or(is_share))
        {
            let problem = "a rate is a share of runs, more than 0 and at most 1";
            return Some((known.case.clone(), problem.to_owned()));
        }
        let lacks = self.lacks.iter().map(|lack| &lack.uses);
        let leaves = self.leaves.iter().map(|known| &known.uses);
        lacks
            .chain(leaves)
            .find_map(|uses| Some((uses.clone(), unknown_use(uses)?)))
    }
}

/// What may be absent is written as it is, without `Some`.
fn parse(text: &str) -> ron::error::SpannedResult<Manifest> {
    let options = ron::Options::default();
    options
        .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
        .from_str(text)
}

/// Why this is no name of a driver.
#[must_use]
pub fn wrong_name(name: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    (name.is_empty() || !name.chars().all(is_plain)).then(|| {
        format!("{name:?} is no name of a driver; it has letters, digits and `.`, `_`, `-`, `+`")
    })
}

/// Why this names nothing that a program can use: `Object`, `Object.member` or
/// `Object.member(argument)`.
fn unknown_use(uses: &str) -> Option<String> {
    let (object, member) = match uses.split_once('.') {
        Some((object, member)) => (object, Some(member)),
        None => (uses, None),
    };
    let Some(known) = catalogue::object(object) else {
        let names = catalogue::objects().map(|object| object.name);
        let near = did_you_mean(nearest(object, names), "");
        return Some(format!("there is no object `{object}`{near}"));
    };
    let member = member?;
    let (name, argument) = match member.split_once('(') {
        Some((name, argument)) => (name, argument.strip_suffix(')')),
        None => (member, None),
    };
    if name.is_empty() && argument.is_none() {
        return Some(format!("`{uses}` names no member of `{object}`"));
    }
    let method = known.method(name);
    if method.is_none() && known.attribute(name).is_none() {
        let methods = known.methods.iter().map(|method| method.name);
        let attributes = known.attributes.iter().map(|attribute| attribute.name);
        let near = did_you_mean(nearest(name, methods.chain(attributes)), object);
        return Some(format!("`{object}` has no `{name}`{near}"));
    }
    let argument = argument?;
    let mut parameters = method?.parameters.iter();
    (!parameters.any(|parameter| parameter.name == argument))
        .then(|| format!("`{object}.{name}` has no argument `{argument}`"))
}

fn did_you_mean(near: Option<&str>, object: &str) -> String {
    match (near, object) {
        (Some(near), "") => format!("; did you mean `{near}`?"),
        (Some(near), object) => format!("; did you mean `{object}.{near}`?"),
        (None, _) => "; `poolproof objects` lists them".to_owned(),
    }
}

/// Line and column, from 1, of a text in quotes; of the file's beginning where it is not found.
fn place(text: &str, what: &str) -> (usize, usize) {
    let quoted = format!("{what:?}");
    let Some(at) = text.find(&quoted) else {
        return (1, 1);
    };
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.ron");
        std::fs::write(&path, text).unwrap();
        let told = Manifest::read_file(&path).unwrap_err().to_string();
        told.replace(&path.display().to_string(), "mine.ron")
    }

    #[test]
    fn a_short_manifest_has_what_most_have() {
        let manifest = Manifest::read(r#"Manifest(name: "mine", program: "pypy3")"#).unwrap();
        assert_eq!(manifest.kind, Kind::Python);
        assert_eq!(manifest.program.as_deref(), Some(Path::new("pypy3")));
        assert_eq!(manifest.module, "multiprocessing");
        assert_eq!(manifest.start_methods.len(), 4);
    }

    #[test]
    fn a_bad_manifest_is_told_with_file_line_column_and_the_way_out() {
        for (text, begins, says) in [
            ("Manifest(\n  name: 1,\n)", "mine.ron:2:", "string"),
            ("Manifest(\n  sort: \"a\",\n)", "mine.ron:2:", "`sort`"),
            ("Manifest(name: \"a\"", "mine.ron:1:", ""),
            (
                "Manifest(name: \"a b\")",
                "mine.ron:1:16: ",
                "no name of a driver",
            ),
            (
                "Manifest(name: \"a\", kind: \"own\")",
                "mine.ron:1:27: ",
                "only `python`",
            ),
            (
                "Manifest(name: \"a\", adaptor: \"b.c.py\")",
                "mine.ron:1:",
                "no file of a module",
            ),
            (
                "Manifest(name: \"a\",\n adaptor: \"nowhere.py\")",
                "mine.ron:2:11: ",
                "failed to read",
            ),
            (
                "Manifest(name: \"a\", start_methods: [spwan])",
                "mine.ron:1:",
                "spwan",
            ),
            (
                "Manifest(name: \"a\", lacks: [\n Lack(uses: \"Queu\", reason: \"\")])",
                "mine.ron:2:13: ",
                "did you mean `Queue`?",
            ),
            (
                "Manifest(name: \"a\", lacks: [Lack(uses: \"Pool.mapp\", reason: \"\")])",
                "mine.ron:1:40: ",
                "did you mean `Pool.map`?",
            ),
            (
                "Manifest(name: \"a\", lacks: [Lack(uses: \"Pool.map(x)\", reason: \"\")])",
                "mine.ron:1:40: ",
                "no argument `x`",
            ),
            (
                "Manifest(name: \"a\", known: [Known(clause: \"C\", case: \"c\", outcome: Hang, \
                 rate: 3.0, reason: \"\")])",
                "mine.ron:1:54: ",
                "a rate is a share",
            ),
        ] {
            let told = told(text);
            assert!(
                told.starts_with(begins),
                "{told} should begin with {begins}"
            );
            assert!(told.contains(says), "{told} should say {says}");
            assert!(told.ends_with(WAY_OUT), "{told}");
        }
    }
}
