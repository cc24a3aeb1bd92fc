//! Values that leave their process: copied with the shape of their references, or refused.

use std::rc::Rc;

use poolproof_case::{ErrorKind, StartMethod};
use rustc_hash::FxHashMap;

use super::{Cell, Message, NOBODY, ObjectId, Parcel, ProcessId, Space, State, Val};
use crate::machine::Machine;
use crate::objects::{Body, Context, Fault};

/// How a value reaches another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// With all memory: everything may.
    Fork,
    /// As an argument of a process that starts anew.
    Spawn,
    /// In a message, or as a task: locks, queues and shared memory may not.
    Send,
}

impl Passage {
    /// How a new process is given what it is given.
    pub(crate) fn to_child(method: StartMethod) -> Passage {
        match method {
            StartMethod::Fork => Passage::Fork,
            _ => Passage::Spawn,
        }
    }
}

/// Makes a value ready to leave; between threads it is the value itself.
pub(crate) fn pack(
    context: &mut Context<'_>,
    value: &Val,
    passage: Passage,
) -> Result<Parcel, Fault> {
    if context.machine.method == StartMethod::Threads {
        let is_scalar = !matches!(value, Val::Ref(_) | Val::Object(_) | Val::Tuple(_));
        if !is_scalar {
            context.machine.sends_objects.set(true);
        }
        return Ok(Parcel::Same(value.clone()));
    }
    copy(context, value, passage)
}

/// Makes a value ready for a message; what only a new process is given travels, too, where it works.
pub(crate) fn send(context: &mut Context<'_>, value: &Val, works: bool) -> Result<Parcel, Fault> {
    match pack(context, value, Passage::Send) {
        Err(Fault::Raise(ErrorKind::NotInheritable, _)) if works => {
            context.machine.sends_objects.set(true);
            pack(context, value, Passage::Spawn)
        }
        packed => packed,
    }
}

/// Whether a value is refused as a message, or works as well.
pub(crate) fn may_work(machine: &Machine, state: &State, process: ProcessId, value: &Val) -> bool {
    refused(machine, state, process, value) == Some(ErrorKind::NotInheritable)
}

/// Whether a value is refused as a message, and why.
pub(crate) fn refused(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    value: &Val,
) -> Option<ErrorKind> {
    let is_scalar = !matches!(value, Val::Ref(_) | Val::Object(_) | Val::Tuple(_));
    if is_scalar || machine.method == StartMethod::Threads {
        return None;
    }
    let mut packer = Packer {
        machine,
        state,
        space: state.space(process),
        passage: Passage::Send,
        cells: Vec::new(),
        seen: FxHashMap::default(),
        has_objects: false,
        size: 8,
        depth: 0,
    };
    packer.value(value).err().map(|(kind, _)| kind)
}

/// As [`pack`], but a copy in any event.
pub(crate) fn copy(
    context: &mut Context<'_>,
    value: &Val,
    passage: Passage,
) -> Result<Parcel, Fault> {
    let mut packer = Packer {
        machine: context.machine,
        state: context.state,
        space: context.state.space(context.process),
        passage,
        cells: Vec::new(),
        seen: FxHashMap::default(),
        has_objects: false,
        size: 8,
        depth: 0,
    };
    match packer.value(value) {
        Ok(root) => {
            let Packer {
                cells,
                has_objects,
                size,
                ..
            } = packer;
            if has_objects && passage == Passage::Send {
                context.machine.sends_objects.set(true);
            }
            let is_connection = |cell: &Cell| matches!(cell, Cell::Connection(_));
            let sender = match passage == Passage::Send && cells.iter().any(is_connection) {
                true => context.state.processes[context.process as usize].object,
                false => NOBODY,
            };
            Ok(Parcel::Copy(Rc::new(Message {
                root,
                cells,
                has_objects,
                sender,
                size,
            })))
        }
        Err((kind, text)) => context.raise(kind, text),
    }
}

/// About how many bytes a value takes in a pipe.
pub(crate) fn size(machine: &Machine, space: &Space, value: &Val) -> u32 {
    let mut budget = 2_000;
    measure(machine, space, value, &mut budget)
}

/// What comes after so many values, or contains itself, is not measured.
fn measure(machine: &Machine, space: &Space, value: &Val, budget: &mut u32) -> u32 {
    if *budget == 0 {
        return 0;
    }
    *budget -= 1;
    let mut sum = |values: &mut dyn Iterator<Item = &Val>| {
        values.fold(8_u32, |total, value| {
            total.saturating_add(measure(machine, space, value, budget))
        })
    };
    match value {
        Val::Text(text) => 12 + machine.code.names.text(*text).len() as u32,
        Val::Bytes(bytes) => 12 + machine.code.names.bytes(*bytes).len() as u32,
        Val::Tuple(items) => sum(&mut items.iter()),
        Val::Ref(at) => match space.cells.get(*at as usize) {
            // Depth is bounded with the number of values: each level takes one.
            Some(Cell::List(items)) => sum(&mut items.iter()),
            Some(Cell::Dict(pairs)) => sum(&mut pairs.iter().flat_map(|(key, value)| [key, value])),
            _ => 64,
        },
        Val::Object(_) => 256,
        _ => 8,
    }
}

