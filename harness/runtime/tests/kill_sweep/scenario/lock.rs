//! A lock with three contenders: never two inside, and whoever dies inside is told of.

use poolproof_runtime as mp;

use super::{Outcome, SOON, Spoilt, text};

#[derive(serde::Serialize, serde::Deserialize)]
struct Shared {
    lock: mp::Lock,
    inside: mp::RawValue<u32>,
    two_inside: mp::RawValue<u32>,
}

const TURNS: usize = 4;

/// Gives 3 when it waited in vain, 0 when the lock's holder died.
fn contend((shared, number): (Shared, u32)) -> mp::Result<i32> {
    for _ in 0..TURNS {
        match shared.lock.acquire_timeout(SOON) {
            Ok(true) => {}
            Ok(false) => return Ok(3),
            Err(error) if error.is_owner_died() => return Ok(0),
            Err(error) => return Err(error),
        }
        shared.inside.set(number);
        for _ in 0..20 {
            std::thread::yield_now();
            if shared.inside.get() != number {
                shared.two_inside.set(1);
            }
        }
        shared.lock.release()?;
    }
    Ok(0)
}

pub(super) fn run(context: mp::Context) -> Outcome {
    let shared = || -> mp::Result<Shared> {
        Ok(Shared {
            lock: context.lock()?,
            inside: context.raw_value(0)?,
            two_inside: context.raw_value(0)?,
        })
    };
    let shared = shared().map_err(text)?;
    let mut spoilt = Spoilt::default();
    let mut processes = Vec::new();
    for number in 1..=3 {
        let copy = Shared {
            lock: shared.lock.clone(),
            inside: shared.inside.clone(),
            two_inside: shared.two_inside.clone(),
        };
        let process = context.process(contend, (copy, number));
        let process = process.name(format!("Contender-{number}"));
        processes.extend(spoilt.take(process.start()));
    }
    for process in &processes {
        spoilt.end(process)?;
    }
    if shared.two_inside.get() != 0 {
        return Err("two held the lock at once".into());
    }
    let lock = &shared.lock;
    if lock
        .acquire_timeout(SOON)
        .is_err_and(|error| error.is_owner_died())
    {
        lock.reset();
        if !lock.acquire_timeout(SOON).map_err(text)? {
            return Err("a lock that was reset is held".into());
        }
    }
    lock.release().map_err(text)?;
    spoilt.at_most(1)
}
