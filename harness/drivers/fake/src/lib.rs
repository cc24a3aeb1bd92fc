//! Drivers that are wrong on purpose, for testing the judge.

#![forbid(unsafe_code)]
