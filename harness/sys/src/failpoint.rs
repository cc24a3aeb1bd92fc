//! Places where a process can be made to die, for those who test what its death leaves behind.
//!
//! There is one before and one after every system call and every write to shared memory: `call!`
//! stands around the calls, and the words of [`crate::atomic`] have theirs in each method that
//! writes. A place is known by where it stands in the source, so it has no name to forget.
//!
//! Without the feature `failpoints` there is nothing of all this in the program.
//! With it, a process looks at its environment once:
//!
//! - [`RECORD`] names a file to which each process appends a line for each place that it comes to:
//!   `role<TAB>place<TAB>side<TAB>nth`, for the first, second, fourth, eighth … time.
//! - [`KILL`] is such a line: the process of that role dies there at once, the first that comes, if
//!   it can create the file that [`TOKEN`] names, so that only one dies.

/// The variable that names the file of places that were come to.
pub const RECORD: &str = "POOLPROOF_FAILPOINT_RECORD";
/// The variable that says who dies where.
pub const KILL: &str = "POOLPROOF_FAILPOINT_KILL";
/// The variable that names the file which the one that dies creates.
pub const TOKEN: &str = "POOLPROOF_FAILPOINT_TOKEN";

/// The role of a process that has not been told who it is.
pub const STARTING: &str = "Starting";

/// Which side of a call or write a place is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Nothing has happened yet.
    Before,
    /// It has happened.
    After,
}

#[cfg(feature = "failpoints")]
#[path = "failpoint/armed.rs"]
mod kind;
#[cfg(not(feature = "failpoints"))]
#[path = "failpoint/none.rs"]
mod kind;

pub(crate) use kind::OnDrop;
pub use kind::{hit, set_role};

/// A call to the system, with a place to die before it and one after it.
macro_rules! call {
    ($call:expr) => {{
        $crate::failpoint::hit($crate::failpoint::Side::Before);
        let outcome = $call;
        $crate::failpoint::hit($crate::failpoint::Side::After);
        outcome
    }};
}
