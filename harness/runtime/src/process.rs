//! Functions that run in processes of their own: what is told to start one, and what can be done
//! with one that has been started.
//!
//! How a process comes to be is left to `start`.

mod children;
mod forked;

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use poolproof_sys::copies::epoch;
use poolproof_sys::identity::Identity;
use poolproof_sys::process::{Ending, Lost, Signal};

pub(crate) use children::IN_COPIES;
pub use children::active_children;

use crate::context::{Context, StartMethod};
use crate::copies::{Chain, kept};
use crate::current::{self, Exit, Role, Sentinel, current_process};
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::fork_gate;
use crate::locked::lock;
use crate::start::{self, Running};
use crate::transfer::Message;

/// A process to be: a function, its argument, and what is to be said of it.
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct ProcessBuilder<A, R> {
    function: fn(A) -> R,
    argument: A,
    role: Role,
    result: PhantomData<fn() -> R>,
}

impl Context {
    /// A process that will call `function` with `argument`.
    ///
    /// The function is a plain one, or a closure that captures nothing: what it needs is its
    /// argument. Its result becomes the exit code.
    ///
    /// ```compile_fail,E0308
    /// # use poolproof_runtime as mp;
    /// let captured = 3;
    /// let process = mp::Context::default().process(|x: i32| x + captured, 1);
    /// ```
    pub fn process<A: Message, R: Exit>(
        &self,
        function: fn(A) -> R,
        argument: A,
    ) -> ProcessBuilder<A, R> {
        let role = self.role();
        ProcessBuilder {
            function,
            argument,
            role,
            result: PhantomData,
        }
    }

    /// The role of the next process of this context.
    pub(crate) fn role(&self) -> Role {
        let method = self.start_method();
        let current = current_process();
        let path = current::next_path();
        let numbers: Vec<_> = path.iter().map(u32::to_string).collect();
        Role {
            name: format!("{}-{}", class(method), numbers.join(":")),
            daemon: current.daemon(),
            path,
            parent_name: current.name().into(),
            parent: Identity::current().to_bits(),
            method,
            key: current::key(),
            is_detached: false,
            survives: false,
        }
    }
}

/// What Python calls a process of this start method.
fn class(method: StartMethod) -> &'static str {
    match method {
        StartMethod::Spawn => "SpawnProcess",
        StartMethod::Fork => "ForkProcess",
        StartMethod::Forkserver => "ForkServerProcess",
        StartMethod::Threads => "DummyProcess",
    }
}

impl<A: Message, R: Exit> ProcessBuilder<A, R> {
    /// Names the process, in place of `SpawnProcess-1` and the like.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.role.name = name.into();
        self
    }

    /// Whether the process ends when this one does; else it is joined then.
    /// As long as nothing is said, it is what this process is.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.role.daemon = daemon;
        self
    }

    /// Whether the process goes on when this one ends, however it ends: then nobody ends it and
    /// nobody waits for it, except by [`join`](Process::join), and its own children have it as
    /// their root. As long as nothing is said, a process dies with the root of its tree.
    pub fn detached(mut self, detached: bool) -> Self {
        self.role.is_detached = detached;
        self
    }

    /// Whether the process goes on when the root of its tree is gone and its starter did not end it
    /// or wait for it, since it was killed before: as it is in Python. On Windows, and for a thread,
    /// it changes nothing.
    pub fn survives(mut self, survives: bool) -> Self {
        self.role.survives = survives;
        self
    }

    /// Starts the process; its argument is taken now.
    ///
    /// # Errors
    /// `is_bootstrapping` before [`freeze_support`](crate::freeze_support);
    /// `is_serialize` when the argument cannot be sent;
    /// `is_usage` in a daemonic process, for a fork beside threads, or for a process that shall be
    /// detached where that cannot be (a daemon, a thread, on Windows);
    /// `is_system` when the system refuses.
    pub fn start(self) -> Result<Process> {
        let ProcessBuilder {
            function,
            argument,
            role,
            ..
        } = self;
        started(role.clone(), || start::start(function, argument, role))
    }
}

/// Starts a process and remembers it.
pub(crate) fn started(role: Role, start: impl FnOnce() -> Result<Running>) -> Result<Process> {
    let running = start()?;
    log::debug!("process `{}` was started", role.name);
    let inner = Arc::new(Inner {
        name: role.name,
        daemon: role.daemon,
        is_detached: role.is_detached,
        path: role.path,
        creator: epoch(),
        state: Chain::new(Mutex::new(State {
            pid: running.pid(),
            running: Some(Arc::new(running)),
        })),
    });
    children::add(Arc::clone(&inner));
    Ok(Process { inner })
}

