//! How fast the runtime is beside the system's own calls, other crates and CPython, measured in one
//! run: `cargo bench -p poolproof-runtime`; what the figures mean is in `docs/performance.md`.
//!
//! The limits are written on Linux's system calls, so that other systems have nothing to run here.

#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the benches compare with Linux's system calls, and run on Linux only");
}
