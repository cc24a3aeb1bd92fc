//! What the forms of a case mean together: names, signatures, cycles, what may be printed.
//!
//! Reading has made sure that each form is whole; this changes nothing but which names are global.

mod names;
mod signatures;

use crate::diagnostic::Diagnostic;
use crate::program::Case;

/// Adds what is wrong with a case, and turns the names of global variables into globals.
pub(crate) fn check(case: &mut Case, mistakes: &mut Vec<Diagnostic>) {
    let before = mistakes.len();
    names::check(&mut case.program, mistakes);
    if mistakes.len() > before {
        // Without its names, what else is said of a program would mislead.
        return;
    }
    signatures::check(&case.program, mistakes);
}
