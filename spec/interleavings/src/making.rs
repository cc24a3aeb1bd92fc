//! New objects, as the constructors of the catalogue make them.

use poolproof_case::catalogue::is_typecode;
use poolproof_case::program::Program;
use poolproof_case::{ErrorKind, StartMethod};

use crate::act::{Outside, Ways};
use crate::library::{function, pair};
use crate::processes::refused;
use crate::shared::coerce;
use crate::value::{Cell, Id, Val};
use crate::world::{
    Barrier, Child, Condition, Event, Kept, Kind, Life, Lock, Owner, Queue, Shared, World,
};

impl World {
    pub(crate) fn make(
        mut self,
        program: &Program,
        me: &Id,
        name: &str,
        args: &[Val],
        method: StartMethod,
    ) -> Result<Ways, Outside> {
        let kind = match name {
            "Process" => self.new_child(me, args, method),
            "Pool" => return self.make_pool(program, me, args, method),
            "Pipe" => return self.make_pipe(me, args[0].flag(true)),
            "Queue" | "JoinableQueue" => {
                Ok(Kind::Queue(Queue::new(name, false, args[0].number(0))))
            }
            "SimpleQueue" => Ok(Kind::Queue(Queue::new(name, false, 0))),
            "Manager" => Ok(Kind::Manager(true, me.clone())),
            "Value" | "Array" | "RawValue" | "RawArray" => self.new_shared(me, name, args)?,
            _ => match name.strip_prefix("managed ") {
                Some(name) => return self.make_managed(me, name, args),
                None => self.new_lock(me, name, args)?,
            },
        };
        match kind {
            Ok(kind) => {
                let id = self.create(me, kind);
                Ok(Ways::one(self, Ok(Val::Object(id))))
            }
            Err(kind) => Ok(Ways::fails(self, kind)),
        }
    }

    fn new_child(&mut self, me: &Id, args: &[Val], method: StartMethod) -> Result<Kind, ErrorKind> {
        if args[0].given().is_some() {
            return Err(ErrorKind::Usage);
        }
        let tuple = |value: &Val| match value {
            Val::Tuple(items) => items.to_vec(),
            _ => Vec::new(),
        };
        let name = match args[2].given() {
            Some(name) => name.clone(),
            None => Val::Opaque(self.fresh(me)),
        };
        let inherited = self.process(me).is_daemon;
        Ok(Kind::Process(Child {
            creator: me.clone(),
            target: function(&args[1]),
            args: tuple(&args[3]).into(),
            named: tuple(&args[4]).iter().filter_map(pair).collect(),
            name,
            is_daemon: args[5].given().map_or(inherited, |given| given.flag(false)),
            method,
            life: Life::New,
        }))
    }

    fn make_pipe(mut self, me: &Id, is_duplex: bool) -> Result<Ways, Outside> {
        let pipe = self.create(me, Kind::Pipe(Default::default(), is_duplex));
        let ends = [0, 1].map(|side| {
            let id = self.fresh(me);
            let end = Cell::End {
                pipe: pipe.clone(),
                side,
                is_open: true,
            };
            self.memory_mut(me).cells.insert(id.clone(), end);
            Val::Ref(id)
        });
        Ok(Ways::one(self, Ok(Val::Tuple(ends.into()))))
    }

    /// Locks and their like; an error where the arguments mean none.
    fn new_lock(
        &mut self,
        me: &Id,
        name: &str,
        args: &[Val],
    ) -> Result<Result<Kind, ErrorKind>, Outside> {
        let count = args.first().map_or(1, |count| count.number(1));
        Ok(Ok(match name {
            "Lock" => Kind::Lock(Lock::new(1, Some(1))),
            "RLock" => Kind::Lock(Lock::recursive()),
            "Semaphore" | "BoundedSemaphore" if count < 0 => return Ok(Err(ErrorKind::Usage)),
            "Semaphore" => Kind::Lock(Lock::semaphore(count, None)),
            "BoundedSemaphore" => Kind::Lock(Lock::semaphore(count, Some(count))),
            "Event" => Kind::Event(Event::default()),
            "Condition" => {
                let lock = match args.first() {
                    Some(Val::Object(lock)) => lock.clone(),
                    Some(Val::Unset | Val::None) | None => {
                        self.create(me, Kind::Lock(Lock::recursive()))
                    }
                    Some(_) => return Err("a condition with what is no lock".to_owned()),
                };
                Kind::Condition(Condition {
                    lock,
                    sleeping: Default::default(),
                })
            }
            "Barrier" if count < 1 => return Ok(Err(ErrorKind::Usage)),
            "Barrier" => Kind::Barrier(Barrier {
                parties: count as usize,
                action: function(&args[1]),
                timeout: args[2].clone(),
                is_broken: false,
                is_acting: false,
                waiting: Vec::new(),
                leaving: Default::default(),
            }),
            _ => return Err(format!("a new `{name}`")),
        }))
    }

