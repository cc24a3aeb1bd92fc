//! The machine of the models for stateright, as one would write it by hand: a step is one access, as
//! it is in the specification, and what a process does by itself costs none. Which programs there
//! are is `families`' business.
//!
//! Stateright knows states by 64 bits of their hash; the specification compares them whole.

mod families;

use std::sync::atomic::{AtomicU64, Ordering};

use stateright::{Checker, Model as _, Property};

pub(crate) use families::{barrier, dining, free, lock, queue};

use super::Outcome;

/// The most processes of a model, of which each state has the places; a larger row needs more here.
const PROCESSES: usize = 16;

/// A step of a process.
#[derive(Clone, Copy, Debug)]
enum Access {
    Print(u8),
    Acquire(u16),
    Release(u16),
    Meet,
    Put(u8),
}

/// A program, and how far it is explored: main starts all processes, gets and prints, joins all.
#[derive(Debug)]
pub(crate) struct Model {
    processes: Vec<Vec<Access>>,
    /// How many values main gets and prints.
    gets: u8,
    has_output: bool,
    states_max: u64,
    visited: AtomicU64,
    /// Those of the visited states in which main has ended.
    ended: AtomicU64,
    /// Those in which main has not, and nothing can move.
    stuck: AtomicU64,
}

/// Where all are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// How many steps main has made.
    main: u8,
    /// How many accesses each process has made.
    done: [u8; PROCESSES],
    /// How many of its values the feeder of each has handed over.
    fed: [u8; PROCESSES],
    /// Locks that are held, by their bits.
    held: u32,
    /// Who waits at the barrier, by their bits.
    waiting: u32,
    /// What main has got and not printed yet.
    got: Option<u8>,
    pipe: Vec<u8>,
    output: Vec<u8>,
}

/// Who makes the next step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    Main,
    Process(u8),
    Feeder(u8),
}

/// What stateright found.
pub(crate) struct Found {
    pub(crate) states: u64,
    pub(crate) edges: u64,
    pub(crate) is_bounded: bool,
    /// Where the output is in the state.
    pub(crate) outcomes: Option<u64>,
}

impl Model {
    /// Explores it in one thread, depth first as the specification does.
    ///
    /// # Errors
    /// Where it comes to a state that nothing leads out of before main has ended: it is wrong.
    pub(crate) fn explore(mut self, has_output: bool, states_max: u64) -> Outcome<Found> {
        if self.processes.len() > PROCESSES {
            return Err("the model has too few places: `PROCESSES` says how many".into());
        }
        self.has_output = has_output;
        self.states_max = states_max;
        let checker = self.checker().threads(1).spawn_dfs().join();
        let model = checker.model();
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        if count(&model.stuck) > 0 {
            return Err("the model gets stuck".into());
        }
        Ok(Found {
            states: checker.unique_state_count() as u64,
            edges: checker.state_count() as u64 - 1,
            is_bounded: count(&model.visited) > states_max,
            outcomes: has_output.then(|| count(&model.ended)),
        })
    }

    /// Comes by once for each state; false ends the search.
    fn visit(&self, state: &State) -> bool {
        if state.main == self.end() {
            self.ended.fetch_add(1, Ordering::Relaxed);
        }
        self.visited.fetch_add(1, Ordering::Relaxed) < self.states_max
    }

    /// How many processes there are.
    fn count(&self) -> u8 {
        self.processes.len() as u8
    }

    /// Main's steps: starts, a get and a print for each value, joins.
    fn end(&self) -> u8 {
        2 * self.count() + 2 * self.gets
    }

    /// What main waits for: a start for nothing, a get for a value, a join for a process's end.
    fn can_main_move(&self, state: &State) -> bool {
        let first_join = self.count() + 2 * self.gets;
        if state.main >= first_join {
            return state.main < self.end() && self.has_ended(state, state.main - first_join);
        }
        state.main < self.count() || state.got.is_some() || !state.pipe.is_empty()
    }

    /// A process ends with its last access and when its feeder has nothing left.
    fn has_ended(&self, state: &State, process: u8) -> bool {
        let index = usize::from(process);
        usize::from(state.done[index]) == self.processes[index].len()
            && !self.can_feeder_move(state, process)
    }

    fn can_process_move(&self, state: &State, process: u8) -> bool {
        let index = usize::from(process);
        match self.processes[index].get(usize::from(state.done[index])) {
            None => false,
            Some(Access::Acquire(lock)) => state.held & (1 << lock) == 0,
            Some(Access::Meet) => state.waiting & (1 << process) == 0,
            Some(_) => true,
        }
    }

    /// Processes that put do nothing else, so that each access is a value.
    fn can_feeder_move(&self, state: &State, process: u8) -> bool {
        let index = usize::from(process);
        self.gets > 0 && state.fed[index] < state.done[index]
    }

    fn print(&self, state: &mut State, line: u8) {
        if self.has_output {
            state.output.push(line);
        }
    }

    fn move_main(&self, state: &mut State) {
        let is_amid = (self.count()..self.count() + 2 * self.gets).contains(&state.main);
        state.main += 1;
        if is_amid {
            match state.got.take() {
                Some(value) => self.print(state, value),
                None => state.got = Some(state.pipe.remove(0)),
            }
        }
    }

    fn move_process(&self, state: &mut State, process: u8) {
        let index = usize::from(process);
        match self.processes[index][usize::from(state.done[index])] {
            Access::Print(line) => self.print(state, line),
            Access::Acquire(lock) => state.held |= 1 << lock,
            Access::Release(lock) => state.held &= !(1 << lock),
            Access::Put(_) => {}
            Access::Meet => {
                state.waiting |= 1 << process;
                if state.waiting.count_ones() == u32::from(self.count()) {
                    state.waiting = 0;
                    let all = &mut state.done[..self.processes.len()];
                    all.iter_mut().for_each(|done| *done += 1);
                }
                return;
            }
        }
        state.done[index] += 1;
    }

    fn move_feeder(&self, state: &mut State, process: u8) {
        let index = usize::from(process);
        if let Access::Put(value) = self.processes[index][usize::from(state.fed[index])] {
            state.pipe.push(value);
        }
        state.fed[index] += 1;
    }
}

impl stateright::Model for Model {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if self.can_main_move(state) {
            actions.push(Action::Main);
        }
        for process in 0..self.count().min(state.main) {
            if self.can_process_move(state, process) {
                actions.push(Action::Process(process));
            }
            if self.can_feeder_move(state, process) {
                actions.push(Action::Feeder(process));
            }
        }
        if actions.is_empty() && state.main < self.end() {
            self.stuck.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Main => self.move_main(&mut next),
            Action::Process(process) => self.move_process(&mut next, process),
            Action::Feeder(process) => self.move_feeder(&mut next, process),
        }
        Some(next)
    }

    /// One is needed, or stateright looks at nothing.
    fn properties(&self) -> Vec<Property<Model>> {
        vec![Property::always(
            "fewer states than the bound",
            Model::visit,
        )]
    }
}
