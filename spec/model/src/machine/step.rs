//! Steps: who can move, in which ways, and what a move changes.

use poolproof_case::print;

use super::decode::{Pending, decode};
use super::signals::{receive, signal_to};
use super::undefined::undefined;
use super::{Machine, finish, plain, run, unwind, worker};
use crate::compile::Instruction;
use crate::error::ModelError;
use crate::objects::{
    self, Body, Choice, Context, Done, Fault, Ready, Wait, connection, lock, pool, queue,
};
use crate::state::part::Part;
use crate::state::{ObjectId, Phase, Process, ProcessId, Role, Signal, SpaceId, State, Val, Work};

/// Who moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    Process(ProcessId),
    /// The feeder of a queue at this place.
    Feeder(ObjectId, usize),
    /// An end of a pipe that nothing in its process refers to.
    Lost(SpaceId, usize),
    /// The thread of a pool that forks a worker in place of one that ended.
    Replacement(ObjectId),
}

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Way(u8),
    Expire,
    /// A signal arrives.
    Signal,
}

/// What an actor can do now.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    pub(crate) actor: Actor,
    /// What a process rests at.
    pub(crate) pending: Option<Pending>,
    pub(crate) ready: Ready,
    pub(crate) has_signal: bool,
}

/// What a step has done.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The line that it writes.
    pub(crate) line: Option<u32>,
    /// Whether it uses what is broken: nothing is known of what follows.
    pub(crate) is_undefined: bool,
}

impl Moves {
    /// Its steps where something moves: neither a late expiry nor a settling.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        if !matches!(self.pending, Some(Pending::Settle)) {
            steps.extend((0..self.ready.ways).map(Step::Way));
        }
        if self.ready.expiry == Some(Wait::Soon) {
            steps.push(Step::Expire);
        }
        if self.has_signal {
            steps.push(Step::Signal);
        }
        steps
    }

    pub(crate) fn is_enabled(&self) -> bool {
        let ways = if matches!(self.pending, Some(Pending::Settle)) {
            0
        } else {
            self.ready.ways
        };
        ways > 0 || self.ready.expiry == Some(Wait::Soon) || self.has_signal
    }
}

impl Machine {
    /// All actors, and what each can do.
    pub(crate) fn moves(&self, state: &State) -> Result<Vec<Moves>, ModelError> {
        let mut all = Vec::with_capacity(state.processes.len());
        for process in 0..state.processes.len() as ProcessId {
            all.push(self.process_moves(state, process)?);
        }
        for (id, object) in state.objects.iter().enumerate() {
            let id = id as ObjectId;
            match &object.body {
                Body::Queue(queue) => {
                    for (at, feeder) in queue.feeders.iter().enumerate() {
                        if !feeder.buffer.is_empty() {
                            let ways = queue::feeder_ways(self, queue, feeder);
                            all.push(inner(Actor::Feeder(id, at), ways));
                        }
                    }
                }
                Body::Pool(this) if this.missing > 0 => {
                    let ways = u8::from(pool::needs_worker(state, this));
                    all.push(inner(Actor::Replacement(id), ways));
                }
                _ => {}
            }
        }
        for (space, memory) in state.spaces.iter().enumerate() {
            for (at, end) in memory.lost_ends.iter().enumerate() {
                // Equal ends are closed in one order, and none where nobody can notice.
                let is_first = at == 0 || memory.lost_ends[at - 1] != *end;
                if is_first && !connection::is_held(state, end.pipe, end.side) {
                    all.push(inner(Actor::Lost(space as SpaceId, at), 2));
                }
            }
        }
        Ok(all)
    }

