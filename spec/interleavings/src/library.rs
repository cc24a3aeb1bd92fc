//! The library as the documentation has it: what each call is made of, access by access.

use std::rc::Rc;

use poolproof_case::catalogue::{self, Parameter};
use poolproof_case::program::ExpressionKind;
use poolproof_case::{ErrorKind, StartMethod, walk};

use crate::act::Act;
use crate::run::{Given, Run, Stop, outside, raise};
use crate::value::{Cell, Id, Val, Wait};
use crate::world::{Kept, Kind, Shape, Signal};

impl Run<'_> {
    /// The name in the catalogue of what this is.
    fn name_of(&self, value: &Val) -> Option<&'static str> {
        Some(match value {
            Val::Module => "Module",
            Val::Context(_) => "Context",
            Val::Ref(id) => match self.world.memory(&self.me).cells[id] {
                Cell::List(_) => "list",
                Cell::Dict(_) => "dict",
                Cell::End { .. } => "Connection",
            },
            Val::Object(id) => {
                let is_managed = self.world.objects[id].manager.is_some();
                match self.world.kind(id) {
                    Kind::Process(_) => "Process",
                    Kind::Lock(lock) if lock.is_recursive => "RLock",
                    Kind::Lock(lock) if !lock.is_semaphore => "Lock",
                    Kind::Lock(lock) if lock.limit.is_some() => "BoundedSemaphore",
                    Kind::Lock(_) => "Semaphore",
                    Kind::Condition(_) => "Condition",
                    Kind::Event(_) => "Event",
                    Kind::Barrier(_) => "Barrier",
                    Kind::Queue(queue) if queue.is_simple => "SimpleQueue",
                    Kind::Queue(queue) if queue.is_joinable => "JoinableQueue",
                    Kind::Queue(_) if is_managed => "ManagedQueue",
                    Kind::Queue(_) => "Queue",
                    Kind::Shared(shared) if shared.is_array => "Array",
                    Kind::Shared(_) => "Value",
                    Kind::Manager(..) => "Manager",
                    Kind::Kept(Kept::Dict, _) => "ManagedDict",
                    Kind::Kept(Kept::List, _) => "ManagedList",
                    Kind::Kept(Kept::Namespace, _) => "ManagedNamespace",
                    Kind::Kept(Kept::Value, _) => "ManagedValue",
                    Kind::Kept(Kept::Array(_), _) => "ManagedArray",
                    Kind::Pool(_) => "Pool",
                    Kind::Job(job) if matches!(job.shape, Shape::One | Shape::Map) => "AsyncResult",
                    Kind::Job(_) => "ResultIterator",
                    Kind::Pipe(..) => return None,
                }
            }
            _ => return None,
        })
    }

    /// Calls a method of anything.
    pub(crate) fn method(
        &mut self,
        on: &Val,
        name: &str,
        given: Vec<Val>,
        named: Vec<(&str, Val)>,
    ) -> Given {
        let Some(object) = self.name_of(on).and_then(catalogue::object) else {
            return raise(ErrorKind::Attribute);
        };
        if let Some(method) = object.method(name) {
            let args = bound(method.parameters, given, named)?;
            return match on {
                Val::Object(id) => self.of_object(&id.clone(), object.name, name, &args),
                Val::Ref(_) if object.name == "Connection" => self.of_end(on, name, &args),
                Val::Ref(_) => self.contain(on, name, args),
                _ => self.of_module(on, name, args),
            };
        }
        match (on, catalogue::object(name)) {
            (Val::Context(method), Some(made)) if made.of_context && made.constructor.is_some() => {
                self.new_object(name, given, named, Some(*method))
            }
            _ => raise(ErrorKind::Attribute),
        }
    }

    fn of_module(&mut self, on: &Val, name: &str, args: Vec<Val>) -> Given {
        match (on, name) {
            (Val::Context(method), "get_start_method") => Ok(Val::text(method.name())),
            (Val::Context(_), "set_start_method") => raise(ErrorKind::Usage),
            (_, "get_start_method") => self.ask(Act::GetStartMethod(args[0].flag(false))),
            (_, "set_start_method") => {
                self.ask(Act::SetStartMethod(args[0].clone(), args[1].flag(false)))
            }
            (_, "get_context") => self.ask(Act::GetContext(args[0].clone())),
            (_, "current_process") => self.ask(Act::CurrentProcess),
            (_, "parent_process") => self.ask(Act::ParentProcess),
            _ => outside(format!("`mp.{name}`")),
        }
    }

    /// Makes an object of the catalogue.
    pub(crate) fn new_object(
        &mut self,
        name: &str,
        given: Vec<Val>,
        named: Vec<(&str, Val)>,
        method: Option<StartMethod>,
    ) -> Given {
        let Some(parameters) = catalogue::object(name).and_then(|made| made.constructor) else {
            return outside(format!("a new `{name}`"));
        };
        let mut args = bound(parameters, given, named)?;
        let method = method.unwrap_or(self.world.method);
        // What is iterated over is taken now.
        let taken = match name {
            "Process" => Some(3),
            "Pool" => Some(2),
            "Array" | "RawArray" if !matches!(args[1], Val::Int(_)) => Some(1),
            _ => None,
        };
        if let Some(at) = taken
            && args[at] != Val::Unset
        {
            args[at] = Val::Tuple(self.items(&args[at].clone())?.into());
        }
        if name == "Process" && args[4] != Val::Unset {
            args[4] = self.contain(&args[4].clone(), "items", Vec::new())?;
            args[4] = Val::Tuple(self.items(&args[4].clone())?.into());
        }
        if matches!(name, "ManagerServer" | "ManagerClient") {
            return outside(format!("a `{name}`"));
        }
        self.ask(Act::New(name.into(), args, method))
    }

    pub(crate) fn enter(&mut self, context: &Val) -> Result<(), Stop> {
        let name = self.name_of(context).and_then(catalogue::object);
        if !name.is_some_and(|object| object.context) {
            return raise(ErrorKind::Type);
        }
        match context {
            Val::Object(id) => match self.world.kind(id) {
                Kind::Lock(_) => self.ask(Act::Acquire(id.clone(), Wait::Forever)),
                Kind::Condition(condition) => {
                    let lock = condition.lock.clone();
                    self.ask(Act::Acquire(lock, Wait::Forever))
                }
                Kind::Pool(_) => self.ask(Act::EnterPool(id.clone())),
                Kind::Manager(..) => self.ask(Act::Get(id.clone(), "entered".into())),
                _ => return raise(ErrorKind::Type),
            },
            _ => Ok(Val::None),
        }
        .map(|_| ())
    }

    pub(crate) fn leave(&mut self, context: &Val) -> Result<(), Stop> {
        match context {
            Val::Object(id) => match self.world.kind(id) {
                Kind::Lock(_) => self.ask(Act::Release(id.clone())),
                Kind::Condition(condition) => {
                    let lock = condition.lock.clone();
                    self.ask(Act::Release(lock))
                }
                Kind::Pool(_) => self.terminate_pool(&id.clone()),
                _ => self.ask(Act::Shutdown(id.clone())),
            },
            _ => self.ask(Act::CloseEnd(context.clone())),
        }
        .map(|_| ())
    }

    fn of_object(&mut self, id: &Id, object: &str, name: &str, args: &[Val]) -> Given {
        let id = id.clone();
        // How long a method with `block` and `timeout` at these places waits.
        let wait = |block: usize, timeout: usize| match args[block].flag(true) {
            true => args[timeout].wait(),
            false => Wait::Never,
        };
        match (self.world.kind(&id), name) {
            (Kind::Process(_), _) => self.of_process(id, name, args),
            (Kind::Lock(_), "acquire") => self.ask(Act::Acquire(id, wait(0, 1))),
            (Kind::Lock(_), "release") => self.ask(Act::Release(id)),
            (Kind::Lock(_), "get_value") => self.ask(Act::Count(id)),
            (Kind::Condition(condition), _) => {
                let lock = condition.lock.clone();
                match name {
                    "acquire" => self.ask(Act::Acquire(lock, wait(0, 1))),
                    "release" => self.ask(Act::Release(lock)),
                    "wait" => self.wait_for(id, args[0].wait()),
                    "notify_all" => self.ask(Act::NotifyAll(id)),
                    _ => {
                        for _ in 0..args[0].number(1) {
                            self.ask(Act::Notify(id.clone()))?;
                        }
                        Ok(Val::None)
                    }
                }
            }
            (Kind::Event(_), "is_set") => self.ask(Act::IsSet(id)),
            (Kind::Event(_), "set") => self.ask(Act::SetEvent(id)),
            (Kind::Event(_), "clear") => self.ask(Act::ClearEvent(id)),
            (Kind::Event(_), "wait") => {
                let wait = args[0].wait();
                match self.ask(Act::AwaitEvent(id.clone(), wait))? {
                    Val::None => self.ask(Act::LetGo(id, wait)),
                    known => Ok(known),
                }
            }
            (Kind::Barrier(_), "reset") => self.ask(Act::Reset(id)),
            (Kind::Barrier(_), "abort") => self.ask(Act::Abort(id)),
            (Kind::Barrier(_), "wait") => self.meet(id, &args[0]),
            (Kind::Queue(queue), "put") if queue.is_simple => {
                self.ask(Act::Put(id, args[0].clone(), Wait::Forever))
            }
            (Kind::Queue(_), "put") => self.ask(Act::Put(id, args[0].clone(), wait(1, 2))),
            (Kind::Queue(_), "put_nowait") => self.ask(Act::Put(id, args[0].clone(), Wait::Never)),
            (Kind::Queue(queue), "get") if queue.is_simple => {
                self.ask(Act::TakeNext(id, Wait::Forever))
            }
            (Kind::Queue(_), "get") => self.ask(Act::TakeNext(id, wait(0, 1))),
            (Kind::Queue(_), "get_nowait") => self.ask(Act::TakeNext(id, Wait::Never)),
            (Kind::Queue(_), "qsize") => self.ask(Act::Size(id)),
            (Kind::Queue(_), "empty") => self.ask(Act::IsEmpty(id)),
            (Kind::Queue(_), "full") => self.ask(Act::IsFull(id)),
            (Kind::Queue(_), "close") => self.ask(Act::CloseQueue(id)),
            (Kind::Queue(_), "join_thread") => self.ask(Act::Flushed(id)),
            (Kind::Queue(_), "cancel_join_thread") => self.ask(Act::CancelFlush(id)),
            (Kind::Queue(_), "task_done") => self.ask(Act::TaskDone(id)),
            (Kind::Queue(_), "join") => self.ask(Act::AllDone(id)),
            (Kind::Shared(shared), _) => match (shared.lock.clone(), name) {
                (Some(lock), "get_lock") => Ok(Val::Object(lock)),
                (Some(lock), "acquire") => self.ask(Act::Acquire(lock, Wait::Forever)),
                (Some(lock), "release") => self.ask(Act::Release(lock)),
                _ => raise(ErrorKind::Attribute),
            },
            (Kind::Manager(..), "shutdown") => self.ask(Act::Shutdown(id)),
            (Kind::Manager(..), _) => self.managed(id, name, args),
            (Kind::Kept(Kept::Value, _), "get") => self.ask(Act::Get(id, "value".into())),
            (Kind::Kept(Kept::Value, _), "set") => {
                self.ask(Act::Set(id, "value".into(), args[0].clone()))
            }
            (Kind::Kept(..), _) => self.contain(&Val::Object(id), name, args.to_vec()),
            (Kind::Pool(_), _) => self.of_pool(id, name, args),
            (Kind::Job(_), _) => self.of_job(id, name, args),
            _ => outside(format!("`{object}.{name}`")),
        }
    }

    /// Makes an object in a manager.
    fn managed(&mut self, manager: Id, name: &str, args: &[Val]) -> Given {
        let mut args = args.to_vec();
        let taken = match name {
            "list" => Some(0),
            "Array" => Some(1),
            _ => None,
        };
        if let Some(at) = taken
            && args[at] != Val::Unset
        {
            let is_array = matches!(&args[at], Val::Object(id)
                if matches!(self.world.kind(id), Kind::Shared(shared) if shared.is_array));
            if is_array && !self.world.is_threads() {
                return outside("an array in a message");
            }
            args[at] = Val::List(self.items(&args[at].clone())?.into());
        }
        args.insert(0, Val::Object(manager));
        self.ask(Act::New(
            format!("managed {name}").into(),
            args,
            self.world.method,
        ))
    }

    fn of_process(&mut self, id: Id, name: &str, args: &[Val]) -> Given {
        match name {
            "start" => self.ask(Act::Start(id)),
            "join" => self.ask(Act::Join(id, args[0].wait())),
            "is_alive" => self.ask(Act::IsAlive(id)),
            "terminate" => self.ask(Act::Stop(id, Signal::Terminate)),
            "kill" => self.ask(Act::Stop(id, Signal::Kill)),
            "close" => self.ask(Act::CloseProcess(id)),
            _ => {
                let given = self.ask(Act::Get(id, "work".into()))?;
                let Val::Tuple(parts) = given else {
                    return Ok(Val::None);
                };
                match &parts[..] {
                    [Val::Function(function), Val::Tuple(args), Val::Tuple(named)] => {
                        let named: Vec<(Rc<str>, Val)> = named.iter().filter_map(pair).collect();
                        self.call(function, args.to_vec(), &named)?;
                        Ok(Val::None)
                    }
                    _ => Ok(Val::None),
                }
            }
        }
    }

    /// A condition's wait: the lock is given back, and taken again at the end.
    fn wait_for(&mut self, condition: Id, wait: Wait) -> Given {
        let depth = self.ask(Act::Sleep(condition.clone()))?.number(1);
        let is_notified = self.ask(Act::Wake(condition.clone(), wait))?;
        self.ask(Act::Retake(condition, depth as u32))?;
        Ok(is_notified)
    }

    /// A barrier's wait.
    fn meet(&mut self, barrier: Id, timeout: &Val) -> Given {
        let (action, own) = match self.world.kind(&barrier) {
            Kind::Barrier(this) => (this.action.clone(), this.timeout.clone()),
            _ => (None, Val::None),
        };
        let wait = timeout.given().unwrap_or(&own).wait();
        let is_seen = self.counts_waiting();
        match (
            self.ask(Act::Arrive(barrier.clone(), wait, is_seen))?,
            action,
        ) {
            (Val::None, _) => self.ask(Act::Pass(barrier, wait)),
            (Val::Text(_), Some(action)) => {
                let done = self.call(&action, Vec::new(), &[]);
                if let Err(stop @ (Stop::Pending(_) | Stop::Outside(_))) = done {
                    return Err(stop);
                }
                let number = self.ask(Act::Acted(barrier, done.is_ok()))?;
                done.map(|_| number)
            }
            (Val::Text(_), None) => self.ask(Act::Acted(barrier, true)),
            (number, _) => Ok(number),
        }
    }

    fn of_end(&mut self, end: &Val, name: &str, args: &[Val]) -> Given {
        let end = end.clone();
        match name {
            "send" => self.ask(Act::SendTo(end, args[0].clone())),
            "send_bytes" => match &args[0] {
                Val::Bytes(bytes) => self.ask(Act::SendTo(end, Val::Sent(bytes.clone()))),
                _ => outside("what is no bytes, sent as bytes"),
            },
            "recv" => match self.ask(Act::Receive(end))? {
                Val::Sent(_) => outside("the object of bytes that were sent"),
                object => Ok(object),
            },
            "recv_bytes" => match self.ask(Act::Receive(end))? {
                Val::Sent(bytes) => Ok(Val::Bytes(bytes)),
                _ => outside("the bytes of an object that was sent"),
            },
            "poll" => {
                let wait = if args[0] == Val::Unset {
                    Wait::Never
                } else {
                    args[0].wait()
                };
                self.ask(Act::Poll(end, wait))
            }
            _ => self.ask(Act::CloseEnd(end)),
        }
    }
}

