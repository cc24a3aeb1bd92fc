//! All that is measured: a file for each area, with every subject side by side.

mod growth;
mod locks;
mod managers;
mod memory;
mod pipes;
mod pools;
mod queues;
mod starts;
mod tasks;
mod values;

use super::bench::Bench;

/// Every bench, in the order in which they are measured.
pub(crate) fn all() -> Vec<Bench> {
    let areas = [
        pipes::all(),
        queues::all(),
        locks::all(),
        values::all(),
        starts::all(),
        pools::all(),
        tasks::all(),
        managers::all(),
        memory::all(),
        growth::all(),
    ];
    areas.into_iter().flatten().collect()
}
