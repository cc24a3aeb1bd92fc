//! The memory of a process: what is put into it, read from it, copied out of it.

use std::collections::BTreeSet;

use poolproof_case::ErrorKind;
use poolproof_case::operate;

use crate::act::Outside;
use crate::value::{Cell, Error, Id, Val, of_plain, to_plain};
use crate::world::{Kind, World};

/// How a value leaves its process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It stays, and is only read.
    Read,
    /// With all memory.
    Fork,
    /// As an argument of a process that starts anew.
    Spawn,
    /// In a message or a task.
    Message,
}

/// Values, or the program's error.
pub(crate) type Listed = Result<Vec<Val>, Error>;

/// Why a value cannot leave.
pub(crate) enum Refusal {
    Error(ErrorKind),
    Outside(Outside),
}

impl World {
    /// A value with all that it refers to, as it would travel.
    pub(crate) fn pack(&self, process: &Id, value: &Val, how: Passage) -> Result<Val, Refusal> {
        self.pack_beside(process, value, how, &mut BTreeSet::new())
    }

    fn pack_beside(
        &self,
        process: &Id,
        value: &Val,
        how: Passage,
        seen: &mut BTreeSet<Id>,
    ) -> Result<Val, Refusal> {
        let mut pack = |value: &Val| self.pack_beside(process, value, how, seen);
        Ok(match value {
            Val::Tuple(items) => Val::Tuple(items.iter().map(pack).collect::<Result<_, _>>()?),
            Val::List(items) => Val::List(items.iter().map(pack).collect::<Result<_, _>>()?),
            Val::Dict(pairs) => {
                let pair = |(key, value): &(Val, Val)| Ok((pack(key)?, pack(value)?));
                Val::Dict(pairs.iter().map(pair).collect::<Result<_, _>>()?)
            }
            Val::Ref(id) => {
                if !seen.insert(id.clone()) && how != Passage::Read {
                    let what = "a list or connection that travels twice in one message";
                    return Err(Refusal::Outside(what.to_owned()));
                }
                let packed = match &self.memory(process).cells[id] {
                    Cell::List(items) => {
                        let items = items.iter();
                        let pack = |item| self.pack_beside(process, item, how, seen);
                        Val::List(items.map(pack).collect::<Result<_, _>>()?)
                    }
                    Cell::Dict(pairs) => {
                        let mut pack = |value: &Val| self.pack_beside(process, value, how, seen);
                        let pair = |(key, value): &(Val, Val)| Ok((pack(key)?, pack(value)?));
                        Val::Dict(pairs.iter().map(pair).collect::<Result<_, _>>()?)
                    }
                    Cell::End { is_open: false, .. } if how == Passage::Fork => {
                        return Err(Refusal::Outside(
                            "a closed end in a forked child".to_owned(),
                        ));
                    }
                    Cell::End { is_open: false, .. } if how != Passage::Read => {
                        return Err(Refusal::Error(ErrorKind::Closed));
                    }
                    Cell::End { pipe, side, .. } => Val::End(pipe.clone(), *side),
                };
                if how == Passage::Read {
                    seen.remove(id);
                }
                packed
            }
            Val::Object(id) => {
                self.may_leave(id, how).map_err(Refusal::Error)?;
                value.clone()
            }
            other => other.clone(),
        })
    }

    /// Locks, queues and shared memory only go to a new process, proxies of managers everywhere.
    fn may_leave(&self, object: &Id, how: Passage) -> Result<(), ErrorKind> {
        if matches!(how, Passage::Read | Passage::Fork) || self.objects[object].manager.is_some() {
            return Ok(());
        }
        match self.kind(object) {
            Kind::Process(_) | Kind::Pool(_) | Kind::Job(_) => Err(ErrorKind::Serialize),
            Kind::Manager(..) | Kind::Kept(..) | Kind::Pipe(..) => Ok(()),
            _ if how == Passage::Message => Err(ErrorKind::NotInheritable),
            _ => Ok(()),
        }
    }

