//! One run: a process tree is started, watched until it has ended or can do no more, and ended.
//!
//! This says what was seen; whether it may be seen is the judge's business.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use poolproof_case::{Ending, Limits, Outcome};
use poolproof_report::Memory;
use poolproof_sys::tree::{self, Event, MainEnd, Process, RUN_MARK, Tree};

use crate::capture::Capture;
use crate::control::{CONTROL, Control};
use crate::leak::{self, Leaks, NamedMemory};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::sampler::{Cost, Sampler};
use crate::stillness::Stillness;
use crate::surroundings::Surroundings;
use crate::turns::Turn;
use crate::workshop::{Place, Workshop};

/// How often a tree is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How soon a word of a program that is measured is heard.
const HEAR: Duration = Duration::from_millis(5);

/// The shortest wait for an event.
const SHORT: Duration = Duration::from_millis(1);

/// How often one is looked at that does nothing.
const LOOK_AT_STILL: Duration = Duration::from_millis(250);

/// What the timeouts of a case mean in a normal run.
const SOON: Duration = Duration::from_millis(20);
const LATE: Duration = Duration::from_secs(1);
const SETTLE: Duration = Duration::from_millis(300);

/// So long a tree that can do no more does nothing: longer than a library waits for something
/// before it goes on by itself, as CPython does for a manager's end, which is a second.
const STILL: Duration = Duration::from_millis(1200);

/// How much longer than the longest timeout of its program a tree is to do nothing.
const STILL_AFTER_LATE: Duration = Duration::from_millis(500);

/// After so long without a move others may run in its place.
const PARK: Duration = Duration::from_millis(300);

/// A tree that has had this share of the time for itself was not kept from its work by others.
const OWN_SHARE: f64 = 0.5;

/// How much time trees may be busy until their deadlines in vain, in all.
const IN_VAIN_MAX: Duration = Duration::from_secs(120);

/// The deadline of busy trees once that is used up.
const IMPATIENT: Duration = Duration::from_secs(3);

/// How much longer everything may take where a run is examined again.
pub(crate) const AGAIN: u32 = 4;

/// How long trees were busy until their deadlines in vain, in milliseconds: all of a suite share it.
#[derive(Debug, Default)]
pub(crate) struct InVain(AtomicU64);

/// What is looked at beside the outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looks<'a> {
    pub(crate) in_vain: &'a InVain,
    /// What looking at memory costs; none where it is not looked at.
    pub(crate) cost: Option<&'a Cost>,
}

/// What is run, and how.
#[derive(Clone, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [std::ffi::OsString],
    pub(crate) plan: Plan,
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    /// Whether the program has timeouts that pass only where nothing else can move.
    pub(crate) waits_late: bool,
    /// Whether the program tells what it measures.
    pub(crate) is_measured: bool,
    /// One, or [`AGAIN`].
    pub(crate) scale: u32,
}

/// What one run showed.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) outcome: Outcome,
    pub(crate) seconds: f64,
    pub(crate) stderr: String,
    pub(crate) leaks: Leaks,
    /// Why it was ended before it could do no more; then its ending is none.
    pub(crate) cut: Option<Cut>,
    /// What happened around it that its program cannot be blamed for.
    pub(crate) disturbance: Option<String>,
    /// Its memory, where that was looked at.
    pub(crate) memory: Option<Memory>,
    /// What it has measured, by label.
    pub(crate) measured: Measured,
}

/// Why a run was cut short, which is not the implementation's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It came to a limit of the harness.
    Limit(String),
    /// It was still busy at its deadline, though others kept it from its work.
    Starved(String),
    /// It could not be run or watched.
    Failed(String),
}

impl Cut {
    pub(crate) fn reason(&self) -> &str {
        let (Cut::Limit(reason) | Cut::Starved(reason) | Cut::Failed(reason)) = self;
        reason
    }
}

/// Where a watched tree has come to.
#[derive(Default)]
struct Watched {
    main: Option<MainEnd>,
    left: u32,
    cut: Option<Cut>,
}

