//! What a copying server and its copies say on a status stream.

use std::collections::VecDeque;
use std::io;

use super::super::handle::Handle;
use super::super::pipe;
use crate::ending::{Ending, Lost};
use crate::group::Group;

/// One thing that is said.
pub(in crate::system) enum Word {
    /// A copy was made and has this id.
    Copied(u32),
    /// None was made, and this is the number of the error.
    Failed(i32),
    /// The copy of this id has ended.
    Ended(u32, Ending),
}

/// How many bytes a word has.
const WORD: usize = 9;

impl Word {
    fn to_bytes(&self) -> [u8; WORD] {
        let (kind, pid, number) = match *self {
            Word::Copied(pid) => (0, pid, 0),
            Word::Failed(number) => (1, 0, number),
            Word::Ended(pid, Ending::Exit(code)) => (2, pid, code),
            Word::Ended(pid, Ending::Signal(signal)) => (3, pid, signal),
            Word::Ended(pid, Ending::Unknown(_)) => (4, pid, 0),
        };
        let mut bytes = [kind; WORD];
        bytes[1..5].copy_from_slice(&pid.to_ne_bytes());
        bytes[5..].copy_from_slice(&number.to_ne_bytes());
        bytes
    }

    fn from_bytes([kind, a, b, c, d, number @ ..]: [u8; WORD]) -> io::Result<Word> {
        let pid = u32::from_ne_bytes([a, b, c, d]);
        let number = i32::from_ne_bytes(number);
        Ok(match kind {
            0 => Word::Copied(pid),
            1 => Word::Failed(number),
            2 => Word::Ended(pid, Ending::Exit(number)),
            3 => Word::Ended(pid, Ending::Signal(number)),
            4 => Word::Ended(pid, Ending::Unknown(Lost::Taken)),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        })
    }

    /// The next word with the group of handles beside it; none where all that could say one are gone.
    pub(in crate::system) fn read(
        status: &Handle,
        groups: &mut VecDeque<Group>,
    ) -> io::Result<Option<Word>> {
        let mut bytes = [0; WORD];
        let mut filled = 0;
        while filled < WORD {
            match pipe::receive(status, &mut bytes[filled..], groups) {
                Ok(0) => return Ok(None),
                Ok(read) => filled += read,
                Err(error) if is_gone(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Word::from_bytes(bytes).map(Some)
    }

    pub(super) fn say(&self, status: &Handle, handles: &[Handle]) -> io::Result<()> {
        pipe::send(status, &self.to_bytes(), handles)
    }
}

/// Whether nobody is at the other end any more.
pub(super) fn is_gone(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::BrokenPipe || kind == io::ErrorKind::ConnectionReset
}
