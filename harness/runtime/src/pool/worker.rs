//! A worker: runs the initializer once, then task after task until it is to leave.

use std::io;

use poolproof_sys::channel::Channel;
use poolproof_sys::function::Passed;
use poolproof_sys::handle::Handle;
use serde::{Deserialize, Serialize};

use super::arena::Block;
use super::board::{Board, Stage};
use super::buffer::keep_small;
use super::ring::{self, INLINE as INLINE_MAX};
use super::stream::Ending;
use super::task::{self, RETURNED, RETURNED_PARTS};
use crate::error::{Error, Kind, Result};
use crate::transfer::take_table;

/// What the arguments of a task are, beside its call.
pub(super) const INLINE: u32 = 0;
/// The arguments lie in the arena; the cell says where.
pub(super) const IN_ARENA: u32 = 1;
/// The arguments are with the pool's process, which sends them when asked.
pub(super) const ON_REQUEST: u32 = 2;

/// Where arguments lie in the arena, as a cell says it; a result that fits may take their place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) block: Block,
    pub(super) length: usize,
}

impl Room {
    const BYTES: usize = 24;

    pub(super) fn to_bytes(self) -> [u8; Room::BYTES] {
        let mut bytes = [0; Room::BYTES];
        let words = [self.block.at, self.block.bytes, self.length];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&(word as u64).to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Room> {
        let (words, _) = bytes.as_chunks();
        let [at, bytes, length] = *words else {
            return None;
        };
        let [at, bytes, length] = [at, bytes, length].map(|word| u64::from_le_bytes(word) as usize);
        let block = Block { at, bytes };
        Some(Room { block, length })
    }
}

/// Bytes of a result that are worth a place of their own.
const IN_STREAM_MAX: usize = 4096;

/// The record that says why an initializer failed; no task has this name.
pub(super) const INITIALIZER: u64 = u64::MAX;

/// What a worker is given.
#[derive(Serialize, Deserialize)]
pub(super) struct Start {
    pub(super) board: Board,
    pub(super) worker: usize,
    pub(super) tasks_max: Option<u64>,
    pub(super) initializer: Option<Call>,
    #[serde(with = "crate::transfer::handle")]
    pub(super) channel: Handle,
}

/// A call on its way to a worker, for its initializer.
#[derive(Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) function: [u8; 16],
    #[serde(with = "serde_bytes")]
    pub(super) input: Vec<u8>,
    pub(super) handles: Vec<CarriedHandle>,
}

/// A handle beside a call.
#[derive(Serialize, Deserialize)]
pub(super) struct CarriedHandle(#[serde(with = "crate::transfer::handle")] pub(super) Handle);

/// The worker's whole life.
pub(super) fn main(start: Start) {
    let Start {
        board,
        worker,
        tasks_max,
        initializer,
        channel,
    } = start;
    let channel = Channel::from(channel);
    if !initialize(&board, worker, initializer) {
        board.set_stage(worker, Stage::Failed);
        board.wake_handler();
        return;
    }
    board.set_stage(worker, Stage::Ready);
    let mut desk = Desk {
        board: &board,
        worker,
        channel: &channel,
        input: Vec::new(),
        output: Vec::new(),
        function: None,
    };
    let (mut count, mut cursor) = (0, 0);
    while tasks_max.is_none_or(|max| count < max) {
        let Some(position) = board.next_task(worker, &mut cursor) else {
            board.set_stage(worker, Stage::Left);
            return;
        };
        desk.run(position);
        count += 1;
    }
    board.set_stage(worker, Stage::Retired);
}

fn initialize(board: &Board, worker: usize, initializer: Option<Call>) -> bool {
    let Some(call) = initializer else {
        return true;
    };
    let mut output = Vec::new();
    task::lay_out(call.handles.into_iter().map(|carried| carried.0).collect());
    let function = Passed::from_bytes(call.function);
    let code = task::run(function, &call.input, &mut output);
    drop(take_table());
    if code == RETURNED {
        return true;
    }
    let wake = || board.wake_handler();
    board
        .stream(worker)
        .write(INITIALIZER, Ending::Failed, &output, &wake);
    false
}

/// Where a worker works: buffers that are kept from task to task.
struct Desk<'b> {
    board: &'b Board,
    worker: usize,
    channel: &'b Channel,
    input: Vec<u8>,
    output: Vec<u8>,
    function: Option<(u32, Passed)>,
}

