//! Canonical numbering: what cannot be reached is dropped, and the rest is numbered as it is found.
//!
//! Two states that differ only in numbers, or in what nobody can reach, become one.

use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Cell, End, NOBODY, ObjectId, Parcel, ProcessId, Space, SpaceId, State, Val};
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

/// New numbers for old ones.
pub(crate) struct Renumber {
    objects: Vec<u32>,
    cells: Vec<Vec<u32>>,
    spaces: Vec<u32>,
    processes: Vec<u32>,
    opaque: FxHashMap<u32, u32>,
    /// The space whose cells a value refers to.
    space: usize,
    found: VecDeque<Found>,
    objects_count: u32,
    cells_count: Vec<u32>,
    /// Only processes and spaces get new numbers.
    is_moving: bool,
}

enum Found {
    Object(u32),
    Cell(usize, u32),
}

impl Renumber {
    pub(crate) fn value(&mut self, value: &mut Val) {
        if self.is_moving {
            return;
        }
        match value {
            Val::Ref(at) => {
                let known = &mut self.cells[self.space][*at as usize];
                if *known == NOBODY {
                    *known = self.cells_count[self.space];
                    self.cells_count[self.space] += 1;
                    self.found.push_back(Found::Cell(self.space, *at));
                }
                *at = *known;
            }
            Val::Object(id) => self.object(id),
            Val::Opaque(number) => {
                let next = self.opaque.len() as u32 + 1;
                *number = *self.opaque.entry(*number).or_insert(next);
            }
            Val::Tuple(items) if items.iter().any(is_reference) => {
                let mut moved = items.to_vec();
                moved.iter_mut().for_each(|item| self.value(item));
                if moved[..] != items[..] {
                    *items = moved.into();
                }
            }
            _ => {}
        }
    }

    pub(crate) fn object(&mut self, id: &mut ObjectId) {
        if *id == NOBODY || self.is_moving {
            return;
        }
        let known = &mut self.objects[*id as usize];
        if *known == NOBODY {
            *known = self.objects_count;
            self.objects_count += 1;
            self.found.push_back(Found::Object(*id));
        }
        *id = *known;
    }

    pub(crate) fn process(&mut self, process: &mut ProcessId) {
        if *process < DEAD {
            *process = self.processes[*process as usize];
        }
    }

    /// Processes whose order does not matter.
    pub(crate) fn sorted(&mut self, processes: &mut [ProcessId]) {
        processes
            .iter_mut()
            .for_each(|process| self.process(process));
        processes.sort_unstable();
    }

    pub(crate) fn space(&mut self, space: &mut SpaceId) {
        if *space != NOBODY {
            *space = self.spaces[*space as usize];
        }
    }

    pub(crate) fn parcel(&mut self, parcel: &mut Parcel) {
        if self.is_moving {
            return;
        }
        match parcel {
            Parcel::Same(value) => {
                let around = std::mem::replace(&mut self.space, 0);
                self.value(value);
                self.space = around;
            }
            Parcel::Copy(message)
                if message.has_objects || has_opaque(&message.root, &message.cells) =>
            {
                let mut moved = (**message).clone();
                self.object(&mut moved.sender);
                self.inner(&mut moved.root);
                for cell in &mut moved.cells {
                    self.inner_cell(cell);
                }
                if moved != **message {
                    *message = Rc::new(moved);
                }
            }
            Parcel::Copy(_) => {}
        }
    }

    /// Inside a message references are its own.
    fn inner(&mut self, value: &mut Val) {
        match value {
            Val::Ref(_) => {}
            Val::Tuple(items) => {
                let mut moved = items.to_vec();
                moved.iter_mut().for_each(|item| self.inner(item));
                *items = moved.into();
            }
            other => self.value(other),
        }
    }

