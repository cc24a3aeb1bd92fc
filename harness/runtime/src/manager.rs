//! Managers: a process that keeps objects for others, which use them through proxies, on this
//! machine or over TCP with a key.
//!
//! | part | is |
//! | --- | --- |
//! | `protocol` | what is said: one request, one reply |
//! | `server`, `table`, `waiting` | the process that keeps the objects, its books and its waits |
//! | `client`, `proxy` | a connection for each thread; what every proxy is made of |
//! | `make` | what a manager makes, and finds by name |
//! | `builder` | what is said before it starts; a manager that is this very process |
//! | `memory` | blocks of shared memory that last as long as the manager |
//! | `registry`, `custom` | the program's own types and functions, by name |
//! | `dict`, `list`, `lock` … | one kind of object each: its calls, the object, its proxy |

mod barrier;
mod builder;
mod client;
mod coding;
mod condition;
mod custom;
mod dict;
mod event;
mod list;
mod lock;
mod make;
mod memory;
mod named;
mod namespace;
mod pool;
mod protocol;
mod proxy;
mod queue;
mod registry;
mod semaphore;
mod server;
mod set;
mod table;
mod value;
mod waiting;

use coding::decoded;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use poolproof_sys::channel::Channel;
use poolproof_sys::copies::{epoch, notice};

pub use barrier::BarrierProxy;
pub use builder::{ManagerBuilder, ManagerServer, ServerStopper};
pub use condition::ConditionProxy;
pub use custom::{Custom, CustomProxy};
pub use dict::DictProxy;
pub use event::EventProxy;
pub use list::ListProxy;
pub use lock::{Held, LockProxy, RLockProxy};
pub use namespace::NamespaceProxy;
pub use pool::{PoolProxy, PoolResultProxy, PoolResultsIterator, PoolResultsProxy};
pub use proxy::Managed;
pub use queue::{JoinableQueueProxy, QueueProxy};
pub use semaphore::{BoundedSemaphoreProxy, SemaphoreProxy};
pub use set::SetProxy;
pub use value::{ArrayProxy, ValueProxy};

use crate::address::Address;
use crate::auth::Key;
use crate::context::{Context, StartMethod};
use crate::copies::{InCopies, OfProcess, anew};
use crate::error::{Error, Kind, Result};
use crate::exit_work;
use crate::locked::lock;
use crate::process::Process;
pub(crate) use client::IN_COPIES as CLIENTS_IN_COPIES;
use client::Server;
use protocol::Request;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use server::feed;

/// How long a server has to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(1);

/// A process that keeps objects for others.
///
/// Who knows its address and its key may do all that a client can: read and change each object,
/// and call each function and type that was registered. What that key protects, and that
/// **everything but the key travels in the clear**, is said at [`Listener`](crate::Listener): over
/// a network that others can listen on, lead a tunnel to a manager at `127.0.0.1`.
///
/// A manager that was started here ends when its last clone is dropped, and when the process that
/// started it dies.
#[derive(Debug, Clone)]
pub struct Manager {
    server: Server,
    started: Option<Arc<Started>>,
}

#[derive(Debug)]
struct Started {
    inner: Arc<Inner>,
    at_exit: u64,
}

#[derive(Debug)]
struct Inner {
    process: Process,
    lifeline: Arc<Lifeline>,
    /// Once it is known.
    address: OnceLock<Address>,
    creator: u32,
    patience: Duration,
}

/// The channel whose end a server waits for; none when the server was told to end.
type Lifeline = Mutex<Option<Channel>>;

/// Every lifeline of this process. A copy of it lets go of them all, or else no server would end.
static LIFELINES: OfProcess<Mutex<Vec<Weak<Lifeline>>>> = OfProcess::new(Mutex::new(Vec::new()));
pub(crate) static IN_COPIES: InCopies = InCopies::new(let_go);

/// The original's servers are not a copy's to keep.
fn let_go() {
    let lifelines = std::mem::take(&mut *lock(LIFELINES.get(anew)));
    for lifeline in lifelines.iter().filter_map(Weak::upgrade) {
        drop(lock(&lifeline).take());
    }
}

impl Context {
    /// Starts a manager for processes of this machine that are given its proxies.
    ///
    /// # Errors
    /// As [`ProcessBuilder::start`](crate::ProcessBuilder::start).
    pub fn manager(&self) -> Result<Manager> {
        self.manager_builder().start()
    }

    /// Starts a manager at an address for all who know the key.
    ///
    /// # Errors
    /// As [`Context::manager`]; `is_system` when another listens at the address; `is_value` for an
    /// empty key.
    pub fn manager_at(&self, address: &Address, key: &[u8]) -> Result<Manager> {
        self.manager_builder().address(address).key(key).start()
    }
}

