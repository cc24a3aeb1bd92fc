//! Processes: how they come to life, are asked, get signals, and end.

use std::rc::Rc;

use poolproof_case::program::Program;
use poolproof_case::{ErrorKind, StartMethod};

use crate::act::{Act, Outside, Ways, error};
use crate::memory::{Passage, Refusal};
use crate::value::{Cell, Id, Val, of_plain};
use crate::world::{Child, Kind, Life, Memory, Process, Role, World};

impl World {
    /// Main before it begins.
    pub(crate) fn begin(program: &Program, method: StartMethod) -> World {
        let me: Id = [0].into();
        let mut world = World {
            method,
            processes: Default::default(),
            memories: Default::default(),
            objects: Default::default(),
            ended: None,
        };
        let object: Id = [].into();
        let name = match method {
            StartMethod::Threads => "MainThread",
            _ => "MainProcess",
        };
        let child = Child {
            creator: object.clone(),
            target: None,
            args: [].into(),
            named: [].into(),
            name: Val::text(name),
            is_daemon: false,
            method,
            life: Life::Running(me.clone()),
        };
        let kept = crate::world::Object {
            manager: None,
            kind: Kind::Process(child),
        };
        world.objects.insert(object.clone(), Rc::new(kept));
        world.memories.insert(me.clone(), Rc::default());
        let process = new_process(Role::Main, object, me.clone(), None, method);
        world.processes.insert(me.clone(), Rc::new(process));
        world.import(program, &me);
        world
    }

    /// The globals that importing the main module gives.
    fn import(&mut self, program: &Program, me: &Id) {
        for (name, value) in &program.globals {
            let value = self.unpack(me, &of_plain(value));
            self.memory_mut(me)
                .globals
                .insert(name.as_str().into(), value);
        }
    }

    pub(crate) fn child(&mut self, id: &Id) -> Result<&mut Child, Outside> {
        match self.kind_mut(id) {
            Kind::Process(child) => Ok(child),
            _ => Err("a process that is none".to_owned()),
        }
    }

    pub(crate) fn process_ways(
        mut self,
        program: &Program,
        me: &Id,
        act: &Act,
    ) -> Result<Ways, Outside> {
        match act {
            Act::Start(id) => return self.start(program, me, id),
            Act::EndDaemons => return self.end_daemons(me),
            Act::EndChildren if self.has_children(me) => return Ok(Ways::default()),
            Act::EndChildren => return Ok(Ways::done(self)),
            Act::EndFlush if !self.is_flushed(me) => return Ok(Ways::default()),
            Act::EndFlush => return Ok(Ways::done(self)),
            Act::Leave(code) => {
                let ways = Ways::default();
                self.end(program, me, *code)?;
                return Ok(ways.or_stay(self));
            }
            Act::CloseProcess(id) => {
                self.must_have_created(me, id)?;
                let child = self.child(id)?;
                if matches!(child.life, Life::Running(_)) {
                    return Ok(Ways::fails(self, ErrorKind::Usage));
                }
                child.life = Life::Closed;
                return Ok(Ways::done(self));
            }
            Act::Send(id, signal) => {
                let child = self.child(id)?;
                match child.life.clone() {
                    Life::Running(target) => self.send(&target, *signal),
                    Life::Ended(_) => {}
                    _ => return Err("a signal to a process that does not run".to_owned()),
                }
                return Ok(Ways::done(self));
            }
            _ => {}
        }
        let (Act::Join(id, _) | Act::IsAlive(id) | Act::Stop(id, _)) = act else {
            return Err(format!("{act:?}"));
        };
        let is_mine = self.may_ask(me, id, act)?;
        let life = self.child(id)?.life.clone();
        match (act, &life) {
            // Nobody can wait for itself.
            (Act::Join(..), Life::Running(it)) if it == me => {
                Ok(Ways::fails(self, ErrorKind::Usage))
            }
            (_, Life::Closed) => Ok(Ways::fails(self, ErrorKind::Closed)),
            (Act::Join(..) | Act::Stop(..), Life::New) => Ok(Ways::fails(self, ErrorKind::Usage)),
            _ if !is_mine => Ok(Ways::fails(self, ErrorKind::Usage)),
            (Act::Join(_, wait), Life::Running(_)) => {
                Ok(Ways::default().until(*wait, self, Ok(Val::None)))
            }
            (Act::IsAlive(_), _) => {
                let lives = matches!(life, Life::Running(_));
                Ok(Ways::one(self, Ok(Val::Bool(lives))))
            }
            (Act::Stop(_, signal), Life::Running(target)) => {
                self.send(target, *signal);
                Ok(Ways::done(self))
            }
            _ => Ok(Ways::done(self)),
        }
    }

