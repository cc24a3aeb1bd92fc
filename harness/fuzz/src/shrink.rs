//! The smallest program that still shows what a larger one showed.

use poolproof_case::Case;

use crate::edit::edited;
use crate::write::write;

/// A case that is still wrong, and is so no more after any one of the changes that would make it
/// smaller: a function, statement, block, parameter, argument, start method or value less.
///
/// `still_wrong` is asked of each smaller case that passes the checks of cases; where it always
/// answers yes to what it is given at first, the result is as wrong as that.
///
/// # Examples
/// ```
/// let text = r#"Case(title: "Two lines", clauses: ["C"], claims: [], main: [
///     Print(["first"]),
///     If(true, [Print(["second"])]),
/// ])"#;
/// let case = poolproof_case::read("two", text, &["C"]).unwrap();
/// let prints_second = |case: &poolproof_case::Case| poolproof_fuzz::write(case).contains("second");
/// let small = poolproof_fuzz::shrink(&case, prints_second);
/// assert_eq!(small.program.main.len(), 1);
/// assert!(!poolproof_fuzz::write(&small).contains("If"));
/// ```
pub fn shrink(case: &Case, mut still_wrong: impl FnMut(&Case) -> bool) -> Case {
    let mut smallest = case.clone();
    loop {
        let mut number = 0;
        let mut is_smaller = false;
        while let Some(smaller) = edited(&smallest, number) {
            match again(&smaller).filter(|smaller| still_wrong(smaller)) {
                Some(smaller) => {
                    // What comes next has the number of what is gone now.
                    smallest = smaller;
                    is_smaller = true;
                }
                None => number += 1,
            }
        }
        if !is_smaller {
            return smallest;
        }
    }
}

/// The case as its file reads; none where it is no case any more.
fn again(case: &Case) -> Option<Case> {
    let clauses: Vec<&str> = case.clauses.iter().map(String::as_str).collect();
    poolproof_case::read(&case.id, &write(case), &clauses).ok()
}
