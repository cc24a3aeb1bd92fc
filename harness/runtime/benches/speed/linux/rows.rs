//! All that is measured: a file for each area, with every subject side by side.

mod locks;
mod memory;
mod pipes;
mod pools;
mod starts;

use super::bench::Bench;

/// Every bench, in the order in which they are measured.
pub(crate) fn all() -> Vec<Bench> {
    let areas = [
        pipes::all(),
        locks::all(),
        starts::all(),
        pools::all(),
        memory::all(),
    ];
    areas.into_iter().flatten().collect()
}
