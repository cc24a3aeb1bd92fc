//! Witnesses: a shortest way of the machine to given lines, step by step, with who makes each.
//!
//! Exploration forgets who moved; this goes through the states again, keeps to what prints the wanted
//! lines, and remembers. Among the shortest ways it takes one that changes from process to process
//! least, since that is the easiest to read. How a step is told is the business of `telling`.

mod telling;

use poolproof_case::{Outcome, Program, StartMethod};

use crate::error::ModelError;
use crate::explore::{Limits, end, steps};
use crate::machine::breach::BREACHES;
use crate::machine::step::Actor;
use crate::machine::{Machine, Step as Move};
use crate::state::key::{Keys, Parts};
use crate::state::{NOBODY, ProcessId, State};

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub enum Goal<'a> {
    /// A run that prints these lines and ends so.
    Outcome(&'a Outcome),
    /// The beginning of a run: these lines, whatever follows.
    Lines(&'a [String]),
}

/// One step of an interleaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who makes it: `main`, a process by its function or name, `worker 2`, `feeder of main`.
    pub process: String,
    /// What it does, as the program has it: `q.put(1)`.
    pub action: String,
    /// The line that it writes.
    pub line: Option<String>,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// There is a way.
    Found {
        /// Its steps.
        steps: Vec<Step>,
        /// Whether none is shorter.
        is_shortest: bool,
    },
    /// There is none: the specification does not allow it.
    Absent,
    /// None was found in so many states.
    Beyond,
}

/// Looks for a shortest way to a goal.
///
/// It visits so many states at most; where they do not suffice, so many once more, with steps that
/// commute in one order only: a way that is found so may have a few steps more than it has to.
///
/// # Errors
/// As [`crate::explore`].
pub fn witness(
    program: &Program,
    method: StartMethod,
    goal: Goal<'_>,
    states_max: u64,
) -> Result<Witness, ModelError> {
    let machine = Machine::new(program, method)?;
    let full = Limits {
        states_max,
        reduce: false,
        stop: None,
    };
    let mut witness = look(&machine, goal, full)?;
    let reduced = Limits {
        reduce: true,
        ..full
    };
    let mut is_known = false;
    while witness == Witness::Beyond && !is_known {
        let known = machine.assumptions();
        witness = look(&machine, goal, reduced)?;
        // What was found out on the way may make more steps depend on each other.
        is_known = machine.assumptions() == known;
        if witness == Witness::Absent && !is_known {
            witness = Witness::Beyond;
        }
    }
    Ok(witness)
}

/// The clauses that an outcome offends which the specification does not allow: without one of them,
/// whichever, it would. None where no clause is enough, and where so many states do not show one.
///
/// # Errors
/// As [`crate::explore`].
pub fn offended(
    program: &Program,
    method: StartMethod,
    outcome: &Outcome,
    states_max: u64,
) -> Result<Vec<&'static str>, ModelError> {
    let limits = Limits {
        states_max,
        reduce: false,
        stop: None,
    };
    let mut machine = Machine::new(program, method)?;
    let mut clauses = Vec::new();
    for breach in BREACHES {
        if !breach.concerns(&machine.code) {
            continue;
        }
        machine.breach = Some(breach);
        let mut search = Search::new(&machine, Goal::Outcome(outcome), limits);
        if let Found::At(_) = search.run()? {
            clauses.push(breach.clause);
        }
    }
    Ok(clauses)
}

fn look(machine: &Machine, goal: Goal<'_>, limits: Limits) -> Result<Witness, ModelError> {
    let mut search = Search::new(machine, goal, limits);
    Ok(match search.run()? {
        Found::Nothing => Witness::Absent,
        Found::TooMuch => Witness::Beyond,
        Found::At(node) => Witness::Found {
            steps: telling::told(machine, &search.way(node))?,
            is_shortest: !limits.reduce,
        },
    })
}

/// A step from one node to another: the place of its actor among the moves, and which it makes.
type Choice = (usize, Move);

enum Found {
    At(u32),
    Nothing,
    TooMuch,
}

/// How a node is reached with the fewest changes from process to process.
struct Node {
    from: Option<(u32, Choice)>,
    changes: u32,
}

/// A state on the way: so many lines are printed, and who moved last.
struct Place {
    node: u32,
    state: State,
    printed: usize,
    last: ProcessId,
}

struct Search<'a> {
    machine: &'a Machine,
    goal: Goal<'a>,
    limits: Limits,
    parts: Parts,
    known: Keys,
    nodes: Vec<Node>,
    scratch: Vec<u8>,
    /// The first node of the layer that is being found.
    layer: u32,
}

