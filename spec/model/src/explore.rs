//! Exploration: every state that a program can reach, depth-first over exact keys.
//!
//! Which of the enabled steps need not be tried is `reduce`'s business.

use std::sync::atomic::{AtomicBool, Ordering};

use poolproof_case::{Ending, Program, StartMethod};

use crate::behaviour::Behaviour;
use crate::behaviour::language::{EMPTY, Languages};
use crate::error::ModelError;
use crate::machine::step::Moves;
use crate::machine::undefined::{Undefined, is_undefined};
use crate::machine::{Machine, Pending, Step};
use crate::objects::Wait;
use crate::reduce;
use crate::state::State;
use crate::state::key::{Keys, Parts};

/// How far an exploration goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most states that are kept.
    pub states_max: u64,
    /// Whether steps that commute are tried in one order only.
    pub reduce: bool,
    /// Ends it early when this becomes true, as if the most states were visited.
    pub stop: Option<&'static AtomicBool>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            states_max: 2_000_000,
            reduce: true,
            stop: None,
        }
    }
}

/// What an exploration found.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// The states that were kept: those with a choice, and before each line. What has one way on is
    /// passed.
    pub states: u64,
    /// The steps that were made, those through what was passed among them.
    pub edges: u64,
    /// Whether the limit was hit: the behaviour then lacks outcomes.
    pub bounded: bool,
    /// All outcomes.
    pub behaviour: Behaviour,
    /// What it may come to of which nothing is known, sorted.
    pub undefined: Vec<Undefined>,
}

/// Computes everything that a program may do under a start method.
///
/// # Errors
/// Where the program does what the machine does not know, or what a case must not do.
pub fn explore(
    program: &Program,
    method: StartMethod,
    limits: &Limits,
) -> Result<Exploration, ModelError> {
    let machine = Machine::new(program, method)?;
    let mut known = machine.assumptions();
    let mut search = Search::new(&machine, *limits);
    search.run()?;
    // Only now is it known that a pipe can fill up or that objects travel in messages, either of
    // which makes more steps depend on each other.
    while limits.reduce && machine.assumptions() != known {
        known = machine.assumptions();
        search = Search::new(&machine, *limits);
        search.run()?;
    }
    let lines = machine.lines.borrow().iter().cloned().collect();
    let start = search.language_of.first().copied();
    Ok(Exploration {
        states: search.language_of.len() as u64,
        edges: search.edges,
        bounded: search.is_bounded,
        behaviour: search.languages.behaviour(start.unwrap_or(EMPTY), lines),
        undefined: machine.undefined.borrow().iter().copied().collect(),
    })
}

/// The most steps in a row whose states are not kept: who comes to one of them by another way goes
/// through the rest again.
const PASSED_MAX: u32 = 4;

/// No language: the state is still on the way down.
const OPEN: u32 = u32::MAX;

/// A state on the way down, which of its steps are still to be tried, and what the others led to.
struct Open {
    node: u32,
    state: State,
    moves: Vec<Moves>,
    steps: Vec<(usize, Step)>,
    edges: Vec<(Option<u32>, u32)>,
    is_undefined: bool,
}

struct Search<'a> {
    machine: &'a Machine,
    limits: Limits,
    parts: Parts,
    known: Keys,
    languages: Languages,
    /// The language of each state; [`OPEN`] while it is not known.
    language_of: Vec<u32>,
    edges: u64,
    is_bounded: bool,
    scratch: Vec<u8>,
    stack: Vec<Open>,
}

