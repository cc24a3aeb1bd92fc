//! Results that come later: one, a list in order, or an iterator.
//!
//! How they are taken is `taking`'s business.

use std::collections::VecDeque;

use poolproof_case::ErrorKind;

use super::{Body, Context, Id};
use crate::state::message;
use crate::state::renumber::Renumber;
use crate::state::{Cell, NOBODY, ObjectId, Parcel, ProcessId, State, Symbol, Val};

/// What the error of a lost task says.
pub(crate) const LOST: &str = "the worker died";

/// What became of one call of a chunk.
pub(crate) type Single = Result<Parcel, (ErrorKind, Symbol)>;

/// What became of a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// Each call's, in order.
    Values(Vec<Single>),
    /// One error in place of all.
    Error(ErrorKind, Symbol),
    /// Its worker died.
    Lost,
}

impl Outcome {
    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        if let Outcome::Values(values) = self {
            let values = values.iter_mut().flatten();
            values.for_each(|value| renumber.parcel(value));
        }
    }
}

/// A submission's chunks and what has come of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    pub(crate) pool: ObjectId,
    /// Who made its pool, and has what `held` refers to.
    pub(crate) creator: ProcessId,
    pub(crate) is_map: bool,
    pub(crate) is_iterator: bool,
    pub(crate) is_ordered: bool,
    /// Whether a chunk may be of several calls.
    pub(crate) is_chunked: bool,
    pub(crate) is_ready: bool,
    /// Its worker died: the result never comes, or comes as an error.
    pub(crate) is_lost: bool,
    pub(crate) chunks: Vec<Option<Outcome>>,
    pub(crate) left: u32,
    /// The first error to arrive.
    pub(crate) error: Option<(ErrorKind, Symbol)>,
    pub(crate) callback: Option<u16>,
    pub(crate) error_callback: Option<u16>,
    /// What its callback raised.
    pub(crate) callback_error: Option<(ErrorKind, Symbol)>,
    /// The result as it was taken first: a container is the same one to all who take it.
    pub(crate) held: Val,
    /// An iterator's results in the order in which they come out.
    pub(crate) next: VecDeque<Outcome>,
    /// The chunk that an ordered iterator waits for.
    pub(crate) expected: u32,
}

/// How a submission wants its results.
pub(crate) struct Shape {
    pub(crate) is_map: bool,
    pub(crate) is_iterator: bool,
    pub(crate) is_ordered: bool,
    pub(crate) is_chunked: bool,
    pub(crate) callbacks: (Option<u16>, Option<u16>),
}

impl Job {
    pub(super) fn new((pool, creator): (ObjectId, ProcessId), count: usize, shape: &Shape) -> Job {
        Job {
            pool,
            creator,
            is_map: shape.is_map,
            is_iterator: shape.is_iterator,
            is_ordered: shape.is_ordered,
            is_chunked: shape.is_chunked,
            is_ready: count == 0,
            is_lost: false,
            chunks: vec![None; count],
            left: count as u32,
            error: None,
            callback: shape.callbacks.0,
            error_callback: shape.callbacks.1,
            callback_error: None,
            held: Val::Unset,
            next: VecDeque::new(),
            expected: 0,
        }
    }

    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        renumber.object(&mut self.pool);
        renumber.process(&mut self.creator);
        if self.creator == NOBODY {
            self.held = Val::Unset;
        }
        renumber.value(&mut self.held);
        let outcomes = self.chunks.iter_mut().flatten().chain(&mut self.next);
        outcomes.for_each(|outcome| outcome.renumber(renumber));
    }

    /// The callback to call before it becomes ready, and with which error.
    pub(crate) fn callback(&self) -> Option<u16> {
        if self.error.is_some() {
            self.error_callback
        } else {
            self.callback
        }
    }

    /// The chunks of an ordered iterator that have come in their turn are its next results.
    pub(super) fn line_up(&mut self) {
        let has_come = |chunk: &mut Outcome| *chunk != Outcome::Lost;
        while let Some(ready) = self
            .chunks
            .get_mut(self.expected as usize)
            .and_then(|chunk| chunk.take_if(has_come))
        {
            push(&mut self.next, ready);
            self.expected += 1;
        }
    }

    /// The lost chunk of an iterator whose turn it is.
    pub(super) fn lost_chunk(&self) -> Option<usize> {
        let is_lost = |at: usize| self.chunks.get(at) == Some(&Some(Outcome::Lost));
        if self.is_ordered {
            let at = self.expected as usize;
            (self.next.is_empty() && is_lost(at)).then_some(at)
        } else {
            (0..self.chunks.len()).find(|at| is_lost(*at))
        }
    }

    /// Whether an iterator still gets a result, whatever becomes of those that are lost.
    pub(super) fn goes_on(&self) -> bool {
        let is_lost = |chunk: &&Option<Outcome>| **chunk == Some(Outcome::Lost);
        let lost = self.chunks.iter().filter(is_lost).count();
        !self.is_ordered && self.left as usize > lost
    }

    /// An error becomes the result.
    pub(crate) fn fail(&mut self, kind: ErrorKind, text: Symbol) {
        self.error = Some((kind, text));
        self.chunks.iter_mut().for_each(|chunk| *chunk = None);
        self.is_ready = true;
    }

    /// The parcels of all chunks, in order.
    fn values(&self) -> Vec<Parcel> {
        let of = |chunk: &Option<Outcome>| match chunk {
            Some(Outcome::Values(values)) => values.clone(),
            _ => Vec::new(),
        };
        self.chunks.iter().flat_map(of).flatten().collect()
    }

    /// Whether the next result is an error of a chunk of several, after which an iterator may end.
    pub(super) fn may_end(&self) -> bool {
        let is_error = |outcome: &Outcome| match outcome {
            Outcome::Error(..) => true,
            Outcome::Values(values) => values.first().is_some_and(Single::is_err),
            Outcome::Lost => false,
        };
        self.is_chunked && self.next.front().is_some_and(is_error)
    }

    /// An iterator gives nothing any more, whatever still comes.
    pub(super) fn end(&mut self) {
        self.next.clear();
        self.chunks.clear();
        self.left = 0;
    }
}

