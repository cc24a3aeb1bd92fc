//! A barrier of three: who dies at it breaks it for the others, and nobody waits in vain.

use poolproof_runtime as mp;

use super::{End, Outcome, SOON, Spoilt, text};

/// Gives 3 when it waited in vain, 0 when the barrier broke.
fn meet(barrier: mp::Barrier) -> mp::Result<i32> {
    for _ in 0..3 {
        let begun = std::time::Instant::now();
        match barrier.wait(Some(SOON)) {
            Ok(_) => {}
            // A barrier that nobody breaks is broken by who has waited long enough.
            Err(_) if begun.elapsed() >= SOON => return Ok(3),
            Err(error) if error.is_broken_barrier() => return Ok(0),
            Err(error) => return Err(error),
        }
    }
    Ok(0)
}

pub(super) fn run(context: mp::Context) -> Outcome {
    let barrier = context.barrier(3).map_err(text)?;
    let mut spoilt = Spoilt::default();
    let mut processes = Vec::new();
    for number in 1..=3 {
        let process = context.process(meet, barrier.clone());
        let process = process.name(format!("Party-{number}"));
        processes.extend(spoilt.take(process.start()));
    }
    if processes.len() < 3 {
        barrier.abort().map_err(text)?;
    }
    // Who dies on the way to it is not known to the barrier, but to who has started it.
    while !processes.is_empty() {
        let sentinels: Vec<&dyn mp::Waitable> =
            processes.iter().map(|one: &mp::Process| one as _).collect();
        let ready = mp::wait(&sentinels, Some(SOON)).map_err(text)?;
        let Some(first) = ready.first() else {
            return Err("nobody ends".into());
        };
        let process = processes.remove(*first);
        if spoilt.end(&process)? == End::Killed {
            barrier.abort().map_err(text)?;
        }
    }
    spoilt.at_most(1)
}
