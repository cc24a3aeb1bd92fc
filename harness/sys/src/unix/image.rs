//! Where this program's code lies, and which file it came from.

pub(crate) use system::{build, text};

#[cfg(target_os = "linux")]
mod system {
    use std::ops::Range;
    use std::sync::OnceLock;

    /// The addresses of this program's own code, without libraries.
    #[must_use]
    pub(crate) fn text() -> Range<usize> {
        static TEXT: OnceLock<Range<usize>> = OnceLock::new();
        TEXT.get_or_init(|| {
            let mut text = 0..0;
            let room = std::ptr::from_mut(&mut text).cast();
            // SAFETY: `first` is called while `text` lives, with a pointer to it.
            unsafe { libc::dl_iterate_phdr(Some(first), room) };
            text
        })
        .clone()
    }

    /// The first image that is told of is the program.
    unsafe extern "C" fn first(
        image: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        room: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: the system passes a valid description for the time of this call.
        let image = unsafe { &*image };
        // SAFETY: a loaded image has `dlpi_phnum` headers at `dlpi_phdr`.
        let headers =
            unsafe { std::slice::from_raw_parts(image.dlpi_phdr, image.dlpi_phnum.into()) };
        let is_code = |header: &&libc::Elf64_Phdr| {
            header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_X != 0
        };
        if let Some(code) = headers.iter().find(is_code) {
            let start = (image.dlpi_addr + code.p_vaddr) as usize;
            // SAFETY: `room` is the range that `text` has passed, and nobody else has it now.
            unsafe { *room.cast::<Range<usize>>() = start..start + code.p_memsz as usize };
        }
        1
    }

    /// A number that differs between builds of this program: which file it runs from, and when
    /// that was written.
    #[must_use]
    pub(crate) fn build() -> u64 {
        static BUILD: OnceLock<u64> = OnceLock::new();
        *BUILD.get_or_init(|| match call!(rustix::fs::stat("/proc/self/exe")) {
            Ok(file) => [
                file.st_dev,
                file.st_ino,
                file.st_size.cast_unsigned(),
                file.st_mtime.cast_unsigned(),
                file.st_mtime_nsec,
                text().len() as u64,
            ]
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, part| {
                (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3)
            }),
            Err(_) => 0,
        })
    }
}

#[cfg(target_vendor = "apple")]
#[expect(
    deprecated,
    reason = "the calls are fine; another crate would have them, too"
)]
mod system {
    use std::ops::Range;

    /// The addresses of this program's own code, without libraries.
    #[must_use]
    pub(crate) fn text() -> Range<usize> {
        let mut size = 0;
        let start = code(&mut size);
        start..start + size
    }

    fn code(size: &mut usize) -> usize {
        // SAFETY: image 0 is the program, which is never unloaded.
        let header = unsafe { libc::_dyld_get_image_header(0) };
        let mut length: libc::c_ulong = 0;
        // SAFETY: the header is valid, and the names end with a zero byte.
        let start = unsafe {
            getsectiondata(
                header.cast(),
                c"__TEXT".as_ptr(),
                c"__text".as_ptr(),
                &mut length,
            )
        };
        *size = length as usize;
        start as usize
    }

    unsafe extern "C" {
        fn getsectiondata(
            header: *const libc::c_void,
            segment: *const libc::c_char,
            section: *const libc::c_char,
            size: *mut libc::c_ulong,
        ) -> *mut u8;
    }

    /// A number that differs between builds of this program: the linker's own id of it.
    #[must_use]
    pub(crate) fn build() -> u64 {
        // SAFETY: image 0 is the program, which is never unloaded.
        let header = unsafe { libc::_dyld_get_image_header(0) };
        if header.is_null() {
            return 0;
        }
        // SAFETY: the header of a loaded image can be read.
        let count = unsafe { (*header).ncmds };
        // SAFETY: on a 64-bit system the commands follow a header of 32 bytes.
        let mut command = unsafe { header.cast::<u8>().add(32) }.cast::<libc::load_command>();
        for _ in 0..count {
            // SAFETY: there are `count` commands, one behind the other.
            let kind = unsafe { (*command).cmd };
            // SAFETY: as above.
            let size = unsafe { (*command).cmdsize } as usize;
            if kind == LC_UUID {
                // SAFETY: the id's 16 bytes follow the command's first 8.
                return unsafe { command.cast::<u8>().add(8).cast::<u64>().read_unaligned() };
            }
            // SAFETY: the next command starts where this one ends.
            command = unsafe { command.cast::<u8>().add(size) }.cast();
        }
        0
    }

    const LC_UUID: u32 = 0x1b;
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
compile_error!("poolproof-sys does not know how this system describes a loaded program");
