//! Attributes: each row of the catalogue is a variant, as each method is.

use super::Kind;

/// What the catalogue says of an attribute of a class.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Which attribute it is.
    pub attribute: Attribute,
    /// Its name; `*` stands for any.
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

const fn row(attribute: Attribute, name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        attribute,
        name,
        doc,
        kind,
        writable: false,
        threads: true,
    }
}

impl Field {
    const fn writable(mut self) -> Field {
        self.writable = true;
        self
    }

    pub(super) const fn no_threads(mut self) -> Field {
        self.threads = false;
        self
    }
}

/// Makes the tables of attributes, an enum of each and one of all.
macro_rules! attributes {
    ($(
        $(#[$doc:meta])*
        $family:ident($enum:ident) {
            $($variant:ident $name:literal ($kind:expr, $text:literal) $(.$flag:ident)*;)*
        }
    )*) => {
        /// An attribute, of whichever of the classes that have it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Attribute {
            $($(#[$doc])* $family($enum),)*
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $enum {
                $(#[doc = concat!("`", $name, "`.")] $variant,)*
            }

            impl $enum {
                /// The rows, in the order of the variants.
                pub const ROWS: &'static [Field] = &[
                    $(
                        row(Attribute::$family($enum::$variant), $name, $kind, $text)
                            $(.$flag())*,
                    )*
                ];
            }
        )*

        impl Attribute {
            /// Its name; `*` stands for any.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Attribute::$family(attribute) => $enum::ROWS[attribute as usize].name,)*
                }
            }
        }
    };
}

attributes! {
    /// Of processes.
    Process(ProcessAttribute) {
        Name "name" (Kind::Text, "Its label.").writable;
        Daemon "daemon" (Kind::Bool, "Whether it ends with its creator; set before start.").writable;
        Pid "pid" (Kind::Opaque, "Its number, None before start.").no_threads;
        ExitCode "exitcode" (Kind::Any, "None while it runs, its code, or minus its signal.");
        AuthKey "authkey" (Kind::Opaque, "Its key, inherited.").no_threads;
    }
    /// Of connections.
    Connection(ConnectionAttribute) {
        Closed "closed" (Kind::Bool, "Whether this end is closed.").no_threads;
        Readable "readable" (Kind::Bool, "Whether this end reads.").no_threads;
        Writable "writable" (Kind::Bool, "Whether this end writes.").no_threads;
    }
    /// Of barriers, also a manager's.
    Barrier(BarrierAttribute) {
        Parties "parties" (Kind::Int, "How many must meet.");
        Waiting "n_waiting" (Kind::Int, "How many wait now.");
        Broken "broken" (Kind::Bool, "Whether it is broken.");
    }
    /// Of values in shared memory.
    Shared(SharedAttribute) {
        Value "value" (Kind::Any, "The number; reading and writing are one access each.").writable;
    }
    /// Of a manager's values.
    ManagedValue(ManagedValueAttribute) {
        Value "value" (Kind::Any, "The value.").writable;
    }
    /// Of managers that listen.
    Manager(ManagerAttribute) {
        Address "address" (Kind::Opaque, "Where it listens.");
    }
    /// Of a manager's namespaces.
    Namespace(NamespaceAttribute) {
        Any "*" (Kind::Any, "Any name.").writable;
    }
}
