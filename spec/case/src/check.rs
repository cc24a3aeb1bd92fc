//! What the forms of a case mean together: names, signatures, members, cycles, what may be printed.
//!
//! Reading has made sure that each form is whole; this changes nothing but which names are global.

mod cycles;
mod loops;
mod members;
mod names;
mod prints;
mod relations;
mod signatures;
mod sizes;

pub(crate) use signatures::misfit;

use crate::diagnostic::Diagnostic;
use crate::infer::infer;
use crate::program::{Case, Place, Program};
use crate::uses::blocks;

/// Adds what is wrong with a case, and turns the names of global variables into globals.
pub(crate) fn check(case: &mut Case, mistakes: &mut Vec<Diagnostic>) {
    check_claims(case, mistakes);
    relations::check(case, mistakes);
    if case.contenders.is_empty() {
        check_program(&mut case.program, mistakes);
    }
    for (_, program) in &mut case.contenders {
        check_program(program, mistakes);
    }
}

fn check_program(program: &mut Program, mistakes: &mut Vec<Diagnostic>) {
    let before = mistakes.len();
    names::check(program, mistakes);
    if mistakes.len() > before {
        // Without its names, what else is said of a program would mislead.
        return;
    }
    signatures::check(program, mistakes);
    cycles::check(program, mistakes);
    let types = infer(program);
    for (name, block) in blocks(program) {
        sizes::check(block, mistakes);
        loops::check(block, mistakes);
        members::check(&types, name, block, mistakes);
        prints::check(&types, name, block, mistakes);
    }
}

/// A claim for a start method that the case is not made for would never be looked at.
fn check_claims(case: &Case, mistakes: &mut Vec<Diagnostic>) {
    for claim in &case.claims {
        for method in &claim.methods {
            if !case.methods.contains(method) {
                let message = format!("this claim is for `{method}`, which the case leaves out");
                let help = "add it to `methods`, or remove the claim";
                mistakes.push(Diagnostic::new(claim.place, message).help(help));
            }
        }
    }
    if case.twin.as_deref() == Some(case.id.as_str()) {
        let message = "a case cannot be its own twin";
        let help = "`twin` is the id of the same program without what makes the claims true";
        mistakes.push(Diagnostic::new(Place::default(), message).help(help));
    }
}
