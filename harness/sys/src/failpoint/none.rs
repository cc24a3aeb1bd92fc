//! No places to die and no calls to fail: what a program has in use.

use super::{Refusal, Side};

/// Nothing.
#[inline(always)]
pub fn hit(_side: Side) {}

/// None.
#[inline(always)]
pub(crate) fn refusal(_can_fail: &[Refusal]) -> Option<i32> {
    None
}

/// Nothing.
#[inline(always)]
pub fn set_role(_name: &str) {}

/// Nothing.
#[derive(Debug)]
pub(crate) struct OnDrop;

impl OnDrop {
    pub(crate) const BEFORE: OnDrop = OnDrop;
    pub(crate) const AFTER: OnDrop = OnDrop;
}
