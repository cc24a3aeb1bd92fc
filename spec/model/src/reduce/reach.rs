//! What an actor can still come to touch: the objects in reach, and in which modes.

use crate::machine::Machine;
use crate::machine::step::{Actor, Moves};
use crate::objects::pool::{Life, Pool};
use crate::objects::process::Status;
use crate::objects::{Body, lock, pool};
use crate::state::{Cell, NOBODY, Parcel, ProcessId, Role, SpaceId, State, Val, Work};
use poolproof_case::StartMethod;
use smallvec::SmallVec;

use super::mode::{self, Modes};
use super::touch;

/// A set of objects and, where a memory is shared, of its cells and globals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set(SmallVec<[u64; 2]>);

impl Set {
    pub(crate) fn contains(&self, at: u32) -> bool {
        self.0
            .get(at as usize / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Whether it was not in the set.
    pub(crate) fn insert(&mut self, at: u32) -> bool {
        let word = at as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] >> (at % 64) & 1 == 0;
        self.0[word] |= 1 << (at % 64);
        is_new
    }
}

/// What an actor can come to touch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    pub(crate) objects: Set,
    pub(crate) modes: Modes,
    /// Its own `Process` object, which only it can end.
    pub(crate) own: u32,
    /// Its memory: it does not conflict with its own feeders.
    pub(crate) space: u32,
}

/// What stands for a cell of a shared memory in a [`Set`].
pub(crate) fn cell(state: &State, space: SpaceId, at: u32) -> u32 {
    let before = &state.spaces[..space as usize];
    let cells: usize = before.iter().map(|space| space.cells.len() + 1).sum();
    (state.objects.len() + cells) as u32 + at
}

/// What stands for the globals of a shared memory.
pub(crate) fn globals(state: &State, space: SpaceId) -> u32 {
    cell(
        state,
        space,
        state.spaces[space as usize].cells.len() as u32,
    )
}

/// Computes an actor's reach.
pub(crate) fn reach(machine: &Machine, state: &State, moves: &Moves) -> Reach {
    let mut finder = Finder {
        machine,
        state,
        reach: Reach {
            own: NOBODY,
            space: NOBODY,
            ..Reach::default()
        },
        cells: Set::default(),
        space: 0,
        is_shared: false,
        has_channel: false,
    };
    match moves.actor {
        Actor::Process(process) => finder.process(process),
        Actor::Feeder(queue, at) => {
            finder.reach.objects.insert(queue);
            finder.reach.modes = mode::FEED;
            if let Some((owner, modes)) = touch::owner(machine, state, queue, at) {
                finder.reach.objects.insert(owner);
                finder.reach.own = owner;
                finder.reach.modes |= modes;
            }
            if let Body::Queue(queue) = &state.objects[queue as usize].body {
                finder.reach.space = queue.feeders[at].space;
                finder.changer(queue.feeders[at].space);
            }
        }
        Actor::Lost(space, at) => {
            finder
                .reach
                .objects
                .insert(state.spaces[space as usize].lost_ends[at].pipe);
            finder.reach.modes = mode::CLOSE;
        }
        Actor::Replacement(pool) => finder.replacement(pool),
    }
    let converts = machine.code.may_convert && machine.method == StartMethod::Threads;
    if machine.code.breaks_objects || machine.code.may_be_undefined || converts {
        // After which lines nothing is known any more is as good as a line.
        finder.reach.modes |= mode::BREAK | mode::PRINT;
    }
    finder.reach
}

struct Finder<'a> {
    machine: &'a Machine,
    state: &'a State,
    reach: Reach,
    cells: Set,
    space: u32,
    /// Whether others use its memory.
    is_shared: bool,
    has_channel: bool,
}