struct Packer<'a> {
    machine: &'a Machine,
    state: &'a State,
    space: &'a Space,
    passage: Passage,
    cells: Vec<Cell>,
    seen: FxHashMap<u32, u32>,
    has_objects: bool,
    size: u32,
    depth: u32,
}

/// The most containers within containers that a message has.
const DEPTH_MAX: u32 = 200;

type Refused = (ErrorKind, &'static str);

impl Packer<'_> {
    fn value(&mut self, value: &Val) -> Result<Val, Refused> {
        Ok(match value {
            Val::Tuple(items) => {
                self.size += 8;
                let items: Result<Vec<Val>, Refused> =
                    items.iter().map(|item| self.value(item)).collect();
                Val::Tuple(items?.into())
            }
            Val::Ref(at) => Val::Ref(self.cell(*at)?),
            Val::Function(_) => {
                self.has_objects = true;
                value.clone()
            }
            Val::Object(id) => {
                self.object(*id)?;
                self.has_objects = true;
                self.size += 256;
                value.clone()
            }
            scalar => {
                self.size += size(self.machine, self.space, scalar);
                scalar.clone()
            }
        })
    }

    fn cell(&mut self, at: u32) -> Result<u32, Refused> {
        if let Some(known) = self.seen.get(&at) {
            return Ok(*known);
        }
        if self.depth == DEPTH_MAX {
            return Err((ErrorKind::Serialize, "this value nests too deeply"));
        }
        self.depth += 1;
        let place = self.cells.len() as u32;
        self.seen.insert(at, place);
        self.cells.push(Cell::List(Vec::new()));
        self.size += 8;
        let cell = match &self.space.cells[at as usize] {
            Cell::List(items) => {
                let items: Result<Vec<Val>, Refused> =
                    items.iter().map(|item| self.value(item)).collect();
                Cell::List(items?)
            }
            Cell::Dict(pairs) => {
                let pair = |(key, value): &(Val, Val)| Ok((self.value(key)?, self.value(value)?));
                let pairs: Result<Vec<(Val, Val)>, Refused> = pairs.iter().map(pair).collect();
                Cell::Dict(pairs?)
            }
            Cell::Connection(end) if !end.is_open && self.passage != Passage::Fork => {
                return Err((ErrorKind::Closed, "the connection is closed"));
            }
            Cell::Connection(end) => {
                self.has_objects = true;
                Cell::Connection(end.clone())
            }
        };
        self.cells[place as usize] = cell;
        self.depth -= 1;
        Ok(place)
    }

    fn object(&self, id: u32) -> Result<(), Refused> {
        let object = &self.state.objects[id as usize];
        if self.passage == Passage::Fork || object.manager != NOBODY {
            return Ok(());
        }
        match object.body {
            Body::Process(_) | Body::Pool(_) | Body::Job(_) => {
                Err((ErrorKind::Serialize, "this object cannot leave its process"))
            }
            Body::Lock(_)
            | Body::Condition(_)
            | Body::Event(_)
            | Body::Barrier(_)
            | Body::Queue(_)
            | Body::Shared(_)
                if self.passage == Passage::Send =>
            {
                Err((
                    ErrorKind::NotInheritable,
                    "this object is only given to a new process",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// What the error says of a connection that did not arrive.
pub(crate) const LOST_HANDLE: &str = "the process that sent this connection has ended";

/// Whether a connection was sent by a process that has ended: it may not arrive.
pub(crate) fn may_be_lost(state: &State, parcel: &Parcel) -> bool {
    let sender = sender(parcel).map(|sender| &state.objects[sender as usize].body);
    matches!(sender, Some(Body::Process(sender)) if !sender.is_running())
}

/// Who sent the connection that is in a message.
pub(crate) fn sender(parcel: &Parcel) -> Option<ObjectId> {
    match parcel {
        Parcel::Copy(message) if message.sender != NOBODY => Some(message.sender),
        _ => None,
    }
}

/// Puts what arrived into a process's memory.
pub(crate) fn unpack(state: &mut State, process: ProcessId, parcel: &Parcel) -> Val {
    let message = match parcel {
        Parcel::Same(value) => return value.clone(),
        Parcel::Bytes(bytes, _) => return Val::Bytes(*bytes),
        Parcel::Copy(message) => message,
    };
    let cells = &mut state.space_mut(process).cells;
    let base = cells.len() as u32;
    for cell in &message.cells {
        let mut cell = cell.clone();
        match &mut cell {
            Cell::List(items) => items.iter_mut().for_each(|item| shift(item, base)),
            Cell::Dict(pairs) => pairs.iter_mut().for_each(|(key, value)| {
                shift(key, base);
                shift(value, base);
            }),
            Cell::Connection(_) => {}
        }
        cells.push(cell);
    }
    let mut root = message.root.clone();
    shift(&mut root, base);
    root
}

fn shift(value: &mut Val, base: u32) {
    match value {
        Val::Ref(at) => *at += base,
        Val::Tuple(items) => {
            let mut moved = items.to_vec();
            moved.iter_mut().for_each(|item| shift(item, base));
            *items = moved.into();
        }
        _ => {}
    }
}
