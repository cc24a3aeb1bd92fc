//! A state of the machine: memories, processes and objects, without any history of lines.
//!
//! A state is a plain value; two that compare equal after [`State::compact`] have one key.

pub(crate) mod compact;
pub(crate) mod key;
pub(crate) mod message;
pub(crate) mod part;
pub(crate) mod reached;
pub(crate) mod renumber;
pub(crate) mod value;

use poolproof_case::{ErrorKind, StartMethod};
use smallvec::SmallVec;

use self::part::Part;
use self::renumber::Renumber;
use crate::objects::Object;
use crate::objects::result::Single;
pub(crate) use value::{
    AUTHKEY, Cell, End, Message, NOBODY, ObjectId, Parcel, ProcessId, SpaceId, Symbol, Val,
};

/// All that matters for what can still happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) spaces: Vec<Part<Space>>,
    pub(crate) processes: Vec<Part<Process>>,
    pub(crate) objects: Vec<Part<Object>>,
    /// Managers that run, whoever can reach them.
    pub(crate) managers: Vec<ObjectId>,
    /// How main ended, once it has.
    pub(crate) main_ended: Option<i32>,
    /// Whether a fork server runs that may have loaded main.
    pub(crate) has_fork_server: bool,
    /// The next unused number for pids and their like.
    pub(crate) opaque_next: u32,
    /// What it was when the state was last compact.
    pub(crate) opaque_known: u32,
}

/// The memory of an operating-system process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Space {
    pub(crate) cells: Vec<Cell>,
    pub(crate) globals: Vec<Val>,
    /// Open ends that nothing refers to; each may close at any moment, or stay.
    pub(crate) lost_ends: Vec<End>,
    /// Those of them that stay open until the process ends.
    pub(crate) kept_ends: Vec<End>,
    /// The default start method, once it is fixed.
    pub(crate) default_method: Option<StartMethod>,
}

/// Who moves: a process (or thread) of the program, a pool's worker, a pool's result handler.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    pub(crate) space: SpaceId,
    pub(crate) role: Role,
    /// Its `Process` object, [`NOBODY`] for none.
    pub(crate) object: ObjectId,
    pub(crate) parent: ProcessId,
    /// Where the program asks for it: the object of its parent, also when that has ended, and the name
    /// that the parent had when it started this one.
    pub(crate) parent_object: ObjectId,
    pub(crate) parent_name: Val,
    pub(crate) pid: Val,
    pub(crate) name: Val,
    pub(crate) is_daemon: bool,
    pub(crate) method: StartMethod,
    pub(crate) frames: Vec<Frame>,
    /// While it loads the main program again (a program without a guard).
    pub(crate) is_loading: bool,
    pub(crate) is_stopped: bool,
    /// A signal on its way.
    pub(crate) signal: Option<Signal>,
    /// The access that was under way when it was sent is over: it arrives before any other.
    pub(crate) is_signal_due: bool,
    pub(crate) ending: Option<Finish>,
    /// It has ended; the next compaction drops it.
    pub(crate) is_gone: bool,
}

/// What a process is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    Main,
    Child,
    /// A worker of a pool: the tasks that it has done, and the one that it does.
    Worker {
        pool: ObjectId,
        done: u32,
        work: Work,
    },
    /// The thread that calls a pool's callbacks, and the job whose callback it has called.
    Handler {
        pool: ObjectId,
        job: ObjectId,
    },
}

/// What a pool's worker does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    /// It runs the initializer.
    Starting,
    Idle,
    Task(Task),
}

/// A chunk of a pool's work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Task {
    pub(crate) job: ObjectId,
    /// The chunk's number.
    pub(crate) index: u32,
    pub(crate) function: u16,
    /// The arguments of each call still to make.
    pub(crate) calls: std::collections::VecDeque<Parcel>,
    /// What has come of the calls so far.
    pub(crate) results: Vec<Single>,
    /// Two of its calls have a list or dict in common, which is one to them, or is not.
    pub(crate) is_common: bool,
    /// What one of several calls has given is in the worker's own memory, where the others find it, too.
    pub(crate) gives_common: bool,
    /// What the last call raised; whether those after it are made is open.
    pub(crate) error: Option<(ErrorKind, Symbol)>,
}

/// The last steps of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Finish {
    pub(crate) code: i32,
    pub(crate) stage: Stage,
}

/// How far a process's end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// Its daemons are to be terminated.
    Daemons,
    /// It waits for its children.
    Children,
    /// It waits until what it put has been handed over.
    Feeders,
    /// It has nothing left but to end.
    Leave,
}

/// What one process does to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Signal {
    Stop,
    Continue,
    Terminate,
    Kill,
}

