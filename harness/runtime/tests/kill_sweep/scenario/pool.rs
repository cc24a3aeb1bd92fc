//! A pool of two workers: whoever dies, at most one call fails, and the next is answered right.

use poolproof_runtime as mp;

use super::{Outcome, SOON, Spoilt, text};

fn square(x: u64) -> u64 {
    x * x
}

pub(super) fn run(context: mp::Context) -> Outcome {
    let mut spoilt = Spoilt::default();
    let mut pool = None;
    for _ in 0..2 {
        if pool.is_none() {
            pool = spoilt.take(context.pool(2));
        }
    }
    let pool = pool.ok_or("no pool was made")?;
    for chunk in [1, 4, 1] {
        let squares = pool.map_async_with(square, 0..8, Some(chunk), |_| (), |_| ());
        let squares = squares.map_err(text)?;
        if let Some(found) = spoilt.take(squares.into_result(Some(SOON))) {
            let wanted: Vec<u64> = (0..8).map(square).collect();
            if found != wanted {
                return Err(format!("the squares are {found:?}"));
            }
        }
    }
    pool.close();
    pool.join().map_err(text)?;
    spoilt.at_most(1)
}
