//! How fast the specification explores programs, with and without reduction and beside a peer,
//! measured in one run: `cargo bench -p poolproof-spec`; what the figures mean is in
//! `docs/performance.md`.
//!
//! Times and memory are read as Linux tells them, so that other systems have nothing to run here.

#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the bench reads times and memory as Linux tells them, and runs on Linux only");
}
