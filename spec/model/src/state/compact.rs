//! Canonical numbering: what cannot be reached is dropped, and the rest is numbered as it is found.
//!
//! Two states that differ only in numbers, or in what nobody can reach, become one. Only parts that a
//! step has changed are read, and only those are written whose references get other numbers.

use super::part::Part;
use super::renumber::{Found, Numbers, Pass, Renumber};
use super::{Cell, End, NOBODY, ObjectId, Process, ProcessId, Space, State};
use crate::objects::lock::DEAD;
use crate::objects::pool::needs_worker;
use crate::objects::{Body, Object};

/// What compaction has moved where.
#[derive(Debug)]
pub(crate) struct Moved {
    /// The old number of each process that is left.
    pub(crate) processes: Vec<ProcessId>,
    /// The new number of each object, [`NOBODY`] for one that is dropped.
    pub(crate) objects: Vec<ObjectId>,
}

impl Renumber {
    /// Nothing has moved.
    fn same(&mut self, processes: usize, objects: usize) {
        self.processes.clear();
        self.processes.extend(0..processes as u32);
        self.numbers.objects.clear();
        self.numbers.objects.extend(0..objects as u32);
    }

    /// What the last compaction has moved.
    pub(crate) fn moved(&self) -> Moved {
        let mut left: Vec<ProcessId> = (0..self.processes.len() as ProcessId)
            .filter(|one| self.processes[*one as usize] != NOBODY)
            .collect();
        left.sort_unstable_by_key(|one| self.processes[*one as usize]);
        Moved {
            processes: left,
            objects: self.numbers.objects.clone(),
        }
    }
}

impl State {
    /// Drops what nobody can reach and numbers the rest as it is found.
    pub(crate) fn compact(&mut self, renumber: &mut Renumber) {
        if !self.list(renumber) && self.has_old_roots() {
            renumber.same(self.processes.len(), self.objects.len());
            return;
        }
        self.order_processes(renumber);
        let cells = self.spaces.iter().map(|space| space.cells.len());
        let opaque = self.opaque_next as usize;
        renumber.numbers.begin(self.objects.len(), cells, opaque);
        self.find(&mut renumber.numbers);
        self.opaque_next = renumber.numbers.opaque_count();
        self.opaque_known = self.opaque_next;
        if !renumber.numbers.is_same() {
            self.rewrite(renumber);
        }
    }

    /// Lists what each part that was changed refers to; whether any refers to something else now.
    fn list(&mut self, renumber: &mut Renumber) -> bool {
        let mut is_new = false;
        let processes = self.processes.iter_mut();
        for process in processes.filter(|one| one.is_changed()) {
            is_new |= list_process(process, renumber);
        }
        for space in self.spaces.iter_mut().filter(|one| one.is_changed()) {
            is_new |= list_space(space, renumber);
        }
        for object in self.objects.iter_mut().filter(|one| one.is_changed()) {
            is_new |= list_object(object, renumber);
        }
        is_new
    }

    /// Whether what is found first is what it was, where no part refers to anything else: who has
    /// ended, and pools whose workers are replaced, may take something with them.
    fn has_old_roots(&self) -> bool {
        let is_short =
            |object: &Part<Object>| matches!(&object.body, Body::Pool(pool) if pool.missing > 0);
        self.opaque_next == self.opaque_known
            && !self.has_lost_a_process()
            && !self.objects.iter().any(is_short)
    }

    /// Processes in the order of their family tree, without those that are gone; spaces likewise.
    fn order_processes(&mut self, renumber: &mut Renumber) {
        let count = self.processes.len() as ProcessId;
        renumber.processes.clear();
        renumber.processes.extend(0..count);
        if self.is_ordered() {
            return;
        }
        // Each one's first child and next sibling; what has no parent is a child of nobody.
        let mut first = vec![NOBODY; self.processes.len() + 1];
        let mut next = vec![NOBODY; self.processes.len()];
        for one in (0..count).rev() {
            let process = &self.processes[one as usize];
            if !process.is_gone {
                let parent = process.parent.min(count) as usize;
                next[one as usize] = std::mem::replace(&mut first[parent], one);
            }
        }
        let mut order: Vec<u32> = Vec::with_capacity(self.processes.len());
        let mut stack = vec![first[count as usize]];
        while let Some(one) = stack.pop().filter(|one| *one != NOBODY) {
            order.push(one);
            stack.extend(
                [next[one as usize], first[one as usize]]
                    .iter()
                    .filter(|one| **one != NOBODY),
            );
        }
        self.reorder(&order, renumber);
    }

