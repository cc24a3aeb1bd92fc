//! Ample sets: which of the enabled actors are enough to try.
//!
//! A set of actors is closed when no actor outside can come to touch what a step inside touches,
//! in a way that does not commute, before an actor inside has moved (Godefroid, LNCS 1032: a
//! persistent set; Clarke, Grumberg, Peled, chapter 10: conditions C0 to C2; the graph has no
//! cycle, so that C3 is vacuous). Writing a line conflicts with writing a line, so that no order
//! of lines is lost.

pub(crate) mod future;
mod mode;
mod reach;
mod touch;

use smallvec::SmallVec;

use crate::machine::Machine;
use crate::machine::step::{Actor, Moves};
use crate::machine::undefined::is_undefined;
use crate::objects::{Body, Object};
use crate::state::part::Part;
use crate::state::{NOBODY, State};
use mode::Modes;
use poolproof_case::StartMethod;
use reach::{Reach, reach};
use touch::{Touch, touches};

/// The places of actors whose steps are enough to try here.
pub(crate) fn ample(
    machine: &Machine,
    state: &State,
    moves: &[Moves],
    enabled: &[usize],
) -> Vec<usize> {
    // A step that leads to what is undefined leads nowhere else.
    let is_broken = |object: &Part<Object>| object.is_broken;
    let leads_nowhere = |at: &usize| is_undefined(machine, state, &moves[*at]);
    if enabled.len() == 1
        || (machine.code.breaks_objects && state.objects.iter().any(is_broken))
        || enabled.iter().any(leads_nowhere)
    {
        return enabled.to_vec();
    }
    let closure = Closure {
        is_threads: machine.method == StartMethod::Threads,
        state,
        moves,
        reach: moves.iter().map(|one| reach(machine, state, one)).collect(),
        touched: moves
            .iter()
            .map(|one| touched(machine, state, one))
            .collect(),
    };
    let mut best = enabled.to_vec();
    for start in enabled {
        let inside = closure.of(*start, best.len());
        let chosen: Vec<usize> = enabled.iter().copied().filter(|at| inside[*at]).collect();
        if chosen.len() < best.len() {
            best = chosen;
        }
        if best.len() == 1 {
            break;
        }
    }
    best
}

struct Closure<'a> {
    is_threads: bool,
    state: &'a State,
    moves: &'a [Moves],
    reach: Vec<Reach>,
    touched: Vec<SmallVec<[Touched; 4]>>,
}

/// An object that a step touches.
struct Touched {
    /// `NOBODY` is the output.
    object: u32,
    /// The modes that do not commute with this.
    against: Modes,
    /// The modes that may let it go on.
    enabling: Modes,
}

fn touched(machine: &Machine, state: &State, moves: &Moves) -> SmallVec<[Touched; 4]> {
    let of = |(object, modes): Touch| {
        // A signal can let anyone go on.
        let signals = if modes & mode::RUN == 0 {
            0
        } else {
            mode::SIGNAL
        };
        Touched {
            object,
            against: mode::conflicts(refine(machine, state, object, modes)),
            enabling: mode::enablers(modes) | signals,
        }
    };
    touches(machine, state, moves).into_iter().map(of).collect()
}

/// Modes on which more is known of this object.
fn refine(machine: &Machine, state: &State, object: u32, modes: Modes) -> Modes {
    let is_put = modes & mode::PUT != 0;
    let queue = match state
        .objects
        .get(object as usize)
        .map(|object| &object.body)
    {
        Some(Body::Queue(queue)) if is_put => queue,
        _ => return modes,
    };
    // With a feeder of its own, which threads share, and no limit nobody notices when a process puts.
    let has_feeder = queue.has_feeder() && machine.method != StartMethod::Threads;
    if !has_feeder || queue.limit > 0 || machine.is_large.get() {
        modes | mode::TRY_PUT
    } else {
        modes
    }
}

impl Closure<'_> {
    /// The smallest closed set with this actor, given up where it is no better than the best.
    fn of(&self, start: usize, best: usize) -> Vec<bool> {
        let mut inside = vec![false; self.moves.len()];
        let mut waiting = vec![start];
        let mut enabled_inside = 0;
        inside[start] = true;
        while let Some(at) = waiting.pop() {
            let is_enabled = self.moves[at].is_enabled();
            enabled_inside += usize::from(is_enabled);
            if enabled_inside >= best {
                return vec![true; self.moves.len()];
            }
            for (other, is_inside) in inside.iter_mut().enumerate() {
                if *is_inside || other == at {
                    continue;
                }
                *is_inside = (is_enabled && self.conflicts(at, other))
                    || (self.waits(at) && self.enables(other, at));
                if *is_inside {
                    waiting.push(other);
                }
            }
        }
        inside
    }

    /// Whether some step of an actor is not possible now but may become so.
    fn waits(&self, at: usize) -> bool {
        let moves = &self.moves[at];
        moves.ready.ways == 0
    }

    /// Whether another actor may come to touch what this one touches, in a way that matters.
    fn conflicts(&self, at: usize, other: usize) -> bool {
        let shares = self.shares_memory(at, other);
        let mut touched = self.touched[at].iter();
        touched.any(|one| {
            let against = if shares && self.has_parts_of_a_process(one.object) {
                !0
            } else {
                one.against
            };
            self.can(at, other, one.object, against)
        })
    }

    /// Whether two actors are one process: main and the thread that calls its callbacks.
    fn shares_memory(&self, at: usize, other: usize) -> bool {
        let is_process = |one: usize| matches!(self.moves[one].actor, Actor::Process(_));
        !self.is_threads
            && is_process(at)
            && is_process(other)
            && self.reach[at].space == self.reach[other].space
    }

    /// Whether each process has a part of an object to itself: a feeder, or ends that it closes.
    ///
    /// What two processes do there commutes more often than what one process does twice.
    fn has_parts_of_a_process(&self, object: u32) -> bool {
        let object = self.state.objects.get(object as usize);
        matches!(
            object.map(|object| &object.body),
            Some(Body::Queue(_) | Body::Pipe(_))
        )
    }

    /// Whether another actor may come to let this one go on.
    fn enables(&self, other: usize, at: usize) -> bool {
        if self.moves[at].pending.is_none() && self.touched[at].len() <= 1 {
            // Nothing is known of what it waits for.
            return true;
        }
        let mut touched = self.touched[at].iter();
        touched.any(|one| self.can(at, other, one.object, one.enabling))
    }

    /// Whether another actor may come to touch the object in one of these modes.
    fn can(&self, at: usize, other: usize, object: u32, modes: Modes) -> bool {
        let reach = &self.reach[other];
        if object == NOBODY {
            return reach.modes & modes & mode::PRINT != 0;
        }
        if !reach.objects.contains(object) {
            return false;
        }
        let mut may = touch::filter(self.state, object, reach.modes);
        if reach.own != object {
            // Only a process itself ends and moves.
            may &= !(mode::END | mode::RUN);
        }
        let is_own_feeder = matches!(self.moves[at].actor, Actor::Feeder(..))
            && self.reach[at].space == reach.space
            && matches!(self.moves[other].actor, Actor::Process(_));
        if is_own_feeder {
            may &= !mode::FEED;
        }
        may & modes != 0
    }
}