impl Job<'_> {
    /// How long its tree does nothing before it counts as still.
    fn still(&self) -> Duration {
        let late = if self.waits_late {
            LATE * self.scale + STILL_AFTER_LATE
        } else {
            Duration::ZERO
        };
        late.max(STILL * self.scale)
    }
}

impl Workshop {
    /// Runs a program once.
    pub(crate) fn execute(&self, job: &Job<'_>, turn: &mut Turn<'_>, looks: Looks<'_>) -> Sighting {
        let started = Instant::now();
        let mut sighting = Sighting {
            outcome: Outcome {
                lines: Vec::new(),
                ending: Ending::Hang,
                left: 0,
            },
            seconds: 0.0,
            stderr: String::new(),
            leaks: Leaks::default(),
            cut: None,
            disturbance: None,
            memory: None,
            measured: Measured::default(),
        };
        if let Err(reason) = self.observe(job, turn, looks, &mut sighting) {
            sighting.cut = Some(Cut::Failed(reason));
        }
        sighting.seconds = started.elapsed().as_secs_f64();
        sighting
    }

    fn observe(
        &self,
        job: &Job<'_>,
        turn: &mut Turn<'_>,
        looks: Looks<'_>,
        sighting: &mut Sighting,
    ) -> Result<(), String> {
        let place = self.place()?;
        let control = match job.is_measured {
            true => Some(Control::listen(place.home()).map_err(|error| {
                format!("there is no place where it could tell what it measures: {error}")
            })?),
            false => None,
        };
        let mut memory = NamedMemory::before();
        let mut surroundings = Surroundings::now();
        let (mut tree, stdout, stderr) = self.start(job, &place, control.as_ref())?;
        let mut watch = Watch {
            workshop: self,
            job,
            in_vain: looks.in_vain,
            turn,
            stdout: &stdout,
            memory: self.shares_memory().then_some(&mut memory),
            work: Work::default(),
            sampler: looks.cost.map(Sampler::new),
            control: control.as_ref(),
            measured: Measured::default(),
        };
        let watched = watch.until_the_end(&mut tree, &mut surroundings);
        sighting.memory = watch.sampler.take().map(Sampler::end);
        sighting.measured = watch.measured;
        let ended = tree.end();
        if watched.cut.is_some() || ended.is_err() {
            // Where the processes cannot be listed, what is left is told by the error.
            let _ = tree::end_marked(RUN_MARK.as_ref(), &place.token);
        }
        ended.map_err(|error| format!("its processes could not be ended: {error}"))?;
        stdout.wait(Duration::from_secs(2));
        stderr.wait(Duration::from_secs(2));
        let leaks = leak::after(&memory, &place.temporary(), tree.memory());
        // Whoever was killed could not tidy up.
        if matches!(watched.main, Some(MainEnd::Exit(_))) && watched.left == 0 {
            sighting.leaks = leaks;
        }
        sighting.outcome = Outcome {
            lines: stdout.lines(),
            ending: match watched.main {
                Some(MainEnd::Exit(code)) => Ending::Exit(code),
                Some(MainEnd::Signal(name)) => Ending::Signal(name),
                None => Ending::Hang,
            },
            left: watched.left,
        };
        sighting.stderr = stderr.text();
        sighting.cut = watched.cut;
        sighting.disturbance = surroundings.disturbance();
        Ok(())
    }

    fn start(
        &self,
        job: &Job<'_>,
        place: &Place,
        control: Option<&Control>,
    ) -> Result<(Tree, Capture, Capture), String> {
        let seconds = |time: Duration| format!("{}", time.as_secs_f64());
        let mut keeper = self.keeper(place, job.program, job.arguments);
        keeper
            .env("POOLPROOF_PLAN", job.plan.name())
            .env("POOLPROOF_SEED", job.seed.to_string())
            .env("POOLPROOF_SOON", seconds(SOON))
            .env("POOLPROOF_LATE", seconds(LATE * job.scale))
            .env("POOLPROOF_SETTLE", seconds(SETTLE * job.scale));
        if let Some(control) = control {
            keeper.env(CONTROL, control.address());
        }
        let started = Tree::start(keeper).and_then(|(tree, stdout, stderr)| {
            let most = usize::try_from(job.limits.output_bytes).unwrap_or(usize::MAX);
            Ok((tree, Capture::whole(stdout, most)?, Capture::tail(stderr)?))
        });
        started.map_err(|error| format!("its keeper could not be started: {error}"))
    }
}

