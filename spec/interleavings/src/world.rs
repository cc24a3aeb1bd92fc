//! All that there is at one moment: processes, their memories, and the objects that they share.
//!
//! A process is what it was told so far: the answers to its accesses, in order. What it does next
//! follows from them (`run`), so that nothing else of it need be kept.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use poolproof_case::StartMethod;

use crate::act::Act;
use crate::value::{Answer, Cell, Error, Id, Val, child};

/// Equal worlds have equal futures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) method: StartMethod,
    pub(crate) processes: BTreeMap<Id, Rc<Process>>,
    pub(crate) memories: BTreeMap<Id, Rc<Memory>>,
    pub(crate) objects: BTreeMap<Id, Rc<Object>>,
    /// How main ended.
    pub(crate) ended: Option<i32>,
}

/// A process, a thread, a pool's worker, or the thread that calls a pool's callbacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    pub(crate) role: Role,
    /// Its `Process` object.
    pub(crate) object: Id,
    /// Whose memory it has: that of the process with this id.
    pub(crate) memory: Id,
    pub(crate) parent: Option<Id>,
    pub(crate) is_daemon: bool,
    pub(crate) method: StartMethod,
    pub(crate) answers: Rc<Vec<Answer>>,
    /// How many ids it has given.
    pub(crate) made: u32,
    /// What it does next; none until that is found out.
    pub(crate) next: Option<Act>,
    /// The ends of pipes that its variables lead to.
    pub(crate) reached: BTreeSet<Id>,
    pub(crate) is_loading: bool,
    pub(crate) is_stopped: bool,
    pub(crate) signal: Option<Signal>,
    /// The access under way when the signal was sent is over.
    pub(crate) is_due: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Main,
    /// Runs a function with these arguments, by position and by name.
    Child(Option<Rc<str>>, Rc<[Val]>, Rc<[(Rc<str>, Val)]>),
    /// Works for a pool, now at this chunk of this job.
    /// With what its initializer is given, and the task that it does.
    Worker(Id, Val, Option<(Id, usize)>),
    /// Calls the callbacks of a pool, now that of this job.
    Handler(Id, Option<Id>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Signal {
    Stop,
    Continue,
    Terminate,
    Kill,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Memory {
    pub(crate) cells: BTreeMap<Id, Cell>,
    pub(crate) globals: BTreeMap<Rc<str>, Val>,
    pub(crate) method: Option<StartMethod>,
    /// Ends that nothing refers to and that stay open all the same.
    pub(crate) kept: BTreeSet<Id>,
    /// A pool's thread calls callbacks in it.
    pub(crate) is_shared: bool,
}

/// An object and the manager that keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) manager: Option<Id>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Process(Child),
    Lock(Lock),
    Condition(Condition),
    Event(Event),
    Barrier(Barrier),
    Queue(Queue),
    /// What was sent by each side and not yet received; whether both sides send.
    Pipe([Vec<Val>; 2], bool),
    Shared(Shared),
    /// Whether it lives, and who made it.
    Manager(bool, Id),
    Kept(Kept, Val),
    Pool(Pool),
    Job(Job),
}

/// A process as its creator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Child {
    pub(crate) creator: Id,
    pub(crate) target: Option<Rc<str>>,
    pub(crate) args: Rc<[Val]>,
    pub(crate) named: Rc<[(Rc<str>, Val)]>,
    pub(crate) name: Val,
    pub(crate) is_daemon: bool,
    pub(crate) method: StartMethod,
    pub(crate) life: Life,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Life {
    New,
    Running(Id),
    Ended(i32),
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    pub(crate) is_recursive: bool,
    pub(crate) is_semaphore: bool,
    pub(crate) free: i64,
    /// The most that can be free.
    pub(crate) limit: Option<i64>,
    pub(crate) owner: Owner,
    /// How often its owner has taken it.
    pub(crate) depth: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    Nobody,
    Process(Id),
    /// It ended; nobody has asked for the lock since.
    Dead,
    /// It ended, and the lock stays held.
    Silent,
    /// It ended, and the lock says so.
    Told,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    pub(crate) lock: Id,
    /// Who sleeps, and was not (false) or was notified (true).
    pub(crate) sleeping: BTreeMap<Id, bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Event {
    pub(crate) is_set: bool,
    /// Who waits, and was let go (true).
    pub(crate) waiting: BTreeMap<Id, bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Barrier {
    pub(crate) parties: usize,
    pub(crate) action: Option<Rc<str>>,
    pub(crate) timeout: Val,
    pub(crate) is_broken: bool,
    pub(crate) is_acting: bool,
    /// In the order of their coming.
    pub(crate) waiting: Vec<Id>,
    /// Who has not yet returned, and with what.
    pub(crate) leaving: BTreeMap<Id, Leaving>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Leaving {
    Passed(i64),
    /// It passed, and the barrier was aborted before it returned.
    Overtaken(i64),
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    pub(crate) is_simple: bool,
    pub(crate) is_joinable: bool,
    /// What is put is there at once.
    pub(crate) is_direct: bool,
    pub(crate) limit: i64,
    /// How many were put less taken.
    pub(crate) count: i64,
    pub(crate) arrived: Vec<Val>,
    /// What each process put and has not yet handed over.
    pub(crate) buffers: BTreeMap<Id, Vec<Val>>,
    pub(crate) closed: BTreeSet<Id>,
    pub(crate) cancelled: BTreeSet<Id>,
    pub(crate) unfinished: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shared {
    pub(crate) is_array: bool,
    pub(crate) code: u8,
    pub(crate) numbers: Vec<Val>,
    pub(crate) lock: Option<Id>,
}

/// What a manager keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kept {
    Dict,
    List,
    Namespace,
    Value,
    Array(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pool {
    pub(crate) creator: Id,
    pub(crate) size: usize,
    pub(crate) method: StartMethod,
    pub(crate) is_closed: bool,
    pub(crate) is_terminated: bool,
    /// With what it is given, in the creator's memory.
    pub(crate) initializer: Option<(Rc<str>, Val)>,
    /// How many tasks a worker does; 0: any number.
    pub(crate) tasks_max: u32,
    pub(crate) tasks: Vec<Task>,
    /// Workers that are yet to be forked in place of others.
    pub(crate) missing: u32,
    pub(crate) started: u32,
    /// Whether a thread calls callbacks; results then wait for it.
    pub(crate) has_handler: bool,
    pub(crate) arrived: Vec<(Id, usize, Got)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Task {
    pub(crate) job: Id,
    pub(crate) chunk: usize,
    pub(crate) function: Rc<str>,
    /// The arguments of each call, by position and by name.
    pub(crate) calls: Val,
}

/// What became of a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Got {
    Values(Vec<Val>),
    Error(Error),
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    pub(crate) pool: Id,
    pub(crate) shape: Shape,
    pub(crate) chunks: Vec<Option<Got>>,
    /// How many chunks have not come.
    pub(crate) left: usize,
    pub(crate) is_ready: bool,
    pub(crate) error: Option<Error>,
    pub(crate) callback: Option<Rc<str>>,
    pub(crate) error_callback: Option<Rc<str>>,
    /// Of an iterator: what can be taken, and how many chunks are in it.
    pub(crate) next: Vec<Got>,
    pub(crate) lined_up: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    One,
    Map,
    Iterator,
    Unordered,
}

impl World {
    pub(crate) fn process(&self, id: &Id) -> &Process {
        &self.processes[id]
    }

    /// One that lives.
    pub(crate) fn process_mut(&mut self, id: &Id) -> &mut Process {
        let process = self.processes.get_mut(id);
        Rc::make_mut(process.expect("whoever is named here lives"))
    }

    pub(crate) fn memory(&self, process: &Id) -> &Memory {
        &self.memories[&self.process(process).memory]
    }

    pub(crate) fn memory_mut(&mut self, process: &Id) -> &mut Memory {
        let memory = self.process(process).memory.clone();
        let memory = self.memories.get_mut(&memory);
        Rc::make_mut(memory.expect("a process has a memory"))
    }

    pub(crate) fn kind(&self, object: &Id) -> &Kind {
        &self.objects[object].kind
    }

    pub(crate) fn kind_mut(&mut self, object: &Id) -> &mut Kind {
        let object = self.objects.get_mut(object);
        &mut Rc::make_mut(object.expect("objects are never forgotten")).kind
    }

    pub(crate) fn is_threads(&self) -> bool {
        self.method == StartMethod::Threads
    }

    /// An id for something that this process makes.
    pub(crate) fn fresh(&mut self, process: &Id) -> Id {
        let maker = self.process_mut(process);
        maker.made += 1;
        child(process, maker.made)
    }

    pub(crate) fn create(&mut self, process: &Id, kind: Kind) -> Id {
        let id = self.fresh(process);
        let object = Object {
            manager: None,
            kind,
        };
        self.objects.insert(id.clone(), Rc::new(object));
        id
    }

    /// Whether others can change the memory of this process while it runs.
    pub(crate) fn shares_memory(&self, process: &Id) -> bool {
        self.is_threads() || self.memory(process).is_shared
    }
}
