//! Locks, semaphores, conditions, events and barriers.

use poolproof_case::ErrorKind;

use crate::act::{Act, Outside, Ways, error};
use crate::value::{Id, Val, Wait};
use crate::world::{Barrier, Condition, Event, Kind, Leaving, Lock, Owner, World};

impl Lock {
    pub(crate) fn can_be_taken(&self, me: &Id) -> bool {
        match &self.owner {
            Owner::Process(owner) if self.is_recursive => owner == me,
            _ => self.free > 0,
        }
    }

    fn take(&mut self, me: &Id) {
        if !self.is_recursive || self.depth == 0 {
            self.free -= 1;
        }
        self.depth += u32::from(self.is_recursive);
        if !self.is_semaphore {
            self.owner = Owner::Process(me.clone());
        }
    }

    fn give_back(&mut self, me: &Id) -> Result<(), ErrorKind> {
        if self.is_recursive && self.owner != Owner::Process(me.clone()) {
            return Err(ErrorKind::NotOwner);
        }
        // Who was told that its holder ended was not given it.
        if self.limit.is_some_and(|limit| self.free >= limit) || self.owner == Owner::Told {
            return Err(ErrorKind::OverRelease);
        }
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.free += 1;
            self.owner = Owner::Nobody;
        }
        Ok(())
    }

    /// Whether its holder has ended and left it held.
    pub(crate) fn is_left(&self) -> bool {
        self.free < 1 && matches!(self.owner, Owner::Dead | Owner::Silent | Owner::Told)
    }
}

impl World {
    pub(crate) fn lock(&mut self, id: &Id) -> Result<&mut Lock, Outside> {
        match self.kind_mut(id) {
            Kind::Lock(lock) => Ok(lock),
            _ => Err("a lock that is none".to_owned()),
        }
    }

    fn condition(&mut self, id: &Id) -> Result<&mut Condition, Outside> {
        match self.kind_mut(id) {
            Kind::Condition(condition) => Ok(condition),
            _ => Err("a condition that is none".to_owned()),
        }
    }

    fn event(&mut self, id: &Id) -> Result<&mut Event, Outside> {
        match self.kind_mut(id) {
            Kind::Event(event) => Ok(event),
            _ => Err("an event that is none".to_owned()),
        }
    }

    fn barrier(&mut self, id: &Id) -> Result<&mut Barrier, Outside> {
        match self.kind_mut(id) {
            Kind::Barrier(barrier) => Ok(barrier),
            _ => Err("a barrier that is none".to_owned()),
        }
    }

    pub(crate) fn lock_ways(mut self, me: &Id, act: &Act) -> Result<Ways, Outside> {
        match act {
            Act::Acquire(id, wait) => return self.acquire(me, id, *wait),
            Act::Release(id) => {
                let given = self.lock(id)?.give_back(me);
                return Ok(match given {
                    Ok(()) => Ways::done(self),
                    Err(kind) => Ways::fails(self, kind),
                });
            }
            Act::Count(id) => {
                let free = self.lock(id)?.free;
                return Ok(Ways::one(self, Ok(Val::Int(free))));
            }
            Act::Sleep(_)
            | Act::Wake(..)
            | Act::Retake(..)
            | Act::Notify(_)
            | Act::NotifyAll(_) => {
                return self.condition_ways(me, act);
            }
            Act::IsSet(id) => {
                let is_set = self.event(id)?.is_set;
                return Ok(Ways::one(self, Ok(Val::Bool(is_set))));
            }
            Act::ClearEvent(id) => self.event(id)?.is_set = false,
            Act::SetEvent(id) => {
                let event = self.event(id)?;
                event.is_set = true;
                // All who wait now are let go, whatever becomes of the flag before they run.
                event.waiting.values_mut().for_each(|let_go| *let_go = true);
            }
            Act::AwaitEvent(id, wait) => {
                let event = self.event(id)?;
                if event.is_set || *wait == Wait::Never {
                    let is_set = event.is_set;
                    return Ok(Ways::one(self, Ok(Val::Bool(is_set))));
                }
                event.waiting.insert(me.clone(), false);
            }
            Act::LetGo(id, wait) => {
                let is_let_go = self.event(id)?.waiting.remove(me) == Some(true);
                return Ok(match is_let_go {
                    true => Ways::one(self, Ok(Val::Bool(true))),
                    false => Ways::default().until(*wait, self, Ok(Val::Bool(false))),
                });
            }
            _ => return self.barrier_ways(me, act),
        }
        Ok(Ways::done(self))
    }

