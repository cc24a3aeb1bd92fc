//! Numbers in shared memory, and the attributes of objects.

use poolproof_case::ErrorKind;

use crate::act::{Outside, Ways, error};
use crate::container::place;
use crate::memory::Refusal;
use crate::value::{Answer, Error, Id, Val};
use crate::world::{Got, Job, Kept, Kind, Life, Role, Shape, Shared, World};

/// What a number becomes in shared memory of this type; nothing where it is no such number.
pub(crate) fn coerce(code: u8, value: &Val) -> Option<Val> {
    let number = match value {
        Val::Bool(truth) => i64::from(*truth),
        Val::Int(number) => *number,
        Val::Float(bits) if code == b'd' => return Some(Val::Float(*bits)),
        Val::Float(bits) if code == b'f' => {
            let single = f64::from_bits(*bits) as f32;
            return Some(Val::Float(f64::from(single).to_bits()));
        }
        _ => return None,
    };
    Some(match code {
        b'd' => Val::Float((number as f64).to_bits()),
        b'f' => Val::Float(f64::from(number as f32).to_bits()),
        b'b' => Val::Int(i64::from(number as i8)),
        b'B' => Val::Int(i64::from(number as u8)),
        b'h' => Val::Int(i64::from(number as i16)),
        b'H' => Val::Int(i64::from(number as u16)),
        b'i' => Val::Int(i64::from(number as i32)),
        b'I' => Val::Int(i64::from(number as u32)),
        b'l' | b'q' => Val::Int(number),
        b'L' | b'Q' if number >= 0 => Val::Int(number),
        _ => return None,
    })
}

impl World {
    fn shared(&mut self, id: &Id) -> Result<&mut Shared, Outside> {
        match self.kind_mut(id) {
            Kind::Shared(shared) => Ok(shared),
            _ => Err("shared memory that is none".to_owned()),
        }
    }

    /// The lock of this, which each access takes for a moment, where it cannot be taken now.
    fn held(&mut self, me: &Id, id: &Id) -> Result<Option<Id>, Outside> {
        let Some(lock) = self.shared(id)?.lock.clone() else {
            return Ok(None);
        };
        let can_be_taken = self.lock(&lock)?.can_be_taken(me);
        Ok((!can_be_taken).then_some(lock))
    }

    /// What comes of an access while its lock is held.
    fn wait_for(mut self, lock: &Id) -> Result<Ways, Outside> {
        match self.lock(lock)?.is_left() {
            true => self.take_left(lock),
            false => Ok(Ways::default()),
        }
    }

    pub(crate) fn read_shared(mut self, me: &Id, id: &Id, index: &Val) -> Result<Ways, Outside> {
        if let Some(lock) = self.held(me, id)? {
            return self.wait_for(&lock);
        }
        let numbers = &self.shared(id)?.numbers;
        let answer = match place(index, numbers.len()) {
            Ok(at) => Ok(numbers[at].clone()),
            Err(_) if *index == Val::Unset => Ok(Val::None),
            Err(kind) => error(kind),
        };
        Ok(Ways::one(self, answer))
    }

    pub(crate) fn write_shared(
        mut self,
        me: &Id,
        id: &Id,
        index: &Val,
        value: &Val,
    ) -> Result<Ways, Outside> {
        if let Some(lock) = self.held(me, id)? {
            return self.wait_for(&lock);
        }
        let shared = self.shared(id)?;
        let at = place(index, shared.numbers.len());
        let answer = match (at, coerce(shared.code, value)) {
            (Err(kind), _) => error(kind),
            (_, None) => error(ErrorKind::Type),
            (Ok(at), Some(number)) => {
                shared.numbers[at] = number;
                Ok(Val::None)
            }
        };
        Ok(Ways::one(self, answer))
    }

