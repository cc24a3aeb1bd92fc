//! Modes: what kinds of accesses there are, which of them commute, and which enable which.
//!
//! A set of modes is a bit each; each method and attribute of the catalogue has those that it may
//! have.

use std::sync::LazyLock;

use poolproof_case::catalogue::{
    AsyncResultMethod, Attribute, BarrierAttribute, BarrierMethod, ConditionMethod,
    ConnectionAttribute, ConnectionMethod, DictMethod, EventMethod, ListMethod, LockMethod,
    ManagedValueAttribute, ManagedValueMethod, ManagerAttribute, ManagerMethod, Method,
    ModuleMethod, NamespaceAttribute, PoolMethod, ProcessAttribute, ProcessMethod, QueueMethod,
    ResultIteratorMethod, SharedAttribute, SharedMethod, SimpleQueueMethod,
};

/// A set of modes.
pub(crate) type Modes = u64;

macro_rules! modes {
    ($($name:ident),* $(,)?) => {
        modes!(@ 0; $($name,)*);
        /// Every mode.
        pub(crate) const ALL: &[Modes] = &[$($name),*];
    };
    (@ $at:expr; $name:ident, $($rest:ident,)*) => {
        pub(crate) const $name: Modes = 1 << $at;
        modes!(@ $at + 1; $($rest,)*);
    };
    (@ $at:expr;) => {};
}

modes!(
    PRINT, ACQUIRE, TRY, RELEASE, PASS, PUT, TRY_PUT, GET, TRY_GET, FEED, TASK_DONE, QUEUE_JOIN,
    QUEUE_END, SEND, RECEIVE, POLL, CLOSE, JOIN, STATUS, END, SIGNAL, RUN, READ, WRITE, WAIT, PEEK,
    SET, CLEAR, BARRIER, CONDITION, CLAIM, DELIVER, RESULT, TRY_RESULT, SUBMIT, POOL_END,
    POOL_JOIN, START, MEMORY, USE, SHUT_DOWN, BREAK,
);

/// Pairs of modes on one object that commute wherever both can happen.
const COMMUTE: &[(Modes, Modes)] = &[
    // Readers, and those who pass a lock at once, do not notice each other.
    (
        READ | PEEK | PASS | STATUS | USE | TRY_RESULT,
        READ | PEEK | PASS | STATUS | USE | TRY_RESULT,
    ),
    // The two ends of a queue or pipe that is neither empty nor full.
    (PUT, PUT | GET | FEED | QUEUE_END | CLOSE | USE),
    (FEED, GET | QUEUE_END),
    (GET, TASK_DONE | QUEUE_END | QUEUE_JOIN | USE),
    (
        QUEUE_END,
        QUEUE_END | TASK_DONE | QUEUE_JOIN | TRY_GET | TRY_PUT | FEED,
    ),
    (QUEUE_JOIN, QUEUE_JOIN | FEED),
    (TASK_DONE, FEED),
    (SEND, RECEIVE),
    // Closing matters to a reader only once nothing is left, and then it enables.
    (CLOSE, CLOSE | RECEIVE),
    (JOIN, JOIN | END | RUN | STATUS | START),
    (RUN, RUN | STATUS | END | START),
    (WAIT, WAIT | SET | PEEK),
    (SET, SET),
    (
        RESULT,
        RESULT | DELIVER | SUBMIT | CLAIM | TRY_RESULT | POOL_JOIN,
    ),
    (SUBMIT, CLAIM | DELIVER),
    (CLAIM, DELIVER),
    (POOL_JOIN, POOL_JOIN | CLAIM | DELIVER | SUBMIT),
    (START, START | STATUS),
    (USE, !(SHUT_DOWN | BREAK)),
];

/// For each mode, those with which it does not commute.
static CONFLICTS: LazyLock<Vec<Modes>> = LazyLock::new(|| {
    let commuting = |mode: &Modes| {
        let of = |(left, right): &(Modes, Modes)| {
            let free = if left & mode == 0 { 0 } else { *right };
            if right & mode == 0 { free } else { free | left }
        };
        COMMUTE.iter().map(of).fold(0, |all, one| all | one)
    };
    ALL.iter().map(|mode| !commuting(mode)).collect()
});

/// The modes with which accesses of these modes do not commute on one object.
pub(crate) fn conflicts(modes: Modes) -> Modes {
    let mut left = modes;
    let mut result = 0;
    while left != 0 {
        result |= CONFLICTS[left.trailing_zeros() as usize];
        left &= left - 1;
    }
    result
}

