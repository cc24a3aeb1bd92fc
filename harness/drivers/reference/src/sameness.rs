//! Which lists, dicts and objects of a message are one: what is in it twice is one where it arrives, too,
//! and what holds itself does so there, as with Python's pickle.
//!
//! Both ends number them in the order in which they come; how they are written is `crossing`'s business.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::thread::LocalKey;

use crate::data::Data;

/// So few containers are looked through one by one.
const FEW: usize = 8;
/// Memory for so many is kept for the next message.
const MANY: usize = 1024;

/// What this thread knows of the message that it is writing or reading.
struct Message {
    /// How deep in its parts the thread is; the outermost part is all of it.
    depth: Cell<usize>,
    containers: RefCell<Containers>,
}

/// The lists, dicts and objects of a message so far.
struct Containers {
    /// Each at its number; while they are kept, no other comes to their places in memory.
    all: Vec<Data>,
    /// The numbers by the places in memory, where they are more than a few.
    numbers: HashMap<usize, u32, BuildHasherDefault<DefaultHasher>>,
}

thread_local! {
    static LEAVING: Message = const { Message::new() };
    static ARRIVING: Message = const { Message::new() };
}

impl Message {
    const fn new() -> Message {
        Message {
            depth: Cell::new(0),
            containers: RefCell::new(Containers::new()),
        }
    }
}

impl Containers {
    const fn new() -> Containers {
        Containers {
            all: Vec::new(),
            numbers: HashMap::with_hasher(BuildHasherDefault::new()),
        }
    }

    /// The number of the container at this place.
    fn find(&self, place: usize) -> Option<u32> {
        if self.all.len() > FEW {
            return self.numbers.get(&place).copied();
        }
        let mut all = self.all.iter();
        let found = all.position(|known| self::place(known) == Some(place));
        found.and_then(|number| u32::try_from(number).ok())
    }

    fn add(&mut self, container: Data) {
        self.all.push(container);
        let unlisted = match self.all.len() {
            0..=FEW => return,
            length if length == FEW + 1 => 0,
            length => length - 1,
        };
        for (number, known) in self.all.iter().enumerate().skip(unlisted) {
            if let (Some(place), Ok(number)) = (place(known), u32::try_from(number)) {
                self.numbers.insert(place, number);
            }
        }
    }
}

/// Where a list, dict or object is in memory.
pub(crate) fn place(container: &Data) -> Option<usize> {
    match container {
        Data::List(items) => Some(Arc::as_ptr(items).addr()),
        Data::Dict(pairs) => Some(Arc::as_ptr(pairs).addr()),
        Data::Object(object) => Some(Arc::as_ptr(object).addr()),
        _ => None,
    }
}

/// A part of a message, as long as it is written or read.
struct Part(&'static LocalKey<Message>);

impl Part {
    fn begin(message: &'static LocalKey<Message>) -> Part {
        message.with(|message| message.depth.set(message.depth.get() + 1));
        Part(message)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let message = |message: &Message| {
            let depth = message.depth.get() - 1;
            message.depth.set(depth);
            let is_all = depth == 0 && !message.containers.borrow().all.is_empty();
            is_all.then(|| message.containers.replace(Containers::new()))
        };
        let Some(mut containers) = self.0.with(message) else {
            return;
        };
        // Not borrowed meanwhile: who knows what the end of a container's items does.
        containers.all.clear();
        if containers.all.capacity() <= MANY {
            containers.numbers.clear();
            self.0
                .with(|message| message.containers.replace(containers));
        }
    }
}

/// Writes a part of a message that has containers in it.
pub(crate) fn leave<R>(write: impl FnOnce() -> R) -> R {
    let _part = Part::begin(&LEAVING);
    write()
}

/// Reads a part of a message that has containers in it.
pub(crate) fn arrive<R>(read: impl FnOnce() -> R) -> R {
    let _part = Part::begin(&ARRIVING);
    read()
}

/// How deep in its parts the message is that is being written.
pub(crate) fn depth() -> usize {
    LEAVING.with(|message| message.depth.get())
}

/// The number of a list, dict or object that is in the message already; else it has one from now on.
pub(crate) fn known(container: &Data) -> Option<u32> {
    let place = place(container)?;
    LEAVING.with(|message| {
        let mut containers = message.containers.borrow_mut();
        let number = containers.find(place);
        if number.is_none() {
            containers.add(container.clone());
        }
        number
    })
}

/// Remembers a list or dict, which has the next number, before its items are there.
pub(crate) fn remember(container: Data) {
    ARRIVING.with(|message| message.containers.borrow_mut().all.push(container));
}

/// Reserves the next number for an object whose parts arrive before it is there.
pub(crate) fn reserve() -> usize {
    ARRIVING.with(|message| {
        let mut containers = message.containers.borrow_mut();
        containers.all.push(Data::NONE);
        containers.all.len() - 1
    })
}

/// Remembers the object that a number was reserved for.
pub(crate) fn fill(number: usize, object: Data) {
    ARRIVING.with(|message| {
        if let Some(place) = message.containers.borrow_mut().all.get_mut(number) {
            *place = object;
        }
    });
}

/// The list, dict or object of this number.
pub(crate) fn remembered(number: u32) -> Option<Data> {
    let place = usize::try_from(number).ok()?;
    ARRIVING.with(|message| message.containers.borrow().all.get(place).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_container_of_a_message_has_one_number_however_many_there_are() {
        let all: Vec<Data> = (0..3 * FEW).map(|_| Data::list(Vec::new())).collect();
        for _ in 0..2 {
            leave(|| {
                for (number, container) in all.iter().enumerate() {
                    assert_eq!(known(container), None, "{number}");
                    for (earlier, container) in all[..=number].iter().enumerate() {
                        assert_eq!(known(container), u32::try_from(earlier).ok(), "{number}");
                    }
                }
            });
        }
    }
}