    fn inner_cell(&mut self, cell: &mut Cell) {
        match cell {
            Cell::List(items) => items.iter_mut().for_each(|item| self.inner(item)),
            Cell::Dict(pairs) => pairs.iter_mut().for_each(|(key, value)| {
                self.inner(key);
                self.inner(value);
            }),
            Cell::Connection(end) => self.object(&mut end.pipe),
        }
    }

    fn cell(&mut self, cell: &mut Cell) {
        match cell {
            Cell::List(items) => items.iter_mut().for_each(|item| self.value(item)),
            Cell::Dict(pairs) => pairs.iter_mut().for_each(|(key, value)| {
                self.value(key);
                self.value(value);
            }),
            Cell::Connection(end) => self.object(&mut end.pipe),
        }
    }
}

fn is_reference(value: &Val) -> bool {
    match value {
        Val::Ref(_) | Val::Object(_) | Val::Opaque(_) => true,
        Val::Tuple(items) => items.iter().any(is_reference),
        _ => false,
    }
}

fn has_opaque(root: &Val, cells: &[Cell]) -> bool {
    let in_value = |value: &Val| match value {
        Val::Opaque(_) => true,
        Val::Tuple(items) => items.iter().any(is_reference),
        _ => false,
    };
    in_value(root)
        || cells.iter().any(|cell| match cell {
            Cell::List(items) => items.iter().any(in_value),
            Cell::Dict(pairs) => pairs
                .iter()
                .any(|(key, value)| in_value(key) || in_value(value)),
            Cell::Connection(_) => false,
        })
}

impl State {
    /// Drops what nobody can reach and numbers the rest as it is found.
    pub(crate) fn compact(&mut self) -> Moved {
        let order = self.order_processes();
        let mut renumber = Renumber {
            objects: vec![NOBODY; self.objects.len()],
            cells: self
                .spaces
                .iter()
                .map(|space| vec![NOBODY; space.cells.len()])
                .collect(),
            spaces: (0..self.spaces.len() as u32).collect(),
            processes: (0..self.processes.len() as u32).collect(),
            opaque: FxHashMap::default(),
            space: 0,
            found: VecDeque::new(),
            objects_count: 0,
            cells_count: vec![0; self.spaces.len()],
            is_moving: false,
        };
        self.roots(&mut renumber);
        self.follow(&mut renumber);
        self.opaque_next = renumber.opaque.len() as u32;
        Moved {
            processes: order,
            objects: renumber.objects,
        }
    }

    /// Processes in the order of their family tree, without those that are gone; spaces likewise.
    fn order_processes(&mut self) -> Vec<ProcessId> {
        let mut order: Vec<u32> = Vec::with_capacity(self.processes.len());
        let mut stack: Vec<u32> = Vec::new();
        let lives = |one: &u32| !self.processes[*one as usize].is_gone;
        let all = (0..self.processes.len() as u32).filter(lives);
        let is_top = |one: &u32| self.processes[*one as usize].parent == NOBODY;
        stack.extend(all.clone().filter(is_top).rev());
        while let Some(one) = stack.pop() {
            order.push(one);
            let is_child = |child: &u32| self.processes[*child as usize].parent == one;
            stack.extend(all.clone().filter(is_child).rev());
        }
        let is_same = order.iter().enumerate().all(|(at, one)| at as u32 == *one);
        if !is_same || order.len() != self.processes.len() {
            self.reorder(&order);
        }
        order
    }

