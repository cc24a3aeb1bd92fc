//! Arguments that a call takes one by one: the items of a map, the arguments of a process.
//!
//! Where such an argument is an object that others use, too, it is read before the call is made.

use poolproof_case::catalogue::{self, Class, DictMethod, ListMethod, Method, Parameter};

use super::decode::class;
use crate::compile::{CallSite, NewSite};
use crate::objects::{Body, Context};
use crate::state::{Phase, ProcessId, State, Val};

/// The place of a parameter whose items are taken where an object is made.
fn taken_by_making(class: Class) -> Option<usize> {
    match class {
        Class::Process => Some(3),
        Class::Pool => Some(2),
        Class::Array | Class::RawArray => Some(1),
        _ => None,
    }
}

/// The place of a parameter whose items are taken where a method is called.
fn taken_by_calling(method: Method) -> Option<usize> {
    match method {
        Method::Make(class) => taken_by_making(class),
        Method::Pool(method) if method.takes_items() => Some(1),
        Method::List(ListMethod::Extend) | Method::Dict(DictMethod::Update) => Some(0),
        _ => None,
    }
}

/// Where on the stack the argument of a method call lies that is to be read first.
pub(super) fn of_call(state: &State, process: ProcessId, site: &CallSite) -> Option<usize> {
    let frame = state.frame(process)?;
    let first = first_of(state, process, site.count())?;
    let receiver = frame.stack.get(first.checked_sub(1)?)?;
    let class = class(&state.objects, receiver, &state.space(process).cells)?;
    let method = site.name.on(class)?;
    // A pool that is closed takes nothing, and what a manager keeps is sent the object itself.
    if let Val::Object(receiver) = receiver {
        match &state.objects[*receiver as usize].body {
            Body::Pool(pool) if !pool.is_open() => return None,
            Body::Managed(_) => return None,
            _ => {}
        }
    }
    let at = taken_by_calling(method)?;
    let named = &site.named;
    place(method.parameters(), site.positional.into(), named, at)
        .map(|place| first + place)
        .filter(|place| is_read_first(state, &frame.stack[*place]))
}

/// The same of the making of an object.
pub(super) fn of_new(state: &State, process: ProcessId, site: &NewSite) -> Option<usize> {
    let frame = state.frame(process)?;
    let first = first_of(state, process, site.count())?;
    let at = taken_by_making(site.object.class)?;
    let parameters = site.object.constructor.unwrap_or(&[]);
    place(parameters, site.positional.into(), &site.named, at)
        .map(|place| first + place)
        .filter(|place| is_read_first(state, &frame.stack[*place]))
}

/// Where the arguments begin; a reading that has begun keeps its list above them.
fn first_of(state: &State, process: ProcessId, count: usize) -> Option<usize> {
    let frame = state.frame(process)?;
    let extra = usize::from(matches!(frame.phase, Phase::At(_)));
    frame.stack.len().checked_sub(count + extra)
}

/// Which of the arguments as written is the one of this parameter.
fn place(
    parameters: &'static [Parameter],
    positional: usize,
    named: &[String],
    at: usize,
) -> Option<usize> {
    if at < positional {
        return Some(at);
    }
    let names = named.iter().map(String::as_str);
    let places = catalogue::places(parameters, positional, names).ok()?;
    let found = places.iter().position(|place| *place == at)?;
    Some(positional + found)
}

/// Whether this is an object with items that others may change, or that have yet to come.
fn is_read_first(state: &State, value: &Val) -> bool {
    let Val::Object(id) = value else {
        return false;
    };
    match &state.objects[*id as usize].body {
        Body::Shared(shared) => shared.is_array,
        Body::Managed(managed) => managed.kind.is_sequence(),
        Body::Job(job) => job.is_iterator,
        _ => false,
    }
}

/// Puts what was read in the argument's place; whether there was one to read.
pub(super) fn put(context: &mut Context<'_>, at: Option<usize>, value: &Val) -> bool {
    let Some(at) = at else {
        return false;
    };
    let process = context.process;
    context.state.frame_mut(process).stack[at] = value.clone();
    true
}
