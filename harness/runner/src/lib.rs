//! Discovers, runs and judges cases.

#![forbid(unsafe_code)]