impl Run<'_> {
    /// Whether somebody looks how many wait at a barrier.
    fn counts_waiting(&self) -> bool {
        let mut counts = false;
        for block in self.program.blocks() {
            walk::expressions(block, &mut |expression| {
                counts |= matches!(&expression.kind, ExpressionKind::Attribute(_, name) if name == "n_waiting");
            });
        }
        counts
    }
}

/// A pair of a name and a value.
pub(crate) fn pair(value: &Val) -> Option<(Rc<str>, Val)> {
    match value {
        Val::Tuple(parts) => match &parts[..] {
            [Val::Text(name), value] => Some((name.clone(), value.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// A function that was given, or none.
pub(crate) fn function(value: &Val) -> Option<Rc<str>> {
    match value {
        Val::Function(name) => Some(name.clone()),
        _ => None,
    }
}

/// Arguments in the order of the parameters.
fn bound(
    parameters: &'static [Parameter],
    given: Vec<Val>,
    named: Vec<(&str, Val)>,
) -> Result<Vec<Val>, Stop> {
    match catalogue::bind(parameters, given, named) {
        Ok(bound) => Ok(bound
            .into_iter()
            .map(|one| one.unwrap_or(Val::Unset))
            .collect()),
        Err(_) => raise(ErrorKind::Type),
    }
}
