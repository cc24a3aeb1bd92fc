//! What every proxy is made of: the server, the object's number, and this process's share in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use poolproof_sys::copies::epoch;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::client::Server;
use super::protocol::{Class, Request};
use crate::error::Result;

/// A proxy of some class.
///
/// Proxies travel in any message; in another process they connect by themselves.
pub trait Managed: Sized + sealed::Sealed {
    /// What the object is.
    #[doc(hidden)]
    fn class() -> Class;
    #[doc(hidden)]
    fn proxy(&self) -> &Proxy;
    #[doc(hidden)]
    fn from_proxy(proxy: Proxy) -> Self;
}

pub(super) mod sealed {
    /// Only this crate knows what a server does with a class.
    pub trait Sealed {}
}

/// This process's share in an object of a manager.
#[derive(Debug, Clone)]
pub struct Proxy {
    share: Arc<Share>,
}

#[derive(Debug)]
struct Share {
    server: Server,
    id: u64,
    /// The copy of this process that the server counts a reference for; 0 for none.
    counted: AtomicU32,
    /// The copy that made this. In a later one, nobody can tell whether its last clone is
    /// dropped, so that one borrows.
    creator: u32,
}

#[derive(Serialize, Deserialize)]
struct Travelling {
    server: Server,
    id: u64,
}

impl Proxy {
    /// A share that the server has counted already.
    pub(super) fn adopt(server: Server, id: u64) -> Proxy {
        Proxy::counted_in(server, id, epoch())
    }

    fn counted_in(server: Server, id: u64, counted: u32) -> Proxy {
        let share = Share {
            server,
            id,
            counted: AtomicU32::new(counted),
            creator: epoch(),
        };
        Proxy {
            share: Arc::new(share),
        }
    }

    pub(super) fn id(&self) -> u64 {
        self.share.id
    }

    pub(super) fn server(&self) -> &Server {
        &self.share.server
    }

    pub(super) fn is_of(&self, server: &Server) -> bool {
        self.share.server.is(server)
    }

    pub(super) fn call<C: Serialize, R: DeserializeOwned>(&self, call: &C) -> Result<R> {
        self.share.count()?;
        self.share.server.call(self.share.id, call)
    }
}

impl PartialEq for Proxy {
    /// Whether both are proxies of the same object.
    fn eq(&self, other: &Proxy) -> bool {
        self.share.id == other.share.id && self.is_of(&other.share.server)
    }
}

impl Share {
    /// Has the server count this process, if it is a copy of the one that it has counted.
    fn count(&self) -> Result<()> {
        let now = epoch();
        if self.counted.load(Ordering::Acquire) == now {
            return Ok(());
        }
        if self.creator != now {
            self.server.ask::<()>(&Request::Borrow(self.id))?;
            self.counted.store(now, Ordering::Release);
            return Ok(());
        }
        self.server.ask::<()>(&Request::Hold(self.id))?;
        if self.counted.swap(now, Ordering::AcqRel) == now {
            // Another thread has done the same.
            self.server.ask::<()>(&Request::Release(self.id))?;
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.creator == epoch() && self.counted.load(Ordering::Acquire) == self.creator {
            // The manager may have ended, and the object with it.
            let _ = self.server.ask::<()>(&Request::Release(self.id));
        }
    }
}

impl Serialize for Proxy {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.share.server.note_hold(self.share.id);
        let server = self.share.server.clone();
        let id = self.share.id;
        Travelling { server, id }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Proxy, D::Error> {
        let Travelling { server, id } = Travelling::deserialize(deserializer)?;
        let proxy = Proxy::counted_in(server, id, 0);
        // Where the manager has ended, whoever uses it will be told.
        let _ = proxy.share.count();
        Ok(proxy)
    }
}

/// The parts that every class of proxy has.
macro_rules! managed {
    ($(#[$doc:meta])* $name:ident $(<$($type:ident),+>)?: $class:ident) => {
        $(#[$doc])*
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(bound = "")]
        pub struct $name $(<$($type),+>)? {
            proxy: $crate::manager::proxy::Proxy,
            types: std::marker::PhantomData<fn() -> ($($($type,)+)?)>,
        }

        impl $(<$($type),+>)? $crate::manager::proxy::sealed::Sealed for $name $(<$($type),+>)? {}

        impl $(<$($type),+>)? $crate::manager::proxy::Managed for $name $(<$($type),+>)? {
            fn class() -> $crate::manager::protocol::Class {
                $crate::manager::protocol::Class::$class
            }

            fn proxy(&self) -> &$crate::manager::proxy::Proxy {
                &self.proxy
            }

            fn from_proxy(proxy: $crate::manager::proxy::Proxy) -> Self {
                $name { proxy, types: std::marker::PhantomData }
            }
        }

        impl $(<$($type),+>)? Clone for $name $(<$($type),+>)? {
            fn clone(&self) -> Self {
                $name { proxy: self.proxy.clone(), types: std::marker::PhantomData }
            }
        }

        /// Two proxies of one object are equal, whatever it holds.
        impl $(<$($type),+>)? PartialEq for $name $(<$($type),+>)? {
            fn eq(&self, other: &Self) -> bool {
                self.proxy == other.proxy
            }
        }

        impl $(<$($type),+>)? std::fmt::Debug for $name $(<$($type),+>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.proxy).finish()
            }
        }
    };
}
pub(super) use managed;
