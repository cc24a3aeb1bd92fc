//! Queues: each process hands over what it put by a feeder, in its order and at any later moment.

use poolproof_case::ErrorKind;

use crate::act::{Act, Outside, Ways, error};
use crate::memory::Refusal;
use crate::value::{Id, Val, Wait};
use crate::world::{Kind, Queue, World};

/// What always fits into a pipe, in values: more is left to the machine.
const MANY: usize = 64;

impl World {
    pub(crate) fn queue(&mut self, id: &Id) -> Result<&mut Queue, Outside> {
        match self.kind_mut(id) {
            Kind::Queue(queue) => Ok(queue),
            _ => Err("a queue that is none".to_owned()),
        }
    }

    pub(crate) fn queue_ways(mut self, me: &Id, act: &Act) -> Result<Ways, Outside> {
        let (Act::Put(id, ..)
        | Act::TakeNext(id, _)
        | Act::Size(id)
        | Act::IsEmpty(id)
        | Act::IsFull(id)
        | Act::CloseQueue(id)
        | Act::Flushed(id)
        | Act::CancelFlush(id)
        | Act::TaskDone(id)
        | Act::AllDone(id)) = act
        else {
            return Err("no access of a queue".to_owned());
        };
        let memory = self.process(me).memory.clone();
        let queue = self.queue(id)?;
        let is_closed = queue.closed.contains(&memory);
        let is_flushed = queue.is_flushed(&memory);
        let answer = match act {
            Act::Put(..) | Act::TakeNext(..) if is_closed => error(ErrorKind::Closed),
            Act::Put(_, value, wait) => return self.put(me, id, value, *wait),
            Act::TakeNext(_, wait) => return self.take_next(me, id, *wait),
            Act::Size(_) => Ok(Val::Int(queue.count)),
            Act::IsFull(_) => Ok(Val::Bool(!queue.has_room())),
            Act::IsEmpty(_) => {
                let is_empty = Ok(Val::Bool(queue.arrived.is_empty()));
                // Whether a closed queue still says that it is empty is nobody's promise.
                let ways = Ways::one(self.clone(), is_empty);
                return Ok(match is_closed {
                    true => ways.or(self, error(ErrorKind::Closed)),
                    false => ways,
                });
            }
            Act::CloseQueue(_) => {
                queue.closed.insert(memory);
                Ok(Val::None)
            }
            Act::Flushed(_) if !is_closed => error(ErrorKind::Usage),
            Act::Flushed(_) if !is_flushed => return Ok(Ways::default()),
            Act::CancelFlush(_) => {
                queue.cancelled.insert(memory);
                Ok(Val::None)
            }
            Act::TaskDone(_) if queue.unfinished == 0 => error(ErrorKind::OverRelease),
            Act::TaskDone(_) => {
                queue.unfinished -= 1;
                Ok(Val::None)
            }
            Act::AllDone(_) if queue.unfinished > 0 => return Ok(Ways::default()),
            _ => Ok(Val::None),
        };
        Ok(Ways::one(self, answer))
    }

    fn put(mut self, me: &Id, id: &Id, value: &Val, wait: Wait) -> Result<Ways, Outside> {
        let memory = self.process(me).memory.clone();
        let message = self.message(me, value);
        let queue = self.queue(id)?;
        if !queue.has_room() {
            return Ok(Ways::default().until(wait, self, error(ErrorKind::Full)));
        }
        let has_feeder = !queue.is_direct && !queue.is_simple;
        match message {
            Err(Refusal::Outside(what)) => Err(what),
            Err(Refusal::Error(kind)) if has_feeder => {
                // Whether the caller or only the feeder finds out is open; then it never arrives.
                let told = Ways::fails(self.clone(), kind);
                let queue = self.queue(id)?;
                queue.unfinished += i64::from(queue.is_joinable);
                Ok(told.or(self, Ok(Val::None)))
            }
            Err(Refusal::Error(kind)) => Ok(Ways::fails(self, kind)),
            Ok(message) => {
                queue.count += 1;
                queue.unfinished += i64::from(queue.is_joinable);
                if has_feeder {
                    queue.buffers.entry(memory).or_default().push(message);
                } else {
                    queue.arrived.push(message);
                }
                match queue.arrived.len() > MANY {
                    true => Err("a pipe that is full".to_owned()),
                    false => Ok(Ways::done(self)),
                }
            }
        }
    }

    fn take_next(mut self, me: &Id, id: &Id, wait: Wait) -> Result<Ways, Outside> {
        let is_contended = self.another_takes(me, id);
        let before = self.clone();
        let queue = self.queue(id)?;
        let empty = error(ErrorKind::Empty);
        if queue.arrived.is_empty() {
            return Ok(Ways::default().until(wait, self, empty));
        }
        let message = queue.arrived.remove(0);
        queue.count -= 1;
        let value = self.unpack(me, &message);
        let ways = Ways::one(self, Ok(value));
        // Whoever takes has the reader's place, where another waits in turn or gives up.
        Ok(match wait {
            Wait::Never | Wait::Soon if is_contended => ways.or(before, empty),
            _ => ways,
        })
    }

    /// Whether another process is at a taking from the same queue, which has one place for readers.
    fn another_takes(&self, me: &Id, id: &Id) -> bool {
        let has_place = match self.kind(id) {
            Kind::Queue(queue) => !queue.is_direct && !queue.is_simple,
            _ => false,
        };
        let mut others = self.processes.iter().filter(|(other, _)| *other != me);
        has_place
            && others.any(|(_, one)| matches!(&one.next, Some(Act::TakeNext(its, _)) if its == id))
    }

    /// The worlds after a feeder handed over one value.
    pub(crate) fn fed(&self) -> Result<Vec<World>, Outside> {
        let mut worlds = Vec::new();
        for (id, object) in &self.objects {
            let Kind::Queue(queue) = &object.kind else {
                continue;
            };
            for memory in queue.buffers.keys() {
                let mut world = self.clone();
                let queue = world.queue(id)?;
                if let Some(buffer) = queue.buffers.get_mut(memory) {
                    queue.arrived.push(buffer.remove(0));
                    if buffer.is_empty() {
                        queue.buffers.remove(memory);
                    }
                }
                if queue.arrived.len() > MANY {
                    return Err("a pipe that is full".to_owned());
                }
                worlds.push(world);
            }
        }
        Ok(worlds)
    }
}

impl Queue {
    fn has_room(&self) -> bool {
        self.limit <= 0 || self.count < self.limit
    }

    /// Whether a process has nothing left to hand over.
    pub(crate) fn is_flushed(&self, memory: &Id) -> bool {
        !self.buffers.contains_key(memory)
    }
}
