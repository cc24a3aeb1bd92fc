//! Where this program's code lies, and which build it is: read from the header of its image.

use std::ops::Range;
use std::sync::OnceLock;

use windows_sys::Win32::System::Diagnostics::Debug::IMAGE_NT_HEADERS64;
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::System::SystemServices::IMAGE_DOS_HEADER;

struct Image {
    text: Range<usize>,
    build: u64,
}

fn image() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| {
        // SAFETY: without a name the call gives the program itself.
        let base = unsafe { GetModuleHandleW(std::ptr::null()) } as usize;
        // SAFETY: a loaded image starts with this header.
        let dos = unsafe { &*(base as *const IMAGE_DOS_HEADER) };
        let headers = base + usize::try_from(dos.e_lfanew).unwrap_or(0);
        // SAFETY: the first header says where this one lies, inside the loaded image.
        let headers = unsafe { &*(headers as *const IMAGE_NT_HEADERS64) };
        let optional = &headers.OptionalHeader;
        let start = base + optional.BaseOfCode as usize;
        let stamp = u64::from(headers.FileHeader.TimeDateStamp);
        let size = u64::from(optional.SizeOfImage) << 32 | u64::from(optional.SizeOfCode);
        let entry = u64::from(optional.AddressOfEntryPoint) << 16 ^ u64::from(optional.CheckSum);
        Image {
            text: start..start + optional.SizeOfCode as usize,
            build: stamp.rotate_left(17) ^ size ^ entry.rotate_left(40),
        }
    })
}

/// The addresses of this program's own code, without libraries.
pub(crate) fn text() -> Range<usize> {
    image().text.clone()
}

/// A number that differs between builds of this program: the linker's time, sizes and entry point.
pub(crate) fn build() -> u64 {
    image().build
}
