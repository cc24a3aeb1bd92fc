//! Results of a pool: when they are there, and what becomes of those that are lost.

use poolproof_case::ErrorKind;

use crate::act::{OWN_TEXT, Outside, Ways, error};
use crate::value::{Id, Val, Wait};
use crate::world::{Got, Job, Shape, World};

impl World {
    /// Whether a job that is not ready will perhaps never be.
    fn is_lost(&mut self, id: &Id) -> Result<bool, Outside> {
        let job = self.job(id)?;
        let has_lost = job.chunks.contains(&Some(Got::Lost));
        let pool = job.pool.clone();
        Ok(has_lost || self.pool(&pool)?.is_terminated)
    }

    pub(crate) fn job_done(mut self, id: &Id, wait: Wait) -> Result<Ways, Outside> {
        if self.job(id)?.is_ready {
            return Ok(Ways::done(self));
        }
        let timeout = error(ErrorKind::Timeout);
        if !self.is_lost(id)? {
            return Ok(Ways::default().until(wait, self, timeout));
        }
        // The documentation does not say what becomes of it: it never comes, or is an error.
        let never = Ways::default().or(self.clone(), Ok(Val::Unset));
        let never = never.until(wait, self.clone(), timeout);
        let job = self.job(id)?;
        job.error = Some((ErrorKind::WorkerLost, OWN_TEXT.into()));
        job.is_ready = true;
        Ok(never.or(self, Ok(Val::None)))
    }

    pub(crate) fn readiness(mut self, id: &Id, is_successful: bool) -> Result<Ways, Outside> {
        let is_lost = self.is_lost(id)?;
        let job = self.job(id)?;
        let answer = match (job.is_ready, is_successful) {
            (true, true) => Ok(Val::Bool(job.error.is_none())),
            (false, true) => error(ErrorKind::Usage),
            (is_ready, false) => Ok(Val::Bool(is_ready)),
        };
        if job.is_ready || !is_lost {
            return Ok(Ways::one(self, answer));
        }
        let ways = Ways::one(self.clone(), answer);
        let job = self.job(id)?;
        job.error = Some((ErrorKind::WorkerLost, OWN_TEXT.into()));
        job.is_ready = true;
        Ok(ways.or(self, Ok(Val::Bool(!is_successful))))
    }

    pub(crate) fn next_result(mut self, me: &Id, id: &Id, wait: Wait) -> Result<Ways, Outside> {
        if self.is_lost(id)? && !self.job(id)?.is_finished() {
            return Err("an iterator that lost a task".to_owned());
        }
        let job = self.job(id)?;
        if job.next.is_empty() {
            return Ok(match job.left == 0 {
                true => Ways::one(self, Ok(Val::Unset)),
                false => Ways::default().until(wait, self, error(ErrorKind::Timeout)),
            });
        }
        let answer = match job.next.remove(0) {
            Got::Values(values) => Ok(self.unpack(me, &values[0])),
            Got::Error((kind, text)) => Err((kind, text)),
            Got::Lost => error(ErrorKind::WorkerLost),
        };
        Ok(Ways::one(self, answer))
    }
}

impl Job {
    fn is_finished(&self) -> bool {
        self.left == 0
    }

    /// Notes what became of a chunk.
    pub(crate) fn deliver(&mut self, chunk: usize, got: Got) -> Result<(), Outside> {
        if got == Got::Lost {
            self.chunks[chunk] = Some(got);
            return Ok(());
        }
        self.left -= 1;
        match (self.shape, got) {
            (Shape::Unordered, got) => self.line_up(got),
            (Shape::Iterator, got) => {
                self.chunks[chunk] = Some(got);
                while let Some(Some(next)) = self.chunks.get_mut(self.lined_up).map(Option::take) {
                    self.lined_up += 1;
                    self.line_up(next);
                }
            }
            (_, Got::Error(error)) => {
                self.error.get_or_insert(error);
            }
            (_, got) => self.chunks[chunk] = Some(got),
        }
        Ok(())
    }

    /// One by one: a chunk's values are so many results.
    fn line_up(&mut self, got: Got) {
        match got {
            Got::Values(values) => {
                let each = values.into_iter().map(|value| Got::Values(vec![value]));
                self.next.extend(each);
            }
            other => self.next.push(other),
        }
    }
}
