//! Pipes and their ends.
//!
//! An end that nothing refers to any more is closed at any moment, or stays. Nobody notices before
//! it matters, so it is decided then.

use poolproof_case::ErrorKind;

use crate::act::{Act, Outside, Ways, error};
use crate::memory::Refusal;
use crate::value::{Cell, Id, Val, Wait};
use crate::world::{Kind, World};

/// What always fits into a pipe, in messages.
const MANY: usize = 64;

/// Whether some process has an end open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Openness {
    Open,
    /// Only where it is kept for no reason.
    Perhaps,
    Closed,
}

impl World {
    fn openness(&self, pipe: &Id, side: usize) -> Openness {
        let mut found = Openness::Closed;
        for (owner, memory) in &self.memories {
            for (id, cell) in &memory.cells {
                let is_it = matches!(cell, Cell::End { pipe: its, side: its_side, is_open: true }
                    if its == pipe && *its_side == side);
                if !is_it {
                    continue;
                }
                let mut users = self.processes.values().filter(|one| one.memory == *owner);
                if memory.kept.contains(id) || users.any(|one| one.reached.contains(id)) {
                    return Openness::Open;
                }
                found = Openness::Perhaps;
            }
        }
        found
    }

    /// Closes the ends of this side that nothing refers to, or keeps them.
    fn decide(&mut self, pipe: &Id, side: usize, is_kept: bool) {
        for memory in self.memories.values_mut() {
            let memory = std::rc::Rc::make_mut(memory);
            for (id, cell) in &mut memory.cells {
                if let Cell::End {
                    pipe: its,
                    side: its_side,
                    is_open,
                } = cell
                    && its == pipe
                    && *its_side == side
                    && *is_open
                {
                    *is_open = is_kept;
                    if is_kept {
                        memory.kept.insert(id.clone());
                    }
                }
            }
        }
    }

    pub(crate) fn end_ways(mut self, me: &Id, end: &Val, act: &Act) -> Result<Ways, Outside> {
        let Val::Ref(cell) = end else {
            return Err("a connection that is none".to_owned());
        };
        let Cell::End {
            pipe,
            side,
            is_open,
        } = self.memory(me).cells[cell].clone()
        else {
            return Err("a connection that is none".to_owned());
        };
        let Kind::Pipe(_, is_duplex) = self.kind(&pipe) else {
            return Err("a pipe that is none".to_owned());
        };
        let (reads, writes) = (*is_duplex || side == 0, *is_duplex || side == 1);
        match act {
            Act::GetOfEnd(_, name) => {
                let told = match &**name {
                    "closed" => !is_open,
                    "readable" => reads,
                    "writable" => writes,
                    _ => return Ok(Ways::fails(self, ErrorKind::Attribute)),
                };
                return Ok(Ways::one(self, Ok(Val::Bool(told))));
            }
            Act::CloseEnd(_) if self.is_threads() => {
                return Err("a closed end among threads".to_owned());
            }
            Act::CloseEnd(_) => {
                if let Some(Cell::End { is_open, .. }) = self.memory_mut(me).cells.get_mut(cell) {
                    *is_open = false;
                }
                return Ok(Ways::done(self));
            }
            _ if !is_open => return Ok(Ways::fails(self, ErrorKind::Closed)),
            Act::SendTo(..) if !writes => {}
            Act::Receive(_) | Act::Poll(..) if !reads => {}
            Act::SendTo(_, value) => return self.send_to(me, (&pipe, side), value),
            _ => return self.receive(me, (&pipe, side), act),
        }
        match self.is_threads() {
            true => Err("the wrong end of a pipe among threads".to_owned()),
            false => Ok(Ways::fails(self, ErrorKind::Usage)),
        }
    }

    fn send_to(
        mut self,
        me: &Id,
        (pipe, side): (&Id, usize),
        value: &Val,
    ) -> Result<Ways, Outside> {
        let other = self.openness(pipe, 1 - side);
        if other == Openness::Closed {
            return Ok(Ways::fails(self, ErrorKind::BrokenPipe));
        }
        let mut ways = Ways::default();
        if other == Openness::Perhaps {
            let mut closed = self.clone();
            closed.decide(pipe, 1 - side, false);
            ways = Ways::fails(closed, ErrorKind::BrokenPipe);
        }
        let message = match self.message(me, value) {
            Ok(message) => message,
            Err(Refusal::Error(kind)) => return Ok(ways.or(self, error(kind))),
            Err(Refusal::Outside(what)) => return Err(what),
        };
        if let Kind::Pipe(sent, _) = self.kind_mut(pipe) {
            sent[side].push(message);
            if sent[side].len() > MANY {
                return Err("a pipe that is full".to_owned());
            }
        }
        Ok(ways.or(self, Ok(Val::None)))
    }

    fn receive(mut self, me: &Id, (pipe, side): (&Id, usize), act: &Act) -> Result<Ways, Outside> {
        let Kind::Pipe(sent, _) = self.kind_mut(pipe) else {
            return Err("a pipe that is none".to_owned());
        };
        let wait = match act {
            Act::Poll(_, wait) => Some(*wait),
            _ => None,
        };
        if !sent[1 - side].is_empty() {
            if wait.is_some() {
                return Ok(Ways::one(self, Ok(Val::Bool(true))));
            }
            let message = sent[1 - side].remove(0);
            let value = self.unpack(me, &message);
            return Ok(Ways::one(self, Ok(value)));
        }
        let other = self.openness(pipe, 1 - side);
        let at_end = match wait {
            Some(_) => Ok(Val::Bool(true)),
            None => error(ErrorKind::Eof),
        };
        let nothing = Ok(Val::Bool(false));
        match other {
            Openness::Closed => Ok(Ways::one(self, at_end)),
            Openness::Open => {
                Ok(Ways::default().until(wait.unwrap_or(Wait::Forever), self, nothing))
            }
            Openness::Perhaps => {
                let mut closed = self.clone();
                closed.decide(pipe, 1 - side, false);
                let open = self.clone();
                self.decide(pipe, 1 - side, true);
                let ways = Ways::one(closed, at_end).or_stay(self);
                Ok(match wait {
                    // Its time is up before anything is decided.
                    Some(wait @ (Wait::Never | Wait::Soon)) => ways.until(wait, open, nothing),
                    _ => ways,
                })
            }
        }
    }
}
