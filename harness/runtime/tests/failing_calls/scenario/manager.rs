//! A manager whose objects main uses, and a process of its own.

use poolproof_runtime as mp;

use super::{Outcome, Use, ended, same};

type Dict = mp::DictProxy<u32, u32>;

fn fill((dict, lock): (Dict, mp::LockProxy)) -> mp::Result<()> {
    lock.acquire_raw(None)?;
    let filled = dict.insert(&1, &2);
    lock.release()?;
    filled.map(drop)
}

pub(super) fn make(context: mp::Context) -> Outcome<Use> {
    let manager = context.manager()?;
    let dict: Dict = manager.dict()?;
    let lock = manager.lock()?;
    Ok(Box::new(move || {
        let client = context.process(fill, (dict.clone(), lock.clone()));
        let client = client.name("Client").start();
        let own = dict.insert(&3, &4);
        if let Ok(client) = &client {
            ended(client)?;
        }
        client?;
        own?;
        same((dict.get(&1)?, dict.get(&3)?), (Some(2), Some(4)))?;
        let queue = manager.queue::<u32>(Some(2))?;
        queue.put(&5)?;
        same(queue.get()?, 5)
    }))
}
