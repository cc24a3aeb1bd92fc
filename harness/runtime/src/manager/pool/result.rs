//! The result of a managed pool's tasks, all at once.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::super::coding::{decoded, encoded};
use super::super::protocol::Reply;
use super::super::proxy::managed;
use super::super::table::Object;
use super::super::waiting::{Caller, LOOK};
use crate::deadline;
use crate::error::{Error, Kind, Result};
use crate::pool::AsyncResult;
use crate::transfer::Message;

#[derive(Serialize, Deserialize)]
enum Call {
    Get(Option<Duration>),
    Wait(Option<Duration>),
    IsSuccessful,
}

/// What a pool will give.
pub(super) struct PoolResult {
    result: AsyncResult<Vec<Reply>>,
    is_list: bool,
}

impl PoolResult {
    pub(super) fn new(result: AsyncResult<Vec<Reply>>, is_list: bool) -> PoolResult {
        PoolResult { result, is_list }
    }

    fn wait(&self, timeout: Option<Duration>, caller: &Caller<'_>) -> Result<bool> {
        let deadline = deadline::after(timeout);
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if self
                .result
                .wait(Some(left.map_or(LOOK, |left| left.min(LOOK))))
            {
                return Ok(true);
            }
            if left.is_some_and(|left| left <= LOOK) {
                return Ok(false);
            }
            caller.check()?;
        }
    }

    /// The encoded result: of one call, or the list of all, as a client decodes it.
    fn get(&self) -> Result<ByteBuf> {
        let replies = self.result.get(Some(Duration::ZERO))?.into_iter();
        let results =
            replies.map(|reply| reply.map_err(|(kind, subject)| Error::new(kind, subject)));
        let results = results.collect::<Result<Vec<_>>>()?;
        let mut bytes = match self.is_list {
            true => encoded(&results.len())?,
            false => Vec::new(),
        };
        results
            .iter()
            .for_each(|result| bytes.extend_from_slice(result));
        Ok(ByteBuf::from(bytes))
    }
}

impl Object for PoolResult {
    fn call(&self, call: &[u8], caller: &Caller<'_>) -> Result<Vec<u8>> {
        match decoded(call)? {
            Call::Get(timeout) if !self.wait(timeout, caller)? => Err(Error::new(
                Kind::Timeout,
                "get the result of a managed pool's task",
            )),
            Call::Get(_) => encoded(&self.get()?),
            Call::Wait(timeout) => encoded(&self.wait(timeout, caller)?),
            Call::IsSuccessful => {
                let is_good = self.result.is_successful()?;
                encoded(&(is_good && self.get().is_ok()))
            }
        }
    }
}

managed! {
    /// What a manager's pool will give.
    ///
    /// Each call fails with `is_broken_pipe` when the manager has ended.
    PoolResultProxy<R>: PoolResult
}

impl<R: Message> PoolResultProxy<R> {
    /// Waits for the result, at most so long; the task goes on when that time is over.
    ///
    /// # Errors
    /// As [`AsyncResult::get`].
    pub fn get(&self, timeout: Option<Duration>) -> Result<R> {
        let result: ByteBuf = self.proxy.call(&Call::Get(timeout))?;
        decoded(&result)
    }

    /// Waits for the result, at most so long; says whether it is there.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<bool> {
        self.proxy.call(&Call::Wait(timeout))
    }

    /// Whether the result, or the error, is there.
    ///
    /// # Errors
    /// Only when the manager has ended.
    pub fn is_ready(&self) -> Result<bool> {
        self.wait(Some(Duration::ZERO))
    }

    /// Whether the task has ended without an error.
    ///
    /// # Errors
    /// `is_usage` as long as it has not ended.
    pub fn is_successful(&self) -> Result<bool> {
        self.proxy.call(&Call::IsSuccessful)
    }
}
