//! One pass over a part's values: it lists what they refer to, or gives references new numbers.

use std::rc::Rc;

use super::part::Reference;
use super::{AUTHKEY, Cell, NOBODY, ObjectId, Parcel, ProcessId, SpaceId, Val};
use crate::objects::lock::DEAD;

/// What a pass does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pass {
    /// It changes nothing.
    #[default]
    List,
    /// Only processes and memories get new numbers.
    Move,
    /// Objects, cells and opaque numbers do.
    Map,
}

/// New numbers for old ones, and what a pass needs; kept from step to step, so that none allocates.
#[derive(Debug, Default)]
pub(crate) struct Renumber {
    pub(super) pass: Pass,
    /// What was listed.
    pub(super) list: Vec<Reference>,
    /// Where the list ends for the globals of a memory, and for each of its cells.
    pub(super) ends: Vec<u32>,
    /// The memory whose cells a value refers to.
    pub(super) space: usize,
    /// Values of all processes, whose cells are in the first memory.
    is_common: bool,
    pub(super) processes: Vec<ProcessId>,
    pub(super) spaces: Vec<SpaceId>,
    pub(super) numbers: Numbers,
}

/// New numbers of what can be reached, in the order in which it is found; [`NOBODY`] for the rest.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) objects: Vec<u32>,
    cells: Vec<u32>,
    /// Where each memory's cells begin in `cells`.
    starts: Vec<usize>,
    cells_count: Vec<u32>,
    opaque: Vec<u32>,
    objects_count: u32,
    opaque_count: u32,
    pub(super) found: Vec<Found>,
    /// Whether each number so far is the old one.
    is_same: bool,
}

/// What was found, by its old number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    Object(u32),
    Cell(usize, u32),
}

impl Numbers {
    /// Nothing is found yet of so many objects, cells of each memory, and opaque numbers.
    pub(super) fn begin(
        &mut self,
        objects: usize,
        cells: impl Iterator<Item = usize>,
        opaque: usize,
    ) {
        fill(&mut self.objects, objects);
        fill(&mut self.opaque, opaque + 1);
        // The key is one and the same, wherever it is read.
        self.opaque[AUTHKEY as usize] = AUTHKEY;
        self.starts.clear();
        let mut all = 0;
        for count in cells {
            self.starts.push(all);
            all += count;
        }
        self.starts.push(all);
        fill(&mut self.cells, all);
        self.cells_count.clear();
        self.cells_count.resize(self.starts.len() - 1, 0);
        (self.objects_count, self.opaque_count) = (0, 0);
        self.found.clear();
        self.is_same = true;
    }

    pub(super) fn opaque_count(&self) -> u32 {
        self.opaque_count
    }

    /// Whether everything was found, and has its old number.
    pub(super) fn is_same(&self) -> bool {
        self.is_same
            && self.objects_count as usize == self.objects.len()
            && self.found.len() == self.objects.len() + self.cells.len()
    }

    /// Whether all cells of a memory were found, and have their old numbers.
    pub(super) fn has_same_cells(&self, space: usize) -> bool {
        let cells = &self.cells[self.starts[space]..self.starts[space + 1]];
        cells.iter().enumerate().all(|(at, new)| at as u32 == *new)
    }

    pub(super) fn cell(&self, space: usize, at: usize) -> u32 {
        self.cells[self.starts[space] + at]
    }

    /// Finds all that a part refers to whose values are in this memory.
    pub(super) fn find(&mut self, references: &[Reference], space: usize) {
        for reference in references {
            match *reference {
                Reference::Object(id) => self.find_object(id),
                Reference::Cell(at) => self.find_cell(space, at),
                Reference::Common(at) => self.find_cell(0, at),
                Reference::Opaque(number) => {
                    let known = &mut self.opaque[number as usize];
                    if *known == NOBODY {
                        self.opaque_count += 1;
                        *known = self.opaque_count;
                        self.is_same &= *known == number;
                    }
                }
                Reference::Process(_) | Reference::Space(_) | Reference::Itself => {}
            }
        }
    }

    pub(super) fn find_object(&mut self, id: ObjectId) {
        let known = &mut self.objects[id as usize];
        if *known == NOBODY {
            *known = self.objects_count;
            self.objects_count += 1;
            self.is_same &= *known == id;
            self.found.push(Found::Object(id));
        }
    }

    fn find_cell(&mut self, space: usize, at: u32) {
        let known = &mut self.cells[self.starts[space] + at as usize];
        if *known == NOBODY {
            *known = self.cells_count[space];
            self.cells_count[space] += 1;
            self.is_same &= *known == at;
            self.found.push(Found::Cell(space, at));
        }
    }

    /// Whether some of these have other numbers now.
    pub(super) fn change(&self, references: &[Reference], space: usize) -> bool {
        references.iter().any(|reference| match *reference {
            Reference::Object(id) => self.objects[id as usize] != id,
            Reference::Cell(at) => self.cell(space, at as usize) != at,
            Reference::Common(at) => self.cell(0, at as usize) != at,
            Reference::Opaque(number) => self.opaque[number as usize] != number,
            Reference::Process(_) | Reference::Space(_) | Reference::Itself => false,
        })
    }
}

fn fill(numbers: &mut Vec<u32>, count: usize) {
    numbers.clear();
    numbers.resize(count, NOBODY);
}

impl Renumber {
    pub(crate) fn value(&mut self, value: &mut Val) {
        match self.pass {
            Pass::List => self.list_value(value),
            Pass::Move => {}
            Pass::Map => self.map_value(value),
        }
    }

