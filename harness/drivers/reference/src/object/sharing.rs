//! What managers share by name: how others find it, whatever it is.

use poolproof_runtime as mp;

use super::managed::Managed;
use crate::stop::{Result, missing};

/// What a manager shares under a name, whatever it is.
pub(super) fn find(manager: &mp::Manager, name: &str) -> Result<Managed> {
    let barrier = |proxy| Managed::Barrier(proxy, None);
    let array = |proxy| Managed::Array(proxy, None);
    let tries = [
        manager.shared(name).map(Managed::Dict),
        manager.shared(name).map(Managed::List),
        manager.shared(name).map(Managed::Namespace),
        manager.shared(name).map(Managed::Lock),
        manager.shared(name).map(Managed::RLock),
        manager.shared(name).map(Managed::Semaphore),
        manager.shared(name).map(Managed::BoundedSemaphore),
        manager.shared(name).map(Managed::Condition),
        manager.shared(name).map(Managed::Event),
        manager.shared(name).map(barrier),
        manager.shared(name).map(Managed::Queue),
        manager.shared(name).map(Managed::JoinableQueue),
        manager.shared(name).map(Managed::Value),
        manager.shared(name).map(array),
    ];
    let mut refused = missing("this manager", name);
    for found in tries {
        match found {
            Ok(managed) => return Ok(managed),
            // It is of another class.
            Err(error) if error.is_usage() => {}
            Err(error) => refused = error.into(),
        }
    }
    Err(refused)
}

/// Lets others find it by a name.
pub(super) fn share(managed: &Managed, manager: &mp::Manager, name: &str) -> Result<()> {
    match managed {
        Managed::Dict(proxy) => manager.share(name, proxy)?,
        Managed::List(proxy) => manager.share(name, proxy)?,
        Managed::Namespace(proxy) => manager.share(name, proxy)?,
        Managed::Lock(proxy) => manager.share(name, proxy)?,
        Managed::RLock(proxy) => manager.share(name, proxy)?,
        Managed::Semaphore(proxy) => manager.share(name, proxy)?,
        Managed::BoundedSemaphore(proxy) => manager.share(name, proxy)?,
        Managed::Condition(proxy) => manager.share(name, proxy)?,
        Managed::Event(proxy) => manager.share(name, proxy)?,
        Managed::Barrier(proxy, _) => manager.share(name, proxy)?,
        Managed::Queue(proxy) => manager.share(name, proxy)?,
        Managed::JoinableQueue(proxy) => manager.share(name, proxy)?,
        Managed::Value(proxy) => manager.share(name, proxy)?,
        Managed::Array(proxy, _) => manager.share(name, proxy)?,
        Managed::Local(_) => return Err(missing("a manager among threads", "shared")),
    }
    Ok(())
}
