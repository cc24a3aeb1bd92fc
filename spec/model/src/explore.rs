//! Exploration: every state that a program can reach, depth-first over exact keys.
//!
//! Which of the enabled steps need not be tried is `reduce`'s business.

use std::sync::atomic::{AtomicBool, Ordering};

use poolproof_case::{Ending, Program, StartMethod};

use crate::behaviour::Behaviour;
use crate::error::ModelError;
use crate::graph::{Edge, Graph, Node};
use crate::machine::step::Moves;
use crate::machine::{Machine, Pending, Step};
use crate::objects::Wait;
use crate::reduce;
use crate::state::State;
use crate::state::key::{Keys, Parts};

/// How far an exploration goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most states that are visited.
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
    /// The states that were visited.
    pub states: u64,
    /// The steps between them.
    pub edges: u64,
    /// Whether the limit was hit: the behaviour then lacks outcomes.
    pub bounded: bool,
    /// All outcomes.
    pub behaviour: Behaviour,
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
    let Search {
        nodes,
        edges,
        is_bounded,
        ..
    } = search;
    let states = nodes.len() as u64;
    let lines = machine.lines.borrow().iter().cloned().collect();
    let graph = Graph { nodes, lines };
    Ok(Exploration {
        states,
        edges,
        bounded: is_bounded,
        behaviour: Behaviour::from_graph(&graph),
    })
}

/// A state on the way down, and which of its steps are still to be tried.
struct Open {
    node: u32,
    state: State,
    moves: Vec<Moves>,
    steps: Vec<(usize, Step)>,
}

struct Search<'a> {
    machine: &'a Machine,
    limits: Limits,
    parts: Parts,
    known: Keys,
    nodes: Vec<Node>,
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
            nodes: Vec::new(),
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
                self.stack.pop();
                continue;
            };
            // The last way out takes the state itself.
            let (from, mut state) = match open.steps.is_empty() {
                true => (
                    open.node,
                    std::mem::replace(&mut open.state, State::empty()),
                ),
                false => (open.node, open.state.clone()),
            };
            let applied = self.machine.apply(&mut state, &open.moves[at], step)?;
            if applied.is_undefined {
                self.nodes[from as usize].is_undefined = true;
                continue;
            }
            let Some(to) = self.visit(state)? else {
                continue;
            };
            self.edges += 1;
            let line = applied.line;
            self.nodes[from as usize].edges.push(Edge { to, line });
        }
        Ok(())
    }

    /// The node of a state, which is opened when it is new; nothing beyond the limit.
    fn visit(&mut self, mut state: State) -> Result<Option<u32>, ModelError> {
        self.parts.key(&mut state, &mut self.scratch);
        if let Some(known) = self.known.get(&self.scratch) {
            return Ok(Some(known));
        }
        let is_stopped = self
            .limits
            .stop
            .is_some_and(|stop| stop.load(Ordering::Relaxed));
        if is_stopped || self.nodes.len() as u64 >= self.limits.states_max {
            self.is_bounded = true;
            return Ok(None);
        }
        let node = self.known.add(&self.scratch);
        self.nodes.push(Node::default());
        let moves = self.machine.moves(&state)?;
        let steps = steps(self.machine, self.limits.reduce, &state, &moves);
        if steps.is_empty() {
            self.nodes[node as usize].end = Some(end(&state));
            return Ok(Some(node));
        }
        self.stack.push(Open {
            node,
            state,
            moves,
            steps,
        });
        Ok(Some(node))
    }
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
