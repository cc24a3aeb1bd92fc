//! Twins: a case names the program without what makes its claims true, which shows that this is
//! what makes them true. A twin that is not there, or shows nothing, is warned of.

use std::path::{Path, PathBuf};

use poolproof_case::StartMethod;
use poolproof_case::diagnostic::Diagnostic;
use poolproof_case::program::Place;
use poolproof_spec::{Behaviour, Limits, explore};

use crate::load::{Loaded, select_one};
use crate::specified::methods;

/// What is wrong with a case's twin, if it names one.
pub(crate) fn check(loaded: &Loaded) -> Option<Diagnostic> {
    let id = loaded.case.twin.as_ref()?;
    let file = path(loaded, id)?;
    let (message, help) = match load(&file) {
        None => (
            format!("there is no case `{id}` for a twin"),
            format!("{} holds no case that can be used", file.display()),
        ),
        Some(twin) if leads_back(&twin, loaded) => (
            format!("`{id}` has this case for a twin in its turn"),
            "a twin lacks what makes the claims true: of both only one can".to_owned(),
        ),
        Some(twin) if !shows(loaded, &twin) => (
            format!("its twin `{id}` allows nothing that this case forbids"),
            "leave out there what makes the claims true here".to_owned(),
        ),
        Some(_) => return None,
    };
    Some(Diagnostic::warning(place_of(loaded, id), message).help(help))
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
    load(&path(loaded, loaded.case.twin.as_ref()?)?)
}

/// Whether a twin allows something under some start method that its case forbids there.
fn shows(loaded: &Loaded, twin: &Loaded) -> bool {
    if loaded.case.is_measured() || twin.case.is_measured() {
        return true;
    }
    let others: Vec<StartMethod> = methods(twin).collect();
    methods(loaded)
        .filter(|method| others.contains(method))
        .any(|method| match (of(loaded, method), of(twin, method)) {
            (Some(own), Some(others)) => others.beyond(&own).is_some(),
            // Nobody can tell.
            _ => true,
        })
}

fn of(loaded: &Loaded, method: StartMethod) -> Option<Behaviour> {
    let exploration = explore(&loaded.case.program, method, &Limits::default()).ok()?;
    (!exploration.bounded).then_some(exploration.behaviour)
}

fn load(path: &Path) -> Option<Loaded> {
    let name = path.display().to_string();
    select_one(&name, &poolproof_spec::clauses::ids())
        .ok()?
        .ok()
}

/// Where the file of an id would be, in the folder of cases that another is in.
fn path(loaded: &Loaded, id: &str) -> Option<PathBuf> {
    let own = loaded.path.canonicalize().ok()?;
    let root = own.ancestors().nth(loaded.case.id.split('/').count())?;
    let is_there = own == root.join(format!("{}.ron", loaded.case.id));
    is_there.then(|| root.join(format!("{id}.ron")))
}

fn place_of(loaded: &Loaded, id: &str) -> Place {
    let quoted = format!("\"{id}\"");
    let place = || {
        let start = loaded.text.rfind(&quoted)?;
        Some(Place {
            start: u32::try_from(start).ok()?,
            end: u32::try_from(start + quoted.len()).ok()?,
        })
    };
    place().unwrap_or_default()
}
