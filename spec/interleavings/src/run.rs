//! A process's own computation: from the answers that it got to the access that it makes next.
//!
//! It is Python's meaning of statements, in the direct style: a process is run from its beginning,
//! each access is answered as it was, and the first that has no answer yet is where it stands.

use std::collections::BTreeMap;
use std::rc::Rc;

use poolproof_case::program::Program;
use poolproof_case::{ErrorKind, StartMethod};

use crate::act::{Act, OWN_TEXT, Outside};
use crate::value::{Cell, Id, Val, to_plain};
use crate::world::{Kind, Life, Role, Shape, World};

/// Why a block is left before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    Raise(ErrorKind, Rc<str>),
    Exit(i32),
    Return(Val),
    /// It waits for the answer to this.
    Pending(Act),
    Outside(Outside),
}

impl Stop {
    /// Whether the program has come no further.
    pub(crate) fn is_here(&self) -> bool {
        matches!(self, Stop::Pending(_) | Stop::Outside(_))
    }
}

pub(crate) type Given = Result<Val, Stop>;

pub(crate) fn raise<T>(kind: ErrorKind) -> Result<T, Stop> {
    Err(Stop::Raise(kind, OWN_TEXT.into()))
}

pub(crate) fn outside<T>(what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Outside(what.into()))
}

/// A process while it is run from its beginning.
pub(crate) struct Run<'a> {
    pub(crate) program: &'a Program,
    pub(crate) world: &'a mut World,
    pub(crate) me: Id,
    /// How many answers it has been given again.
    answered: usize,
    pub(crate) locals: Vec<BTreeMap<&'a str, Val>>,
    /// Values that an expression or block around still needs.
    pub(crate) held: Vec<Val>,
}

impl World {
    /// Lets each process compute up to its next access.
    pub(crate) fn advance(&mut self, program: &Program) -> Result<(), Outside> {
        loop {
            let mut waiting = self.processes.iter();
            let Some((me, _)) = waiting.find(|(_, process)| process.next.is_none()) else {
                return Ok(());
            };
            let me = me.clone();
            let mut run = Run {
                program,
                world: self,
                me: me.clone(),
                answered: 0,
                locals: Vec::new(),
                held: Vec::new(),
            };
            let next = match run.life() {
                Err(Stop::Pending(act)) => act,
                Err(Stop::Outside(what)) => return Err(what),
                Ok(code) | Err(Stop::Exit(code)) => Act::Leave(code),
                Err(Stop::Raise(..) | Stop::Return(_)) => Act::Leave(1),
            };
            let reached = run.reached();
            let process = self.process_mut(&me);
            process.next = Some(next);
            process.reached = reached;
        }
    }
}

impl<'a> Run<'a> {
    /// The answer to an access: what it was, or what it is where nobody can notice.
    pub(crate) fn ask(&mut self, act: Act) -> Given {
        let answers = &self.world.process(&self.me).answers;
        let answer = match answers.get(self.answered) {
            Some(answer) => answer.clone(),
            None => {
                if self.world.is_visible(&self.me, &act) {
                    return Err(Stop::Pending(act));
                }
                let ways = self.world.ways(self.program, &self.me, &act);
                let mut ways = ways.map_err(Stop::Outside)?;
                let (Some(way), true) = (ways.now.pop(), ways.now.is_empty()) else {
                    return outside(format!("a choice in {act:?}"));
                };
                let Some(answer) = way.answer else {
                    return outside(format!("a wait in {act:?}"));
                };
                *self.world = way.world;
                let process = self.world.process_mut(&self.me);
                Rc::make_mut(&mut process.answers).push(answer.clone());
                answer
            }
        };
        self.answered += 1;
        answer.map_err(|(kind, text)| Stop::Raise(kind, text))
    }

    /// All that a process does; its exit code.
    fn life(&mut self) -> Result<i32, Stop> {
        let role = self.world.process(&self.me).role.clone();
        let ended = match role {
            Role::Main => self.main(),
            Role::Child(target, args, named) => self.child(target, &args, &named),
            Role::Worker(pool, given, _) => match self.work(&pool, &given) {
                Err(Stop::Exit(_)) if self.world.is_threads() => {
                    outside("a pool's thread that exits")
                }
                worked => worked,
            },
            Role::Handler(pool, _) => self.handle(&pool),
        };
        let code = match ended {
            Ok(_) | Err(Stop::Return(_)) => 0,
            Err(Stop::Exit(code)) => code,
            Err(Stop::Raise(..)) => 1,
            Err(here) => return Err(here),
        };
        self.locals.clear();
        self.held.clear();
        for act in [Act::EndDaemons, Act::EndChildren, Act::EndFlush] {
            self.ask(act)?;
        }
        Ok(code)
    }

