//! Writes a case as a Python program.

#![forbid(unsafe_code)]
