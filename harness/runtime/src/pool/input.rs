//! What an iterator gives, asked for in a thread of its own: it may wait for what results bring about.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::vec::IntoIter;

use super::codec::encode;
use super::job::wait_until;
use super::office::Office;
use super::parts;
use super::source::{Next, Source};
use crate::error::{Error, Result};
use crate::fork_gate;
use crate::locked::lock;
use crate::transfer::Message;

/// Items that may wait between the iterator and the feed, unless a chunk is more.
const WAITING_MAX: usize = 256;

/// Chunks of what an iterator has given.
pub(super) struct Pulled<A> {
    input: Arc<Input<A>>,
    /// Taken from there, and not given yet.
    taken: VecDeque<A>,
    chunk: usize,
    for_whom: Arc<dyn Asker>,
}

/// Who asks for the items.
pub(super) trait Asker: Send + Sync {
    /// Why nothing is to be taken now.
    fn pause(&self) -> Option<Next>;
    /// One more task has so many items.
    fn count(&self, items: usize);
}

/// Where the iterator's thread puts items, and the feed finds them.
struct Input<A> {
    state: Mutex<State<A>>,
    changed: Condvar,
    most: usize,
}

struct State<A> {
    items: VecDeque<A>,
    end: Option<End>,
    /// How many of them the feed has found too few for a chunk.
    missing: usize,
    /// Whether nobody takes any more.
    is_left: bool,
}

/// How an iterator ended.
enum End {
    Done,
    Panicked(Box<dyn Any + Send>),
}

impl<A: Message> Pulled<A> {
    /// Of a list, all is there at once. Any other iterator is asked by a thread of its own, which
    /// has the office look at what it gives where that is waited for.
    pub(super) fn start(
        items: impl Iterator<Item = A> + Send + 'static,
        chunk: usize,
        for_whom: Arc<dyn Asker>,
        office: &Arc<Office>,
    ) -> Result<Pulled<A>> {
        let mut items = Some(items);
        let list = (&mut items as &mut dyn Any).downcast_mut::<Option<IntoIter<A>>>();
        let list = list.and_then(Option::take);
        let state = State {
            items: VecDeque::new(),
            end: list.is_some().then_some(End::Done),
            missing: 0,
            is_left: false,
        };
        let input = Arc::new(Input {
            state: Mutex::new(state),
            changed: Condvar::new(),
            most: chunk.max(WAITING_MAX),
        });
        if let Some(items) = items {
            // No thread keeps a pool that all others have let go of.
            let office = Arc::downgrade(office);
            let input = Arc::clone(&input);
            let started = fork_gate::spawn("pool input", move || ask(items, &input, &office));
            let subject = "start the thread that asks for a pool's items";
            started.map_err(|error| Error::system(subject, error))?;
        }
        Ok(Pulled {
            input,
            taken: list.map(Vec::from_iter).unwrap_or_default().into(),
            chunk,
            for_whom,
        })
    }
}

/// Asks for one item after the other, until there is none or nobody wants it.
fn ask<A>(mut items: impl Iterator<Item = A>, input: &Input<A>, office: &Weak<Office>) {
    while input.wait_for_room() && fork_gate::asking(|| ask_while_room(&mut items, input, office)) {
    }
    // It may be the last to hold whatever the program has put into it.
    fork_gate::asking(|| drop(items));
}

/// Asks until there is no room or a fork waits; false where there is no more.
fn ask_while_room<A>(
    items: &mut impl Iterator<Item = A>,
    input: &Input<A>,
    office: &Weak<Office>,
) -> bool {
    loop {
        let next = catch_unwind(AssertUnwindSafe(|| items.next()));
        let is_last = !matches!(next, Ok(Some(_)));
        let told = input.put(next, is_last);
        // The feed would come by itself if it left something here, or when workers have done enough;
        // what fills the room goes at once, so that this thread need not sleep.
        if told.is_wanted
            && let Some(office) = office.upgrade()
            && (told.is_full || office.is_hungry())
        {
            office.pump();
        }
        if is_last || told.is_full || fork_gate::is_awaited() {
            return !is_last;
        }
    }
}

/// What is to be known of the feed with a new item.
struct Told {
    /// It has looked for what is there now.
    is_wanted: bool,
    /// There is no room for more, or nobody wants any.
    is_full: bool,
}

impl<A> Input<A> {
    /// Waits until another item has room; false where nobody wants one.
    fn wait_for_room(&self) -> bool {
        let has_room = |state: &State<A>| state.is_left || state.items.len() < self.most;
        let state = lock(&self.state);
        if has_room(&state) {
            return !state.is_left;
        }
        drop(state);
        wait_until(&self.state, &self.changed, None, has_room);
        !lock(&self.state).is_left
    }

    /// Takes what the iterator gave.
    fn put(&self, next: std::thread::Result<Option<A>>, is_last: bool) -> Told {
        let mut state = lock(&self.state);
        match next {
            Ok(Some(item)) => state.items.push_back(item),
            Ok(None) => state.end = Some(End::Done),
            Err(panic) => state.end = Some(End::Panicked(panic)),
        }
        Told {
            is_wanted: state.missing > 0 && (is_last || state.items.len() >= state.missing),
            is_full: state.is_left || state.items.len() >= self.most,
        }
    }

    /// Puts all that is there behind what was taken before, which is to be a chunk; what there is
    /// instead, where nothing comes of it.
    fn take(&self, taken: &mut VecDeque<A>, chunk: usize) -> Option<Next> {
        let mut state = lock(&self.state);
        let was_full = state.items.len() >= self.most;
        match taken.is_empty() {
            true => std::mem::swap(taken, &mut state.items),
            false => taken.append(&mut state.items),
        }
        let is_enough = match state.end {
            None => taken.len() >= chunk,
            Some(_) => !taken.is_empty(),
        };
        let end = match is_enough {
            true => None,
            false => state.end.take(),
        };
        match end {
            // A panic is told once.
            Some(_) => state.end = Some(End::Done),
            None => state.missing = chunk.saturating_sub(taken.len()),
        }
        drop(state);
        if was_full {
            self.changed.notify_all();
        }
        match end {
            None if is_enough => None,
            None => Some(Next::Later),
            Some(End::Done) => Some(Next::Done),
            Some(End::Panicked(panic)) => resume_unwind(panic),
        }
    }
}

impl<A: Message> Source for Pulled<A> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next {
        if let Some(pause) = self.for_whom.pause() {
            return pause;
        }
        if self.taken.len() < self.chunk
            && let Some(nothing) = self.input.take(&mut self.taken, self.chunk)
        {
            return nothing;
        }
        Next::Task(match self.taken.pop_front() {
            Some(item) if self.chunk == 1 => encode(&item, bytes),
            first => {
                let rest = self.taken.len().min(self.chunk - 1);
                let chunk = first.into_iter().chain(self.taken.drain(..rest));
                let chunk: Vec<A> = chunk.collect();
                self.for_whom.count(chunk.len());
                parts::encode_items(chunk, bytes)
            }
        })
    }
}

impl<A> Drop for Pulled<A> {
    fn drop(&mut self) {
        let mut state = lock(&self.input.state);
        state.is_left = true;
        let items = std::mem::take(&mut state.items);
        drop(state);
        self.input.changed.notify_all();
        drop(items);
    }
}
