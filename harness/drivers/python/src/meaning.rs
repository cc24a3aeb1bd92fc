//! What each method of the catalogue means to who writes a call of it in Python.
//!
//! A method that the catalogue gains does not compile until it is said here.

use poolproof_case::catalogue::{
    AsyncResultMethod, BarrierMethod, Class, ConditionMethod, ConnectionMethod, DictMethod,
    EventMethod, ListMethod, LockMethod, ManagedValueMethod, ManagerMethod, Method, ModuleMethod,
    PoolMethod, ProcessMethod, QueueMethod, ResultIteratorMethod, SharedMethod, SimpleQueueMethod,
};

/// How a call is written, and what comes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// Its arguments have no names in Python.
    pub(crate) is_by_position: bool,
    /// It gives a view, which a case has as a list.
    pub(crate) gives_view: bool,
    /// It may raise what a function of the program raised.
    pub(crate) delivers: bool,
    /// Threads raise a class of their own where the catalogue speaks of wrong usage.
    pub(crate) is_misused_by_threads: bool,
}

const PLAIN: Meaning = Meaning {
    is_by_position: false,
    gives_view: false,
    delivers: false,
    is_misused_by_threads: false,
};

const DELIVERING: Meaning = Meaning {
    delivers: true,
    ..PLAIN
};

const BY_POSITION: Meaning = Meaning {
    is_by_position: true,
    ..PLAIN
};

const MISUSED_BY_THREADS: Meaning = Meaning {
    is_misused_by_threads: true,
    ..PLAIN
};

/// What a method means.
pub(crate) fn meaning(method: Method) -> Meaning {
    match method {
        Method::Process(ProcessMethod::Start | ProcessMethod::Join)
        | Method::Pool(PoolMethod::Join) => MISUSED_BY_THREADS,
        Method::Process(ProcessMethod::Run)
        | Method::Pool(PoolMethod::Apply | PoolMethod::Map | PoolMethod::Starmap)
        | Method::AsyncResult(AsyncResultMethod::Get)
        | Method::ResultIterator(ResultIteratorMethod::Next)
        | Method::Barrier(BarrierMethod::Wait) => DELIVERING,
        Method::Process(
            ProcessMethod::IsAlive
            | ProcessMethod::Terminate
            | ProcessMethod::Kill
            | ProcessMethod::Close,
        )
        | Method::Pool(
            PoolMethod::ApplyAsync
            | PoolMethod::MapAsync
            | PoolMethod::StarmapAsync
            | PoolMethod::Imap
            | PoolMethod::ImapUnordered
            | PoolMethod::Close
            | PoolMethod::Terminate,
        )
        | Method::AsyncResult(
            AsyncResultMethod::Wait | AsyncResultMethod::Ready | AsyncResultMethod::Successful,
        )
        | Method::Barrier(BarrierMethod::Reset | BarrierMethod::Abort) => PLAIN,
        Method::Manager(method) => Meaning {
            is_by_position: manager_takes_by_position(method),
            ..PLAIN
        },
        Method::Dict(method) => Meaning {
            gives_view: dict_gives_view(method),
            ..BY_POSITION
        },
        Method::List(method) => Meaning {
            gives_view: list_gives_view(method),
            ..BY_POSITION
        },
        Method::Queue(method) => of_queue(method),
        Method::Connection(
            ConnectionMethod::Send
            | ConnectionMethod::Recv
            | ConnectionMethod::SendBytes
            | ConnectionMethod::RecvBytes
            | ConnectionMethod::Poll
            | ConnectionMethod::Close,
        )
        | Method::SimpleQueue(
            SimpleQueueMethod::Put
            | SimpleQueueMethod::Get
            | SimpleQueueMethod::Empty
            | SimpleQueueMethod::Close,
        ) => PLAIN,
        Method::Lock(method) => of_lock(method),
        Method::Condition(method) => of_condition(method),
        Method::Event(method) => of_event(method),
        Method::Shared(SharedMethod::GetLock | SharedMethod::Acquire | SharedMethod::Release)
        | Method::ManagedValue(ManagedValueMethod::Get | ManagedValueMethod::Set)
        | Method::Make(_) => PLAIN,
        Method::Module(method) => of_module(method),
    }
}

