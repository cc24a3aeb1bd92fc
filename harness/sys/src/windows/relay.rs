//! A TCP stream as a pipe: a socket can neither be looked into nor waited for as a pipe can, so two
//! threads of this process carry the bytes.
//!
//! What was written to the pipe is on its way before this process leaves; the system takes care of
//! it from there.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::windows::io::AsRawSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use windows_sys::Win32::Networking::WinSock::{SIO_KEEPALIVE_VALS, WSAIoctl, tcp_keepalive};
use windows_sys::Win32::System::Threading::SetEvent;

use super::handle::Handle;
use super::{exit, overlapped, pipe};

/// How long a leaving process waits for one who does not read.
const FLUSH_MAX: Duration = Duration::from_secs(10);

/// How often it looks.
const LOOK: Duration = Duration::from_millis(1);

/// How long a connection is silent before its peer is asked for a sign of life, in milliseconds.
const KEEP_ALIVE_IDLE_MS: u32 = 60_000;

/// How long until it is asked again; the system takes it for gone after ten questions.
const KEEP_ALIVE_INTERVAL_MS: u32 = 6_000;

/// How many bytes are carried at once.
const CHUNK: usize = 1 << 14;

static RELAYS: Mutex<Vec<Weak<Relay>>> = Mutex::new(Vec::new());

#[derive(Debug)]
struct Relay {
    stream: TcpStream,
    /// The other end of the pipe that is given out.
    end: Handle,
    /// Set when the stream has ended: nothing is carried to it any more.
    is_over: Handle,
    /// Whether bytes may have left the pipe that the stream has not got yet.
    is_carrying: AtomicBool,
}

/// A pipe that carries what a stream does, and ends with it.
pub(super) fn pipe_to(stream: TcpStream) -> io::Result<Handle> {
    stream.set_nodelay(true)?;
    keep_alive(&stream)?;
    let (ours, end) = pipe::duplex()?;
    let relay = Arc::new(Relay {
        stream,
        end,
        is_over: overlapped::event()?,
        is_carrying: AtomicBool::new(false),
    });
    exit::flush_first(flush);
    let mut relays = RELAYS.lock().unwrap_or_else(PoisonError::into_inner);
    relays.retain(|relay| relay.strong_count() > 0);
    relays.push(Arc::downgrade(&relay));
    drop(relays);
    let thread = |name: &str| std::thread::Builder::new().name(name.into());
    let (from, to) = (Arc::clone(&relay), Arc::clone(&relay));
    thread("from tcp").spawn(move || from.carry_from_stream())?;
    match thread("to tcp").spawn(move || to.carry_to_stream()) {
        Ok(_) => Ok(ours),
        Err(error) => {
            // Ends the thread that was started; there is nobody else to tell.
            let _ = relay.stream.shutdown(Shutdown::Both);
            Err(error)
        }
    }
}

/// Has the system ask a peer that is silent whether it is still there: one whose machine has
/// vanished, and so never said that it ends, is at an end then.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let wanted = tcp_keepalive {
        onoff: 1,
        keepalivetime: KEEP_ALIVE_IDLE_MS,
        keepaliveinterval: KEEP_ALIVE_INTERVAL_MS,
    };
    let mut written = 0;
    // SAFETY: the socket is open; the structure is as long as is said, and nothing is answered.
    let outcome = call!(unsafe {
        WSAIoctl(
            stream.as_raw_socket() as usize,
            SIO_KEEPALIVE_VALS,
            (&raw const wanted).cast(),
            size_of_val(&wanted) as u32,
            std::ptr::null_mut(),
            0,
            &raw mut written,
            std::ptr::null_mut(),
            None,
        )
    });
    match outcome {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

impl Relay {
    fn carry_from_stream(&self) {
        let mut buffer = [0; CHUNK];
        while let Ok(count @ 1..) = (&self.stream).read(&mut buffer) {
            if pipe::write(&self.end, &buffer[..count]).is_err() {
                break;
            }
        }
        // SAFETY: the event is open as long as this value.
        call!(unsafe { SetEvent(self.is_over.raw()) });
    }

    fn carry_to_stream(&self) {
        let mut buffer = [0; CHUNK];
        loop {
            let ready = pipe::wait_any(&[&self.end, &self.is_over], None);
            // What comes after the stream's end has nobody to go to.
            if !matches!(ready.as_deref(), Ok([true, false])) {
                break;
            }
            self.is_carrying.store(true, Ordering::SeqCst);
            let is_carried = match pipe::read(&self.end, &mut buffer) {
                Ok(count @ 1..) => (&self.stream).write_all(&buffer[..count]).is_ok(),
                _ => false,
            };
            self.is_carrying.store(false, Ordering::SeqCst);
            if !is_carried {
                break;
            }
        }
        // Wakes the other thread; nobody is told where the other end is gone already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Whether the stream has got all that was written to the pipe.
    fn is_flushed(&self) -> bool {
        // What is no more in the pipe is being carried, or has been: looked at in this order.
        pipe::unread(&self.end).unwrap_or(0) == 0 && !self.is_carrying.load(Ordering::SeqCst)
    }
}

/// Waits until all that was written is on its way, at most for a while in all.
fn flush() {
    let relays = RELAYS.lock().unwrap_or_else(PoisonError::into_inner);
    let relays: Vec<Arc<Relay>> = relays.iter().filter_map(Weak::upgrade).collect();
    let deadline = Instant::now() + FLUSH_MAX;
    for relay in relays {
        while !relay.is_flushed() {
            if Instant::now() >= deadline {
                return;
            }
            std::thread::sleep(LOOK);
        }
        // Where it is shut already, there is nothing to end.
        let _ = relay.stream.shutdown(Shutdown::Write);
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use windows_sys::Win32::Networking::WinSock::{SO_KEEPALIVE, SOL_SOCKET, getsockopt};

    use super::*;

    fn asks(stream: &TcpStream) -> bool {
        let (mut value, mut length) = (0_u32, 4);
        // SAFETY: the socket is open, and the value has room for the four bytes.
        let outcome = unsafe {
            getsockopt(
                stream.as_raw_socket() as usize,
                SOL_SOCKET,
                SO_KEEPALIVE,
                (&raw mut value).cast(),
                &raw mut length,
            )
        };
        assert_eq!(outcome, 0);
        value != 0
    }

    #[test]
    fn both_sides_of_tcp_ask_a_silent_peer_for_a_sign_of_life() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        for side in [client, listener.accept().unwrap().0] {
            let seen = side.try_clone().unwrap();
            assert!(!asks(&seen));
            let _pipe = pipe_to(side).unwrap();
            assert!(asks(&seen));
        }
    }
}
