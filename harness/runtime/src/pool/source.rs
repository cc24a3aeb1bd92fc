//! Where the tasks of a job come from: one argument, a list, or an iterator.

use std::vec::IntoIter;

use poolproof_sys::handle::Handle;

use super::codec::{encode, encode_items};
use crate::error::Result;
use crate::transfer::Message;

/// Tasks of one job, in order.
pub(super) trait Source: Send {
    /// Encodes the next task's arguments into empty bytes.
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next;
}

/// What a source has next.
pub(super) enum Next {
    /// A task, with the handles beside its bytes, or why it cannot be sent.
    Task(Result<Vec<Handle>>),
    /// Nothing before results are taken.
    Later,
    /// Nothing any more.
    Done,
}

/// One task.
pub(super) struct Once<A>(pub(super) Option<A>);

impl<A: Message> Source for Once<A> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next {
        match self.0.take() {
            Some(argument) => Next::Task(encode(&argument, bytes)),
            None => Next::Done,
        }
    }
}

/// Chunks of a list.
pub(super) struct Chunks<A> {
    pub(super) items: IntoIter<A>,
    pub(super) chunk: usize,
}

impl<A: Message> Source for Chunks<A> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next {
        if self.chunk == 1 {
            return match self.items.next() {
                Some(item) => Next::Task(encode(&item, bytes)),
                None => Next::Done,
            };
        }
        if self.items.len() == 0 {
            return Next::Done;
        }
        let encoded = encode_items(&self.items, self.chunk, bytes);
        self.items.by_ref().take(self.chunk).for_each(drop);
        Next::Task(encoded)
    }
}

/// Chunks of what an iterator gives, asked only while few results wait to be taken.
pub(super) struct Pulled<I> {
    pub(super) items: I,
    pub(super) chunk: usize,
    pub(super) has_room: Box<dyn Fn() -> bool + Send>,
}

impl<A: Message, I: Iterator<Item = A> + Send> Source for Pulled<I> {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next {
        if !(self.has_room)() {
            return Next::Later;
        }
        let chunk: Vec<A> = self.items.by_ref().take(self.chunk).collect();
        match chunk.as_slice() {
            [] => Next::Done,
            [item] if self.chunk == 1 => Next::Task(encode(item, bytes)),
            _ => Next::Task(encode(&chunk, bytes)),
        }
    }
}
