//! Twins: a case names the program without what makes its claims true, which shows that this is
//! what makes them true. A twin that is not there, or shows nothing, is warned of.

use poolproof_case::StartMethod;
use poolproof_case::diagnostic::Diagnostic;
use poolproof_case::program::Place;
use poolproof_spec::{Behaviour, Exploration, Limits, explore};

use crate::load::{Loaded, beside};
use crate::specified::methods;

/// What a case may do under a start method; none where nobody can tell.
pub(crate) type Own = (StartMethod, Option<Behaviour>);

/// What is wrong with the twin of a case that may do this, if it names one.
pub(crate) fn check(loaded: &Loaded, own: &[Own]) -> Option<Diagnostic> {
    let id = loaded.case.twin.as_ref()?;
    let (message, help) = match beside(loaded, id)? {
        Err(file) => (
            format!("there is no case `{id}` for a twin"),
            format!("{} holds no case that can be used", file.display()),
        ),
        Ok(twin) if leads_back(&twin, loaded) => (
            format!("`{id}` has this case for a twin in its turn"),
            "a twin lacks what makes the claims true: of both only one can".to_owned(),
        ),
        Ok(twin) if !shows(loaded, own, &twin) => (
            format!("its twin `{id}` allows nothing that this case forbids"),
            "leave out there what makes the claims true here".to_owned(),
        ),
        Ok(_) => return None,
    };
    let place = Place::quoted(&loaded.text, id).unwrap_or_default();
    Some(Diagnostic::warning(place, message).help(help))
}

/// Whether the twin of a twin, and so on, is the case again.
fn leads_back(twin: &Loaded, case: &Loaded) -> bool {
    let mut seen = vec![twin.case.id.clone()];
    let mut next = following(twin);
    while let Some(other) = next.filter(|other| !seen.contains(&other.case.id)) {
        if other.case.id == case.case.id {
            return true;
        }
        next = following(&other);
        seen.push(other.case.id);
    }
    false
}

fn following(loaded: &Loaded) -> Option<Loaded> {
    beside(loaded, loaded.case.twin.as_ref()?)?.ok()
}

/// Whether a twin allows something under some start method that its case forbids there.
fn shows(loaded: &Loaded, own: &[Own], twin: &Loaded) -> bool {
    if loaded.case.is_measured() || twin.case.is_measured() {
        return true;
    }
    let others: Vec<StartMethod> = methods(twin).collect();
    own.iter()
        .filter(|(method, _)| others.contains(method))
        .any(|(method, own)| match (own, of(twin, *method)) {
            (Some(own), Some(others)) => others.beyond(own).is_some(),
            // Nobody can tell.
            _ => true,
        })
}

fn of(loaded: &Loaded, method: StartMethod) -> Option<Behaviour> {
    let explored = explore(&loaded.case.program, method, &Limits::default());
    whole(explored.ok()?)
}

/// What an exploration found, where it went to the end.
pub(crate) fn whole(exploration: Exploration) -> Option<Behaviour> {
    (!exploration.bounded).then_some(exploration.behaviour)
}
