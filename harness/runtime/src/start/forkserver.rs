//! A copy of a small server with one thread, which is itself a fresh process of this program.
//!
//! The first process of a tree that needs one starts it; all of the tree share it.

use std::io;
use std::sync::{Mutex, MutexGuard};

use poolproof_sys::channel::Channel;
use poolproof_sys::process::{self, Child, Signal};
use poolproof_sys::zygote;

use super::bootstrap::{MARKER, SERVER};
use super::message::{self, Packed, Requests, Surroundings, Variables};
use super::{life, spawn, warm_up};
use crate::error::{Error, Result};
use crate::locked::lock;
use crate::process::Exit;
use crate::process::current::Role;
use crate::transfer::{self, Message};

/// The way to the server, and the server itself where this process has started it.
struct Server {
    requests: Channel,
    child: Option<Child>,
    /// What its copies have as their environment by themselves, where that is known.
    environment: Option<Variables>,
}

static SERVER_KNOWN: Mutex<Option<Server>> = Mutex::new(None);

fn server() -> MutexGuard<'static, Option<Server>> {
    lock(&SERVER_KNOWN)
}

pub(super) fn start<A: Message, R: Exit>(
    function: fn(A) -> R,
    argument: &A,
    role: &Role,
) -> Result<Child> {
    let failed = |error| Error::system(format!("start the process `{}`", role.name), error);
    let mut known = server();
    if known.is_none() {
        *known = Some(launch()?);
    }
    let requests = duplicate(&known).map_err(failed)?;
    let theirs = known
        .as_ref()
        .and_then(|server| server.environment.as_ref());
    let surroundings = Some(Surroundings::of_this_process(theirs));
    let packed = message::pack(function, argument, role, requests, surroundings)?;
    request(&mut known, &packed, &role.name)
}

/// Asks the server for a copy, starting one when there is none or it has died.
fn request(known: &mut Option<Server>, packed: &Packed, name: &str) -> Result<Child> {
    let failed = |error| Error::system(format!("start the process `{name}`"), error);
    let ask = |server: &Server| zygote::request(&server.requests, &packed.bytes, &packed.handles);
    if let Some(server) = known {
        match ask(server) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            outcome => return outcome.map_err(failed),
        }
        if let Some(dead) = known.take().and_then(|server| server.child) {
            spawn::give_up(&dead);
        }
    }
    ask(known.insert(launch()?)).map_err(failed)
}

fn launch() -> Result<Server> {
    let failed = |error| Error::system("start the fork server", error);
    let environment = message::environment();
    let (child, requests) = process::spawn((MARKER, SERVER)).map_err(failed)?;
    let order = warm_up::order();
    let told = requests.send(&order, &[life::end()?]).map_err(failed);
    let ready = told.and_then(|()| match order.is_empty() {
        true => Ok(()),
        false => warm_up::wait(&requests),
    });
    if let Err(error) = ready {
        spawn::give_up(&child);
        return Err(error);
    }
    Ok(Server {
        requests,
        child: Some(child),
        // A warm-up may have changed it.
        environment: order.is_empty().then_some(environment),
    })
}

/// Whether there is a server already.
pub(super) fn is_known() -> bool {
    server().is_some()
}

fn duplicate(known: &Option<Server>) -> io::Result<Option<Requests>> {
    let handle = known
        .as_ref()
        .map(|server| server.requests.handle().duplicate());
    Ok(handle.transpose()?.map(Requests))
}

/// The way to the server for a child, if there is a server.
pub(super) fn known() -> Result<Option<Requests>> {
    duplicate(&server()).map_err(|error| Error::system("pass on the fork server", error))
}

/// Learns the way to the server from the process that has started this one.
pub(super) fn learn(requests: Option<Requests>) {
    *server() = requests.map(|Requests(handle)| Server {
        requests: Channel::from(handle),
        child: None,
        environment: None,
    });
}

/// In a forked child: the server goes on being known, but is not the child's to end.
pub(super) fn start_afresh() {
    if let Some(server) = &mut *server() {
        server.child = None;
    }
}

/// Ends the server, if this process has started it.
pub(crate) fn end_server() {
    let known = server().take();
    if let Some(child) = known.and_then(|server| server.child) {
        // It may have died by itself, which is as good.
        let _ = child.signal(Signal::Kill);
        let _ = child.wait(None);
    }
}

/// What a fork server does: nothing but to copy itself. Gives a copy's channel, or none at the end.
pub(super) fn serve(channel: Channel) -> Result<Option<Channel>> {
    let failed = |error| Error::system("serve as a fork server", error);
    let first = channel.receive().map_err(failed)?;
    let first = first.and_then(|(order, handles)| Some((order, handles.into_iter().next()?)));
    let Some((order, lifeline)) = first else {
        return Ok(None);
    };
    life::tie(lifeline)?;
    poolproof_sys::process::set_name("ForkServer");
    if !warm_up::obey(&order, &channel).map_err(failed)? {
        return Ok(None);
    }
    // Each copy would do it for itself.
    transfer::prepare_thread();
    zygote::serve(channel).map_err(failed)
}