impl Finder<'_> {
    fn process(&mut self, process: ProcessId) {
        let own = &self.state.processes[process as usize];
        let futures = &self.machine.futures;
        self.space = own.space;
        self.is_shared = self.machine.shares_memory(self.state, process);
        self.reach.space = own.space;
        self.reach.own = own.object;
        self.reach.modes = mode::END | mode::CLOSE | mode::USE | mode::RUN | mode::JOIN;
        for frame in own.frames.iter().rev() {
            self.reach.modes |= futures.after(frame.function, frame.pc);
            frame
                .locals
                .iter()
                .chain(&frame.stack)
                .for_each(|value| self.value(value));
            if let crate::state::Phase::Result(job) = frame.phase {
                self.object(job);
            }
        }
        self.object(own.object);
        for lock in lock::held_by(self.state, process) {
            self.object(lock);
            self.reach.modes |= mode::RELEASE;
        }
        if self.machine.code.breaks_objects {
            self.written(own.space);
        }
        self.role(&own.role);
        let memory = self.state.space(process);
        for end in memory.lost_ends.iter().chain(&memory.kept_ends) {
            self.object(end.pipe);
        }
        for value in &self.state.space(process).globals {
            self.value(value);
        }
        if self.is_shared {
            self.reach.objects.insert(globals(self.state, own.space));
        }
        self.family(process);
        if self.has_channel && self.machine.sends_objects.get() {
            self.everything();
        }
    }

    /// Queues that its feeders may not have left, which a signal to it breaks.
    fn written(&mut self, space: SpaceId) {
        for (id, object) in self.state.objects.iter().enumerate() {
            if matches!(&object.body, Body::Queue(queue) if queue.writer == space) {
                self.reach.objects.insert(id as u32);
            }
        }
    }

    /// Who may change what is still to be sent.
    fn changer(&mut self, space: SpaceId) {
        if let Some((owner, modes)) = touch::changer(self.machine, self.state, space) {
            self.reach.objects.insert(owner);
            self.reach.modes |= modes;
        }
    }

    /// What a worker that is forked now may come to do, and what it is a copy of.
    fn replacement(&mut self, id: u32) {
        self.reach.modes = mode::END | mode::CLOSE | mode::USE | mode::RUN | mode::JOIN;
        self.reach.modes |= mode::CLAIM | mode::DELIVER | mode::POOL_END | mode::SIGNAL;
        self.reach.modes |= self.machine.futures.any;
        self.object(id);
        let Body::Pool(pool) = &self.state.objects[id as usize].body else {
            return;
        };
        let Some(creator) = self.state.processes.get(pool.creator as usize) else {
            return;
        };
        self.object(creator.object);
        self.space = creator.space;
        let memory = &self.state.spaces[creator.space as usize];
        memory.globals.iter().for_each(|value| self.value(value));
        let ends = memory.lost_ends.iter().chain(&memory.kept_ends);
        ends.for_each(|end| self.object(end.pipe));
        memory.cells.iter().for_each(|cell| self.cell(cell));
        if self.has_channel && self.machine.sends_objects.get() {
            self.everything();
        }
    }

    /// Its parent and its children, whom it can ask for and, at its end, terminates or joins.
    fn family(&mut self, process: ProcessId) {
        let state = self.state;
        let own = &state.processes[process as usize];
        if let Some(parent) = state.processes.get(own.parent as usize) {
            self.object(parent.object);
        }
        for child in state.processes.iter().filter(|one| one.parent == process) {
            self.object(child.object);
            if child.is_daemon {
                self.reach.modes |= mode::SIGNAL;
            }
        }
        if own.role == Role::Main && self.machine.method == StartMethod::Threads {
            // The last thread's end ends all.
            self.reach.modes |= mode::SIGNAL;
            state
                .processes
                .iter()
                .for_each(|one| self.object(one.object));
        }
        for manager in &state.managers {
            if let Body::Manager(this) = &state.objects[*manager as usize].body
                && this.creator == process
            {
                self.object(*manager);
                self.reach.modes |= mode::SHUT_DOWN;
            }
        }
    }

    fn role(&mut self, role: &Role) {
        match role {
            Role::Main | Role::Child => {}
            Role::Worker { pool, work, .. } => {
                self.reach.modes |= mode::CLAIM | mode::DELIVER | mode::STATUS;
                self.object(*pool);
                self.tasks(*pool);
                if let Body::Pool(pool) = &self.state.objects[*pool as usize].body
                    && let Some(creator) = self.state.processes.get(pool.creator as usize)
                {
                    self.changer(creator.space);
                }
                if let Work::Task(task) = work {
                    self.object(task.job);
                    self.reach.modes |= self.machine.futures.of(task.function);
                    task.calls.iter().for_each(|call| self.parcel(call));
                }
            }
            Role::Handler { pool, job } => {
                self.reach.modes |= mode::DELIVER | self.machine.futures.any;
                self.object(*pool);
                self.tasks(*pool);
                if *job != NOBODY {
                    self.object(*job);
                }
                if let Body::Pool(pool) = &self.state.objects[*pool as usize].body {
                    pool.arrived.iter().for_each(|(job, ..)| self.object(*job));
                }
            }
        }
    }

    /// What the workers of a pool may come to do.
    fn tasks(&mut self, id: u32) {
        let Body::Pool(pool) = &self.state.objects[id as usize].body else {
            return;
        };
        if pool.life == Life::Open {
            self.reach.modes |= self.machine.futures.any;
        }
        self.given_to_workers(pool);
        for task in &pool.tasks {
            self.reach.modes |= self.machine.futures.of(task.function);
            self.object(task.job);
            task.calls.iter().for_each(|call| self.parcel(call));
        }
        for worker in pool::workers(self.state, id) {
            let worker = &self.state.processes[worker as usize];
            self.object(worker.object);
            if let Role::Worker {
                work: Work::Task(task),
                ..
            } = &worker.role
            {
                self.object(task.job);
            }
        }
    }

    /// What a worker in place of another is given, which is in the memory of the pool's creator.
    fn given_to_workers(&mut self, pool: &Pool) {
        let Some(creator) = self.state.processes.get(pool.creator as usize) else {
            return;
        };
        let values = pool.initializer_arguments.iter();
        if creator.space == self.space {
            return values.for_each(|value| self.value(value));
        }
        let around = (self.space, std::mem::take(&mut self.cells));
        self.space = creator.space;
        values.for_each(|value| self.value(value));
        (self.space, self.cells) = around;
    }

    /// Where objects travel in messages, whoever can receive can come to reach any.
    fn everything(&mut self) {
        for id in 0..self.state.objects.len() as u32 {
            self.reach.objects.insert(id);
        }
        if self.is_shared {
            let cells = &self.state.spaces[self.space as usize].cells;
            for at in 0..cells.len() as u32 {
                self.reach.objects.insert(cell(self.state, self.space, at));
            }
        }
        self.reach.modes |= self.machine.futures.any;
    }

    fn value(&mut self, value: &Val) {
        match value {
            Val::Object(id) => self.object(*id),
            Val::Function(function) => self.reach.modes |= self.machine.futures.of(*function),
            Val::Tuple(items) => items.iter().for_each(|item| self.value(item)),
            Val::Ref(at) if self.cells.insert(*at) => {
                if self.is_shared {
                    self.reach.objects.insert(cell(self.state, self.space, *at));
                }
                let state = self.state;
                self.cell(&state.spaces[self.space as usize].cells[*at as usize]);
            }
            _ => {}
        }
    }

    fn cell(&mut self, cell: &Cell) {
        match cell {
            Cell::List(items) => items.iter().for_each(|item| self.value(item)),
            Cell::Dict(pairs) => pairs.iter().for_each(|(_, value)| self.value(value)),
            Cell::Connection(end) => self.object(end.pipe),
        }
    }

    fn parcel(&mut self, parcel: &Parcel) {
        match parcel {
            Parcel::Same(value) => self.value(value),
            Parcel::Copy(message) if message.has_objects => {
                self.inner(&message.root);
                message.cells.iter().for_each(|cell| match cell {
                    Cell::List(items) => items.iter().for_each(|item| self.inner(item)),
                    Cell::Dict(pairs) => pairs.iter().for_each(|(_, value)| self.inner(value)),
                    Cell::Connection(end) => self.object(end.pipe),
                });
            }
            Parcel::Copy(_) | Parcel::Bytes(..) => {}
        }
    }

    /// In a message references are its own.
    fn inner(&mut self, value: &Val) {
        match value {
            Val::Ref(_) => {}
            Val::Tuple(items) => items.iter().for_each(|item| self.inner(item)),
            other => self.value(other),
        }
    }

    fn object(&mut self, id: u32) {
        if id == NOBODY || !self.reach.objects.insert(id) {
            return;
        }
        let object = &self.state.objects[id as usize];
        self.object(object.manager);
        match &object.body {
            Body::Process(this) => {
                let may_run = this.status == Status::New || self.machine.code.runs_targets;
                if let Some(target) = this.target.filter(|_| may_run) {
                    self.reach.modes |= self.machine.futures.of(target);
                    let creator = self.state.processes.get(this.creator as usize);
                    let around = self.space;
                    // Its arguments are in its creator's memory.
                    if let Some(creator) = creator.filter(|creator| creator.space == around) {
                        self.space = creator.space;
                        let values = this.arguments.iter();
                        let values = values.chain(this.named.iter().map(|(_, value)| value));
                        values.for_each(|value| self.value(value));
                        self.space = around;
                    }
                }
            }
            Body::Condition(this) => self.object(this.lock),
            Body::Shared(this) => self.object(this.lock),
            Body::Barrier(this) => {
                if let Some(action) = this.action {
                    self.reach.modes |= self.machine.futures.of(action);
                }
            }
            Body::Manager(this) => this
                .shares
                .iter()
                .for_each(|(_, object)| self.object(*object)),
            Body::Client(_) => {
                self.state
                    .managers
                    .iter()
                    .for_each(|manager| self.object(*manager));
            }
            Body::Pipe(this) => {
                self.has_channel = true;
                this.sent
                    .iter()
                    .flatten()
                    .for_each(|parcel| self.parcel(parcel));
            }
            Body::Queue(this) => {
                self.has_channel = true;
                this.parcels().for_each(|parcel| self.parcel(parcel));
            }
            Body::Managed(this) => {
                self.has_channel = true;
                self.parcel(&this.content);
            }
            Body::Pool(_) => {
                self.has_channel = true;
                self.tasks(id);
            }
            Body::Job(_) => self.has_channel = true,
            Body::Lock(_) | Body::Event(_) => {}
        }
    }
}
