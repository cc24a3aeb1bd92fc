//! The tasks that workers have or will have, until their outcomes come.

use std::sync::Arc;

use poolproof_sys::handle::Handle;

use super::arena::Block;
use super::job::Job;

/// A task that is published and has no outcome yet.
pub(super) struct Pending {
    pub(super) job: Arc<dyn Job>,
    pub(super) task: usize,
    /// Where in the ring it is or was.
    pub(super) position: u64,
    pub(super) block: Option<Block>,
    pub(super) on_request: Option<(Vec<u8>, Vec<Handle>)>,
}

/// The tasks that are published and have no outcome yet, by their name.
#[derive(Default)]
pub(super) struct Pendings {
    places: Vec<Option<(u64, Pending)>>,
    free: Vec<usize>,
    names: u64,
}

const PLACE_BITS: u32 = 20;

impl Pendings {
    /// Gives a task its name.
    pub(super) fn add(&mut self, pending: Pending) -> u64 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.names += 1;
        let id = self.names << PLACE_BITS | place as u64;
        self.places[place] = Some((id, pending));
        id
    }

    /// The task with a name, which has its outcome now; none for one that had it before.
    pub(super) fn remove(&mut self, id: u64) -> Option<Pending> {
        let place = (id & ((1 << PLACE_BITS) - 1)) as usize;
        let slot = self.places.get_mut(place)?;
        let (_, pending) = slot.take_if(|(known, _)| *known == id)?;
        self.free.push(place);
        Some(pending)
    }

    /// The arguments that a worker asks for.
    pub(super) fn take_request(&mut self, id: u64) -> Option<(Vec<u8>, Vec<Handle>)> {
        let place = (id & ((1 << PLACE_BITS) - 1)) as usize;
        let (known, pending) = self.places.get_mut(place)?.as_mut()?;
        match *known == id {
            true => pending.on_request.take(),
            false => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.places.len()
    }

    /// Those of a job, or all: their names and where they are in the ring.
    pub(super) fn positions(&self, job: Option<&Arc<dyn Job>>) -> Vec<(u64, u64)> {
        let pendings = self.places.iter().flatten();
        let wanted =
            pendings.filter(|(_, pending)| job.is_none_or(|job| is_same(job, &pending.job)));
        wanted
            .map(|(id, pending)| (*id, pending.position))
            .collect()
    }

    /// Every task that has no outcome.
    pub(super) fn take_all(&mut self) -> Vec<Pending> {
        self.free.clear();
        let places = std::mem::take(&mut self.places);
        places
            .into_iter()
            .flatten()
            .map(|(_, pending)| pending)
            .collect()
    }
}

/// Whether two references are to one job.
pub(super) fn is_same(one: &Arc<dyn Job>, other: &Arc<dyn Job>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}
