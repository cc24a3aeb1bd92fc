//! Python's classes of errors: which a kind has, and which of them contain others.

use std::collections::BTreeSet;

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::python_classes;
use poolproof_case::program::{Block, ErrorPattern};

/// Names of Python's classes.
pub(crate) type Classes = BTreeSet<&'static str>;

/// Subclasses and classes that contain them, of those that the catalogue names.
const BELOW: &[(&str, &str)] = &[
    ("BrokenPipeError", "OSError"),
    ("ConnectionRefusedError", "OSError"),
    ("ConnectionResetError", "OSError"),
    (
        "multiprocessing.AuthenticationError",
        "multiprocessing.ProcessError",
    ),
    (
        "multiprocessing.TimeoutError",
        "multiprocessing.ProcessError",
    ),
    ("threading.BrokenBarrierError", "RuntimeError"),
    ("threading.BrokenBarrierError", THREADS_MISUSE),
    (THREADS_MISUSE, "RuntimeError"),
];

/// What a program calls the class that threads alone raise for wrong usage; where the program runs
/// on processes, it is the class that these have for it.
pub(crate) const THREADS_MISUSE: &str = "THREADS_MISUSE";

/// The class that a program raises for a kind.
pub(crate) fn first_class(kind: ErrorKind) -> &'static str {
    let classes = python_classes(kind);
    classes.split(", ").next().unwrap_or(classes)
}

/// Every class that Python has for a kind.
pub(crate) fn all_classes(kind: ErrorKind) -> Classes {
    python_classes(kind).split(", ").collect()
}

/// The kinds that a `Try` names.
pub(crate) fn taken(handlers: &[(ErrorPattern, Block)]) -> impl Iterator<Item = ErrorKind> {
    handlers.iter().filter_map(|(pattern, _)| match pattern {
        ErrorPattern::Kind(kind) => Some(*kind),
        ErrorPattern::Any => None,
    })
}

/// Whether Python has a class below another.
pub(crate) fn is_below(class: &str, of: &str) -> bool {
    BELOW.contains(&(class, of))
}

/// Whether only processes raise a kind: threads import nothing and send nothing.
pub(crate) fn is_of_processes(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Bootstrapping | ErrorKind::Serialize | ErrorKind::NotInheritable
    )
}

/// Whether a handler of a class takes errors that a kind has with another one.
pub(crate) fn is_taken(raised: &str, kind: ErrorKind, caught: &str) -> bool {
    match (raised, caught) {
        (THREADS_MISUSE, "RuntimeError") => true,
        ("RuntimeError", THREADS_MISUSE) => !is_of_processes(kind),
        _ => raised == caught,
    }
}

/// The class of a kind that has one of its own.
pub(crate) fn marked(kind: ErrorKind) -> &'static str {
    use ErrorKind as K;
    match kind {
        K::Closed => "ClosedKind",
        K::Empty => "EmptyKind",
        K::Full => "FullKind",
        K::Timeout => "TimeoutKind",
        K::Eof => "EofKind",
        K::BrokenPipe => "BrokenPipeKind",
        K::OverRelease => "OverReleaseKind",
        K::NotOwner => "NotOwnerKind",
        K::NotInheritable => "NotInheritableKind",
        K::Usage => "UsageKind",
        K::Bootstrapping => "BootstrappingKind",
        K::Serialize => "SerializeKind",
        K::Deserialize => "DeserializeKind",
        K::WorkerLost => "WorkerLostKind",
        K::OwnerDied => "OwnerDiedKind",
        K::Auth => "AuthKind",
        K::BrokenBarrier => "BrokenBarrierKind",
        K::BrokenPool => "BrokenPoolKind",
        K::Value => "ValueKind",
        K::Type => "TypeKind",
        K::Key => "KeyKind",
        K::Index => "IndexKind",
        K::Attribute => "AttributeKind",
        K::Runtime => "RuntimeKind",
        K::ZeroDivision => "ZeroDivisionKind",
        K::Overflow => "OverflowKind",
    }
}
