//! Lists and dicts that are in several items which a manager is sent at once: it keeps each item by itself,
//! as bytes, so these bear a tag, by which they are one again where several items arrive at once.
//!
//! What is in one item twice is `sameness`'s business.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::data::{Data, lock};
use crate::sameness;

/// What no other container bears that a manager keeps.
type Tag = u64;

thread_local! {
    /// The tags of those that leave, by their places in memory.
    static LEAVING: RefCell<HashMap<usize, Tag>> = RefCell::default();
    /// Those that have arrived with others, by their tags.
    static ARRIVING: RefCell<Option<HashMap<Tag, Data>>> = const { RefCell::new(None) };
}

/// Sends items at once.
pub(crate) fn leave<'d, R>(items: impl Iterator<Item = &'d Data>, send: impl FnOnce() -> R) -> R {
    let (mut all, mut several) = (HashSet::new(), HashSet::new());
    for item in items {
        let mut own = HashSet::new();
        look_through(item, &mut own);
        several.extend(own.iter().copied().filter(|place| all.contains(place)));
        all.extend(own);
    }
    let tags = several.into_iter().map(|place| (place, tag()));
    let outer = LEAVING.replace(tags.collect());
    let outcome = send();
    LEAVING.set(outer);
    outcome
}

/// The places of all lists and dicts in an item.
fn look_through(data: &Data, seen: &mut HashSet<usize>) {
    let inner = match data {
        Data::List(items) => lock(items).clone(),
        Data::Tuple(items) => items.to_vec(),
        Data::Dict(pairs) => lock(pairs).iter().map(|(_, data)| data.clone()).collect(),
        Data::Plain(_) | Data::Function(_) | Data::Timeout(_) | Data::Object(_) => return,
    };
    if sameness::place(data).is_none_or(|place| seen.insert(place)) {
        inner.iter().for_each(|one| look_through(one, seen));
    }
}

fn tag() -> Tag {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    u64::from(std::process::id()) << 32 | u64::from(NEXT.fetch_add(1, Relaxed))
}

/// The tag of a list or dict that is in several of the items that are being sent.
pub(crate) fn tag_of(container: &Data) -> Option<Tag> {
    let place = sameness::place(container)?;
    LEAVING.with_borrow(|tags| tags.get(&place).copied())
}

/// Receives items at once.
pub(crate) fn arrive<R>(receive: impl FnOnce() -> R) -> R {
    let outer = ARRIVING.replace(Some(HashMap::new()));
    let outcome = receive();
    ARRIVING.set(outer);
    outcome
}

/// The list or dict with this tag that has arrived already; else it is this one from now on.
pub(crate) fn known(tag: Tag, container: &Data) -> Option<Data> {
    ARRIVING.with_borrow_mut(|known| {
        let known = known.as_mut()?;
        let found = known.get(&tag).cloned();
        if found.is_none() {
            known.insert(tag, container.clone());
        }
        found
    })
}