    fn main(&mut self) -> Given {
        let program = self.program;
        self.locals.push(BTreeMap::new());
        self.block(&program.main)?;
        Ok(Val::None)
    }

    fn child(&mut self, target: Option<Rc<str>>, args: &[Val], named: &[(Rc<str>, Val)]) -> Given {
        let method = self.world.process(&self.me).method;
        if !self.program.guard && matches!(method, StartMethod::Spawn | StartMethod::Forkserver) {
            self.main()?;
            self.locals.clear();
            self.ask(Act::Loaded)?;
        }
        match target {
            Some(target) => self.call(&target, args.to_vec(), named),
            None => Ok(Val::None),
        }
    }

    /// The open ends of pipes that this process can still use.
    fn reached(&self) -> std::collections::BTreeSet<Id> {
        let memory = self.world.memory(&self.me);
        let is_end = |cell: &Cell| matches!(cell, Cell::End { .. });
        if !memory.cells.values().any(is_end) {
            return Default::default();
        }
        let variables = self.locals.iter().flat_map(BTreeMap::values);
        let mut open: Vec<Val> = variables
            .chain(&self.held)
            .chain(memory.globals.values())
            .cloned()
            .collect();
        for object in self.world.objects.values() {
            if let Kind::Process(child) = &object.kind
                && child.life == Life::New
                && child.creator == self.me
            {
                open.extend(child.args.iter().cloned());
                open.extend(child.named.iter().map(|(_, value)| value.clone()));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        while let Some(value) = open.pop() {
            match value {
                Val::Tuple(items) => open.extend(items.iter().cloned()),
                Val::Ref(id) if seen.insert(id.clone()) => match &memory.cells[&id] {
                    Cell::List(items) => open.extend(items.iter().cloned()),
                    Cell::Dict(pairs) => open.extend(pairs.iter().map(|(_, value)| value.clone())),
                    Cell::End { .. } => {}
                },
                _ => {}
            }
        }
        seen.retain(|id| is_end(&memory.cells[id]));
        seen
    }

    /// A value as it is at this moment, with all that is in it; an object that cannot be read whole
    /// is itself.
    pub(crate) fn read(&mut self, value: &Val) -> Given {
        match value {
            Val::Ref(id) if !self.is_end(id) => self.ask(Act::Read(value.clone())),
            Val::Tuple(items)
                if items
                    .iter()
                    .any(|item| matches!(item, Val::Ref(_) | Val::Tuple(_))) =>
            {
                self.ask(Act::Read(value.clone()))
            }
            Val::Object(id) => match self.world.kind(id) {
                Kind::Kept(..) => self.ask(Act::Read(value.clone())),
                Kind::Shared(shared) if shared.is_array => {
                    let all = self.slice(value, Val::None, Val::None)?;
                    self.ask(Act::Read(all))
                }
                Kind::Job(job) if matches!(job.shape, Shape::Iterator | Shape::Unordered) => {
                    let items = self.items(value)?;
                    self.ask(Act::Read(Val::List(items.into())))
                }
                _ => Ok(value.clone()),
            },
            other => Ok(other.clone()),
        }
    }

    pub(crate) fn is_end(&self, cell: &Id) -> bool {
        matches!(self.world.memory(&self.me).cells[cell], Cell::End { .. })
    }

    pub(crate) fn is_true(&mut self, value: &Val) -> Result<bool, Stop> {
        Ok(match value {
            Val::Range(start, stop) => start < stop,
            Val::Ref(id) if self.is_end(id) => true,
            Val::Ref(_) => match self.read(value)? {
                Val::List(items) => !items.is_empty(),
                Val::Dict(pairs) => !pairs.is_empty(),
                _ => true,
            },
            Val::Tuple(items) => !items.is_empty(),
            other => to_plain(other).is_none_or(|plain| plain.is_true()),
        })
    }

    pub(crate) fn equal(&mut self, left: &Val, right: &Val) -> Result<bool, Stop> {
        let (left, right) = (self.read_own(left)?, self.read_own(right)?);
        let equal = self.world.equal(&self.me, &left, &right);
        equal.map_err(Stop::Outside)
    }

    /// What is the process's own as it is now; an object is itself.
    fn read_own(&mut self, value: &Val) -> Given {
        match value {
            Val::Object(_) => Ok(value.clone()),
            _ => self.read(value),
        }
    }
}
