//! Every interleaving: each step of each process from each world, depth first.
//!
//! What can follow a world is found once and remembered by the whole world. Nothing is left out
//! because it commutes with something else.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use poolproof_case::program::Program;
use poolproof_case::{Ending, Outcome, StartMethod};

use crate::act::{Act, Outside};
use crate::value::Id;
use crate::world::{Role, Signal, World};
use crate::{Found, Limits};

/// What a step of a world leads to, with the line that it writes.
struct Step {
    world: World,
    line: Option<Rc<str>>,
}

/// The end of an outcome: a line and what follows it, or how the program ends.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Tail {
    Line(Rc<str>, u32),
    End(Ending, u32),
}

enum Stop {
    TooMany(String),
    Outside(Outside),
}

impl From<Outside> for Stop {
    fn from(what: Outside) -> Stop {
        Stop::Outside(what)
    }
}

struct Search<'a> {
    program: &'a Program,
    limits: &'a Limits,
    /// The ways in which a program can go on from a world, by the numbers of tails.
    known: HashMap<World, Rc<BTreeSet<u32>>>,
    tails: Vec<Tail>,
    numbers: HashMap<Tail, u32>,
}

/// All outcomes of a program under a start method.
pub(crate) fn search(program: &Program, method: StartMethod, limits: &Limits) -> Found {
    let mut search = Search {
        program,
        limits,
        known: HashMap::new(),
        tails: Vec::new(),
        numbers: HashMap::new(),
    };
    let mut world = World::begin(program, method);
    let found = world.advance(program).map_err(Stop::Outside);
    match found.and_then(|()| search.visit(world)) {
        Ok(tails) => Found::All(tails.iter().map(|tail| search.outcome(*tail)).collect()),
        Err(Stop::TooMany(what)) => Found::TooMany(what),
        Err(Stop::Outside(what)) => Found::Outside(what),
    }
}

impl Search<'_> {
    fn visit(&mut self, world: World) -> Result<Rc<BTreeSet<u32>>, Stop> {
        if let Some(known) = self.known.get(&world) {
            return Ok(known.clone());
        }
        if self.known.len() >= self.limits.worlds_max {
            return Err(Stop::TooMany(format!(
                "more than {} worlds",
                self.limits.worlds_max
            )));
        }
        let steps = world.steps(self.program)?;
        let mut tails = BTreeSet::new();
        if steps.is_empty() {
            let (ending, left) = world.ending();
            tails.insert(self.number(Tail::End(ending, left)));
        }
        for step in steps {
            let after = self.visit(step.world)?;
            match step.line {
                None => tails.extend(after.iter()),
                Some(line) => {
                    for tail in after.iter() {
                        tails.insert(self.number(Tail::Line(line.clone(), *tail)));
                    }
                }
            }
            if tails.len() > self.limits.outcomes_max {
                let what = format!("more than {} outcomes", self.limits.outcomes_max);
                return Err(Stop::TooMany(what));
            }
        }
        let tails = Rc::new(tails);
        self.known.insert(world, tails.clone());
        Ok(tails)
    }

    fn number(&mut self, tail: Tail) -> u32 {
        let next = self.tails.len() as u32;
        *self.numbers.entry(tail).or_insert_with_key(|tail| {
            self.tails.push(tail.clone());
            next
        })
    }

    fn outcome(&self, tail: u32) -> Outcome {
        let mut lines = Vec::new();
        let mut at = tail;
        loop {
            match &self.tails[at as usize] {
                Tail::Line(line, next) => {
                    lines.push(line.to_string());
                    at = *next;
                }
                Tail::End(ending, left) => {
                    return Outcome {
                        lines,
                        ending: ending.clone(),
                        left: *left,
                    };
                }
            }
        }
    }
}

impl World {
    /// All steps: of those who move; where nobody can, of those who wait for that, and where nobody
    /// does, of those whose time is then up.
    fn steps(&self, program: &Program) -> Result<Vec<Step>, Outside> {
        let (mut now, mut settled, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for (me, process) in &self.processes {
            let arrives = match process.signal {
                Some(Signal::Terminate) => !process.is_stopped,
                Some(Signal::Kill | Signal::Stop) => true,
                Some(Signal::Continue) | None => false,
            };
            if arrives {
                let mut world = self.clone();
                world.receive_signal(program, me)?;
                world.advance(program)?;
                now.push(Step { world, line: None });
            }
            let Some(act) = &process.next else {
                return Err("a process that does not know what it does".to_owned());
            };
            if process.is_stopped || process.is_due {
                continue;
            }
            let ways = self.ways(program, me, act)?;
            let line = match act {
                Act::Print(line) => Some(line),
                _ => None,
            };
            let step = |mut way: crate::act::Way| {
                way.world.go_on(program, me, way.answer)?;
                let (world, line) = (way.world, line.cloned());
                Ok::<Step, Outside>(Step { world, line })
            };
            let moves: Result<Vec<Step>, Outside> = ways.now.into_iter().map(step).collect();
            match act {
                Act::Settle => settled.extend(moves?),
                _ => now.extend(moves?),
            }
            for way in ways.late {
                late.push(step(way)?);
            }
        }
        let of_nobody = self.fed()?.into_iter().chain(self.replaced(program)?);
        now.extend(of_nobody.map(|world| Step { world, line: None }));
        Ok(match (now.is_empty(), settled.is_empty()) {
            (false, _) => now,
            (true, false) => settled,
            (true, true) => late,
        })
    }

    /// A process goes on after an answer; a signal that was on its way now comes before all else.
    fn go_on(
        &mut self,
        program: &Program,
        me: &Id,
        answer: Option<crate::value::Answer>,
    ) -> Result<(), Outside> {
        if self.processes.contains_key(me) {
            let process = self.process_mut(me);
            process.is_due = matches!(
                process.signal,
                Some(Signal::Terminate | Signal::Kill | Signal::Stop)
            );
            if let Some(answer) = answer {
                Rc::make_mut(&mut process.answers).push(answer);
                process.next = None;
            }
        }
        self.advance(program)
    }

    /// How the program ends where nothing moves.
    fn ending(&self) -> (Ending, u32) {
        let is_counted = |role: &Role| !matches!(role, Role::Handler(..));
        let left = self
            .processes
            .values()
            .filter(|one| is_counted(&one.role))
            .count() as u32;
        match self.ended {
            None => (Ending::Hang, 0),
            Some(-15) => (Ending::Signal("TERM".to_owned()), left),
            Some(code) if code < 0 => (Ending::Signal("KILL".to_owned()), left),
            Some(code) => (Ending::Exit(code), left),
        }
    }
}
