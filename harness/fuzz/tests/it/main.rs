//! What is held of generated programs, of their files, and of the way to a smaller one.

#![forbid(unsafe_code)]

mod generated;
mod smaller;

use poolproof_case::Case;

/// The program of this seed.
fn generate(seed: u64) -> Case {
    match poolproof_fuzz::generate(seed, 3..=25) {
        Ok(case) => case,
        Err(mistakes) => panic!("seed {seed}: {mistakes:?}"),
    }
}

/// The case in a text.
fn read(text: &str) -> Case {
    match poolproof_case::read("test", text, &["C"]) {
        Ok(case) => case,
        Err(mistakes) => panic!(
            "{}",
            poolproof_case::render(&mistakes[0], "test", text, false)
        ),
    }
}
