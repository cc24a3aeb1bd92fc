//! The module itself, and contexts.

use std::sync::Arc;

use poolproof_case::{ErrorKind, StartMethod};
use poolproof_runtime as mp;

use super::{Bound, Object, process};
use crate::data::Data;
use crate::stop::{Result, Stop, missing};
use crate::world::{case_method, runtime_method};

/// Calls a function of the module.
pub(super) fn call(method: &str, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        "get_context" => {
            let wanted = bound.take("method")?;
            let method = if wanted.is_none() {
                case_method(mp::Context::default().start_method())
            } else {
                known(&wanted.as_text()?)?
            };
            Ok(Data::Object(Object::Context(method)))
        }
        "get_start_method" => {
            let allow_none = bound.take("allow_none")?.is_true();
            Ok(mp::start_method(allow_none).map_or(Data::NONE, |method| Data::text(method.name())))
        }
        "set_start_method" => set_start_method(bound),
        "get_all_start_methods" => {
            let processes = mp::StartMethod::all().iter();
            let processes = processes.filter(|method| **method != mp::StartMethod::Threads);
            Ok(Data::list(
                processes.map(|method| Data::text(method.name())).collect(),
            ))
        }
        "active_children" => {
            let children = mp::active_children().into_iter();
            Ok(Data::list(
                children
                    .map(|child| of(process::Process::started(Arc::new(child))))
                    .collect(),
            ))
        }
        "current_process" => {
            let process = mp::current_process();
            let (name, pid, daemon) = (process.name().to_owned(), process.pid(), process.daemon());
            Ok(of(process::Process::known(name, pid, daemon)))
        }
        "parent_process" => Ok(mp::parent_process().map_or(Data::NONE, |parent| {
            of(process::Process::known(
                parent.name().to_owned(),
                parent.pid(),
                false,
            ))
        })),
        other => Err(missing("Module", other)),
    }
}

fn set_start_method(bound: &mut Bound<'_>) -> Result<Data> {
    let method = known(&bound.take("method")?.as_text()?)?;
    let force = bound.take("force")?.is_true();
    // The name is known to this system, so what is refused is a second setting.
    mp::set_start_method(runtime_method(method), force)
        .map_err(|error| Stop::error(ErrorKind::Runtime, error.to_string()))?;
    Ok(Data::NONE)
}

/// Calls a method of a context that makes nothing.
pub(super) fn call_context(start_method: StartMethod, method: &str) -> Result<Data> {
    match method {
        "get_start_method" => Ok(Data::text(start_method.name())),
        "set_start_method" => Err(Stop::error(
            ErrorKind::Usage,
            "the start method of a context is fixed",
        )),
        other => Err(missing("Context", other)),
    }
}

/// A start method of processes that this system has.
fn known(name: &str) -> Result<StartMethod> {
    let method = name.parse::<StartMethod>().ok().filter(|method| {
        *method != StartMethod::Threads && mp::StartMethod::all().contains(&runtime_method(*method))
    });
    method.ok_or_else(|| Stop::error(ErrorKind::Usage, format!("no start method `{name}` here")))
}

fn of(process: process::Process) -> Data {
    Data::Object(Object::Process(Arc::new(process)))
}
