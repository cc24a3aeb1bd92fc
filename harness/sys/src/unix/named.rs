//! How named memory is found: on Linux by a label that the kernel shows for as long as the memory
//! is open somewhere, elsewhere by a file that each holder keeps locked.

pub(crate) use system::{find, forget, make, turn};

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::OsStr;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    use rustix::fs::{Mode, OFlags, fstat, open, stat};
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with};

    use super::super::memory::SharedMemory;
    use super::super::unnamed::BEHIND_LABEL;

    /// How long others who make memory of the same name may take.
    const PATIENCE: Duration = Duration::from_secs(10);

    fn label(name: &str) -> String {
        format!("poolproof:{name}")
    }

    /// Lets one process at a time make memory of a name, until the result is dropped: a socket name
    /// belongs to one socket, and goes with it.
    pub(crate) fn turn(name: &str) -> io::Result<OwnedFd> {
        let user = rustix::process::geteuid().as_raw();
        let address = format!("poolproof-memory-{user}-{name}");
        let address = SocketAddrUnix::new_abstract_name(address.as_bytes())?;
        let flags = SocketFlags::CLOEXEC;
        let socket = call!(
            EMFILE | ENFILE | ENOBUFS | ENOMEM,
            socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)
        )?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match call!(ENOMEM, bind(&socket, &address)) {
                Ok(()) => return Ok(socket),
                Err(Errno::ADDRINUSE) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(Errno::ADDRINUSE) => return Err(io::ErrorKind::TimedOut.into()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// New memory under a name.
    pub(crate) fn make(name: &str, bytes: usize) -> io::Result<SharedMemory> {
        SharedMemory::labelled(&label(name), bytes)
    }

    /// The first memory of a name that is accepted.
    pub(crate) fn find(
        name: &str,
        accept: fn(&SharedMemory) -> bool,
    ) -> io::Result<Option<SharedMemory>> {
        let target = Target::of(name);
        // One that is handed on while the lists are read may be missed the first time.
        let own = std::fs::read_dir("/proc/self/fd");
        if let Err(error) = own {
            let text = format!(
                "the list of this process's open files, where a name is found, may not be looked at \
                 ({error}): /proc is not there, or closed to a process that has dropped its privileges"
            );
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        for _ in 0..2 {
            if let Some(found) = find_in(Path::new("/proc/self"), &target, accept) {
                return Ok(Some(found));
            }
            for process in std::fs::read_dir("/proc")? {
                let path = process?.path();
                let is_process = path.file_name().is_some_and(is_number);
                if is_process
                    && is_ours(&path)
                    && let Some(found) = find_in(&path, &target, accept)
                {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// What the lists show of memory that has a name.
    struct Target {
        memory: PathBuf,
        /// How the name of a file begins that is there instead where a process may make no memory.
        file: String,
    }

    impl Target {
        fn of(name: &str) -> Target {
            let label = label(name);
            Target {
                memory: PathBuf::from(format!("/memfd:{label} (deleted)")),
                file: format!("{label}{BEHIND_LABEL}"),
            }
        }

        fn is(&self, path: &Path) -> bool {
            let has_label = |name: &OsStr| {
                let name = name.to_string_lossy();
                name.starts_with(&self.file) && name.ends_with(" (deleted)")
            };
            path == self.memory || path.file_name().is_some_and(has_label)
        }
    }

    fn is_number(name: &OsStr) -> bool {
        name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
    }

    fn is_ours(process: &Path) -> bool {
        call!(stat(process)).is_ok_and(|it| it.st_uid == rustix::process::geteuid().as_raw())
    }

    /// What one process has open; of one that ends meanwhile, or that may not be looked at, nothing.
    fn find_in(
        process: &Path,
        target: &Target,
        accept: fn(&SharedMemory) -> bool,
    ) -> Option<SharedMemory> {
        let files = std::fs::read_dir(process.join("fd")).ok()?;
        let paths = files.filter_map(|file| Some(file.ok()?.path()));
        paths
            .filter(|path| std::fs::read_link(path).is_ok_and(|it| target.is(&it)))
            .filter_map(|path| open_memory(&path))
            .find(accept)
    }

    fn open_memory(path: &Path) -> Option<SharedMemory> {
        let file = call!(open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())).ok()?;
        // A label is free to choose: only this user's memory is what it seems.
        let owner = call!(fstat(&file)).ok()?.st_uid;
        let is_ours = owner == rustix::process::geteuid().as_raw();
        is_ours
            .then(|| SharedMemory::from_handles(vec![file.into()]).ok())
            .flatten()
    }

    /// Nothing but the memory itself has the name.
    pub(crate) fn forget(_name: &str) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::PathBuf;

    use rustix::fs::{FlockOperation, Mode, OFlags, chmod, flock, ftruncate, open, stat, unlink};
    use rustix::io::Errno;

    use super::super::handle::Handle;
    use super::super::memory::SharedMemory;

    /// This user's folder of names; it stays, empty.
    fn folder() -> io::Result<PathBuf> {
        let user = rustix::process::geteuid().as_raw();
        let folder = PathBuf::from(format!("/tmp/poolproof-memory-{user}"));
        match call!(rustix::fs::mkdir(&folder, Mode::RWXU)) {
            Ok(()) => call!(chmod(&folder, Mode::RWXU))?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let found = call!(stat(&folder))?;
        if found.st_uid != user || Mode::from_raw_mode(found.st_mode) != Mode::RWXU {
            let text = format!("`{}` belongs to somebody else", folder.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        Ok(folder)
    }

    /// Lets one process at a time look at names, until the result is dropped.
    pub(crate) fn turn(_name: &str) -> io::Result<OwnedFd> {
        let folder = folder()?;
        let lock = call!(open(
            &folder,
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty()
        ))?;
        call!(flock(&lock, FlockOperation::LockExclusive))?;
        for file in std::fs::read_dir(&folder)? {
            let path = file?.path();
            if let Ok(file) = call!(open(&path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()))
                && !is_held(&file)?
            {
                call!(unlink(&path))?;
            }
        }
        Ok(lock)
    }

    /// Whether anybody holds the file's lock, which ends with its holders.
    fn is_held(file: &OwnedFd) -> io::Result<bool> {
        match call!(flock(file, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// New memory under a name; the caller has its turn.
    pub(crate) fn make(name: &str, bytes: usize) -> io::Result<SharedMemory> {
        let path = folder()?.join(name);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = call!(open(&path, flags, Mode::RUSR | Mode::WUSR))?;
        call!(flock(&file, FlockOperation::LockShared))?;
        call!(ftruncate(&file, bytes as u64))?;
        SharedMemory::from_handles(vec![Handle::from(file)])
    }

    /// The memory of a name, if it is accepted.
    pub(crate) fn find(
        name: &str,
        accept: fn(&SharedMemory) -> bool,
    ) -> io::Result<Option<SharedMemory>> {
        let path = folder()?.join(name);
        let file = match call!(open(&path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())) {
            Err(Errno::NOENT) => return Ok(None),
            file => file?,
        };
        if !is_held(&file)? {
            return Ok(None);
        }
        call!(flock(&file, FlockOperation::LockShared))?;
        let memory = SharedMemory::from_handles(vec![Handle::from(file)])?;
        Ok(Some(memory).filter(accept))
    }

    /// Takes the name away.
    pub(crate) fn forget(name: &str) -> io::Result<()> {
        Ok(call!(unlink(folder()?.join(name)))?)
    }
}
