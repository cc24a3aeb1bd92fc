//! What processes have put and not written, since the ring was full: counted for each, so that
//! what the dead never wrote counts no longer.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use super::{Ring, SLOTS_AT};
use crate::error::Result;
use poolproof_sys::atomic::AtomicU32;

impl Ring {
    /// Counts a value that this process has put and not written. The caller holds the putters'
    /// lock.
    pub(super) fn pend(&self) -> Result<()> {
        self.of_slot(self.segment.slot()?).fetch_add(1, SeqCst);
        self.pending().fetch_add(1, SeqCst);
        Ok(())
    }

    /// Takes back so many values of this process. The caller holds the putters' lock.
    pub(in crate::queue) fn unpend(&self, count: u32) {
        let Ok(slot) = self.segment.slot() else {
            return;
        };
        let own = self.of_slot(slot);
        let count = count.min(own.load(SeqCst));
        own.fetch_sub(count, SeqCst);
        self.pending().fetch_sub(count, SeqCst);
        // Who has dealt with the value already may have seen it counted twice.
        self.all_done().ring_all();
    }

    /// Takes back so many values of this process, which are lost.
    pub(in crate::queue) fn forget(&self, count: u32) -> Result<()> {
        let _held = self.hold_writer(None)?;
        self.unpend(count);
        self.free().ring_all();
        Ok(())
    }

    /// Forgets what an earlier process with our slot has not written.
    pub(in crate::queue) fn start_putting(&self) -> Result<()> {
        let own = self.of_slot(self.segment.slot()?);
        if own.load(SeqCst) > 0 {
            let _held = self.hold_writer(None)?;
            own.store(0, SeqCst);
            self.count_pending();
        }
        Ok(())
    }

    /// Forgets what the dead have not written.
    pub(super) fn mend(&self) -> Result<()> {
        if self.pending().load(SeqCst) == 0 {
            return Ok(());
        }
        let Some(held) = self.hold_writer(Some(Duration::ZERO))? else {
            return Ok(());
        };
        let before = self.pending().load(SeqCst);
        self.count_pending();
        drop(held);
        if self.pending().load(SeqCst) < before {
            self.free().ring_all();
            self.all_done().ring_all();
        }
        Ok(())
    }

    /// Counts anew what the living have not written. The caller holds the putters' lock.
    pub(super) fn count_pending(&self) {
        for slot in self.segment.dead_slots() {
            self.of_slot(slot).store(0, SeqCst);
        }
        let slots = 0..self.segment.claimed_slots();
        let sum = slots.map(|slot| self.of_slot(slot).load(SeqCst)).sum();
        self.pending().store(sum, SeqCst);
    }

    fn of_slot(&self, slot: usize) -> &AtomicU32 {
        self.segment.atomic_u32(SLOTS_AT + 4 * slot)
    }
}