    fn reorder(&mut self, order: &[u32]) {
        let mut processes = vec![NOBODY; self.processes.len()];
        let mut spaces = vec![NOBODY; self.spaces.len()];
        let mut spaces_order = Vec::new();
        for (new, old) in order.iter().enumerate() {
            processes[*old as usize] = new as u32;
            let space = self.processes[*old as usize].space;
            if spaces[space as usize] == NOBODY {
                spaces[space as usize] = spaces_order.len() as u32;
                spaces_order.push(space);
            }
        }
        let mut old: Vec<Option<super::Process>> = std::mem::take(&mut self.processes)
            .into_iter()
            .map(Some)
            .collect();
        self.processes = order
            .iter()
            .filter_map(|one| old[*one as usize].take())
            .collect();
        for process in &mut self.processes {
            process.space = spaces[process.space as usize];
            if process.parent < DEAD {
                process.parent = processes[process.parent as usize];
            }
        }
        let mut old: Vec<Option<Space>> = std::mem::take(&mut self.spaces)
            .into_iter()
            .map(Some)
            .collect();
        self.spaces = spaces_order
            .iter()
            .filter_map(|one| old[*one as usize].take())
            .collect();
        // Objects refer to processes and spaces only by number, so a pass over them is enough.
        let mut renumber = Renumber {
            objects: Vec::new(),
            cells: Vec::new(),
            spaces,
            processes,
            opaque: FxHashMap::default(),
            space: 0,
            found: VecDeque::new(),
            objects_count: 0,
            cells_count: Vec::new(),
            is_moving: true,
        };
        for object in &mut self.objects {
            object.body.renumber(&mut renumber);
        }
    }

    fn roots(&mut self, renumber: &mut Renumber) {
        for process in &mut self.processes {
            renumber.space = process.space as usize;
            renumber.object(&mut process.object);
            renumber.value(&mut process.pid);
            renumber.value(&mut process.name);
            process.role.renumber(renumber);
            for frame in &mut process.frames {
                let values = frame.locals.iter_mut().chain(&mut frame.stack);
                values.for_each(|value| renumber.value(value));
                if let super::Phase::Result(job) = &mut frame.phase {
                    renumber.object(job);
                }
            }
        }
        for (at, space) in self.spaces.iter_mut().enumerate() {
            renumber.space = at;
            space
                .globals
                .iter_mut()
                .for_each(|value| renumber.value(value));
        }
        for manager in &mut self.managers {
            renumber.object(manager);
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
                renumber.object(&mut (id as ObjectId));
            }
        }
    }

    fn follow(&mut self, renumber: &mut Renumber) {
        let mut objects: Vec<Object> = Vec::with_capacity(self.objects.len());
        let mut cells: Vec<Vec<Cell>> = self
            .spaces
            .iter()
            .map(|space| Vec::with_capacity(space.cells.len()))
            .collect();
        while let Some(found) = renumber.found.pop_front() {
            match found {
                Found::Cell(space, at) => {
                    let empty = Cell::List(Vec::new());
                    let mut cell =
                        std::mem::replace(&mut self.spaces[space].cells[at as usize], empty);
                    renumber.space = space;
                    renumber.cell(&mut cell);
                    cells[space].push(cell);
                }
                Found::Object(id) => {
                    let body =
                        std::mem::replace(&mut self.objects[id as usize].body, Body::Nothing);
                    let mut object = Object {
                        manager: self.objects[id as usize].manager,
                        body,
                    };
                    renumber.object(&mut object.manager);
                    renumber.space = object.body.creator_space(&self.processes);
                    object.body.renumber(renumber);
                    objects.push(object);
                }
            }
        }
        for (at, (space, kept)) in self.spaces.iter_mut().zip(cells).enumerate() {
            for (old, cell) in space.cells.iter().enumerate() {
                if let Cell::Connection(end) = cell
                    && end.is_open
                    && renumber.cells[at][old] == NOBODY
                {
                    space.lost_ends.push(end.clone());
                }
            }
            space.cells = kept;
            for ends in [&mut space.lost_ends, &mut space.kept_ends] {
                ends.retain_mut(|end| keep(end, &renumber.objects));
                ends.sort_unstable_by_key(|end| (end.pipe, end.side));
            }
        }
        self.objects = objects;
    }
}

/// Whether the pipe of a lost end can still be reached; a pipe with no other end does not matter.
fn keep(end: &mut End, objects: &[u32]) -> bool {
    end.pipe = objects[end.pipe as usize];
    end.pipe != NOBODY
}
