//! A manager's set: members are equal when their encodings are, and keep the order of insertion.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::coding::{decoded, encoded, packed};
use super::protocol::Item;
use super::proxy::managed;
use super::table::{Kept, Object, Table};
use super::waiting::Caller;
use crate::error::{Error, Kind, Result};
use crate::locked::lock;
use crate::transfer::Message;

#[derive(Serialize, Deserialize)]
enum Call {
    /// Says whether it is new.
    Insert(Item),
    /// Says whether it was there.
    Remove(ByteBuf),
    Pop,
    Contains(ByteBuf),
    Len,
    Clear,
    Items,
    Change(Change, Vec<Item>),
    Compare(Comparison, Vec<ByteBuf>),
}

/// What becomes of a set with the members of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Change {
    Union,
    Intersection,
    Difference,
    SymmetricDifference,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Comparison {
    Subset,
    Superset,
    Disjoint,
}

/// The object.
pub(super) struct Set {
    table: Arc<Table>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    places: HashMap<ByteBuf, u64>,
    members: BTreeMap<u64, Kept>,
    next: u64,
}

impl Set {
    pub(super) fn new(table: &Arc<Table>) -> Set {
        Set {
            table: Arc::clone(table),
            state: Mutex::default(),
        }
    }

    fn insert(&self, state: &mut State, member: Item) -> Result<bool> {
        let bytes = ByteBuf::from(member.bytes.clone());
        if state.places.contains_key(&bytes) {
            return Ok(false);
        }
        let member = Kept::new(member, &self.table)?;
        state.next += 1;
        state.places.insert(bytes, state.next);
        state.members.insert(state.next, member);
        Ok(true)
    }

    fn change(&self, state: &mut State, change: Change, others: Vec<Item>) -> Result<()> {
        match change {
            Change::Union => {
                for other in others {
                    self.insert(state, other)?;
                }
            }
            Change::Intersection => {
                let kept: std::collections::HashSet<_> = others
                    .into_iter()
                    .map(|other| ByteBuf::from(other.bytes))
                    .collect();
                let gone: Vec<_> = state
                    .places
                    .keys()
                    .filter(|member| !kept.contains(*member))
                    .cloned()
                    .collect();
                for member in &gone {
                    state.remove(member);
                }
            }
            Change::Difference => {
                for other in others {
                    state.remove(&ByteBuf::from(other.bytes));
                }
            }
            Change::SymmetricDifference => {
                for other in others {
                    if !state.remove(&ByteBuf::from(other.bytes.clone())) {
                        self.insert(state, other)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl State {
    fn remove(&mut self, member: &ByteBuf) -> bool {
        let place = self.places.remove(member);
        place.is_some_and(|place| self.members.remove(&place).is_some())
    }

    fn pop(&mut self) -> Option<ByteBuf> {
        let (_, member) = self.members.pop_first()?;
        let member = member.bytes();
        self.places.remove(&member);
        Some(member)
    }

    fn compare(&self, comparison: Comparison, others: &[ByteBuf]) -> bool {
        let has = |other: &ByteBuf| self.places.contains_key(other);
        match comparison {
            Comparison::Superset => others.iter().all(has),
            Comparison::Disjoint => !others.iter().any(has),
            Comparison::Subset => {
                let others: std::collections::HashSet<_> = others.iter().collect();
                self.places.keys().all(|member| others.contains(member))
            }
        }
    }
}

impl Object for Set {
    fn call(&self, call: &[u8], _caller: &Caller<'_>) -> Result<Vec<u8>> {
        let call = decoded(call)?;
        let mut state = lock(&self.state);
        match call {
            Call::Insert(member) => encoded(&self.insert(&mut state, member)?),
            Call::Remove(member) => encoded(&state.remove(&member)),
            Call::Pop => encoded(&state.pop()),
            Call::Contains(member) => encoded(&state.places.contains_key(&member)),
            Call::Len => encoded(&state.places.len()),
            Call::Clear => {
                state.places.clear();
                encoded(&state.members.clear())
            }
            Call::Items => encoded(&state.members.values().map(Kept::bytes).collect::<Vec<_>>()),
            Call::Change(change, others) => encoded(&self.change(&mut state, change, others)?),
            Call::Compare(comparison, others) => encoded(&state.compare(comparison, &others)),
        }
    }
}

managed! {
    /// A set of a manager. What is combined with it is a collection of this process: for another
    /// managed set, its [`items`](SetProxy::items).
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended, and with `is_serialize` or
    /// `is_deserialize` for a member that cannot travel.
    SetProxy<T>: Set
}

impl<T: Message> SetProxy<T> {
    /// Adds a member; says whether it is new.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent.
    pub fn insert(&self, member: &T) -> Result<bool> {
        let member = self.proxy.server().encode(member)?;
        self.proxy.call(&Call::Insert(member))
    }

    /// Removes a member if it is there; says whether it was.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent.
    pub fn discard(&self, member: &T) -> Result<bool> {
        self.proxy.call(&Call::Remove(packed(member)?))
    }

    /// Removes a member.
    ///
    /// # Errors
    /// `is_key` when it is not there.
    pub fn remove(&self, member: &T) -> Result<()> {
        match self.discard(member)? {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Key,
                "remove a member that is not in a set",
            )),
        }
    }

    /// Removes some member and gives it.
    ///
    /// # Errors
    /// `is_key` when there is none.
    pub fn pop(&self) -> Result<T> {
        let member: Option<ByteBuf> = self.proxy.call(&Call::Pop)?;
        let none = || Error::new(Kind::Key, "take a member from an empty set");
        decoded(&member.ok_or_else(none)?)
    }

    /// Whether a member is there.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent.
    pub fn contains(&self, member: &T) -> Result<bool> {
        self.proxy.call(&Call::Contains(packed(member)?))
    }

    /// How many members there are.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn len(&self) -> Result<usize> {
        self.proxy.call(&Call::Len)
    }

    /// Whether there is no member.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Removes everything.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn clear(&self) -> Result<()> {
        self.proxy.call(&Call::Clear)
    }

    /// A copy of all members, in the order in which they were inserted.
    ///
    /// # Errors
    /// `is_deserialize` when one is no `T`.
    pub fn items(&self) -> Result<Vec<T>> {
        let members: Vec<ByteBuf> = self.proxy.call(&Call::Items)?;
        members.iter().map(|member| decoded(member)).collect()
    }

    /// Adds what is in `others`, at once: Python's `update` and `|=`.
    ///
    /// # Errors
    /// `is_serialize` when one cannot be sent.
    pub fn update<'a>(&self, others: impl IntoIterator<Item = &'a T>) -> Result<()> {
        self.change(Change::Union, others)
    }

    /// Keeps what is also in `others`, at once: Python's `&=`.
    ///
    /// # Errors
    /// As [`update`](SetProxy::update).
    pub fn intersection_update<'a>(&self, others: impl IntoIterator<Item = &'a T>) -> Result<()> {
        self.change(Change::Intersection, others)
    }

