//! Writing only where there is room, of which the system tells nobody.

use std::io;
use std::time::{Duration, Instant};

use super::super::handle::Handle;
use super::bytes::write_some;
use super::{BUFFER, WHOLE_WRITE_MAX};

/// Makes [`write_now`] of this end give up where there is no room: it always does here.
///
/// # Errors
/// None on this system.
pub fn never_wait_for_room(_writer: &Handle) -> io::Result<()> {
    Ok(())
}

/// How many of `length` bytes may be given to [`write_now`] while at most `unread` bytes wait to be
/// read: a write that has to be taken back does not tell how much of it was read meanwhile.
#[must_use]
pub fn fitting(length: usize, unread: u64) -> usize {
    // The system may count more than the bytes alone.
    let room = (BUFFER as usize / 2).saturating_sub(usize::try_from(unread).unwrap_or(usize::MAX));
    match length {
        0.. if length <= room => length,
        0..=WHOLE_WRITE_MAX => 0,
        _ => room,
    }
}

/// Writes `bytes` where there is room for all of them; gives how many, all or none.
///
/// # Errors
/// Fails with `BrokenPipe` when nobody can read it any more, or as the system's write does.
pub fn write_now(writer: &Handle, bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() {
        // A write of nothing would look like the end of the stream.
        return Ok(0);
    }
    write_some(writer, bytes, Some(Instant::now()))
}

/// How long a writer sleeps before it looks for room again: the system tells nobody of room.
const ROOM_LOOK: Duration = Duration::from_millis(1);

/// Waits a little for room, and says yes without knowing; false when the deadline has passed.
///
/// # Errors
/// None on this system.
pub fn wait_writable(_writer: &Handle, deadline: Option<Instant>) -> io::Result<bool> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    std::thread::sleep(left.unwrap_or(ROOM_LOOK).min(ROOM_LOOK));
    Ok(left != Some(Duration::ZERO))
}
