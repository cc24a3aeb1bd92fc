//! Who waits, in order of arrival: a table in shared memory with a word for each to sleep on.
//!
//! A lock guards the table. A waiter that dies leaves a place that the others see is dead, so that
//! it neither blocks who wakes it nor takes a wake from another. What a wake means is for
//! conditions and barriers to say.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use super::patience::Patience;
use super::segment::Segment;
use crate::error::{Error, Kind, Result};
use poolproof_sys::atomic::AtomicU32;

const PLACES: u32 = 1024;
const PLACE_BYTES: usize = 16;
const HIGH_AT: usize = 0;
const TICKET_AT: usize = 4;
const PLACES_AT: usize = 16;
/// What the table takes in a body; untouched pages of it cost nothing.
pub(super) const BYTES: usize = PLACES_AT + PLACES as usize * PLACE_BYTES;

const OWNER: usize = 0;
const STATE: usize = 4;
const TICKET: usize = 8;

/// What a waiter's word says.
const WAITING: u32 = 1;

/// Why a waiter was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Signal {
    /// What it waited for has happened.
    Done = 2,
    /// It never will.
    Broken = 3,
}

/// The table at its place in a body.
#[derive(Clone, Copy)]
pub(super) struct Waiters<'s> {
    segment: &'s Segment,
    offset: usize,
}

impl<'s> Waiters<'s> {
    pub(super) fn new(segment: &'s Segment, offset: usize) -> Waiters<'s> {
        Waiters { segment, offset }
    }

    /// Takes a place at the end of the line. The caller holds the lock.
    pub(super) fn enter(self) -> Result<Waiter<'s>> {
        let owner = self.segment.owner()?;
        let place = self.free_place().ok_or_else(|| {
            let subject = format!("wait where {PLACES} wait already: use more than one object");
            Error::new(Kind::Usage, subject)
        })?;
        let ticket = self.at(TICKET_AT).fetch_add(1, Relaxed);
        self.field(place, TICKET).store(ticket, Relaxed);
        self.field(place, STATE).store(WAITING, Relaxed);
        self.field(place, OWNER).store(owner, Release);
        Ok(Waiter { line: self, place })
    }

    /// Wakes at most `count` of those who wait, oldest first, passing over the dead; says how
    /// many. The caller holds the lock.
    pub(super) fn wake(self, count: usize, signal: Signal) -> usize {
        let mut waiting = self.waiting();
        // Whoever is woken together with all others need not be looked at one by one.
        if count < waiting.len() {
            waiting.retain(|place| !self.drop_dead(*place));
            let first = self.at(TICKET_AT).load(Relaxed);
            waiting
                .sort_by_key(|place| self.field(*place, TICKET).load(Relaxed).wrapping_sub(first));
            waiting.truncate(count);
        }
        for place in &waiting {
            self.field(*place, STATE).store(signal as u32, SeqCst);
            let memory = self.segment.memory();
            let offset = self.segment.at(self.field_at(*place, STATE));
            memory.wait_word(offset).wake(1);
        }
        waiting.len()
    }

    /// Wakes all who wait. The caller holds the lock.
    pub(super) fn wake_all(self, signal: Signal) -> usize {
        self.wake(PLACES as usize, signal)
    }

    /// Whether someone died while waiting. The caller holds the lock.
    pub(super) fn has_dead(self) -> bool {
        let registry = self.segment.registry();
        let dead = |place: &u32| !registry.is_alive(self.field(*place, OWNER).load(Acquire));
        self.waiting().iter().any(dead)
    }

    fn waiting(self) -> Vec<u32> {
        let waits = |place: &u32| {
            self.field(*place, OWNER).load(Acquire) != 0
                && self.field(*place, STATE).load(Relaxed) == WAITING
        };
        (0..self.high()).filter(waits).collect()
    }

    fn free_place(self) -> Option<u32> {
        let high = self.high();
        let free = |place: &u32| self.field(*place, OWNER).load(Acquire) == 0;
        if let Some(place) = (0..high).find(free) {
            return Some(place);
        }
        if high < PLACES {
            self.at(HIGH_AT).store(high + 1, Relaxed);
            return Some(high);
        }
        (0..high).find(|place| self.drop_dead(*place))
    }

    /// Frees the place of a dead waiter; whether it was one.
    fn drop_dead(self, place: u32) -> bool {
        let owner = self.field(place, OWNER).load(Acquire);
        let dead = !self.segment.registry().is_alive(owner);
        if dead {
            self.field(place, OWNER).store(0, Release);
        }
        dead
    }

    /// One more than the highest place in use, lowered to what is in use still.
    fn high(self) -> u32 {
        let before = self.at(HIGH_AT).load(Relaxed).min(PLACES);
        let used = |place: &u32| self.field(*place, OWNER).load(Acquire) != 0;
        let high = (0..before).rev().find(used).map_or(0, |place| place + 1);
        if high != before {
            self.at(HIGH_AT).store(high, Relaxed);
        }
        high
    }

    fn at(self, offset: usize) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.offset + offset)
    }

    fn field_at(self, place: u32, field: usize) -> usize {
        self.offset + PLACES_AT + place as usize * PLACE_BYTES + field
    }

    fn field(self, place: u32, field: usize) -> &'s AtomicU32 {
        self.segment.atomic_u32(self.field_at(place, field))
    }
}

/// A place in the line; dropping it leaves.
pub(super) struct Waiter<'s> {
    line: Waiters<'s>,
    place: u32,
}

impl Waiter<'_> {
    /// Sleeps until woken or for one nap; none when the nap went by. The caller does not hold
    /// the lock.
    pub(super) fn nap(&self, patience: Patience) -> Option<Signal> {
        if let Some(signal) = self.signal() {
            return Some(signal);
        }
        let segment = self.line.segment;
        let offset = segment.at(self.line.field_at(self.place, STATE));
        patience.nap(segment.memory().wait_word(offset), WAITING);
        self.signal()
    }

    /// Why it was woken; none when it was not.
    pub(super) fn signal(&self) -> Option<Signal> {
        match self.line.field(self.place, STATE).load(SeqCst) {
            WAITING => None,
            state if state == Signal::Done as u32 => Some(Signal::Done),
            _ => Some(Signal::Broken),
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.line.field(self.place, OWNER).store(0, Release);
    }
}
