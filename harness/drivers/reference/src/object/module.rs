//! The module itself, and contexts.

use std::sync::Arc;

use poolproof_case::catalogue::{Class, Method, ModuleMethod};
use poolproof_case::{ErrorKind, StartMethod};
use poolproof_runtime as mp;
use serde::{Deserialize, Serialize};

use super::process;
use crate::bound::Bound;
use crate::data::{Data, Object};
use crate::start_method::{case_method, runtime_method};
use crate::stop::{Result, Stop, missing};

/// The module itself.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Module;

/// One start method.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Context(pub(super) StartMethod);

impl Object for Module {
    fn class(&self) -> Class {
        Class::Module
    }

    /// There is only one.
    fn identity(&self) -> String {
        self.class().name().to_owned()
    }
}

impl Object for Context {
    fn class(&self) -> Class {
        Class::Context
    }

    /// There is one of each start method.
    fn identity(&self) -> String {
        format!("{} of {}", self.class().name(), self.0)
    }
}

/// Calls a function of the module.
pub(super) fn call(method: ModuleMethod, bound: &mut Bound<'_>) -> Result<Data> {
    match method {
        ModuleMethod::GetContext => {
            let wanted = bound.take("method")?;
            let method = if wanted.is_none() {
                case_method(mp::Context::default().start_method())
            } else {
                known(&wanted.as_text()?)?
            };
            Ok(Data::object(Context(method)))
        }
        ModuleMethod::GetStartMethod => {
            let allow_none = bound.take("allow_none")?.is_true()?;
            Ok(mp::start_method(allow_none).map_or(Data::NONE, |method| Data::text(method.name())))
        }
        ModuleMethod::SetStartMethod => set_start_method(bound),
        ModuleMethod::GetAllStartMethods => {
            let processes = mp::StartMethod::all().iter();
            let processes = processes.filter(|method| **method != mp::StartMethod::Threads);
            Ok(Data::list(
                processes.map(|method| Data::text(method.name())).collect(),
            ))
        }
        ModuleMethod::ActiveChildren => {
            let children = mp::active_children().into_iter();
            Ok(Data::list(
                children
                    .map(|child| Data::object(process::Process::started(Arc::new(child))))
                    .collect(),
            ))
        }
        ModuleMethod::CurrentProcess => {
            let process = mp::current_process();
            let (pid, daemon) = (process.pid(), process.daemon());
            Ok(Data::object(process::Process::itself(pid, daemon)))
        }
        ModuleMethod::ParentProcess => Ok(mp::parent_process().map_or(Data::NONE, |parent| {
            Data::object(process::Process::parent(parent))
        })),
    }
}

fn set_start_method(bound: &mut Bound<'_>) -> Result<Data> {
    let method = known(&bound.take("method")?.as_text()?)?;
    let force = bound.take("force")?.is_true()?;
    // The name is known to this system, so what is refused is a second setting.
    mp::set_start_method(runtime_method(method), force)
        .map_err(|error| Stop::error(ErrorKind::Runtime, error.to_string()))?;
    Ok(Data::NONE)
}

impl Context {
    /// Calls a method that makes nothing.
    pub(super) fn call(&self, method: ModuleMethod) -> Result<Data> {
        match method {
            ModuleMethod::GetStartMethod => Ok(Data::text(self.0.name())),
            ModuleMethod::SetStartMethod => Err(Stop::error(
                ErrorKind::Usage,
                "the start method of a context is fixed",
            )),
            ModuleMethod::GetContext
            | ModuleMethod::GetAllStartMethods
            | ModuleMethod::ActiveChildren
            | ModuleMethod::CurrentProcess
            | ModuleMethod::ParentProcess => Err(missing("Context", Method::Module(method).name())),
        }
    }
}

/// A start method of processes that this system has.
fn known(name: &str) -> Result<StartMethod> {
    let method = name.parse::<StartMethod>().ok().filter(|method| {
        *method != StartMethod::Threads && mp::StartMethod::all().contains(&runtime_method(*method))
    });
    method.ok_or_else(|| Stop::error(ErrorKind::Usage, format!("no start method `{name}` here")))
}
