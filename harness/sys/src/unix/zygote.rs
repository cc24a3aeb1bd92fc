//! A server with one thread that copies itself on request, and alone reaps the copies.
//!
//! A request is the copy's first message, with its handles and one more: a status stream. On that
//! the copy says who it is before it does anything else, so that a server which dies has either
//! made a copy that the client knows of or none that ever runs; and the server says how it ended.
//! A message that is too long for that comes over a channel to the copy, and the request is empty.

pub(super) mod word;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::io;
use std::mem::ManuallyDrop;

use rustix::process::{Pid, Signal as RawSignal, WaitOptions, kill_process, wait};

use super::handle::Handle;
use super::process::{self, Child, Signal};
use super::sentinel::{self, Whose};
use super::{pipe, reaping, threads, wake};
use crate::channel::Channel;
use crate::group::Group;
use word::{Word, is_gone};

/// A request of at most so many bytes is whole even where several clients send at once or die
/// meanwhile: any system has room for it or none at all.
const WHOLE_MAX: usize = 2000;

/// Copies that a server has room for from the start.
const CHILDREN: usize = 3;

/// The status stream of each copy. Hashed without chance, which a system may lack.
type Children = HashMap<u32, Handle, BuildHasherDefault<DefaultHasher>>;

/// Asks the server behind `requests` for a copy of itself and sends it its first message, which is
/// not empty. The handles are the same afterwards.
///
/// # Errors
/// Fails with `BrokenPipe` when the server is gone, else as the system's fork or write.
pub fn request(requests: &Channel, message: &[u8], handles: &mut Vec<Handle>) -> io::Result<Child> {
    let (status, answers) = pipe::duplex()?;
    if message.len() <= WHOLE_MAX && handles.len() < pipe::HANDLES_MAX {
        handles.push(answers);
        let sent = requests.send(message, handles);
        drop(handles.pop());
        return sent.and_then(|()| made(status));
    }
    let (ours, theirs) = Channel::pair()?;
    requests.send(&[], &[Handle::from(theirs), answers])?;
    let child = made(status)?;
    match ours.send(message, handles) {
        Err(error) if !is_gone(&error) => {
            child.signal(Signal::Kill)?;
            child.wait(None)?;
            Err(error)
        }
        // One that has ended by now was started nonetheless.
        _ => Ok(child),
    }
}

/// Waits until the copy says who it is.
fn made(status: Handle) -> io::Result<Child> {
    let mut groups: VecDeque<Group> = VecDeque::new();
    match Word::read(&status, &mut groups)? {
        None => Err(io::ErrorKind::BrokenPipe.into()),
        Some(Word::Failed(number)) => {
            let error = io::Error::from_raw_os_error(number);
            if super::handle::are_used_up(&error) {
                return Err(error);
            }
            let text = format!(
                "the fork server cannot copy itself: {error}; it has the limits that it was started \
                 with (`ulimit -u` and `-v`)"
            );
            Err(io::Error::new(error.kind(), text))
        }
        // It was ended by somebody before it could say anything.
        Some(Word::Ended(pid, ending)) => Child::ended(pid, ending),
        Some(Word::Copied(pid)) => {
            let sent = groups.pop_front().and_then(|group| group.whole(1));
            let sentinel = sent.into_iter().flatten().next();
            match sentinel.map_or_else(|| watch(pid), Ok) {
                Ok(sentinel) => Ok(Child::served(pid, sentinel, status)),
                Err(error) => {
                    end_unwatched(pid, &status);
                    Err(error)
                }
            }
        }
    }
}

fn watch(pid: u32) -> io::Result<Handle> {
    match sentinel::watch(pid, Whose::Another) {
        // It has ended, and the server has reaped it already, of which it tells.
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(pipe::one_way()?.0),
        sentinel => sentinel,
    }
}

/// Ends a copy whose end cannot be waited for, so that it does not run without anybody's knowledge.
fn end_unwatched(pid: u32, status: &Handle) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // The server reaps it and says so; where it cannot be asked, there is nobody to tell of it.
    if pid.is_some_and(|pid| call!(kill_process(pid, RawSignal::KILL)).is_ok()) {
        let _ = Word::read(status, &mut VecDeque::new());
    }
}

