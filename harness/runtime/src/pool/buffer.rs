//! Buffers that are kept from task to task, so that a large value costs no page faults each time.

/// Bytes of a buffer that is kept for the next task.
const KEPT_MAX: usize = 2 << 20;

/// Lets go of a buffer for a huge value: it is not kept for the small ones that follow.
pub(super) fn keep_small(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT_MAX {
        *buffer = Vec::new();
    }
}
