//! What becomes of a managed object when a client that used it dies.

use poolproof_runtime as mp;

use super::LATE;
use mp::{Context, StartMethod};

/// Ends this process without any work of its own.
fn die() -> ! {
    std::process::abort()
}

/// Has a process die in a function; none dies where there are only threads.
fn dies_in<A: mp::Message>(context: Context, function: fn(A), argument: A) -> bool {
    if context.start_method() == StartMethod::Threads {
        return false;
    }
    let process = context.process(function, argument).start().unwrap();
    assert!(process.join(LATE).unwrap(), "it does not die");
    assert_ne!(process.exit_code().unwrap(), Some(0));
    true
}

pub(super) fn lock(context: Context) {
    fn hold_and_die(lock: mp::LockProxy) {
        assert!(lock.acquire_raw(LATE).unwrap());
        die()
    }
    let manager = context.manager().unwrap();
    let lock = manager.lock().unwrap();
    if !dies_in(context, hold_and_die, lock.clone()) {
        return;
    }
    assert!(lock.acquire_raw(LATE).unwrap_err().is_owner_died());
    assert!(lock.try_acquire().unwrap_err().is_owner_died());
    lock.reset().unwrap();
    drop(lock.acquire().unwrap());
    assert!(lock.release().unwrap_err().is_over_release());
    // Anybody may give it back, also for one that died with it.
    dies_in(context, hold_and_die, lock.clone());
    lock.release().unwrap();
    drop(lock.acquire().unwrap());
    // One who has given it back may die.
    fn release_and_die(lock: mp::LockProxy) {
        drop(lock.acquire().unwrap());
        die()
    }
    dies_in(context, release_and_die, lock.clone());
    drop(lock.acquire().unwrap());
}

pub(super) fn owned(context: Context) {
    fn hold_and_die((lock, condition): (mp::RLockProxy, mp::ConditionProxy)) {
        assert!(lock.acquire_raw(LATE).unwrap() && lock.acquire_raw(LATE).unwrap());
        assert!(condition.acquire_raw(LATE).unwrap());
        die()
    }
    let manager = context.manager().unwrap();
    let (lock, condition) = (manager.rlock().unwrap(), manager.condition().unwrap());
    if !dies_in(context, hold_and_die, (lock.clone(), condition.clone())) {
        return;
    }
    assert!(lock.acquire_raw(LATE).unwrap_err().is_owner_died());
    assert!(condition.acquire_raw(LATE).unwrap_err().is_owner_died());
    lock.reset().unwrap();
    condition.reset().unwrap();
    drop(lock.acquire().unwrap());
    let _held = condition.acquire().unwrap();
    condition.notify_all().unwrap();
}

/// Whoever of a process took a lock, another thread of it may give it back.
pub(super) fn thread(context: Context) {
    let manager = context.manager().unwrap();
    let lock = manager.lock().unwrap();
    let same = lock.clone();
    let taken = std::thread::spawn(move || same.acquire_raw(LATE).unwrap());
    assert!(taken.join().unwrap());
    assert!(!lock.try_acquire().unwrap());
    lock.release().unwrap();
    drop(lock.acquire().unwrap());
}

pub(super) fn waiter(context: Context) {
    type Parts = (mp::ConditionProxy, mp::QueueProxy<u8>, mp::EventProxy);
    fn wait((condition, reached, _): Parts) {
        let _held = condition.acquire().unwrap();
        reached.put(&0).unwrap();
        condition.wait(None).unwrap();
        reached.put(&1).unwrap();
    }
    fn wait_and_die((condition, reached, event): Parts) {
        // Its other thread is killed in the middle of its wait.
        let waiting = (condition, reached, event.clone());
        std::thread::spawn(move || wait(waiting));
        assert!(event.wait(LATE).unwrap());
        die()
    }
    let manager = context.manager().unwrap();
    let condition = manager.condition().unwrap();
    let (reached, event) = (manager.queue(None).unwrap(), manager.event().unwrap());
    let parts: Parts = (condition.clone(), reached.clone(), event.clone());
    let good = context.process(wait, parts.clone()).start().unwrap();
    assert_eq!(reached.get_timeout(LATE.unwrap()).unwrap(), 0);
    if context.start_method() != StartMethod::Threads {
        let bad = context.process(wait_and_die, parts).start().unwrap();
        assert_eq!(reached.get_timeout(LATE.unwrap()).unwrap(), 0);
        // Its lock is given back as soon as it waits.
        drop(condition.acquire().unwrap());
        event.set().unwrap();
        assert!(bad.join(LATE).unwrap());
    }
    let held = condition.acquire().unwrap();
    condition.notify_all().unwrap();
    drop(held);
    assert_eq!(reached.get_timeout(LATE.unwrap()).unwrap(), 1);
    assert!(good.join(LATE).unwrap());
    assert_eq!(good.exit_code().unwrap(), Some(0));
}

/// The one who came first dies, and at once the one behind it is to be woken.
pub(super) fn first_waiter(context: Context) {
    if context.start_method() == StartMethod::Threads {
        return;
    }
    fn wait((condition, reached): (mp::ConditionProxy, mp::QueueProxy<bool>)) {
        let _held = condition.acquire().unwrap();
        reached.put(&false).unwrap();
        reached.put(&condition.wait(LATE).unwrap()).unwrap();
    }
    let manager = context.manager().unwrap();
    let condition = manager.condition().unwrap();
    let reached = manager.queue(None).unwrap();
    let [dead, living] = [(); 2].map(|()| {
        let parts = (condition.clone(), reached.clone());
        let waiter = context.process(wait, parts).start().unwrap();
        assert!(!reached.get_timeout(LATE.unwrap()).unwrap());
        // Its lock is given back as soon as it waits.
        drop(condition.acquire().unwrap());
        waiter
    });
    let held = condition.acquire().unwrap();
    dead.kill().unwrap();
    assert!(dead.join(LATE).unwrap());
    condition.notify(1).unwrap();
    drop(held);
    assert!(
        reached.get_timeout(LATE.unwrap()).unwrap(),
        "it was not woken"
    );
    assert!(living.join(LATE).unwrap());
}

/// A `^C` goes to the whole group; the manager ends with the process that started it.
pub(super) fn interrupt(context: Context) {
    let manager = context.manager().unwrap();
    let list = manager.list::<u8>().unwrap();
    let children = mp::active_children();
    for child in children
        .iter()
        .filter(|child| child.name().starts_with("SyncManager"))
    {
        // Windows cannot send one to a process alone, and a thread has none.
        let _ = child.interrupt();
    }
    for _ in 0..10 {
        list.push(&1).unwrap();
    }
    assert_eq!(list.len().unwrap(), 10);
}
