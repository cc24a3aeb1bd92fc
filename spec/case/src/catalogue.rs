//! The object catalogue: every object that a program can use, its methods, their parameters and errors.
//!
//! One table that the checker, the specification, the Python writer, the reference driver and the
//! documentation read, so that they cannot differ in what exists; what a method *means* is theirs.

mod connection;
mod container;
mod lock;
mod manager;
mod pool;
mod process;
mod queue;
mod shared;

use crate::error_kind::ErrorKind;

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
    Object(&'static str),
    /// Two objects of the catalogue.
    Pair(&'static str, &'static str),
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

/// A method.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub doc: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub returns: Kind,
    /// What it may raise.
    pub raises: &'static [Raise],
    /// Whether it exists where processes are threads (`multiprocessing.dummy`).
    pub threads: bool,
}

/// An attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub doc: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether `SetAttr` may set it.
    pub writable: bool,
    /// Whether it exists where processes are threads.
    pub threads: bool,
}

/// An object.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Its name, as `New` takes it.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub doc: &'static str,
    /// Its constructor's parameters; `None` where it comes only out of other objects.
    pub constructor: Option<&'static [Parameter]>,
    /// What `New` gives; [`Kind::Any`]: the object itself.
    pub makes: Kind,
    /// Its methods.
    pub methods: &'static [Method],
    /// Its attributes; one named `*` stands for any name.
    pub attributes: &'static [Attribute],
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

/// Every object, by area.
pub fn objects() -> impl Iterator<Item = &'static Object> {
    [
        process::OBJECTS,
        pool::OBJECTS,
        connection::OBJECTS,
        queue::OBJECTS,
        lock::OBJECTS,
        shared::OBJECTS,
        manager::OBJECTS,
        container::OBJECTS,
    ]
    .into_iter()
    .flatten()
}

/// The object of this name.
#[must_use]
pub fn object(name: &str) -> Option<&'static Object> {
    objects().find(|object| object.name == name)
}

impl Object {
    /// The method of this name; a context also has each object that it makes, as a method.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&'static Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name || attribute.name == "*")
    }
}

/// Why arguments do not fit a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindError {
    /// More by position than there are parameters; the number of parameters.
    TooMany(usize),
    /// No parameter of this name.
    Unknown(String),
    /// Given twice.
    Twice(String),
    /// Required and not given.
    Missing(&'static str),
}

/// Puts arguments in the order of the parameters; `None` where the default holds.
///
/// # Errors
/// When an argument fits no parameter, stands twice, or is missing.
pub fn bind<T, N: AsRef<str>>(
    parameters: &'static [Parameter],
    positional: Vec<T>,
    named: Vec<(N, T)>,
) -> Result<Vec<Option<T>>, BindError> {
    if positional.len() > parameters.len() {
        return Err(BindError::TooMany(parameters.len()));
    }
    let mut bound: Vec<Option<T>> = positional.into_iter().map(Some).collect();
    bound.resize_with(parameters.len(), || None);
    for (name, argument) in named {
        let index = parameters
            .iter()
            .position(|parameter| parameter.name == name.as_ref());
        let Some(index) = index else {
            return Err(BindError::Unknown(name.as_ref().to_owned()));
        };
        if bound[index].is_some() {
            return Err(BindError::Twice(name.as_ref().to_owned()));
        }
        bound[index] = Some(argument);
    }
    for (parameter, argument) in parameters.iter().zip(&bound) {
        if argument.is_none() && parameter.default == Default::Required {
            return Err(BindError::Missing(parameter.name));
        }
    }
    Ok(bound)
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

const fn method(
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Kind,
    raises: &'static [Raise],
    doc: &'static str,
) -> Method {
    Method {
        name,
        doc,
        parameters,
        returns,
        raises,
        threads: true,
    }
}

impl Method {
    const fn no_threads(mut self) -> Method {
        self.threads = false;
        self
    }
}

const fn attribute(name: &'static str, kind: Kind, doc: &'static str) -> Attribute {
    Attribute {
        name,
        doc,
        kind,
        writable: false,
        threads: true,
    }
}

impl Attribute {
    const fn writable(mut self) -> Attribute {
        self.writable = true;
        self
    }

    const fn no_threads(mut self) -> Attribute {
        self.threads = false;
        self
    }
}

const OBJECT: Object = Object {
    name: "",
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
};