    /// Whether each process stands right after its parent's other children before it and theirs.
    fn is_ordered(&self) -> bool {
        let mut last: Option<ProcessId> = None;
        for (at, process) in self.processes.iter().enumerate() {
            if process.is_gone {
                return false;
            }
            // The one before, or who it descends from, must be the parent.
            let mut above = last;
            while let Some(one) = above
                && one != process.parent
            {
                above = Some(self.processes[one as usize].parent).filter(|one| *one < DEAD);
            }
            if above.is_none() && process.parent < DEAD {
                return false;
            }
            last = Some(at as ProcessId);
        }
        true
    }

    fn reorder(&mut self, order: &[u32], renumber: &mut Renumber) {
        let mut spaces_order: Vec<u32> = Vec::new();
        renumber.processes.fill(NOBODY);
        renumber.spaces.clear();
        renumber.spaces.resize(self.spaces.len(), NOBODY);
        for (new, old) in order.iter().enumerate() {
            renumber.processes[*old as usize] = new as u32;
            let space = self.processes[*old as usize].space;
            if renumber.spaces[space as usize] == NOBODY {
                renumber.spaces[space as usize] = spaces_order.len() as u32;
                spaces_order.push(space);
            }
        }
        self.processes = pick(&self.processes, order);
        self.spaces = pick(&self.spaces, &spaces_order);
        for process in &mut self.processes {
            let space = renumber.spaces[process.space as usize];
            let parent = match process.parent {
                parent if parent < DEAD => renumber.processes[parent as usize],
                nobody => nobody,
            };
            if (space, parent) != (process.space, process.parent) {
                (process.space, process.parent) = (space, parent);
                list_process(process, renumber);
            }
        }
        for object in &mut self.objects {
            if renumber.moves(object.references()) {
                renumber.pass = Pass::Move;
                object.body.renumber(renumber);
                list_object(object, renumber);
            }
        }
    }

    /// Finds all that can be reached, in the order of processes, memories and managers.
    fn find(&self, numbers: &mut Numbers) {
        for process in &self.processes {
            numbers.find(process.references(), process.space as usize);
        }
        for (at, space) in self.spaces.iter().enumerate() {
            numbers.find(space.references_of_globals(), at);
        }
        for manager in &self.managers {
            numbers.find_object(*manager);
        }
        // What a process has put is on its way, and a worker's place is filled again, whether or not
        // anything refers to the queue or pool.
        for (id, object) in self.objects.iter().enumerate() {
            let goes_on = match &object.body {
                Body::Queue(queue) => queue.is_being_fed(),
                Body::Pool(pool) => pool.missing > 0 && needs_worker(self, pool),
                _ => false,
            };
            if goes_on {
                numbers.find_object(id as ObjectId);
            }
        }
        let mut next = 0;
        while let Some(found) = numbers.found.get(next).copied() {
            next += 1;
            match found {
                Found::Cell(space, at) => {
                    let references = self.spaces[space].references_of_cell(at as usize);
                    numbers.find(references, space);
                }
                Found::Object(id) => {
                    let object = &self.objects[id as usize];
                    let space = object.body.creator_space(&self.processes);
                    numbers.find(object.references(), space);
                }
            }
        }
    }