/// The values of a call: few, mostly.
pub(crate) type Values = SmallVec<[Val; 4]>;

/// A call in progress.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Frame {
    pub(crate) function: u16,
    pub(crate) pc: u32,
    pub(crate) locals: Values,
    pub(crate) stack: Values,
    pub(crate) phase: Phase,
    /// Its caller takes no result: it waits in a phase of its own.
    pub(crate) is_detached: bool,
}

/// How far an access of several steps has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// At its beginning.
    Begin,
    /// It waits for ever, whatever happens.
    Stuck,
    /// It waits until what it wrote fits into the pipe.
    Writing,
    /// It waits in a condition with the lock given back so many times.
    Waiting(u32),
    /// It was notified (true) or its time was up (false), and takes the lock back.
    Woken(u32, bool),
    /// It has so many still to notify.
    Notifying(u32),
    /// It waits at a barrier, or for an event, and was not yet let go.
    Arrived(u32),
    /// It was let go with this number.
    Released(u32),
    /// It was let go with this number, and the barrier was aborted before it had returned.
    Overtaken(u32),
    /// The barrier was broken while it waited.
    Broken,
    /// The barrier's action runs.
    Acting,
    /// Its task is handed in; it waits for this result.
    Result(ObjectId),
    /// A slice or a loop over shared numbers is at this one.
    At(u32),
    /// The workers were told to end.
    Ending,
}

impl Role {
    fn renumber(&mut self, renumber: &mut Renumber) {
        match self {
            Role::Main | Role::Child => {}
            Role::Handler { pool, job } => {
                renumber.object(pool);
                renumber.object(job);
            }
            Role::Worker { pool, work, .. } => {
                renumber.object(pool);
                if let Work::Task(task) = work {
                    renumber.object(&mut task.job);
                    let results = task.results.iter_mut().flatten();
                    let parcels = task.calls.iter_mut().chain(results);
                    parcels.for_each(|parcel| renumber.parcel(parcel));
                }
            }
        }
    }
}

impl Process {
    /// Gives each reference its new number.
    fn renumber(&mut self, renumber: &mut Renumber) {
        renumber.object(&mut self.object);
        renumber.object(&mut self.parent_object);
        renumber.value(&mut self.parent_name);
        renumber.value(&mut self.pid);
        renumber.value(&mut self.name);
        self.role.renumber(renumber);
        for frame in &mut self.frames {
            let values = frame.locals.iter_mut().chain(&mut frame.stack);
            values.for_each(|value| renumber.value(value));
            if let Phase::Result(job) = &mut frame.phase {
                renumber.object(job);
            }
        }
    }

    /// Whether it is a process of its own that lives.
    pub(crate) fn is_counted(&self) -> bool {
        !self.is_gone && !matches!(self.role, Role::Handler { .. })
    }
}

impl State {
    /// A state in which there is nothing.
    pub(crate) fn empty() -> State {
        State {
            spaces: Vec::new(),
            processes: Vec::new(),
            objects: Vec::new(),
            managers: Vec::new(),
            main_ended: None,
            has_fork_server: false,
            opaque_next: 0,
            opaque_known: 0,
        }
    }

    /// Whether a process has gone since the state was last compact.
    pub(crate) fn has_lost_a_process(&self) -> bool {
        let mut changed = self.processes.iter().filter(|one| one.is_changed());
        changed.any(|one| one.is_gone)
    }

    /// The frame that moves when this process does.
    pub(crate) fn frame(&self, process: ProcessId) -> Option<&Frame> {
        self.processes[process as usize].frames.last()
    }

    pub(crate) fn frame_mut(&mut self, process: ProcessId) -> &mut Frame {
        let frames = &mut self.processes[process as usize].frames;
        frames.last_mut().expect("who makes an access has a frame")
    }

    pub(crate) fn space(&self, process: ProcessId) -> &Space {
        &self.spaces[self.processes[process as usize].space as usize]
    }

    pub(crate) fn space_mut(&mut self, process: ProcessId) -> &mut Space {
        &mut self.spaces[self.processes[process as usize].space as usize]
    }

    /// A new container in a process's memory.
    pub(crate) fn allocate(&mut self, process: ProcessId, cell: Cell) -> Val {
        let cells = &mut self.space_mut(process).cells;
        cells.push(cell);
        Val::Ref(cells.len() as u32 - 1)
    }

    /// A new object.
    pub(crate) fn create(&mut self, object: Object) -> ObjectId {
        self.objects.push(Part::new(object));
        self.objects.len() as u32 - 1
    }

    /// A new number that only compares.
    pub(crate) fn opaque(&mut self) -> Val {
        self.opaque_next += 1;
        Val::Opaque(self.opaque_next)
    }
}
