//! Driver manifests: what a driver is, what it lacks and what is known of it, as data.
//!
//! This reads them and answers questions about them; finding the implementation is `driver`'s work.

use std::collections::BTreeSet;

use poolproof_case::uses::Use;
use poolproof_case::{Outcome, Predicate, StartMethod};
use serde::Deserialize;

use crate::error::Error;
use crate::leak::Leaks;
use crate::load::matches;

/// What a driver says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name in reports and on the command line.
    pub name: String,
    /// How it is started.
    pub kind: Kind,
    /// The start methods that it has.
    pub start_methods: Vec<StartMethod>,
    /// How often a case is run when nobody says; none: twice, once under each plan.
    #[serde(default = "default_runs")]
    pub runs: u32,
    /// What of the object catalogue it lacks.
    #[serde(default)]
    pub lacks: Vec<Lack>,
    /// Where it is known to do what the specification forbids.
    #[serde(default)]
    pub known: Vec<Known>,
    /// Defects that are known by what they write to stderr, whatever the case.
    #[serde(default)]
    pub symptoms: Vec<Symptom>,
    /// What its own files are that it is known to leave behind, whatever the case.
    #[serde(default)]
    pub leaves: Vec<Leaves>,
    /// Which relations that cases claim do not hold on it.
    #[serde(default)]
    pub refutes: Vec<Refutes>,
}

/// How a driver is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Kind {
    /// This executable again, with `drive NAME`.
    Own,
    /// A Python interpreter with the case as a program.
    Python,
}

/// Something that a driver does not have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lack {
    /// `Object`, `Object.member` or `Object.member(argument)`.
    pub uses: String,
    /// The start methods it lacks it under; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that lack it, as prefixes (`3.8`); empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Why, in a few words.
    pub reason: String,
}

/// A known deviation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The clause that it offends.
    pub clause: String,
    /// The case that shows it.
    pub case: String,
    /// The start methods that show it; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that show it, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// The outcomes that it excuses; any other one of the same case is not excused.
    pub outcome: Predicate,
    /// Why it happens.
    pub reason: String,
    /// Where upstream speaks of it.
    #[serde(default)]
    pub upstream: String,
}

/// A known defect that any program may meet, known by its traceback.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// The clause that it offends.
    pub clause: String,
    /// The texts that stand on stderr, all of them in this order.
    pub stderr: Vec<String>,
    /// The start methods that show it; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that show it, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Why it happens.
    pub reason: String,
    /// Where upstream speaks of it.
    #[serde(default)]
    pub upstream: String,
}

/// Files that an implementation is known to leave behind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaves {
    /// Their paths below the temporary folder, with `*` for anything.
    pub files: String,
    /// What a program uses that leaves them: `Object` or `Object.member`.
    pub uses: String,
    /// The start methods that leave them; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions that leave them, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Why it happens.
    pub reason: String,
}

/// A relation that a case claims, and that does not hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refutes {
    /// The case that claims it.
    pub case: String,
    /// The claim, as reports word it.
    pub claim: String,
    /// The start methods under which it does not hold; empty: all.
    #[serde(default)]
    pub methods: Vec<StartMethod>,
    /// The versions on which it does not hold, as prefixes; empty: all.
    #[serde(default)]
    pub versions: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Known {
    /// What a report says of it: clause, reason, and where upstream speaks of it.
    #[must_use]
    pub fn explanation(&self) -> String {
        explanation(&self.clause, &self.reason, &self.upstream)
    }
}

fn explanation(clause: &str, reason: &str, upstream: &str) -> String {
    match upstream {
        "" => format!("{clause}: {reason}"),
        upstream => format!("{clause}: {reason} ({upstream})"),
    }
}

