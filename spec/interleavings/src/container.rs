//! Lists and dicts: what each operation changes and gives.

use poolproof_case::{ErrorKind, operate};

use crate::act::{Outside, error};
use crate::memory::{Listed, Passage};
use crate::value::{Answer, Cell, Id, Val, of_plain, to_plain};
use crate::world::World;

impl World {
    /// An operation on a list or dict of this process.
    pub(crate) fn contain(
        &mut self,
        process: &Id,
        cell: &mut Cell,
        operation: &str,
        given: &[Val],
    ) -> Result<Answer, Outside> {
        match cell {
            Cell::List(items) => self.of_list(process, items, operation, given),
            Cell::Dict(pairs) => self.of_dict(process, pairs, operation, given),
            Cell::End { .. } => Err(format!("`{operation}` of a connection")),
        }
    }

    fn of_list(
        &mut self,
        process: &Id,
        items: &mut Vec<Val>,
        operation: &str,
        given: &[Val],
    ) -> Result<Answer, Outside> {
        let first = given.first().cloned().unwrap_or(Val::Unset);
        let second = given.get(1).cloned().unwrap_or(Val::Unset);
        let place = |index: &Val| place(index, items.len());
        let found = match operation {
            "remove" | "index" | "count" => {
                let mut equal = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    if self.equal(process, item, &first)? {
                        equal.push(at);
                    }
                }
                equal
            }
            _ => Vec::new(),
        };
        Ok(match operation {
            "append" => {
                items.push(first);
                Ok(Val::None)
            }
            "extend" => match self.iterate(process, &first)? {
                Ok(more) => {
                    items.extend(more);
                    Ok(Val::None)
                }
                Err(failed) => Err(failed),
            },
            "insert" if !matches!(first, Val::Int(_) | Val::Bool(_)) => error(ErrorKind::Type),
            "insert" => {
                let (_, at) = cut(&Val::Unset, &first, items.len());
                items.insert(at, second);
                Ok(Val::None)
            }
            "pop" if first == Val::Unset => match items.pop() {
                Some(last) => Ok(last),
                None => error(ErrorKind::Index),
            },
            "pop" => match place(&first) {
                Ok(at) => Ok(items.remove(at)),
                Err(kind) => error(kind),
            },
            "item" => match place(&first) {
                Ok(at) => Ok(items[at].clone()),
                Err(kind) => error(kind),
            },
            "set item" => match place(&first) {
                Ok(at) => {
                    items[at] = second;
                    Ok(Val::None)
                }
                Err(kind) => error(kind),
            },
            "slice" => {
                let (start, stop) = cut(&first, &second, items.len());
                Ok(Val::List(items[start..stop].into()))
            }
            "next" => {
                let at = usize::try_from(first.number(0)).unwrap_or(0);
                Ok(items.get(at).cloned().unwrap_or(Val::Unset))
            }
            "count" => Ok(Val::Int(found.len() as i64)),
            "remove" | "index" if found.is_empty() => error(ErrorKind::Value),
            "index" => Ok(Val::Int(found[0] as i64)),
            "remove" => {
                items.remove(found[0]);
                Ok(Val::None)
            }
            "reverse" => {
                items.reverse();
                Ok(Val::None)
            }
            "sort" => match self.sorted(process, items)? {
                Ok(sorted) => {
                    *items = sorted;
                    Ok(Val::None)
                }
                Err(failed) => Err(failed),
            },
            _ => return Err(format!("`{operation}` of a list")),
        })
    }

    fn sorted(&self, process: &Id, items: &[Val]) -> Result<Listed, Outside> {
        let read = |item| match self.pack(process, item, Passage::Read) {
            Ok(value) => to_plain(&value),
            Err(_) => None,
        };
        let plain: Option<Vec<_>> = items.iter().map(read).collect();
        let Some(plain) = plain else {
            return Err("the order of objects".to_owned());
        };
        // The sorted values are scalars or tuples, or else this would make copies of lists.
        if items.iter().any(|item| matches!(item, Val::Ref(_))) {
            return Err("the order of lists".to_owned());
        }
        Ok(match operate::sorted(plain) {
            Ok(sorted) => Ok(sorted.iter().map(of_plain).collect()),
            Err((kind, text)) => Err((kind, text.into())),
        })
    }

    fn of_dict(
        &mut self,
        process: &Id,
        pairs: &mut Vec<(Val, Val)>,
        operation: &str,
        given: &[Val],
    ) -> Result<Answer, Outside> {
        let key = given.first().cloned().unwrap_or(Val::Unset);
        let second = given.get(1).cloned().unwrap_or(Val::Unset);
        let keyed = ["get", "pop", "setdefault", "item", "set item"].contains(&operation);
        if keyed && matches!(key, Val::Ref(_) | Val::List(_) | Val::Dict(_)) {
            return Ok(error(ErrorKind::Type));
        }
        let at = if keyed {
            self.find(process, pairs, &key)?
        } else {
            None
        };
        let values = |of: fn(&(Val, Val)) -> Val| Ok(Val::List(pairs.iter().map(of).collect()));
        Ok(match (operation, at) {
            ("keys", _) => values(|(key, _)| key.clone()),
            ("values", _) => values(|(_, value)| value.clone()),
            ("items", _) => values(|(key, value)| Val::Tuple([key.clone(), value.clone()].into())),
            ("copy", _) => Ok(Val::Dict(pairs.as_slice().into())),
            ("clear", _) => {
                pairs.clear();
                Ok(Val::None)
            }
            ("next", _) => {
                let at = usize::try_from(key.number(0)).unwrap_or(0);
                Ok(pairs.get(at).map_or(Val::Unset, |(key, _)| key.clone()))
            }
            ("set item", Some(at)) => {
                pairs[at].1 = second;
                Ok(Val::None)
            }
            ("set item", None) => {
                pairs.push((key, second));
                Ok(Val::None)
            }
            ("pop", Some(at)) => Ok(pairs.remove(at).1),
            ("get" | "setdefault" | "item", Some(at)) => Ok(pairs[at].1.clone()),
            ("item", None) => error(ErrorKind::Key),
            ("pop", None) if second == Val::Unset => error(ErrorKind::Key),
            ("pop" | "get", None) => Ok(if second == Val::Unset {
                Val::None
            } else {
                second
            }),
            ("setdefault", None) => {
                let value = if second == Val::Unset {
                    Val::None
                } else {
                    second
                };
                pairs.push((key, value.clone()));
                Ok(value)
            }
            ("update", _) => return self.update(process, pairs, &key),
            _ => return Err(format!("`{operation}` of a dict")),
        })
    }

    fn update(
        &mut self,
        process: &Id,
        pairs: &mut Vec<(Val, Val)>,
        other: &Val,
    ) -> Result<Answer, Outside> {
        let more = match other {
            Val::Ref(id) => match &self.memory(process).cells[id] {
                Cell::Dict(more) => Some(more.clone()),
                _ => None,
            },
            Val::Dict(more) => Some(more.to_vec()),
            _ => None,
        };
        let Some(more) = more else {
            return Err("an update by what is no dict".to_owned());
        };
        for (key, value) in more {
            match self.find(process, pairs, &key)? {
                Some(at) => pairs[at].1 = value,
                None => pairs.push((key, value)),
            }
        }
        Ok(Ok(Val::None))
    }

    fn find(
        &self,
        process: &Id,
        pairs: &[(Val, Val)],
        key: &Val,
    ) -> Result<Option<usize>, Outside> {
        for (at, (known, _)) in pairs.iter().enumerate() {
            if self.equal(process, known, key)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// The place that a Python index means.
pub(crate) fn place(index: &Val, count: usize) -> Result<usize, ErrorKind> {
    let index = to_plain(index).ok_or(ErrorKind::Type)?;
    operate::index_of(&index, count).map_err(|(kind, _)| kind)
}

/// A slice's bounds, with Python's clamping.
pub(crate) fn cut(start: &Val, stop: &Val, count: usize) -> (usize, usize) {
    let clamp = |bound: &Val, default: usize| match bound {
        Val::Int(number) if *number < 0 => count.saturating_sub(number.unsigned_abs() as usize),
        Val::Int(number) => (*number as usize).min(count),
        _ => default,
    };
    let (start, stop) = (clamp(start, 0), clamp(stop, count));
    (start, stop.max(start))
}