    /// Whether a process created another; all threads are one process.
    fn has_created(&mut self, me: &Id, id: &Id) -> Result<bool, Outside> {
        let child = self.child(id)?.clone();
        let memory = &self.process(me).memory;
        let is_of_it = |other: &Id| {
            let other = self.processes.get(other);
            other.is_some_and(|other| other.memory == *memory)
        };
        // Among threads main has no creator.
        let is_main = matches!(&child.life, Life::Running(it) if it != me && is_of_it(it));
        Ok(child.creator == *me || is_of_it(&child.creator) || is_main)
    }

    /// What a process can do with what another created is not said.
    pub(crate) fn must_have_created(&mut self, me: &Id, id: &Id) -> Result<(), Outside> {
        match self.has_created(me, id)? {
            true => Ok(()),
            false => Err("a process object in other hands than its creator's".to_owned()),
        }
    }

    /// Whether the object is that of the process itself (true), or of its parent (false).
    pub(crate) fn is_own(&mut self, me: &Id, id: &Id) -> Result<Option<bool>, Outside> {
        let Life::Running(it) = self.child(id)?.life.clone() else {
            return Ok(None);
        };
        let is_parent = self.process(me).parent.as_ref() == Some(&it);
        Ok((it == *me || is_parent).then_some(it == *me))
    }

    /// Whether a process may ask about another: its creator may; that it lives, it may ask of itself
    /// and of its parent, for whose end it may wait.
    fn may_ask(&mut self, me: &Id, id: &Id, act: &Act) -> Result<bool, Outside> {
        if self.has_created(me, id)? {
            return Ok(true);
        }
        let life = self.child(id)?.life.clone();
        let is_orphan = self.process(me).parent.is_none() && matches!(life, Life::Ended(_));
        match (act, self.is_own(me, id)?) {
            (Act::Stop(..), Some(_)) | (Act::Join(..), Some(true)) => Ok(false),
            (_, Some(_)) => Ok(true),
            _ if is_orphan || life == Life::Closed || matches!(act, Act::Stop(..)) => {
                Err("a process object in other hands than its creator's".to_owned())
            }
            _ => Ok(false),
        }
    }

    fn start(mut self, program: &Program, me: &Id, id: &Id) -> Result<Ways, Outside> {
        let is_threads = self.is_threads();
        let child = self.child(id)?.clone();
        let own = self.process(me);
        let failed = match () {
            () if child.life != Life::New || child.creator != *me => Some(ErrorKind::Usage),
            () if own.is_daemon && !is_threads => Some(ErrorKind::Usage),
            () if own.is_loading => Some(ErrorKind::Bootstrapping),
            () => None,
        };
        if let Some(kind) = failed {
            return Ok(Ways::fails(self, kind));
        }
        let named = child.named.iter();
        let named =
            named.map(|(name, value)| Val::Tuple([Val::Text(name.clone()), value.clone()].into()));
        let given = [Val::Tuple(child.args.clone()), Val::Tuple(named.collect())];
        let process = self.fresh(me);
        let role = Role::Child(child.target.clone(), [].into(), [].into());
        let given = Val::Tuple(given.into());
        let started = self.bring_up(
            program,
            me,
            &process,
            (role, id.clone()),
            &given,
            child.method,
        );
        let given = match started {
            Ok(given) => given,
            Err(Refusal::Error(kind)) => {
                self.processes.remove(&process);
                self.memories.remove(&process);
                return Ok(Ways::fails(self, kind));
            }
            Err(Refusal::Outside(what)) => return Err(what),
        };
        let Val::Tuple(parts) = given else {
            return Err("arguments that are none".to_owned());
        };
        let [Val::Tuple(args), Val::Tuple(named)] = &parts[..] else {
            return Err("arguments that are none".to_owned());
        };
        let named = named.iter().filter_map(crate::library::pair).collect();
        let begun = self.process_mut(&process);
        begun.role = Role::Child(child.target, args.clone(), named);
        begun.is_daemon = child.is_daemon;
        let loads = matches!(child.method, StartMethod::Spawn | StartMethod::Forkserver);
        begun.is_loading = loads && !program.guard;
        let is_threads = self.is_threads();
        let started = self.child(id)?;
        started.life = Life::Running(process);
        if !is_threads {
            started.args = [].into();
            started.named = [].into();
        }
        Ok(Ways::done(self))
    }

