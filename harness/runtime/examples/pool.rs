//! A pool of processes maps a function over many values.
//!
//! `cargo run -p poolproof-runtime --example pool`

use poolproof_runtime as mp;

fn square(x: i64) -> i64 {
    x * x
}

/// A task that ends its own process takes nothing else with it.
fn gives_up(_: u32) -> u32 {
    std::process::exit(3)
}

fn main() -> mp::Result<()> {
    // A worker is this program again: here it becomes one, and never returns.
    mp::freeze_support();

    let pool = mp::Context::default().pool(5)?;
    let squares: Vec<i64> = pool.map(square, [1, 2, 3])?;
    println!("{squares:?}");
    assert_eq!(squares, [1, 4, 9]);

    // One task more, whose result is asked for later.
    let later = pool.apply_async(square, 12)?;
    assert_eq!(later.get(None)?, 144);

    // The task whose worker dies fails at once, and only that one.
    let error = pool.apply(gives_up, 0).expect_err("its process has ended");
    println!("{error}");
    assert!(error.is_worker_lost());
    assert_eq!(pool.apply(square, 4)?, 16);

    // Dropped, the pool ends its workers.
    Ok(())
}