    fn process_moves(&self, state: &State, process: ProcessId) -> Result<Moves, ModelError> {
        let own = &state.processes[process as usize];
        let mut moves = inner(Actor::Process(process), 0);
        if self.has_twin(state, process) {
            return Ok(moves);
        }
        moves.has_signal = match own.signal {
            Some(Signal::Terminate) => !own.is_stopped,
            Some(Signal::Kill | Signal::Stop) => true,
            Some(Signal::Continue) | None => false,
        };
        if own.is_stopped || own.is_signal_due {
            // A wait of several steps is not over with the one that was under way.
            let waits = own
                .frames
                .last()
                .is_some_and(|one| one.phase != Phase::Begin);
            if moves.has_signal && (waits || (own.is_stopped && !own.is_signal_due)) {
                moves.pending = self.pending(state, process)?;
            }
            return Ok(moves);
        }
        if own.ending.is_some() {
            moves.ready = Ready::ways(finish::ways(self, state, process).into());
            return Ok(moves);
        }
        if own.frames.is_empty() {
            let ways = match own.role {
                Role::Handler { .. } => worker::handler_ways(state, process),
                _ => worker::worker_ways(state, process),
            };
            moves.ready = Ready::ways(ways.into());
            return Ok(moves);
        }
        let pending = self.pending(state, process)?;
        moves.ready = match &pending {
            Some(Pending::Object(access)) => objects::ready(self, state, process, access),
            _ => Ready::NOW,
        };
        moves.pending = pending;
        Ok(moves)
    }

