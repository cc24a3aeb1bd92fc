//! What this process may do, as a number to compare; here no process changes it.

/// Always the same number.
#[must_use]
pub fn fingerprint() -> u64 {
    0
}