/// The modes that may let a blocked access of these modes go on.
pub(crate) fn enablers(modes: Modes) -> Modes {
    const TABLE: &[(Modes, Modes)] = &[
        (ACQUIRE | TRY | PASS, RELEASE | CONDITION),
        (PUT | TRY_PUT, GET | TRY_GET),
        (GET | TRY_GET, PUT | TRY_PUT | FEED),
        (QUEUE_JOIN, TASK_DONE),
        (QUEUE_END, FEED | GET | TRY_GET),
        (SEND, RECEIVE | CLOSE),
        (RECEIVE | POLL, SEND | CLOSE),
        (JOIN | STATUS, END),
        (WAIT | PEEK, SET),
        (BARRIER, BARRIER),
        (CONDITION, CONDITION | RELEASE),
        (
            RESULT | TRY_RESULT | POOL_JOIN,
            DELIVER | CLAIM | POOL_END | END | SUBMIT,
        ),
        (CLAIM, SUBMIT | POOL_END),
        (DELIVER, DELIVER | CLAIM),
    ];
    let of =
        |(blocked, enabling): &(Modes, Modes)| if blocked & modes == 0 { 0 } else { *enabling };
    TABLE.iter().map(of).fold(SHUT_DOWN, |all, one| all | one)
}

/// The modes that a call of this method with so many arguments may have.
pub(crate) fn of_call(method: Method, arguments: usize) -> Modes {
    let is_plain = arguments == 0;
    match method {
        Method::Module(method) => of_module(method),
        Method::Process(method) => of_process(method, is_plain),
        Method::Pool(method) => of_pool(method),
        Method::AsyncResult(method) => match method {
            AsyncResultMethod::Get | AsyncResultMethod::Wait if is_plain => RESULT,
            AsyncResultMethod::Get | AsyncResultMethod::Wait => RESULT | TRY_RESULT,
            AsyncResultMethod::Ready | AsyncResultMethod::Successful => TRY_RESULT,
        },
        Method::ResultIterator(ResultIteratorMethod::Next) => RESULT | TRY_RESULT,
        Method::Connection(method) => match method {
            ConnectionMethod::Send | ConnectionMethod::SendBytes => SEND,
            ConnectionMethod::Recv | ConnectionMethod::RecvBytes => RECEIVE,
            ConnectionMethod::Poll => POLL,
            ConnectionMethod::Close => CLOSE,
        },
        Method::Queue(method) => of_queue(method, arguments),
        Method::SimpleQueue(method) => match method {
            SimpleQueueMethod::Put => PUT,
            SimpleQueueMethod::Get => GET,
            SimpleQueueMethod::Empty => TRY_GET | TRY_PUT,
            SimpleQueueMethod::Close => QUEUE_END,
        },
        Method::Lock(method) => match method {
            LockMethod::Acquire => acquire(is_plain),
            LockMethod::Release => RELEASE,
            LockMethod::GetValue => TRY,
        },
        Method::Condition(method) => match method {
            ConditionMethod::Acquire => acquire(is_plain),
            ConditionMethod::Release => RELEASE,
            ConditionMethod::Wait => CONDITION | ACQUIRE | RELEASE,
            ConditionMethod::Notify | ConditionMethod::NotifyAll => CONDITION,
        },
        Method::Event(method) => match method {
            EventMethod::IsSet => PEEK,
            EventMethod::Set => SET,
            EventMethod::Clear => CLEAR,
            EventMethod::Wait if is_plain => WAIT,
            EventMethod::Wait => WAIT | PEEK,
        },
        Method::Barrier(method) => match method {
            BarrierMethod::Wait | BarrierMethod::Reset | BarrierMethod::Abort => BARRIER,
        },
        Method::Shared(method) => match method {
            SharedMethod::GetLock => 0,
            SharedMethod::Acquire => ACQUIRE,
            SharedMethod::Release => RELEASE,
        },
        Method::Manager(method) => of_manager(method),
        Method::ManagedValue(method) => match method {
            ManagedValueMethod::Get => READ,
            ManagedValueMethod::Set => WRITE,
        },
        Method::List(method) => of_list(method),
        Method::Dict(method) => of_dict(method),
        Method::Make(_) => USE,
    }
}

fn acquire(is_plain: bool) -> Modes {
    if is_plain { ACQUIRE } else { ACQUIRE | TRY }
}

fn of_module(method: ModuleMethod) -> Modes {
    match method {
        ModuleMethod::ActiveChildren => STATUS,
        ModuleMethod::GetContext
        | ModuleMethod::GetStartMethod
        | ModuleMethod::SetStartMethod
        | ModuleMethod::GetAllStartMethods
        | ModuleMethod::CurrentProcess
        | ModuleMethod::ParentProcess => 0,
    }
}

fn of_process(method: ProcessMethod, is_plain: bool) -> Modes {
    match method {
        ProcessMethod::Start => START,
        ProcessMethod::Join if is_plain => JOIN,
        ProcessMethod::Join => JOIN | STATUS,
        ProcessMethod::IsAlive | ProcessMethod::Close => STATUS,
        ProcessMethod::Run => STATUS | START,
        // It may be a worker, whose end is its pool's business.
        ProcessMethod::Terminate | ProcessMethod::Kill => SIGNAL | POOL_END,
    }
}

