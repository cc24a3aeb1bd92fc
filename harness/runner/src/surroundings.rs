//! What happens around a run and is not its program's doing: the clock is set, the machine sleeps,
//! the system runs out of memory.
//!
//! A run that went well counts whatever happened; one that did not says nothing beside such a thing.

use std::time::{Duration, Instant, SystemTime};

use poolproof_sys::limits;

/// How far the clock of the day may move against the one that only goes forward.
const DRIFT_MAX: Duration = Duration::from_millis(100);

/// A longer time between two looks was no time for the program either, as far as anybody knows.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// What was so when a run began, and what has happened since.
#[derive(Debug)]
pub(crate) struct Surroundings {
    began: Instant,
    clock: SystemTime,
    killed: Option<u64>,
    looked: Instant,
    paused: Duration,
}

impl Surroundings {
    /// As a run begins.
    pub(crate) fn now() -> Surroundings {
        let now = Instant::now();
        Surroundings {
            began: now,
            clock: SystemTime::now(),
            killed: limits::killed_for_memory(),
            looked: now,
            paused: Duration::ZERO,
        }
    }

    /// Takes a look, which is to come several times a second; gives for how long this process has
    /// just been paused.
    pub(crate) fn look(&mut self, now: Instant) -> Option<Duration> {
        let gap = now.saturating_duration_since(self.looked);
        self.looked = now;
        let pause = (gap >= PAUSE_MIN).then_some(gap)?;
        self.paused += pause;
        Some(pause)
    }

    /// How much time a run had so far in which it was watched.
    pub(crate) fn watched(&self, now: Instant) -> Duration {
        let elapsed = now.saturating_duration_since(self.began);
        elapsed.saturating_sub(self.paused)
    }

    /// What has happened that a program cannot be blamed for.
    pub(crate) fn disturbance(&self) -> Option<String> {
        if !self.paused.is_zero() {
            let seconds = self.paused.as_secs_f64();
            return Some(format!(
                "the machine or this program was paused for {seconds:.1} s"
            ));
        }
        let killed = limits::killed_for_memory();
        if killed
            .zip(self.killed)
            .is_some_and(|(now, before)| now > before)
        {
            return Some("the system ran out of memory and killed a process".to_owned());
        }
        let drift = drift(self.began.elapsed(), self.clock.elapsed());
        (drift > DRIFT_MAX).then(|| {
            let seconds = drift.as_secs_f64();
            format!("the clock was set by {seconds:.1} s")
        })
    }
}

/// How far two clocks have gone apart; the second may have gone back.
fn drift(
    steady: Duration,
    clock: std::result::Result<Duration, std::time::SystemTimeError>,
) -> Duration {
    match clock {
        Ok(clock) => clock.abs_diff(steady),
        Err(back) => back.duration() + steady,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_happens_to_a_run_in_peace() {
        let mut surroundings = Surroundings::now();
        assert_eq!(surroundings.look(Instant::now()), None);
        assert_eq!(surroundings.disturbance(), None);
    }

    #[test]
    fn time_in_which_nobody_watched_does_not_count() {
        let mut surroundings = Surroundings::now();
        let later = Instant::now() + Duration::from_secs(5);
        let pause = surroundings.look(later).unwrap();
        assert!(surroundings.watched(later) <= later - surroundings.began - pause);
        assert!(surroundings.disturbance().unwrap().contains("paused for"));
    }

    #[test]
    fn a_clock_that_is_set_forward_or_back_is_noticed() {
        let mut surroundings = Surroundings::now();
        let hour = Duration::from_secs(3600);
        for clock in [SystemTime::now() + hour, SystemTime::now() - hour] {
            surroundings.clock = clock;
            assert!(surroundings.disturbance().unwrap().contains("clock"));
        }
    }
}
