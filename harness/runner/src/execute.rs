//! One run: a process tree is started, watched until it has ended or can do no more, and ended.
//!
//! This says what was seen; whether it may be seen is the judge's business.

use std::time::{Duration, Instant};

use poolproof_case::{Ending, Outcome};
use poolproof_report::Memory;
use poolproof_sys::tree::{self, MainEnd, RUN_MARK, Tree};

use crate::capture::Capture;
use crate::control::{CONTROL, Control};
use crate::job::{Cut, Job, LATE, SETTLE, SOON};
use crate::leak::{self, Leaks, NamedMemory};
use crate::measured::Measured;
use crate::sampler::{Cost, Sampler};
use crate::surroundings::Surroundings;
use crate::turns::Turn;
use crate::watch::{InVain, Watch, Work};
use crate::workshop::{Place, Workshop};

/// What names the file that a program's lines go to, where stdout is not the program's.
const OUT: &str = "POOLPROOF_OUT";

/// What is looked at beside the outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looks<'a> {
    pub(crate) in_vain: &'a InVain,
    /// What looking at memory costs; none where it is not looked at.
    pub(crate) cost: Option<&'a Cost>,
}

/// What one run showed.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) outcome: Outcome,
    pub(crate) seconds: f64,
    pub(crate) stderr: String,
    pub(crate) leaks: Leaks,
    /// Why what it left behind is known.
    pub(crate) known_leak: Option<String>,
    /// Why it was ended before it could do no more; then its ending is none.
    pub(crate) cut: Option<Cut>,
    /// What happened around it that its program cannot be blamed for.
    pub(crate) disturbance: Option<String>,
    /// Its memory, where that was looked at.
    pub(crate) memory: Option<Memory>,
    /// What it has measured, by label.
    pub(crate) measured: Measured,
}

impl Sighting {
    /// Whether it left something behind that is not known.
    pub(crate) fn has_leaked(&self) -> bool {
        !self.leaks.is_empty() && self.known_leak.is_none()
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
            known_leak: None,
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
        let mut keeper = self.keeper(place, job.environment, job.program, job.arguments);
        keeper
            .env("POOLPROOF_PLAN", job.plan.name())
            .env("POOLPROOF_SEED", job.seed.to_string())
            .env("POOLPROOF_SOON", seconds(SOON))
            .env("POOLPROOF_LATE", seconds(LATE * job.scale))
            .env("POOLPROOF_SETTLE", seconds(SETTLE * job.scale));
        if let Some(control) = control {
            keeper.env(CONTROL, control.address());
        }
        let most = usize::try_from(job.limits.output_bytes).unwrap_or(usize::MAX);
        let file = match job.keeps_stdout {
            true => {
                // Not in the temporary folder, where it would count as left behind.
                let path = place.home().join("out");
                keeper.env(OUT, &path);
                let made = Capture::file(&path, most);
                Some(made.map_err(|error| format!("{} cannot be made: {error}", path.display()))?)
            }
            false => None,
        };
        let started = Tree::start(keeper).and_then(|(tree, stdout, stderr)| {
            // What else is on stdout is nobody's line, and is read so that nobody waits.
            let lines = match file {
                Some(file) => {
                    Capture::tail(stdout)?;
                    file
                }
                None => Capture::whole(stdout, most)?,
            };
            Ok((tree, lines, Capture::tail(stderr)?))
        });
        started.map_err(|error| format!("its keeper could not be started: {error}"))
    }
}
