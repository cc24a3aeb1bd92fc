//! Anonymous shared memory: made without a name, passed on as handles, unmapped on drop.
//! What lies in it, and who may touch what when, is for others to say.
//!
//! Before the callers' bytes lies a head of our own: their number, and who sleeps on their words.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use windows_sys::Win32::Foundation::{ERROR_ALREADY_EXISTS, GetLastError, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::ReadFile;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_ALL_ACCESS, MEMORY_BASIC_INFORMATION, MEMORY_MAPPED_VIEW_ADDRESS,
    MapViewOfFile, OpenFileMappingW, PAGE_READWRITE, UnmapViewOfFile, VirtualQuery,
};
use windows_sys::Win32::System::Threading::CreateSemaphoreW;

use super::overlapped::{self, Progress};
use super::wait_word::WaitWord;
use crate::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};
use crate::handle::Handle;
use crate::shared::check_place;

/// Between how many semaphores the words of one memory are dealt out.
const SEMAPHORES: usize = 4;

/// Our own bytes before the callers'.
const HEAD: usize = 64;

/// Memory that every process with its handles sees.
///
/// All access is through atomics and copies at checked offsets: never a `&mut [u8]`, since other
/// processes may write at any time.
#[derive(Debug)]
pub struct SharedMemory {
    handles: [Handle; 1 + SEMAPHORES],
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the mapping belongs to this value alone and is only touched through atomics.
unsafe impl Send for SharedMemory {}
// SAFETY: as above: every access is an atomic one.
unsafe impl Sync for SharedMemory {}

impl SharedMemory {
    /// How many handles [`SharedMemory::handles`] gives and [`SharedMemory::from_handles`] takes.
    pub const HANDLES: usize = 1 + SEMAPHORES;

    /// New memory of `bytes` zero bytes.
    ///
    /// # Errors
    /// What the system says when it has no memory or no handles left.
    pub fn anonymous(bytes: usize) -> io::Result<SharedMemory> {
        SharedMemory::create(None, bytes)
    }

    /// New memory under a name of the session.
    pub(super) fn create_named(name: &str, bytes: usize) -> io::Result<SharedMemory> {
        SharedMemory::create(Some(name), bytes)
    }

    /// The memory that has a name of the session.
    pub(super) fn open_named(name: &str) -> io::Result<SharedMemory> {
        let wide = wide(name);
        // SAFETY: the name ends with a zero.
        let section = call!(unsafe { OpenFileMappingW(FILE_MAP_ALL_ACCESS, 0, wide.as_ptr()) });
        let mut handles = vec![Handle::from_call(section)?];
        for lane in 0..SEMAPHORES {
            handles.push(semaphore(Some(name), lane)?);
        }
        SharedMemory::from_handles(handles)
    }

