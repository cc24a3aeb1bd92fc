//! What values refer to, through lists and dicts.

use std::collections::BTreeSet;

use super::{Cell, ObjectId, Val};

/// The lists and dicts that values refer to.
pub(crate) fn containers<'v>(
    cells: &'v [Cell],
    values: impl Iterator<Item = &'v Val>,
) -> BTreeSet<u32> {
    reached(cells, values).0
}

/// The objects that values refer to, through lists and dicts, too.
pub(crate) fn objects<'v>(
    cells: &'v [Cell],
    values: impl Iterator<Item = &'v Val>,
) -> BTreeSet<ObjectId> {
    reached(cells, values).1
}

fn reached<'v>(
    cells: &'v [Cell],
    values: impl Iterator<Item = &'v Val>,
) -> (BTreeSet<u32>, BTreeSet<ObjectId>) {
    let (mut containers, mut objects) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<&Val> = values.collect();
    while let Some(value) = open.pop() {
        match value {
            Val::Tuple(items) => open.extend(items.iter()),
            Val::Object(id) => {
                objects.insert(*id);
            }
            Val::Ref(at) => match &cells[*at as usize] {
                Cell::Connection(_) => {}
                _ if !containers.insert(*at) => {}
                Cell::List(items) => open.extend(items),
                Cell::Dict(pairs) => {
                    open.extend(pairs.iter().flat_map(|(key, value)| [key, value]));
                }
            },
            _ => {}
        }
    }
    (containers, objects)
}
