//! Results that come later: one, a list in order, or an iterator.

use std::collections::VecDeque;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{AsyncResultMethod, ResultIteratorMethod};

use super::{Access, Body, Choice, Context, Done, Fault, Id, Operation, Ready, Wait, phase};
use crate::state::compact::Renumber;
use crate::state::message;
use crate::state::{Cell, ObjectId, Parcel, Phase, State, Symbol, Val};

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
    pub(super) fn new(pool: &Val, count: usize, shape: &Shape) -> Job {
        let pool = match pool {
            Val::Object(pool) => *pool,
            _ => crate::state::NOBODY,
        };
        Job {
            pool,
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
            next: VecDeque::new(),
            expected: 0,
        }
    }

    pub(super) fn renumber(&mut self, renumber: &mut Renumber) {
        renumber.object(&mut self.pool);
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
    fn line_up(&mut self) {
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
    fn lost_chunk(&self) -> Option<usize> {
        let is_lost = |at: usize| self.chunks.get(at) == Some(&Some(Outcome::Lost));
        if self.is_ordered {
            let at = self.expected as usize;
            (self.next.is_empty() && is_lost(at)).then_some(at)
        } else {
            (0..self.chunks.len()).find(|at| is_lost(*at))
        }
    }

    /// Whether an iterator still gets a result, whatever becomes of those that are lost.
    fn goes_on(&self) -> bool {
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
    fn may_end(&self) -> bool {
        let is_error = |outcome: &Outcome| match outcome {
            Outcome::Error(..) => true,
            Outcome::Values(values) => values.first().is_some_and(Single::is_err),
            Outcome::Lost => false,
        };
        self.is_chunked && self.next.front().is_some_and(is_error)
    }

    /// An iterator gives nothing any more, whatever still comes.
    fn end(&mut self) {
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
    match context.body(job).clone() {
        Body::Job(Job {
            error: Some((kind, text)),
            ..
        }) => Val::Error(kind, text),
        Body::Job(job) => value(context, &job),
        _ => Val::None,
    }
}

fn value(context: &mut Context<'_>, job: &Job) -> Val {
    let process = context.process;
    let parcels = job.values();
    let mut values: Vec<Val> = parcels
        .iter()
        .map(|one| message::unpack(context.state, process, one))
        .collect();
    if job.is_map {
        return context.state.allocate(process, Cell::List(values));
    }
    values.pop().unwrap_or(Val::None)
}

/// Whether a job's result can be taken; one that was lost never comes, or is an error.
pub(super) fn wait(state: &State, job: &Job, wait: Wait) -> Ready {
    if job.is_ready {
        return Ready::NOW;
    }
    let ready = Ready::wait(false, wait);
    // The documentation does not say what becomes of the result: CPython never gives one.
    // The first way is that it never comes, so that only the time can be up.
    if job.is_lost || is_over(state, job) {
        return Ready { ways: 2, ..ready };
    }
    ready
}

/// Whether its pool was terminated.
fn is_over(state: &State, job: &Job) -> bool {
    match &state.objects[job.pool as usize].body {
        Body::Pool(pool) => pool.life == super::pool::Life::Terminated,
        _ => false,
    }
}

/// Whether an iterator has its next result; a second way is that it was lost.
pub(super) fn wait_for_next(state: &State, job: &Job, wait: Wait) -> Ready {
    let has_next = !job.next.is_empty() || job.left == 0;
    let ready = Ready::wait(has_next, wait);
    let is_lost = job.lost_chunk().is_some() || (!has_next && is_over(state, job));
    let ends = u8::from(job.may_end());
    let ways = match is_lost {
        false => ready.ways,
        // It waits for another meanwhile, so that the one way is that it was lost.
        true if ready.ways == 0 && job.goes_on() => 1,
        true => 2,
    };
    Ready {
        ways: ways + ends,
        ..ready
    }
}

pub(super) fn ready(
    state: &State,
    this: &Job,
    method: AsyncResultMethod,
    access: &Access,
) -> Ready {
    match method {
        AsyncResultMethod::Get | AsyncResultMethod::Wait => wait(state, this, access.timeout(0)),
        AsyncResultMethod::Ready | AsyncResultMethod::Successful => wait(state, this, Wait::Never),
    }
}

pub(super) fn ready_for_next(
    state: &State,
    this: &Job,
    method: ResultIteratorMethod,
    access: &Access,
) -> Ready {
    match method {
        ResultIteratorMethod::Next => wait_for_next(state, this, access.timeout(0)),
    }
}

pub(super) fn call(
    id: Id<Job>,
    context: &mut Context<'_>,
    method: AsyncResultMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    let text = context.machine.code.names.intern(LOST);
    let job = context.get(id);
    if !job.is_ready && choice == Choice::Way(1) {
        job.fail(ErrorKind::WorkerLost, text);
    }
    let is_waited_for = choice != Choice::Expire && access.timeout(0) != Wait::Never;
    let result = match method {
        AsyncResultMethod::Get if !job.is_ready && !is_waited_for => {
            return context.raise(ErrorKind::Timeout, "");
        }
        AsyncResultMethod::Get => take(id, context, choice)?,
        AsyncResultMethod::Wait if !job.is_ready && is_waited_for => return Err(Fault::Stuck),
        AsyncResultMethod::Wait => Val::None,
        AsyncResultMethod::Ready => Val::Bool(job.is_ready),
        AsyncResultMethod::Successful if !job.is_ready => {
            return context.raise(ErrorKind::Usage, "the result is not there yet");
        }
        AsyncResultMethod::Successful => Val::Bool(job.error.is_none()),
    };
    Ok(Done::Value(result))
}

pub(super) fn call_iterator(
    id: Id<Job>,
    context: &mut Context<'_>,
    method: ResultIteratorMethod,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match method {
        ResultIteratorMethod::Next => match next(id, context, access.timeout(0), choice)? {
            Some(value) => Ok(Done::Value(value)),
            None => context.raise(ErrorKind::Empty, ""),
        },
    }
}

/// Takes what a loop, or a list of it, takes.
pub(super) fn read(
    id: Id<Job>,
    context: &mut Context<'_>,
    access: &Access,
    choice: Choice,
) -> Result<Done, Fault> {
    match access.operation {
        Operation::Next => {
            let value = next(id, context, Wait::Forever, choice)?;
            Ok(Done::Value(value.unwrap_or(Val::Unset)))
        }
        Operation::Copy => gather(id, context, choice),
        _ => context.model(format!(
            "a result has no access `{}`",
            access.shown(context)
        )),
    }
}

/// The next result; nothing where there are no more.
fn next(
    id: Id<Job>,
    context: &mut Context<'_>,
    wait: Wait,
    choice: Choice,
) -> Result<Option<Val>, Fault> {
    let job = context.get(id);
    if choice == Choice::Expire {
        return context.raise(ErrorKind::Timeout, "");
    }
    let is_over = job.left == 0;
    let is_never = wait == Wait::Never;
    let waits = !is_over && !is_never && job.next.is_empty();
    let ending = if job.lost_chunk().is_some() { 2 } else { 1 };
    let ends = job.may_end() && choice == Choice::Way(ending);
    if !ends && (choice == Choice::Way(1) || (waits && job.goes_on())) {
        if let Some(lost) = job.lost_chunk() {
            job.chunks[lost] = None;
            job.left -= 1;
            job.expected += 1;
            job.line_up();
        }
        return context.raise(ErrorKind::WorkerLost, LOST);
    }
    let next = job.next.pop_front();
    if ends {
        job.end();
    }
    match next {
        Some(Outcome::Values(values)) => match values.first() {
            Some(Ok(value)) => {
                let value = message::unpack(context.state, context.process, value);
                Ok(Some(value))
            }
            Some(Err((kind, text))) => Err(Fault::Raise(*kind, *text)),
            None => Ok(Some(Val::None)),
        },
        Some(Outcome::Error(kind, text)) => Err(Fault::Raise(kind, text)),
        Some(Outcome::Lost) => context.raise(ErrorKind::WorkerLost, LOST),
        None if is_over => Ok(None),
        None if is_never => context.raise(ErrorKind::Timeout, ""),
        None => Err(Fault::Stuck),
    }
}

/// Takes one result after the other into a list that lies on top of the operands meanwhile.
fn gather(id: Id<Job>, context: &mut Context<'_>, choice: Choice) -> Result<Done, Fault> {
    let process = context.process;
    if *phase(context.state, process) == Phase::Begin {
        let list = context.state.allocate(process, Cell::List(Vec::new()));
        let frame = context.state.frame_mut(process);
        frame.stack.push(list);
        frame.phase = Phase::At(0);
    }
    let next = next(id, context, Wait::Forever, choice)?;
    let Some(Val::Ref(list)) = context.state.frame_mut(process).stack.last().cloned() else {
        return context.model("the list of an iterator is lost");
    };
    let Some(value) = next else {
        context.state.frame_mut(process).stack.pop();
        return Ok(Done::Value(Val::Ref(list)));
    };
    if let Cell::List(items) = &mut context.state.space_mut(process).cells[list as usize] {
        items.push(value);
    }
    Ok(Done::Stay)
}

/// The result itself, or the error that the task raised.
pub(super) fn take(id: Id<Job>, context: &mut Context<'_>, choice: Choice) -> Result<Val, Fault> {
    let job = context.get(id).clone();
    if !job.is_ready {
        if choice == Choice::Way(1) {
            return context.raise(ErrorKind::WorkerLost, LOST);
        }
        return Err(Fault::Stuck);
    }
    match job.error {
        Some((kind, text)) => Err(Fault::Raise(kind, text)),
        None => Ok(value(context, &job)),
    }
}
