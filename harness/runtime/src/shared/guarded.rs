//! `Guarded`: what processes share, under a lock that there is already.
//! What can be held is said here; the locks themselves are in `lock` and in `manager`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::{
    BoundedSemaphore, BoundedSemaphoreProxy, Condition, ConditionProxy, Lock, LockProxy, RLock,
    RLockProxy, Semaphore, SemaphoreProxy,
};

/// What can be taken, held for a while and given back.
pub trait Hold {
    /// Waits until it can be had; true when it is held now. No timeout waits for ever.
    ///
    /// # Errors
    /// As its own `acquire_raw`.
    fn acquire_raw(&self, timeout: Option<Duration>) -> Result<bool>;

    /// Gives it back.
    ///
    /// # Errors
    /// As its own `release`.
    fn release(&self) -> Result<()>;
}

/// Each of these has both by itself.
macro_rules! hold {
    ($($lock:ident)*) => {
        $(impl Hold for $lock {
            fn acquire_raw(&self, timeout: Option<Duration>) -> Result<bool> {
                $lock::acquire_raw(self, timeout)
            }

            fn release(&self) -> Result<()> {
                $lock::release(self)
            }
        })*
    };
}

hold! {
    Lock RLock Semaphore BoundedSemaphore Condition
    LockProxy RLockProxy SemaphoreProxy BoundedSemaphoreProxy ConditionProxy
}

/// Something shared that is guarded by a lock which there is already, for one lock can guard many things.
///
/// A [`Value`](crate::Value) and an [`Array`](crate::Array) have a recursive lock each; a lock that is
/// given may be another, and a plain [`Lock`] is never held twice.
///
/// ```
/// use poolproof_runtime as mp;
///
/// # fn main() -> mp::Result<()> {
/// let context = mp::Context::default();
/// let lock = context.lock()?;
/// let count = mp::Guarded::new(context.raw_value(3)?, lock.clone());
/// let last = mp::Guarded::new(context.raw_array(&[0.5, 1.5])?, lock.clone());
///
/// count.hold(|count| count.set(count.get() + 1))?;
/// last.hold(|last| last.set(0, 2.5))??;
///
/// let _both = lock.acquire()?; // Neither changes meanwhile.
/// assert_eq!((count.raw().get(), last.raw().to_vec()), (4, vec![2.5, 1.5]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Guarded<V, L> {
    shared: V,
    lock: L,
}

impl<V, L: Hold> Guarded<V, L> {
    /// The same thing with a lock, which only those respect who use it.
    pub fn new(shared: V, lock: L) -> Guarded<V, L> {
        Guarded { shared, lock }
    }

    /// Does something with it under one hold of the lock.
    ///
    /// # Errors
    /// What the lock's own `acquire` says, and then nothing is done.
    pub fn hold<R>(&self, access: impl FnOnce(&V) -> R) -> Result<R> {
        self.lock.acquire_raw(None)?;
        let _held = Holding(&self.lock);
        Ok(access(&self.shared))
    }

    /// The lock, to be held over several accesses of what else it guards.
    #[must_use]
    pub fn get_lock(&self) -> &L {
        &self.lock
    }

    /// The same thing without the lock.
    #[must_use]
    pub fn raw(&self) -> &V {
        &self.shared
    }
}

/// Gives a lock back when it is dropped.
struct Holding<'l, L: Hold>(&'l L);

impl<L: Hold> Drop for Holding<'_, L> {
    fn drop(&mut self) {
        // Someone else may have released it already, which is theirs to answer for.
        let _ = self.0.release();
    }
}

#[cfg(test)]
mod tests {
    use super::{Guarded, Hold};
    use crate::transfer::{decode, encode};
    use crate::{Context, Lock, RawValue, StartMethod};

    fn context() -> Context {
        Context::new(StartMethod::Spawn).unwrap()
    }

    /// Whether another thread could have it.
    fn is_free(lock: &(impl Hold + Sync)) -> bool {
        let take = || {
            let is_free = lock.acquire_raw(Some(std::time::Duration::ZERO)).unwrap();
            if is_free {
                lock.release().unwrap();
            }
            is_free
        };
        std::thread::scope(|scope| scope.spawn(take).join().unwrap())
    }

    #[test]
    fn the_lock_given_is_held_while_something_is_done_and_free_again() {
        fn check<L: Hold + Clone + Sync>(lock: L) {
            let value = Guarded::new(context().raw_value(1_u32).unwrap(), lock.clone());
            value.hold(|value| value.set(2)).unwrap();
            assert!(!value.hold(|_| is_free(&lock)).unwrap());
            assert!(is_free(&lock) && is_free(value.get_lock()));
            assert_eq!(value.raw().get(), 2);
        }
        let context = context();
        check(context.lock().unwrap());
        check(context.rlock().unwrap());
        check(context.semaphore(1).unwrap());
        check(context.bounded_semaphore(1).unwrap());
        check(context.condition().unwrap());
    }

    #[test]
    fn a_lock_is_given_back_by_what_panics() {
        let context = context();
        let value = Guarded::new(context.raw_value(1).unwrap(), context.lock().unwrap());
        let all = std::panic::AssertUnwindSafe(|| value.hold(|_| panic!("on purpose")));
        assert!(std::panic::catch_unwind(all).is_err());
        assert!(is_free(value.get_lock()));
    }

    #[test]
    fn what_arrives_has_the_lock_that_was_given() {
        let context = context();
        let lock = context.lock().unwrap();
        let value = Guarded::new(context.raw_value(1).unwrap(), lock.clone());
        let mut bytes = Vec::new();
        let handles = encode(&value, &mut bytes).unwrap();
        let there: Guarded<RawValue<i32>, Lock> = decode(&bytes, handles).unwrap();
        let _held = lock.acquire().unwrap();
        assert!(!is_free(there.get_lock()));
        assert!(there.raw().get() == 1 && value.raw().get() == 1);
    }
}
