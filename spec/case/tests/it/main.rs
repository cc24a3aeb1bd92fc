//! The case language from the outside: messages for bad cases, robustness, and agreement with Python.

mod bad;
mod catalogue;
mod mutations;
mod printing;
mod python;
