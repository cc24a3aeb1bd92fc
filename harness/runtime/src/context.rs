//! Start methods, and contexts bound to one.
//!
//! What a context makes is in the module of what is made, each with an `impl Context` of its own.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

use crate::copies::{OfProcess, kept};
use crate::error::{Error, Kind, Result};
use crate::locked::lock;

/// How a process comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StartMethod {
    /// A fresh process of the same program; it has only what it is given.
    // Zero is left to "none", so that a variable which has none lies with those that are zero at
    // first: what a new copy writes to is then on one page, as a rule.
    Spawn = 1,
    /// A copy of the whole process, made by the system. Unix only.
    Fork,
    /// A copy of a small server with one thread, which is itself spawned. Unix only.
    Forkserver,
    /// A thread of this process, for comparison.
    Threads,
}

impl StartMethod {
    /// Its name: `spawn`, `fork`, `forkserver` or `threads`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StartMethod::Spawn => "spawn",
            StartMethod::Fork => "fork",
            StartMethod::Forkserver => "forkserver",
            StartMethod::Threads => "threads",
        }
    }

    /// The start methods of this system, the default first.
    #[must_use]
    pub fn all() -> &'static [StartMethod] {
        use StartMethod::{Fork, Forkserver, Spawn, Threads};
        if !poolproof_sys::process::CAN_FORK {
            &[Spawn, Threads]
        } else if poolproof_sys::process::FORK_IS_DEFAULT {
            &[Forkserver, Spawn, Fork, Threads]
        } else {
            &[Spawn, Forkserver, Fork, Threads]
        }
    }
}

impl fmt::Display for StartMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for StartMethod {
    type Err = Error;

    fn from_str(name: &str) -> Result<StartMethod> {
        let found = StartMethod::all()
            .iter()
            .find(|method| method.name() == name);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = StartMethod::all()
                .iter()
                .map(|method| method.name())
                .collect();
            let known = names.join(", ");
            Error::new(
                Kind::Value,
                format!("no start method `{name}` here (there are {known})"),
            )
        })
    }
}

static DEFAULT: OfProcess<Mutex<Option<StartMethod>>> = OfProcess::new(Mutex::new(None));

fn default() -> MutexGuard<'static, Option<StartMethod>> {
    lock(DEFAULT.get(kept))
}

/// Fixes the start method of the default context, once unless `force`; with `None` and `force` it
/// is free to be chosen again.
///
/// # Errors
/// `is_usage` when it is already fixed, or when this system lacks the method.
pub fn set_start_method(method: impl Into<Option<StartMethod>>, force: bool) -> Result<()> {
    let method = method.into();
    method.map_or(Ok(()), check)?;
    let mut default = default();
    match *default {
        Some(fixed) if !force => Err(Error::new(
            Kind::Usage,
            format!("the start method is already `{fixed}`: set it first of all, or with `force`"),
        )),
        _ => {
            *default = method;
            Ok(())
        }
    }
}

/// The start method of the default context.
/// With `allow_none` an unset one is `None`; else asking fixes it to the system's default.
#[must_use]
pub fn start_method(allow_none: bool) -> Option<StartMethod> {
    let mut default = default();
    if default.is_none() && !allow_none {
        *default = StartMethod::all().first().copied();
    }
    *default
}

/// In a child: the start method of the context that started it is its default.
#[inline]
pub(crate) fn inherit(method: StartMethod) {
    *default() = Some(method);
}

fn check(method: StartMethod) -> Result<()> {
    if StartMethod::all().contains(&method) {
        return Ok(());
    }
    let text = format!("the start method `{method}` does not exist on this system: use `spawn`");
    Err(Error::new(Kind::Usage, text))
}

/// How many processors this process may use: the number of workers that a pool is best given.
/// (Python's `process_cpu_count`: one that may use two processors of eight counts two.)
///
/// ```
/// assert!(poolproof_runtime::cpu_count() >= 1);
/// ```
#[must_use]
pub fn cpu_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// One start method, and a factory of everything that works with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Context {
    method: StartMethod,
}

impl Context {
    /// A context bound to one start method.
    ///
    /// # Errors
    /// `is_usage` when this system lacks the method.
    pub fn new(method: StartMethod) -> Result<Context> {
        check(method)?;
        Ok(Context { method })
    }

    /// The start method that this context is bound to.
    #[must_use]
    pub fn start_method(&self) -> StartMethod {
        self.method
    }
}

impl Default for Context {
    /// The default context; asking for it fixes the default start method.
    fn default() -> Context {
        let method = start_method(false).unwrap_or(StartMethod::Spawn);
        Context { method }
    }
}
