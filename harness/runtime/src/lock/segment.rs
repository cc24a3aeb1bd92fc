//! One piece of shared memory with what every object in it needs: a key that tells it apart, the
//! kind of object, and a registry of the processes that use it.
//!
//! A process maps each segment once, however often it arrives, so that an owner is one owner.
//! What the body holds is for the object to say.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::{Arc, Mutex, Weak};

use poolproof_sys::atomic::{AtomicU32, AtomicU64};
use poolproof_sys::copies::epoch;
use poolproof_sys::identity::Identity;
use poolproof_sys::memory::SharedMemory;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::registry::{self, Registry};
use crate::copies::{Chain, OfProcess, kept};
use crate::error::{Error, Result};
use crate::locked::lock;
use crate::transfer::{self, put_handle, take_handle};

const CREATOR_AT: usize = 0;
const COUNT_AT: usize = 8;
const KIND_AT: usize = 16;
/// Where the object's own bytes begin.
const BODY_AT: usize = 64;
/// The body ends where the registry begins, each in cache lines of its own.
const LINE: usize = 64;

/// Processes that may use one segment at the same time.
pub(crate) const SLOTS: usize = registry::SLOTS as usize;

/// What lies in a segment, so that a lock is not taken for a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum SegmentKind {
    Lock = 1,
    RLock,
    Semaphore,
    Condition,
    Event,
    Barrier,
    Mutex,
    Value,
    Queue,
    Ring,
}

/// Shared memory with a registry.
#[derive(Debug)]
pub(crate) struct Segment {
    memory: SharedMemory,
    body_bytes: usize,
    /// The owner word of this process: the fork epoch it was claimed in, then the word.
    owner: std::sync::atomic::AtomicU64,
    /// What this process has beside the memory for its object.
    attached: Chain<Mutex<Option<Weak<dyn Any + Send + Sync>>>>,
}

/// A segment's creator and its count among that creator's segments.
type Key = (u64, u64);

/// The segments that this process has mapped.
static MAPPED: OfProcess<Mutex<BTreeMap<Key, Weak<Segment>>>> =
    OfProcess::new(Mutex::new(BTreeMap::new()));

impl Segment {
    /// A new segment with a body of zero bytes.
    pub(crate) fn create(kind: SegmentKind, body_bytes: usize) -> Result<Arc<Segment>> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let body_bytes = body_bytes.next_multiple_of(LINE);
        let bytes = BODY_AT + body_bytes + registry::BYTES;
        let memory = SharedMemory::anonymous(bytes).map_err(|error| {
            let object = match kind {
                SegmentKind::Ring => SegmentKind::Queue,
                kind => kind,
            };
            Error::system(format!("make shared memory for a {object:?}"), error)
        })?;
        let count = u64::from(COUNT.fetch_add(1, Relaxed));
        let creator = Identity::current().to_bits();
        memory.atomic_u64(CREATOR_AT).store(creator, Relaxed);
        memory.atomic_u64(COUNT_AT).store(count, Relaxed);
        memory.atomic_u32(KIND_AT).store(kind as u32, Relaxed);
        Ok(Segment::known(memory, body_bytes))
    }

    /// The one segment of this process for a memory.
    fn known(memory: SharedMemory, body_bytes: usize) -> Arc<Segment> {
        let key = (
            memory.atomic_u64(CREATOR_AT).load(Relaxed),
            memory.atomic_u64(COUNT_AT).load(Relaxed),
        );
        let mut mapped = lock(MAPPED.get(kept));
        if let Some(segment) = mapped.get(&key).and_then(Weak::upgrade) {
            return segment;
        }
        let segment = Arc::new(Segment {
            memory,
            body_bytes,
            owner: std::sync::atomic::AtomicU64::new(0),
            attached: Chain::new(Mutex::new(None)),
        });
        mapped.insert(key, Arc::downgrade(&segment));
        segment
    }

    /// The memory; the body begins at [`Segment::at`]`(0)`.
    #[inline]
    pub(crate) fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// The offset in the memory of an offset in the body.
    #[inline]
    pub(crate) fn at(&self, offset: usize) -> usize {
        BODY_AT + offset
    }

    /// The size of the body, which may be more than was asked for.
    pub(crate) fn body_bytes(&self) -> usize {
        self.body_bytes
    }

    /// A 32-bit word of the body.
    #[inline]
    pub(crate) fn atomic_u32(&self, offset: usize) -> &AtomicU32 {
        self.memory.atomic_u32(self.at(offset))
    }

    /// A 64-bit word of the body.
    #[inline]
    pub(crate) fn atomic_u64(&self, offset: usize) -> &AtomicU64 {
        self.memory.atomic_u64(self.at(offset))
    }

    /// What this process has beside the memory for its object, made when there is none (any more).
    pub(crate) fn attachment<A: Any + Send + Sync>(&self, make: impl FnOnce() -> A) -> Arc<A> {
        let mut attached = lock(self.attached.of_process(kept));
        let known = attached.as_ref().and_then(Weak::upgrade);
        if let Some(known) = known.and_then(|known| known.downcast::<A>().ok()) {
            return known;
        }
        let made = Arc::new(make());
        let erased: Arc<dyn Any + Send + Sync> = made.clone();
        *attached = Some(Arc::downgrade(&erased));
        made
    }

    pub(super) fn registry(&self) -> Registry<'_> {
        Registry {
            memory: &self.memory,
            base: BODY_AT + self.body_bytes,
        }
    }

    /// What this process writes into lock words of this segment.
    #[inline]
    pub(crate) fn owner(&self) -> Result<u32> {
        let seen = self.owner.load(Relaxed);
        if (seen >> 32) as u32 == epoch() {
            return Ok(seen as u32);
        }
        self.claim(seen)
    }

    /// Whether this process has an owner word already, rather than being a copy of one that has: what
    /// that one holds is not held here.
    #[inline]
    pub(crate) fn is_owned_here(&self) -> bool {
        (self.owner.load(Relaxed) >> 32) as u32 == epoch()
    }

    /// A number below [`SLOTS`] that this process has alone for as long as it lives.
    pub(crate) fn slot(&self) -> Result<usize> {
        let slot = registry::slot_of(self.owner()?).unwrap_or(0);
        Ok(slot as usize)
    }

    /// The numbers that dead processes had.
    pub(crate) fn dead_slots(&self) -> impl Iterator<Item = usize> {
        self.registry().dead_slots()
    }

    /// A number above all slots that were ever claimed.
    pub(crate) fn claimed_slots(&self) -> usize {
        self.registry().claimed_slots() as usize
    }

    #[cold]
    fn claim(&self, seen: u64) -> Result<u32> {
        let owner = self.registry().claim()?;
        let claimed = u64::from(epoch()) << 32 | u64::from(owner);
        match self.owner.compare_exchange(seen, claimed, AcqRel, Acquire) {
            Ok(_) => Ok(owner),
            Err(other) => {
                // Another thread of this process was faster: one process has one slot.
                self.registry().unclaim(owner);
                Ok(other as u32)
            }
        }
    }

    fn key(&self) -> Key {
        (
            self.memory.atomic_u64(CREATOR_AT).load(Relaxed),
            self.memory.atomic_u64(COUNT_AT).load(Relaxed),
        )
    }

    fn receive(memory: SharedMemory, kind: u32) -> std::result::Result<Arc<Segment>, String> {
        let body_bytes = memory
            .bytes()
            .checked_sub(BODY_AT + registry::BYTES)
            .filter(|bytes| bytes.is_multiple_of(LINE))
            .ok_or("the handle is not memory of this crate")?;
        if memory.atomic_u32(KIND_AT).load(Relaxed) != kind {
            return Err("the shared memory holds another kind of object".to_owned());
        }
        Ok(Segment::known(memory, body_bytes))
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let mut mapped = lock(MAPPED.get(kept));
        let key = self.key();
        // The same memory may have arrived again in the meantime, under the same key.
        if mapped
            .get(&key)
            .is_some_and(|weak| weak.strong_count() == 0)
        {
            mapped.remove(&key);
        }
    }
}

