//! The object catalogue: every object that a program can use, its methods, their parameters and errors.
//!
//! One table that the checker, the specification, the Python writer, the reference driver and the
//! documentation read, so that they cannot differ in what exists; what a method *means* is theirs.

mod attribute;
mod binding;
mod class;
mod connection;
mod container;
mod lock;
mod manager;
mod method;
mod pool;
mod process;
mod queue;
mod shared;

use crate::error_kind::ErrorKind;
pub use attribute::{
    Attribute, BarrierAttribute, ConnectionAttribute, Field, ManagedValueAttribute,
    ManagerAttribute, NamespaceAttribute, ProcessAttribute, SharedAttribute,
};
pub use binding::{BindError, bind, places};
pub use class::{AttributeName, ByClass, Class, MethodName};
pub use connection::ConnectionMethod;
pub use container::{DictMethod, ListMethod};
pub use lock::{BarrierMethod, ConditionMethod, EventMethod, LockMethod};
pub use manager::{GONE, ManagedValueMethod, ManagerMethod};
pub use method::{Method, Signature};
pub use pool::{AsyncResultMethod, PoolMethod, ResultIteratorMethod};
pub use process::{ModuleMethod, ProcessMethod};
pub use queue::{QueueMethod, SimpleQueueMethod};
pub use shared::{SharedMethod, is_typecode};

/// What a parameter takes, an attribute is, or a method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any value.
    Any,
    /// Nothing but `None`.
    None,
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    Text,
    /// A byte string.
    Bytes,
    /// A function of the program (its name, or `Fn("f")`), or `None` where that is the default.
    Function,
    /// `Soon`, `Late`, zero, or `None` for no limit.
    Timeout,
    /// Something to iterate over.
    Sequence,
    /// A value that can be compared but not printed.
    Opaque,
    /// An object of the catalogue.
    Object(Class),
    /// Two objects of the catalogue.
    Pair(Class, Class),
}

/// A parameter of a constructor or method; names are Python's.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it is when not given.
    pub default: Default,
}

/// What a parameter is when it is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It must be given.
    Required,
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An empty tuple.
    Tuple,
    /// An empty dict.
    Dict,
    /// An empty list.
    List,
}

/// An error that a call may raise, and what Python raises for it.
#[derive(Clone, Copy, Debug)]
pub struct Raise {
    /// Its kind.
    pub kind: ErrorKind,
    /// Python's class or classes, separated by `, `; empty: the kind's own (see [`python_classes`]).
    pub classes: &'static str,
}

/// An object.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Its class.
    pub class: Class,
    /// Its name, as `New` takes it.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub doc: &'static str,
    /// Its constructor's parameters; `None` where it comes only out of other objects.
    pub constructor: Option<&'static [Parameter]>,
    /// What `New` gives; [`Kind::Any`]: the object itself.
    pub makes: Kind,
    /// Its methods.
    pub methods: &'static [Signature],
    /// Its attributes; one named `*` stands for any name.
    pub attributes: &'static [Field],
    /// What the constructor may raise.
    pub raises: &'static [Raise],
    /// Whether `With` enters and leaves it.
    pub context: bool,
    /// Whether `Item`, `Slice`, `SetItem` and `Len` work on it.
    pub items: bool,
    /// Whether a context makes it (`ctx.Queue()`).
    pub of_context: bool,
    /// Whether it exists where processes are threads.
    pub threads: bool,
}

/// The tables, by area.
const AREAS: &[&[Object]] = &[
    process::OBJECTS,
    pool::OBJECTS,
    connection::OBJECTS,
    queue::OBJECTS,
    lock::OBJECTS,
    shared::OBJECTS,
    manager::OBJECTS,
    container::OBJECTS,
];

/// Every object, by area.
pub fn objects() -> impl Iterator<Item = &'static Object> {
    AREAS.iter().copied().flatten()
}

/// The object of this name.
#[must_use]
pub fn object(name: &str) -> Option<&'static Object> {
    Class::of(name).map(Class::object)
}

impl Object {
    /// The method of this name; a context also has each object that it makes, as a method.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&'static Signature> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Field> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name || attribute.name == "*")
    }
}

/// The classes that Python raises for a kind, separated by `, `, where a method names no others.
#[must_use]
pub fn python_classes(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Closed => "OSError, ValueError",
        ErrorKind::Empty => "queue.Empty",
        ErrorKind::Full => "queue.Full",
        ErrorKind::Timeout => "multiprocessing.TimeoutError",
        ErrorKind::Eof => "EOFError",
        ErrorKind::BrokenPipe => "BrokenPipeError",
        ErrorKind::OverRelease | ErrorKind::Value => "ValueError",
        ErrorKind::NotOwner => "AssertionError",
        ErrorKind::Usage => "AssertionError, ValueError, TypeError",
        ErrorKind::NotInheritable | ErrorKind::Bootstrapping | ErrorKind::Runtime => "RuntimeError",
        ErrorKind::Serialize => "pickle.PicklingError, AttributeError, TypeError",
        ErrorKind::Deserialize => "pickle.UnpicklingError, AttributeError, TypeError",
        ErrorKind::Auth => "multiprocessing.AuthenticationError",
        ErrorKind::BrokenBarrier => "threading.BrokenBarrierError",
        ErrorKind::WorkerLost | ErrorKind::OwnerDied | ErrorKind::BrokenPool => "RuntimeError",
        ErrorKind::Type => "TypeError",
        ErrorKind::Key => "KeyError",
        ErrorKind::Index => "IndexError",
        ErrorKind::Attribute => "AttributeError",
        ErrorKind::ZeroDivision => "ZeroDivisionError",
        ErrorKind::Overflow => "OverflowError",
    }
}

// The tables are constants; these make their rows readable.

const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        default: Default::Required,
    }
}

const fn optional(name: &'static str, kind: Kind, default: Default) -> Parameter {
    Parameter {
        name,
        kind,
        default,
    }
}

const TIMEOUT: Parameter = optional("timeout", Kind::Timeout, Default::None);

const fn raise(kind: ErrorKind) -> Raise {
    Raise { kind, classes: "" }
}

const fn raise_as(kind: ErrorKind, classes: &'static str) -> Raise {
    Raise { kind, classes }
}

const fn object_of(class: Class) -> Object {
    Object {
        class,
        name: class.name(),
        doc: "",
        constructor: None,
        makes: Kind::Any,
        methods: &[],
        attributes: &[],
        raises: &[],
        context: false,
        items: false,
        of_context: true,
        threads: true,
    }
}