    /// What a process rests at.
    fn pending(&self, state: &State, process: ProcessId) -> Result<Option<Pending>, ModelError> {
        match decode(self, state, process) {
            Ok(pending) => Ok(pending),
            Err(Fault::Model(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Whether an earlier worker of the same pool is just the same: only one of them moves.
    ///
    /// A program that asks for its children could tell one worker from another, and so could a lock
    /// that one of them holds.
    fn has_twin(&self, state: &State, process: ProcessId) -> bool {
        let own = &state.processes[process as usize];
        let Role::Worker { work, .. } = &own.role else {
            return false;
        };
        if self.code.names_workers || matches!(work, Work::Task(_)) || !own.frames.is_empty() {
            return false;
        }
        let is_twin = |other: &Part<Process>| {
            other.role == own.role
                && other.signal == own.signal
                && other.is_signal_due == own.is_signal_due
                && other.is_stopped == own.is_stopped
                && other.ending == own.ending
                && other.parent == own.parent
                && !other.is_gone
                && other.frames.is_empty()
                && (other.space == own.space
                    || state.spaces[other.space as usize] == state.spaces[own.space as usize])
        };
        let before = &state.processes[..process as usize];
        let Some(twin) = before.iter().position(is_twin) else {
            return false;
        };
        let holds = |one: ProcessId| lock::held_by(state, one).next().is_some();
        !holds(process) && !holds(twin as ProcessId)
    }

    /// Makes a step.
    pub(crate) fn apply(
        &self,
        state: &mut State,
        moves: &Moves,
        step: Step,
    ) -> Result<Applied, ModelError> {
        let found = undefined(self, state, moves).filter(|_| step != Step::Signal);
        let is_undefined = found.is_some();
        if let Some(what) = found {
            self.undefined.borrow_mut().insert(what);
            return Ok(Applied {
                line: None,
                is_undefined,
            });
        }
        let is_late = step == Step::Expire && moves.ready.expiry == Some(Wait::Late);
        if is_late || matches!(moves.pending, Some(Pending::Settle)) {
            queue::settle(state);
        }
        let line = match moves.actor {
            Actor::Process(process) => self.apply_process(state, process, moves, step)?,
            Actor::Feeder(id, at) => {
                if let (Body::Queue(queue), Step::Way(way)) =
                    (&mut state.objects[id as usize].body, step)
                {
                    queue::feed(self, queue, at, way);
                }
                None
            }
            Actor::Lost(space, at) => {
                let memory = &mut state.spaces[space as usize];
                let end = memory.lost_ends.remove(at);
                if step == Step::Way(1) {
                    memory.kept_ends.push(end);
                }
                None
            }
            Actor::Replacement(id) => {
                let mut context = self.context(state, 0);
                let replaced = pool::replace_worker(&mut context, id);
                replaced.map_err(|fault| run::explain(&context, fault))?;
                None
            }
        };
        run::advance_all(self, state)?;
        state.compact(&mut self.renumber.borrow_mut());
        Ok(Applied { line, is_undefined })
    }

    fn apply_process(
        &self,
        state: &mut State,
        process: ProcessId,
        moves: &Moves,
        step: Step,
    ) -> Result<Option<u32>, ModelError> {
        if step != Step::Signal && moves.has_signal {
            state.processes[process as usize].is_signal_due = true;
        }
        let mut context = self.context(state, process);
        let mut line = None;
        let result = match (&moves.pending, step) {
            (pending, Step::Signal) => receive(&mut context, pending.as_ref()),
            (Some(pending), step) => perform(&mut context, pending, step, &mut line),
            (None, Step::Way(way)) => go_on(&mut context, way),
            (None, Step::Expire) => Ok(()),
        };
        match result {
            Ok(()) => {}
            Err(Fault::Stuck) => context.state.frame_mut(process).phase = Phase::Stuck,
            Err(fault) => run::fail(&mut context, fault)?,
        }
        Ok(line)
    }
}

fn inner(actor: Actor, ways: u8) -> Moves {
    Moves {
        actor,
        pending: None,
        ready: Ready::ways(ways.into()),
        has_signal: false,
    }
}

/// A process without a call makes its next step.
fn go_on(context: &mut Context<'_>, way: u8) -> Result<(), Fault> {
    let own = &context.state.processes[context.process as usize];
    if own.ending.is_some() {
        return finish::step(context, way);
    }
    match own.role {
        Role::Handler { .. } => worker::handler_step(context, way),
        _ => worker::worker_step(context, way),
    }
}

fn perform(
    context: &mut Context<'_>,
    pending: &Pending,
    step: Step,
    line: &mut Option<u32>,
) -> Result<(), Fault> {
    let process = context.process;
    let choice = match step {
        Step::Way(way) => Choice::Way(way),
        _ => Choice::Expire,
    };
    match pending {
        Pending::Object(access) => {
            context.place = access.place;
            match objects::perform(context, access, choice)? {
                Done::Value(value) => unwind::complete(context, value),
                Done::Stay => Ok(()),
            }
        }
        Pending::Print => {
            *line = Some(print(context)?);
            unwind::complete(context, Val::None)
        }
        Pending::Signal(signal) => {
            signal_to(context, *signal)?;
            unwind::complete(context, Val::None)
        }
        Pending::Settle => unwind::complete(context, Val::None),
        Pending::Global(global) => {
            let frame = context.state.frame_mut(process);
            let function = &context.machine.code.functions[usize::from(frame.function)];
            let is_store = matches!(
                function.instructions[frame.pc as usize],
                Instruction::StoreGlobal(_)
            );
            let top = frame.stack.last().cloned();
            let global = usize::from(*global);
            let value = match (is_store, top) {
                (true, Some(value)) => {
                    context.state.space_mut(process).globals[global] = value;
                    Val::None
                }
                _ => context.state.space(process).globals[global].clone(),
            };
            unwind::complete(context, value)
        }
    }
}

/// The line that a process writes.
fn print(context: &mut Context<'_>) -> Result<u32, Fault> {
    let frame = context
        .state
        .frame(context.process)
        .expect("who prints has a frame");
    let function = &context.machine.code.functions[usize::from(frame.function)];
    context.place = function.places[frame.pc as usize];
    let Instruction::Print(count) = function.instructions[frame.pc as usize] else {
        return context.model("this is no print");
    };
    let values = &frame.stack[frame.stack.len() - usize::from(count)..];
    let mut plain = Vec::with_capacity(values.len());
    for value in values {
        if matches!(value, Val::Opaque(_)) {
            return context.model("a pid, default name, address or key is never printed");
        }
        plain.push(plain::to_plain(context, value)?);
    }
    Ok(context.machine.line(print::line(&plain)))
}
