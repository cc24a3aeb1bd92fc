//! Requests to a manager by a client who knows the key.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: poolproof_runtime::fuzzing::prepare(),
    |bytes: &[u8]| poolproof_runtime::fuzzing::manager(bytes)
);
