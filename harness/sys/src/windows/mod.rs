//! The promises of this crate, kept with Win32 calls.
