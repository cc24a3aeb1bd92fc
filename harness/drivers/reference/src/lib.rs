//! Runs a case on the reference runtime.

#![forbid(unsafe_code)]
