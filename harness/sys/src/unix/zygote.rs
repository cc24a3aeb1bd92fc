//! A server with one thread that copies itself on request, and alone reaps the copies.
//!
//! A request is one byte with two handles: the channel for the copy, and a status stream. On that
//! the copy says who it is before it does anything else, so that a server which dies has either
//! made a copy that the client knows of or none that ever runs; and the server says how it ended.

pub(super) mod word;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::mem::ManuallyDrop;

use rustix::process::{WaitOptions, wait};

use super::handle::Handle;
use super::process::{self, Child, Signal};
use super::{pipe, sentinel, threads, wake};
use crate::channel::Channel;
use word::{Word, is_gone};

/// A message of at most so many bytes is sent before there is a copy to read it: it fits into a
/// channel's buffer everywhere.
const EARLY_MAX: usize = 4096;

/// Asks the server behind `requests` for a copy of itself and sends it its first message.
///
/// # Errors
/// Fails with `BrokenPipe` when the server is gone, else as the system's fork or write.
pub fn request(requests: &Channel, message: &[u8], handles: &[Handle]) -> io::Result<Child> {
    let (ours, theirs) = Channel::pair()?;
    let (status, answers) = pipe::duplex()?;
    let is_early = message.len() <= EARLY_MAX && handles.len() <= pipe::HANDLES_MAX;
    if is_early {
        ours.send(message, handles)?;
    }
    requests.send_handles(&[Handle::from(theirs), answers])?;
    let mut sentinels = VecDeque::new();
    let child = match Word::read(&status, &mut sentinels)? {
        None => return Err(io::ErrorKind::BrokenPipe.into()),
        Some(Word::Failed(number)) => return Err(io::Error::from_raw_os_error(number)),
        // It was ended by somebody before it could say anything.
        Some(Word::Ended(pid, ending)) => return Child::ended(pid, ending),
        Some(Word::Copied(pid)) => {
            let sentinel = match sentinels.pop_front() {
                Some(sentinel) => sentinel,
                None => sentinel::watch(pid)?,
            };
            Child::served(pid, sentinel, status)
        }
    };
    if is_early {
        return Ok(child);
    }
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

/// Serves until every client is gone: then gives none. In a copy, gives its channel.
///
/// # Errors
/// `ResourceBusy` when this process has more than one thread; as the system's calls otherwise.
pub fn serve(requests: Channel) -> io::Result<Option<Channel>> {
    if !threads::are_at_most(1)? {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    // What every copy would have to find out for itself.
    let _ = (crate::function::build(), super::identity::epoch());
    let wake = wake::on_child_end()?;
    // Freeing it would be the first that a copy writes to its memory, for nothing.
    let mut children = ManuallyDrop::new(HashMap::new());
    let mut requests = Some(requests);
    while requests.is_some() || !children.is_empty() {
        let is_request = wake.wait(requests.as_ref().map(Channel::handle))?;
        reap(&mut children)?;
        let Some(channel) = requests.as_ref().filter(|_| is_request) else {
            continue;
        };
        match channel.receive_handles()? {
            None => requests = None,
            Some(handles) => {
                if let Some(copy) = answer(handles, &mut children)? {
                    wake.disarm()?;
                    return Ok(Some(copy));
                }
            }
        }
    }
    Ok(None)
}

/// Makes one copy, which tells the client its id; gives the channel in the copy.
fn answer(
    handles: Vec<Handle>,
    children: &mut HashMap<u32, Handle>,
) -> io::Result<Option<Channel>> {
    let Ok([channel, status]) = <[Handle; 2]>::try_from(handles) else {
        return Ok(None);
    };
    match process::copy() {
        Ok(0) => {
            if !children.is_empty() {
                children.clear();
            }
            tell_of_myself(&status);
            Ok(Some(Channel::from(channel)))
        }
        Ok(pid) => {
            children.insert(pid, status);
            Ok(None)
        }
        Err(error) => {
            let word = Word::Failed(error.raw_os_error().unwrap_or(libc::EAGAIN));
            // A client that is gone by now has no use for the answer.
            let _ = word.say(&status, &[]);
            Ok(None)
        }
    }
}

/// In a copy: says who it is; one that cannot does nothing else.
///
/// Linux's sentinels can be sent, which spares the client a race with the end of this server.
fn tell_of_myself(status: &Handle) {
    let pid = std::process::id();
    let sentinel = match cfg!(target_os = "linux") {
        true => sentinel::watch(pid).map(Some),
        false => Ok(None),
    };
    let told = match sentinel {
        Ok(sentinel) => Word::Copied(pid).say(status, sentinel.as_slice()),
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
fn reap(children: &mut HashMap<u32, Handle>) -> io::Result<()> {
    while !children.is_empty() {
        match call!(wait(WaitOptions::NOHANG)) {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CHILD) | Ok(None) => break,
            Err(error) => return Err(error.into()),
            Ok(Some((pid, status))) => {
                let pid = pid.as_raw_nonzero().get().cast_unsigned();
                if let Some(stream) = children.remove(&pid) {
                    let word = Word::Ended(pid, process::ending(status));
                    // A client that is gone by now has no use for the answer.
                    let _ = word.say(&stream, &[]);
                }
            }
        }
    }
    Ok(())
}