    /// Makes a process with a memory of its own, or a thread; gives what it is given.
    pub(crate) fn bring_up(
        &mut self,
        program: &Program,
        me: &Id,
        process: &Id,
        (role, object): (Role, Id),
        given: &Val,
        method: StartMethod,
    ) -> Result<Val, Refusal> {
        let parent = Some(me.clone());
        if self.is_threads() {
            let memory = self.process(me).memory.clone();
            let begun = new_process(role, object, memory, parent, method);
            self.processes.insert(process.clone(), Rc::new(begun));
            return Ok(given.clone());
        }
        let is_fork = method == StartMethod::Fork;
        let names: Vec<Rc<str>> = self.memory(me).globals.keys().cloned().collect();
        let globals = self.memory(me).globals.values().cloned().collect();
        let packed = match is_fork {
            true => {
                let all = Val::Tuple([given.clone(), Val::Tuple(globals)].into());
                self.pack(me, &all, Passage::Fork)?
            }
            false => self.pack(me, given, Passage::Spawn)?,
        };
        let inherited: Vec<Cell> = match is_fork {
            true => self.unnamed_ends(me, &packed),
            false => Vec::new(),
        };
        let memory = Memory {
            method: Some(method),
            ..Memory::default()
        };
        self.memories.insert(process.clone(), Rc::new(memory));
        let begun = new_process(role, object, process.clone(), parent, method);
        self.processes.insert(process.clone(), Rc::new(begun));
        let arrived = self.unpack(process, &packed);
        if !is_fork {
            self.import(program, process);
            return Ok(arrived);
        }
        for end in inherited {
            let id = self.fresh(process);
            self.memory_mut(process).cells.insert(id, end);
        }
        let Val::Tuple(parts) = &arrived else {
            return Err(Refusal::Outside("a fork without memory".to_owned()));
        };
        if let [given, Val::Tuple(values)] = &parts[..] {
            let globals = names.into_iter().zip(values.iter().cloned());
            self.memory_mut(process).globals.extend(globals);
            return Ok(given.clone());
        }
        Err(Refusal::Outside("a fork without memory".to_owned()))
    }

    /// The open ends of a process that a forked child does not get by name.
    fn unnamed_ends(&self, me: &Id, named: &Val) -> Vec<Cell> {
        let mut known = Vec::new();
        ends(named, &mut known);
        let mut left = Vec::new();
        for cell in self.memory(me).cells.values() {
            if let Cell::End {
                pipe,
                side,
                is_open: true,
            } = cell
            {
                match known.iter().position(|end| *end == (pipe.clone(), *side)) {
                    Some(at) => {
                        known.swap_remove(at);
                    }
                    None => left.push(cell.clone()),
                }
            }
        }
        left
    }
}

fn ends(value: &Val, found: &mut Vec<(Id, usize)>) {
    match value {
        Val::End(pipe, side) => found.push((pipe.clone(), *side)),
        Val::Tuple(items) | Val::List(items) => items.iter().for_each(|item| ends(item, found)),
        Val::Dict(pairs) => pairs.iter().for_each(|(_, value)| ends(value, found)),
        _ => {}
    }
}

fn new_process(
    role: Role,
    object: Id,
    memory: Id,
    parent: Option<Id>,
    method: StartMethod,
) -> Process {
    Process {
        role,
        object,
        memory,
        parent,
        is_daemon: false,
        method,
        answers: Rc::default(),
        made: 0,
        next: None,
        reached: Default::default(),
        is_loading: false,
        is_stopped: false,
        signal: None,
        is_due: false,
    }
}

/// An error, where something was refused.
pub(crate) fn refused(world: World, refusal: Refusal) -> Result<Ways, Outside> {
    match refusal {
        Refusal::Error(kind) => Ok(Ways::one(world, error(kind))),
        Refusal::Outside(what) => Err(what),
    }
}
