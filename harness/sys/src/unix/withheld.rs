//! Handles that a copy which the program makes by itself is not to have.
//!
//! Whatever is done here in a copy is allowed in a signal handler: other threads may have held
//! anything at the moment of the copy.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI32, AtomicPtr};

use super::copies::epoch;
use super::handle::Handle;

/// As long as this is there a handle is one of this process alone; it goes before the handle does.
#[derive(Debug)]
pub struct Withheld(&'static Place);

/// Keeps a handle from copies that the program makes by itself.
pub fn withhold(handle: &Handle) -> Withheld {
    // From now on a copy is noticed.
    epoch();
    list(handle.as_fd().as_raw_fd())
}

#[derive(Debug)]
struct Place {
    /// The number of a descriptor, or [`FREE`].
    number: AtomicI32,
    next: AtomicPtr<Place>,
}

const FREE: i32 = -1;

/// The last place; none is ever taken away, since a copy may walk along them at any moment.
static LAST: AtomicPtr<Place> = AtomicPtr::new(std::ptr::null_mut());

fn places() -> impl Iterator<Item = &'static Place> {
    // SAFETY: what the list leads to was leaked by `list`.
    let place = |place: *mut Place| unsafe { place.as_ref() };
    std::iter::successors(place(LAST.load(Acquire)), move |at| {
        place(at.next.load(Acquire))
    })
}

fn list(number: i32) -> Withheld {
    let take = |place: &&Place| {
        let taken = place
            .number
            .compare_exchange(FREE, number, Release, Relaxed);
        taken.is_ok()
    };
    if let Some(place) = places().find(take) {
        return Withheld(place);
    }
    let place: &'static mut Place = Box::leak(Box::new(Place {
        number: AtomicI32::new(number),
        next: AtomicPtr::new(std::ptr::null_mut()),
    }));
    let new: *mut Place = place;
    let mut last = LAST.load(Acquire);
    loop {
        // SAFETY: nobody else has it before it is in the list.
        unsafe { &*new }.next.store(last, Relaxed);
        match LAST.compare_exchange(last, new, AcqRel, Acquire) {
            // SAFETY: it was leaked, and is only read from now on.
            Ok(_) => return Withheld(unsafe { &*new }),
            Err(other) => last = other,
        }
    }
}

impl Drop for Withheld {
    fn drop(&mut self) {
        self.0.number.store(FREE, Release);
    }
}

/// In a foreign copy: puts a socket that leads nowhere in the place of each such handle. They stay
/// open, so that whoever holds one here closes what is his.
pub(super) fn take_away() {
    let numbers = || {
        let numbers = places().map(|place| place.number.load(Acquire));
        numbers.filter(|number| *number != FREE)
    };
    let Some(first) = numbers().next() else {
        return;
    };
    let mut dead = something_dead();
    if dead == FREE {
        // The process has no descriptor left, and so the first of them makes room.
        // SAFETY: the copy has it from its original, and nobody uses it here.
        unsafe { libc::close(first) };
        dead = something_dead();
    }
    if dead == FREE {
        return;
    }
    for number in numbers() {
        if number != dead {
            // SAFETY: as above; what is put there is closed by whoever holds the number.
            unsafe { libc::dup2(dead, number) };
        }
        // SAFETY: it changes a flag of a descriptor that is this copy's own.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    if numbers().all(|number| number != dead) {
        // SAFETY: it was made above and given to nobody.
        unsafe { libc::close(dead) };
    }
}

/// A descriptor that nobody is at the other end of.
fn something_dead() -> i32 {
    // SAFETY: it only makes a descriptor.
    match unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0) } {
        // SAFETY: the path is a text that ends with zero.
        FREE => unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) },
        made => made,
    }
}
