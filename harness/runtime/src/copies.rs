//! What belongs to one process and not to its copies.
//!
//! A copy that this library makes has every lock free, and begins with letting go of what is its
//! original's ([`let_go`]). One that the program makes by itself (`fork` in a daemonizer, say) may
//! be made at any moment, so that any lock may be held in it for ever: it begins anew, with books of
//! its own ([`OfProcess`]), and never looks at its original's.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use poolproof_sys::copies::{epoch, foreign};

use crate::error::{Error, Kind};
use crate::locked::lock;

/// What one module lets go of in a copy of ours, once it has anything.
pub(crate) struct InCopies {
    let_go: fn(),
    is_known: AtomicBool,
}

static ALL: [&InCopies; 5] = [
    &crate::process::IN_COPIES,
    &crate::exit_work::IN_COPIES,
    &crate::start::IN_COPIES,
    &crate::manager::IN_COPIES,
    &crate::manager::CLIENTS_IN_COPIES,
];

impl InCopies {
    pub(crate) const fn new(let_go: fn()) -> InCopies {
        InCopies {
            let_go,
            is_known: AtomicBool::new(false),
        }
    }

    /// Has every copy from now on begin with this.
    pub(crate) fn register(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }
}

/// In a copy of ours, before anything else: lets go of all that is the original's.
#[inline]
pub(crate) fn let_go() {
    for module in ALL {
        if module.is_known.load(Ordering::Relaxed) {
            (module.let_go)();
        }
    }
}

/// A variable of which each copy that the program makes by itself has one of its own, made when it
/// first looks.
///
/// It takes no room beside the value, so that those which are zero at first stay that.
pub(crate) struct OfProcess<T: 'static>(T);

/// A variable of such a copy, and how many there had been when it was made.
type Later = (u32, &'static (dyn Any + Send + Sync));

/// The variables of such copies, by their address; each begins with those of the one before it.
static LATER: Chain<Mutex<BTreeMap<usize, Later>>> = Chain::first(Mutex::new(BTreeMap::new()));

impl<T: Send + Sync> OfProcess<T> {
    pub(crate) const fn new(value: T) -> OfProcess<T> {
        OfProcess(value)
    }

    /// This process's own; `fresh` makes one out of the original's, of which any lock may be held.
    #[inline]
    pub(crate) fn get(&'static self, fresh: fn(&T) -> T) -> &'static T {
        match foreign() {
            0 => &self.0,
            _ => self.later(fresh),
        }
    }

    #[cold]
    fn later(&'static self, fresh: fn(&T) -> T) -> &'static T {
        let (table, here) = (LATER.of_process(kept), foreign());
        let address = (&raw const self.0).addr();
        let known = |table: &BTreeMap<usize, Later>| {
            let (made_in, value) = *table.get(&address)?;
            Some((made_in, value.downcast_ref::<T>()?))
        };
        let before = match known(&lock(table)) {
            Some((made_in, value)) if made_in == here => return value,
            Some((_, value)) => value,
            None => &self.0,
        };
        let made: &'static T = Box::leak(Box::new(fresh(before)));
        let mut table = lock(table);
        match known(&table) {
            // A second thread of the copy was faster.
            Some((made_in, value)) if made_in == here => value,
            _ => {
                table.insert(address, (here, made));
                made
            }
        }
    }
}

/// A part of an object of which each copy that the program makes by itself has one of its own.
#[derive(Debug)]
pub(crate) struct Chain<T> {
    /// How many such copies there had been when this was made.
    made_in: u32,
    value: T,
    later: OnceLock<Box<Chain<T>>>,
}

impl<T> Chain<T> {
    pub(crate) fn new(value: T) -> Chain<T> {
        Chain {
            made_in: foreign(),
            value,
            later: OnceLock::new(),
        }
    }

    const fn first(value: T) -> Chain<T> {
        Chain {
            made_in: 0,
            value,
            later: OnceLock::new(),
        }
    }

    /// This process's own; `fresh` makes one out of the one before it, of which any lock may be held.
    #[inline]
    pub(crate) fn of_process(&self, fresh: fn(&T) -> T) -> &T {
        match self.made_in == foreign() {
            true => &self.value,
            false => self.last(fresh),
        }
    }

    #[cold]
    fn last(&self, fresh: fn(&T) -> T) -> &T {
        let mut last = self;
        while last.made_in != foreign() {
            last = match last.later.get() {
                Some(later) => later,
                None => last
                    .later
                    .get_or_init(|| Box::new(Chain::new(fresh(&last.value)))),
            };
        }
        &last.value
    }
}

/// What is begun with in a copy where nothing of the original's is taken over.
pub(crate) fn anew<T: Default>(_original: &T) -> T {
    T::default()
}

/// What is begun with in a copy where a choice of the original's is taken over, unless another thread
/// is making it at that moment.
pub(crate) fn kept<T: Clone + Default>(original: &Mutex<T>) -> Mutex<T> {
    Mutex::new(
        original
            .try_lock()
            .map(|kept| kept.clone())
            .unwrap_or_default(),
    )
}

/// Calls a function of the program's where a process of ours, or a thread, goes on afterwards. A copy
/// that the program makes in there ends when it comes back: it is not the one that has to go on.
#[inline]
pub(crate) fn only_here<R>(call: impl FnOnce() -> R) -> R {
    let before = epoch();
    let outcome = call();
    if epoch() != before {
        std::process::exit(0);
    }
    outcome
}

/// The error of who uses in a copy what works in the original alone.
#[cold]
pub(crate) fn of_original(subject: &str, way_out: &str) -> Error {
    let text = "this process is a copy (by `fork`) of the one that made it, and has none of the \
                threads that work for it";
    Error::new(Kind::Usage, format!("{subject}: {text}: {way_out}"))
}

#[cfg(test)]
mod tests {
    use super::{Chain, anew};

    #[test]
    fn a_process_that_is_no_copy_has_the_first_of_all() {
        let chain = Chain::new(vec![7]);
        assert_eq!(chain.of_process(anew), &[7]);
        assert_eq!(chain.of_process(|_| Vec::new()), &[7]);
    }
}
