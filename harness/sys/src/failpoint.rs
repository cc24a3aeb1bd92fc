//! Places where a process can be made to die, and calls that can be made to fail, for those who test
//! what becomes of it.
//!
//! There is a place before and one after every system call and every write to shared memory: `call!`
//! stands around the calls, and the words of [`crate::atomic`] have theirs in each method that
//! writes. A place is known by where it stands in the source, so it has no name to forget.
//!
//! What a call can fail with for want of something stands before it: `call!(EMFILE | ENFILE, …)`. It
//! is only ever made to fail with one of these.
//!
//! Without the feature `failpoints` there is nothing of all this in the program.
//! With it, a process looks at its environment once:
//!
//! - [`RECORD`] names a file to which each process appends a line for each place that it comes to:
//!   `role<TAB>place<TAB>side<TAB>nth`, for the first, second, fourth, eighth … time; and one for each
//!   call and each error that it can fail with: `role<TAB>error<TAB>nth`.
//! - [`KILL`] is a line of a place: the process of that role dies there at once, the first that comes,
//!   if it can create the file that [`TOKEN`] names, so that only one dies.
//! - [`FAIL`] is a line of a call: in the process of that role the nth call that can fail so does, in
//!   the first that comes to it, as above. With `<TAB>milliseconds` behind it, so do all that follow
//!   in that process for so long.

/// The variable that names the file of what was come to.
pub const RECORD: &str = "POOLPROOF_FAILPOINT_RECORD";
/// The variable that says who dies where.
pub const KILL: &str = "POOLPROOF_FAILPOINT_KILL";
/// The variable that says whose call fails how.
pub const FAIL: &str = "POOLPROOF_FAILPOINT_FAIL";
/// The variable that names the file which the one creates that dies, or whose call fails.
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

/// What a call can fail with: what the system calls it, and its number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    #[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "only named"))]
    pub(crate) name: &'static str,
    #[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "only named"))]
    pub(crate) number: i32,
}

/// What a call of the system gives that fails.
pub(crate) trait Refused {
    /// It, with this error.
    fn with(error: i32) -> Self;
}

#[cfg(feature = "failpoints")]
#[path = "failpoint/armed.rs"]
mod kind;
#[cfg(not(feature = "failpoints"))]
#[path = "failpoint/none.rs"]
mod kind;

pub(crate) use kind::{OnDrop, refusal};
pub use kind::{hit, set_role};

/// A call to the system, with a place to die before it and one after it, and before it what it can
/// fail with for want of something.
macro_rules! call {
    ($($error:ident)|+, $call:expr) => {{
        $crate::failpoint::hit($crate::failpoint::Side::Before);
        const CAN_FAIL: &[$crate::failpoint::Refusal] = &[$($crate::failpoint::Refusal {
            name: stringify!($error),
            number: $crate::system::refusals::$error as i32,
        }),+];
        let outcome = match $crate::failpoint::refusal(CAN_FAIL) {
            Some(error) => $crate::failpoint::Refused::with(error),
            None => $call,
        };
        $crate::failpoint::hit($crate::failpoint::Side::After);
        outcome
    }};
    ($call:expr) => {{
        $crate::failpoint::hit($crate::failpoint::Side::Before);
        let outcome = $call;
        $crate::failpoint::hit($crate::failpoint::Side::After);
        outcome
    }};
}