    fn create(name: Option<&str>, bytes: usize) -> io::Result<SharedMemory> {
        let whole = bytes.checked_add(HEAD).ok_or(io::ErrorKind::OutOfMemory)? as u64;
        let wide = name.map(wide);
        let wide = wide.as_ref().map_or(std::ptr::null(), |wide| wide.as_ptr());
        // SAFETY: no file and no security attributes are passed, and a name ends with a zero.
        let section = call!(
            ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
            unsafe {
                CreateFileMappingW(
                    INVALID_HANDLE_VALUE,
                    std::ptr::null(),
                    PAGE_READWRITE,
                    (whole >> 32) as u32,
                    whole as u32,
                    wide,
                )
            }
        );
        // SAFETY: the call takes no pointers; it is asked before anything else could fail.
        let outcome = unsafe { GetLastError() };
        let section = Handle::from_call(section)?;
        if name.is_some() && outcome == ERROR_ALREADY_EXISTS {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let handles = [
            section,
            semaphore(name, 0)?,
            semaphore(name, 1)?,
            semaphore(name, 2)?,
            semaphore(name, 3)?,
        ];
        let base = map(&handles[0])?;
        let memory = SharedMemory {
            handles,
            base,
            bytes,
        };
        memory.head(0).store(bytes as u64, Ordering::SeqCst);
        Ok(memory)
    }

    /// The memory behind handles that another process has sent.
    ///
    /// # Errors
    /// Handles that are no shared memory of ours.
    pub fn from_handles(handles: Vec<Handle>) -> io::Result<SharedMemory> {
        let handles = <[Handle; 1 + SEMAPHORES]>::try_from(handles).map_err(|handles| {
            let text = format!(
                "shared memory has {} handles, not {}",
                Self::HANDLES,
                handles.len()
            );
            io::Error::new(io::ErrorKind::InvalidInput, text)
        })?;
        let base = map(&handles[0])?;
        // From here on the view is unmapped when the value is dropped.
        let mut memory = SharedMemory {
            handles,
            base,
            bytes: 0,
        };
        let bytes = usize::try_from(memory.head(0).load(Ordering::SeqCst)).unwrap_or(usize::MAX);
        if bytes > mapped(base)?.saturating_sub(HEAD) {
            let text = "the handle is not shared memory of this program";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        memory.bytes = bytes;
        Ok(memory)
    }

    /// The handles to send so that another process can map this memory.
    pub fn handles(&self) -> [&Handle; 1 + SEMAPHORES] {
        self.handles.each_ref()
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
    pub fn atomic_u16(&self, offset: usize) -> &AtomicU16 {
        let at = self.place(offset, 2).cast();
        // SAFETY: as in `atomic_u8`; `place` checked the alignment too.
        unsafe { AtomicU16::from_ptr(at) }
    }

    /// The 32 bits at `offset`.
    ///
    /// # Panics
    /// When the offset is outside or not a multiple of 4.
    pub fn atomic_u32(&self, offset: usize) -> &AtomicU32 {
        let at = self.place(offset, 4).cast();
        // SAFETY: as in `atomic_u8`; `place` checked the alignment too.
        unsafe { AtomicU32::from_ptr(at) }
    }

    /// The 64 bits at `offset`.
    ///
    /// # Panics
    /// When the offset is outside or not a multiple of 8.
    pub fn atomic_u64(&self, offset: usize) -> &AtomicU64 {
        let at = self.place(offset, 8).cast();
        // SAFETY: as in `atomic_u8`; `place` checked the alignment too.
        unsafe { AtomicU64::from_ptr(at) }
    }

    /// The 32 bits at `offset` as a word to wait on.
    ///
    /// # Panics
    /// When the offset is outside or not a multiple of 4.
    pub fn wait_word(&self, offset: usize) -> WaitWord<'_> {
        // Words side by side, and the first words of lines side by side, have different ones.
        let lane = (offset / 4 + offset / 64) % SEMAPHORES;
        WaitWord::new(
            self.atomic_u32(offset),
            self.sleepers(lane),
            &self.handles[1 + lane],
        )
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
        // SAFETY: the assertion keeps the address inside the mapping.
        let at = unsafe { self.base.as_ptr().add(HEAD + offset) };
        let length = u32::try_from(count).unwrap_or(u32::MAX);
        let progress = overlapped::run(stream, None, |state| {
            // SAFETY: the system writes at most `length` bytes at `at`, inside the mapping; who
            // reads them meanwhile does so atomically.
            call!(unsafe { ReadFile(stream.raw(), at, length, std::ptr::null_mut(), state) })
        })?;
        Ok(match progress {
            Progress::Done(read) => read,
            Progress::Ended | Progress::TimedOut => 0,
        })
    }

    fn head(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: the head lies before the callers' bytes in each mapping.
        let at = unsafe { self.base.as_ptr().add(offset) };
        // SAFETY: a view starts at a multiple of 64 KiB, and every process accesses this atomically.
        unsafe { AtomicU64::from_ptr(at.cast()) }
    }

    fn sleepers(&self, lane: usize) -> &AtomicU32 {
        // SAFETY: the counts lie behind the size, inside the head.
        let at = unsafe { self.base.as_ptr().add(8 + 4 * lane) };
        // SAFETY: as in `head`.
        unsafe { AtomicU32::from_ptr(at.cast()) }
    }

    /// The address of `size` bytes at `offset`, aligned to `size`.
    #[inline]
    fn place(&self, offset: usize, size: usize) -> *mut u8 {
        check_place(offset, size, self.bytes);
        // SAFETY: the check keeps the result inside the mapping.
        unsafe { self.base.as_ptr().add(HEAD + offset) }
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        let view = MEMORY_MAPPED_VIEW_ADDRESS {
            Value: self.base.as_ptr().cast(),
        };
        // SAFETY: the view was made by `map`, and all borrows have ended.
        let unmapped = call!(unsafe { UnmapViewOfFile(view) });
        debug_assert!(unmapped != 0, "a mapping of ours can be unmapped");
    }
}

/// A semaphore, which all have that ask for it under the same name.
fn semaphore(name: Option<&str>, lane: usize) -> io::Result<Handle> {
    let wide = name.map(|name| wide(&format!("{name}.{lane}")));
    let wide = wide.as_ref().map_or(std::ptr::null(), |wide| wide.as_ptr());
    // SAFETY: no security attributes are passed, and a name ends with a zero.
    let raw = call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        unsafe { CreateSemaphoreW(std::ptr::null(), 0, i32::MAX, wide) }
    );
    Handle::from_call(raw)
}

fn wide(name: &str) -> Vec<u16> {
    name.encode_utf16().chain([0]).collect()
}

fn map(section: &Handle) -> io::Result<NonNull<u8>> {
    // SAFETY: the section is open; the system chooses a place where nothing of ours lies.
    let view = call!(
        ERROR_NO_SYSTEM_RESOURCES | ERROR_NOT_ENOUGH_MEMORY,
        unsafe { MapViewOfFile(section.raw(), FILE_MAP_ALL_ACCESS, 0, 0, 0) }
    );
    NonNull::new(view.Value.cast()).ok_or_else(io::Error::last_os_error)
}

/// How many bytes are mapped at `base`.
fn mapped(base: NonNull<u8>) -> io::Result<usize> {
    let mut information = MEMORY_BASIC_INFORMATION::default();
    let size = size_of::<MEMORY_BASIC_INFORMATION>();
    // SAFETY: the place for the answer is writable and has the size that is passed.
    let read = call!(unsafe { VirtualQuery(base.as_ptr().cast(), &mut information, size) });
    if read == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(information.RegionSize)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::SharedMemory;

    #[test]
    fn a_second_mapping_sees_what_the_first_writes() {
        let first = SharedMemory::anonymous(64).unwrap();
        let handles = first.handles().map(|handle| handle.duplicate().unwrap());
        let second = SharedMemory::from_handles(handles.into()).unwrap();
        first.atomic_u32(4).store(7, Ordering::SeqCst);
        assert_eq!(second.bytes(), 64);
        assert_eq!(second.atomic_u32(4).load(Ordering::SeqCst), 7);
    }

    #[test]
    fn handles_of_something_else_are_refused() {
        let memory = SharedMemory::anonymous(8).unwrap();
        let [_, semaphore, ..] = memory.handles();
        let wrong = std::array::from_fn::<_, { SharedMemory::HANDLES }, _>(|_| {
            semaphore.duplicate().unwrap()
        });
        assert!(SharedMemory::from_handles(wrong.into()).is_err());
    }
}
