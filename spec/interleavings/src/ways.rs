//! In which ways an access can be made now, and what it changes: the objects that are not pools.

use poolproof_case::program::Program;
use poolproof_case::{ErrorKind, StartMethod};

use crate::act::{Act, OWN_TEXT, Outside, Ways, error};
use crate::memory::{Passage, Refusal};
use crate::value::{Cell, Id, Val};
use crate::world::{Kept, Kind, World};

impl World {
    /// Whether others might notice this access, or change what it gives.
    pub(crate) fn is_visible(&self, me: &Id, act: &Act) -> bool {
        match act {
            Act::Make(_) | Act::New(..) | Act::Packed(_) | Act::Loaded => false,
            // What only the process itself could change is nothing to wait for.
            Act::EndDaemons => self.shares_memory(me) || self.has_dependents(me),
            Act::EndChildren => self.shares_memory(me) || self.has_children(me),
            Act::EndFlush => self.shares_memory(me) || !self.is_flushed(me),
            Act::Get(_, name) if &**name == "work" => self.shares_memory(me),
            Act::Get(_, name) => &**name != "result",
            Act::Read(Val::Object(_)) | Act::Contain(Val::Object(_), ..) => true,
            Act::Read(_) | Act::Contain(..) | Act::Global(_) | Act::SetGlobal(..) => {
                self.shares_memory(me)
            }
            _ => true,
        }
    }

    /// All the ways in which this process can make this access now.
    pub(crate) fn ways(&self, program: &Program, me: &Id, act: &Act) -> Result<Ways, Outside> {
        let mut world = self.clone();
        if let Some(object) = act.object()
            && let Some(manager) = &self.objects[object].manager
            && !matches!(self.kind(manager), Kind::Manager(true, _))
        {
            return Ok(Ways::fails(world, ErrorKind::BrokenPipe));
        }
        match act {
            Act::Print(_) | Act::Settle => Ok(Ways::done(world)),
            Act::Stuck(wait, kind) => Ok(Ways::default().until(*wait, world, error(*kind))),
            Act::Loaded => {
                world.process_mut(me).is_loading = false;
                Ok(Ways::done(world))
            }
            Act::Make(value) => {
                let value = world.unpack(me, value);
                Ok(Ways::one(world, Ok(value)))
            }
            Act::Read(value) => world.read(me, value),
            Act::Packed(value) => {
                let packed = self.message(me, value);
                packed_ways(world, packed)
            }
            Act::Contain(on, operation, given) => world.operate(me, on, operation, given),
            Act::Global(name) => {
                let value = world.memory(me).globals.get(name).cloned();
                Ok(Ways::one(world, Ok(value.unwrap_or(Val::None))))
            }
            Act::SetGlobal(name, value) => {
                let globals = &mut world.memory_mut(me).globals;
                globals.insert(name.clone(), value.clone());
                Ok(Ways::done(world))
            }
            Act::New(name, args, method) => world.make(program, me, name, args, *method),
            Act::Get(id, name) => world.get(me, id, name),
            Act::Set(id, name, value) => world.set(me, id, name, value),
            Act::GetStartMethod(_) | Act::SetStartMethod(..) | Act::GetContext(_) => {
                world.start_methods(me, act)
            }
            Act::CurrentProcess => {
                let object = self.process(me).object.clone();
                Ok(Ways::one(world, Ok(Val::Object(object))))
            }
            Act::ParentProcess => match &self.process(me).parent {
                Some(parent) if self.processes.contains_key(parent) => {
                    let object = self.process(parent).object.clone();
                    Ok(Ways::one(world, Ok(Val::Object(object))))
                }
                Some(_) => Err("the parent process of an orphan".to_owned()),
                None => Ok(Ways::done(world)),
            },
            Act::Put(..)
            | Act::TakeNext(..)
            | Act::Size(_)
            | Act::IsEmpty(_)
            | Act::IsFull(_)
            | Act::CloseQueue(_)
            | Act::Flushed(_)
            | Act::CancelFlush(_)
            | Act::TaskDone(_)
            | Act::AllDone(_) => world.queue_ways(me, act),
            Act::SendTo(end, _)
            | Act::Receive(end)
            | Act::Poll(end, _)
            | Act::CloseEnd(end)
            | Act::GetOfEnd(end, _) => world.end_ways(me, end, act),
            Act::ReadShared(id, index) => world.read_shared(me, id, index),
            Act::WriteShared(id, index, value) => world.write_shared(me, id, index, value),
            Act::Shutdown(id) => {
                if let Kind::Manager(lives, _) = world.kind_mut(id) {
                    *lives = false;
                }
                Ok(Ways::done(world))
            }
            Act::Start(_)
            | Act::Send(..)
            | Act::Join(..)
            | Act::IsAlive(_)
            | Act::Stop(..)
            | Act::CloseProcess(_)
            | Act::EndDaemons
            | Act::EndChildren
            | Act::EndFlush
            | Act::Leave(_) => world.process_ways(program, me, act),
            Act::Submit(..)
            | Act::EnterPool(_)
            | Act::ClosePool(_)
            | Act::TerminatePool(_)
            | Act::PoolOver(..)
            | Act::JobDone(..)
            | Act::IsReady(..)
            | Act::NextResult(..)
            | Act::TakeTask(_)
            | Act::HandIn(..)
            | Act::TakeResult(_)
            | Act::CalledBack(..) => world.pool_ways(program, me, act),
            _ => world.lock_ways(me, act),
        }
    }

