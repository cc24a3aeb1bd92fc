//! Processes: made unstarted, as in Python; started, watched and ended.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use poolproof_case::catalogue::{Attribute, Class, ProcessAttribute, ProcessMethod};
use poolproof_case::program::UnaryOperator;
use poolproof_case::{ErrorKind, StartMethod, Value};
use poolproof_runtime as mp;
use poolproof_sys::process::Signal;

use crate::bound::Bound;
use crate::data::{Data, Object, lock};
use crate::functions::{self, Functions, ProcessPlan, Task};
use crate::names::{self, Who};
use crate::stop::{Result, Stop, missing};
use crate::{operators, sequence};

/// A process of the program, as its creator sees it.
pub(crate) struct Process {
    state: Mutex<State>,
    is_closed: AtomicBool,
    /// The name that it was given after its start, here only.
    renamed: Mutex<Option<String>>,
    /// Its numbers and its ancestors', where this process has made it.
    path: Option<String>,
}

enum State {
    /// Described, not yet started.
    Made(Box<Made>),
    /// Started by this process.
    Started(Arc<mp::Process>),
    /// This process itself: only its name and number are known.
    Itself { pid: u32, daemon: bool },
    /// The one that started this one.
    Parent(mp::ParentProcess),
}

#[derive(Clone)]
struct Made {
    functions: Arc<dyn Functions>,
    plan: ProcessPlan,
    /// Who made it, which alone can start it.
    creator: Who,
}

