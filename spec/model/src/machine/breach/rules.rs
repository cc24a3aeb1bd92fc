//! The clauses that can be turned off, each with what may go wrong without it.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{
    AsyncResultMethod, Attribute, BarrierMethod, Class, ConditionMethod, ConnectionMethod,
    DictMethod, EventMethod, ListMethod, LockMethod, ManagedValueMethod, Method, PoolMethod,
    ProcessAttribute, ProcessMethod, QueueMethod, ResultIteratorMethod, SimpleQueueMethod,
};

use super::Answer::{False, Nothing, Number, True};
use super::Breach;
use super::Wrong::{
    self, Denies, Early, Hides, Idles, Keeps, Last, Raises, Returns, Reverses, Second, Sticks,
    Waits,
};
use crate::objects::Operation::{self, Call, Enter, Get, Leave, Set, SetItem};
use crate::state::Stage;

const LOST: &[Wrong] = &[Returns(Nothing)];
const EARLY: &[Wrong] = &[Early(Nothing), Waits];
const LOST_OR_STUCK: &[Wrong] = &[Returns(Nothing), Waits];
const NONE: &[Wrong] = &[];
const OTHERS: &[Wrong] = &[Second, Last];

/// All that can be turned off, the nearest to what programs do first.
pub(crate) const BREACHES: &[Breach] = &[
    Breach::of("PM-LOCK-MUTEX-001", |operation, class| {
        held(
            operation,
            class,
            &[Class::Lock, Class::RLock, Class::Condition],
        )
    }),
    Breach::of("PM-LOCK-SEMAPHORE-001", |operation, class| {
        held(
            operation,
            class,
            &[Class::Semaphore, Class::BoundedSemaphore],
        )
    }),
    Breach::of("PM-MANAGER-LOCK-001", |operation, class| {
        held(
            operation,
            class,
            &[Class::ManagedLock, Class::ManagedCondition],
        )
    }),
    Breach::of("PM-MANAGER-RLOCK-001", |operation, class| {
        held(operation, class, &[Class::ManagedRLock])
    }),
    Breach::of("PM-MANAGER-SEMAPHORE-001", |operation, class| {
        held(
            operation,
            class,
            &[Class::ManagedSemaphore, Class::ManagedBoundedSemaphore],
        )
    }),
    Breach::of("PM-LOCK-TRY-001", |operation, _| match operation {
        Call(Method::Lock(LockMethod::Acquire)) => &[Denies],
        _ => NONE,
    }),
    Breach::of("PM-LOCK-RELEASE-001", |operation, class| match operation {
        Call(Method::Lock(LockMethod::Release)) | Leave if class == Class::Lock => LOST,
        _ => NONE,
    }),
    Breach::of("PM-LOCK-RELEASE-002", |operation, class| match operation {
        Call(Method::Lock(LockMethod::Release)) if class == Class::Lock => {
            &[Hides(ErrorKind::OverRelease)]
        }
        _ => NONE,
    }),
    Breach::of("PM-LOCK-OWNER-001", |operation, _| match operation {
        Call(Method::Lock(LockMethod::Release)) => &[Hides(ErrorKind::NotOwner)],
        _ => NONE,
    }),
    Breach::of("PM-LOCK-BOUND-001", |operation, class| match operation {
        Call(Method::Lock(LockMethod::Release)) if class == Class::BoundedSemaphore => {
            &[Hides(ErrorKind::OverRelease)]
        }
        _ => NONE,
    }),
    Breach::of("PM-LOCK-EVENT-001", |operation, class| match operation {
        _ if class == Class::ManagedEvent => NONE,
        _ => of_event(operation),
    }),
    Breach::of("PM-MANAGER-EVENT-001", |operation, class| match operation {
        _ if class != Class::ManagedEvent => NONE,
        _ => of_event(operation),
    }),
    Breach::of(
        "PM-LOCK-CONDITION-001",
        |operation, class| match operation {
            _ if class == Class::ManagedCondition => NONE,
            _ => of_condition(operation),
        },
    ),
    Breach::of(
        "PM-MANAGER-CONDITION-001",
        |operation, class| match operation {
            _ if class != Class::ManagedCondition => NONE,
            _ => of_condition(operation),
        },
    ),
    Breach::of("PM-LOCK-BARRIER-001", |operation, class| match operation {
        Call(Method::Barrier(BarrierMethod::Wait)) if class == Class::Barrier => {
            &[Returns(Number(0)), Waits]
        }
        _ => NONE,
    }),
    Breach::of(
        "PM-MANAGER-BARRIER-001",
        |operation, class| match operation {
            Call(Method::Barrier(BarrierMethod::Wait)) if class == Class::ManagedBarrier => {
                &[Returns(Number(0)), Waits]
            }
            _ => NONE,
        },
    ),
    Breach::of("PM-QUEUE-ORDER-001", |operation, class| match operation {
        _ if is_managed_queue(class) => NONE,
        _ if gets(operation) => OTHERS,
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-ONCE-001", |operation, class| match operation {
        _ if is_managed_queue(class) => NONE,
        _ if gets(operation) => &[Keeps],
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-PUT-001", |operation, class| match operation {
        _ if is_managed_queue(class) => NONE,
        _ if puts(operation) => LOST,
        _ if gets(operation) => &[Waits],
        _ => NONE,
    }),
    Breach::of("PM-MANAGER-QUEUE-001", |operation, class| match operation {
        _ if !is_managed_queue(class) => NONE,
        _ if puts(operation) => LOST,
        _ if gets(operation) => &[Second, Last, Keeps, Waits],
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-FULL-001", |operation, _| match operation {
        _ if puts(operation) => &[Raises(ErrorKind::Full), Hides(ErrorKind::Full)],
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-EMPTY-001", |operation, _| match operation {
        _ if gets(operation) => &[Raises(ErrorKind::Empty), Hides(ErrorKind::Empty)],
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-BOUND-002", |operation, _| match operation {
        _ if puts(operation) => &[Waits],
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-CLOSE-001", |operation, _| match operation {
        _ if puts(operation) => &[Hides(ErrorKind::Closed)],
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-JOIN-001", |operation, _| match operation {
        Call(Method::Queue(QueueMethod::Join)) => EARLY,
        Call(Method::Queue(QueueMethod::TaskDone)) => LOST,
        _ => NONE,
    }),
    Breach::of("PM-QUEUE-JOIN-002", |operation, _| match operation {
        Call(Method::Queue(QueueMethod::TaskDone)) => &[Hides(ErrorKind::OverRelease)],
        _ => NONE,
    }),
    Breach::of_ends("PM-QUEUE-FLUSH-001", Stage::Feeders),
    Breach::of("PM-PIPE-MESSAGE-001", |operation, _| match operation {
        Call(Method::Connection(ConnectionMethod::Send | ConnectionMethod::SendBytes)) => LOST,
        Call(Method::Connection(ConnectionMethod::Recv | ConnectionMethod::RecvBytes)) => {
            &[Second, Last, Keeps, Waits]
        }
        _ => NONE,
    }),
    Breach::of("PM-PIPE-POLL-001", |operation, _| match operation {
        Call(Method::Connection(ConnectionMethod::Poll)) => &[Returns(True), Returns(False), Waits],
        _ => NONE,
    }),
    Breach::of("PM-PIPE-EOF-001", |operation, _| match operation {
        Call(Method::Connection(ConnectionMethod::Recv | ConnectionMethod::RecvBytes)) => {
            &[Raises(ErrorKind::Eof), Hides(ErrorKind::Eof), Waits]
        }
        _ => NONE,
    }),
    Breach::of("PM-PIPE-BROKEN-001", |operation, _| match operation {
        Call(Method::Connection(ConnectionMethod::Send | ConnectionMethod::SendBytes)) => &[
            Raises(ErrorKind::BrokenPipe),
            Hides(ErrorKind::BrokenPipe),
            Waits,
        ],
        _ => NONE,
    }),
    Breach::of("PM-PIPE-ONEWAY-001", |operation, _| match operation {
        Call(Method::Connection(_)) => &[Hides(ErrorKind::Usage)],
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-JOIN-001", |operation, _| match operation {
        Call(Method::Process(ProcessMethod::Join)) => EARLY,
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-JOIN-002", |operation, _| match operation {
        Call(Method::Process(ProcessMethod::Join)) => &[Sticks(ErrorKind::Usage)],
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-ALIVE-001", |operation, _| match operation {
        Call(Method::Process(ProcessMethod::IsAlive)) => &[Denies],
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-START-001", |operation, _| match operation {
        Call(Method::Process(ProcessMethod::Start)) => &[Idles],
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-START-002", |operation, _| match operation {
        Call(Method::Process(ProcessMethod::Start)) => &[Hides(ErrorKind::Usage)],
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-EXITCODE-001", |operation, _| match operation {
        Get(Some(Attribute::Process(ProcessAttribute::ExitCode))) => {
            &[Returns(Nothing), Returns(Number(0)), Returns(Number(1))]
        }
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-EXITCODE-002", |operation, _| match operation {
        Get(Some(Attribute::Process(ProcessAttribute::ExitCode))) => &[
            Returns(Number(-15)),
            Returns(Number(-9)),
            Returns(Number(15)),
            Returns(Number(9)),
        ],
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-TERMINATE-001", |operation, _| match operation {
        Call(Method::Process(ProcessMethod::Terminate)) => LOST_OR_STUCK,
        _ => NONE,
    }),
    Breach::of("PM-PROCESS-KILL-001", |operation, _| match operation {
        Call(Method::Process(ProcessMethod::Kill)) => LOST_OR_STUCK,
        _ => NONE,
    }),
    Breach::of_ends("PM-PROCESS-DAEMON-001", Stage::Daemons),
    Breach::of_ends("PM-PROCESS-EXIT-001", Stage::Children),
    Breach::of("PM-POOL-MAP-001", |operation, _| match operation {
        Call(Method::Pool(PoolMethod::Map | PoolMethod::Starmap)) => &[Reverses, Waits],
        Call(Method::AsyncResult(AsyncResultMethod::Get)) => &[Reverses],
        _ => NONE,
    }),
    Breach::of("PM-POOL-IMAP-001", |operation, _| match operation {
        Operation::Next | Call(Method::ResultIterator(ResultIteratorMethod::Next)) => {
            &[Second, Last, Waits]
        }
        _ => NONE,
    }),
    Breach::of("PM-POOL-APPLY-001", |operation, _| match operation {
        Call(Method::Pool(PoolMethod::Apply)) => LOST_OR_STUCK,
        _ => NONE,
    }),
    Breach::of("PM-POOL-ASYNC-001", |operation, _| match operation {
        Call(Method::AsyncResult(AsyncResultMethod::Get | AsyncResultMethod::Wait)) => EARLY,
        _ => NONE,
    }),
    Breach::of("PM-POOL-TIMEOUT-001", |operation, _| match operation {
        Call(Method::AsyncResult(AsyncResultMethod::Get)) => {
            &[Raises(ErrorKind::Timeout), Hides(ErrorKind::Timeout)]
        }
        _ => NONE,
    }),
    Breach::of("PM-POOL-READY-001", |operation, _| match operation {
        Call(Method::AsyncResult(AsyncResultMethod::Ready | AsyncResultMethod::Successful)) => {
            &[Denies, Hides(ErrorKind::Usage)]
        }
        _ => NONE,
    }),
    Breach::of("PM-POOL-CLOSE-001", |operation, class| match operation {
        Call(Method::Pool(_)) if class == Class::Pool => &[Hides(ErrorKind::Closed)],
        _ => NONE,
    }),
    Breach::of("PM-POOL-JOIN-001", |operation, _| match operation {
        Call(Method::Pool(PoolMethod::Join)) => EARLY,
        _ => NONE,
    }),
    Breach::of("PM-POOL-JOIN-002", |operation, _| match operation {
        Call(Method::Pool(PoolMethod::Join)) => &[Hides(ErrorKind::Usage), Waits],
        _ => NONE,
    }),
    Breach::of("PM-POOL-TERMINATE-001", |operation, _| match operation {
        Call(Method::Pool(PoolMethod::Terminate)) => LOST_OR_STUCK,
        _ => NONE,
    }),
    Breach::of("PM-POOL-WITH-001", |operation, class| match operation {
        Leave if class == Class::Pool => LOST_OR_STUCK,
        _ => NONE,
    }),
    Breach::of("PM-SHARED-VALUE-001", |operation, class| match operation {
        Set(_) if matches!(class, Class::Value | Class::RawValue) => LOST,
        _ => NONE,
    }),
    Breach::of("PM-SHARED-ARRAY-001", |operation, class| match operation {
        SetItem if matches!(class, Class::Array | Class::RawArray) => LOST,
        _ => NONE,
    }),
    Breach::of("PM-MANAGER-DICT-001", |operation, class| match operation {
        Call(Method::Dict(DictMethod::Update)) | SetItem if class == Class::ManagedDict => LOST,
        _ => NONE,
    }),
    Breach::of("PM-MANAGER-LIST-001", |operation, class| match operation {
        Call(Method::List(ListMethod::Append | ListMethod::Extend)) | SetItem
            if class == Class::ManagedList =>
        {
            LOST
        }
        _ => NONE,
    }),
    Breach::of(
        "PM-MANAGER-NAMESPACE-001",
        |operation, class| match operation {
            Set(_) if class == Class::ManagedNamespace => LOST,
            _ => NONE,
        },
    ),
    Breach::of("PM-MANAGER-VALUE-001", |operation, class| match operation {
        Set(_) | Call(Method::ManagedValue(ManagedValueMethod::Set))
            if class == Class::ManagedValue =>
        {
            LOST
        }
        _ => NONE,
    }),
    Breach::of("PM-MANAGER-ARRAY-001", |operation, class| match operation {
        SetItem if class == Class::ManagedArray => LOST,
        _ => NONE,
    }),
];