    pub(crate) fn object(&mut self, id: &mut ObjectId) {
        if *id == NOBODY {
            return;
        }
        match self.pass {
            Pass::List => self.list.push(Reference::Object(*id)),
            Pass::Move => {}
            Pass::Map => *id = self.numbers.objects[*id as usize],
        }
    }

    pub(crate) fn process(&mut self, process: &mut ProcessId) {
        if *process >= DEAD {
            return;
        }
        match self.pass {
            Pass::List => self.list.push(Reference::Process(*process)),
            Pass::Move => *process = self.processes[*process as usize],
            Pass::Map => {}
        }
    }

    /// Processes whose order does not matter.
    pub(crate) fn sorted(&mut self, processes: &mut [ProcessId]) {
        let all = processes.iter_mut();
        all.for_each(|process| self.process(process));
        processes.sort_unstable();
    }

    pub(crate) fn space(&mut self, space: &mut SpaceId) {
        if *space == NOBODY {
            return;
        }
        match self.pass {
            Pass::List => self.list.push(Reference::Space(*space)),
            Pass::Move => *space = self.spaces[*space as usize],
            Pass::Map => {}
        }
    }

    /// Whether some of these processes or memories have other numbers now.
    pub(super) fn moves(&self, references: &[Reference]) -> bool {
        references.iter().any(|reference| match *reference {
            Reference::Process(one) => self.processes[one as usize] != one,
            Reference::Space(one) => self.spaces[one as usize] != one,
            _ => false,
        })
    }

    /// Notes of something that it goes on by itself.
    pub(crate) fn goes_on(&mut self) {
        if self.pass == Pass::List {
            self.list.push(Reference::Itself);
        }
    }

    pub(crate) fn parcel(&mut self, parcel: &mut Parcel) {
        match (self.pass, parcel) {
            (Pass::Move, _) | (_, Parcel::Bytes(..)) => {}
            (_, Parcel::Same(value)) => {
                let around = std::mem::replace(&mut self.is_common, true);
                self.value(value);
                self.is_common = around;
            }
            (_, Parcel::Copy(message))
                if !message.has_objects && !has_opaque(&message.root, &message.cells) => {}
            (Pass::List, Parcel::Copy(message)) => {
                if message.sender != NOBODY {
                    self.list.push(Reference::Object(message.sender));
                }
                self.list_inner(&message.root);
                let cells = message.cells.iter();
                cells.for_each(|cell| self.list_inner_cell(cell));
            }
            (Pass::Map, Parcel::Copy(message)) => {
                let mut moved = (**message).clone();
                self.object(&mut moved.sender);
                self.map_inner(&mut moved.root);
                let cells = moved.cells.iter_mut();
                cells.for_each(|cell| self.map_inner_cell(cell));
                *message = Rc::new(moved);
            }
        }
    }

    pub(super) fn cell(&mut self, cell: &mut Cell) {
        match cell {
            Cell::List(items) => items.iter_mut().for_each(|item| self.value(item)),
            Cell::Dict(pairs) => pairs.iter_mut().for_each(|(key, value)| {
                self.value(key);
                self.value(value);
            }),
            Cell::Connection(end) => self.object(&mut end.pipe),
        }
    }

    fn list_value(&mut self, value: &Val) {
        match value {
            Val::Ref(at) if self.is_common => self.list.push(Reference::Common(*at)),
            Val::Ref(at) => self.list.push(Reference::Cell(*at)),
            Val::Object(id) => self.list.push(Reference::Object(*id)),
            Val::Opaque(number) => self.list.push(Reference::Opaque(*number)),
            Val::Tuple(items) => items.iter().for_each(|item| self.list_value(item)),
            _ => {}
        }
    }

    /// Inside a message references are its own.
    fn list_inner(&mut self, value: &Val) {
        match value {
            Val::Ref(_) => {}
            Val::Tuple(items) => items.iter().for_each(|item| self.list_inner(item)),
            other => self.list_value(other),
        }
    }

    fn list_inner_cell(&mut self, cell: &Cell) {
        match cell {
            Cell::List(items) => items.iter().for_each(|item| self.list_inner(item)),
            Cell::Dict(pairs) => pairs.iter().for_each(|(key, value)| {
                self.list_inner(key);
                self.list_inner(value);
            }),
            Cell::Connection(end) => self.list.push(Reference::Object(end.pipe)),
        }
    }

    fn map_value(&mut self, value: &mut Val) {
        let space = if self.is_common { 0 } else { self.space };
        match value {
            Val::Ref(at) => *at = self.numbers.cell(space, *at as usize),
            Val::Object(id) => *id = self.numbers.objects[*id as usize],
            Val::Opaque(number) => *number = self.numbers.opaque[*number as usize],
            Val::Tuple(items) if items.iter().any(is_reference) => {
                let mut moved = items.to_vec();
                moved.iter_mut().for_each(|item| self.map_value(item));
                *items = moved.into();
            }
            _ => {}
        }
    }

    fn map_inner(&mut self, value: &mut Val) {
        match value {
            Val::Ref(_) => {}
            Val::Tuple(items) => {
                let mut moved = items.to_vec();
                moved.iter_mut().for_each(|item| self.map_inner(item));
                *items = moved.into();
            }
            other => self.map_value(other),
        }
    }

    fn map_inner_cell(&mut self, cell: &mut Cell) {
        match cell {
            Cell::List(items) => items.iter_mut().for_each(|item| self.map_inner(item)),
            Cell::Dict(pairs) => pairs.iter_mut().for_each(|(key, value)| {
                self.map_inner(key);
                self.map_inner(value);
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
