//! The machine: a program under one start method, its first state, and its steps.

pub(crate) mod amiss;
pub(crate) mod breach;
mod decode;
mod execute;
mod finish;
mod iterated;
pub(crate) mod plain;
pub(crate) mod run;
pub(crate) mod signals;
pub(crate) mod step;
pub(crate) mod truth;
pub(crate) mod undefined;
pub(crate) mod unsent;
mod unwind;
mod worker;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use indexmap::IndexSet;
use poolproof_case::{Program, StartMethod};
use rustc_hash::FxBuildHasher;

pub(crate) use decode::{Pending, class};
pub(crate) use step::Step;

use self::breach::Breach;
use self::undefined::Undefined;
use crate::compile::{Code, compile};
use crate::error::ModelError;
use crate::objects::process::{ProcessObject, Status};
use crate::objects::{Body, Context, Fault, Object};
use crate::reduce::future::{Futures, futures};
use crate::state::compact::Moved;
use crate::state::part::Part;
use crate::state::renumber::Renumber;
use crate::state::{NOBODY, Process, Role, Space, State, Val};

/// A program under one start method.
pub(crate) struct Machine {
    pub(crate) code: Code,
    pub(crate) method: StartMethod,
    /// Every line that some step writes.
    pub(crate) lines: RefCell<IndexSet<String, FxBuildHasher>>,
    /// Whether some pipe came to hold more than always fits.
    pub(crate) is_large: Cell<bool>,
    /// Whether some message bore an object.
    pub(crate) sends_objects: Cell<bool>,
    /// What some step came to of which nothing is known.
    pub(crate) undefined: RefCell<BTreeSet<Undefined>>,
    /// What compaction needs.
    renumber: RefCell<Renumber>,
    /// What each function may still do, from each instruction on.
    pub(crate) futures: Futures,
    /// The clause that is turned off.
    pub(crate) breach: Option<&'static Breach>,
}

impl Machine {
    pub(crate) fn new(program: &Program, method: StartMethod) -> Result<Machine, ModelError> {
        let code = compile(program)?;
        let loads = matches!(method, StartMethod::Spawn | StartMethod::Forkserver);
        let futures = futures(&code, loads && !code.has_guard);
        Ok(Machine {
            code,
            method,
            futures,
            sends_objects: Cell::new(false),
            lines: RefCell::default(),
            is_large: Cell::new(false),
            undefined: RefCell::default(),
            renumber: RefCell::default(),
            breach: None,
        })
    }

    /// Main before its first access.
    pub(crate) fn start(&self) -> Result<State, ModelError> {
        let name = match self.method {
            StartMethod::Threads => "MainThread",
            _ => "MainProcess",
        };
        let name = Val::Text(self.code.names.intern(name));
        let pid = Val::Opaque(1);
        let object = ProcessObject {
            creator: NOBODY,
            target: None,
            arguments: Vec::new(),
            named: Vec::new(),
            name: name.clone(),
            is_daemon: false,
            method: self.method,
            pid: pid.clone(),
            status: Status::Running(0),
        };
        let main = Process {
            space: 0,
            role: Role::Main,
            object: 0,
            parent: NOBODY,
            parent_object: NOBODY,
            parent_name: Val::None,
            pid,
            name,
            is_daemon: false,
            method: self.method,
            frames: Vec::new(),
            is_loading: false,
            is_stopped: false,
            signal: None,
            is_signal_due: false,
            ending: None,
            is_gone: false,
        };
        let mut state = State {
            spaces: vec![Part::new(Space::default())],
            processes: vec![Part::new(main)],
            objects: vec![Part::new(Object {
                manager: NOBODY,
                is_broken: false,
                context: None,
                body: Body::Process(object),
            })],
            managers: Vec::new(),
            has_fork_server: false,
            main_ended: None,
            opaque_next: 1,
            opaque_known: 0,
        };
        let mut context = self.context(&mut state, 0);
        let begun = run::initial_globals(&mut context, 0)
            .and_then(|()| run::push(&mut context, self.code.main, Vec::new(), false));
        match begun {
            Ok(()) => {}
            Err(Fault::Model(error)) => return Err(error),
            Err(_) => return Err(ModelError::new(context.place, "main cannot begin")),
        }
        run::advance_all(self, &mut state)?;
        state.compact(&mut self.renumber.borrow_mut());
        Ok(state)
    }

    /// The numbers that processes and objects had before the last step and have now; those that are new
    /// had numbers after all others.
    pub(crate) fn moved(&self) -> Moved {
        self.renumber.borrow().moved()
    }

    pub(crate) fn context<'a>(&'a self, state: &'a mut State, process: u32) -> Context<'a> {
        Context {
            machine: self,
            state,
            process,
            place: Default::default(),
        }
    }

    /// Whether others can change the memory of this process: other threads, or the thread of a
    /// pool that calls its callbacks.
    pub(crate) fn shares_memory(&self, state: &State, process: u32) -> bool {
        let space = state.processes[process as usize].space;
        let is_of_it = |one: &&Part<Process>| one.space == space && !one.is_gone;
        self.method == StartMethod::Threads || state.processes.iter().filter(is_of_it).count() > 1
    }

    /// What has been found out of a program that the reduction takes for granted.
    pub(crate) fn assumptions(&self) -> (bool, bool) {
        (self.is_large.get(), self.sends_objects.get())
    }

    /// The number of a line.
    pub(crate) fn line(&self, line: String) -> u32 {
        self.lines.borrow_mut().insert_full(line).0 as u32
    }
}
