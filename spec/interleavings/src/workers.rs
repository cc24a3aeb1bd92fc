//! Pools: what is handed in, who works at it, and what becomes of it.

use std::rc::Rc;

use poolproof_case::program::Program;
use poolproof_case::{ErrorKind, StartMethod};

use crate::act::{Act, OWN_TEXT, Outside, Submission, Ways};
use crate::library::function;
use crate::memory::{Passage, Refusal};
use crate::processes::refused;
use crate::value::{Id, Val, child};
use crate::world::{Child, Got, Job, Kind, Life, Pool, Role, Shape, Signal, Task, World};

impl World {
    pub(crate) fn pool(&mut self, id: &Id) -> Result<&mut Pool, Outside> {
        match self.kind_mut(id) {
            Kind::Pool(pool) => Ok(pool),
            _ => Err("a pool that is none".to_owned()),
        }
    }

    pub(crate) fn job(&mut self, id: &Id) -> Result<&mut Job, Outside> {
        match self.kind_mut(id) {
            Kind::Job(job) => Ok(job),
            _ => Err("a result that is none".to_owned()),
        }
    }

    pub(crate) fn make_pool(
        mut self,
        program: &Program,
        me: &Id,
        args: &[Val],
        method: StartMethod,
    ) -> Result<Ways, Outside> {
        let own = self.process(me);
        if own.is_daemon && !self.is_threads() {
            return Ok(Ways::fails(self, ErrorKind::Usage));
        }
        if own.is_loading || !program.guard {
            return Err("a pool of a program without a guard".to_owned());
        }
        let (Val::Int(size), tasks_max) = (&args[0], args[3].number(0)) else {
            return Err("a pool that does not say how many workers it has".to_owned());
        };
        if *size < 1 || (args[3].given().is_some() && tasks_max < 1) {
            return Ok(Ways::fails(self, ErrorKind::Usage));
        }
        let passage = match method {
            StartMethod::Fork => Passage::Fork,
            _ => Passage::Spawn,
        };
        let given = match &args[2] {
            Val::Unset => Val::Tuple([].into()),
            given => match self.iterate(me, given)? {
                Ok(items) => Val::Tuple(items.into()),
                Err((kind, _)) => return Ok(Ways::fails(self, kind)),
            },
        };
        // What no worker can be given fails here.
        if !self.is_threads()
            && let Err(refusal) = self.pack(me, &given, passage)
        {
            return refused(self, refusal);
        }
        let pool = Pool {
            creator: me.clone(),
            size: *size as usize,
            method,
            is_closed: false,
            is_terminated: false,
            initializer: function(&args[1]).map(|initializer| (initializer, given)),
            tasks_max: tasks_max as u32,
            tasks: Vec::new(),
            missing: 0,
            started: 0,
            has_handler: false,
            arrived: Vec::new(),
        };
        let id = self.create(me, Kind::Pool(pool));
        for _ in 0..*size {
            self.start_worker(program, &id)?;
        }
        Ok(Ways::one(self, Ok(Val::Object(id))))
    }

    fn start_worker(&mut self, program: &Program, id: &Id) -> Result<(), Outside> {
        let pool = self.pool(id)?;
        pool.started += 1;
        let (creator, method, number) = (pool.creator.clone(), pool.method, pool.started);
        let given = pool.initializer.as_ref().map(|(_, given)| given.clone());
        let process = child(id, number);
        let object = child(&process, 0);
        let kind = Kind::Process(Child {
            creator: creator.clone(),
            target: None,
            args: [].into(),
            named: [].into(),
            name: Val::Opaque(object.clone()),
            is_daemon: true,
            method,
            life: Life::Running(process.clone()),
        });
        let kept = crate::world::Object {
            manager: None,
            kind,
        };
        self.objects.insert(object.clone(), Rc::new(kept));
        let given = given.unwrap_or(Val::None);
        let role = (Role::Worker(id.clone(), Val::None, None), object);
        match self.bring_up(program, &creator, &process, role, &given, method) {
            Ok(given) => self.process_mut(&process).role = Role::Worker(id.clone(), given, None),
            Err(Refusal::Outside(what)) => return Err(what),
            Err(Refusal::Error(_)) => return Err("globals that no worker can have".to_owned()),
        }
        self.process_mut(&process).is_daemon = true;
        Ok(())
    }

