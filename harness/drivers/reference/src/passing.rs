//! Values that threads hand to each other: each is left here by its sender, and taken by whoever
//! receives its number.
//!
//! Between processes values are copied instead (see `crossing`).

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use poolproof_case::Value;

use crate::data::{Data, lock};

/// Whether the processes of this program are threads.
static IS_OF_THREADS: AtomicBool = AtomicBool::new(false);
static NEXT: AtomicU64 = AtomicU64::new(0);
static LEFT: Mutex<Option<HashMap<u64, Data>>> = Mutex::new(None);

/// From now on, values are passed on as they are, or copied.
pub(crate) fn set(is_of_threads: bool) {
    IS_OF_THREADS.store(is_of_threads, Ordering::Relaxed);
}

/// The longest text or bytes that threads send each other as they are: longer ones could fill a pipe.
const LENGTH_MAX: usize = 64;

/// Leaves a value that can change, or be told from its copy, among threads, and one that is long; gives
/// its number.
pub(crate) fn leave(data: &Data) -> Option<u64> {
    if !IS_OF_THREADS.load(Ordering::Relaxed) {
        return None;
    }
    match data {
        Data::Plain(value) if length(value) <= LENGTH_MAX => None,
        Data::Function(_) | Data::Timeout(_) => None,
        Data::Plain(_) | Data::List(_) | Data::Tuple(_) | Data::Dict(_) | Data::Object(_) => {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut left = lock(&LEFT);
            let left = left.get_or_insert_default();
            left.insert(number, data.clone());
            Some(number)
        }
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// Takes the value of this number, once.
pub(crate) fn take(number: u64) -> Option<Data> {
    lock(&LEFT).as_mut()?.remove(&number)
}