    fn acquire(mut self, me: &Id, id: &Id, wait: Wait) -> Result<Ways, Outside> {
        let lock = self.lock(id)?;
        if lock.can_be_taken(me) {
            lock.take(me);
            return Ok(Ways::one(self, Ok(Val::Bool(true))));
        }
        let not_taken = Ok(Val::Bool(false));
        if !lock.is_left() {
            return Ok(Ways::default().until(wait, self, not_taken));
        }
        match lock.owner {
            Owner::Silent => Ok(Ways::default().until(wait, self, not_taken)),
            _ => self.take_left(id),
        }
    }

    /// Takes a lock whose holder has ended: the documentation does not say whether it stays held or says
    /// so.
    pub(crate) fn take_left(mut self, id: &Id) -> Result<Ways, Outside> {
        match self.lock(id)?.owner {
            Owner::Told => Ok(Ways::fails(self, ErrorKind::OwnerDied)),
            Owner::Silent => Ok(Ways::default()),
            _ => {
                let mut told = self.clone();
                told.lock(id)?.owner = Owner::Told;
                self.lock(id)?.owner = Owner::Silent;
                Ok(Ways::fails(told, ErrorKind::OwnerDied).or_stay(self))
            }
        }
    }

    /// Whether this process may wait with a condition's lock, or notify; threads are one process.
    fn holds(&mut self, me: &Id, lock: &Id) -> Result<bool, Outside> {
        let is_threads = self.is_threads();
        let lock = self.lock(lock)?;
        if lock.is_semaphore {
            return Err("a condition with a semaphore".to_owned());
        }
        Ok(match lock.is_recursive || !is_threads {
            true => lock.owner == Owner::Process(me.clone()),
            false => lock.free < 1,
        })
    }

    fn condition_ways(mut self, me: &Id, act: &Act) -> Result<Ways, Outside> {
        let (Act::Sleep(id)
        | Act::Wake(id, _)
        | Act::Retake(id, _)
        | Act::Notify(id)
        | Act::NotifyAll(id)) = act
        else {
            return Err("no access of a condition".to_owned());
        };
        let lock = self.condition(id)?.lock.clone();
        let must_hold = matches!(act, Act::Sleep(_) | Act::Notify(_) | Act::NotifyAll(_));
        if must_hold && !self.holds(me, &lock)? {
            return Ok(Ways::fails(self, ErrorKind::NotOwner));
        }
        match act {
            Act::Sleep(_) => {
                let lock = self.lock(&lock)?;
                let depth = std::mem::replace(&mut lock.depth, 0);
                lock.owner = Owner::Nobody;
                lock.free += 1;
                self.condition(id)?.sleeping.insert(me.clone(), false);
                Ok(Ways::one(self, Ok(Val::Int(depth.into()))))
            }
            Act::Wake(_, wait) => {
                let is_notified = self.condition(id)?.sleeping.remove(me) == Some(true);
                Ok(match is_notified {
                    true => Ways::one(self, Ok(Val::Bool(true))),
                    false => Ways::default().until(*wait, self, Ok(Val::Bool(false))),
                })
            }
            Act::Retake(_, depth) => {
                let lock = self.lock(&lock)?;
                if !lock.can_be_taken(me) {
                    return Ok(Ways::default());
                }
                lock.take(me);
                lock.depth = *depth;
                Ok(Ways::done(self))
            }
            Act::NotifyAll(_) => {
                self.condition(id)?
                    .sleeping
                    .values_mut()
                    .for_each(|one| *one = true);
                Ok(Ways::done(self))
            }
            _ => {
                // It may be any of those who sleep.
                let sleeping = self.condition(id)?.sleeping.clone();
                let mut ways = Ways::default();
                for sleeper in sleeping.iter().filter(|(_, is_notified)| !**is_notified) {
                    let mut world = self.clone();
                    world
                        .condition(id)?
                        .sleeping
                        .insert(sleeper.0.clone(), true);
                    ways = ways.or(world, Ok(Val::None));
                }
                Ok(if ways.now.is_empty() {
                    Ways::done(self)
                } else {
                    ways
                })
            }
        }
    }

