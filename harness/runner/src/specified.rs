//! What the specification says of a case: its behaviour, and whether the case's claims hold.
//!
//! A false claim is the case's mistake and is found here, without running anything.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use poolproof_case::claim::ClaimKind;
use poolproof_case::diagnostic::Diagnostic;
use poolproof_case::{Claim, StartMethod, uses};
use poolproof_spec::{Exploration, Limits, explore};

use crate::interleaving::Explanations;
use crate::load::{Loaded, Problem};

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
    let started = Instant::now();
    let limits = Limits {
        stop,
        ..Limits::default()
    };
    let exploration = explore(&loaded.case.program, method, &limits).map_err(|error| {
        let message = format!("{error} (under {method})");
        vec![Diagnostic::new(error.place, message)]
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
    if mistakes.is_empty() {
        Ok(Specified {
            exploration,
            seconds,
            explanations: Explanations::default(),
        })
    } else {
        Err(mistakes)
    }
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
    // What may come of one that is measured is none of its claims.
    for method in methods(loaded).filter(|_| !loaded.case.is_measured()) {
        match specify(loaded, method, None) {
            Err(mistakes) => diagnostics.extend(mistakes),
            Ok(specified) if specified.exploration.bounded => {
                let states = Limits::default().states_max;
                let message = format!("the case has more than {states} states under {method}");
                let help = "fewer processes, statements or values make fewer states";
                let place = loaded.case.program.main.first().map(|first| first.place);
                diagnostics.push(Diagnostic::new(place.unwrap_or_default(), message).help(help));
            }
            Ok(_) => {}
        }
    }
    (!diagnostics.is_empty()).then(|| problem(loaded, diagnostics))
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
pub(crate) fn problem(loaded: &Loaded, diagnostics: Vec<Diagnostic>) -> Problem {
    Problem {
        path: loaded.path.clone(),
        text: loaded.text.clone(),
        diagnostics: told_once(diagnostics),
    }
}
