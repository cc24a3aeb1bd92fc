//! The first words of a peer who does not know the key.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: poolproof_runtime::fuzzing::prepare(),
    |bytes: &[u8]| poolproof_runtime::fuzzing::handshake(bytes)
);
