//! A copy of a small server with one thread, which is itself a fresh process of this program.
//!
//! The first process of a tree that needs one starts it; all of the tree share it.

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use poolproof_sys::channel::Channel;
use poolproof_sys::handle::{self, Handle};
use poolproof_sys::pipe;
use poolproof_sys::privileges::fingerprint;
use poolproof_sys::process::{Child, Signal};
use poolproof_sys::zygote;

use super::fresh::{self, SERVER};
use super::message::{self, Packed, Surroundings, Told, Variables};
use super::{life, warm_up};
use crate::copies::{InCopies, OfProcess, anew};
use crate::current::{Exit, Role};
use crate::error::{Error, Result};
use crate::exit_work::{self, Stage};
use crate::locked::lock;
use crate::panics;
use crate::transfer::{self, Message};

/// The way to the server, and the server itself where this process has started it.
struct Server {
    requests: Channel,
    child: Option<Child>,
    /// What its copies have as their environment by themselves, where that is known.
    environment: Option<Variables>,
    /// What its copies may do.
    privileges: u64,
}

/// Servers that this process has started, and that have more rights than it has kept.
static RETIRED: OfProcess<Mutex<Vec<Child>>> = OfProcess::new(Mutex::new(Vec::new()));

/// How long a server that has gone takes to be seen as gone.
const LINGER: Duration = Duration::from_secs(1);

/// What a server is called.
const SERVER_NAME: &str = "ForkServer";

/// In a box, so that none is zero, as [`StartMethod`](crate::StartMethod) says.
static SERVER_KNOWN: OfProcess<Mutex<Option<Box<Server>>>> = OfProcess::new(Mutex::new(None));
/// Whether this process has registered that it sees to the end of its server.
static WILL_END: OfProcess<AtomicBool> = OfProcess::new(AtomicBool::new(false));
pub(crate) static IN_COPIES: InCopies = InCopies::new(let_go);

fn server() -> MutexGuard<'static, Option<Box<Server>>> {
    lock(SERVER_KNOWN.get(anew))
}

pub(super) fn start<A: Message, R: Exit>(
    function: fn(A) -> R,
    argument: &A,
    role: &Role,
) -> Result<Child> {
    let failed = |error| Error::system(format!("start the process `{}`", role.name), error);
    let mut known = server();
    let privileges = fingerprint();
    if let Some(other) = known.take_if(|server| server.privileges != privileges) {
        // A copy of it could do what this process has given up. Others may use it still.
        lock(RETIRED.get(anew)).extend(other.child);
    }
    if known.is_none() {
        *known = Some(Box::new(launch()?));
    }
    let requests = duplicate(&known).map_err(failed)?;
    let theirs = known
        .as_ref()
        .and_then(|server| server.environment.as_ref());
    let surroundings = Some(Surroundings::of_this_process(theirs));
    let mut packed = message::pack(function, argument, role, requests, surroundings)?;
    request(&mut known, &mut packed, &role.name)
}

/// Asks the server for a copy, starting one when there is none or it has died.
fn request(known: &mut Option<Box<Server>>, packed: &mut Packed, name: &str) -> Result<Child> {
    let failed = |error| Error::system(format!("start the process `{name}`"), error);
    let mut ask =
        |server: &Server| zygote::request(&server.requests, &packed.bytes, &mut packed.handles);
    if let Some(server) = known {
        match ask(server) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                if !has_ended(server).map_err(failed)? {
                    // It had no room for what was sent, and so no way to say that.
                    return Err(failed(handle::none_left()));
                }
            }
            outcome => return outcome.map_err(failed),
        }
        if let Some(dead) = known.take().and_then(|server| server.child) {
            fresh::give_up(&dead);
        }
    }
    ask(known.insert(Box::new(launch()?))).map_err(failed)
}

/// Whether a server that does not answer is no more: nothing is ever written to who asks it.
fn has_ended(server: &Server) -> io::Result<bool> {
    pipe::wait_readable(server.requests.handle(), Some(Instant::now() + LINGER))
}

fn launch() -> Result<Server> {
    let failed = |error| Error::system("start the fork server", error);
    let (environment, privileges) = (message::environment(), fingerprint());
    let (child, requests) = fresh::spawn(SERVER, SERVER_NAME).map_err(failed)?;
    let order = warm_up::order();
    let told = requests.send(&order, &[life::end()?]).map_err(failed);
    let ready = told.and_then(|()| match order.is_empty() {
        true => Ok(()),
        false => warm_up::wait(&requests),
    });
    if let Err(error) = ready {
        fresh::give_up(&child);
        return Err(error);
    }
    IN_COPIES.register();
    if !WILL_END.get(anew).swap(true, Ordering::Relaxed) {
        exit_work::register(Stage::Last, end_server);
    }
    Ok(Server {
        requests,
        child: Some(child),
        // A warm-up may have changed it.
        environment: order.is_empty().then_some(environment),
        privileges,
    })
}

