//! A server with one thread that copies itself on request, and alone reaps the copies.
//!
//! A request is one byte with two handles: the channel for the copy, and a status stream on which
//! the server answers with the copy's id and, once it has ended, how.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;

use rustix::process::{WaitOptions, wait};

use super::handle::Handle;
use super::process::{self, Child, Signal};
use super::{pipe, sentinel, threads, wake};
use crate::channel::Channel;

/// Asks the server behind `requests` for a copy of itself and sends it its first message.
///
/// # Errors
/// Fails with `BrokenPipe` when the server is gone, else as the system's fork or write.
pub fn request(requests: &Channel, message: &[u8], handles: &[Handle]) -> io::Result<Child> {
    let (ours, theirs) = Channel::pair()?;
    let (status, answers) = pipe::duplex()?;
    requests.send_handles(&[Handle::from(theirs), answers])?;
    let status = Channel::from(status);
    let Some((answer, sentinels)) = status.receive()? else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let pid = match Answer::from_bytes(&answer)? {
        Answer::Copied(pid) => pid,
        Answer::Failed(number) => return Err(io::Error::from_raw_os_error(number)),
    };
    let sentinel = match sentinels.into_iter().next() {
        Some(sentinel) => sentinel,
        None => sentinel::watch(pid)?,
    };
    let child = Child::served(pid, sentinel, Handle::from(status));
    // Not before the server has answered: a copy whose server died without an answer is made
    // again, and must not run twice.
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

fn is_gone(error: &io::Error) -> bool {
    let kind = error.kind();
    kind == io::ErrorKind::BrokenPipe || kind == io::ErrorKind::ConnectionReset
}

/// What a server answers: the copy's id, or the number of the error that there was instead.
enum Answer {
    Copied(u32),
    Failed(i32),
}

impl Answer {
    fn to_bytes(&self) -> [u8; 5] {
        let (kind, [a, b, c, d]) = match self {
            Answer::Copied(pid) => (0, pid.to_ne_bytes()),
            Answer::Failed(number) => (1, number.to_ne_bytes()),
        };
        [kind, a, b, c, d]
    }

    fn from_bytes(bytes: &[u8]) -> io::Result<Answer> {
        match *bytes {
            [0, a, b, c, d] => Ok(Answer::Copied(u32::from_ne_bytes([a, b, c, d]))),
            [1, a, b, c, d] => Ok(Answer::Failed(i32::from_ne_bytes([a, b, c, d]))),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
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
    let mut children: HashMap<u32, Handle> = HashMap::new();
    let mut requests = Some(requests);
    while requests.is_some() || !children.is_empty() {
        let ready = match &requests {
            Some(requests) => pipe::wait_any(&[wake.handle(), requests.handle()], None)?,
            None => pipe::wait_any(&[wake.handle()], None)?,
        };
        if ready[0] {
            wake.clear()?;
            reap(&mut children)?;
        }
        let Some(channel) = requests.as_ref().filter(|_| ready.get(1) == Some(&true)) else {
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

/// Makes one copy and tells the client its id; gives the channel in the copy.
fn answer(
    handles: Vec<Handle>,
    children: &mut HashMap<u32, Handle>,
) -> io::Result<Option<Channel>> {
    let Ok([channel, status]) = <[Handle; 2]>::try_from(handles) else {
        return Ok(None);
    };
    let pid = match process::copy() {
        Ok(pid) => pid,
        Err(error) => {
            let answer = Answer::Failed(error.raw_os_error().unwrap_or(libc::EAGAIN));
            // A client that is gone by now has no use for the answer.
            let _ = Channel::from(status).send(&answer.to_bytes(), &[]);
            return Ok(None);
        }
    };
    if pid == 0 {
        children.clear();
        return Ok(Some(Channel::from(channel)));
    }
    let status = Channel::from(status);
    let sentinel = sentinels_can_be_sent(pid)?;
    // A client that is gone by now has no use for the answer.
    let _ = status.send(&Answer::Copied(pid).to_bytes(), &sentinel);
    children.insert(pid, Handle::from(status));
    Ok(None)
}

/// Linux's sentinels can be sent, which spares the client a race with the end of this server.
fn sentinels_can_be_sent(pid: u32) -> io::Result<Vec<Handle>> {
    if cfg!(target_os = "linux") {
        return Ok(vec![sentinel::watch(pid)?]);
    }
    Ok(Vec::new())
}

/// Reaps every copy that has ended and tells its client how.
fn reap(children: &mut HashMap<u32, Handle>) -> io::Result<()> {
    loop {
        match call!(wait(WaitOptions::NOHANG)) {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CHILD) | Ok(None) => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(Some((pid, status))) => {
                let pid = pid.as_raw_nonzero().get().cast_unsigned();
                if let Some(stream) = children.remove(&pid) {
                    let bytes = process::status_bytes(process::ending(status));
                    // A client that is gone by now has no use for the answer.
                    let _ = call!(rustix::io::write(stream.as_fd(), &bytes));
                }
            }
        }
    }
}
