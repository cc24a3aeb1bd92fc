//! Written programs: what they look like, that every CPython takes them, and what they print.

mod compiles;
mod interpreters;
mod looks;
mod runs;
