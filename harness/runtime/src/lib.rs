//! Python's multiprocessing in the manner of Rust: processes, pools, pipes, queues, locks, managers.

#![forbid(unsafe_code)]
