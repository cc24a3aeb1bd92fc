//! Copies that live on, and what ends beside them all the same.

use std::process::Command;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use poolproof_runtime as mp;

use super::{HELPER, copied, sleeps};
use crate::tree::{all_end, start_root};
use crate::{Outcome, SOON, each_process, hold};

pub(crate) fn trials() -> Vec<Trial> {
    [
        each_process(
            "a_copy_keeps_nobody_alive_when_its_original_dies",
            root_dies,
        ),
        each_process("a_manager_ends_when_it_is_told_beside_a_copy", manager_ends),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn lives_on() -> Result<u32, Failed> {
    let copy = copied(|| {
        loop {
            std::thread::park();
        }
    })?;
    Ok(copy.cast_unsigned())
}

/// Starts one of each, leaves a copy behind, tells of all, and waits for ever.
pub(super) fn hold_on(context: mp::Context) -> Outcome {
    let pool = context.pool(1)?;
    let manager = context.manager()?;
    context.process(sleeps, ()).start()?;
    println!("{}", lives_on()?);
    for pid in mp::active_children().iter().filter_map(mp::Process::pid) {
        println!("{pid}");
    }
    println!("all");
    std::thread::park();
    drop((pool, manager));
    Ok(())
}

fn root_dies(context: mp::Context) -> Outcome {
    let (mut root, pids) = start_root(HELPER.command(context, "hold")?)?;
    root.kill()?;
    root.wait()?;
    hold(pids.len() == 4, &format!("{pids:?}"))?;
    let outcome = all_end(&pids[1..]);
    let copy = Command::new("kill")
        .args(["-9", &pids[0].to_string()])
        .status()?;
    hold(copy.success(), "the copy ended by itself")?;
    outcome
}

fn manager_ends(context: mp::Context) -> Outcome {
    let patience = SOON;
    let manager = context
        .manager_builder()
        .shutdown_timeout(patience)
        .start()?;
    let copy = lives_on()?;
    let begun = Instant::now();
    manager.shutdown();
    let took = begun.elapsed();
    let killed = Command::new("kill")
        .args(["-9", &copy.to_string()])
        .status()?;
    hold(killed.success(), "the copy ended by itself")?;
    hold(
        took < patience - Duration::from_secs(1),
        "it had to be killed",
    )
}
