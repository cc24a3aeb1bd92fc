//! Telling a way of the machine: who makes each step.
//!
//! Processes have no names in a state and change their numbers, so they are followed from step to
//! step. What a step does is the business of `action`.

mod action;

use std::collections::BTreeMap;

use super::{Choice, Step};
use crate::error::ModelError;
use crate::machine::Machine;
use crate::machine::step::Actor;
use crate::objects::Body;
use crate::state::compact::Moved;
use crate::state::{NOBODY, ObjectId, Process, ProcessId, Role, SpaceId, State, Val};

/// Makes the steps of a way and tells each.
pub(super) fn told(machine: &Machine, way: &[Choice]) -> Result<Vec<Step>, ModelError> {
    let mut state = machine.start()?;
    let mut names = Names::default();
    names.add_new(machine, &state);
    let mut told = Vec::with_capacity(way.len());
    for (at, step) in way {
        let moves = machine.moves(&state)?.swap_remove(*at);
        let actor = names.actor(&state, moves.actor);
        let action = action::action(machine, &state, &moves, *step);
        let object = action::receiver(&moves);
        let applied = machine.apply(&mut state, &moves, *step)?;
        let known = object.and_then(|object| names.objects.get(&object).copied());
        let started = names.follow(machine, &state, &machine.moved());
        let line = applied
            .line
            .map(|line| machine.lines.borrow()[line as usize].clone());
        told.push((actor, action, known.or(started), line));
    }
    let steps = told.into_iter().map(|(actor, action, whom, line)| Step {
        process: names.actor_name(actor),
        action: match whom {
            Some(whom) => format!("{action}: {}", names.name(whom)),
            None => action,
        },
        line,
    });
    Ok(steps.collect())
}

/// Who makes a step: a process, or the feeder of one, by the number of its name.
#[derive(Clone, Copy)]
enum Who {
    Process(Option<usize>),
    Feeder(Option<usize>),
}

/// The names of all processes that there have been.
#[derive(Default)]
struct Names {
    /// What each is called, which several may share.
    all: Vec<String>,
    /// The number in `all` of each process of the state.
    now: Vec<usize>,
    /// The same by their objects, which may outlive them.
    objects: BTreeMap<ObjectId, usize>,
}

impl Names {
    fn number(&self, process: ProcessId) -> Option<usize> {
        self.now.get(process as usize).copied()
    }

    /// Names the processes of the state that have none.
    fn add_new(&mut self, machine: &Machine, state: &State) {
        let all = 0..state.processes.len() as ProcessId;
        let objects = (0..state.objects.len() as ObjectId).collect();
        let processes = all.collect();
        self.follow(machine, state, &Moved { processes, objects });
    }

    /// Follows processes through a step; gives the name of one that it started, if it is one.
    fn follow(&mut self, machine: &Machine, state: &State, moved: &Moved) -> Option<usize> {
        let known = self.all.len();
        let objects = std::mem::take(&mut self.objects).into_iter();
        let moved_object = |(object, name)| Some((*moved.objects.get(object as usize)?, name));
        self.objects = objects.filter_map(moved_object).collect();
        self.objects.remove(&NOBODY);
        let mut now = Vec::with_capacity(state.processes.len());
        for (process, before) in state.processes.iter().zip(&moved.processes) {
            let name = self.number(*before).unwrap_or_else(|| {
                self.all.push(base(machine, state, process));
                self.all.len() - 1
            });
            self.objects.insert(process.object, name);
            now.push(name);
        }
        self.now = now;
        (self.all.len() == known + 1).then_some(known)
    }

    fn actor(&self, state: &State, actor: Actor) -> Who {
        let of_space = |space: SpaceId| {
            let mut all = state.processes.iter();
            let at = all.position(|process| process.space == space)?;
            self.number(at as ProcessId)
        };
        match actor {
            Actor::Process(process) => Who::Process(self.number(process)),
            Actor::Lost(space, _) => Who::Process(of_space(space)),
            Actor::Replacement(pool) => Who::Process(match &state.objects[pool as usize].body {
                Body::Pool(pool) => self.number(pool.creator),
                _ => None,
            }),
            Actor::Feeder(queue, at) => Who::Feeder(match &state.objects[queue as usize].body {
                Body::Queue(queue) => of_space(queue.feeders[at].space),
                _ => None,
            }),
        }
    }

    /// A name, with a number where several have it.
    fn name(&self, number: usize) -> String {
        let base = &self.all[number];
        let same = |names: &[String]| names.iter().filter(|name| *name == base).count();
        match same(&self.all) {
            1 => base.clone(),
            _ => format!("{base} {}", same(&self.all[..=number])),
        }
    }

    fn actor_name(&self, who: Who) -> String {
        let of = |number: Option<usize>| {
            number.map_or_else(
                || "a process that has ended".to_owned(),
                |one| self.name(one),
            )
        };
        match who {
            Who::Process(number) => of(number),
            Who::Feeder(number) => format!("feeder of {}", of(number)),
        }
    }
}

/// What a process is called: by the program, or for what it does.
fn base(machine: &Machine, state: &State, process: &Process) -> String {
    match &process.role {
        Role::Main => "main".to_owned(),
        Role::Worker { .. } => "worker".to_owned(),
        Role::Handler { .. } => "result handler".to_owned(),
        Role::Child => {
            if let Val::Text(name) = process.name {
                return machine.code.names.text(name).to_string();
            }
            let object = state.objects.get(process.object as usize);
            let target = match object.map(|object| &object.body) {
                Some(Body::Process(this)) => this.target,
                _ => None,
            };
            // What cannot be called has no name.
            let name =
                target.and_then(|target| machine.code.function_names.get(usize::from(target)));
            name.map_or_else(|| "process".to_owned(), Clone::clone)
        }
    }
}
