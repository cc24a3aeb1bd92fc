//! Where the tasks of a job come from: one argument, a list, or an iterator.

use std::vec::IntoIter;

use poolproof_sys::handle::Handle;

use super::buffer::keep_small;
use super::codec::{encode, encode_items};
use super::ring::INLINE;
use crate::error::Result;
use crate::transfer::Message;

/// Tasks of one job, in order.
pub(super) trait Source: Send {
    /// Appends the next task's arguments, encoded.
    fn next(&mut self, bytes: &mut Vec<u8>) -> Next;

    /// Stages the next tasks up to a number, as long as they are small; gives what comes in their
    /// way, whose bytes are then behind those of the last.
    fn stage(&mut self, tasks: &mut Small, most: usize) -> Option<Next> {
        while tasks.ends.len() < most {
            let next = self.next(&mut tasks.bytes);
            match &next {
                Next::Task(Ok(handles)) if handles.is_empty() && tasks.rest().len() <= INLINE => {
                    tasks.ends.push(tasks.bytes.len());
                }
                _ => return Some(next),
            }
        }
        None
    }
}

/// Small tasks, one behind the other.
#[derive(Default)]
pub(super) struct Small {
    pub(super) bytes: Vec<u8>,
    /// Where each ends.
    pub(super) ends: Vec<usize>,
}

impl Small {
    /// What is behind the last of them.
    #[inline]
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.ends.last().copied().unwrap_or_default()..]
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        keep_small(&mut self.bytes);
    }
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