/// Serves until every client is gone: then gives none. In a copy, gives what `read` makes of its
/// first message; the server does that before the copy, as what it does need not be done there.
///
/// # Errors
/// `ResourceBusy` when this process has more than one thread; as the system's calls otherwise.
pub fn serve<T>(
    requests: Channel,
    mut read: impl FnMut(Vec<u8>, Vec<Handle>) -> T,
) -> io::Result<Option<T>> {
    if !threads::are_at_most(1)? {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    // What every copy would have to find out for itself.
    let _ = (crate::function::build(), super::copies::epoch());
    let mut wake = wake::on_child_end()?;
    // Freeing it would be the first that a copy writes to its memory, for nothing.
    let mut children = ManuallyDrop::new(Children::with_capacity_and_hasher(
        CHILDREN,
        BuildHasherDefault::new(),
    ));
    let mut requests = Some(requests);
    loop {
        reap(&mut children)?;
        if requests.is_none() && children.is_empty() {
            return Ok(None);
        }
        let is_request = wake.wait(requests.as_ref().map(Channel::handle))?;
        let Some(channel) = requests.as_ref().filter(|_| is_request) else {
            continue;
        };
        let Some(received) = channel.receive_some()? else {
            requests = None;
            continue;
        };
        let (message, mut handles) = (received.message, received.handles);
        // Without room for all of them there is no copy, as the client learns from the stream's end.
        let status = handles.pop().filter(|_| handles.len() + 1 == received.sent);
        let Some(status) = status else {
            continue;
        };
        let first = match message.is_empty() {
            true => First::Later(handles.pop()),
            false => First::Now(read(message, handles)),
        };
        // Before the copy, which need not do it then; what ends meanwhile is reaped next. What is
        // written after it, by either, is a page that the copy has for itself.
        children.reserve(1);
        wake.disarm()?;
        if is_copy(status, &mut children)? {
            return first.get(read);
        }
        wake = wake::on_child_end()?;
    }
}

/// The first message of a copy.
enum First<T> {
    /// It came with the request.
    Now(T),
    /// It comes over this channel.
    Later(Option<Handle>),
}

impl<T> First<T> {
    /// In a copy: reads what has not been read yet; none where nobody sends it any more.
    fn get(self, mut read: impl FnMut(Vec<u8>, Vec<Handle>) -> T) -> io::Result<Option<T>> {
        match self {
            First::Now(first) => Ok(Some(first)),
            First::Later(None) => Ok(None),
            First::Later(Some(channel)) => {
                let told = Channel::from(channel).receive()?;
                Ok(told.map(|(message, handles)| read(message, handles)))
            }
        }
    }
}

/// Makes one copy, which tells the client its id; says in which of the two this is.
fn is_copy(status: Handle, children: &mut Children) -> io::Result<bool> {
    match process::copy() {
        Ok(0) => {
            if !children.is_empty() {
                children.clear();
            }
            tell_of_myself(&status);
            Ok(true)
        }
        Ok(pid) => {
            children.insert(pid, status);
            Ok(false)
        }
        Err(error) => {
            let word = Word::Failed(error.raw_os_error().unwrap_or(libc::EAGAIN));
            // A client that is gone by now has no use for the answer.
            let _ = word.say(&status, &[]);
            Ok(false)
        }
    }
}

/// In a copy: says who it is; one that cannot does nothing else.
///
/// Linux's sentinels can be sent, which spares the client a race with the end of this server.
fn tell_of_myself(status: &Handle) {
    let pid = rustix::process::getpid().as_raw_nonzero().get();
    let pid = pid.cast_unsigned();
    let sentinel = match sentinel::of_this_process() {
        // The client watches it in another way.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        sentinel => sentinel.map(Some),
    };
    let told = match sentinel {
        // Where it cannot be sent, the client watches this process in another way.
        Ok(sentinel) => Word::Copied(pid)
            .say(status, sentinel.as_slice())
            .or_else(|_| Word::Copied(pid).say(status, &[])),
        Err(error) => {
            let word = Word::Failed(error.raw_os_error().unwrap_or(libc::EMFILE));
            // As the copy does not go on, it makes no difference who hears of it.
            let _ = word.say(status, &[]);
            Err(error)
        }
    };
    if told.is_err() {
        super::exit::leave(1);
    }
}

/// Reaps every copy that has ended and tells its client how.
fn reap(children: &mut Children) -> io::Result<()> {
    while !children.is_empty() {
        match call!(EINTR, wait(WaitOptions::NOHANG)) {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CHILD) | Ok(None) => break,
            Err(error) => return Err(error.into()),
            Ok(Some((pid, status))) => {
                let pid = pid.as_raw_nonzero().get().cast_unsigned();
                if let Some(stream) = children.remove(&pid) {
                    let word = Word::Ended(pid, reaping::ending(status));
                    // A client that is gone by now has no use for the answer.
                    let _ = word.say(&stream, &[]);
                }
            }
        }
    }
    Ok(())
}
