//! Messages on a connection.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: poolproof_runtime::fuzzing::prepare(),
    |bytes: &[u8]| poolproof_runtime::fuzzing::framing(bytes)
);
