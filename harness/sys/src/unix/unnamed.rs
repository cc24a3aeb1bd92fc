//! Files without a name, as memory to share where the system forbids better.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate, open, unlink};
use rustix::io::Errno;

use super::handle::Handle;

/// Where such files lie in memory, if it is there.
const IN_MEMORY: &str = "/dev/shm";

/// What stands between a label and what makes a file's name the only one.
pub(super) const BEHIND_LABEL: char = '~';

/// New memory that nobody can open, since `call` is refused.
pub(super) fn create(label: &str, call: &str, refused: Errno) -> io::Result<Handle> {
    let folders = [IN_MEMORY.into(), std::env::temp_dir()];
    let mut reasons = format!("{call} is refused ({refused})");
    for folder in &folders {
        match create_in(folder, label) {
            Ok(file) => return Ok(file),
            Err(error) => {
                reasons = format!("{reasons}, and a file in {} ({error})", folder.display());
            }
        }
    }
    let text = format!("{reasons}: allow the call, or give TMPDIR a folder to write in");
    Err(io::Error::new(io::Error::from(refused).kind(), text))
}

fn create_in(folder: &Path, label: &str) -> io::Result<Handle> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mode = Mode::RUSR | Mode::WUSR;
    // A label shows in the name that the file had, and else it need not have had one.
    if !label.contains(':') {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::EXCL | OFlags::CLOEXEC;
        if let Ok(file) = call!(EMFILE | ENFILE | ENOMEM | ENOSPC, open(folder, flags, mode)) {
            return Ok(file.into());
        }
    }
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{label}{BEHIND_LABEL}{}.{count}", std::process::id());
        let path = folder.join(name);
        match call!(EMFILE | ENFILE | ENOMEM | ENOSPC, open(&path, flags, mode)) {
            Ok(file) => {
                call!(unlink(&path))?;
                return Ok(file.into());
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes sure of the room for all of it.
pub(super) fn fill(file: &Handle, bytes: usize) -> io::Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    match call!(fallocate(file, FallocateFlags::empty(), 0, bytes as u64)) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => {
            let error = io::Error::from(error);
            let text = format!("find room for {bytes} bytes in {IN_MEMORY}: {error}");
            Err(io::Error::new(error.kind(), text))
        }
    }
}
