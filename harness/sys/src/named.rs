//! Shared memory that other processes find by its name.
//!
//! A name lives until it is unlinked, and never longer than somebody holds the memory: what a
//! killed process, or a whole killed tree, leaves is nothing.
//!
//! | system | how a name is found | how long it lives |
//! | --- | --- | --- |
//! | Linux | the memory's label in the lists of open files of this user's processes | as long as one has it open |
//! | other Unix | a file in a folder of this user's, locked by each holder | as long as one holds the lock; the next caller removes the file |
//! | Windows | a name of a section in this session | as long as one has it open; taken until then, though unlinked |

use std::io;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use crate::memory::SharedMemory;
use crate::system::named as system;

/// How many bytes of each named memory are this module's: the callers' begin behind them.
pub const HEAD: usize = 64;

/// The longest name, in bytes.
pub const NAME_MAX: usize = 64;

const STATE_AT: usize = 0;
const LINKED: u32 = 1;
const UNLINKED: u32 = 2;

/// Makes memory of [`HEAD`] and `bytes` more zero bytes under a name.
///
/// # Errors
/// `InvalidInput` for a bad name, `AlreadyExists` for a taken one; what the system says when it has
/// no memory or no handles left.
pub fn create(name: &str, bytes: usize) -> io::Result<SharedMemory> {
    check(name)?;
    let bytes = bytes.checked_add(HEAD).ok_or(io::ErrorKind::OutOfMemory)?;
    let _turn = system::turn(name)?;
    if system::find(name, is_linked)?.is_some() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let memory = system::make(name, bytes)?;
    memory.atomic_u32(STATE_AT).store(LINKED, Release);
    Ok(memory)
}

/// The memory that has a name now.
///
/// # Errors
/// `NotFound` when there is none; `InvalidInput` for what cannot be a name.
pub fn open(name: &str) -> io::Result<SharedMemory> {
    check(name)?;
    system::find(name, is_linked)?.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Takes the name from a memory, which lives on for those who hold it.
///
/// # Errors
/// `NotFound` when somebody has done so before.
pub fn unlink(name: &str, memory: &SharedMemory) -> io::Result<()> {
    let state = memory.atomic_u32(STATE_AT);
    match state.compare_exchange(LINKED, UNLINKED, AcqRel, Acquire) {
        Ok(_) => system::forget(name),
        Err(_) => Err(io::ErrorKind::NotFound.into()),
    }
}

fn is_linked(memory: &SharedMemory) -> bool {
    memory.bytes() >= HEAD && memory.atomic_u32(STATE_AT).load(Acquire) == LINKED
}

fn check(name: &str) -> io::Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let is_good = (1..=NAME_MAX).contains(&name.len())
        && name.bytes().all(is_plain)
        && !name.starts_with('.');
    if is_good {
        return Ok(());
    }
    let text = format!(
        "`{}` is no name: it takes 1 to {NAME_MAX} of the characters a-z, A-Z, 0-9, `_`, `-`, and `.` \
         behind the first",
        name.escape_default()
    );
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::{Duration, Instant};

    use super::{HEAD, create, open, unlink};

    /// A name that no other run has.
    fn name(what: &str) -> String {
        format!("test-{what}-{}", std::process::id())
    }

    #[test]
    fn a_name_leads_to_the_same_memory_until_it_is_unlinked() {
        let name = name("same");
        let first = create(&name, 100).unwrap();
        let second = open(&name).unwrap();
        assert_eq!(second.bytes(), HEAD + 100);
        first.atomic_u32(HEAD).store(7, SeqCst);
        assert_eq!(second.atomic_u32(HEAD).load(SeqCst), 7);
        assert_eq!(
            create(&name, 1).unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        unlink(&name, &second).unwrap();
        assert_eq!(
            unlink(&name, &first).unwrap_err().kind(),
            ErrorKind::NotFound
        );
        assert_eq!(open(&name).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(second.atomic_u32(HEAD).load(SeqCst), 7);
    }

    #[test]
    fn a_name_goes_with_its_last_holder() {
        let name = name("last");
        let first = create(&name, 1).unwrap();
        let second = open(&name).unwrap();
        drop(first);
        drop(open(&name).unwrap());
        drop(second);
        // A process that another thread of these tests starts has it open until it is a program.
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Ok(memory) = open(&name) {
            drop(memory);
            assert!(Instant::now() < deadline, "the name is still there");
        }
        drop(create(&name, 1).unwrap());
    }

    #[test]
    fn of_many_who_create_a_name_one_gets_it() {
        let name = name("race");
        let outcomes = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| create(&name, 1))).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join().unwrap();
            threads.into_iter().map(join).collect::<Vec<_>>()
        });
        let got = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(got, 1);
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        }
    }

    #[test]
    fn what_could_be_a_path_or_nothing_is_no_name() {
        for name in ["", "a/b", "..", "a b", "\0", "ä", &"x".repeat(65)] {
            assert_eq!(
                open(name).unwrap_err().kind(),
                ErrorKind::InvalidInput,
                "{name:?}"
            );
        }
    }
}
