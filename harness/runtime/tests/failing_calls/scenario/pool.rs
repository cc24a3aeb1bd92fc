//! Pools and executors whose tasks have handles as arguments and as results.

use poolproof_runtime as mp;

use super::{Broken, Outcome, SOON, Use, same};

type Memory = mp::RawValue<u64>;

fn square(x: u64) -> u64 {
    x * x
}

fn read(memory: Memory) -> u64 {
    memory.get()
}

fn write(number: u64) -> Result<Memory, String> {
    let made = mp::Context::default().raw_value(number);
    made.map_err(|error| error.to_string())
}

/// The memory that a task has made; where it has not got any it says why.
fn made(outcome: mp::Result<Result<Memory, String>>) -> Outcome<u64> {
    let memory = outcome?.map_err(Broken::Failed)?;
    Ok(memory.get())
}

pub(super) fn make(context: mp::Context) -> Outcome<Use> {
    let pool = context.pool(2)?;
    Ok(Box::new(move || {
        let squares = pool
            .map_async(square, 0..6)
            .and_then(|all| all.into_result(Some(SOON)));
        let memory = context.raw_value(7);
        let seven =
            memory.and_then(|memory| pool.apply_async(read, memory)?.into_result(Some(SOON)));
        let eight = pool
            .apply_async(write, 8)
            .and_then(|eight| eight.into_result(Some(SOON)));
        let large = vec![5_u8; 300_000];
        let length = pool
            .apply_async(count, large)
            .and_then(|all| all.into_result(Some(SOON)));
        same(squares?, (0..6).map(square).collect())?;
        same(seven?, 7)?;
        same(made(eight)?, 8)?;
        same(length?, 300_000)
    }))
}

/// A pool whose workers are replaced after each task.
pub(super) fn make_short(context: mp::Context) -> Outcome<Use> {
    let pool = context.pool_builder(2).max_tasks_per_child(1).start()?;
    Ok(Box::new(move || {
        for number in 0..3 {
            let task = pool.apply_async(square, number);
            let found = task.and_then(|task| task.into_result(Some(SOON)));
            same(found?, square(number))?;
        }
        Ok(())
    }))
}

fn count(bytes: Vec<u8>) -> usize {
    bytes.len()
}

pub(super) fn make_executor(context: mp::Context) -> Outcome<Use> {
    let executor = context.executor(2)?;
    Ok(Box::new(move || {
        let memory = context.raw_value(7);
        let seven =
            memory.and_then(|memory| executor.submit(read, memory)?.into_result(Some(SOON)));
        let eight = executor
            .submit(write, 8)
            .and_then(|eight| eight.into_result(Some(SOON)));
        let nine = executor
            .submit(square, 3)
            .and_then(|nine| nine.into_result(Some(SOON)));
        same(seven?, 7)?;
        same(made(eight)?, 8)?;
        same(nine?, 9)
    }))
}