    fn read(self, me: &Id, value: &Val) -> Result<Ways, Outside> {
        if let Val::Object(id) = value {
            let Kind::Kept(kept, content) = self.kind(id) else {
                return Err("a reading of an object".to_owned());
            };
            let (kept, content) = (*kept, content.clone());
            return match kept {
                Kept::Namespace => Err("a reading of a namespace".to_owned()),
                _ => Ok(Ways::one(self, Ok(content))),
            };
        }
        let read = self.pack(me, value, Passage::Read);
        packed_ways(self, read)
    }

    /// An operation on a list or dict, of the process's own or of a manager's.
    fn operate(
        mut self,
        me: &Id,
        on: &Val,
        operation: &str,
        given: &[Val],
    ) -> Result<Ways, Outside> {
        let id = match on {
            Val::Ref(id) => id,
            Val::Object(id) => return self.operate_kept(me, id, operation, given),
            _ => return Ok(Ways::fails(self, ErrorKind::Type)),
        };
        let mut cell = self.memory(me).cells[id].clone();
        let answer = self.contain(me, &mut cell, operation, given)?;
        let cells = &mut self.memory_mut(me).cells;
        cells.insert(id.clone(), cell);
        let answer = answer.map(|value| self.unpack(me, &value));
        Ok(Ways::one(self, answer))
    }

    /// What goes to a manager, and what comes from it, is a copy.
    fn operate_kept(
        mut self,
        me: &Id,
        id: &Id,
        operation: &str,
        given: &[Val],
    ) -> Result<Ways, Outside> {
        let Kind::Kept(kept, content) = self.kind(id).clone() else {
            return Err(format!("`{operation}` of an object"));
        };
        let mut packed = Vec::new();
        for value in given {
            match self.message(me, value) {
                Ok(value) => packed.push(value),
                Err(Refusal::Error(kind)) => return Ok(Ways::fails(self, kind)),
                Err(Refusal::Outside(what)) => return Err(what),
            }
        }
        if let (Kept::Array(code), "set item") = (kept, operation) {
            match crate::shared::coerce(code, &packed[1]) {
                Some(number) => packed[1] = number,
                None => return Ok(Ways::fails(self, ErrorKind::Type)),
            }
        }
        let mut cell = match content {
            Val::List(items) => Cell::List(items.to_vec()),
            Val::Dict(pairs) => Cell::Dict(pairs.to_vec()),
            _ => return Err(format!("`{operation}` of a managed value")),
        };
        let answer = self.contain(me, &mut cell, operation, &packed)?;
        let content = match cell {
            Cell::List(items) => Val::List(items.into()),
            Cell::Dict(pairs) => Val::Dict(pairs.into()),
            Cell::End { .. } => return Err("a managed connection".to_owned()),
        };
        *self.kind_mut(id) = Kind::Kept(kept, content);
        let answer = answer.map(|value| self.unpack(me, &value));
        Ok(Ways::one(self, answer))
    }

    /// The default start method: which it is where none was set is the platform's choice.
    fn start_methods(mut self, me: &Id, act: &Act) -> Result<Ways, Outside> {
        let known = self.memory(me).method;
        let named = |value: &Val| match value {
            Val::Text(name) => name.parse().ok().filter(|one| *one != StartMethod::Threads),
            _ => None,
        };
        let unset = || Err("a start method that nobody set".to_owned());
        match act {
            Act::GetStartMethod(may_be_none) => match known {
                Some(method) => Ok(Ways::one(self, Ok(Val::text(method.name())))),
                None if *may_be_none => Ok(Ways::done(self)),
                None => unset(),
            },
            Act::GetContext(name) => match (name.given(), known) {
                (None, None) => unset(),
                (None, Some(method)) => Ok(Ways::one(self, Ok(Val::Context(method)))),
                (Some(name), _) => match named(name) {
                    Some(method) => Ok(Ways::one(self, Ok(Val::Context(method)))),
                    None => Ok(Ways::fails(self, ErrorKind::Usage)),
                },
            },
            Act::SetStartMethod(name, is_forced) => {
                if known.is_some() && !is_forced {
                    return Ok(Ways::fails(self, ErrorKind::Runtime));
                }
                let method = named(name);
                if method.is_none() && !(*is_forced && name.given().is_none()) {
                    return Ok(Ways::fails(self, ErrorKind::Usage));
                }
                self.memory_mut(me).method = method;
                Ok(Ways::done(self))
            }
            _ => Err("no start method".to_owned()),
        }
    }
}

/// An answer that is what was packed, or why it could not be.
fn packed_ways(world: World, packed: Result<Val, Refusal>) -> Result<Ways, Outside> {
    match packed {
        Ok(value) => Ok(Ways::one(world, Ok(value))),
        Err(Refusal::Error(kind)) => Ok(Ways::one(world, Err((kind, OWN_TEXT.into())))),
        Err(Refusal::Outside(what)) => Err(what),
    }
}
