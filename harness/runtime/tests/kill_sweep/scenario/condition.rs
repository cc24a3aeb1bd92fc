//! A condition with two waiters: who dies takes no notification from the other.

use poolproof_runtime as mp;

use super::{Outcome, SOON, Spoilt, text};

/// Gives 3 when it waited in vain, 0 when the holder of the lock died.
fn wait((condition, stage): (mp::Condition, mp::RawValue<u32>)) -> mp::Result<i32> {
    let attempt = || -> mp::Result<i32> {
        for wanted in 1..=2 {
            if !condition.acquire_raw(Some(SOON))? {
                return Ok(3);
            }
            while stage.get() < wanted {
                if !condition.wait(Some(SOON))? {
                    return Ok(4);
                }
            }
            condition.release()?;
        }
        Ok(0)
    };
    match attempt() {
        Err(error) if error.is_owner_died() => Ok(0),
        outcome => outcome,
    }
}

fn advance(condition: &mp::Condition, stage: &mp::RawValue<u32>) -> mp::Result<bool> {
    if !condition.acquire_raw(Some(SOON))? {
        return Ok(false);
    }
    stage.set(stage.get() + 1);
    condition.notify_all()?;
    condition.release()?;
    Ok(true)
}

pub(super) fn run(context: mp::Context) -> Outcome {
    let condition = context.condition().map_err(text)?;
    let stage = context.raw_value(0).map_err(text)?;
    let mut spoilt = Spoilt::default();
    let mut processes = Vec::new();
    for number in 1..=2 {
        let process = context.process(wait, (condition.clone(), stage.clone()));
        let process = process.name(format!("Waiter-{number}"));
        processes.extend(spoilt.take(process.start()));
    }
    for _ in 0..2 {
        match advance(&condition, &stage) {
            Ok(true) => {}
            Ok(false) => return Err("the condition's lock is never free".into()),
            Err(error) if error.is_owner_died() => {}
            Err(error) => return Err(text(error)),
        }
    }
    for process in &processes {
        spoilt.end(process)?;
    }
    spoilt.at_most(1)
}
