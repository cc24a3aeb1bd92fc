//! A tree that is kept apart: in namespaces of its own, which Linux gives to a privileged user, and
//! to most others inside a user namespace.
//!
//! What lives in them ends with their first process, and nothing in them has a name outside: no
//! process, no port, no shared memory. Who asks for that and has to do without is the caller's
//! business.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::net::{AddressFamily, SocketType, socket};
use rustix::thread::{UnshareFlags, unshare_unsafe};

use super::named_memory;
use crate::keeping::Isolation;

/// Makes the namespaces, in the process whose child is to be the first in them.
pub(super) fn make(isolation: Isolation) -> io::Result<()> {
    let flags = match isolation {
        Isolation::Nothing => return Ok(()),
        Isolation::Memory => UnshareFlags::NEWNS,
        Isolation::Full => {
            UnshareFlags::NEWNS | UnshareFlags::NEWPID | UnshareFlags::NEWNET | UnshareFlags::NEWIPC
        }
    };
    match leave(flags) {
        Err(Errno::PERM) => leave_as_a_user(flags)?,
        outcome => outcome.map_err(|error| naming("unshare", error))?,
    }
    // Nothing that is mounted from here on shows outside.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).map_err(|error| naming("mount /", error))?;
    if Path::new(named_memory::FOLDER).is_dir() {
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount("tmpfs", named_memory::FOLDER, "tmpfs", flags, c"mode=1777")
            .map_err(|error| naming("mount /dev/shm", error))?;
    }
    if isolation == Isolation::Full {
        raise_loopback().map_err(|error| named("the loopback network", error))?;
    }
    Ok(())
}

/// Has the first process in the namespaces see its own processes, and end with the one outside.
pub(super) fn enter(isolation: Isolation) -> io::Result<()> {
    if isolation == Isolation::Full {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        mount("proc", "/proc", "proc", flags, None)
            .map_err(|error| naming("mount /proc", error))?;
    }
    Ok(())
}

fn leave(flags: UnshareFlags) -> rustix::io::Result<()> {
    // SAFETY: none of these namespaces changes memory or descriptors of this process.
    unsafe { unshare_unsafe(flags) }
}

/// As [`leave`], for who has no privileges: in a user namespace in which it is the same user.
fn leave_as_a_user(flags: UnshareFlags) -> io::Result<()> {
    let user = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    leave(flags | UnshareFlags::NEWUSER).map_err(|error| naming("unshare", error))?;
    let tell = |file: &str, text: &str| {
        let path = format!("/proc/self/{file}");
        std::fs::write(&path, text).map_err(|error| named(&path, error))
    };
    tell("setgroups", "deny")?;
    tell("uid_map", &format!("{user} {user} 1"))?;
    tell("gid_map", &format!("{group} {group} 1"))
}

/// Brings the one network interface up that a new network namespace has: addresses of this machine
/// are reached over it.
fn raise_loopback() -> io::Result<()> {
    let socket: OwnedFd = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // SAFETY: it consists of numbers, for which zeros are values.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(b"lo") {
        *place = byte.cast_signed();
    }
    ask(&socket, libc::SIOCGIFFLAGS, &mut request)?;
    // SAFETY: the call before has written the flags.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    request.ifr_ifru.ifru_flags = flags | libc::IFF_UP as libc::c_short;
    ask(&socket, libc::SIOCSIFFLAGS, &mut request)
}

fn ask(socket: &OwnedFd, what: libc::Ioctl, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: both requests take such a structure, which is live and may be written to.
    match unsafe { libc::ioctl(socket.as_raw_fd(), what, request) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn naming(what: &str, error: Errno) -> io::Error {
    named(what, error.into())
}

fn named(what: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}
