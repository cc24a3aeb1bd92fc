//! What a manager makes, and what it lets others find by a name.

use super::protocol::{Make, Request};
use super::proxy::Proxy;
use super::{
    ArrayProxy, BarrierProxy, BoundedSemaphoreProxy, ConditionProxy, Custom, CustomProxy,
    DictProxy, EventProxy, JoinableQueueProxy, ListProxy, LockProxy, Managed, Manager,
    NamespaceProxy, PoolProxy, QueueProxy, RLockProxy, SemaphoreProxy, SetProxy, ValueProxy,
};
use crate::error::{Error, Kind, Result};
use crate::transfer::Message;

impl Manager {
    /// Lets others find an object by a name, as long as the manager runs.
    ///
    /// # Errors
    /// `is_broken_pipe` when the manager has ended; `is_usage` for another manager's object.
    pub fn share<P: Managed>(&self, name: &str, proxy: &P) -> Result<()> {
        let proxy = proxy.proxy();
        if !proxy.is_of(&self.server) {
            let text = format!("share an object of another manager as `{name}`");
            return Err(Error::new(Kind::Usage, text));
        }
        self.server.ask(&Request::Share(name.into(), proxy.id()))
    }

    /// A proxy of what is shared under a name.
    ///
    /// # Errors
    /// `is_missing` when nothing is; `is_usage` when it is of another class;
    /// `is_broken_pipe` when the manager has ended.
    pub fn shared<P: Managed>(&self, name: &str) -> Result<P> {
        let id = self.server.ask(&Request::Find(name.into(), P::class()))?;
        Ok(P::from_proxy(Proxy::adopt(self.server.clone(), id)))
    }

    fn make<P: Managed>(&self, make: Make) -> Result<P> {
        let id = self.server.ask(&Request::Make(make))?;
        Ok(P::from_proxy(Proxy::adopt(self.server.clone(), id)))
    }

    /// A new object of a type that was registered with the manager.
    ///
    /// # Errors
    /// `is_missing` when it was not; `is_remote` when it could not be made; `is_serialize` when
    /// `init` cannot be sent; `is_broken_pipe` when the manager has ended.
    pub fn create<T: Custom>(&self, init: &T::Init) -> Result<CustomProxy<T>> {
        let init = self.server.encode(init)?;
        self.make(Make::Custom(T::NAME.to_owned(), init))
    }

    /// A new pool of `workers` beside the manager, each replaced after so many tasks.
    ///
    /// # Errors
    /// As [`Context::pool`](crate::Context::pool); `is_missing` when no function was registered with
    /// the manager; `is_value` for more than 1024 workers; `is_broken_pipe` when it has ended.
    pub fn pool(&self, workers: usize, max_tasks_per_child: Option<u64>) -> Result<PoolProxy> {
        self.make(Make::Pool(workers, max_tasks_per_child))
    }

    /// A new value.
    ///
    /// # Errors
    /// `is_serialize` when it cannot be sent; `is_broken_pipe` when the manager has ended.
    pub fn value<T: Message>(&self, value: &T) -> Result<ValueProxy<T>> {
        let value = self.server.encode(value)?;
        self.make(Make::Value(value))
    }

    /// A new array, whose length stays.
    ///
    /// # Errors
    /// `is_serialize` when a value cannot be sent; `is_broken_pipe` when the manager has ended.
    pub fn array<T: Message>(&self, values: &[T]) -> Result<ArrayProxy<T>> {
        let values = values.iter().map(|value| self.server.encode(value));
        let values = values.collect::<Result<_>>()?;
        self.make(Make::Array(values))
    }
}

macro_rules! makes {
    ($(
        $(#[$doc:meta])*
        $name:ident $(<$($type:ident),+>)? ($($argument:ident: $of:ty)?) -> $proxy:ty = $make:expr;
    )*) => {
        impl Manager {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// `is_broken_pipe` when the manager has ended.
                pub fn $name $(<$($type: Message),+>)? (&self $(, $argument: $of)?)
                    -> Result<$proxy>
                {
                    self.make($make)
                }
            )*
        }
    };
}

makes! {
    /// A new, empty dict.
    dict<K, V>() -> DictProxy<K, V> = Make::Dict;
    /// A new, empty list.
    list<T>() -> ListProxy<T> = Make::List;
    /// A new, empty set.
    set<T>() -> SetProxy<T> = Make::Set;
    /// A new bag of named values.
    namespace() -> NamespaceProxy = Make::Namespace;
    /// A new lock.
    lock() -> LockProxy = Make::Lock;
    /// A new lock that its owner may take again.
    rlock() -> RLockProxy = Make::RLock;
    /// A new semaphore with so many units.
    semaphore(units: u32) -> SemaphoreProxy = Make::Semaphore(units);
    /// A new semaphore that never has more units than now.
    bounded_semaphore(units: u32) -> BoundedSemaphoreProxy = Make::BoundedSemaphore(units);
    /// A new condition, with a lock of its own.
    condition() -> ConditionProxy = Make::Condition;
    /// A new event, not set.
    event() -> EventProxy = Make::Event;
    /// A new barrier for so many, at least 1 (else `is_usage`). It has no action: a manager runs no
    /// function that a client brings. The one who gets number 0 from
    /// [`wait`](BarrierProxy::wait) can do what is to be done once.
    barrier(parties: usize) -> BarrierProxy = Make::Barrier(parties);
    /// A new queue of at most `bound` items, or of any number.
    queue<T>(bound: Option<usize>) -> QueueProxy<T> = Make::Queue(bound);
    /// A new queue that can be waited for until all that was put is done.
    joinable_queue<T>(bound: Option<usize>) -> JoinableQueueProxy<T> = Make::JoinableQueue(bound);
}

macro_rules! finds {
    ($($(#[$doc:meta])* $name:ident $(<$($type:ident),+>)? -> $proxy:ty;)*) => {
        impl Manager {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// As [`shared`](Manager::shared).
                pub fn $name $(<$($type: Message),+>)? (&self, name: &str) -> Result<$proxy> {
                    self.shared(name)
                }
            )*
        }
    };
}

finds! {
    /// The dict that is shared under a name.
    shared_dict<K, V> -> DictProxy<K, V>;
    /// The list that is shared under a name.
    shared_list<T> -> ListProxy<T>;
    /// The set that is shared under a name.
    shared_set<T> -> SetProxy<T>;
    /// The bag of values that is shared under a name.
    shared_namespace -> NamespaceProxy;
    /// The lock that is shared under a name.
    shared_lock -> LockProxy;
    /// The event that is shared under a name.
    shared_event -> EventProxy;
    /// The queue that is shared under a name.
    shared_queue<T> -> QueueProxy<T>;
    /// The value that is shared under a name.
    shared_value<T> -> ValueProxy<T>;
}
