//! Where this program's code lies, and which file it came from.

pub(crate) use system::{build, text};

#[cfg(target_os = "linux")]
mod system {
    use std::ops::Range;
    use std::sync::OnceLock;

    /// What is known of this program's own image, without libraries.
    #[derive(Debug, Clone, Default)]
    struct Image {
        text: Range<usize>,
        /// The linker's own id of it; none where it was told to write none.
        id: Option<Vec<u8>>,
    }

    fn image() -> &'static Image {
        static IMAGE: OnceLock<Image> = OnceLock::new();
        IMAGE.get_or_init(|| {
            let mut image = Image::default();
            let room = std::ptr::from_mut(&mut image).cast();
            // SAFETY: `first` is called while `image` lives, with a pointer to it.
            unsafe { libc::dl_iterate_phdr(Some(first), room) };
            image
        })
    }

    /// The addresses of this program's own code, without libraries.
    #[must_use]
    pub(crate) fn text() -> Range<usize> {
        image().text.clone()
    }

    /// The first image that is told of is the program.
    unsafe extern "C" fn first(
        told: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        room: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: the system passes a valid description for the time of this call.
        let told = unsafe { &*told };
        // SAFETY: a loaded image has `dlpi_phnum` headers at `dlpi_phdr`.
        let headers = unsafe { std::slice::from_raw_parts(told.dlpi_phdr, told.dlpi_phnum.into()) };
        let place = |header: &libc::Elf64_Phdr| {
            let start = (told.dlpi_addr + header.p_vaddr) as usize;
            start..start + header.p_memsz as usize
        };
        let is_loaded = |header: &&libc::Elf64_Phdr| header.p_type == libc::PT_LOAD;
        let code =
            |header: &&libc::Elf64_Phdr| is_loaded(header) && header.p_flags & libc::PF_X != 0;
        // SAFETY: `room` is the image that `image` has passed, and nobody else has it now.
        let image = unsafe { &mut *room.cast::<Image>() };
        if let Some(code) = headers.iter().find(code) {
            image.text = place(code);
        }
        let notes = headers
            .iter()
            .filter(|header| header.p_type == libc::PT_NOTE);
        image.id = notes.map(place).find_map(|note| {
            let is_there = headers.iter().filter(is_loaded).any(|loaded| {
                let loaded = place(loaded);
                loaded.start <= note.start && note.end <= loaded.end
            });
            if !is_there {
                return None;
            }
            // SAFETY: these bytes lie in a part of the image that is loaded, and nobody changes them.
            id_in(unsafe { std::slice::from_raw_parts(note.start as *const u8, note.len()) })
        });
        1
    }

    /// The build id among notes: each is the lengths of a name and of its contents and its type,
    /// then both, filled up to four bytes.
    fn id_in(mut notes: &[u8]) -> Option<Vec<u8>> {
        const BUILD_ID: u32 = 3;
        loop {
            let (head, rest) = notes.split_first_chunk::<12>()?;
            let number = |at: usize| -> Option<u32> {
                let bytes = head.get(at..at + 4)?.try_into().ok()?;
                Some(u32::from_ne_bytes(bytes))
            };
            let (name_length, length) = (number(0)? as usize, number(4)? as usize);
            let (name, rest) = rest.split_at_checked(name_length.next_multiple_of(4))?;
            let contents = rest.get(..length)?;
            if number(8)? == BUILD_ID && name.starts_with(b"GNU\0") && length > 0 {
                return Some(contents.to_vec());
            }
            notes = rest.get(length.next_multiple_of(4)..)?;
        }
    }

    /// A number that differs between builds of this program: the linker's id of it, and else its
    /// code itself. The file may be touched, replaced or gone.
    #[must_use]
    pub(crate) fn build() -> u64 {
        static BUILD: OnceLock<u64> = OnceLock::new();
        *BUILD.get_or_init(|| {
            let image = image();
            let length = [image.text.len() as u64];
            match &image.id {
                Some(id) => hash(
                    length
                        .into_iter()
                        .chain(id.iter().map(|byte| u64::from(*byte))),
                ),
                None => hash(length.into_iter().chain(words(&image.text))),
            }
        })
    }

    fn words(text: &Range<usize>) -> impl Iterator<Item = u64> {
        // SAFETY: the program's own code can be read as long as it runs, and nobody changes it.
        let code = unsafe { std::slice::from_raw_parts(text.start as *const u8, text.len()) };
        let (words, _) = code.as_chunks();
        words.iter().map(|word| u64::from_ne_bytes(*word))
    }

    fn hash(parts: impl Iterator<Item = u64>) -> u64 {
        parts.fold(0xcbf2_9ce4_8422_2325, |hash: u64, part| {
            (hash ^ part)
                .wrapping_mul(0x0000_0100_0000_01b3)
                .rotate_left(23)
        })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_build_id_is_found_among_other_notes() {
            let other = [
                &4_u32.to_ne_bytes()[..],
                &1_u32.to_ne_bytes(),
                &1_u32.to_ne_bytes(),
            ];
            let other = [&other.concat()[..], b"GNU\0", &[9, 0, 0, 0]].concat();
            let id = [
                &4_u32.to_ne_bytes()[..],
                &5_u32.to_ne_bytes(),
                &3_u32.to_ne_bytes(),
            ];
            let id = [&id.concat()[..], b"GNU\0", &[1, 2, 3, 4, 5, 0, 0, 0]].concat();
            let both = [&other[..], &id].concat();
            assert_eq!(id_in(&both), Some(vec![1, 2, 3, 4, 5]));
            assert_eq!(id_in(&other), None);
            assert_eq!(id_in(&both[..both.len() - 4]), None);
        }

        #[test]
        fn without_an_id_the_code_itself_tells_builds_apart() {
            let text = text();
            let all = hash(words(&text));
            assert_eq!(all, hash(words(&text)));
            assert_ne!(all, hash(words(&(text.start..text.end - 8))));
        }
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