    /// A worker is over: its task is lost, and another takes its place.
    pub(crate) fn lose_worker(
        &mut self,
        program: &Program,
        id: &Id,
        task: Option<(Id, usize)>,
    ) -> Result<(), Outside> {
        if let Some((job, chunk)) = task {
            self.bring_in(id, job, chunk, Got::Lost)?;
        }
        if !self.needs_worker(id)? {
            return Ok(());
        }
        let pool = self.pool(id)?;
        match pool.method {
            // When it is started is open, and what it then is given, and has of its creator's memory.
            StartMethod::Fork => pool.missing += 1,
            _ if pool
                .initializer
                .as_ref()
                .is_some_and(|(_, given)| may_change(given)) =>
            {
                pool.missing += 1;
            }
            _ => self.start_worker(program, id)?,
        }
        Ok(())
    }

    fn needs_worker(&mut self, id: &Id) -> Result<bool, Outside> {
        let pool = self.pool(id)?;
        let is_needed = match (pool.is_terminated, pool.is_closed) {
            (true, _) => false,
            (_, true) => !pool.tasks.is_empty(),
            _ => true,
        };
        let creator = self.pool(id)?.creator.clone();
        // One that has ended its daemons replaces nobody.
        let goes_on = self.processes.get(&creator).is_some_and(|one| {
            !matches!(
                one.next,
                Some(Act::EndChildren | Act::EndFlush | Act::Leave(_))
            )
        });
        Ok(is_needed && goes_on)
    }

    /// The worlds after a forked worker took the place of one that ended.
    pub(crate) fn replaced(&self, program: &Program) -> Result<Vec<World>, Outside> {
        let mut worlds = Vec::new();
        for (id, object) in &self.objects {
            let mut world = self.clone();
            if matches!(&object.kind, Kind::Pool(pool) if pool.missing > 0)
                && world.needs_worker(id)?
            {
                world.pool(id)?.missing -= 1;
                world.start_worker(program, id)?;
                world.advance(program)?;
                worlds.push(world);
            }
        }
        Ok(worlds)
    }

    /// A result reaches the process that made the pool.
    fn bring_in(&mut self, pool: &Id, job: Id, chunk: usize, got: Got) -> Result<(), Outside> {
        let this = self.pool(pool)?;
        if this.has_handler {
            this.arrived.push((job, chunk, got));
            return Ok(());
        }
        let job = self.job(&job)?;
        job.deliver(chunk, got)?;
        job.is_ready |= job.left == 0;
        Ok(())
    }

    pub(crate) fn pool_ways(
        mut self,
        program: &Program,
        me: &Id,
        act: &Act,
    ) -> Result<Ways, Outside> {
        match act {
            Act::Submit(id, submission) => self.submit(me, id, submission),
            Act::EnterPool(id) => {
                let pool = self.pool(id)?;
                Ok(match pool.is_closed || pool.is_terminated {
                    true => Ways::fails(self, ErrorKind::Closed),
                    false => Ways::done(self),
                })
            }
            Act::ClosePool(id) => {
                self.pool(id)?.is_closed = true;
                Ok(Ways::done(self))
            }
            Act::TerminatePool(id) => self.terminate(id),
            Act::PoolOver(id, is_forced) => self.pool_over(me, id, *is_forced),
            Act::JobDone(id, wait) => self.job_done(id, *wait),
            Act::IsReady(id, is_successful) => self.readiness(id, *is_successful),
            Act::NextResult(id, wait) => self.next_result(me, id, *wait),
            Act::TakeTask(id) => self.take_task(me, id),
            Act::HandIn(id, got) => {
                let Role::Worker(_, _, task) = &mut self.process_mut(me).role else {
                    return Err("a result of nobody".to_owned());
                };
                if let Some((job, chunk)) = task.take() {
                    self.bring_in(id, job, chunk, got.clone())?;
                }
                Ok(Ways::done(self))
            }
            Act::TakeResult(id) => self.take_result(me, id),
            Act::CalledBack(_, failed) => {
                let Role::Handler(_, job) = &mut self.process_mut(me).role else {
                    return Err("a callback of nobody".to_owned());
                };
                let Some(id) = job.take() else {
                    return Err("a callback of nothing".to_owned());
                };
                self.job(&id)?.is_ready = true;
                let dropped = Ways::done(self.clone());
                // What becomes of a callback's error is open.
                let Some(failed) = failed else {
                    return Ok(dropped);
                };
                self.job(&id)?.error = Some(failed.clone());
                Ok(dropped.or(self, Ok(Val::None)))
            }
            _ => Err(format!("{act:?} {}", program.main.len())),
        }
    }