impl Desk<'_> {
    fn run(&mut self, position: u64) {
        let ring = self.board.ring();
        let mut payload = [0; INLINE_MAX];
        let head = ring.copy_out(position, &mut payload);
        let payload = payload.get(..head.length as usize).unwrap_or_default();
        let (index, place) = (head.call >> 2, head.call & 3);
        let block = match place {
            IN_ARENA => self.copy_from_arena(payload),
            _ => None,
        };
        // From here the worker's own word names the task, so that its cell can be used again.
        let id = ring::name(position);
        self.board.set_current(self.worker, id);
        ring.free(position);
        let function = self.function(index);
        self.output.clear();
        let mut code = match place {
            INLINE => task::run(function, payload, &mut self.output),
            IN_ARENA => task::run(function, &self.input, &mut self.output),
            _ => match self.request(id) {
                Ok(handles) => {
                    task::lay_out(handles);
                    task::run(function, &self.input, &mut self.output)
                }
                Err(error) => task::refuse(&error, &mut self.output),
            },
        };
        let handles = take_table();
        if !handles.is_empty() {
            match self.send_result(id, code, &handles) {
                Ok(()) => return,
                Err(error) => code = task::refuse(&error, &mut self.output),
            }
        }
        self.finish(id, code, block);
    }

    /// Gives the block that the arguments are in, which is the task's until its outcome is read.
    fn copy_from_arena(&mut self, room: &[u8]) -> Option<Block> {
        let Room { block, length } = Room::from_bytes(room)?;
        self.input.resize(length, 0);
        self.board.memory().copy_out(block.at, &mut self.input);
        Some(block)
    }

    fn request(&mut self, id: u64) -> Result<Vec<Handle>> {
        let failed = |error| Error::system("get the arguments of a pool's task", error);
        self.channel.send(&id.to_le_bytes(), &[]).map_err(failed)?;
        let answer = self.channel.receive().map_err(failed)?;
        let (bytes, handles) = answer.ok_or_else(|| {
            Error::new(
                Kind::Eof,
                "get the arguments of a task from the pool's process",
            )
        })?;
        if bytes.is_empty() && handles.is_empty() {
            let why = self.channel.receive().map_err(failed)?;
            let why = why.map(|(why, _)| String::from_utf8_lossy(&why).into_owned());
            return Err(failed(io::Error::other(why.unwrap_or_default())));
        }
        self.input = bytes;
        Ok(handles)
    }

    /// Sends a result that handles belong to, which cannot lie in memory.
    fn send_result(&mut self, id: u64, code: i32, handles: &[Handle]) -> Result<()> {
        let message = [&id.to_le_bytes()[..], &[code as u8], &self.output].concat();
        let sent = self.channel.send(&message, handles);
        sent.map_err(|error| Error::system("return handles from a pool's task", error))
    }

    fn function(&mut self, index: u32) -> Passed {
        match self.function {
            Some((known, function)) if known == index => function,
            _ => {
                let function = self.board.function_at(index);
                self.function = Some((index, function));
                function
            }
        }
    }

    fn finish(&mut self, id: u64, code: i32, block: Option<Block>) {
        let ending = match code {
            RETURNED => Ending::Returned,
            RETURNED_PARTS => Ending::ReturnedParts,
            _ => Ending::Failed,
        };
        let stream = self.board.stream(self.worker);
        let wake = || self.board.wake_handler();
        let length = self.output.len();
        match block {
            Some(block)
                if ending == Ending::Returned
                    && (IN_STREAM_MAX..=block.bytes).contains(&length) =>
            {
                self.board.memory().copy_in(block.at, &self.output);
                let length = (length as u64).to_le_bytes();
                stream.write(id, Ending::ReturnedInRoom, &length, &wake);
                wake();
            }
            _ => {
                stream.write(id, ending, &self.output, &wake);
                self.board.tell_result(self.worker);
            }
        }
        keep_small(&mut self.input);
        keep_small(&mut self.output);
    }
}