/// A segment on its way in a message, with the kind that its receiver must find.
#[derive(Serialize, Deserialize)]
struct Travelling {
    kind: u32,
    handles: [u32; SharedMemory::HANDLES],
}

/// Lets an object's segment travel.
pub(crate) fn serialize<S: Serializer>(
    segment: &Arc<Segment>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    let mut handles = [0; SharedMemory::HANDLES];
    for (place, handle) in handles.iter_mut().zip(segment.memory.handles()) {
        *place = put_handle::<S::Error>(handle)?;
    }
    let kind = segment.memory.atomic_u32(KIND_AT).load(Relaxed);
    Travelling { kind, handles }.serialize(serializer)
}

/// Lets a segment arrive whose body has at least `BYTES`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, const BYTES: usize>(
    deserializer: D,
) -> std::result::Result<Arc<Segment>, D::Error> {
    use serde::de::Error;
    let travelling = Travelling::deserialize(deserializer)?;
    let handles = travelling.handles.iter();
    let handles = handles.map(|place| take_handle::<D::Error>(*place));
    let memory = SharedMemory::from_handles(handles.collect::<std::result::Result<_, _>>()?)
        .map_err(transfer::not_made::<D::Error>)?;
    let segment = Segment::receive(memory, travelling.kind).map_err(D::Error::custom)?;
    if segment.body_bytes < BYTES {
        return Err(D::Error::custom(
            "the shared memory is too small for the object",
        ));
    }
    Ok(segment)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use poolproof_sys::memory::SharedMemory;

    use super::{Segment, SegmentKind};

    #[test]
    fn a_segment_that_arrives_again_is_the_same_segment() {
        let first = Segment::create(SegmentKind::Lock, 8).unwrap();
        let handles = first
            .memory
            .handles()
            .map(|handle| handle.duplicate().unwrap());
        let memory = SharedMemory::from_handles(handles.into()).unwrap();
        let second = Segment::receive(memory, SegmentKind::Lock as u32).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn memory_of_another_kind_is_refused() {
        let first = Segment::create(SegmentKind::Lock, 8).unwrap();
        let handles = first
            .memory
            .handles()
            .map(|handle| handle.duplicate().unwrap());
        let memory = SharedMemory::from_handles(handles.into()).unwrap();
        assert!(Segment::receive(memory, SegmentKind::Queue as u32).is_err());
        let small = SharedMemory::anonymous(64).unwrap();
        assert!(Segment::receive(small, SegmentKind::Lock as u32).is_err());
    }

    #[test]
    fn all_threads_of_a_process_are_one_owner() {
        let segment = Segment::create(SegmentKind::Lock, 8).unwrap();
        let owners: Vec<u32> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| segment.owner().unwrap()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(owners.iter().all(|owner| *owner == owners[0]));
    }
}