impl<'a> Search<'a> {
    fn new(machine: &'a Machine, limits: Limits) -> Search<'a> {
        Search {
            machine,
            limits,
            parts: Parts::default(),
            known: Keys::default(),
            languages: Languages::default(),
            language_of: Vec::new(),
            edges: 0,
            is_bounded: false,
            scratch: Vec::new(),
            stack: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), ModelError> {
        let start = self.machine.start()?;
        self.visit(start)?;
        while let Some(open) = self.stack.last_mut() {
            let Some((at, step)) = open.steps.pop() else {
                let (known, edges) = (&self.language_of, open.edges.drain(..));
                let edges = edges.map(|(line, to)| (line, language_at(known, to)));
                let language = self.languages.of_state(edges, None, open.is_undefined);
                self.language_of[open.node as usize] = language;
                self.stack.pop();
                continue;
            };
            // The last way out takes all that was kept for it.
            let (mut state, moves) = match open.steps.is_empty() {
                true => (
                    std::mem::replace(&mut open.state, State::empty()),
                    std::mem::take(&mut open.moves).swap_remove(at),
                ),
                false => (open.state.clone(), open.moves[at].clone()),
            };
            let applied = self.machine.apply(&mut state, &moves, step)?;
            if applied.is_undefined {
                open.is_undefined = true;
                continue;
            }
            let place = self.stack.len() - 1;
            if let Some(to) = self.visit(state)? {
                self.edges += 1;
                self.stack[place].edges.push((applied.line, to));
            }
        }
        Ok(())
    }

    /// The node of a state, or of a later one where there is no choice before it and no line: those
    /// are not kept. It is opened when it is new; nothing beyond the limit.
    fn visit(&mut self, mut state: State) -> Result<Option<u32>, ModelError> {
        let mut passed = 0;
        loop {
            self.parts.key(&mut state, &mut self.scratch);
            if let Some(known) = self.known.get(&self.scratch) {
                return Ok(Some(known));
            }
            let moves = self.machine.moves(&state)?;
            let steps = steps(self.machine, self.limits.reduce, &state, &moves);
            match *steps {
                [(at, step)] if passed < PASSED_MAX && self.is_silent(&state, &moves[at]) => {
                    self.machine.apply(&mut state, &moves[at], step)?;
                    self.edges += 1;
                    passed += 1;
                }
                _ => return Ok(self.open(state, moves, steps)),
            }
        }
    }

    /// Whether a step writes no line and leaves nothing undefined.
    fn is_silent(&self, state: &State, moves: &Moves) -> bool {
        !matches!(moves.pending, Some(Pending::Print)) && !is_undefined(self.machine, state, moves)
    }

    /// Opens a new state, whose key was just written.
    fn open(&mut self, state: State, moves: Vec<Moves>, steps: Vec<(usize, Step)>) -> Option<u32> {
        let is_stopped = self
            .limits
            .stop
            .is_some_and(|stop| stop.load(Ordering::Relaxed));
        if is_stopped || self.language_of.len() as u64 >= self.limits.states_max {
            self.is_bounded = true;
            return None;
        }
        let node = self.known.add(&self.scratch);
        if steps.is_empty() {
            let (edges, end) = (std::iter::empty(), Some(end(&state)));
            let language = self.languages.of_state(edges, end, false);
            self.language_of.push(language);
            return Some(node);
        }
        self.language_of.push(OPEN);
        self.stack.push(Open {
            node,
            state,
            moves,
            steps,
            edges: Vec::new(),
            is_undefined: false,
        });
        Some(node)
    }
}

/// The language of a state, which was left before those on the way to it.
///
/// # Panics
/// When it is still on the way down: programs are finite, so the states have no cycle.
fn language_at(known: &[u32], state: u32) -> u32 {
    let language = known[state as usize];
    assert!(language != OPEN, "a state graph has no cycle");
    language
}

/// The steps to try in a state.
pub(crate) fn steps(
    machine: &Machine,
    reduce: bool,
    state: &State,
    moves: &[Moves],
) -> Vec<(usize, Step)> {
    let enabled: Vec<usize> = (0..moves.len())
        .filter(|at| moves[*at].is_enabled())
        .collect();
    if enabled.is_empty() {
        return still(moves);
    }
    let chosen = if reduce {
        reduce::ample(machine, state, moves, &enabled)
    } else {
        enabled
    };
    let of = |at: usize| moves[at].steps().into_iter().map(move |step| (at, step));
    chosen.into_iter().flat_map(of).collect()
}

/// Where nothing else can move, who settles does, and else what is late expires.
fn still(moves: &[Moves]) -> Vec<(usize, Step)> {
    let settles =
        |moves: &Moves| matches!(moves.pending, Some(Pending::Settle)) && moves.ready.ways > 0;
    let all = || moves.iter().enumerate();
    let settling: Vec<(usize, Step)> = all()
        .filter(|(_, one)| settles(one))
        .map(|(at, _)| (at, Step::Way(0)))
        .collect();
    if !settling.is_empty() {
        return settling;
    }
    let is_late = |one: &Moves| one.ready.expiry == Some(Wait::Late);
    all()
        .filter(|(_, one)| is_late(one))
        .map(|(at, _)| (at, Step::Expire))
        .collect()
}

/// How a run ends in a state where nothing can move.
pub(crate) fn end(state: &State) -> (Ending, u32) {
    let left = state
        .processes
        .iter()
        .filter(|one| one.is_counted())
        .count() as u32;
    match state.main_ended {
        None => (Ending::Hang, 0),
        Some(-15) => (Ending::Signal("TERM".to_owned()), left),
        Some(code) if code < 0 => (Ending::Signal("KILL".to_owned()), left),
        Some(code) => (Ending::Exit(code), left),
    }
}