/// A lock that lets anybody in, or nobody.
fn held(operation: Operation, class: Class, of: &[Class]) -> &'static [Wrong] {
    match operation {
        _ if !of.contains(&class) => NONE,
        Call(Method::Lock(LockMethod::Acquire) | Method::Condition(ConditionMethod::Acquire))
        | Enter => &[Early(True), Returns(False), Waits],
        Call(Method::Lock(LockMethod::Release) | Method::Condition(ConditionMethod::Release))
        | Leave => &[Hides(ErrorKind::OverRelease), Hides(ErrorKind::NotOwner)],
        _ => NONE,
    }
}

fn of_event(operation: Operation) -> &'static [Wrong] {
    match operation {
        Call(Method::Event(EventMethod::Wait)) => &[Returns(True), Returns(False), Waits],
        Call(Method::Event(EventMethod::Set | EventMethod::Clear)) => LOST,
        Call(Method::Event(EventMethod::IsSet)) => &[Denies],
        _ => NONE,
    }
}

fn of_condition(operation: Operation) -> &'static [Wrong] {
    match operation {
        Call(Method::Condition(ConditionMethod::Wait)) => &[Returns(True), Returns(False), Waits],
        Call(Method::Condition(ConditionMethod::Notify | ConditionMethod::NotifyAll)) => LOST,
        _ => NONE,
    }
}

fn gets(operation: Operation) -> bool {
    matches!(
        operation,
        Call(
            Method::Queue(QueueMethod::Get | QueueMethod::GetNowait)
                | Method::SimpleQueue(SimpleQueueMethod::Get)
        )
    )
}

fn puts(operation: Operation) -> bool {
    matches!(
        operation,
        Call(
            Method::Queue(QueueMethod::Put | QueueMethod::PutNowait)
                | Method::SimpleQueue(SimpleQueueMethod::Put)
        )
    )
}

fn is_managed_queue(class: Class) -> bool {
    matches!(class, Class::ManagedQueue | Class::ManagedJoinableQueue)
}
