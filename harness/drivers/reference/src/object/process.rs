//! Processes: made unstarted, as in Python; started, watched and ended.

use std::sync::{Arc, Mutex};

use poolproof_case::{ErrorKind, StartMethod, Value};
use poolproof_runtime as mp;
use poolproof_sys::process::Signal;

use super::Bound;
use crate::data::{Data, lock};
use crate::job::{self, Home, Job, Task};
use crate::sequence;
use crate::stop::{Result, Stop, missing};
use crate::world::{World, runtime_method};

/// A process of the program, as its creator sees it.
pub(crate) struct Process {
    state: Mutex<State>,
}

enum State {
    /// Described, not yet started.
    Made(Plan),
    /// Started by this process.
    Started(Arc<mp::Process>),
    /// This process itself, or the one that started it: only its name and number are known.
    Known {
        name: String,
        pid: u32,
        daemon: bool,
    },
}

#[derive(Clone)]
struct Plan {
    world: Arc<World>,
    method: StartMethod,
    target: Option<Task>,
    name: Option<String>,
    daemon: Option<bool>,
}

/// Describes a process that a context of a start method will start.
pub(super) fn new(
    world: &Arc<World>,
    method: StartMethod,
    bound: &mut Bound<'_>,
) -> Result<Process> {
    let given = |data: Data| if data.is_none() { None } else { Some(data) };
    let positional = sequence::items(&bound.take("args")?)?;
    let named = keywords(&bound.take("kwargs")?)?;
    let target = match given(bound.take("target")?) {
        Some(function) => Some(Task {
            function: function.as_function()?,
            positional,
            named,
        }),
        None => None,
    };
    let plan = Plan {
        world: Arc::clone(world),
        method,
        target,
        name: given(bound.take("name")?)
            .map(|name| name.as_text())
            .transpose()?,
        daemon: given(bound.take("daemon")?).map(|daemon| daemon.is_true()),
    };
    Ok(Process {
        state: Mutex::new(State::Made(plan)),
    })
}

/// Arguments by name, out of a dict with text keys.
pub(super) fn keywords(data: &Data) -> Result<Vec<(String, Data)>> {
    let Data::Dict(pairs) = data else {
        return Err(Stop::error(ErrorKind::Type, "keyword arguments are a dict"));
    };
    let named = lock(pairs);
    let named = named.iter().map(|(key, value)| match key {
        Value::Str(name) => Ok((name.clone(), value.clone())),
        _ => Err(Stop::error(
            ErrorKind::Type,
            "keyword arguments have text keys",
        )),
    });
    named.collect()
}

impl Process {
    /// A process that this one did not start.
    pub(super) fn known(name: String, pid: u32, daemon: bool) -> Process {
        Process {
            state: Mutex::new(State::Known { name, pid, daemon }),
        }
    }

    /// A child that was started earlier.
    pub(super) fn started(process: Arc<mp::Process>) -> Process {
        Process {
            state: Mutex::new(State::Started(process)),
        }
    }

    pub(super) fn call(&self, method: &str, bound: &mut Bound<'_>) -> Result<Data> {
        match method {
            "start" => self.start()?,
            "run" => self.run()?,
            "is_alive" => return self.is_alive().map(Data::bool),
            "join" => {
                let timeout = bound.timeout()?;
                self.child("join")?.join(timeout)?;
            }
            "terminate" => self.child("terminate")?.terminate()?,
            "kill" => self.child("kill")?.kill()?,
            "close" => match &*lock(&self.state) {
                State::Started(process) => process.close()?,
                _ => return Err(not_started("close")),
            },
            other => return Err(missing("Process", other)),
        }
        Ok(Data::NONE)
    }

    fn start(&self) -> Result<()> {
        // Not locked meanwhile: a forked child has a copy of the lock, and may look at this process.
        let plan = match &*lock(&self.state) {
            State::Made(plan) => plan.clone(),
            _ => return Err(Stop::error(ErrorKind::Usage, "a process is started once")),
        };
        let context = mp::Context::new(runtime_method(plan.method))?;
        let home = Home::new(&plan.world, plan.method);
        let target = plan.target;
        let mut builder = context.process(job::run, Job { home, target });
        if let Some(name) = plan.name {
            builder = builder.name(name);
        }
        if let Some(daemon) = plan.daemon {
            builder = builder.daemon(daemon);
        }
        let started = Arc::new(builder.start()?);
        *lock(&self.state) = State::Started(started);
        Ok(())
    }