    /// Writes the numbers that were found.
    fn rewrite(&mut self, renumber: &mut Renumber) {
        renumber.pass = Pass::Map;
        for process in &mut self.processes {
            let space = process.space as usize;
            if renumber.numbers.change(process.references(), space) {
                (renumber.pass, renumber.space) = (Pass::Map, space);
                process.renumber(renumber);
                list_process(process, renumber);
            }
        }
        for (at, space) in self.spaces.iter_mut().enumerate() {
            rewrite_space(at, space, renumber);
        }
        for manager in &mut self.managers {
            *manager = renumber.numbers.objects[*manager as usize];
        }
        let found = renumber.numbers.found.iter();
        let order: Vec<u32> = found
            .filter_map(|one| match one {
                Found::Object(id) => Some(*id),
                Found::Cell(..) => None,
            })
            .collect();
        self.objects = pick(&self.objects, &order);
        for object in &mut self.objects {
            let space = object.body.creator_space(&self.processes);
            if renumber.numbers.change(object.references(), space) {
                (renumber.pass, renumber.space) = (Pass::Map, space);
                renumber.object(&mut object.manager);
                object.body.renumber(renumber);
                list_object(object, renumber);
            }
        }
    }
}

/// Those with these numbers, in this order.
fn pick<T>(all: &[Part<T>], order: &[u32]) -> Vec<Part<T>>
where
    Part<T>: Clone,
{
    let picked = order.iter().map(|one| all[*one as usize].clone());
    picked.collect()
}

/// Lists what a part refers to; whether that is new.
fn list<T: Clone>(
    part: &mut Part<T>,
    renumber: &mut Renumber,
    pass: impl FnOnce(&mut T, &mut Renumber),
) -> bool {
    renumber.pass = Pass::List;
    renumber.list.clear();
    renumber.ends.clear();
    pass(part, renumber);
    part.list(&renumber.list, &renumber.ends)
}

fn list_process(process: &mut Part<Process>, renumber: &mut Renumber) -> bool {
    list(process, renumber, Process::renumber)
}

fn list_object(object: &mut Part<Object>, renumber: &mut Renumber) -> bool {
    list(object, renumber, |object, renumber| {
        renumber.object(&mut object.manager);
        object.body.renumber(renumber);
    })
}

fn list_space(space: &mut Part<Space>, renumber: &mut Renumber) -> bool {
    list(space, renumber, |space, renumber| {
        let globals = space.globals.iter_mut();
        globals.for_each(|value| renumber.value(value));
        renumber.ends.push(renumber.list.len() as u32);
        for cell in &mut space.cells {
            renumber.cell(cell);
            renumber.ends.push(renumber.list.len() as u32);
        }
        for ends in [&mut space.lost_ends, &mut space.kept_ends] {
            ends.sort_unstable_by_key(|end| (end.pipe, end.side));
        }
    })
}

/// Drops the cells of a memory that cannot be reached, and gives the others their numbers.
fn rewrite_space(at: usize, space: &mut Part<Space>, renumber: &mut Renumber) {
    let has_ends = !space.lost_ends.is_empty() || !space.kept_ends.is_empty();
    let numbers = &renumber.numbers;
    let has_same_cells = numbers.has_same_cells(at);
    if has_same_cells && !has_ends && !numbers.change(space.references(), at) {
        return;
    }
    let this: &mut Space = space;
    if !has_same_cells {
        for (old, cell) in this.cells.iter().enumerate() {
            if let Cell::Connection(end) = cell
                && end.is_open
                && numbers.cell(at, old) == NOBODY
            {
                this.lost_ends.push(end.clone());
            }
        }
        let found = numbers.found.iter().filter_map(|one| match one {
            Found::Cell(space, cell) if *space == at => Some(*cell as usize),
            _ => None,
        });
        let empty = || Cell::List(Vec::new());
        this.cells = found
            .map(|cell| std::mem::replace(&mut this.cells[cell], empty()))
            .collect();
    }
    (renumber.pass, renumber.space) = (Pass::Map, at);
    let globals = this.globals.iter_mut();
    globals.for_each(|value| renumber.value(value));
    let cells = this.cells.iter_mut();
    cells.for_each(|cell| renumber.cell(cell));
    for ends in [&mut this.lost_ends, &mut this.kept_ends] {
        ends.retain_mut(|end| keep(end, &renumber.numbers.objects));
    }
    list_space(space, renumber);
}

/// Whether the pipe of a lost end can still be reached; a pipe with no other end does not matter.
fn keep(end: &mut End, objects: &[u32]) -> bool {
    end.pipe = objects[end.pipe as usize];
    end.pipe != NOBODY
}
