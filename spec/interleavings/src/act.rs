//! The accesses: all that a process can do that others might notice, each as one step.
//!
//! What takes several steps (waiting on a condition, a slice of shared memory, handing in a task and
//! waiting for it) is made of several of these, in `library` and `pool`.

use std::rc::Rc;

use poolproof_case::{ErrorKind, StartMethod};

use crate::value::{Answer, Id, Val, Wait};
use crate::world::{Got, Shape, Signal, World};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    Print(Rc<str>),
    /// The program is loaded.
    Loaded,
    /// Waits until nothing else can move.
    Settle,
    Send(Id, Signal),
    /// What waits for ever, whatever happens, but for its own limit.
    Stuck(Wait, ErrorKind),

    /// Puts what has arrived, or was written out, into the memory.
    Make(Val),
    /// Reads a value as a whole.
    Read(Val),
    /// An operation on a list or dict, of the process or of a manager.
    Contain(Val, Rc<str>, Vec<Val>),
    Global(Rc<str>),
    SetGlobal(Rc<str>, Val),
    /// Makes an object of the catalogue.
    New(Rc<str>, Vec<Val>, StartMethod),
    /// An attribute of an object.
    Get(Id, Rc<str>),
    Set(Id, Rc<str>, Val),
    GetStartMethod(bool),
    SetStartMethod(Val, bool),
    GetContext(Val),
    CurrentProcess,
    ParentProcess,

    Start(Id),
    Join(Id, Wait),
    IsAlive(Id),
    Stop(Id, Signal),
    CloseProcess(Id),

    Acquire(Id, Wait),
    Release(Id),
    Count(Id),
    /// Gives a condition's lock back to sleep; gives how often it was held.
    Sleep(Id),
    Wake(Id, Wait),
    /// Takes the lock back so many times.
    Retake(Id, u32),
    Notify(Id),
    NotifyAll(Id),
    IsSet(Id),
    SetEvent(Id),
    ClearEvent(Id),
    AwaitEvent(Id, Wait),
    LetGo(Id, Wait),
    /// Comes to a barrier: a number for the last, a text where it is to do the action.
    /// Comes to a barrier; whether the moment shows in which the last lets the others go.
    Arrive(Id, Wait, bool),
    Pass(Id, Wait),
    /// The action is done; it may have failed.
    Acted(Id, bool),
    Reset(Id),
    Abort(Id),

    Put(Id, Val, Wait),
    TakeNext(Id, Wait),
    Size(Id),
    IsEmpty(Id),
    IsFull(Id),
    CloseQueue(Id),
    Flushed(Id),
    CancelFlush(Id),
    TaskDone(Id),
    AllDone(Id),

    SendTo(Val, Val),
    Receive(Val),
    Poll(Val, Wait),
    CloseEnd(Val),
    GetOfEnd(Val, Rc<str>),

    /// A number of shared memory, by its index, or none of them.
    ReadShared(Id, Val),
    WriteShared(Id, Val, Val),
    Shutdown(Id),

    Submit(Id, Submission),
    EnterPool(Id),
    ClosePool(Id),
    TerminatePool(Id),
    /// Waits until a pool's workers are gone; whether it may be asked to while the pool is open.
    PoolOver(Id, bool),
    /// What has become of a job, for one who waits so long for it.
    JobDone(Id, Wait),
    IsReady(Id, bool),
    NextResult(Id, Wait),
    TakeTask(Id),
    /// A value as it travels.
    Packed(Val),
    HandIn(Id, Got),
    /// The thread of callbacks takes a result; gives the job where its callback is to be called.
    TakeResult(Id),
    /// The callback is done; it may have raised this.
    CalledBack(Id, Option<(ErrorKind, Rc<str>)>),

    /// A process that ends: its daemons and managers, its children, what it put, itself.
    EndDaemons,
    EndChildren,
    EndFlush,
    Leave(i32),
}

impl Act {
    /// The object that it is made to, and that a manager may keep.
    pub(crate) fn object(&self) -> Option<&Id> {
        match self {
            Act::Read(Val::Object(id))
            | Act::Contain(Val::Object(id), ..)
            | Act::Get(id, _)
            | Act::Set(id, ..)
            | Act::Acquire(id, _)
            | Act::Release(id)
            | Act::Count(id)
            | Act::Sleep(id)
            | Act::Wake(id, _)
            | Act::Retake(id, _)
            | Act::Notify(id)
            | Act::NotifyAll(id)
            | Act::IsSet(id)
            | Act::SetEvent(id)
            | Act::ClearEvent(id)
            | Act::AwaitEvent(id, _)
            | Act::LetGo(id, _)
            | Act::Arrive(id, ..)
            | Act::Pass(id, _)
            | Act::Acted(id, _)
            | Act::Reset(id)
            | Act::Abort(id)
            | Act::Put(id, ..)
            | Act::TakeNext(id, _)
            | Act::Size(id)
            | Act::IsEmpty(id)
            | Act::IsFull(id)
            | Act::TaskDone(id)
            | Act::AllDone(id) => Some(id),
            _ => None,
        }
    }
}

/// What is handed to a pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Submission {
    pub(crate) function: Rc<str>,
    pub(crate) calls: Vec<Val>,
    pub(crate) chunk: Option<i64>,
    pub(crate) shape: Shape,
    pub(crate) callback: Option<Rc<str>>,
    pub(crate) error_callback: Option<Rc<str>>,
}

/// One way in which an access can be made, and the world after it.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) world: World,
    /// None where the process still waits.
    pub(crate) answer: Option<Answer>,
}

/// All the ways in which an access can be made now.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    pub(crate) now: Vec<Way>,
    /// Where nothing else can move.
    pub(crate) late: Vec<Way>,
}

/// What the interpreter does not know how to do.
pub(crate) type Outside = String;

/// The text of an error that is the library's: no program prints it.
pub(crate) const OWN_TEXT: &str = "\u{1}";

pub(crate) fn error(kind: ErrorKind) -> Answer {
    Err((kind, OWN_TEXT.into()))
}

impl Ways {
    pub(crate) fn one(world: World, answer: Answer) -> Ways {
        Ways::default().or(world, answer)
    }

    pub(crate) fn done(world: World) -> Ways {
        Ways::one(world, Ok(Val::None))
    }

    pub(crate) fn fails(world: World, kind: ErrorKind) -> Ways {
        Ways::one(world, error(kind))
    }

    /// Another way.
    pub(crate) fn or(mut self, world: World, answer: Answer) -> Ways {
        let answer = Some(answer);
        self.now.push(Way { world, answer });
        self
    }

    /// Something is decided, and the process still waits.
    pub(crate) fn or_stay(mut self, world: World) -> Ways {
        let answer = None;
        self.now.push(Way { world, answer });
        self
    }

    /// Nothing yet; this when the time is up.
    pub(crate) fn until(self, wait: Wait, world: World, answer: Answer) -> Ways {
        match wait {
            Wait::Forever => self,
            Wait::Never | Wait::Soon => self.or(world, answer),
            Wait::Late => {
                let mut ways = self;
                let answer = Some(answer);
                ways.late.push(Way { world, answer });
                ways
            }
        }
    }
}
