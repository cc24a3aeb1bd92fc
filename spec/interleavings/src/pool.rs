//! Pools as the documentation has them: tasks, results, workers, and the thread of callbacks.

use std::rc::Rc;

use poolproof_case::ErrorKind;

use crate::act::{Act, OWN_TEXT, Submission};
use crate::library::pair;
use crate::run::{Given, Run, Stop, outside, raise};
use crate::value::{Error, Id, Val, Wait};
use crate::world::{Got, Kind, Shape};

impl Run<'_> {
    pub(crate) fn of_pool(&mut self, id: Id, name: &str, args: &[Val]) -> Given {
        match name {
            "close" => return self.ask(Act::ClosePool(id)),
            "terminate" => return self.terminate_pool(&id),
            "join" => return self.ask(Act::PoolOver(id, false)),
            _ => {}
        }
        let Val::Function(function) = &args[0] else {
            return outside("a task that is no function of the program");
        };
        let is_map = name != "apply" && name != "apply_async";
        if !is_map && matches!(&args[1], Val::Object(_)) && !self.world.is_threads() {
            return outside("an object in place of a task's arguments");
        }
        let items = match &args[1] {
            Val::Unset => Vec::new(),
            given => self.items(&given.clone())?,
        };
        let named = match &args[2] {
            given if !is_map && *given != Val::Unset => {
                let items = self.contain(&given.clone(), "items", Vec::new())?;
                self.items(&items)?
            }
            _ => Vec::new(),
        };
        let call = |items: Vec<Val>, named: Vec<Val>| {
            Val::Tuple([Val::Tuple(items.into()), Val::Tuple(named.into())].into())
        };
        let mut calls = Vec::new();
        match name {
            "apply" | "apply_async" => calls.push(call(items, named)),
            "starmap" | "starmap_async" => {
                for item in &items {
                    if matches!(item, Val::Object(_)) && !self.world.is_threads() {
                        return outside("an object in place of a task's arguments");
                    }
                    match self.items(item) {
                        Ok(items) => calls.push(call(items, Vec::new())),
                        // It fails where the call is made.
                        Err(Stop::Raise(ErrorKind::Type, _)) => calls.push(Val::None),
                        Err(stop) => return Err(stop),
                    }
                }
            }
            _ => calls.extend(items.into_iter().map(|item| call(vec![item], Vec::new()))),
        }
        let callbacks = if name.ends_with("_async") { 3..5 } else { 0..0 };
        let mut callbacks = args[callbacks].iter().map(crate::library::function);
        let submission = Submission {
            function: function.clone(),
            calls,
            chunk: (is_map && args[2].given().is_some()).then(|| args[2].number(1)),
            shape: match name {
                "imap" => Shape::Iterator,
                "imap_unordered" => Shape::Unordered,
                _ if is_map => Shape::Map,
                _ => Shape::One,
            },
            callback: callbacks.next().flatten(),
            error_callback: callbacks.next().flatten(),
        };
        let job = self.ask(Act::Submit(id, submission))?;
        match (&job, name) {
            (Val::Object(job), "apply" | "map" | "starmap") => self.result(job, Wait::Forever),
            _ => Ok(job),
        }
    }

    pub(crate) fn terminate_pool(&mut self, id: &Id) -> Given {
        self.ask(Act::TerminatePool(id.clone()))?;
        if self.world.is_threads() {
            return Ok(Val::None);
        }
        self.ask(Act::PoolOver(id.clone(), true))
    }

    /// What a job came to, or the error of its task.
    fn result(&mut self, job: &Id, wait: Wait) -> Given {
        match self.ask(Act::JobDone(job.clone(), wait))? {
            // The result never comes.
            Val::Unset => self.ask(Act::Stuck(wait, ErrorKind::Timeout)),
            _ => self.ask(Act::Get(job.clone(), "result".into())),
        }
    }

    pub(crate) fn of_job(&mut self, id: Id, name: &str, args: &[Val]) -> Given {
        match name {
            "get" => self.result(&id, args[0].wait()),
            "wait" => {
                let wait = args[0].wait();
                match self.ask(Act::JobDone(id, wait)) {
                    Ok(Val::Unset) => match self.ask(Act::Stuck(wait, ErrorKind::Timeout)) {
                        Err(Stop::Raise(..)) => Ok(Val::None),
                        other => other,
                    },
                    Ok(_) | Err(Stop::Raise(..)) => Ok(Val::None),
                    Err(stop) => Err(stop),
                }
            }
            "ready" => self.ask(Act::IsReady(id, false)),
            "successful" => self.ask(Act::IsReady(id, true)),
            _ => match self.ask(Act::NextResult(id, args[0].wait()))? {
                Val::Unset => raise(ErrorKind::Empty),
                next => Ok(next),
            },
        }
    }

    /// A pool's worker: initializer, then task after task.
    pub(crate) fn work(&mut self, pool: &Id, given: &Val) -> Given {
        let Kind::Pool(this) = self.world.kind(pool) else {
            return outside("a worker without a pool");
        };
        let tasks_max = this.tasks_max;
        if let Some((initializer, _)) = this.initializer.clone() {
            let args = self.items(given)?;
            match self.call(&initializer, args, &[]) {
                Err(Stop::Raise(..) | Stop::Exit(_)) => {
                    return outside("an initializer that fails");
                }
                done => done?,
            };
        }
        let mut done = 0;
        loop {
            let task = self.ask(Act::TakeTask(pool.clone()))?;
            let Val::Tuple(task) = task else {
                return Ok(Val::None);
            };
            let [Val::Function(function), Val::Tuple(calls)] = &task[..] else {
                return outside("a task that is none");
            };
            let mut got = Vec::new();
            let mut failed = None;
            for call in calls.iter() {
                match self.one_call(function, call) {
                    Ok(Ok(value)) => got.push(value),
                    Ok(Err(_)) if calls.len() > 1 => {
                        return outside("a chunk of several tasks of which one fails");
                    }
                    Ok(Err(error)) => {
                        failed = Some(error);
                        break;
                    }
                    Err(stop) => return Err(stop),
                }
            }
            let got = match failed {
                None => Got::Values(got),
                Some(error) => Got::Error(error),
            };
            self.ask(Act::HandIn(pool.clone(), got))?;
            done += 1;
            if done == tasks_max {
                return Ok(Val::None);
            }
        }
    }

    /// One call of a task: its result as it travels, or its error.
    fn one_call(&mut self, name: &Rc<str>, call: &Val) -> Result<Result<Val, Error>, Stop> {
        let call = self.ask(Act::Make(call.clone()))?;
        let Val::Tuple(parts) = &call else {
            return Ok(Err((ErrorKind::Type, OWN_TEXT.into())));
        };
        let [Val::Tuple(args), Val::Tuple(named)] = &parts[..] else {
            return outside("a call that is none");
        };
        let named: Vec<(Rc<str>, Val)> = named.iter().filter_map(pair).collect();
        match self.call(name, args.to_vec(), &named) {
            // What cannot be sent is an error of the task's.
            Ok(value) => match self.ask(Act::Packed(value)) {
                Ok(packed) => Ok(Ok(packed)),
                Err(Stop::Raise(kind, text)) => Ok(Err((kind, text))),
                Err(stop) => Err(stop),
            },
            Err(Stop::Raise(kind, text)) => Ok(Err((kind, text))),
            Err(stop) => Err(stop),
        }
    }

    /// The thread that calls a pool's callbacks.
    pub(crate) fn handle(&mut self, pool: &Id) -> Given {
        loop {
            let job = self.ask(Act::TakeResult(pool.clone()))?;
            let Val::Tuple(call) = job else {
                continue;
            };
            let [Val::Function(callback), value] = &call[..] else {
                return outside("a callback that is none");
            };
            let failed = match self.call(callback, vec![value.clone()], &[]) {
                Ok(_) => None,
                Err(Stop::Raise(kind, text)) => Some((kind, text)),
                Err(Stop::Exit(_)) => return outside("an exit in a callback"),
                Err(stop) => return Err(stop),
            };
            self.ask(Act::CalledBack(pool.clone(), failed))?;
        }
    }
}