fn of_pool(method: PoolMethod) -> Modes {
    match method {
        PoolMethod::Apply
        | PoolMethod::ApplyAsync
        | PoolMethod::Map
        | PoolMethod::MapAsync
        | PoolMethod::Starmap
        | PoolMethod::StarmapAsync
        | PoolMethod::Imap
        | PoolMethod::ImapUnordered => SUBMIT | RESULT,
        PoolMethod::Close => POOL_END,
        PoolMethod::Terminate => SIGNAL | POOL_END,
        PoolMethod::Join => POOL_JOIN,
    }
}

fn of_queue(method: QueueMethod, arguments: usize) -> Modes {
    match method {
        QueueMethod::Put if arguments <= 1 => PUT,
        QueueMethod::Put | QueueMethod::PutNowait => PUT | TRY_PUT,
        QueueMethod::Get if arguments == 0 => GET,
        QueueMethod::Get => GET | TRY_GET,
        QueueMethod::GetNowait | QueueMethod::Qsize | QueueMethod::Empty | QueueMethod::Full => {
            TRY_GET | TRY_PUT
        }
        QueueMethod::Close | QueueMethod::JoinThread | QueueMethod::CancelJoinThread => QUEUE_END,
        QueueMethod::TaskDone => TASK_DONE,
        QueueMethod::Join => QUEUE_JOIN,
    }
}

fn of_manager(method: ManagerMethod) -> Modes {
    match method {
        ManagerMethod::Dict
        | ManagerMethod::List
        | ManagerMethod::Namespace
        | ManagerMethod::Lock
        | ManagerMethod::RLock
        | ManagerMethod::Semaphore
        | ManagerMethod::BoundedSemaphore
        | ManagerMethod::Condition
        | ManagerMethod::Event
        | ManagerMethod::Barrier
        | ManagerMethod::Queue
        | ManagerMethod::JoinableQueue
        | ManagerMethod::Value
        | ManagerMethod::Array => USE,
        ManagerMethod::Shared | ManagerMethod::Connect => USE | WRITE,
        ManagerMethod::Shutdown => SHUT_DOWN,
    }
}

fn of_list(method: ListMethod) -> Modes {
    match method {
        ListMethod::Append
        | ListMethod::Extend
        | ListMethod::Insert
        | ListMethod::Pop
        | ListMethod::Remove
        | ListMethod::Reverse
        | ListMethod::Sort => READ | WRITE | MEMORY,
        ListMethod::Index | ListMethod::Count => READ | MEMORY,
    }
}

fn of_dict(method: DictMethod) -> Modes {
    match method {
        DictMethod::Pop | DictMethod::SetDefault | DictMethod::Update => READ | WRITE | MEMORY,
        DictMethod::Get
        | DictMethod::Keys
        | DictMethod::Values
        | DictMethod::Items
        | DictMethod::Copy => READ | MEMORY,
        DictMethod::Clear => WRITE | MEMORY,
    }
}

/// The modes that reading an attribute may have.
pub(crate) fn of_get(attribute: Attribute) -> Modes {
    match attribute {
        Attribute::Process(attribute) => match attribute {
            ProcessAttribute::ExitCode => STATUS,
            ProcessAttribute::Name
            | ProcessAttribute::Daemon
            | ProcessAttribute::Pid
            | ProcessAttribute::AuthKey => READ,
        },
        Attribute::Barrier(attribute) => match attribute {
            BarrierAttribute::Parties => READ,
            BarrierAttribute::Waiting | BarrierAttribute::Broken => BARRIER,
        },
        Attribute::Shared(SharedAttribute::Value)
        | Attribute::ManagedValue(ManagedValueAttribute::Value) => READ | PASS,
        Attribute::Connection(
            ConnectionAttribute::Closed
            | ConnectionAttribute::Readable
            | ConnectionAttribute::Writable,
        )
        | Attribute::Manager(ManagerAttribute::Address)
        | Attribute::Namespace(NamespaceAttribute::Any) => READ,
    }
}

/// The modes that setting any attribute may have.
pub(crate) const SET_ATTRIBUTE: Modes = WRITE | PASS;
pub(crate) const ENTER: Modes = ACQUIRE;
pub(crate) const LEAVE: Modes = RELEASE | CLOSE | POOL_END | SIGNAL | SHUT_DOWN;
pub(crate) const READ_ITEM: Modes = READ | PASS | MEMORY | RESULT | TRY_RESULT;
pub(crate) const WRITE_ITEM: Modes = WRITE | PASS | MEMORY;
