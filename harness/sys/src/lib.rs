//! Processes, handles, shared memory and waiting, with the same functions on each system.
