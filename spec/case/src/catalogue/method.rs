//! Methods: each row of the catalogue is a variant of the enum of those who share it.
//!
//! Whoever gives methods a meaning matches these enums without a `_`, so that no row is forgotten.

use super::connection::ConnectionMethod;
use super::container::{DictMethod, ListMethod};
use super::lock::{BarrierMethod, ConditionMethod, EventMethod, LockMethod};
use super::manager::{ManagedValueMethod, ManagerMethod};
use super::pool::{AsyncResultMethod, PoolMethod, ResultIteratorMethod};
use super::process::{ModuleMethod, ProcessMethod};
use super::queue::{QueueMethod, SimpleQueueMethod};
use super::shared::SharedMethod;
use super::{Class, Kind, Parameter, Raise};

/// Makes the rows of a table and an enum of them, a variant a row.
macro_rules! methods {
    (
        $(#[$doc:meta])*
        $enum:ident of $family:ident;
        $($variant:ident $name:literal ($($row:tt)*) $($flag:ident)?;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum {
            $(#[doc = concat!("`", $name, "`.")] $variant,)*
        }

        impl $enum {
            /// The rows, in the order of the variants.
            pub const ROWS: &'static [$crate::catalogue::Signature] = &[
                $(
                    $crate::catalogue::method::row(
                        $crate::catalogue::Method::$family($enum::$variant),
                        $name,
                        $($row)*
                    )$(.$flag())?,
                )*
            ];

            /// What the catalogue says of it.
            #[must_use]
            pub const fn row(self) -> $crate::catalogue::Signature {
                Self::ROWS[self as usize]
            }
        }
    };
}
pub(super) use methods;

/// What the catalogue says of a method on a class.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Which method it is.
    pub method: Method,
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

pub(super) const fn row(
    method: Method,
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Kind,
    raises: &'static [Raise],
    doc: &'static str,
) -> Signature {
    Signature {
        method,
        name,
        doc,
        parameters,
        returns,
        raises,
        threads: true,
    }
}

impl Signature {
    pub(super) const fn no_threads(mut self) -> Signature {
        self.threads = false;
        self
    }

    pub(super) const fn with_threads(mut self) -> Signature {
        self.threads = true;
        self
    }

    /// The same method where another class raises something else.
    pub(super) const fn raising(
        mut self,
        raises: &'static [Raise],
        doc: &'static str,
    ) -> Signature {
        self.raises = raises;
        self.doc = doc;
        self
    }
}

/// Makes the enum of all methods, of the enums of each table.
macro_rules! families {
    ($($(#[$doc:meta])* $family:ident($enum:ident),)*) => {
        /// A method, of whichever of the classes that have it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Method {
            $($(#[$doc])* $family($enum),)*
            /// Of a context: makes an object of a class.
            Make(Class),
        }

        impl Method {
            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Method::$family(method) => $enum::ROWS[method as usize].name,)*
                    Method::Make(class) => class.name(),
                }
            }

            /// Its parameters, which are the same on each class that has it.
            #[must_use]
            pub fn parameters(self) -> &'static [Parameter] {
                match self {
                    $(Method::$family(method) => $enum::ROWS[method as usize].parameters,)*
                    Method::Make(class) => class.object().constructor.unwrap_or(&[]),
                }
            }
        }
    };
}

families! {
    /// Of the module, and of contexts.
    Module(ModuleMethod),
    /// Of processes.
    Process(ProcessMethod),
    /// Of pools.
    Pool(PoolMethod),
    /// Of results that come later.
    AsyncResult(AsyncResultMethod),
    /// Of results one by one.
    ResultIterator(ResultIteratorMethod),
    /// Of connections.
    Connection(ConnectionMethod),
    /// Of queues, also a manager's.
    Queue(QueueMethod),
    /// Of simple queues.
    SimpleQueue(SimpleQueueMethod),
    /// Of locks and semaphores, also a manager's.
    Lock(LockMethod),
    /// Of conditions, also a manager's.
    Condition(ConditionMethod),
    /// Of events, also a manager's.
    Event(EventMethod),
    /// Of barriers, also a manager's.
    Barrier(BarrierMethod),
    /// Of locked values and arrays in shared memory.
    Shared(SharedMethod),
    /// Of managers, wherever they are.
    Manager(ManagerMethod),
    /// Of a manager's values.
    ManagedValue(ManagedValueMethod),
    /// Of lists, also a manager's.
    List(ListMethod),
    /// Of dicts, also a manager's.
    Dict(DictMethod),
}