/// One who watches a tree.
struct Watch<'a, 't> {
    workshop: &'a Workshop,
    job: &'a Job<'a>,
    in_vain: &'a InVain,
    turn: &'a mut Turn<'t>,
    stdout: &'a Capture,
    /// What of the machine's named memory the tree uses, where it has none of its own.
    memory: Option<&'a mut NamedMemory>,
    work: Work,
    sampler: Option<Sampler<'a>>,
    control: Option<&'a Control>,
    measured: Measured,
}

/// The processor time of a tree, those that have ended included as far as they were seen.
#[derive(Default)]
struct Work {
    living: Duration,
    all: Duration,
}

impl Work {
    fn add(&mut self, processes: &[Process]) {
        let living = processes.iter().map(|process| process.busy).sum();
        self.all += Duration::saturating_sub(living, self.living);
        self.living = living;
    }
}

impl Watch<'_, '_> {
    /// Looks on until the tree is empty, still, too large, too loud or too late.
    fn until_the_end(&mut self, tree: &mut Tree, surroundings: &mut Surroundings) -> Watched {
        let start = Instant::now();
        let mut stillness = Stillness::new(start);
        let mut watched = Watched::default();
        let (mut looked, mut look) = (start, LOOK);
        while watched.cut.is_none() {
            match tree.next_event(self.pause(look)) {
                Ok(Some(Event::Empty)) => return watched,
                Ok(event) => watched.take(event, self.job.program),
                Err(error) => {
                    let reason = format!("its keeper cannot be heard: {error}");
                    watched.cut = Some(Cut::Failed(reason));
                }
            }
            if self.workshop.is_stopped() {
                watched.cut = Some(Cut::Failed("it was interrupted".to_owned()));
            }
            if let Some(sampler) = &mut self.sampler {
                sampler.look(tree);
            }
            if let Some(control) = self.control {
                self.measured.hear(control, tree);
            }
            let now = Instant::now();
            if surroundings.look(now).is_some() {
                // Nobody knows what the tree has done meanwhile.
                stillness = Stillness::new(now);
            }
            if watched.cut.is_some() || now - looked < look {
                continue;
            }
            looked = now;
            let processes = match tree.processes() {
                Ok(processes) => processes,
                Err(error) => {
                    let reason = format!("the process table cannot be read: {error}");
                    watched.cut = Some(Cut::Failed(reason));
                    continue;
                }
            };
            if let Some(memory) = &mut self.memory {
                memory.look(&processes);
            }
            let still = stillness.look(now, &processes, self.stdout.len());
            look = self.pace(still);
            self.work.add(&processes);
            if still >= self.job.still() {
                watched.left = left(&watched, &processes);
                return watched;
            }
            let watched_for = surroundings.watched(now);
            let is_still = still >= PARK;
            let cut = self.over(&processes);
            watched.cut = cut.or_else(|| self.late(watched_for, is_still));
        }
        watched
    }

    /// How long nothing has to be done but to wait for an event.
    fn pause(&self, look: Duration) -> Duration {
        let sampler = self.sampler.as_ref().map_or(look, Sampler::pause);
        let control = if self.control.is_some() { HEAR } else { look };
        look.min(LOOK).min(control).min(sampler.max(SHORT))
    }

    /// Lets others run in the place of a tree that does nothing; gives when to look again.
    fn pace(&mut self, still: Duration) -> Duration {
        if still >= PARK {
            self.turn.park();
            LOOK_AT_STILL
        } else {
            self.turn.unpark();
            LOOK
        }
    }