fn default_runs() -> u32 {
    2
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(name: String) -> Result<Kind, String> {
        match name.as_str() {
            "own" => Ok(Kind::Own),
            "python" => Ok(Kind::Python),
            _ => Err(format!("unknown driver kind `{name}` (known: own, python)")),
        }
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When the text is no manifest.
    pub fn read(text: &str) -> Result<Manifest, Error> {
        ron::from_str(text).map_err(|error| {
            let start = &text[..text.len().min(60)];
            Error::internal(format!(
                "a driver's manifest ({start:?}…) is wrong: {error}"
            ))
        })
    }

    /// Why a program with these uses cannot run.
    #[must_use]
    pub fn lacking<'a>(
        &self,
        uses: impl IntoIterator<Item = &'a Use>,
        method: StartMethod,
        version: &str,
    ) -> Option<String> {
        let uses: Vec<&Use> = uses.into_iter().collect();
        let lack = self.lacks.iter().find(|lack| {
            applies(&lack.methods, &lack.versions, method, version)
                && uses.iter().any(|used| names(&lack.uses, used))
        })?;
        Some(format!("{}: {}", lack.uses, lack.reason))
    }

    /// The known deviation that excuses an outcome.
    #[must_use]
    pub fn excuse(
        &self,
        case: &str,
        method: StartMethod,
        version: &str,
        outcome: &Outcome,
    ) -> Option<&Known> {
        let mut known = self.known_of(case, method, version);
        known.find(|known| known.outcome.holds(outcome))
    }

    /// The deviations that are known of a case.
    pub(crate) fn known_of<'a, 'b>(
        &'a self,
        case: &'b str,
        method: StartMethod,
        version: &'b str,
    ) -> impl Iterator<Item = &'a Known> {
        let is_of = move |known: &&Known| {
            known.case == case && applies(&known.methods, &known.versions, method, version)
        };
        self.known.iter().filter(is_of)
    }

    /// The known defect that a run's stderr tells of, in words.
    pub(crate) fn symptom(
        &self,
        method: StartMethod,
        version: &str,
        stderr: &str,
    ) -> Option<String> {
        let tells = |symptom: &&Symptom| {
            let mut rest = stderr;
            applies(&symptom.methods, &symptom.versions, method, version)
                && symptom
                    .stderr
                    .iter()
                    .all(|text| match rest.split_once(text) {
                        Some((_, after)) => {
                            rest = after;
                            true
                        }
                        None => false,
                    })
        };
        let found = self.symptoms.iter().find(tells)?;
        Some(explanation(&found.clause, &found.reason, &found.upstream))
    }

    /// Why all of this is known to be left behind; none where some of it is not, or nothing is left.
    pub(crate) fn leaves(
        &self,
        uses: &BTreeSet<Use>,
        method: StartMethod,
        version: &str,
        leaks: &Leaks,
    ) -> Option<String> {
        let known = |file: &String| {
            self.leaves.iter().find(|known| {
                applies(&known.methods, &known.versions, method, version)
                    && uses.iter().any(|used| names(&known.uses, used))
                    && matches(&known.files, file)
            })
        };
        let all: Option<Vec<&Leaves>> = leaks.files.iter().map(known).collect();
        let first = all?
            .first()
            .filter(|_| leaks.names.is_empty())?
            .reason
            .clone();
        Some(first)
    }

    /// Why a relation is known not to hold.
    #[must_use]
    pub fn refutes(
        &self,
        case: &str,
        method: StartMethod,
        version: &str,
        claim: &str,
    ) -> Option<&str> {
        let mut all = self.refutes.iter();
        let known = all.find(|known| {
            known.case == case
                && known.claim == claim
                && applies(&known.methods, &known.versions, method, version)
        })?;
        Some(&known.reason)
    }
}

/// Whether a manifest's `Object` or `Object.member` is what a program uses.
fn names(what: &str, used: &Use) -> bool {
    let Some((object, member)) = what.split_once('.') else {
        return used.object == what;
    };
    let (member, argument) = match member.split_once('(') {
        Some((member, argument)) => (member, argument.trim_end_matches(')')),
        None => (member, ""),
    };
    (used.object, used.member, used.argument) == (object, member, argument)
}

