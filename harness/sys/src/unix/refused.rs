//! Limits that the system sets to a process: which one a refused call has met, and what to do.

use std::io;

use rustix::process::{Resource, getrlimit};

/// The same error of a call that starts a thread or a process, with the limit that it has met.
#[must_use]
pub fn of_starting(error: io::Error) -> io::Error {
    let limits = match error.raw_os_error() {
        Some(libc::EAGAIN) => format!(
            "this user has as many processes and threads as it may ({}), or its cgroup \
             (`pids.max`), or the memory for a stack is refused ({})",
            said(Resource::Nproc, "ulimit -u", 1),
            said(Resource::As, "ulimit -v", 1024),
        ),
        Some(libc::ENOMEM) => format!("no memory is left for it ({})", of_memory_limits()),
        _ => return error,
    };
    io::Error::new(error.kind(), format!("{error}: {limits}"))
}

/// Whether what a call lacked may be there another time: files, processes, memory.
#[must_use]
pub fn may_pass(error: &io::Error) -> bool {
    use io::ErrorKind::{OutOfMemory, WouldBlock};
    let number = error.raw_os_error();
    let lacking = [
        libc::EMFILE,
        libc::ENFILE,
        libc::ENOBUFS,
        libc::ETOOMANYREFS,
    ];
    let is_lacking = |number| lacking.contains(&number);
    number.is_some_and(is_lacking) || [OutOfMemory, WouldBlock].contains(&error.kind())
}

/// The same error of a call that maps memory, with how much that was and the limit that it has met.
#[must_use]
pub fn of_memory(bytes: usize, error: io::Error) -> io::Error {
    let text = format!("map {bytes} bytes: {error}");
    match error.raw_os_error() {
        Some(libc::ENOMEM) => {
            let limits = of_memory_limits();
            io::Error::new(error.kind(), format!("{text} ({limits})"))
        }
        _ => io::Error::new(error.kind(), text),
    }
}

fn of_memory_limits() -> String {
    let address_space = said(Resource::As, "ulimit -v", 1024);
    let data = said(Resource::Data, "ulimit -d", 1024);
    format!("{address_space}, {data}")
}

/// Checks that a file, as which shared memory counts, may have so many bytes: past the limit the
/// system does not only refuse, but ends the process by SIGXFSZ.
///
/// # Errors
/// `FileTooLarge`, with the limit.
pub fn check_file_size(bytes: usize) -> io::Result<()> {
    match call!(getrlimit(Resource::Fsize)).current {
        Some(most) if bytes as u64 > most => {
            let text = format!(
                "{bytes} bytes are more than a file of this process, and so its shared memory, may \
                 have: raise the limit (`ulimit -f`, which is {most} bytes now)"
            );
            Err(io::Error::new(io::ErrorKind::FileTooLarge, text))
        }
        _ => Ok(()),
    }
}

/// How a shell shows a limit.
fn said(resource: Resource, command: &str, unit: u64) -> String {
    match getrlimit(resource).current {
        Some(most) => format!("`{command}` is {}", most / unit),
        None => format!("`{command}` is unlimited"),
    }
}
