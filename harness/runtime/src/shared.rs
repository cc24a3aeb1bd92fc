//! Plain values in shared memory: one value, an array, with a lock and without; blocks of bytes.
//! Which types may lie there is for `sys`; the locks themselves are in `lock`.

mod array;
mod guarded;
mod item;
mod list;
mod memory;
mod mutex;
mod value;

pub use array::{Array, RawArray};
pub use guarded::{Guarded, Hold};
pub use item::Item;
pub use list::ShareableList;
pub use memory::SharedMemory;
pub use mutex::{Mutex, MutexGuard};
pub use value::{RawValue, Value};