/// Notes what became of a chunk; whether all chunks have come.
pub(crate) fn deliver(state: &mut State, job: ObjectId, index: u32, outcome: Outcome) -> bool {
    let Body::Job(job) = &mut state.objects[job as usize].body else {
        return false;
    };
    if outcome == Outcome::Lost {
        job.is_lost = true;
        if let Some(chunk) = job
            .chunks
            .get_mut(index as usize)
            .filter(|_| job.is_iterator)
        {
            *chunk = Some(Outcome::Lost);
        }
        return false;
    }
    if job.is_iterator && job.left == 0 {
        // It has ended before all had come.
        return false;
    }
    job.left = job.left.saturating_sub(1);
    if job.is_iterator {
        if !job.is_ordered {
            push(&mut job.next, outcome);
            return job.left == 0;
        }
        job.chunks[index as usize] = Some(outcome);
        job.line_up();
        return job.left == 0;
    }
    match outcome {
        Outcome::Error(kind, text) => job.error = job.error.or(Some((kind, text))),
        Outcome::Lost => {}
        Outcome::Values(values) => {
            let first = values.iter().find_map(|value| value.as_ref().err());
            job.error = job.error.or(first.copied());
            job.chunks[index as usize] = Some(Outcome::Values(values));
        }
    }
    if job.error.is_some() && job.left == 0 {
        // The values of a failed job are never seen.
        job.chunks.iter_mut().for_each(|chunk| *chunk = None);
    }
    job.left == 0
}

/// One by one: a chunk's values are so many results.
fn push(next: &mut VecDeque<Outcome>, outcome: Outcome) {
    match outcome {
        Outcome::Values(values) => {
            next.extend(values.into_iter().map(|value| Outcome::Values(vec![value])));
        }
        other => next.push_back(other),
    }
}

/// Makes a job ready once all its chunks have come.
pub(crate) fn settle(state: &mut State, job: ObjectId) {
    if let Body::Job(job) = &mut state.objects[job as usize].body {
        job.is_ready |= job.left == 0;
    }
}

/// What a job's callback is given.
pub(crate) fn callback_argument(context: &mut Context<'_>, job: ObjectId) -> Val {
    let Some(id) = context.state.id::<Job>(job) else {
        return Val::None;
    };
    match context.get(id).error {
        Some((kind, text)) => Val::Error(kind, text),
        None => value(context, id),
    }
}

/// What a job comes to, in the memory of the process that asks.
pub(super) fn value(context: &mut Context<'_>, id: Id<Job>) -> Val {
    let job = context.get(id);
    if job.held != Val::Unset {
        return job.held.clone();
    }
    let (parcels, is_map, creator) = (job.values(), job.is_map, job.creator);
    let process = context.process;
    let mut values: Vec<Val> = parcels
        .iter()
        .map(|one| message::unpack(context.state, process, one))
        .collect();
    let value = match is_map {
        true => context.state.allocate(process, Cell::List(values)),
        false => values.pop().unwrap_or(Val::None),
    };
    let space = |one: ProcessId| {
        context
            .state
            .processes
            .get(one as usize)
            .map(|one| one.space)
    };
    if matches!(value, Val::Ref(_) | Val::Tuple(_)) && space(creator) == space(process) {
        context.get(id).held = value.clone();
    }
    value
}
