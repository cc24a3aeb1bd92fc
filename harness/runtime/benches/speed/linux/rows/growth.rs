//! What many processes leave in the one that started them.

use poolproof_runtime as mp;
use rustix::process::getpgrp;

use super::memory::own_written_kib;
use crate::linux::Outcome;
use crate::linux::bench::{Bench, OURS};

/// How many live at once, and how many one after the other.
const LIVE: usize = 1_000;
const JOINED: usize = 10_000;
/// So many come before the count: what they leave is what any process leaves that starts one.
const WARM_UP: usize = 500;
/// What the allocator may keep, in KiB: a few bytes for each process.
const SLACK: f64 = 64.0;

pub(super) fn all() -> Vec<Bench> {
    let figures = [("descriptors", ""), ("zombies", ""), ("memory", "KiB")];
    let bench = |name, what| Bench::new(name, "", what).figures(&figures).rounds_max(1);
    let bounded = |bench: Bench| bench.no_more_than_each(&[0.0, 0.0, SLACK]);
    let live = "growth of the parent after 1,000 processes that lived at once";
    let joined = "growth of the parent after 10,000 processes, started and joined one by one";
    vec![
        bounded(bench("growth-live/forkserver", live).by(OURS, |_| live_at_once(FORKSERVER))),
        bounded(bench("growth-live/fork", live).by(OURS, |_| live_at_once(FORK))),
        bounded(bench("growth-live/spawn", live).by(OURS, |_| live_at_once(SPAWN))),
        bounded(bench("growth-joined/forkserver", joined).by(OURS, |_| one_by_one(FORKSERVER))),
        bounded(bench("growth-joined/fork", joined).by(OURS, |_| one_by_one(FORK))),
        bounded(bench("growth-joined/spawn", joined).by(OURS, |_| one_by_one(SPAWN))),
    ]
}

const FORKSERVER: mp::StartMethod = mp::StartMethod::Forkserver;
const FORK: mp::StartMethod = mp::StartMethod::Fork;
const SPAWN: mp::StartMethod = mp::StartMethod::Spawn;

/// What this process has, and what the processes of its group have left to be reaped.
struct Holdings {
    descriptors: usize,
    zombies: usize,
    memory_kib: f64,
}

impl Holdings {
    fn now() -> Outcome<Holdings> {
        Ok(Holdings {
            descriptors: std::fs::read_dir("/proc/self/fd")?.count(),
            zombies: zombies()?,
            memory_kib: own_written_kib(std::process::id())?,
        })
    }

    /// As [`now`](Holdings::now), with what looking needs itself.
    fn before() -> Outcome<Holdings> {
        Holdings::now()?;
        Holdings::now()
    }

    /// By how much more there is now.
    fn growth(&self) -> Outcome<Vec<f64>> {
        let now = Holdings::now()?;
        let difference = |now: usize, then: usize| now as f64 - then as f64;
        Ok(vec![
            difference(now.descriptors, self.descriptors),
            difference(now.zombies, self.zombies),
            now.memory_kib - self.memory_kib,
        ])
    }
}

/// A host of the benches is the first of its group.
fn zombies() -> Outcome<usize> {
    let group = getpgrp().as_raw_nonzero().to_string();
    let entries = std::fs::read_dir("/proc")?.flatten();
    let states = entries.filter_map(|entry| {
        let text = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // After the name: state, parent, group.
        let mut fields = text.rsplit_once(") ")?.1.split(' ');
        Some((fields.next()?.to_owned(), fields.nth(1)?.to_owned()))
    });
    let is_ours = |(state, its_group): &(String, String)| state == "Z" && *its_group == group;
    Ok(states.filter(is_ours).count())
}

fn one_by_one(method: mp::StartMethod) -> Outcome<Vec<f64>> {
    let context = mp::Context::new(method)?;
    let one = || -> Outcome {
        let process = context.process(|()| (), ()).start()?;
        process.join(None)?;
        Ok(())
    };
    (0..WARM_UP).try_for_each(|_| one())?;
    let before = Holdings::before()?;
    (0..JOINED).try_for_each(|_| one())?;
    before.growth()
}

fn live_at_once(method: mp::StartMethod) -> Outcome<Vec<f64>> {
    let context = mp::Context::new(method)?;
    // What the first leave is not yet in one piece when the next come: after five the heap grows by
    // 60, 8 and then 0 KiB.
    (0..8).try_for_each(|_| crowd(&context, LIVE))?;
    let before = Holdings::before()?;
    crowd(&context, LIVE)?;
    before.growth()
}

/// So many processes, which end when all are there.
fn crowd(context: &mp::Context, count: usize) -> Outcome {
    let is_over = context.event()?;
    let processes: Vec<_> = (0..count)
        .map(|_| {
            let wait = |is_over: mp::Event| i32::from(!is_over.wait(None));
            context.process(wait, is_over.clone()).start()
        })
        .collect::<mp::Result<_>>()?;
    is_over.set();
    for process in &processes {
        process.join(None)?;
        match process.exit_code()? {
            Some(0) => {}
            code => return Err(format!("a process ended with {code:?}").into()),
        }
    }
    Ok(())
}