    fn workers(&self, id: &Id) -> Vec<Id> {
        let is_worker = |role: &Role| matches!(role, Role::Worker(pool, ..) if pool == id);
        let workers = self
            .processes
            .iter()
            .filter(|(_, one)| is_worker(&one.role));
        workers.map(|(id, _)| id.clone()).collect()
    }

    fn terminate(mut self, id: &Id) -> Result<Ways, Outside> {
        let pool = self.pool(id)?;
        pool.is_terminated = true;
        pool.tasks.clear();
        pool.arrived.clear();
        if !self.is_threads() {
            for worker in self.workers(id) {
                self.send(&worker, Signal::Terminate);
            }
        }
        Ok(Ways::done(self))
    }

    fn pool_over(mut self, me: &Id, id: &Id, is_forced: bool) -> Result<Ways, Outside> {
        let pool = self.pool(id)?;
        if !is_forced && !pool.is_closed && !pool.is_terminated {
            return Ok(Ways::fails(self, ErrorKind::Usage));
        }
        let is_empty = pool.tasks.is_empty() && pool.arrived.is_empty();
        let calls = |role: &Role| matches!(role, Role::Handler(pool, Some(_)) if pool == id);
        let mut others = self.processes.iter().filter(|(other, _)| *other != me);
        let is_over = is_empty && self.workers(id).is_empty();
        Ok(match is_over && !others.any(|(_, one)| calls(&one.role)) {
            true => Ways::done(self),
            false => Ways::default(),
        })
    }

    fn submit(mut self, me: &Id, id: &Id, given: &Submission) -> Result<Ways, Outside> {
        let pool = self.pool(id)?;
        if pool.is_closed || pool.is_terminated {
            return Ok(Ways::fails(self, ErrorKind::Closed));
        }
        let size = match given.chunk {
            Some(chunk) if chunk < 1 => return Ok(Ways::fails(self, ErrorKind::Usage)),
            Some(chunk) => chunk as usize,
            None if given.shape != Shape::Map => 1,
            // Python's formula: four chunks a worker.
            None => given.calls.len().div_ceil(4 * pool.size).max(1),
        };
        let chunks: Vec<Val> = given
            .calls
            .chunks(size)
            .map(|calls| Val::Tuple(calls.into()))
            .collect();
        let job = Job {
            pool: id.clone(),
            shape: given.shape,
            chunks: vec![None; chunks.len()],
            left: chunks.len(),
            is_ready: chunks.is_empty(),
            error: None,
            callback: given.callback.clone(),
            error_callback: given.error_callback.clone(),
            next: Vec::new(),
            lined_up: 0,
        };
        let has_callback = given.callback.is_some() || given.error_callback.is_some();
        if has_callback && chunks.is_empty() {
            return Err("a callback of nothing".to_owned());
        }
        let job = self.create(me, Kind::Job(job));
        if has_callback {
            self.start_handler(id)?;
        }
        for (chunk, calls) in chunks.into_iter().enumerate() {
            match self.message(me, &calls) {
                Ok(calls) => {
                    let (job, function) = (job.clone(), given.function.clone());
                    self.pool(id)?.tasks.push(Task {
                        job,
                        chunk,
                        function,
                        calls,
                    });
                }
                Err(Refusal::Error(_)) if size > 1 => {
                    return Err("a chunk of several of which one cannot be sent".to_owned());
                }
                Err(Refusal::Error(kind)) => {
                    let failed = Got::Error((kind, OWN_TEXT.into()));
                    self.bring_in(id, job.clone(), chunk, failed)?;
                }
                Err(Refusal::Outside(what)) => return Err(what),
            }
        }
        Ok(Ways::one(self, Ok(Val::Object(job))))
    }