    /// A value as a message; among threads it is the value itself.
    pub(crate) fn message(&self, process: &Id, value: &Val) -> Result<Val, Refusal> {
        if self.is_threads() {
            return Ok(value.clone());
        }
        match self.pack(process, value, Passage::Message) {
            // Whether it is refused or works all the same is open, and what then can reach it.
            Err(Refusal::Error(ErrorKind::NotInheritable)) => {
                Err(Refusal::Outside("a lock or queue in a message".to_owned()))
            }
            // It may be lost where its sender ends before it arrives.
            Ok(packed) if holds_end(&packed) => {
                Err(Refusal::Outside("a connection in a message".to_owned()))
            }
            packed => packed,
        }
    }

    /// What has travelled, in the memory of this process.
    pub(crate) fn unpack(&mut self, process: &Id, value: &Val) -> Val {
        let cell = match value {
            Val::Tuple(items) => {
                return Val::Tuple(
                    items
                        .iter()
                        .map(|item| self.unpack(process, item))
                        .collect(),
                );
            }
            Val::List(items) => Cell::List(
                items
                    .iter()
                    .map(|item| self.unpack(process, item))
                    .collect(),
            ),
            Val::Dict(pairs) => {
                let mut unpack = |value| self.unpack(process, value);
                Cell::Dict(
                    pairs
                        .iter()
                        .map(|(key, value)| (unpack(key), unpack(value)))
                        .collect(),
                )
            }
            Val::End(pipe, side) => Cell::End {
                pipe: pipe.clone(),
                side: *side,
                is_open: true,
            },
            other => return other.clone(),
        };
        let id = self.fresh(process);
        self.memory_mut(process).cells.insert(id.clone(), cell);
        Val::Ref(id)
    }

    /// Python's `==`; objects equal themselves alone.
    pub(crate) fn equal(&self, process: &Id, left: &Val, right: &Val) -> Result<bool, Outside> {
        let read = |value| match self.pack(process, value, Passage::Read) {
            Ok(value) => Ok(value),
            Err(_) => Err("a comparison of what cannot be read".to_owned()),
        };
        if left == right && !matches!(left, Val::Float(_)) {
            return Ok(true);
        }
        let (left, right) = (read(left)?, read(right)?);
        match (to_plain(&left), to_plain(&right)) {
            (Some(left), Some(right)) => Ok(left == right),
            _ if is_scalar(&left) || is_scalar(&right) => Ok(false),
            _ => Err("a comparison of lists that hold objects".to_owned()),
        }
    }

    /// What `for` takes one by one of what is the process's own.
    pub(crate) fn iterate(&self, process: &Id, value: &Val) -> Result<Listed, Outside> {
        Ok(Ok(match value {
            Val::Tuple(items) | Val::List(items) => items.to_vec(),
            Val::Dict(pairs) => pairs.iter().map(|(key, _)| key.clone()).collect(),
            Val::Ref(id) => match &self.memory(process).cells[id] {
                Cell::List(items) => items.clone(),
                Cell::Dict(pairs) => pairs.iter().map(|(key, _)| key.clone()).collect(),
                Cell::End { .. } => return Ok(Err((ErrorKind::Type, "no sequence".into()))),
            },
            Val::Object(_) => return Err("an object where a sequence is wanted".to_owned()),
            other => match to_plain(other).map(|plain| operate::iterate(&plain)) {
                Some(Ok(items)) => items.iter().map(of_plain).collect(),
                Some(Err((kind, text))) => return Ok(Err((kind, text.into()))),
                None => return Ok(Err((ErrorKind::Type, "no sequence".into()))),
            },
        }))
    }
}

fn holds_end(value: &Val) -> bool {
    match value {
        Val::End(..) => true,
        Val::Tuple(items) | Val::List(items) => items.iter().any(holds_end),
        Val::Dict(pairs) => pairs
            .iter()
            .any(|(key, value)| holds_end(key) || holds_end(value)),
        _ => false,
    }
}

fn is_scalar(value: &Val) -> bool {
    !matches!(value, Val::Tuple(_) | Val::List(_) | Val::Dict(_))
}
