//! Names of processes: those to which a program gives none are Python's `Process-1:2`, the second
//! child of the first child of main, counted when they are made; and those that they give themselves.

use std::cell::RefCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use poolproof_runtime as mp;

use crate::data::lock;
use crate::functions;

/// What the runtime calls main.
const MAIN_PROCESS: &str = "MainProcess";

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

/// A process, or a thread that stands for one: two are equal where a program takes them for one.
#[derive(Clone, PartialEq)]
pub(crate) struct Who {
    pid: u32,
    /// Of a thread its path.
    thread: Option<String>,
}

/// The process that asks.
pub(crate) fn who() -> Who {
    let path = || own(|own| own.path.clone());
    Who {
        pid: std::process::id(),
        thread: functions::is_of_threads().then(path),
    }
}

impl Who {
    /// The thread with this path; none where processes are no threads.
    pub(crate) fn thread(path: &str) -> Option<Who> {
        functions::is_of_threads().then(|| Who {
            pid: std::process::id(),
            thread: Some(path.to_owned()),
        })
    }

    /// Gives it another name than it began with.
    pub(crate) fn rename(self, name: String) {
        let mut all = lock(&RENAMED);
        all.retain(|(who, _)| *who != self);
        all.push((self, name));
    }

    /// The name that it was given since it began.
    pub(crate) fn renamed(&self) -> Option<String> {
        let all = lock(&RENAMED);
        let found = all.iter().find(|(who, _)| who == self);
        found.map(|(_, name)| name.clone())
    }
}

/// Processes with other names than they began with. A forked child has its parent's here, too, which
/// nobody asks for there.
static RENAMED: Mutex<Vec<(Who, String)>> = Mutex::new(Vec::new());

/// The name of the process that asks.
pub(crate) fn own_name() -> String {
    who().renamed().unwrap_or_else(|| {
        match mp::current_process().name() {
            // Among threads it is the thread that is asked for.
            MAIN_PROCESS if functions::is_of_threads() => "MainThread".to_owned(),
            name => name.to_owned(),
        }
    })
}

/// The name of this process's parent, where that is not the one that it began with.
static PARENT: Mutex<Option<String>> = Mutex::new(None);

/// From now on this is it.
pub(crate) fn set_parent_name(name: Option<String>) {
    *lock(&PARENT) = name;
}

/// The name of this process's parent, where that is not the one that it began with.
pub(crate) fn parent_name() -> Option<String> {
    lock(&PARENT).clone()
}

fn own<T>(look: impl FnOnce(&Place) -> T) -> T {
    OWN.with_borrow(|own| look(own.as_ref().unwrap_or(&MAIN)))
}
