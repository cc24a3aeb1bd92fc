//! Flat instructions on an operand stack.

use poolproof_case::catalogue::{AttributeName, MethodName, Object};
use poolproof_case::program::{BinaryOperator, UnaryOperator};
use poolproof_case::{ErrorKind, Value};

use crate::state::{Signal, Symbol, Val};

/// One instruction; what it takes from the stack and leaves there stands beside it.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// → value
    Constant(Val),
    /// → a fresh copy of a literal container
    Literal(Value),
    /// → value
    Load(u16),
    /// value →
    Store(u16),
    Delete(u16),
    /// → value
    LoadGlobal(u16),
    /// value →
    StoreGlobal(u16),
    /// value →
    Pop,
    /// → the value at this depth
    Peek(u16),
    /// n values → list
    List(u16),
    /// n values → tuple
    Tuple(u16),
    /// n values → dict
    Dict(Vec<Value>),
    /// start, end → range
    Range,
    /// container, index → item
    Item,
    /// value, container, index →
    SetItem,
    /// container, start, end → part
    Slice,
    /// object → value
    GetAttribute(u16),
    /// value, object →
    SetAttribute(u16),
    Binary(BinaryOperator),
    Unary(UnaryOperator),
    Jump(u32),
    /// condition →
    JumpIfFalse(u32),
    /// condition → condition where it jumps
    JumpIfFalseKeep(u32),
    JumpIfTrueKeep(u32),
    /// sequence → sequence, number of the next item
    Iterate,
    /// sequence, number → sequence, number, item; or jumps →
    Next(u32),
    /// sequence → its items, the first on top
    Unpack(u16),
    /// arguments → result
    CallFunction(u16, u16),
    /// Puts the values on top in another order: each place gets the one that was at this number.
    Arrange(Box<[u16]>),
    /// receiver, arguments → result
    CallMethod(u16),
    /// arguments → object
    New(u16),
    /// n values →
    Print(u16),
    /// context manager → context manager
    Enter,
    /// Leaves the context manager at this depth.
    Leave(u16),
    /// error →
    Raise,
    /// error → error; jumps where the pattern does not fit
    Match(Option<ErrorKind>, u32),
    /// text → error
    Error(ErrorKind),
    /// value →
    Return,
    /// code →
    Exit,
    /// process →
    Signal(Signal),
    Settle,
}

/// A method call as written.
#[derive(Clone, Debug)]
pub(crate) struct CallSite {
    pub(crate) name: MethodName,
    pub(crate) positional: u16,
    pub(crate) named: Vec<String>,
}

impl CallSite {
    pub(crate) fn count(&self) -> usize {
        usize::from(self.positional) + self.named.len()
    }
}

/// An attribute as written.
#[derive(Clone, Debug)]
pub(crate) struct AttributeSite {
    pub(crate) name: AttributeName,
    /// Its text, which a namespace keeps it under.
    pub(crate) symbol: Symbol,
}

/// A construction as written.
#[derive(Clone, Debug)]
pub(crate) struct NewSite {
    pub(crate) object: &'static Object,
    pub(crate) positional: u16,
    pub(crate) named: Vec<String>,
}

impl NewSite {
    pub(crate) fn count(&self) -> usize {
        usize::from(self.positional) + self.named.len()
    }
}