    fn barrier_ways(mut self, me: &Id, act: &Act) -> Result<Ways, Outside> {
        let broken = error(ErrorKind::BrokenBarrier);
        match act {
            Act::Arrive(id, wait, is_seen) => self.arrive(me, &id.clone(), *wait, *is_seen),
            Act::Pass(id, wait) => {
                let barrier = self.barrier(id)?;
                match barrier.leaving.remove(me) {
                    Some(Leaving::Passed(number)) => Ok(Ways::one(self, Ok(Val::Int(number)))),
                    Some(Leaving::Failed) => Ok(Ways::one(self, broken)),
                    Some(Leaving::Overtaken(number)) => {
                        let passed = self.clone();
                        Ok(Ways::one(passed, Ok(Val::Int(number))).or(self, broken))
                    }
                    None => {
                        self.break_up(id, me)?;
                        Ok(Ways::default().until(*wait, self, broken))
                    }
                }
            }
            Act::Acted(id, has_worked) => {
                let barrier = self.barrier(id)?;
                barrier.is_acting = false;
                if *has_worked {
                    let number = barrier.let_go();
                    return Ok(Ways::one(self, Ok(Val::Int(number))));
                }
                self.break_up(id, me)?;
                Ok(Ways::done(self))
            }
            Act::Reset(id) => {
                self.break_up(id, me)?;
                self.barrier(id)?.is_broken = false;
                Ok(Ways::done(self))
            }
            Act::Abort(id) => {
                for leaving in self.barrier(id)?.leaving.values_mut() {
                    if let Leaving::Passed(number) = *leaving {
                        *leaving = Leaving::Overtaken(number);
                    }
                }
                self.break_up(id, me)?;
                Ok(Ways::done(self))
            }
            _ => Err(format!("{act:?}")),
        }
    }

    /// A party comes; where it is the last and somebody may see that, it lets the others go later.
    fn arrive(mut self, me: &Id, id: &Id, wait: Wait, is_seen: bool) -> Result<Ways, Outside> {
        let barrier = self.barrier(id)?;
        if barrier.is_acting {
            return Err("a party too many at a barrier whose action runs".to_owned());
        }
        if barrier.is_broken {
            return Ok(Ways::fails(self, ErrorKind::BrokenBarrier));
        }
        if barrier.waiting.len() + 1 < barrier.parties {
            if wait == Wait::Never {
                self.break_up(id, me)?;
                return Ok(Ways::fails(self, ErrorKind::BrokenBarrier));
            }
            barrier.waiting.push(me.clone());
            return Ok(Ways::done(self));
        }
        if barrier.action.is_some() || is_seen {
            barrier.is_acting = true;
            return Ok(Ways::one(self, Ok(Val::text("act"))));
        }
        let number = barrier.let_go();
        Ok(Ways::one(self, Ok(Val::Int(number))))
    }

    /// Breaks a barrier for all who wait but this one.
    fn break_up(&mut self, id: &Id, me: &Id) -> Result<(), Outside> {
        let barrier = self.barrier(id)?;
        barrier.is_broken = true;
        for waiting in std::mem::take(&mut barrier.waiting) {
            if waiting != *me {
                barrier.leaving.insert(waiting, Leaving::Failed);
            }
        }
        Ok(())
    }
}

impl Barrier {
    /// Lets all go who wait; gives the number of the last.
    fn let_go(&mut self) -> i64 {
        let waiting = std::mem::take(&mut self.waiting);
        let last = waiting.len() as i64;
        for (number, one) in waiting.into_iter().enumerate() {
            self.leaving.insert(one, Leaving::Passed(number as i64));
        }
        last
    }
}
