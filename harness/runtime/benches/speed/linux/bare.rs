//! Processes of this same program that do as little as there is to do: the limit of starting one.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::process::{Child, Command, Stdio, exit};

use poolproof_sys::bare::{Alone, wait};
use poolproof_sys::process::Ending;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{read, write};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use super::Outcome;

/// The variable that marks such a process, and is looked at before anything else.
const MARKER: &str = "POOLPROOF_BENCH_BARE";

/// What such a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bare {
    /// It ends at once.
    Leave,
    /// It says on its stdin, a socket, who it is, and ends when that does.
    Wait,
    /// It copies itself for each request that comes on its stdin.
    Zygote,
}

impl Bare {
    fn name(self) -> &'static str {
        match self {
            Bare::Leave => "leave",
            Bare::Wait => "wait",
            Bare::Zygote => "zygote",
        }
    }
}

/// A command that starts one.
pub(crate) fn command(bare: Bare) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.env(MARKER, bare.name());
    command
}

/// The first thing in `main`: such a process never returns from here.
pub(crate) fn be() {
    let Some(bare) = std::env::var_os(MARKER) else {
        return;
    };
    let outcome = match bare {
        bare if bare == Bare::Wait.name() => wait_for_end(rustix::stdio::stdin()),
        bare if bare == Bare::Zygote.name() => serve(),
        _ => Ok(()),
    };
    if let Err(error) = outcome {
        eprintln!("a bare process: {error}");
        exit(1)
    }
    exit(0)
}

/// A zygote, seen from outside.
pub(crate) struct Zygote {
    child: Child,
    requests: Option<OwnedFd>,
}

/// A copy of a zygote.
pub(crate) struct Copy {
    /// Its end is what a copy that waits is waiting for.
    channel: OwnedFd,
    status: OwnedFd,
}

impl Zygote {
    /// Starts one.
    pub(crate) fn start() -> Outcome<Zygote> {
        let (requests, served) = packets()?;
        let child = command(Bare::Zygote).stdin(Stdio::from(served)).spawn()?;
        let requests = Some(requests);
        Ok(Zygote { child, requests })
    }

    /// Asks for a copy with two handles: a channel to it, and where its end is told.
    pub(crate) fn copy(&self, bare: Bare) -> Outcome<Copy> {
        let requests = self.requests.as_ref().ok_or("the zygote has ended")?;
        let (channel, theirs) = packets()?;
        let (status, answers) = packets()?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let handles = [theirs.as_fd(), answers.as_fd()];
        control.push(SendAncillaryMessage::ScmRights(&handles));
        let request = [u8::from(bare == Bare::Wait)];
        sendmsg(
            requests,
            &[IoSlice::new(&request)],
            &mut control,
            SendFlags::empty(),
        )?;
        Ok(Copy { channel, status })
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        drop(self.requests.take());
        // There is nobody to tell.
        let _ = self.child.wait();
    }
}

impl Copy {
    /// The id of a copy that waits.
    pub(crate) fn pid(&self) -> Outcome<u32> {
        told_pid(&self.channel)
    }

    /// Waits for its end, which is now, and says whether all went well.
    pub(crate) fn join(self) -> Outcome {
        drop(self.channel);
        let mut status = [1; 1];
        match (read(&self.status, &mut status)?, status) {
            (1, [0]) => Ok(()),
            _ => Err("a copy of the zygote failed".into()),
        }
    }
}

/// A socket and its other end.
pub(crate) fn packets() -> Outcome<(OwnedFd, OwnedFd)> {
    let kind = SocketType::SEQPACKET;
    Ok(socketpair(
        AddressFamily::UNIX,
        kind,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// In a zygote: a copy for each request, one after the other.
fn serve() -> Outcome {
    let alone = Alone::new()?;
    let requests = rustix::stdio::stdin();
    loop {
        let mut request = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [IoSliceMut::new(&mut request)];
        if recvmsg(requests, &mut slices, &mut control, RecvFlags::CMSG_CLOEXEC)?.bytes == 0 {
            return Ok(());
        }
        let handles: Vec<OwnedFd> = control
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(handles) => Some(handles),
                _ => None,
            })
            .flatten()
            .collect();
        let [channel, status] = &handles[..] else {
            return Err("a request without its two handles".into());
        };
        let pid = alone.fork(|| match request {
            [0] => 0,
            _ => i32::from(wait_for_end(channel).is_err()),
        })?;
        let is_well = wait(pid)? == Ending::Exit(0);
        write(status, &[u8::from(!is_well)])?;
    }
}

/// Says who this process is, and waits for a byte or the end.
pub(crate) fn wait_for_end(channel: impl AsFd) -> Outcome {
    write(&channel, &std::process::id().to_ne_bytes())?;
    read(&channel, &mut [0; 1])?;
    Ok(())
}

/// The id of a process that waits for its end, once it does.
pub(crate) fn told_pid(channel: impl AsFd) -> Outcome<u32> {
    let mut pid = [0; 4];
    read(&channel, &mut pid)?;
    Ok(u32::from_ne_bytes(pid))
}
