//! What the specification says of a case: its behaviour, and whether the case's claims hold.
//!
//! A false claim is the case's mistake and is found here, without running anything.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use poolproof_case::claim::ClaimKind;
use poolproof_case::diagnostic::Diagnostic;
use poolproof_case::program::Place;
use poolproof_case::{Claim, Ending, Predicate, StartMethod, uses};
use poolproof_spec::{Exploration, Limits, explore};

use crate::interleaving::Explanations;
use crate::load::{Loaded, Problem};
use crate::twins;

/// A case's behaviour under one start method.
#[derive(Debug)]
pub struct Specified {
    /// What exploration found.
    pub exploration: Exploration,
    /// How long it took.
    pub seconds: f64,
    /// How what is allowed can come about in place of what is not.
    pub(crate) explanations: Explanations,
}

/// Explores a case under a start method and checks the claims made for it. Where `stop` becomes true,
/// that ends early, and the result is as of one that has met its limit.
///
/// # Errors
/// The mistakes found: what the specification does not know, and false claims.
pub fn specify(
    loaded: &Loaded,
    method: StartMethod,
    stop: Option<&'static AtomicBool>,
) -> std::result::Result<Specified, Vec<Diagnostic>> {
    let limits = Limits {
        stop,
        ..Limits::default()
    };
    let (specified, mistakes) = explored(loaded, method, &limits).map_err(|error| vec![error])?;
    match mistakes.is_empty() {
        true => Ok(specified),
        false => Err(mistakes),
    }
}

/// What a case may do under a start method, and which of the claims made for it are false.
///
/// # Errors
/// What the specification does not know.
pub fn explored(
    loaded: &Loaded,
    method: StartMethod,
    limits: &Limits,
) -> std::result::Result<(Specified, Vec<Diagnostic>), Diagnostic> {
    let started = Instant::now();
    let exploration = explore(&loaded.case.program, method, limits).map_err(|error| {
        let message = format!("{error} (under {method})");
        Diagnostic::new(error.place, message)
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let mistakes: Vec<Diagnostic> = claims(loaded, method)
        .filter(|claim| !exploration.bounded || matches!(claim.kind, ClaimKind::Never(_)))
        .filter_map(|claim| {
            let refutation = exploration.behaviour.check(&claim.kind).err()?;
            let message = format!("the claim is false: {refutation}");
            Some(Diagnostic::new(claim.place, message).help(format!("under {method}")))
        })
        .collect();
    let specified = Specified {
        exploration,
        seconds,
        explanations: Explanations::default(),
    };
    Ok((specified, mistakes))
}

/// The claims made for a start method.
pub(crate) fn claims(loaded: &Loaded, method: StartMethod) -> impl Iterator<Item = &Claim> {
    let claims = loaded.case.claims.iter();
    claims.filter(move |claim| claim.methods.is_empty() || claim.methods.contains(&method))
}

/// The start methods that a case is made for and can exist under.
pub fn methods(loaded: &Loaded) -> impl Iterator<Item = StartMethod> {
    let case = &loaded.case;
    let methods = case.methods.iter().copied();
    methods.filter(|method| uses::unsupported(&case.program, *method).is_none())
}

/// Everything that is wrong with a case, under all its start methods, and what it warns of.
#[must_use]
pub fn check(loaded: &Loaded) -> Option<Problem> {
    let mut diagnostics: Vec<Diagnostic> = poolproof_case::warnings(&loaded.case, &loaded.text);
    let (mut found, mut own) = (Vec::new(), Vec::new());
    // What may come of one that is measured is none of its claims.
    for method in methods(loaded).filter(|_| !loaded.case.is_measured()) {
        match explored(loaded, method, &Limits::default()) {
            Err(mistake) => {
                found.push(mistake);
                own.push((method, None));
            }
            Ok((specified, mistakes)) => {
                if mistakes.is_empty() {
                    found.extend(too_many(loaded, &specified, method));
                    found.extend(failing(loaded, &specified, method));
                }
                found.extend(mistakes);
                own.push((method, twins::whole(specified.exploration)));
            }
        }
    }
    diagnostics.extend(twins::check(loaded, &own));
    diagnostics.extend(found);
    (!diagnostics.is_empty()).then(|| problem(loaded, diagnostics))
}

/// A case that is too large to be explored whole.
fn too_many(loaded: &Loaded, specified: &Specified, method: StartMethod) -> Option<Diagnostic> {
    let states = Limits::default().states_max;
    let message = format!("the case has more than {states} states under {method}");
    let help = "fewer processes, statements or values make fewer states";
    let mistake = Diagnostic::new(beginning(loaded), message).help(help);
    specified.exploration.bounded.then_some(mistake)
}

/// Where main begins.
fn beginning(loaded: &Loaded) -> Place {
    let first = loaded.case.program.main.first();
    first.map(|first| first.place).unwrap_or_default()
}

/// A main that can only fail, where no claim says that this is meant, or that nobody can judge.
fn failing(loaded: &Loaded, specified: &Specified, method: StartMethod) -> Option<Diagnostic> {
    let failed = Predicate::Ends(Ending::Exit(1));
    let is_meant = loaded.case.claims.iter().any(|claim| match &claim.kind {
        ClaimKind::Always(predicate)
        | ClaimKind::Sometimes(predicate)
        | ClaimKind::Never(predicate) => predicate.names(&failed),
        ClaimKind::AllowedCount(_) | ClaimKind::Relation(_) => false,
    });
    let behaviour = &specified.exploration.behaviour;
    let other = Predicate::Not(Box::new(failed));
    let place = beginning(loaded);
    if specified.exploration.bounded {
        return None;
    }
    if behaviour.may_be_undefined() && behaviour.outcomes(1).is_empty() {
        let message = "whatever the program does, it comes to what the documentation leaves undefined, \
                       so that no run of it is judged";
        let warning = Diagnostic::warning(place, message);
        return Some(warning.help(format!("under {method}")));
    }
    if is_meant || behaviour.may_be_undefined() || behaviour.reachable(&other).is_some() {
        return None;
    }
    let message = "main can only end with the exit code 1, of an error that nothing takes; \
                   `Always(Ends(\"exit 1\"))` says that this is meant";
    let warning = Diagnostic::warning(place, message);
    Some(warning.help(format!("under {method}")))
}

/// The same mistake under several start methods, told once with all of them.
fn told_once(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told: Vec<Diagnostic> = Vec::new();
    for diagnostic in diagnostics {
        let same = told
            .iter_mut()
            .find(|other| other.place == diagnostic.place && other.message == diagnostic.message);
        match (same.map(|same| &mut same.help), diagnostic.help.as_ref()) {
            (Some(Some(methods)), Some(help)) => {
                *methods = format!("{methods}, {}", help.trim_start_matches("under "));
            }
            (Some(_), _) => {}
            (None, _) => told.push(diagnostic),
        }
    }
    told
}

/// Mistakes with the file that they are in.
#[must_use]
pub fn problem(loaded: &Loaded, diagnostics: Vec<Diagnostic>) -> Problem {
    Problem {
        path: loaded.path.clone(),
        text: loaded.text.clone(),
        diagnostics: told_once(diagnostics),
    }
}
