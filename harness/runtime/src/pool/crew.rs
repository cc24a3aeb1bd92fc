//! The workers of a pool: started, replaced when one ends, ended with the pool.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use poolproof_sys::channel::Channel;
use poolproof_sys::function::Passed;
use poolproof_sys::handle::Handle;

use super::board::{Board, Stage};
use super::worker::{self, CarriedHandle, Start};
use crate::context::{Context, StartMethod};
use crate::error::{Error, Result};
use crate::locked::lock;
use crate::process::Process;

/// Starts in a row that may fail at every place before the pool is broken.
const FAILED_STARTS_MAX: usize = 3;
/// How long a worker has to be seen ended after it has let go of its channel.
const REAP: Duration = Duration::from_secs(5);

/// Encodes the initializer's arguments, again for each worker.
pub(super) type Encode = Box<dyn Fn() -> Result<(Vec<u8>, Vec<Handle>)> + Send + Sync>;

/// How workers are made.
pub(super) struct Plan {
    pub(super) context: Context,
    pub(super) tasks_max: Option<u64>,
    pub(super) initializer: Option<(Passed, Encode)>,
    pub(super) is_daemon: bool,
}

/// A worker that has been started and whose end has not been seen.
pub(super) struct Member {
    pub(super) process: Arc<Process>,
    pub(super) channel: Arc<Channel>,
    /// Its channel has ended, and so it has or will.
    pub(super) is_gone: bool,
}

/// What the end of a worker says of how the pool's workers start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Starts {
    /// It had started well.
    Work,
    /// It had not, as some in a row before it, which may pass.
    Failed { times: usize },
    /// It had not, as no other does.
    NeverWork,
}

/// Whether a worker has come so far that its start was a good one.
fn is_ready(stage: Stage) -> bool {
    matches!(stage, Stage::Ready | Stage::Retired | Stage::Left)
}

/// The workers, each at the place whose number it bears.
pub(super) struct Crew {
    plan: Plan,
    members: Mutex<Vec<Option<Member>>>,
    /// For each place, the starts in a row that failed there.
    failed_starts: Mutex<Vec<usize>>,
}

impl Crew {
    pub(super) fn new(plan: Plan, workers: usize) -> Crew {
        Crew {
            plan,
            members: Mutex::new((0..workers).map(|_| None).collect()),
            failed_starts: Mutex::new(vec![0; workers]),
        }
    }

    /// Starts a worker at a place that is empty. No lock is held meanwhile: a fork copies them.
    pub(super) fn start(&self, board: &Board, place: usize) -> Result<()> {
        let failed = |error| Error::system("make a channel to a pool's worker", error);
        let (ours, theirs) = Channel::pair().map_err(failed)?;
        let initializer = match &self.plan.initializer {
            Some((function, encode)) => {
                let (input, handles) = encode()?;
                Some(worker::Call {
                    function: function.to_bytes(),
                    input,
                    handles: handles.into_iter().map(CarriedHandle).collect(),
                })
            }
            None => None,
        };
        let start = Start {
            board: board.duplicate()?,
            worker: place,
            tasks_max: self.plan.tasks_max,
            initializer,
            channel: theirs.into(),
        };
        let process = self.plan.context.process(worker::main, start);
        let name = format!("PoolWorker-{}", place + 1);
        let process = process.name(name).daemon(self.plan.is_daemon).start()?;
        lock(&self.members)[place] = Some(Member {
            process: Arc::new(process),
            channel: Arc::new(ours),
            is_gone: false,
        });
        Ok(())
    }

    /// The channels of those that may still live, with their places.
    pub(super) fn channels(&self) -> Vec<(usize, Arc<Channel>)> {
        let members = lock(&self.members);
        let members = members.iter().enumerate();
        let living = members.filter_map(|(place, member)| match member {
            Some(member) if !member.is_gone => Some((place, Arc::clone(&member.channel))),
            _ => None,
        });
        living.collect()
    }

    /// Remembers that a worker's channel has ended.
    pub(super) fn is_gone(&self, place: usize) {
        if let Some(member) = &mut lock(&self.members)[place] {
            member.is_gone = true;
        }
    }

    /// Takes away the workers that are gone; gives their places.
    pub(super) fn gone(&self) -> Vec<usize> {
        let members = lock(&self.members);
        let gone = members.iter().enumerate();
        let gone = gone.filter(|(_, member)| member.as_ref().is_some_and(|member| member.is_gone));
        gone.map(|(place, _)| place).collect()
    }

    /// Waits for the end of a worker that is gone; gives its exit code where there is one.
    pub(super) fn reap(&self, place: usize) -> Option<i32> {
        let member = lock(&self.members)[place].take()?;
        let has_ended = matches!(member.process.join(Some(REAP)), Ok(true));
        if !has_ended && self.plan.context.start_method() != StartMethod::Threads {
            // It has let go of its channel and lives on: it is not one of ours any more.
            let _ = member.process.kill();
            let _ = member.process.join(Some(REAP));
        }
        member.process.exit_code().ok().flatten()
    }

    /// Counts how the worker at a place ended, as its stage tells.
    ///
    /// As long as one place has a worker that is ready, or may get one, starts that fail say nothing
    /// of the pool: they were killed, or what they lack may come back.
    pub(super) fn count_end(&self, board: &Board, place: usize, stage: Stage) -> Starts {
        let mut failed = lock(&self.failed_starts);
        failed[place] = match is_ready(stage) {
            true => 0,
            false => failed[place] + 1,
        };
        for (other, failed) in failed.iter_mut().enumerate() {
            if other != place && is_ready(board.stage(other)) {
                *failed = 0;
            }
        }
        match (failed[place], failed.iter().min()) {
            (0, _) => Starts::Work,
            (_, Some(FAILED_STARTS_MAX..)) => Starts::NeverWork,
            (times, _) => Starts::Failed { times },
        }
    }

    /// Whether no worker is left whose end has not been seen.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.members).iter().all(Option::is_none)
    }

    /// The processes of the workers.
    pub(super) fn processes(&self) -> Vec<Arc<Process>> {
        let members = lock(&self.members);
        let members = members.iter().flatten();
        members.map(|member| Arc::clone(&member.process)).collect()
    }
}