    fn run(&self) -> Result<()> {
        let plan = match &*lock(&self.state) {
            State::Made(plan) => plan.clone(),
            _ => return Ok(()),
        };
        match plan.target {
            Some(task) => task.run(&plan.world).map(|_| ()),
            None => Ok(()),
        }
    }

    /// The started child; not locked while someone waits for it.
    fn child(&self, doing: &str) -> Result<Arc<mp::Process>> {
        match &*lock(&self.state) {
            State::Started(process) => Ok(Arc::clone(process)),
            _ => Err(not_started(doing)),
        }
    }

    fn is_alive(&self) -> Result<bool> {
        let child = match &*lock(&self.state) {
            State::Made(_) => return Ok(false),
            State::Known { .. } => return Ok(true),
            State::Started(process) => Arc::clone(process),
        };
        Ok(child.is_alive()?)
    }

    pub(super) fn signal(&self, name: &str) -> Result<()> {
        let signal = match name {
            "STOP" => Signal::Stop,
            "CONT" => Signal::Continue,
            "TERM" => Signal::Terminate,
            "KILL" => Signal::Kill,
            other => return Err(missing("the runtime", other)),
        };
        // Not locked meanwhile: a process may end itself, and its forked children have the lock, too.
        let child = match &*lock(&self.state) {
            State::Made(_) => return Err(not_started("signal")),
            State::Known { pid, .. } => Err(*pid),
            State::Started(process) => Ok(Arc::clone(process)),
        };
        match (child, signal) {
            (Err(pid), signal) => signal_by_id(pid, signal)?,
            (Ok(child), Signal::Stop) => child.pause()?,
            (Ok(child), Signal::Continue) => child.resume()?,
            (Ok(child), Signal::Terminate) => child.terminate()?,
            (Ok(child), Signal::Kill | Signal::Interrupt) => child.kill()?,
        }
        Ok(())
    }

    pub(super) fn attribute(&self, name: &str) -> Result<Data> {
        match &*lock(&self.state) {
            State::Made(plan) => plan.attribute(name),
            State::Known {
                name: label,
                pid,
                daemon,
            } => match name {
                "name" => Ok(Data::text(label)),
                "pid" => Ok(Data::Plain(Value::Opaque(format!("pid {pid}")))),
                "daemon" => Ok(Data::bool(*daemon)),
                other => Err(missing("this process", other)),
            },
            State::Started(process) => match name {
                "name" => Ok(Data::text(process.name())),
                "daemon" => Ok(Data::bool(process.daemon())),
                "pid" => Ok(process.pid().map_or(Data::NONE, |pid| {
                    Data::Plain(Value::Opaque(format!("pid {pid}")))
                })),
                "exitcode" => Ok(exit_code(process.exit_code()?)),
                other => Err(missing("Process", other)),
            },
        }
    }

    pub(super) fn set_attribute(&self, name: &str, value: &Data) -> Result<()> {
        match (&mut *lock(&self.state), name) {
            (State::Made(plan), "name") => plan.name = Some(value.as_text()?),
            (State::Made(plan), "daemon") => plan.daemon = Some(value.is_true()),
            (State::Made(_), other) => return Err(missing("Process", other)),
            (_, other) => {
                let text = format!("`{other}` is set before a process starts");
                return Err(Stop::error(ErrorKind::Usage, text));
            }
        }
        Ok(())
    }

    pub(super) fn identity(&self) -> String {
        match &*lock(&self.state) {
            State::Made(_) => "process that is not started".to_owned(),
            State::Started(process) => format!("process {}", process.name()),
            State::Known { pid, .. } => format!("process {pid}"),
        }
    }
}

impl Plan {
    fn attribute(&self, name: &str) -> Result<Data> {
        match name {
            "name" => Ok(self.name.as_ref().map_or(Data::NONE, Data::text)),
            "daemon" => Ok(Data::bool(
                self.daemon.unwrap_or(mp::current_process().daemon()),
            )),
            "pid" | "exitcode" => Ok(Data::NONE),
            other => Err(missing("Process", other)),
        }
    }
}

/// Signals this process itself, or its parent.
fn signal_by_id(pid: u32, signal: Signal) -> Result<()> {
    poolproof_sys::process::signal(pid, signal)
        .map_err(|error| Stop::error(ErrorKind::Runtime, format!("signal a process: {error}")))
}

fn exit_code(code: Option<i32>) -> Data {
    code.map_or(Data::NONE, |code| Data::Plain(Value::Int(i64::from(code))))
}

fn not_started(doing: &str) -> Stop {
    Stop::error(
        ErrorKind::Usage,
        format!("{doing}: the process is not started by this one"),
    )
}
