//! The tasks that workers have or will have, until their outcomes come.
//!
//! A task's name is where in the ring it is or was, which says where it stands here, too; what all
//! tasks of a run share is kept once.

use std::sync::Arc;

use poolproof_sys::handle::Handle;

use super::arena::Block;
use super::job::{Ended, Job};
use super::ring;
use super::stream::Record;
use crate::locked::OwnMap;

/// A task that is published and has no outcome yet.
pub(super) struct Pending {
    pub(super) job: Arc<dyn Job>,
    pub(super) task: usize,
    pub(super) extra: Extra,
}

/// What arguments need that do not lie in the ring.
#[derive(Default)]
pub(super) struct Extra {
    pub(super) block: Option<Block>,
    pub(super) on_request: Option<(Vec<u8>, Vec<Handle>)>,
}

/// Results of tasks of one job that came one after the other.
pub(super) struct Run<'r> {
    pub(super) job: Arc<dyn Job>,
    /// Where the arguments were, of a run that then has one task.
    pub(super) block: Option<Block>,
    pub(super) tasks: Vec<Ended<'r>>,
}

/// The tasks that are published and have no outcome yet, by their name.
#[derive(Default)]
pub(super) struct Pendings {
    /// The youngest tasks, each at its position.
    places: Vec<Place>,
    /// Those that still run when the ring has come round.
    old: OwnMap<u64, Place>,
    count: usize,
    jobs: Vec<Option<(Arc<dyn Job>, usize)>>,
    free_jobs: Vec<u32>,
    /// The job of the last task.
    last: u32,
    extras: OwnMap<u64, Extra>,
}

/// A task, or zero for none.
#[derive(Clone, Copy, Default)]
struct Place {
    id: u64,
    task: usize,
    job: u32,
    has_extra: bool,
}

/// More than the cells of a ring, so that short tasks have ended when it has come round.
const PLACES: usize = 16384;

impl Pendings {
    /// Takes `count` tasks of a job, the first of which is `task` and at a position in the ring.
    pub(super) fn add(&mut self, job: &Arc<dyn Job>, task: usize, position: u64, count: usize) {
        let job = self.know(job, count);
        self.count += count;
        for (task, position) in (task..task + count).zip(position..) {
            let index = position as usize % PLACES;
            if self.places.len() <= index {
                self.places.resize_with(index + 1, Place::default);
            }
            let place = Place {
                id: ring::name(position),
                task,
                job,
                has_extra: false,
            };
            let before = std::mem::replace(&mut self.places[index], place);
            if before.id != 0 {
                self.old.insert(before.id, before);
            }
        }
    }

    /// Remembers what else a task needs.
    pub(super) fn add_extra(&mut self, id: u64, extra: Extra) {
        if let Some(place) = self.place(id) {
            place.has_extra = true;
            self.extras.insert(id, extra);
        }
    }

    /// The task with a name, which has its outcome now; none for one that had it before.
    pub(super) fn remove(&mut self, id: u64) -> Option<Pending> {
        let place = self.take(id)?;
        let extra = match place.has_extra {
            true => self.extras.remove(&id).unwrap_or_default(),
            false => Extra::default(),
        };
        let (job, _) = self.jobs[place.job as usize].as_ref()?;
        let pending = Pending {
            job: Arc::clone(job),
            task: place.task,
            extra,
        };
        self.forget(place.job);
        Some(pending)
    }

    /// As [`remove`](Pendings::remove) for each of these records.
    pub(super) fn remove_all<'r>(
        &mut self,
        records: impl Iterator<Item = Record<'r>>,
    ) -> Vec<Run<'r>> {
        let mut runs: Vec<Run<'r>> = Vec::new();
        let mut last = None;
        for record in records {
            let Some(place) = self.take(record.id) else {
                continue;
            };
            let block = match place.has_extra {
                true => self.extras.remove(&record.id).and_then(|extra| extra.block),
                false => None,
            };
            let ended = Ended {
                task: place.task,
                ending: record.ending,
                bytes: record.bytes,
            };
            match runs.last_mut() {
                Some(run) if last == Some(place.job) && block.is_none() => run.tasks.push(ended),
                _ => {
                    if let Some((job, _)) = &self.jobs[place.job as usize] {
                        let job = Arc::clone(job);
                        let tasks = vec![ended];
                        runs.push(Run { job, block, tasks });
                    }
                    last = block.is_none().then_some(place.job);
                }
            }
            if self.forget(place.job) {
                last = None;
            }
        }
        runs
    }

    /// The arguments that a worker asks for.
    pub(super) fn take_request(&mut self, id: u64) -> Option<(Vec<u8>, Vec<Handle>)> {
        self.extras.get_mut(&id)?.on_request.take()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Those of a job, or all: their names and where they are in the ring.
    pub(super) fn positions(&self, job: Option<&Arc<dyn Job>>) -> Vec<(u64, u64)> {
        let is_wanted = |place: &&Place| {
            let known = self.jobs.get(place.job as usize);
            let known = known.and_then(Option::as_ref);
            place.id != 0
                && known.is_some_and(|(known, _)| job.is_none_or(|job| is_same(job, known)))
        };
        let wanted = self.places.iter().chain(self.old.values());
        let wanted = wanted.filter(is_wanted);
        wanted
            .map(|place| (place.id, ring::position(place.id)))
            .collect()
    }

    /// The jobs of every task that has no outcome; no such outcome is known any more.
    pub(super) fn take_all(&mut self) -> Vec<Arc<dyn Job>> {
        let all = std::mem::take(self);
        all.jobs.into_iter().flatten().map(|(job, _)| job).collect()
    }

    fn place(&mut self, id: u64) -> Option<&mut Place> {
        let index = ring::position(id) as usize % PLACES;
        match self.places.get_mut(index) {
            _ if id == 0 => None,
            Some(place) if place.id == id => Some(place),
            _ => self.old.get_mut(&id),
        }
    }

    fn take(&mut self, id: u64) -> Option<Place> {
        let taken = std::mem::take(self.place(id)?);
        self.count -= 1;
        if !self.old.is_empty() {
            self.old.remove(&id);
        }
        Some(taken)
    }

    /// Counts `count` tasks more of a job.
    fn know(&mut self, job: &Arc<dyn Job>, count: usize) -> u32 {
        if let Some(Some((known, tasks))) = self.jobs.get_mut(self.last as usize)
            && is_same(known, job)
        {
            *tasks += count;
            return self.last;
        }
        let entry = Some((Arc::clone(job), count));
        self.last = match self.free_jobs.pop() {
            Some(index) => {
                self.jobs[index as usize] = entry;
                index
            }
            None => {
                self.jobs.push(entry);
                self.jobs.len() as u32 - 1
            }
        };
        self.last
    }

    /// Counts one task less of a job; says whether that was the last.
    fn forget(&mut self, job: u32) -> bool {
        let entry = &mut self.jobs[job as usize];
        if let Some((_, count)) = entry {
            *count -= 1;
            if *count > 0 {
                return false;
            }
        }
        *entry = None;
        self.free_jobs.push(job);
        true
    }
}

/// Whether two references are to one job.
pub(super) fn is_same(one: &Arc<dyn Job>, other: &Arc<dyn Job>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}