fn start(builder: ManagerBuilder) -> Result<Manager> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let failed = |error| Error::system("start a manager", error);
    let (channel, theirs) = Channel::pair().map_err(failed)?;
    let (context, patience) = (builder.context, builder.patience);
    let address = builder.address.clone();
    let (key, registered) = builder.take()?;
    let start = server::Start {
        address,
        key: key.clone(),
        registered,
        is_process: context.start_method() != StartMethod::Threads,
        channel: theirs.into(),
    };
    let lifeline: Arc<Lifeline> = Arc::new(Mutex::new(Some(channel)));
    IN_COPIES.register();
    let mut lifelines = lock(LIFELINES.get(anew));
    lifelines.retain(|known| known.strong_count() > 0);
    lifelines.push(Arc::downgrade(&lifeline));
    drop(lifelines);
    let name = format!("SyncManager-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let process = context.process(server::main, start);
    // Nobody waits for the one of threads, which is needed until all others have ended.
    let is_thread = context.start_method() == StartMethod::Threads;
    let process = process.name(name).daemon(is_thread).start()?;
    let inner = Arc::new(Inner {
        process,
        lifeline,
        address: OnceLock::new(),
        creator: epoch(),
        patience,
    });
    // One that cannot serve is gone when its starter hears of it.
    let address = inner.hear().inspect_err(|_| inner.shut_down())?;
    let address = inner.address.get_or_init(|| address).clone();
    let weak = Arc::downgrade(&inner);
    let stage = match is_thread {
        true => exit_work::Stage::AfterChildren,
        false => exit_work::Stage::BeforeChildren,
    };
    let at_exit = exit_work::register(stage, move || {
        if let Some(inner) = weak.upgrade() {
            inner.shut_down();
        }
    });
    Ok(Manager {
        server: Server::new(address, key),
        started: Some(Arc::new(Started { inner, at_exit })),
    })
}

impl Manager {
    /// Starts a manager of the default context at an address for all who know the key.
    ///
    /// ```no_run
    /// use poolproof_runtime as mp;
    ///
    /// mp::freeze_support();
    /// let manager = mp::Manager::serve(&"127.0.0.1:0".parse()?, b"secret")?;
    /// let counts = manager.dict::<String, u64>()?;
    /// manager.share("counts", &counts)?;
    ///
    /// // Elsewhere, with the address and the key alone:
    /// let remote = mp::Manager::connect(&manager.address(), b"secret")?;
    /// remote.shared_dict::<String, u64>("counts")?.insert(&"apples".into(), &3)?;
    /// assert_eq!(counts.get(&"apples".into())?, Some(3));
    /// # mp::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`Context::manager_at`].
    pub fn serve(address: &Address, key: &[u8]) -> Result<Manager> {
        Context::default().manager_at(address, key)
    }

    /// Connects to a manager elsewhere.
    ///
    /// # Errors
    /// `is_broken_pipe` when there is none at the address; `is_auth` when the keys differ.
    pub fn connect(address: &Address, key: &[u8]) -> Result<Manager> {
        let server = Server::new(address.clone(), Key::new(key));
        server.ask::<usize>(&Request::Count)?;
        Ok(Manager {
            server,
            started: None,
        })
    }

    /// Where it can be found.
    #[must_use]
    pub fn address(&self) -> Address {
        self.server.address().clone()
    }

    /// How many objects there are that somebody has a proxy or a name of.
    ///
    /// # Errors
    /// `is_broken_pipe` when the manager has ended.
    pub fn count(&self) -> Result<usize> {
        self.server.ask(&Request::Count)
    }

    /// Ends the manager that was started here and all that it keeps. Another's is only let go.
    ///
    /// It is killed when it has not ended after its
    /// [`shutdown_timeout`](ManagerBuilder::shutdown_timeout).
    pub fn shutdown(&self) {
        if let Some(started) = &self.started {
            started.inner.shut_down();
        }
        self.server.leave();
    }

    /// Waits for the end of the manager that was started here, for ever or for a while; says
    /// whether it has ended.
    ///
    /// # Errors
    /// `is_usage` for a manager that another process has started.
    pub fn join(&self, timeout: Option<Duration>) -> Result<bool> {
        let text = "wait for a manager that another process has started";
        let started = self.started.as_ref();
        let started = started.ok_or_else(|| Error::new(Kind::Usage, text))?;
        started.inner.process.join(timeout)
    }
}

impl Inner {
    /// The first that the server says: where it is, or why it cannot serve.
    fn hear(&self) -> Result<Address> {
        let hello = lock(&self.lifeline)
            .as_ref()
            .map_or(Ok(None), Channel::receive);
        let hello = hello.map_err(|error| Error::system("start a manager", error))?;
        let (hello, _) = hello.ok_or_else(|| Error::new(Kind::Eof, "start a manager"))?;
        let hello: server::Hello = decoded(&hello)?;
        hello.map_err(|(kind, subject)| Error::new(kind, subject))
    }

    fn shut_down(&self) {
        if self.creator != notice() {
            return;
        }
        // Its end is what the server waits for.
        let Some(lifeline) = lock(&self.lifeline).take() else {
            return;
        };
        drop(lifeline);
        if !matches!(self.process.join(Some(self.patience)), Ok(true)) {
            // It fails for one that has just ended, and for a thread, which ends in its time.
            let _ = self.process.kill();
            let _ = self.process.join(Some(PATIENCE));
        }
        // One that has ended by itself has left nothing.
        if let Some(address) = self.address.get() {
            address.remove_dead();
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.inner.shut_down();
        exit_work::forget(self.at_exit);
    }
}