fn applies(
    methods: &[StartMethod],
    versions: &[String],
    method: StartMethod,
    version: &str,
) -> bool {
    let fits = |prefix: &String| {
        version == prefix
            || version
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
    };
    (methods.is_empty() || methods.contains(&method))
        && (versions.is_empty() || versions.iter().any(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"Manifest(
        name: "cpython",
        kind: "python",
        start_methods: [spawn, threads],
        known: [Known(
            clause: "PM-X-Y-001",
            case: "seed/x",
            versions: ["3.1"],
            outcome: Line("odd"),
            reason: "it is so",
        )],
    )"#;

    #[test]
    fn a_deviation_is_known_of_its_case_and_versions() {
        let manifest = Manifest::read(TEXT).unwrap();
        let count = |case, version| {
            let known = manifest.known_of(case, StartMethod::Spawn, version);
            known.count()
        };
        assert_eq!(count("seed/x", "3.1.2"), 1);
        assert_eq!(count("seed/x", "3.12"), 0);
        assert_eq!(count("seed/y", "3.1"), 0);
    }

    #[test]
    fn a_version_prefix_ends_at_a_dot() {
        let manifest = Manifest::read(TEXT).unwrap();
        let odd = Outcome {
            lines: vec!["odd".to_owned()],
            ending: poolproof_case::Ending::Exit(0),
            left: 0,
        };
        let excuse = |version| {
            manifest
                .excuse("seed/x", StartMethod::Spawn, version, &odd)
                .is_some()
        };
        assert!(excuse("3.1"));
        assert!(excuse("3.1.4"));
        assert!(!excuse("3.13.0"));
    }

    #[test]
    fn an_unknown_field_is_an_error() {
        let text = TEXT.replace("kind:", "sort:");
        assert!(Manifest::read(&text).is_err());
    }

    #[test]
    fn what_is_left_is_known_only_where_all_of_it_is() {
        let text = r#"Manifest(name: "a", kind: "own", start_methods: [spawn], leaves: [
            Leaves(files: "tmp-*/socket-*", uses: "Pipe", versions: ["3"], reason: "forgotten")])"#;
        let manifest = Manifest::read(text).unwrap();
        let leaks = |files: &[&str], name: Option<&str>| Leaks {
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            names: name.into_iter().map(str::to_owned).collect(),
        };
        let of = |object, version, leaks| {
            let uses = BTreeSet::from([Use {
                object,
                member: "",
                argument: "",
            }]);
            manifest.leaves(&uses, StartMethod::Spawn, version, &leaks)
        };
        let known = |version, leaks| of("Pipe", version, leaks);
        assert!(known("3.8", leaks(&["tmp-1/socket-2"], None)).is_some());
        assert_eq!(of("Queue", "3.8", leaks(&["tmp-1/socket-2"], None)), None);
        assert_eq!(known("4.0", leaks(&["tmp-1/socket-2"], None)), None);
        assert_eq!(known("3.8", leaks(&["tmp-1/socket-2", "else"], None)), None);
        assert_eq!(known("3.8", leaks(&["tmp-1/socket-2"], Some("sem"))), None);
        assert_eq!(known("3.8", leaks(&[], None)), None);
    }

    #[test]
    fn a_symptom_is_all_of_its_texts_in_their_order() {
        let text = r#"Manifest(name: "a", kind: "own", start_methods: [spawn], symptoms: [Symptom(
            clause: "PM-X-Y-001", stderr: ["in rebuild", "not found"], methods: [spawn],
            reason: "it was unlinked", upstream: "elsewhere")])"#;
        let manifest = Manifest::read(text).unwrap();
        let told = |method, stderr| manifest.symptom(method, "3.8", stderr);
        let whole = "line 3, in rebuild\n  not found: x";
        assert_eq!(
            told(StartMethod::Spawn, whole).as_deref(),
            Some("PM-X-Y-001: it was unlinked (elsewhere)")
        );
        assert_eq!(told(StartMethod::Fork, whole), None);
        assert_eq!(told(StartMethod::Spawn, "not found, in rebuild"), None);
    }
}
