//! Where this program's code lies, which build it is, and what it imports: read from the header of
//! its image.

use std::ffi::CStr;
use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use windows_sys::Win32::System::Diagnostics::Debug::{
    IMAGE_DIRECTORY_ENTRY_IMPORT, IMAGE_NT_HEADERS64,
};
use windows_sys::Win32::System::LibraryLoader::{
    GetModuleHandleA, GetModuleHandleW, GetProcAddress,
};
use windows_sys::Win32::System::Memory::{PAGE_READWRITE, VirtualProtect};
use windows_sys::Win32::System::SystemServices::{IMAGE_DOS_HEADER, IMAGE_IMPORT_DESCRIPTOR};

struct Image {
    base: usize,
    text: Range<usize>,
    build: u64,
    /// Where the list of imported libraries lies, from the base; 0 where there is none.
    imports: usize,
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
        let imports = &optional.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT as usize];
        Image {
            base,
            imports: imports.VirtualAddress as usize,
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

/// Leads the program's calls of a library's function to another one of the same type; gives the
/// address of the library's, or nothing where the program does not import it.
///
/// Calls that libraries make themselves are not led anywhere.
pub(crate) fn replace_import(
    library: &CStr,
    function: &CStr,
    other: *const (),
) -> io::Result<Option<usize>> {
    let Some(real) = function_of(library, function) else {
        return Ok(None);
    };
    let mut found = None;
    for place in imports() {
        // SAFETY: the loader has put an address at each of these places.
        if unsafe { place.read_volatile() } == real {
            replace(place, other as usize)?;
            found = Some(real);
        }
    }
    Ok(found)
}

/// The address of a function of a library that the program imports, whoever its calls are led to.
pub(crate) fn function_of(library: &CStr, function: &CStr) -> Option<usize> {
    // SAFETY: the name ends with a zero.
    let library = unsafe { GetModuleHandleA(library.as_ptr().cast()) };
    // SAFETY: the library is loaded for good, as the program imports it, and the name ends with a
    // zero.
    let found = unsafe { GetProcAddress(library, function.as_ptr().cast()) };
    found.map(|function| function as usize)
}

/// Where the loader has put the addresses of imported functions.
fn imports() -> Vec<*mut usize> {
    let image = image();
    let mut places = Vec::new();
    if image.imports == 0 {
        return places;
    }
    let mut library = (image.base + image.imports) as *const IMAGE_IMPORT_DESCRIPTOR;
    loop {
        // SAFETY: the list lies in the loaded image and ends with an entry of zeros.
        let first = unsafe { (*library).FirstThunk } as usize;
        if first == 0 {
            return places;
        }
        let mut place = (image.base + first) as *mut usize;
        // SAFETY: each library's addresses lie in the loaded image and end with a zero.
        while unsafe { place.read_volatile() } != 0 {
            places.push(place);
            // SAFETY: the zero at the end has not been passed.
            place = unsafe { place.add(1) };
        }
        // SAFETY: the entry of zeros has not been passed.
        library = unsafe { library.add(1) };
    }
}

fn replace(place: *mut usize, address: usize) -> io::Result<()> {
    let size = size_of::<usize>();
    let mut before = 0;
    // SAFETY: the place is a word of this program's image.
    if unsafe { VirtualProtect(place.cast(), size, PAGE_READWRITE, &mut before) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the word is writable now; other threads read it whole, before or after.
    unsafe { place.write_volatile(address) };
    // SAFETY: as it was.
    match unsafe { VirtualProtect(place.cast(), size, before, &mut before) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
