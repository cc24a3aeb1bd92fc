//! A manager with two clients: a dead client leaves the others alone, a dead manager is an error.

use std::time::Duration;

use poolproof_runtime as mp;

use super::{End, Outcome, Spoilt};

/// How long a lock is waited for that may never be free.
const NAP: Option<Duration> = Some(Duration::from_millis(100));

type Dict = mp::DictProxy<u32, u32>;

fn fill((dict, lock, number): (Dict, mp::LockProxy, u32)) -> mp::Result<()> {
    for turn in 0..3 {
        // Who held it may be the one that was killed, which is told.
        let held = match lock.acquire_raw(NAP) {
            Err(error) if error.is_owner_died() => false,
            outcome => outcome?,
        };
        dict.insert(&(10 * number + turn), &number)?;
        if held {
            lock.release()?;
        }
    }
    Ok(())
}

pub(super) fn run(context: mp::Context) -> Outcome {
    let mut spoilt = Spoilt::default();
    let Some(manager) = spoilt.take(context.manager()) else {
        return spoilt.at_most(1);
    };
    let made = || -> mp::Result<(Dict, mp::LockProxy)> { Ok((manager.dict()?, manager.lock()?)) };
    let Some((dict, lock)) = spoilt.take(made()) else {
        manager.shutdown();
        return spoilt.at_most(1);
    };
    let mut processes = Vec::new();
    for number in 1..=2 {
        let process = context.process(fill, (dict.clone(), lock.clone(), number));
        let process = process.name(format!("Client-{number}"));
        processes.extend(spoilt.take(process.start()));
    }
    let mut failed = 0;
    for process in &processes {
        match super::end_any(process)? {
            Some(End::Well | End::Unknown) => {}
            Some(End::Killed) => spoilt.0.push(format!("{} was killed", process.name())),
            None => failed += 1,
        }
    }
    let count = dict.len();
    match (failed, &count) {
        // Whose manager is dead has an error.
        (_, Err(_)) => {}
        (0, Ok(count)) if spoilt.0.is_empty() && *count != 6 => {
            return Err(format!("{count} entries of 6"));
        }
        (0, Ok(_)) => {}
        (_, Ok(_)) => return Err("a client failed beside a living manager".into()),
    }
    drop((dict, lock));
    manager.shutdown();
    spoilt.at_most(1)
}
