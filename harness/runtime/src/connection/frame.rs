//! What stands before a message, in big-endian order: its length in 4 bytes, or -1 and the length
//! in 8 when it is longer than 2³¹-1, as CPython writes it.
//!
//! Ours alone is -2 and the number of handles that belong to the message, in 4 bytes each, before
//! its length: CPython never receives it, as handles only go where both ends are ours.

/// The longest thing that can stand before a message.
pub(super) const HEAD_MAX: usize = 20;

/// What a head begins with when the length follows in 8 bytes.
pub(super) const LONG: i32 = -1;

/// What a head begins with when a number of handles follows.
pub(super) const HANDLES: i32 = -2;

/// Writes the head of a message into the end of `room`, which has [`HEAD_MAX`] bytes; gives where
/// it starts.
pub(super) fn write_head(room: &mut [u8], length: usize, handles: usize) -> usize {
    let mut start = room.len();
    let mut put = |bytes: &[u8]| {
        start -= bytes.len();
        room[start..start + bytes.len()].copy_from_slice(bytes);
    };
    match i32::try_from(length) {
        Ok(length) => put(&length.to_be_bytes()),
        Err(_) => {
            put(&(length as u64).to_be_bytes());
            put(&LONG.to_be_bytes());
        }
    }
    if handles > 0 {
        put(&u32::try_from(handles).unwrap_or(u32::MAX).to_be_bytes());
        put(&HANDLES.to_be_bytes());
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(length: usize, handles: usize, expected: &[u8]) {
        let mut room = [0; HEAD_MAX];
        let start = write_head(&mut room, length, handles);
        assert_eq!(&room[start..], expected);
    }

    #[test]
    fn a_head_is_as_cpython_writes_it() {
        check(0, 0, &[0, 0, 0, 0]);
        check(0x0102, 0, &[0, 0, 1, 2]);
        check(0x7fff_ffff, 0, &[0x7f, 0xff, 0xff, 0xff]);
        let long = [255, 255, 255, 255, 0, 0, 0, 0, 0x80, 0, 0, 0];
        check(0x8000_0000, 0, &long);
        check(5, 3, &[255, 255, 255, 254, 0, 0, 0, 3, 0, 0, 0, 5]);
    }
}
