//! Values while a program runs: scalars, references into a process's memory, and objects.
//!
//! Text and bytes are symbols of the machine's interner, so that a value is small and its key short.

use std::rc::Rc;

use poolproof_case::{ErrorKind, StartMethod};

/// A text or byte string in the machine's interner.
pub(crate) type Symbol = u32;
/// An object's place in the state.
pub(crate) type ObjectId = u32;
/// A process's place in the state.
pub(crate) type ProcessId = u32;
/// A memory's place in the state.
pub(crate) type SpaceId = u32;

/// The key of all processes of a program among what can only be compared: it never gets another number.
pub(crate) const AUTHKEY: u32 = 0;

/// No process: of one that has ended, or none at all.
pub(crate) const NOBODY: ProcessId = u32::MAX;

/// A value in a variable, on an operand stack or in a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Val {
    /// A variable without a value.
    Unset,
    None,
    Bool(bool),
    Int(i64),
    /// A float's bits.
    Float(u64),
    Text(Symbol),
    Bytes(Symbol),
    Tuple(Rc<[Val]>),
    /// A container or connection of the process's own memory.
    Ref(u32),
    /// A function of the program.
    Function(u16),
    Error(ErrorKind, Symbol),
    /// `sys.exit` on its way out.
    Exit(i32),
    Object(ObjectId),
    /// A pid, a default name, an address or a key: it can only be compared.
    Opaque(u32),
    /// A range: its next number and its end.
    Range(i64, i64),
    Soon,
    Late,
    /// The module with its default context.
    Module,
    Context(StartMethod),
}

impl Val {
    pub(crate) fn float(number: f64) -> Val {
        Val::Float(number.to_bits())
    }

    /// Whether a part of it is in its process's memory.
    pub(crate) fn may_change(&self) -> bool {
        match self {
            Val::Ref(_) => true,
            Val::Tuple(items) => items.iter().any(Val::may_change),
            _ => false,
        }
    }
}

/// What a reference refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cell {
    List(Vec<Val>),
    Dict(Vec<(Val, Val)>),
    /// One end of a pipe, as this process holds it.
    Connection(End),
}

/// One end of a pipe.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct End {
    pub(crate) pipe: ObjectId,
    /// 0 is the first end; of a one-way pipe it reads.
    pub(crate) side: u8,
    pub(crate) is_open: bool,
}

/// A value that left its process: a copy with containers of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) root: Val,
    pub(crate) cells: Vec<Cell>,
    /// Whether an object or a connection travels in it.
    pub(crate) has_objects: bool,
    /// The process that sends a connection in it, as an object: what it sends is a handle of its own,
    /// which it may have to hand over itself. [`NOBODY`] where none is in it.
    pub(crate) sender: ObjectId,
    /// About as many bytes as it takes in a pipe.
    pub(crate) size: u32,
}

/// A value on its way: a copy between processes, the very value between threads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Parcel {
    Copy(Rc<Message>),
    Same(Val),
    /// What was sent as bytes, and their number.
    Bytes(Symbol, u32),
}