    /// An attribute of an object.
    pub(crate) fn get(mut self, me: &Id, id: &Id, name: &str) -> Result<Ways, Outside> {
        let is_threads = self.is_threads();
        if matches!(
            (self.kind(id), name),
            (Kind::Process(_), "work" | "exitcode")
        ) && (name == "work" || self.is_own(me, id)?.is_none())
        {
            self.must_have_created(me, id)?;
        }
        let answer = match (self.kind(id).clone(), name) {
            (Kind::Process(child), "work") => {
                let named = child.named.iter();
                let named = named.map(|(name, value)| {
                    Val::Tuple([Val::Text(name.clone()), value.clone()].into())
                });
                let work = match child.target {
                    Some(target) => Ok(Val::Tuple(
                        [
                            Val::Function(target),
                            Val::Tuple(child.args.clone()),
                            Val::Tuple(named.collect()),
                        ]
                        .into(),
                    )),
                    None => Ok(Val::None),
                };
                // What was started has handed its work over; a thread may still have it.
                return Ok(match child.life {
                    Life::New => Ways::one(self, work),
                    _ if is_threads => {
                        Ways::fails(self.clone(), ErrorKind::Attribute).or(self, work)
                    }
                    _ => Ways::fails(self, ErrorKind::Attribute),
                });
            }
            (Kind::Process(child), "name") => Ok(child.name),
            (Kind::Process(child), "daemon") => Ok(Val::Bool(child.is_daemon)),
            (Kind::Process(child), "pid") => match child.life {
                Life::Closed => error(ErrorKind::Closed),
                Life::New => Ok(Val::None),
                _ => Ok(Val::Opaque(id.clone())),
            },
            (Kind::Process(_), "authkey") => Ok(Val::Opaque(Id::from([]))),
            (Kind::Process(child), "exitcode") => match child.life {
                Life::Closed => error(ErrorKind::Closed),
                Life::Ended(_) if is_threads => Ok(Val::Int(0)),
                Life::Ended(code) => Ok(Val::Int(code.into())),
                _ => Ok(Val::None),
            },
            (Kind::Barrier(barrier), "parties") => Ok(Val::Int(barrier.parties as i64)),
            (Kind::Barrier(barrier), "n_waiting") => {
                let count = barrier.waiting.len() as i64;
                let with_last = Ok(Val::Int(count + 1));
                return Ok(match barrier.is_acting {
                    true => Ways::one(self.clone(), Ok(Val::Int(count))).or(self, with_last),
                    false => Ways::one(self, Ok(Val::Int(count))),
                });
            }
            (Kind::Barrier(barrier), "broken") => Ok(Val::Bool(barrier.is_broken)),
            (Kind::Manager(lives, _), "entered") if !lives => error(ErrorKind::Closed),
            (Kind::Manager(..), "entered") => Ok(Val::None),
            (Kind::Manager(..), "address") => Ok(Val::Opaque(id.clone())),
            (Kind::Kept(Kept::Value, value), "value") => Ok(self.unpack(me, &value)),
            (Kind::Kept(Kept::Namespace, Val::Dict(pairs)), _) => {
                let mut named = pairs.iter().filter(|(key, _)| *key == Val::text(name));
                match named.next() {
                    Some((_, value)) => Ok(self.unpack(me, value)),
                    None => error(ErrorKind::Attribute),
                }
            }
            (Kind::Job(job), "result") => self.result_of(me, &job),
            _ => error(ErrorKind::Attribute),
        };
        Ok(Ways::one(self, answer))
    }

    pub(crate) fn result_of(&mut self, me: &Id, job: &Job) -> Answer {
        if let Some((kind, text)) = job.error.clone() {
            return Err((kind, text)) as Result<Val, Error>;
        }
        let mut values = Vec::new();
        for chunk in job.chunks.iter().flatten() {
            if let Got::Values(more) = chunk {
                values.extend(more.iter().cloned());
            }
        }
        let result = match job.shape {
            Shape::One => values.pop().unwrap_or(Val::None),
            _ => Val::List(values.into()),
        };
        Ok(self.unpack(me, &result))
    }

    /// Sets an attribute of an object.
    pub(crate) fn set(
        mut self,
        me: &Id,
        id: &Id,
        name: &str,
        value: &Val,
    ) -> Result<Ways, Outside> {
        let message = match self.kind(id) {
            Kind::Kept(..) => match self.message(me, value) {
                Ok(message) => message,
                Err(Refusal::Error(kind)) => return Ok(Ways::fails(self, kind)),
                Err(Refusal::Outside(what)) => return Err(what),
            },
            _ => Val::None,
        };
        if matches!((self.kind(id), name), (Kind::Process(_), "daemon")) {
            self.must_have_created(me, id)?;
        }
        let own = self.process(me);
        let names_itself = !self.is_threads() && own.object == *id && own.role != Role::Main;
        match (self.kind_mut(id), name) {
            (Kind::Process(_), "name") if names_itself => {
                return Err(
                    "a name that a process gives itself, and its creator does not".to_owned(),
                );
            }
            (Kind::Process(child), "name") => child.name = value.clone(),
            (Kind::Process(child), "daemon") if child.life != Life::New => {
                return Ok(Ways::fails(self, ErrorKind::Usage));
            }
            (Kind::Process(_), "daemon") if !matches!(value, Val::Bool(_)) => {
                return Err("a daemon flag that is no truth value".to_owned());
            }
            (Kind::Process(child), "daemon") => child.is_daemon = value.flag(false),
            (Kind::Kept(Kept::Value, content), "value") => *content = message,
            (Kind::Kept(Kept::Namespace, Val::Dict(pairs)), _) => {
                let key = Val::text(name);
                let mut all = pairs.to_vec();
                match all.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, old)) => *old = message,
                    None => all.push((key, message)),
                }
                *pairs = all.into();
            }
            _ => return Ok(Ways::fails(self, ErrorKind::Attribute)),
        }
        Ok(Ways::done(self))
    }
}