    fn new_shared(
        &mut self,
        me: &Id,
        name: &str,
        args: &[Val],
    ) -> Result<Result<Kind, ErrorKind>, Outside> {
        let is_array = name.ends_with("Array");
        let code = match &args[0] {
            Val::Text(code) if is_typecode(code) => code.as_bytes()[0],
            Val::Text(_) => return Ok(Err(ErrorKind::Type)),
            _ => return Err("a typecode that is no text".to_owned()),
        };
        let numbers = match (&args[1], is_array) {
            (Val::Int(count), true) if *count < 0 => return Ok(Err(ErrorKind::Usage)),
            (Val::Int(count), true) => vec![Val::Int(0); *count as usize],
            (Val::Tuple(items), true) => items.to_vec(),
            (Val::Unset | Val::None, false) => vec![Val::Int(0)],
            (value, _) => vec![value.clone()],
        };
        let numbers: Option<Vec<Val>> = numbers.iter().map(|one| coerce(code, one)).collect();
        let Some(numbers) = numbers else {
            return Ok(Err(ErrorKind::Type));
        };
        let lock = match args.get(2) {
            _ if self.is_threads() => None,
            None | Some(Val::Bool(false)) => None,
            Some(Val::Object(lock)) => Some(lock.clone()),
            Some(Val::Unset | Val::None | Val::Bool(true)) => {
                Some(self.create(me, Kind::Lock(Lock::recursive())))
            }
            Some(_) => return Ok(Err(ErrorKind::Attribute)),
        };
        Ok(Ok(Kind::Shared(Shared {
            is_array,
            code,
            numbers,
            lock,
        })))
    }

    /// An object that a manager keeps; among threads it is an ordinary one.
    fn make_managed(mut self, me: &Id, name: &str, args: &[Val]) -> Result<Ways, Outside> {
        let Some((Val::Object(manager), args)) = args.split_first() else {
            return Err("no manager".to_owned());
        };
        // Among threads there is no process that could have ended.
        if !matches!(self.kind(manager), Kind::Manager(true, _)) && !self.is_threads() {
            return Ok(Ways::fails(self, ErrorKind::BrokenPipe));
        }
        let content = match self.message(
            me,
            args.iter()
                .rev()
                .find(|one| **one != Val::Unset)
                .unwrap_or(&Val::Unset),
        ) {
            Ok(content) => content,
            Err(refusal) => return refused(self, refusal),
        };
        let empty = content == Val::Unset;
        let kind = match name {
            "dict" if empty => Kind::Kept(Kept::Dict, Val::Dict([].into())),
            "dict" => match content {
                Val::Dict(_) => Kind::Kept(Kept::Dict, content),
                _ => return Err("a managed dict of what is no dict".to_owned()),
            },
            "list" if empty => Kind::Kept(Kept::List, Val::List([].into())),
            "list" => Kind::Kept(Kept::List, content),
            "Namespace" => Kind::Kept(Kept::Namespace, Val::Dict([].into())),
            "Value" => Kind::Kept(Kept::Value, content),
            "Array" => {
                let (Val::Text(code), Val::List(items)) = (&args[0], &content) else {
                    return Err("a managed array of this".to_owned());
                };
                let code = code.bytes().next().unwrap_or(0);
                let numbers: Option<Vec<Val>> = items.iter().map(|one| coerce(code, one)).collect();
                match numbers {
                    Some(numbers) => Kind::Kept(Kept::Array(code), Val::List(numbers.into())),
                    None => return Ok(Ways::fails(self, ErrorKind::Type)),
                }
            }
            "Queue" | "JoinableQueue" => Kind::Queue(Queue::new(name, true, args[0].number(0))),
            _ => {
                let count = self.objects.len();
                if name == "Barrier" && function(&args[1]).is_some() && !self.is_threads() {
                    return Err("an action of a manager's barrier".to_owned());
                }
                let kind = match self.new_lock(me, name, args)? {
                    Ok(kind) => kind,
                    Err(kind) => return Ok(Ways::fails(self, kind)),
                };
                if self.objects.len() > count
                    && let Kind::Condition(condition) = &kind
                {
                    // The lock that comes with a condition is kept with it.
                    self.keep(&condition.lock.clone(), manager);
                }
                kind
            }
        };
        if let (true, Kind::Kept(Kept::Dict | Kept::List, content)) = (self.is_threads(), &kind) {
            let own = self.unpack(me, &content.clone());
            return Ok(Ways::one(self, Ok(own)));
        }
        let id = self.create(me, kind);
        self.keep(&id, manager);
        Ok(Ways::one(self, Ok(Val::Object(id))))
    }

    fn keep(&mut self, object: &Id, manager: &Id) {
        let is_threads = self.is_threads();
        if let Some(object) = self.objects.get_mut(object) {
            let manager = (!is_threads).then(|| manager.clone());
            std::rc::Rc::make_mut(object).manager = manager;
        }
    }
}

impl Lock {
    fn new(free: i64, limit: Option<i64>) -> Lock {
        Lock {
            is_recursive: false,
            is_semaphore: false,
            free,
            limit,
            owner: Owner::Nobody,
            depth: 0,
        }
    }

    fn recursive() -> Lock {
        Lock {
            is_recursive: true,
            ..Lock::new(1, Some(1))
        }
    }

    fn semaphore(free: i64, limit: Option<i64>) -> Lock {
        Lock {
            is_semaphore: true,
            ..Lock::new(free, limit)
        }
    }
}

impl Queue {
    fn new(name: &str, is_direct: bool, limit: i64) -> Queue {
        Queue {
            is_simple: name == "SimpleQueue",
            is_joinable: name == "JoinableQueue",
            is_direct,
            limit,
            count: 0,
            arrived: Vec::new(),
            buffers: Default::default(),
            closed: Default::default(),
            cancelled: Default::default(),
            unfinished: 0,
        }
    }
}
