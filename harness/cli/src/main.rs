//! The one binary: a dispatch to the runner or to a driver.

#![forbid(unsafe_code)]

fn main() {}
