//! What a manifest says of a run: whether it can be made, and what of it is known.

use std::collections::BTreeSet;
use std::time::Duration;

use poolproof_case::uses::Use;
use poolproof_case::{Outcome, StartMethod};

use super::{Known, Leaves, Manifest, Never, Symptom};
use crate::leak::Leaks;
use crate::load::matches;
use crate::statistics::unseen_percent;
use crate::version::Version;

impl Known {
    /// What a report says of it: clause, reason, and where upstream speaks of it.
    #[must_use]
    pub fn explanation(&self) -> String {
        explanation(&self.clause, &self.reason, &self.upstream)
    }

    /// Whether so many runs without it say that it may be mended.
    pub(crate) fn should_have_shown(&self, runs: u64) -> bool {
        self.rate
            .is_none_or(|rate| unseen_percent(runs) < 100.0 * rate)
    }
}

fn explanation(clause: &str, reason: &str, upstream: &str) -> String {
    match upstream {
        "" => format!("{clause}: {reason}"),
        upstream => format!("{clause}: {reason} ({upstream})"),
    }
}

impl Manifest {
    /// How long it may do nothing and go on by itself.
    pub(crate) fn goes_on_after(&self) -> Duration {
        Duration::try_from_secs_f64(self.still_seconds).unwrap_or_default()
    }

    /// How much longer than its case says a run may take.
    pub(crate) fn start_time(&self) -> Duration {
        Duration::try_from_secs_f64(self.start_seconds).unwrap_or_default()
    }

    /// Why a program with these uses cannot run.
    #[must_use]
    pub fn lacking<'a>(
        &self,
        uses: impl IntoIterator<Item = &'a Use>,
        method: StartMethod,
        version: &Version,
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
        version: &Version,
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
        version: &'b Version,
    ) -> impl Iterator<Item = &'a Known> {
        let is_of = move |known: &&Known| {
            known.case == case && applies(&known.methods, &known.versions, method, version)
        };
        self.known.iter().filter(is_of)
    }

    /// What it says is never shown of a case.
    pub(crate) fn never_of(
        &self,
        case: &str,
        method: StartMethod,
        version: &Version,
    ) -> impl Iterator<Item = &Never> {
        self.never.iter().filter(move |never| {
            never.case == case && applies(&never.methods, &never.versions, method, version)
        })
    }

    /// The known defect that a run's stderr tells of, in words.
    pub(crate) fn symptom(
        &self,
        method: StartMethod,
        version: &Version,
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
        version: &Version,
        leaks: &Leaks,
    ) -> Option<String> {
        let known = |left: &String, pattern: fn(&Leaves) -> &String| {
            self.leaves.iter().find(|known| {
                applies(&known.methods, &known.versions, method, version)
                    && uses.iter().any(|used| names(&known.uses, used))
                    && matches(pattern(known), left)
            })
        };
        let files = leaks.files.iter().map(|file| known(file, |it| &it.files));
        let memory = leaks.names.iter().map(|name| known(name, |it| &it.names));
        let all: Option<Vec<&Leaves>> = files.chain(memory).collect();
        Some(all?.first()?.reason.clone())
    }

    /// Why a relation is known not to hold.
    #[must_use]
    pub fn refutes(
        &self,
        case: &str,
        method: StartMethod,
        version: &Version,
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
    version: &Version,
) -> bool {
    (methods.is_empty() || methods.contains(&method)) && version.is_among(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Manifest {
        Manifest::read(text).unwrap()
    }

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
        let manifest = read(TEXT);
        let count = |case, version| {
            let version = Version::of(version);
            let known = manifest.known_of(case, StartMethod::Spawn, &version);
            known.count()
        };
        assert_eq!(count("seed/x", "3.1.2"), 1);
        assert_eq!(count("seed/x", "3.12"), 0);
        assert_eq!(count("seed/y", "3.1"), 0);
    }

    #[test]
    fn a_rare_deviation_is_not_taken_for_mended_after_few_runs() {
        let text = TEXT.replace("reason:", "rate: 0.05, reason:");
        let (rare, common) = (&read(&text).known[0], &read(TEXT).known[0]);
        assert!(!rare.should_have_shown(20));
        assert!(rare.should_have_shown(100));
        assert!(common.should_have_shown(2));
    }

    #[test]
    fn what_is_never_shown_is_said_of_a_case_and_a_start_method() {
        let text = r#"Manifest(name: "a", never: [Never(case: "seed/x", methods: [spawn],
            outcome: Line("odd"), reason: "it is slow")])"#;
        let manifest = read(text);
        let count = |case, method| manifest.never_of(case, method, &Version::of("1")).count();
        assert_eq!(count("seed/x", StartMethod::Spawn), 1);
        assert_eq!(count("seed/x", StartMethod::Fork), 0);
        assert_eq!(count("seed/y", StartMethod::Spawn), 0);
    }

    #[test]
    fn what_is_left_is_known_only_where_all_of_it_is() {
        let text = r#"Manifest(name: "a", kind: "own", start_methods: [spawn], leaves: [
            Leaves(files: "tmp-*/socket-*", uses: "Pipe", versions: ["3"], reason: "forgotten"),
            Leaves(names: "sem.*", uses: "Lock", reason: "ended")])"#;
        let manifest = read(text);
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
            manifest.leaves(&uses, StartMethod::Spawn, &Version::of(version), &leaks)
        };
        let known = |version, leaks| of("Pipe", version, leaks);
        assert!(known("3.8", leaks(&["tmp-1/socket-2"], None)).is_some());
        assert_eq!(of("Queue", "3.8", leaks(&["tmp-1/socket-2"], None)), None);
        assert_eq!(known("4.0", leaks(&["tmp-1/socket-2"], None)), None);
        assert_eq!(known("3.8", leaks(&["tmp-1/socket-2", "else"], None)), None);
        assert_eq!(known("3.8", leaks(&["tmp-1/socket-2"], Some("sem"))), None);
        assert_eq!(known("3.8", leaks(&[], None)), None);
        assert!(of("Lock", "3.8", leaks(&[], Some("sem.a"))).is_some());
        assert_eq!(of("Lock", "3.8", leaks(&[], Some("psm_a"))), None);
        assert_eq!(of("Pipe", "3.8", leaks(&[], Some("sem.a"))), None);
    }

    #[test]
    fn a_symptom_is_all_of_its_texts_in_their_order() {
        let text = r#"Manifest(name: "a", kind: "own", start_methods: [spawn], symptoms: [Symptom(
            clause: "PM-X-Y-001", stderr: ["in rebuild", "not found"], methods: [spawn],
            reason: "it was unlinked", upstream: "elsewhere")])"#;
        let manifest = read(text);
        let told = |method, stderr| manifest.symptom(method, &Version::of("3.8"), stderr);
        let whole = "line 3, in rebuild\n  not found: x";
        assert_eq!(
            told(StartMethod::Spawn, whole).as_deref(),
            Some("PM-X-Y-001: it was unlinked (elsewhere)")
        );
        assert_eq!(told(StartMethod::Fork, whole), None);
        assert_eq!(told(StartMethod::Spawn, "not found, in rebuild"), None);
    }
}
