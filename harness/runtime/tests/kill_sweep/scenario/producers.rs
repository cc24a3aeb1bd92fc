//! What two producers put: all of it comes, or of a dead one a prefix.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use poolproof_runtime as mp;

use super::{End, Outcome, SOON, Spoilt, text};

/// A producer and the number of its item.
pub(super) type Item = (u32, u32);

/// The name of a producer.
pub(super) fn name(number: u32) -> String {
    format!("Producer-{number}")
}

/// Takes what comes until no producer lives and nothing is left.
pub(super) fn drain<T: Debug>(
    producers: &[mp::Process],
    take: impl Fn(Duration) -> mp::Result<T>,
) -> Result<Vec<T>, String> {
    let begun = Instant::now();
    let mut found = Vec::new();
    loop {
        // Before it is taken from: what the last of them put is there by then.
        let mut alive = false;
        for producer in producers {
            alive |= producer.is_alive().map_err(text)?;
        }
        match take(Duration::from_millis(20)) {
            Ok(item) => found.push(item),
            Err(error) if error.is_empty() && !alive => return Ok(found),
            Err(error) if error.is_empty() => {}
            Err(error) => return Err(text(error)),
        }
        if begun.elapsed() > SOON {
            return Err(format!("the producers do not end; {found:?} came"));
        }
    }
}

/// Fails unless of each producer, and of a dead one at first, so many items came in order; what a
/// dead consumer had taken is gone, and then nothing can be said.
pub(super) fn all_came(
    spoilt: &mut Spoilt,
    producers: &[mp::Process],
    mut found: Vec<Item>,
    items: u32,
) -> Outcome {
    found.sort_unstable();
    let is_something_gone = !spoilt.0.is_empty();
    for producer in producers {
        let end = spoilt.end(producer)?;
        let of_it = found
            .iter()
            .filter(|(number, _)| name(*number) == producer.name());
        let came: Vec<u32> = of_it.map(|(_, item)| *item).collect();
        let is_prefix = came.iter().copied().eq(0..came.len() as u32);
        let is_whole = came.len() == items as usize || end != End::Well;
        let is_right = is_something_gone || is_prefix && is_whole;
        if !is_right {
            return Err(format!("of {} came {came:?}", producer.name()));
        }
    }
    Ok(())
}
