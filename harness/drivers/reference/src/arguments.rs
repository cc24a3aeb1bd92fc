//! The arguments of a call, evaluated; which parameter each is for is `bound`'s business.

use smallvec::SmallVec;

use crate::data::Data;

/// The arguments of a call, evaluated.
pub(crate) struct Arguments<'a> {
    /// By position, each of which is there; what is bound has places for those that are not given.
    pub(crate) positional: Places,
    /// By name.
    pub(crate) named: Vec<(&'a str, Data)>,
}

/// What most calls have fits without an allocation.
pub(crate) type Places = SmallVec<[Option<Data>; 2]>;

impl Arguments<'_> {
    pub(crate) fn none<'a>() -> Arguments<'a> {
        Arguments {
            positional: Places::new(),
            named: Vec::new(),
        }
    }

    /// Arguments that are given by position alone.
    pub(crate) fn of(positional: Vec<Data>) -> Arguments<'static> {
        Arguments {
            positional: positional.into_iter().map(Some).collect(),
            named: Vec::new(),
        }
    }
}
