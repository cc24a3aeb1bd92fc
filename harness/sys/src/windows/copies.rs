//! Copies of this process, which this system does not make.

use super::handle::Handle;

/// A number that is never zero and differs between a process and its copies.
#[inline]
pub fn epoch() -> u32 {
    1
}

/// How many copies that the program made by itself there were on the way to this process.
#[inline]
pub fn foreign() -> u32 {
    0
}

/// Looks whether this is a copy that nobody was told of; gives the [`epoch`].
pub fn notice() -> u32 {
    epoch()
}

/// As long as this is there a handle is one of this process alone.
#[derive(Debug)]
pub struct Withheld(());

/// Keeps a handle from copies that the program makes by itself.
pub fn withhold(_handle: &Handle) -> Withheld {
    Withheld(())
}

#[cfg(test)]
mod tests {
    use super::{epoch, foreign, notice};

    #[test]
    fn a_process_that_nobody_has_copied_stays_what_it_is() {
        assert_ne!(epoch(), 0);
        assert_eq!((notice(), foreign()), (epoch(), 0));
    }
}