impl<'a> Search<'a> {
    fn new(machine: &'a Machine, goal: Goal<'a>, limits: Limits) -> Search<'a> {
        Search {
            machine,
            goal,
            limits,
            parts: Parts::default(),
            known: Keys::default(),
            nodes: Vec::new(),
            scratch: Vec::new(),
            layer: 0,
        }
    }

    fn lines(&self) -> &'a [String] {
        match self.goal {
            Goal::Outcome(outcome) => &outcome.lines,
            Goal::Lines(lines) => lines,
        }
    }

    /// Goes layer by layer, each of which has one step more.
    fn run(&mut self) -> Result<Found, ModelError> {
        let first = Node {
            from: None,
            changes: 0,
        };
        let (state, printed, last) = (self.machine.start()?, 0, NOBODY);
        let mut next = Vec::new();
        self.reach(first, state, printed, last, &mut next);
        while !next.is_empty() {
            let layer = std::mem::take(&mut next);
            let arrived = self.arrived(&layer)?;
            if let Some(node) = arrived {
                return Ok(Found::At(node));
            }
            self.layer = self.nodes.len() as u32;
            for place in layer {
                self.expand(place, &mut next)?;
                if self.nodes.len() as u64 >= self.limits.states_max {
                    return Ok(Found::TooMuch);
                }
            }
        }
        Ok(Found::Nothing)
    }

    /// The node of a layer at which the goal is reached with the fewest changes.
    fn arrived(&self, layer: &[Place]) -> Result<Option<u32>, ModelError> {
        let mut best: Option<u32> = None;
        for place in layer {
            let is_better = |node: u32| {
                self.nodes[place.node as usize].changes < self.nodes[node as usize].changes
            };
            if best.is_none_or(is_better) && self.is_goal(place)? {
                best = Some(place.node);
            }
        }
        Ok(best)
    }

    fn is_goal(&self, place: &Place) -> Result<bool, ModelError> {
        if place.printed < self.lines().len() {
            return Ok(false);
        }
        let Goal::Outcome(outcome) = self.goal else {
            return Ok(true);
        };
        let moves = self.machine.moves(&place.state)?;
        let is_over = steps(self.machine, false, &place.state, &moves).is_empty();
        let (ending, left) = end(&place.state);
        Ok(is_over && ending == outcome.ending && left == outcome.left)
    }

    fn expand(&mut self, place: Place, next: &mut Vec<Place>) -> Result<(), ModelError> {
        let moves = self.machine.moves(&place.state)?;
        for (at, step) in steps(self.machine, self.limits.reduce, &place.state, &moves) {
            let mut state = place.state.clone();
            let applied = self.machine.apply(&mut state, &moves[at], step)?;
            if applied.is_undefined {
                continue;
            }
            let mut printed = place.printed;
            if let Some(line) = applied.line {
                let lines = self.machine.lines.borrow();
                if self.lines().get(printed) != Some(&lines[line as usize]) {
                    continue;
                }
                printed += 1;
            }
            let (is_same, last) = match moves[at].actor {
                Actor::Process(one) => {
                    let now = self
                        .machine
                        .moved()
                        .processes
                        .iter()
                        .position(|before| *before == one);
                    (
                        one == place.last,
                        now.map_or(NOBODY, |now| now as ProcessId),
                    )
                }
                _ => (false, NOBODY),
            };
            let node = Node {
                from: Some((place.node, (at, step))),
                changes: self.nodes[place.node as usize].changes + u32::from(!is_same),
            };
            self.reach(node, state, printed, last, next);
        }
        Ok(())
    }

    /// Comes to a place; it is new, or may be known of this layer with more changes.
    fn reach(
        &mut self,
        node: Node,
        mut state: State,
        printed: usize,
        last: ProcessId,
        next: &mut Vec<Place>,
    ) {
        self.parts.key(&mut state, &mut self.scratch);
        self.scratch
            .extend_from_slice(&(printed as u64).to_le_bytes());
        self.scratch.extend_from_slice(&last.to_le_bytes());
        if let Some(known) = self.known.get(&self.scratch) {
            let there = &mut self.nodes[known as usize];
            if known >= self.layer && node.changes < there.changes {
                *there = node;
            }
            return;
        }
        let number = self.known.add(&self.scratch);
        self.nodes.push(node);
        next.push(Place {
            node: number,
            state,
            printed,
            last,
        });
    }

    /// The steps from the start to a node.
    fn way(&self, mut node: u32) -> Vec<Choice> {
        let mut way = Vec::new();
        while let Some((from, choice)) = self.nodes[node as usize].from {
            way.push(choice);
            node = from;
        }
        way.reverse();
        way
    }
}