fn manager_takes_by_position(method: ManagerMethod) -> bool {
    match method {
        ManagerMethod::Dict | ManagerMethod::List | ManagerMethod::Value | ManagerMethod::Array => {
            true
        }
        ManagerMethod::Namespace
        | ManagerMethod::Lock
        | ManagerMethod::RLock
        | ManagerMethod::Semaphore
        | ManagerMethod::BoundedSemaphore
        | ManagerMethod::Condition
        | ManagerMethod::Event
        | ManagerMethod::Barrier
        | ManagerMethod::Queue
        | ManagerMethod::JoinableQueue
        | ManagerMethod::Shared
        | ManagerMethod::Connect
        | ManagerMethod::Shutdown => false,
    }
}

fn dict_gives_view(method: DictMethod) -> bool {
    match method {
        DictMethod::Keys | DictMethod::Values | DictMethod::Items => true,
        DictMethod::Get
        | DictMethod::Pop
        | DictMethod::SetDefault
        | DictMethod::Update
        | DictMethod::Copy
        | DictMethod::Clear => false,
    }
}

fn list_gives_view(method: ListMethod) -> bool {
    match method {
        ListMethod::Append
        | ListMethod::Extend
        | ListMethod::Insert
        | ListMethod::Pop
        | ListMethod::Remove
        | ListMethod::Index
        | ListMethod::Count
        | ListMethod::Reverse
        | ListMethod::Sort => false,
    }
}

fn of_lock(method: LockMethod) -> Meaning {
    match method {
        LockMethod::Acquire | LockMethod::Release | LockMethod::GetValue => PLAIN,
    }
}

fn of_condition(method: ConditionMethod) -> Meaning {
    match method {
        ConditionMethod::Acquire
        | ConditionMethod::Release
        | ConditionMethod::Wait
        | ConditionMethod::Notify
        | ConditionMethod::NotifyAll => PLAIN,
    }
}

fn of_event(method: EventMethod) -> Meaning {
    match method {
        EventMethod::IsSet | EventMethod::Set | EventMethod::Clear | EventMethod::Wait => PLAIN,
    }
}

fn of_queue(method: QueueMethod) -> Meaning {
    match method {
        QueueMethod::Put
        | QueueMethod::Get
        | QueueMethod::PutNowait
        | QueueMethod::GetNowait
        | QueueMethod::Qsize
        | QueueMethod::Empty
        | QueueMethod::Full
        | QueueMethod::Close
        | QueueMethod::JoinThread
        | QueueMethod::CancelJoinThread
        | QueueMethod::TaskDone
        | QueueMethod::Join => PLAIN,
    }
}

fn of_module(method: ModuleMethod) -> Meaning {
    match method {
        ModuleMethod::GetContext
        | ModuleMethod::GetStartMethod
        | ModuleMethod::SetStartMethod
        | ModuleMethod::GetAllStartMethods
        | ModuleMethod::ActiveChildren
        | ModuleMethod::CurrentProcess
        | ModuleMethod::ParentProcess => PLAIN,
    }
}

/// Whether a call of a class's method may raise what a function of the program raised.
pub(crate) fn delivers(class: Class, method: Method) -> bool {
    // A manager's barrier has no action.
    class != Class::ManagedBarrier && meaning(method).delivers
}

/// Whether a function of the module is about its own default context; the others are the run's.
pub(crate) fn is_of_module(method: ModuleMethod) -> bool {
    match method {
        ModuleMethod::GetContext
        | ModuleMethod::GetStartMethod
        | ModuleMethod::SetStartMethod
        | ModuleMethod::GetAllStartMethods => true,
        ModuleMethod::ActiveChildren
        | ModuleMethod::CurrentProcess
        | ModuleMethod::ParentProcess => false,
    }
}