    /// Removes what is in `others`, at once: Python's `-=`.
    ///
    /// # Errors
    /// As [`update`](SetProxy::update).
    pub fn difference_update<'a>(&self, others: impl IntoIterator<Item = &'a T>) -> Result<()> {
        self.change(Change::Difference, others)
    }

    /// Keeps what is in one of both alone, at once: Python's `^=`.
    ///
    /// # Errors
    /// As [`update`](SetProxy::update).
    pub fn symmetric_difference_update<'a>(
        &self,
        others: impl IntoIterator<Item = &'a T>,
    ) -> Result<()> {
        self.change(Change::SymmetricDifference, others)
    }

    /// Whether all members are in `others`, too.
    ///
    /// # Errors
    /// As [`update`](SetProxy::update).
    pub fn is_subset<'a>(&self, others: impl IntoIterator<Item = &'a T>) -> Result<bool> {
        self.compare(Comparison::Subset, others)
    }

    /// Whether all of `others` are members.
    ///
    /// # Errors
    /// As [`update`](SetProxy::update).
    pub fn is_superset<'a>(&self, others: impl IntoIterator<Item = &'a T>) -> Result<bool> {
        self.compare(Comparison::Superset, others)
    }

    /// Whether none of `others` is a member.
    ///
    /// # Errors
    /// As [`update`](SetProxy::update).
    pub fn is_disjoint<'a>(&self, others: impl IntoIterator<Item = &'a T>) -> Result<bool> {
        self.compare(Comparison::Disjoint, others)
    }

    fn change<'a>(&self, change: Change, others: impl IntoIterator<Item = &'a T>) -> Result<()> {
        let server = self.proxy.server();
        let others = others.into_iter().map(|other| server.encode(other));
        self.proxy
            .call(&Call::Change(change, others.collect::<Result<_>>()?))
    }

    fn compare<'a>(
        &self,
        comparison: Comparison,
        others: impl IntoIterator<Item = &'a T>,
    ) -> Result<bool> {
        let others = others.into_iter().map(packed);
        self.proxy
            .call(&Call::Compare(comparison, others.collect::<Result<_>>()?))
    }
}
