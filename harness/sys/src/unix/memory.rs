//! Anonymous shared memory: made without a name, passed on as a handle, unmapped on drop.
//! What lies in it, and who may touch what when, is for others to say.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr::NonNull;

use rustix::fs::{fstat, ftruncate};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::patience::steadily;
use super::refused;
use super::wait_word::WaitWord;
use crate::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};
use crate::handle::Handle;
use crate::shared::check_place;

/// Memory that every process with its handle sees.
///
/// All access is through atomics and copies at checked offsets: never a `&mut [u8]`, since other
/// processes may write at any time.
#[derive(Debug)]
pub struct SharedMemory {
    handle: Handle,
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the mapping belongs to this value alone and is only touched through atomics.
unsafe impl Send for SharedMemory {}
// SAFETY: as above: every access is an atomic one.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// How many handles [`SharedMemory::handles`] gives and [`SharedMemory::from_handles`] takes.
    pub const HANDLES: usize = 1;

    /// New memory of `bytes` zero bytes.
    ///
    /// # Errors
    /// What the system says when it has no memory or no descriptors left.
    pub fn anonymous(bytes: usize) -> io::Result<SharedMemory> {
        SharedMemory::labelled("poolproof", bytes)
    }

    /// New memory whose label shows where the system lists open files, if it does.
    pub(super) fn labelled(label: &str, bytes: usize) -> io::Result<SharedMemory> {
        refused::check_file_size(bytes)?;
        let handle = segment::create(label)?;
        call!(ENOMEM | ENOSPC, ftruncate(&handle, bytes as u64))?;
        segment::secure(&handle, bytes)?;
        SharedMemory::map(handle, bytes)
    }

    /// The memory behind handles that another process has sent.
    ///
    /// # Errors
    /// Handles that are no shared memory of ours, or that could be shortened behind our back.
    pub fn from_handles(handles: Vec<Handle>) -> io::Result<SharedMemory> {
        let [handle] = <[Handle; 1]>::try_from(handles).map_err(|handles| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("shared memory has one handle, not {}", handles.len()),
            )
        })?;
        segment::check(&handle)?;
        let bytes = usize::try_from(call!(fstat(&handle))?.st_size).map_err(io::Error::other)?;
        SharedMemory::map(handle, bytes)
    }

    fn map(handle: Handle, bytes: usize) -> io::Result<SharedMemory> {
        // SAFETY: a null address lets the kernel choose a place where nothing of ours lies.
        let base = unsafe {
            call!(
                EAGAIN | ENOMEM,
                mmap(
                    std::ptr::null_mut(),
                    bytes.max(1),
                    ProtFlags::READ | ProtFlags::WRITE,
                    MapFlags::SHARED,
                    &handle,
                    0,
                )
            )
        };
        let base = base.map_err(|error| refused::of_memory(bytes, error.into()))?;
        let base = NonNull::new(base.cast::<u8>())
            .ok_or_else(|| io::Error::other("the system mapped memory at address zero"))?;
        Ok(SharedMemory {
            handle,
            base,
            bytes,
        })
    }

    /// The handles to send so that another process can map this memory.
    pub fn handles(&self) -> [&Handle; 1] {
        [&self.handle]
    }

    /// The size in bytes.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The byte at `offset`.
    ///
    /// # Panics
    /// When the offset is outside.
    #[inline]
    pub fn atomic_u8(&self, offset: usize) -> &AtomicU8 {
        let at = self.place(offset, 1);
        // SAFETY: `place` checked that the byte lies inside the mapping, which lives as long as
        // `self`; every process accesses it atomically.
        unsafe { AtomicU8::from_ptr(at) }
    }

    /// The 16 bits at `offset`.
    ///
    /// # Panics
    /// When the offset is outside or not a multiple of 2.
    #[inline]
    pub fn atomic_u16(&self, offset: usize) -> &AtomicU16 {
        let at = self.place(offset, 2).cast();
        // SAFETY: as in `atomic_u8`; `place` checked the alignment too.
        unsafe { AtomicU16::from_ptr(at) }
    }

    /// The 32 bits at `offset`.
    ///
    /// # Panics
    /// When the offset is outside or not a multiple of 4.
    #[inline]
    pub fn atomic_u32(&self, offset: usize) -> &AtomicU32 {
        let at = self.place(offset, 4).cast();
        // SAFETY: as in `atomic_u8`; `place` checked the alignment too.
        unsafe { AtomicU32::from_ptr(at) }
    }

    /// The 64 bits at `offset`.
    ///
    /// # Panics
    /// When the offset is outside or not a multiple of 8.
    #[inline]
    pub fn atomic_u64(&self, offset: usize) -> &AtomicU64 {
        let at = self.place(offset, 8).cast();
        // SAFETY: as in `atomic_u8`; `place` checked the alignment too.
        unsafe { AtomicU64::from_ptr(at) }
    }

    /// The 32 bits at `offset` as a word to wait on.
    ///
    /// # Panics
    /// When the offset is outside or not a multiple of 4.
    #[inline]
    pub fn wait_word(&self, offset: usize) -> WaitWord<'_> {
        WaitWord::new(self.atomic_u32(offset))
    }

    /// Reads at most `count` bytes from a stream into the memory at `offset`, waiting for the first
    /// one; gives how many, 0 at the end of the stream.
    ///
    /// They are there before this process can be killed in between.
    ///
    /// # Errors
    /// Fails as the system's read does.
    ///
    /// # Panics
    /// When the range is not wholly inside.
    pub fn fill_from(&self, stream: &Handle, offset: usize, count: usize) -> io::Result<usize> {
        let inside = offset
            .checked_add(count)
            .is_some_and(|end| end <= self.bytes);
        assert!(
            inside,
            "{count} bytes at {offset} are outside of shared memory"
        );
        let fd = stream.as_fd().as_raw_fd();
        // SAFETY: the assertion keeps the address inside the mapping.
        let at = unsafe { self.base.as_ptr().add(offset) };
        Ok(steadily(|| {
            // SAFETY: the system writes at most `count` bytes at `at`, which the assertion keeps
            // inside the mapping; who reads them meanwhile does so atomically.
            let read = call!(EINTR | ENOMEM, unsafe { libc::read(fd, at.cast(), count) });
            usize::try_from(read)
                .map_err(|_| Errno::from_io_error(&io::Error::last_os_error()))
                .map_err(|error| error.unwrap_or(Errno::IO))
        })?)
    }

    /// The address of `size` bytes at `offset`, aligned to `size`.
    #[inline]
    fn place(&self, offset: usize, size: usize) -> *mut u8 {
        check_place(offset, size, self.bytes);
        // SAFETY: the check keeps the result inside the mapping.
        unsafe { self.base.as_ptr().add(offset) }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `map` with this length, and all borrows have ended.
        let unmapped = call!(unsafe { munmap(self.base.as_ptr().cast(), self.bytes.max(1)) });
        debug_assert!(unmapped.is_ok(), "a mapping of ours can be unmapped");
    }
}

