//! Names of processes to which a program gives none: Python's `Process-1:2`, the second child of the
//! first child of main, counted when they are made.
//!
//! What a process is called is left to whoever makes it.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A process, or a thread that stands for one, among all of the program.
struct Place {
    /// The numbers of its ancestors and its own, each among its parent's children; none for main.
    path: String,
    children: AtomicUsize,
}

static MAIN: Place = Place {
    path: String::new(),
    children: AtomicUsize::new(0),
};

thread_local! {
    /// The place of the child whose work this thread does.
    static OWN: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// From now on this thread does the work of the process with this path.
pub(crate) fn enter(path: String) {
    let children = AtomicUsize::new(0);
    OWN.set(Some(Place { path, children }));
}

/// The path of the next child of this process.
pub(crate) fn next_path() -> String {
    own(|own| {
        let number = own.children.fetch_add(1, Ordering::Relaxed) + 1;
        match own.path.as_str() {
            "" => number.to_string(),
            path => format!("{path}:{number}"),
        }
    })
}

/// Counts children of this process that have names of their own, such as a pool's workers.
pub(crate) fn count(children: usize) {
    own(|own| own.children.fetch_add(children, Ordering::Relaxed));
}

fn own<T>(look: impl FnOnce(&Place) -> T) -> T {
    OWN.with_borrow(|own| look(own.as_ref().unwrap_or(&MAIN)))
}
