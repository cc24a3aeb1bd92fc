//! How this very program is started again, even where its file has another name by now, or another
//! file has its name.

use std::ffi::OsString;
use std::io;

/// What is to be executed.
pub(super) struct Program {
    pub(super) file: OsString,
    /// The first argument, by which a program knows its own name.
    pub(super) name: OsString,
    pub(super) arguments: Vec<OsString>,
}

/// This program with its own arguments.
///
/// # Errors
/// Where the program was started through a dynamic loader, and cannot be found.
pub(super) fn this() -> io::Result<Program> {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| OsString::from("child"));
    system::this(name, arguments.collect())
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::OsString;
    use std::io;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;

    use super::Program;

    /// The very file that the system has executed, even where another has taken its name since.
    const EXECUTED: &str = "/proc/self/exe";

    pub(super) fn this(name: OsString, arguments: Vec<OsString>) -> io::Result<Program> {
        static LOADED: OnceLock<Option<PathBuf>> = OnceLock::new();
        match LOADED.get_or_init(loaded_by_hand) {
            None => Ok(Program {
                file: EXECUTED.into(),
                name,
                arguments,
            }),
            Some(image) => through_loader(image, &arguments),
        }
    }

    /// The program's file where the system has executed another, a dynamic loader, which was told to
    /// load it (`/lib64/ld-linux-x86-64.so.2 PROGRAM ARGUMENT…`).
    fn loaded_by_hand() -> Option<PathBuf> {
        // The system has loaded a loader of its own beside any other dynamic program.
        // SAFETY: it looks a number up.
        if unsafe { libc::getauxval(libc::AT_BASE) } != 0 {
            return None;
        }
        let text = crate::system::image::text().start;
        let maps = call!(EMFILE | ENFILE | ENOMEM, std::fs::read("/proc/self/maps")).ok()?;
        let image = maps
            .split(|byte| *byte == b'\n')
            .find_map(|line| image_at(line, text))?;
        let executed = call!(ENOMEM, std::fs::read_link(EXECUTED)).ok()?;
        (image != executed).then_some(image)
    }

    /// The file of a line of `/proc/self/maps`, where the address is in it.
    fn image_at(line: &[u8], address: usize) -> Option<PathBuf> {
        let line = std::str::from_utf8(line).ok()?;
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let number = |text| usize::from_str_radix(text, 16).ok();
        (number(start)?..number(end)?)
            .contains(&address)
            .then_some(())?;
        let path = rest.find('/')?;
        Some(PathBuf::from(&rest[path..]))
    }

    /// The loader again, with what it was told before the program, and the program by the path at
    /// which it is.
    fn through_loader(image: &Path, arguments: &[OsString]) -> io::Result<Program> {
        let refused = |why: &str| {
            let text = format!(
                "the program was started through a dynamic loader, and {why}: start it by itself"
            );
            Err(io::Error::new(io::ErrorKind::Unsupported, text))
        };
        if !image.exists() {
            return refused(&format!(
                "its file {} is not there any more",
                image.display()
            ));
        }
        let Ok(line) = call!(
            EMFILE | ENFILE | ENOMEM,
            std::fs::read("/proc/self/cmdline")
        ) else {
            return refused("its command line cannot be read");
        };
        let Some((mut told, behind)) = split(&line, arguments.len()) else {
            return refused("its command line says nothing of it any more");
        };
        if behind != arguments || told.len() < 2 {
            return refused("its command line was changed");
        }
        told.pop();
        let mut told = told.into_iter();
        let name = told.next().unwrap_or_default();
        let program = std::iter::once(image.as_os_str().to_owned());
        Ok(Program {
            file: EXECUTED.into(),
            name,
            arguments: told.chain(program).chain(behind).collect(),
        })
    }

    /// The words of a command line, and the last `count` of them apart.
    fn split(line: &[u8], count: usize) -> Option<(Vec<OsString>, Vec<OsString>)> {
        let words = line.strip_suffix(b"\0")?.split(|byte| *byte == 0);
        let mut words: Vec<_> = words
            .map(|word| OsString::from_vec(word.to_vec()))
            .collect();
        let behind = words.split_off(words.len().checked_sub(count)?);
        words
            .iter()
            .all(|word| !word.as_bytes().is_empty())
            .then_some(())?;
        Some((words, behind))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_file_of_an_address_is_found_with_spaces_in_its_name() {
            let line = b"7f00-7fff r-xp 00001000 08:01 42                  /opt/a program";
            let image = Path::new("/opt/a program");
            assert_eq!(image_at(line, 0x7f80).as_deref(), Some(image));
            assert_eq!(image_at(line, 0x7fff), None);
            assert_eq!(image_at(b"7f00-7fff rw-p 00000000 00:00 0", 0x7f80), None);
        }

        #[test]
        fn a_command_line_is_split_behind_the_program() {
            let (told, behind) = split(b"ld.so\0--argv0\0x\0prog\0one\0", 1).unwrap();
            assert_eq!(told, ["ld.so", "--argv0", "x", "prog"]);
            assert_eq!(behind, ["one"]);
            assert!(split(b"prog\0", 2).is_none());
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::ffi::OsString;
    use std::io;

    use super::Program;

    pub(super) fn this(name: OsString, arguments: Vec<OsString>) -> io::Result<Program> {
        Ok(Program {
            file: std::env::current_exe()?.into_os_string(),
            name,
            arguments,
        })
    }
}
