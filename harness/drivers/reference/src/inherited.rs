//! What processes share by being given it when they start: a pool's result has none of it, as in Python.
//!
//! The runtime itself would send it in any message; which of them may is the specification's business.

use std::collections::HashSet;

use poolproof_case::catalogue::Class;

use crate::data::{Data, lock};
use crate::sameness;

/// The class of an object somewhere in data that is only given to a new process.
pub(crate) fn find(data: &Data) -> Option<Class> {
    match data {
        Data::Plain(_) => None,
        parts => find_within(parts, &mut HashSet::new()),
    }
}

/// As [`find`], where the containers at these places are looked through already.
fn find_within(data: &Data, seen: &mut HashSet<usize>) -> Option<Class> {
    if sameness::place(data).is_some_and(|place| !seen.insert(place)) {
        return None;
    }
    let mut first = |all: &[Data]| all.iter().find_map(|one| find_within(one, seen));
    match data {
        Data::Plain(_) | Data::Function(_) | Data::Timeout(_) => None,
        Data::Tuple(items) => first(items),
        // Copied first: a list that holds itself would be locked twice.
        Data::List(items) => {
            let items = lock(items).clone();
            first(&items)
        }
        Data::Dict(pairs) => {
            let values: Vec<Data> = lock(pairs).iter().map(|(_, data)| data.clone()).collect();
            first(&values)
        }
        Data::Object(object) => Some(object.class()).filter(|class| is_inherited(*class)),
    }
}

fn is_inherited(class: Class) -> bool {
    matches!(
        class,
        Class::Lock
            | Class::RLock
            | Class::Semaphore
            | Class::BoundedSemaphore
            | Class::Condition
            | Class::Event
            | Class::Barrier
            | Class::Queue
            | Class::JoinableQueue
            | Class::SimpleQueue
            | Class::Value
            | Class::RawValue
            | Class::Array
            | Class::RawArray
    )
}
