//! A board on its way to a worker: the handles of its memory, and for how many workers it is.

use poolproof_sys::memory::SharedMemory;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Board, Layout};
use crate::transfer::{self, put_handle, take_handle};

#[derive(Serialize, Deserialize)]
struct Travelling {
    workers: usize,
    handles: [u32; SharedMemory::HANDLES],
}

impl Serialize for Board {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut handles = [0; SharedMemory::HANDLES];
        for (place, handle) in handles.iter_mut().zip(self.memory.handles()) {
            *place = put_handle::<S::Error>(handle)?;
        }
        let workers = self.workers;
        Travelling { workers, handles }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Board {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Board, D::Error> {
        let Travelling { workers, handles } = Travelling::deserialize(deserializer)?;
        let handles = handles.iter().map(|place| take_handle::<D::Error>(*place));
        let handles = handles.collect::<std::result::Result<_, _>>()?;
        let memory = SharedMemory::from_handles(handles).map_err(transfer::not_made::<D::Error>)?;
        Ok(Board {
            memory,
            workers,
            layout: Layout::of(workers),
        })
    }
}
