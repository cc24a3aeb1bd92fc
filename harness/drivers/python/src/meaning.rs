//! What each method of the catalogue means to who writes a call of it in Python.
//!
//! A method that the catalogue gains does not compile until it is said here.

use poolproof_case::catalogue::{
    AsyncResultMethod, BarrierMethod, Class, DictMethod, ManagerMethod, Method, ModuleMethod,
    PoolMethod, ProcessMethod, ResultIteratorMethod,
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
    /// The class that threads raise besides, where the catalogue speaks of wrong usage.
    pub(crate) usage_of_threads: Option<&'static str>,
}

const PLAIN: Meaning = Meaning {
    is_by_position: false,
    gives_view: false,
    delivers: false,
    usage_of_threads: None,
};

const DELIVERING: Meaning = Meaning {
    delivers: true,
    ..PLAIN
};

/// What a method means.
pub(crate) fn meaning(method: Method) -> Meaning {
    let by_position = Meaning {
        is_by_position: true,
        ..PLAIN
    };
    let of_threads = Meaning {
        usage_of_threads: Some("RuntimeError"),
        ..PLAIN
    };
    match method {
        Method::Process(ProcessMethod::Start | ProcessMethod::Join)
        | Method::Pool(PoolMethod::Join) => of_threads,
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
        Method::Manager(method) => match method {
            ManagerMethod::Dict
            | ManagerMethod::List
            | ManagerMethod::Value
            | ManagerMethod::Array => by_position,
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
            | ManagerMethod::Shutdown => PLAIN,
        },
        Method::Dict(method) => Meaning {
            gives_view: match method {
                DictMethod::Keys | DictMethod::Values | DictMethod::Items => true,
                DictMethod::Get
                | DictMethod::Pop
                | DictMethod::SetDefault
                | DictMethod::Update
                | DictMethod::Copy
                | DictMethod::Clear => false,
            },
            ..by_position
        },
        // All of these are written alike.
        Method::List(_) => by_position,
        Method::Module(_)
        | Method::Connection(_)
        | Method::Queue(_)
        | Method::SimpleQueue(_)
        | Method::Lock(_)
        | Method::Condition(_)
        | Method::Event(_)
        | Method::Shared(_)
        | Method::ManagedValue(_)
        | Method::Make(_) => PLAIN,
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
