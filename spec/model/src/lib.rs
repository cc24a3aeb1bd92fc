//! The executable specification: what a program may do under each start method.

#![forbid(unsafe_code)]