/// Has the fork server call `function` with `argument` once, before it makes the first process, so that every
/// process of the start method `forkserver` begins with what it has loaded, and shares the memory
/// for it.
///
/// It is to be set before the first such process of the program. It may start neither processes
/// nor threads that go on, since a copy has only one thread.
///
/// ```standalone_crate
/// use std::sync::OnceLock;
///
/// use poolproof_runtime as mp;
///
/// static WORDS: OnceLock<Vec<String>> = OnceLock::new();
///
/// fn load(count: usize) {
///     let _ = WORDS.set(vec!["slow to load".into(); count]);
/// }
///
/// fn main() -> mp::Result<()> {
///     mp::freeze_support();
///     mp::set_forkserver_warm_up(load, 3)?;
/// #   if !mp::StartMethod::all().contains(&mp::StartMethod::Forkserver) { return Ok(()) }
///     let context = mp::Context::new(mp::StartMethod::Forkserver)?;
///     let process = context.process(|()| WORDS.get().map_or(0, Vec::len) as i32, ()).start()?;
///     process.join(None)?;
///     assert_eq!(process.exit_code()?, Some(3));
///     Ok(())
/// }
/// ```
///
/// # Errors
/// `is_usage` once the fork server runs, for a function that is no part of the program itself, and
/// for an argument with handles in it; `is_serialize` for one that cannot be sent.
pub fn set_forkserver_warm_up<A: Message>(function: fn(A), argument: A) -> Result<()> {
    if server().is_some() {
        let text = "the server runs already: set it before the first process is started";
        return Err(warm_up::refused(text));
    }
    warm_up::choose(function, argument)
}

fn duplicate(known: &Option<Box<Server>>) -> io::Result<Option<Way>> {
    let way = |server: &Server| {
        let requests = server.requests.handle().duplicate()?;
        Ok((requests, server.privileges))
    };
    known.as_deref().map(way).transpose()
}

/// The way to a server, and what its copies may do.
pub(super) type Way = (Handle, u64);

/// The way to the server for a child, if there is a server.
pub(super) fn known() -> Result<Option<Way>> {
    duplicate(&server()).map_err(|error| Error::system("pass on the fork server", error))
}

/// Learns the way to the server from the process that has started this one.
#[inline]
pub(super) fn learn(way: Option<Way>) {
    let learnt = way.map(|(requests, privileges)| {
        Box::new(Server {
            requests: Channel::from(requests),
            child: None,
            environment: None,
            privileges,
        })
    });
    let before = std::mem::replace(&mut *server(), learnt);
    // There is none, as a rule, and a copy need not come by the code that would drop it.
    if let Some(before) = before {
        drop(before);
    }
}

/// The server goes on being known in a copy, but is not the copy's to end.
fn let_go() {
    WILL_END.get(anew).store(false, Ordering::Relaxed);
    if let Some(server) = &mut *server() {
        server.child = None;
    }
    lock(RETIRED.get(anew)).clear();
}

/// Ends the server, if this process has started it.
fn end_server() {
    let known = server().take();
    let retired = std::mem::take(&mut *lock(RETIRED.get(anew)));
    for child in known
        .and_then(|server| server.child)
        .into_iter()
        .chain(retired)
    {
        // It may have died by itself, which is as good; one that has other rights than this process
        // has dies with the lifeline.
        if child.signal(Signal::Kill).is_ok() {
            let _ = child.wait(None);
        }
    }
}

/// What a fork server does: nothing but to copy itself. Gives what a copy is told, or none at the
/// end.
pub(super) fn serve(channel: Channel) -> Result<Option<Result<Told>>> {
    leave_blocks();
    let failed = |error| Error::system("serve as a fork server", error);
    let first = channel.receive().map_err(failed)?;
    let first = first.and_then(|(order, handles)| Some((order, handles.into_iter().next()?)));
    let Some((order, lifeline)) = first else {
        return Ok(None);
    };
    life::tie(lifeline, false)?;
    if !warm_up::obey(&order, &channel).map_err(failed)? {
        return Ok(None);
    }
    // Each copy would do it for itself.
    transfer::prepare_thread();
    panics::note_places();
    let _ = io::stdout();
    zygote::serve(channel, Told::read).map_err(failed)
}

/// Leaves some small free blocks to the allocator. A copy that takes these does not write to the
/// memory behind all blocks, nor to the books about it, and so gets no pages of its own for them.
fn leave_blocks() {
    let sizes = [16, 16, 16, 16, 16, 16, 16, 32, 64];
    drop(black_box(sizes.map(Vec::<u8>::with_capacity)));
}
