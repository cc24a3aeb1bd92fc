//! Everything that lies in shared memory, given to a process.

use poolproof_runtime as mp;

use super::{Outcome, SOON, Use, ended, same};

type All = (
    mp::Lock,
    mp::RLock,
    mp::Semaphore,
    mp::Condition,
    mp::Event,
    mp::Value<u64>,
    mp::Array<u32>,
    mp::Mutex<[u32; 3]>,
);

fn touch(
    (lock, recursive, semaphore, condition, event, value, array, mutex): All,
) -> mp::Result<()> {
    drop(lock.acquire()?);
    drop(recursive.acquire()?);
    if semaphore.acquire_timeout(SOON) {
        semaphore.release()?;
    }
    let held = condition.acquire()?;
    condition.notify_all()?;
    drop(held);
    value.update(|value| value + 1)?;
    array.set(1, 5)?;
    mutex.lock()?[1] += 1;
    event.set();
    Ok(())
}

pub(super) fn make(context: mp::Context) -> Outcome<Use> {
    Ok(Box::new(move || {
        let all: All = (
            context.lock()?,
            context.rlock()?,
            context.semaphore(1)?,
            context.condition()?,
            context.event()?,
            context.value(1)?,
            context.array(&[1, 2, 3])?,
            context.mutex([1, 2, 3])?,
        );
        let process = context.process(touch, all.clone()).name("Child").start()?;
        ended(&process)?;
        touch(all.clone())?;
        same((all.5.get()?, all.7.lock()?[1]), (3, 4))?;
        named()
    }))
}

fn named() -> Outcome {
    let memory = mp::SharedMemory::create(None, 100)?;
    memory.write(0, b"there")?;
    let name = memory.name().unwrap_or_default().to_owned();
    let again = mp::SharedMemory::attach(&name);
    let unlinked = memory.unlink();
    same(&again?.to_vec()[..5], b"there")?;
    Ok(unlinked?)
}
