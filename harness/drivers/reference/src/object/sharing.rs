//! What managers share by name: how others find it, whatever it is.

use poolproof_runtime as mp;

use super::managed::Proxy;
use crate::stop::{Result, missing};

/// What a manager shares under a name, whatever it is.
pub(super) fn find(manager: &mp::Manager, name: &str) -> Result<Proxy> {
    let barrier = |proxy| Proxy::Barrier(proxy, None);
    let array = |proxy| Proxy::Array(proxy, None);
    let tries = [
        manager.shared(name).map(Proxy::Dict),
        manager.shared(name).map(Proxy::List),
        manager.shared(name).map(Proxy::Namespace),
        manager.shared(name).map(Proxy::Lock),
        manager.shared(name).map(Proxy::RLock),
        manager.shared(name).map(Proxy::Semaphore),
        manager.shared(name).map(Proxy::BoundedSemaphore),
        manager.shared(name).map(Proxy::Condition),
        manager.shared(name).map(Proxy::Event),
        manager.shared(name).map(barrier),
        manager.shared(name).map(Proxy::Queue),
        manager.shared(name).map(Proxy::JoinableQueue),
        manager.shared(name).map(Proxy::Value),
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
pub(super) fn share(managed: &Proxy, manager: &mp::Manager, name: &str) -> Result<()> {
    match managed {
        Proxy::Dict(proxy) => manager.share(name, proxy)?,
        Proxy::List(proxy) => manager.share(name, proxy)?,
        Proxy::Namespace(proxy) => manager.share(name, proxy)?,
        Proxy::Lock(proxy) => manager.share(name, proxy)?,
        Proxy::RLock(proxy) => manager.share(name, proxy)?,
        Proxy::Semaphore(proxy) => manager.share(name, proxy)?,
        Proxy::BoundedSemaphore(proxy) => manager.share(name, proxy)?,
        Proxy::Condition(proxy) => manager.share(name, proxy)?,
        Proxy::Event(proxy) => manager.share(name, proxy)?,
        Proxy::Barrier(proxy, _) => manager.share(name, proxy)?,
        Proxy::Queue(proxy) => manager.share(name, proxy)?,
        Proxy::JoinableQueue(proxy) => manager.share(name, proxy)?,
        Proxy::Value(proxy) => manager.share(name, proxy)?,
        Proxy::Array(proxy, _) => manager.share(name, proxy)?,
        Proxy::Local(_) => return Err(missing("a manager among threads", "shared")),
    }
    Ok(())
}
