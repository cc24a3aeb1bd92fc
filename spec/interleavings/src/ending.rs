//! How processes end: by signals, by themselves, and what others then know of them.

use std::rc::Rc;

use poolproof_case::StartMethod;
use poolproof_case::program::Program;

use crate::act::{Outside, Ways};
use crate::value::{Id, Val};
use crate::world::{Kind, Life, Owner, Process, Role, Signal, World};

impl World {
    /// Sends a signal; it arrives at a later moment, except that one to go on does so at once.
    pub(crate) fn send(&mut self, target: &Id, signal: Signal) {
        let process = self.process_mut(target);
        let is_fatal = matches!(process.signal, Some(Signal::Kill | Signal::Terminate));
        match signal {
            Signal::Continue => {
                process.is_stopped = false;
                if process.signal == Some(Signal::Stop) {
                    process.signal = None;
                    process.is_due = false;
                }
            }
            Signal::Kill => process.signal = Some(signal),
            _ if !is_fatal => process.signal = Some(signal),
            _ => {}
        }
    }

    /// A signal arrives.
    pub(crate) fn receive_signal(&mut self, program: &Program, me: &Id) -> Result<(), Outside> {
        let process = self.process_mut(me);
        process.is_due = false;
        match process.signal.take() {
            Some(Signal::Stop) => process.is_stopped = true,
            Some(Signal::Terminate) => self.end(program, me, -15)?,
            Some(Signal::Kill) => self.end(program, me, -9)?,
            Some(Signal::Continue) | None => {}
        }
        Ok(())
    }

    /// A process that ends, ends its daemons and managers; a manager goes before the children that
    /// still use it, or after them.
    pub(crate) fn end_daemons(mut self, me: &Id) -> Result<Ways, Outside> {
        if self.is_threads() {
            return Ok(Ways::done(self));
        }
        let is_daemon = |one: &Process| one.parent.as_ref() == Some(me) && one.is_daemon;
        let daemons: Vec<Id> = self
            .processes
            .iter()
            .filter(|(_, one)| is_daemon(one) && !matches!(one.role, Role::Handler(..)))
            .map(|(id, _)| id.clone())
            .collect();
        for daemon in daemons {
            self.send(&daemon, Signal::Terminate);
        }
        let mut without = self.clone();
        without.end_managers(me);
        match self.has_children(me) && without != self {
            true => Ok(Ways::done(without).or(self, Ok(Val::None))),
            false => Ok(Ways::done(without)),
        }
    }

    fn end_managers(&mut self, me: &Id) {
        for object in self.objects.values_mut() {
            if matches!(&object.kind, Kind::Manager(true, creator) if creator == me) {
                Rc::make_mut(object).kind = Kind::Manager(false, me.clone());
            }
        }
    }

    /// Whether anything ends with this process: children, a manager, a pool that replaces workers.
    pub(crate) fn has_dependents(&self, me: &Id) -> bool {
        let depends = |kind: &Kind| match kind {
            Kind::Manager(lives, creator) => *lives && creator == me,
            Kind::Pool(pool) => pool.creator == *me,
            _ => false,
        };
        let mut objects = self.objects.values();
        self.has_children(me) || objects.any(|object| depends(&object.kind))
    }

    /// Whether a process that ends still has children to wait for.
    pub(crate) fn has_children(&self, me: &Id) -> bool {
        let is_awaited = |one: &Process| match self.method {
            // Main waits for every thread that is no daemon.
            StartMethod::Threads => {
                self.process(me).role == Role::Main
                    && matches!(one.role, Role::Child(..))
                    && !one.is_daemon
            }
            _ => one.parent.as_ref() == Some(me) && !matches!(one.role, Role::Handler(..)),
        };
        self.processes.values().any(|one| is_awaited(one))
    }

    pub(crate) fn is_flushed(&self, me: &Id) -> bool {
        let memory = &self.process(me).memory;
        // The end of the last thread waits for no feeder.
        let is_threads = self.is_threads();
        is_threads
            || self.objects.values().all(|object| match &object.kind {
                Kind::Queue(queue) => queue.cancelled.contains(memory) || queue.is_flushed(memory),
                _ => true,
            })
    }

    /// A process is over: what it held stays held, what it had open is closed.
    pub(crate) fn end(&mut self, program: &Program, me: &Id, code: i32) -> Result<(), Outside> {
        let process = self.process(me).clone();
        if code >= 0 {
            self.end_managers(me);
        }
        self.processes.remove(me);
        let is_alone = !self
            .processes
            .values()
            .any(|one| one.memory == process.memory && !matches!(one.role, Role::Handler(..)));
        if is_alone {
            self.memories.remove(&process.memory);
            self.processes.retain(|_, one| one.memory != process.memory);
        }
        for one in self.processes.values_mut() {
            if one.parent.as_ref() == Some(me) {
                Rc::make_mut(one).parent = None;
            }
        }
        for object in self.objects.values_mut() {
            forget(
                &mut Rc::make_mut(object).kind,
                me,
                is_alone.then_some(&process.memory),
            );
        }
        if !matches!(process.role, Role::Handler(..)) {
            self.child(&process.object)?.life = Life::Ended(code);
        }
        if process.role == Role::Main {
            self.ended = Some(code);
            if self.is_threads() {
                self.processes.clear();
                self.memories.clear();
                for object in self.objects.values_mut() {
                    if let Kind::Queue(queue) = &mut Rc::make_mut(object).kind {
                        queue.buffers.clear();
                    }
                }
            }
        }
        if let Role::Worker(pool, _, task) = process.role {
            self.lose_worker(program, &pool, task)?;
        }
        Ok(())
    }
}

/// What an object knows of a process that is over.
fn forget(kind: &mut Kind, me: &Id, memory: Option<&Id>) {
    match kind {
        Kind::Lock(lock) if lock.owner == Owner::Process(me.clone()) => lock.owner = Owner::Dead,
        Kind::Condition(condition) => {
            condition.sleeping.remove(me);
        }
        Kind::Event(event) => {
            event.waiting.remove(me);
        }
        Kind::Barrier(barrier) => {
            barrier.waiting.retain(|one| one != me);
            barrier.leaving.remove(me);
        }
        Kind::Queue(queue) => {
            if let Some(memory) = memory {
                queue.buffers.remove(memory);
            }
        }
        Kind::Process(child) if child.creator == *me => {
            child.args = [].into();
            child.named = [].into();
        }
        _ => {}
    }
}
