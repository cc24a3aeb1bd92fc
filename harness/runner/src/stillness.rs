//! Stillness: whether a tree could still do something.
//!
//! A tree is still while its processes stay the same, none of its threads can run, it writes
//! nothing and it uses next to no processor time.
//! Next to none, not none: implementations look at their locks again every few hundredths of a
//! second, and that is no progress.

use std::time::{Duration, Instant};

use poolproof_sys::tree::Process;

/// Processor time that looking again may take, as a share of the time that passes.
const IDLE_SHARE: f64 = 0.03;

/// Processor time that is never held against a tree.
const IDLE_MIN: Duration = Duration::from_millis(3);

/// What was seen of a tree so far.
#[derive(Debug)]
pub(crate) struct Stillness {
    since: Instant,
    busy: Duration,
    pids: Vec<u32>,
    written: usize,
}

impl Stillness {
    /// Nothing was seen yet.
    pub(crate) fn new(now: Instant) -> Stillness {
        Stillness {
            since: now,
            busy: Duration::ZERO,
            pids: Vec::new(),
            written: 0,
        }
    }

    /// Takes a look at the tree; gives how long it has been still.
    pub(crate) fn look(&mut self, now: Instant, processes: &[Process], written: usize) -> Duration {
        let mut pids: Vec<u32> = processes.iter().map(|process| process.pid).collect();
        pids.sort_unstable();
        let busy: Duration = processes.iter().map(|process| process.busy).sum();
        let elapsed = now.saturating_duration_since(self.since);
        let spare = IDLE_MIN + elapsed.mul_f64(IDLE_SHARE);
        let moved = pids != self.pids
            || written != self.written
            || processes.iter().any(|process| process.runnable)
            || busy < self.busy
            || busy - self.busy > spare;
        if moved {
            *self = Stillness {
                since: now,
                busy,
                pids,
                written,
            };
            return Duration::ZERO;
        }
        elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, busy_ms: u64, runnable: bool) -> Process {
        Process {
            pid,
            parent: 1,
            command: String::new(),
            runnable,
            busy: Duration::from_millis(busy_ms),
        }
    }

    #[test]
    fn a_tree_that_only_looks_again_is_still_and_one_that_works_is_not() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut stillness = Stillness::new(start);
        stillness.look(at(0), &[process(1, 10, false)], 0);
        let still = stillness.look(at(2000), &[process(1, 20, false)], 0);
        assert_eq!(still, Duration::from_secs(2));
        let busy = stillness.look(at(2100), &[process(1, 120, false)], 0);
        assert_eq!(busy, Duration::ZERO);
    }

    #[test]
    fn a_runnable_thread_a_new_process_and_a_new_line_are_movement() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let still = [process(1, 0, false)];
        let moves: [(&[Process], usize); 3] = [
            (&[process(1, 0, true)], 0),
            (&[process(1, 0, false), process(2, 0, false)], 0),
            (&[process(1, 0, false)], 1),
        ];
        for (processes, written) in moves {
            let mut stillness = Stillness::new(start);
            stillness.look(at(0), &still, 0);
            assert_eq!(stillness.look(at(500), processes, written), Duration::ZERO);
        }
    }
}