    /// Whether a tree is larger or louder than its case says.
    fn over(&self, processes: &[Process]) -> Option<Cut> {
        let limits = &self.job.limits;
        let limit = if processes.len() > usize::try_from(limits.processes).unwrap_or(usize::MAX) {
            format!("{} processes (`limits: (processes: …)`)", limits.processes)
        } else if self.stdout.is_flooded() {
            let most = limits.output_bytes;
            format!("{most} bytes of output (`limits: (output_bytes: …)`)")
        } else {
            return None;
        };
        Some(Cut::Limit(format!(
            "it came to the limit of {limit} in the case"
        )))
    }

    /// Whether a tree that still moves has had its time.
    fn late(&self, watched: Duration, is_still: bool) -> Option<Cut> {
        let deadline = Duration::from_millis(self.job.limits.deadline_ms.into()) * self.job.scale;
        let is_impatient = self.in_vain.is_used_up() && !is_still;
        if watched
            < if is_impatient {
                deadline.min(IMPATIENT)
            } else {
                deadline
            }
        {
            return None;
        }
        self.in_vain.add(watched);
        let (time, own) = (watched.as_secs_f64(), self.work.all.as_secs_f64());
        let mut reason =
            format!("it was still busy at its deadline ({own:.1} s of work in {time:.1} s)");
        if watched < deadline {
            let most = IN_VAIN_MAX.as_secs();
            reason += &format!("; the {most} s for such programs are used up, so it was early");
            return Some(Cut::Limit(reason));
        }
        Some(if own >= time * OWN_SHARE || self.in_vain.is_used_up() {
            Cut::Limit(reason)
        } else {
            Cut::Starved(reason)
        })
    }
}

impl Watched {
    fn take(&mut self, event: Option<Event>, program: &Path) {
        let reason = match event {
            None | Some(Event::Empty) => return,
            Some(Event::MainEnded(end)) => {
                self.main = Some(end);
                return;
            }
            Some(Event::NotStarted(reason)) => {
                format!("{} could not be started: {reason}", program.display())
            }
            Some(Event::NotApart(reason)) => format!("it could not be kept apart: {reason}"),
            Some(Event::Lost) => "its keeper was killed".to_owned(),
        };
        self.cut = Some(Cut::Failed(reason));
    }
}

impl InVain {
    fn add(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn is_used_up(&self) -> bool {
        u128::from(self.0.load(Ordering::Relaxed)) >= IN_VAIN_MAX.as_millis()
    }
}

/// How many processes of the program outlive main.
fn left(watched: &Watched, processes: &[Process]) -> u32 {
    if watched.main.is_none() {
        return 0;
    }
    let left = processes
        .iter()
        .filter(|process| !is_helper(process, processes))
        .count();
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// CPython's resource tracker and fork server are the library's own, not the program's; children of
/// a fork server have its command line.
fn is_helper(process: &Process, processes: &[Process]) -> bool {
    const TRACKERS: [&str; 2] = [
        "multiprocessing.resource_tracker import main",
        "multiprocessing.semaphore_tracker import main",
    ];
    const SERVER: &str = "multiprocessing.forkserver import main";
    let is_server = process.command.contains(SERVER)
        && !processes
            .iter()
            .any(|parent| parent.pid == process.parent && parent.command.contains(SERVER));
    is_server || TRACKERS.iter().any(|text| process.command.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_server_is_no_process_of_the_program_but_its_children_are() {
        let command = "python -c from multiprocessing.forkserver import main; main(3, 7)";
        let process = |pid, parent| Process {
            pid,
            parent,
            command: command.to_owned(),
            runnable: false,
            busy: Duration::ZERO,
        };
        let watched = Watched {
            main: Some(MainEnd::Exit(0)),
            ..Watched::default()
        };
        assert_eq!(left(&watched, &[process(2, 1), process(3, 2)]), 1);
    }
}
