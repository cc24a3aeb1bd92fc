//! Records and the reports made from them.

#![forbid(unsafe_code)]