/// Describes a process that a context of a start method will start.
pub(super) fn new(
    functions: &Arc<dyn Functions>,
    method: StartMethod,
    bound: &mut Bound<'_>,
) -> Result<Process> {
    let given = |data: Data| if data.is_none() { None } else { Some(data) };
    if given(bound.take("group")?).is_some() {
        let text = "processes have no groups: the function is given as `target`";
        return Err(Stop::error(ErrorKind::Usage, text));
    }
    let positional = sequence::items(&bound.take("args")?)?;
    let named = keywords(&bound.take("kwargs")?)?;
    let target = bound.take("target")?;
    let target = target.is_true()?.then(|| Task {
        // What is none fails where the call is made, which a name that no function has does.
        function: (target.as_function()).unwrap_or_else(|_| format!("a {}", target.type_name())),
        positional,
        named,
    });
    let path = names::next_path();
    let plan = ProcessPlan {
        method,
        target,
        name: match given(bound.take("name")?) {
            Some(name) if name.is_true()? => {
                operators::unary(UnaryOperator::Str, &name)?.as_text()?
            }
            _ => format!("Process-{path}"),
        },
        path: path.clone(),
        daemon: (given(bound.take("daemon")?).map(|daemon| daemon.is_true())).transpose()?,
    };
    let functions = Arc::clone(functions);
    Ok(Process {
        state: Mutex::new(State::Made(Box::new(Made {
            functions,
            plan,
            creator: names::who(),
        }))),
        is_closed: AtomicBool::new(false),
        renamed: Mutex::default(),
        path: Some(path),
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

impl Object for Process {
    fn class(&self) -> Class {
        Class::Process
    }

    fn identity(&self) -> String {
        match &*lock(&self.state) {
            State::Made(_) => format!("process at {self:p}"),
            State::Started(process) => format!("process {:?} {}", process.pid(), process.name()),
            State::Itself { pid, .. } => format!("process {pid}"),
            State::Parent(parent) => format!("process {}", parent.pid()),
        }
    }
}

impl Process {
    /// The process that asks.
    pub(super) fn itself(pid: u32, daemon: bool) -> Process {
        Process::of(State::Itself { pid, daemon })
    }

    /// The process that started the one that asks.
    pub(super) fn parent(parent: mp::ParentProcess) -> Process {
        Process::of(State::Parent(parent))
    }

    /// A child that was started earlier.
    pub(super) fn started(process: Arc<mp::Process>) -> Process {
        Process::of(State::Started(process))
    }

    fn of(state: State) -> Process {
        Process {
            state: Mutex::new(state),
            is_closed: AtomicBool::new(false),
            renamed: Mutex::default(),
            path: None,
        }
    }

    pub(super) fn call(&self, method: ProcessMethod, bound: &mut Bound<'_>) -> Result<Data> {
        if method != ProcessMethod::Close {
            self.check_open()?;
        }
        match method {
            ProcessMethod::Start => self.start()?,
            ProcessMethod::Run => self.run()?,
            ProcessMethod::IsAlive => return self.is_alive().map(Data::bool),
            ProcessMethod::Join => {
                let timeout = bound.timeout()?;
                match self.parent_there() {
                    Some(parent) => parent.join(timeout)?,
                    None => self.child("join")?.join(timeout)?,
                };
            }
            ProcessMethod::Terminate => self.child("terminate")?.terminate()?,
            ProcessMethod::Kill => self.child("kill")?.kill()?,
            ProcessMethod::Close => self.close()?,
        }
        Ok(Data::NONE)
    }

    fn close(&self) -> Result<()> {
        match &*lock(&self.state) {
            State::Started(process) => process.close()?,
            // One that never started has nothing to close, and is closed all the same.
            State::Made(_) => {}
            State::Itself { .. } | State::Parent(_) => return Err(not_started("close")),
        }
        self.is_closed.store(true, Relaxed);
        Ok(())
    }

    fn check_open(&self) -> Result<()> {
        match self.is_closed.load(Relaxed) {
            true => Err(Stop::error(ErrorKind::Closed, "the process is closed")),
            false => Ok(()),
        }
    }

    fn start(&self) -> Result<()> {
        // Not locked meanwhile: a forked child has a copy of the lock, and may look at this process.
        let made = match &*lock(&self.state) {
            State::Made(made) if made.creator == names::who() => made.clone(),
            State::Made(_) => {
                let text = "a process is started by the one that made it";
                return Err(Stop::error(ErrorKind::Usage, text));
            }
            _ => return Err(Stop::error(ErrorKind::Usage, "a process is started once")),
        };
        let started = Arc::new(made.functions.start(made.plan)?);
        *lock(&self.state) = State::Started(started);
        Ok(())
    }

    fn run(&self) -> Result<()> {
        let made = match &*lock(&self.state) {
            State::Made(made) => made.clone(),
            // Its work was handed over to the child.
            _ => {
                let text = "a process that was started has nothing to run";
                return Err(Stop::error(ErrorKind::Attribute, text));
            }
        };
        match made.plan.target {
            Some(task) => task.run(&made.functions).map(drop),
            None => Ok(()),
        }
    }

    /// The thread that it is, which has one name for all.
    fn thread(&self) -> Option<Who> {
        Who::thread(self.path.as_ref()?)
    }

    /// The parent, if this is it.
    fn parent_there(&self) -> Option<mp::ParentProcess> {
        match &*lock(&self.state) {
            State::Parent(parent) => Some(parent.clone()),
            _ => None,
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
            State::Itself { .. } => return Ok(true),
            State::Parent(parent) => return Ok(parent.is_alive()),
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
            State::Itself { pid, .. } => Err(*pid),
            State::Parent(parent) => Err(parent.pid()),
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

    pub(super) fn attribute(&self, attribute: ProcessAttribute) -> Result<Data> {
        if let ProcessAttribute::Pid | ProcessAttribute::ExitCode = attribute {
            self.check_open()?;
        }
        let renamed = lock(&self.renamed).clone();
        let renamed = renamed.or_else(|| self.thread()?.renamed());
        match &*lock(&self.state) {
            _ if attribute == ProcessAttribute::Name && renamed.is_some() => {
                Ok(renamed.map_or(Data::NONE, Data::text))
            }
            State::Made(made) => made.attribute(attribute),
            State::Itself { pid, daemon } => match attribute {
                ProcessAttribute::Name => Ok(Data::text(names::own_name())),
                ProcessAttribute::Pid => Ok(number(*pid)),
                ProcessAttribute::Daemon => Ok(Data::bool(*daemon)),
                // It has not ended as long as anybody here can ask.
                ProcessAttribute::ExitCode => Ok(Data::NONE),
                ProcessAttribute::AuthKey => Err(missing("this process", name_of(attribute))),
            },
            State::Parent(parent) => match attribute {
                ProcessAttribute::Name => {
                    let own = names::parent_name();
                    Ok(Data::text(own.unwrap_or_else(|| parent.name().to_owned())))
                }
                ProcessAttribute::Pid => Ok(number(parent.pid())),
                // A daemon starts no processes.
                ProcessAttribute::Daemon => Ok(Data::bool(false)),
                ProcessAttribute::ExitCode => Ok(Data::NONE),
                ProcessAttribute::AuthKey => Err(missing("this process", name_of(attribute))),
            },
            State::Started(process) => match attribute {
                ProcessAttribute::Name => Ok(Data::text(process.name())),
                ProcessAttribute::Daemon => Ok(Data::bool(process.daemon())),
                ProcessAttribute::Pid => Ok(process.pid().map_or(Data::NONE, number)),
                ProcessAttribute::ExitCode => Ok(exit_code(process.exit_code()?)),
                ProcessAttribute::AuthKey => Err(missing("Process", name_of(attribute))),
            },
        }
    }

    pub(super) fn set_attribute(&self, attribute: ProcessAttribute, value: &Data) -> Result<()> {
        let name = name_of(attribute);
        match (&mut *lock(&self.state), attribute) {
            (State::Made(made), ProcessAttribute::Name) => {
                made.plan.name = new_name(value)?;
            }
            (State::Made(made), ProcessAttribute::Daemon) => {
                made.plan.daemon = Some(value.is_true()?);
            }
            (
                State::Made(_),
                ProcessAttribute::Pid | ProcessAttribute::ExitCode | ProcessAttribute::AuthKey,
            ) => return Err(missing("Process", name)),
            (State::Itself { .. }, ProcessAttribute::Name) => names::who().rename(new_name(value)?),
            // The child does not hear of it.
            (State::Started(_) | State::Parent(_), ProcessAttribute::Name) => {
                let name = new_name(value)?;
                match self.thread() {
                    Some(thread) => thread.rename(name),
                    None => *lock(&self.renamed) = Some(name),
                }
            }
            (State::Started(_) | State::Itself { .. } | State::Parent(_), _) => {
                let text = format!("`{name}` is set before a process starts");
                return Err(Stop::error(ErrorKind::Usage, text));
            }
        }
        Ok(())
    }
}

impl Made {
    fn attribute(&self, attribute: ProcessAttribute) -> Result<Data> {
        let ProcessPlan { name, daemon, .. } = &self.plan;
        match attribute {
            ProcessAttribute::Name => Ok(Data::text(name)),
            ProcessAttribute::Daemon => {
                Ok(Data::bool(daemon.unwrap_or(mp::current_process().daemon())))
            }
            ProcessAttribute::Pid | ProcessAttribute::ExitCode => Ok(Data::NONE),
            ProcessAttribute::AuthKey => Err(missing("Process", name_of(attribute))),
        }
    }
}

/// The name that a process is given once it is made, which is a text; threads take anything for one.
fn new_name(value: &Data) -> Result<String> {
    match value {
        Data::Plain(Value::Str(name)) => Ok(name.clone()),
        other if functions::is_of_threads() => {
            operators::unary(UnaryOperator::Str, other)?.as_text()
        }
        other => {
            let text = format!("a process's name is a text, not {}", other.type_name());
            Err(Stop::error(ErrorKind::Usage, text))
        }
    }
}

fn name_of(attribute: ProcessAttribute) -> &'static str {
    Attribute::Process(attribute).name()
}

/// The number of a process, which can only be compared.
fn number(pid: u32) -> Data {
    Data::Plain(Value::Opaque(format!("pid {pid}")))
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