/// A process that was started here.
///
/// Dropping it changes nothing: it is joined, or ended if it is a daemon, when this process ends.
#[derive(Debug)]
pub struct Process {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    name: String,
    daemon: bool,
    is_detached: bool,
    /// The numbers of its ancestors and its own, each among its parent's children.
    path: Vec<u32>,
    creator: u32,
    state: Chain<Mutex<State>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    pid: Option<u32>,
    /// None once it is closed.
    running: Option<Arc<Running>>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(self.state.of_process(kept))
    }

    fn pid(&self) -> Option<u32> {
        self.state().pid
    }

    fn running(&self) -> Result<Arc<Running>> {
        let state = self.state();
        let running = state.running.as_ref().map(Arc::clone);
        running.ok_or_else(|| Error::new(Kind::Closed, format!("the process `{}`", self.name)))
    }

    fn wait(&self, deadline: Option<Instant>) -> Result<Option<Ending>> {
        if self.creator != epoch() {
            let text = format!(
                "wait for the process `{}`: this process is a copy (by `fork`) of the one that \
                 started it, which alone can wait for it",
                self.name
            );
            return Err(Error::new(Kind::Usage, text));
        }
        let running = self.running()?;
        // A mere look may be made with locks held, so only a wait is one beside which others fork.
        let outcome = match deadline.is_none_or(|deadline| deadline > Instant::now()) {
            true => fork_gate::outside(|| running.wait(deadline)),
            false => running.wait(deadline),
        };
        outcome
            .map_err(|error| Error::system(format!("wait for the process `{}`", self.name), error))
    }

    /// False once it is known to have ended.
    fn may_run(&self) -> bool {
        let may_run = !matches!(self.wait(Some(Instant::now())), Ok(Some(_)));
        may_run && self.creator == epoch()
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let outcome = self.running()?.signal(signal);
        outcome.map_err(|error| Error::system(format!("signal the process `{}`", self.name), error))
    }
}

/// Why nobody knows how a process ended.
fn why(lost: Lost) -> &'static str {
    match lost {
        Lost::ServerDied => "its server died",
        Lost::Ignored => {
            "this process has the system forget how its children end (SIGCHLD is ignored, or has \
             SA_NOCLDWAIT): have it handled, or left alone, when they end"
        }
        Lost::Taken => {
            "somebody else in this process has waited for it first (`wait`, or `waitpid` for any \
             child): wait for no more children than one's own"
        }
    }
}

impl Process {
    /// Waits for the process's end, for ever or for a while; says whether it has ended.
    ///
    /// # Errors
    /// `is_closed` after `close`; `is_usage` in a process that did not start this one.
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool> {
        Ok(self.wait(deadline::after(timeout))?.is_some())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// As [`join`](Process::join).
    pub fn is_alive(&self) -> Result<bool> {
        Ok(self.wait(Some(Instant::now()))?.is_none())
    }

    /// None while it runs; then its exit code, or minus the number of the signal that ended it.
    ///
    /// # Errors
    /// As [`join`](Process::join); `is_system` when the exit code was lost: with the fork server that
    /// alone knew it, or since this process ignores SIGCHLD or has waited for any child by itself,
    /// where the system (Linux before 6.15) tells nobody twice.
    pub fn exit_code(&self) -> Result<Option<i32>> {
        match self.wait(Some(Instant::now()))? {
            None => Ok(None),
            Some(Ending::Exit(code)) => Ok(Some(code)),
            Some(Ending::Signal(signal)) => Ok(Some(-signal)),
            Some(Ending::Unknown(lost)) => {
                let name = &self.inner.name;
                let text = format!("the exit code of `{name}` is unknown: {}", why(lost));
                Err(Error::new(Kind::System, text))
            }
        }
    }

    fn wait(&self, deadline: Option<Instant>) -> Result<Option<Ending>> {
        let ending = self.inner.wait(deadline)?;
        if ending.is_some() {
            children::remove(&self.inner);
        }
        Ok(ending)
    }

    /// Its id; none for a thread.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.inner.pid()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Whether it ends with this process.
    #[must_use]
    pub fn daemon(&self) -> bool {
        self.inner.daemon
    }

    /// Asks it to end; its own children go on. Nothing happens when it has ended.
    ///
    /// # Errors
    /// `is_closed` after `close`; `is_usage` for a thread.
    pub fn terminate(&self) -> Result<()> {
        self.inner.signal(Signal::Terminate)
    }

    /// Interrupts it as `^C` does: a program that does not care ends with it, one that has a
    /// handler of its own does what that says.
    ///
    /// # Errors
    /// As [`terminate`](Process::terminate); `is_system` on Windows, which has no such signal.
    pub fn interrupt(&self) -> Result<()> {
        self.inner.signal(Signal::Interrupt)
    }

    /// Ends it at once; its own children go on. Nothing happens when it has ended.
    ///
    /// # Errors
    /// As [`terminate`](Process::terminate).
    pub fn kill(&self) -> Result<()> {
        self.inner.signal(Signal::Kill)
    }

    /// Stops it until [`resume`](Process::resume).
    ///
    /// # Errors
    /// As [`terminate`](Process::terminate).
    pub fn pause(&self) -> Result<()> {
        self.inner.signal(Signal::Stop)
    }

    /// Lets a paused process go on.
    ///
    /// # Errors
    /// As [`terminate`](Process::terminate).
    pub fn resume(&self) -> Result<()> {
        self.inner.signal(Signal::Continue)
    }

    /// What [`wait`](crate::wait) can wait for: it is ready once the process has ended.
    /// The process itself is as good, as long as it can be borrowed.
    ///
    /// # Errors
    /// `is_closed` after `close`; `is_system` for a thread.
    pub fn sentinel(&self) -> Result<Sentinel> {
        let failed =
            |error| Error::system(format!("wait for the process `{}`", self.name()), error);
        let running = self.inner.running()?;
        running.sentinel().map(Sentinel::of).map_err(failed)
    }

    /// Gives back what this process holds of one that has ended; again and again, if need be.
    ///
    /// # Errors
    /// `is_usage` while it runs.
    pub fn close(&self) -> Result<()> {
        let is_open = self.inner.running().is_ok();
        if is_open && self.is_alive()? {
            let text = format!(
                "close the process `{}`, which still runs: join it",
                self.name()
            );
            return Err(Error::new(Kind::Usage, text));
        }
        let mut state = self.inner.state();
        state.running = None;
        Ok(())
    }
}