/// A nameless segment on systems with memfd, sealed so that no peer can shorten it (a shortened
/// mapping is a SIGBUS in whoever touches it). Where memfd is forbidden it is a file without a name.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
mod segment {
    use std::io;

    use rustix::fs::{
        FileType, MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create,
    };
    use rustix::io::Errno;

    use super::super::unnamed;
    use crate::handle::Handle;

    pub(super) fn create(label: &str) -> io::Result<Handle> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        match call!(EMFILE | ENFILE | ENOMEM, memfd_create(label, flags)) {
            Ok(handle) => Ok(handle.into()),
            Err(error @ (Errno::NOSYS | Errno::PERM | Errno::ACCESS)) => {
                unnamed::create(label, "memfd_create", error)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A file cannot be sealed, so its room is made sure of instead: else a full file system would be
    /// a SIGBUS, too.
    pub(super) fn secure(handle: &Handle, bytes: usize) -> io::Result<()> {
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        match call!(fcntl_add_seals(handle, seals)) {
            Err(Errno::INVAL | Errno::PERM) => unnamed::fill(handle, bytes),
            outcome => Ok(outcome?),
        }
    }

    pub(super) fn check(handle: &Handle) -> io::Result<()> {
        let is_sealed =
            call!(fcntl_get_seals(handle)).is_ok_and(|seals| seals.contains(SealFlags::SHRINK));
        if is_sealed || is_unnamed(handle)? {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the handle is not sealed shared memory",
        ))
    }

    /// Whether it is a file that nobody can open, except who has it already.
    fn is_unnamed(handle: &Handle) -> io::Result<bool> {
        let file = call!(fstat(handle))?;
        let is_file = FileType::from_raw_mode(file.st_mode) == FileType::RegularFile;
        Ok(is_file && file.st_nlink == 0 && file.st_mode & 0o077 == 0)
    }
}

/// A segment whose name is gone before anyone else can see it.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
mod segment {
    use std::io;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::shm::{Mode, OFlags, open, unlink};

    use crate::handle::Handle;

    pub(super) fn create(_label: &str) -> io::Result<Handle> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            // macOS allows 31 characters.
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("/poolproof.{}.{count}", std::process::id());
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            match call!(open(name.as_str(), flags, Mode::RUSR | Mode::WUSR)) {
                Ok(handle) => {
                    call!(unlink(name.as_str()))?;
                    return Ok(handle.into());
                }
                Err(rustix::io::Errno::EXIST) => continue,
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) fn secure(_handle: &Handle, _bytes: usize) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn check(_handle: &Handle) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::SharedMemory;

    #[test]
    fn new_memory_is_zero_and_keeps_its_size() {
        let memory = SharedMemory::anonymous(5000).unwrap();
        assert_eq!(memory.bytes(), 5000);
        assert_eq!(memory.atomic_u64(4992).load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_second_mapping_sees_what_the_first_writes() {
        let first = SharedMemory::anonymous(64).unwrap();
        let [handle] = first.handles();
        let second = SharedMemory::from_handles(vec![handle.duplicate().unwrap()]).unwrap();
        first.atomic_u32(4).store(7, Ordering::SeqCst);
        assert_eq!(second.bytes(), 64);
        assert_eq!(second.atomic_u32(4).load(Ordering::SeqCst), 7);
    }

    #[test]
    fn empty_memory_can_be_made() {
        assert_eq!(SharedMemory::anonymous(0).unwrap().bytes(), 0);
    }

    #[test]
    fn an_offset_outside_is_a_panic_and_never_a_stray_write() {
        let memory = SharedMemory::anonymous(8).unwrap();
        for offset in [5, 8, 12, usize::MAX - 3] {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                memory.atomic_u32(offset).load(Ordering::Relaxed)
            }));
            assert!(result.is_err(), "offset {offset}");
        }
    }
}