    /// The thread that calls callbacks shares its pool's creator's memory.
    fn start_handler(&mut self, id: &Id) -> Result<(), Outside> {
        let pool = self.pool(id)?;
        if std::mem::replace(&mut pool.has_handler, true) {
            return Ok(());
        }
        let creator = pool.creator.clone();
        self.memory_mut(&creator).is_shared = true;
        let mut handler = self.process(&creator).clone();
        handler.role = Role::Handler(id.clone(), None);
        handler.parent = Some(creator);
        handler.answers = Rc::default();
        handler.made = 0;
        handler.next = None;
        handler.signal = None;
        handler.is_due = false;
        self.processes.insert(child(id, 0), Rc::new(handler));
        Ok(())
    }

    fn take_task(mut self, me: &Id, id: &Id) -> Result<Ways, Outside> {
        let is_orphan = self.process(me).parent.is_none();
        let pool = self.pool(id)?;
        if pool.tasks.is_empty() {
            return Ok(match pool.is_closed || pool.is_terminated || is_orphan {
                true => Ways::done(self),
                false => Ways::default(),
            });
        }
        let task = pool.tasks.remove(0);
        if let Role::Worker(_, _, own) = &mut self.process_mut(me).role {
            *own = Some((task.job, task.chunk));
        }
        let calls = Val::Tuple([Val::Function(task.function), task.calls].into());
        Ok(Ways::one(self, Ok(calls)))
    }

    /// The handler notes a result, and calls a callback where it was the job's last.
    fn take_result(mut self, me: &Id, id: &Id) -> Result<Ways, Outside> {
        let pool = self.pool(id)?;
        if pool.arrived.is_empty() {
            return Ok(Ways::default());
        }
        let (job, chunk, got) = pool.arrived.remove(0);
        if got != Got::Lost {
            return self.note(me, id, &job, chunk, got);
        }
        // That a task was lost is noted, or is an error like any other.
        let mut lost = self.clone();
        lost.job(&job)?.deliver(chunk, got)?;
        let noted = Ways::done(lost);
        if self.job(&job)?.error_callback.is_none() {
            return Ok(noted);
        }
        let failed = Got::Error((ErrorKind::WorkerLost, OWN_TEXT.into()));
        let mut ways = self.note(me, id, &job, chunk, failed)?;
        ways.now.extend(noted.now);
        Ok(ways)
    }

    /// A result is noted; gives the callback to call where it was the job's last.
    fn note(mut self, me: &Id, id: &Id, job: &Id, chunk: usize, got: Got) -> Result<Ways, Outside> {
        let this = self.job(job)?;
        this.deliver(chunk, got)?;
        if this.left > 0 {
            return Ok(Ways::done(self));
        }
        let callback = match this.error {
            Some(_) => this.error_callback.clone(),
            None => this.callback.clone(),
        };
        let Some(callback) = callback else {
            this.is_ready = true;
            return Ok(Ways::done(self));
        };
        let this = this.clone();
        let value = match self.result_of(me, &this) {
            Ok(value) => value,
            Err((kind, text)) => Val::Error(kind, text),
        };
        self.process_mut(me).role = Role::Handler(id.clone(), Some(job.clone()));
        let call = Val::Tuple([Val::Function(callback), value].into());
        Ok(Ways::one(self, Ok(call)))
    }
}

/// Whether a part of a value is in its process's memory.
fn may_change(value: &Val) -> bool {
    match value {
        Val::Ref(_) => true,
        Val::Tuple(items) => items.iter().any(may_change),
        _ => false,
    }
}
