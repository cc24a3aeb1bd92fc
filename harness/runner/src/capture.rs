//! What a tree writes: stdout whole up to a limit, the end of stderr.
//!
//! Reading goes on in threads of its own, so that a full pipe never holds a program up.

use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::follow::Follow;

/// How much of the end of stderr is kept.
const TAIL_MAX: usize = 4 << 10;

/// A pipe that is being read.
#[derive(Debug)]
pub(crate) struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    done: Receiver<()>,
    most: usize,
    /// What tells the reader of a file that nobody writes to it any more.
    is_whole: Arc<AtomicBool>,
}

#[derive(Clone, Copy)]
enum Keep {
    Start,
    End,
}

impl Capture {
    /// Reads stdout, of which so many bytes are kept.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn whole(pipe: impl Read + Send + 'static, most: usize) -> io::Result<Capture> {
        start(pipe, Keep::Start, most, Arc::default())
    }

    /// Reads a file that is made for this, of which so many bytes are kept.
    ///
    /// # Errors
    /// When it cannot be made, or no thread can be started.
    pub(crate) fn file(path: &Path, most: usize) -> io::Result<Capture> {
        let is_whole = Arc::new(AtomicBool::new(false));
        let file = Follow::new(path, Arc::clone(&is_whole))?;
        start(file, Keep::Start, most, is_whole)
    }

    /// Reads stderr.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn tail(pipe: impl Read + Send + 'static) -> io::Result<Capture> {
        start(pipe, Keep::End, TAIL_MAX, Arc::default())
    }

    /// How much is kept by now.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether more was written than is to be kept.
    pub(crate) fn is_flooded(&self) -> bool {
        self.len() > self.most
    }

    /// Waits for the end of the pipe, but not for ever: a process that left the tree may hold it.
    pub(crate) fn wait(&self, timeout: Duration) {
        self.is_whole.store(true, Ordering::Release);
        // Both a signal and a lost sender mean that the reader is done.
        let _ = self.done.recv_timeout(timeout);
    }

    /// What was read, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }

    /// What was read, as lines; a last line without its end is one, too.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Capture {
    /// Nobody would tell the reader later.
    fn drop(&mut self) {
        self.is_whole.store(true, Ordering::Release);
    }
}

fn start(
    mut pipe: impl Read + Send + 'static,
    keep: Keep,
    most: usize,
    is_whole: Arc<AtomicBool>,
) -> io::Result<Capture> {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let (finished, done) = channel();
    let target = Arc::clone(&bytes);
    std::thread::Builder::new().spawn(move || {
        let mut buffer = [0; 8 << 10];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            let mut kept = target.lock().unwrap_or_else(PoisonError::into_inner);
            append(&mut kept, &buffer[..count], keep, most);
        }
        // The run may have stopped waiting.
        let _ = finished.send(());
    })?;
    Ok(Capture {
        bytes,
        done,
        most,
        is_whole,
    })
}

fn append(kept: &mut Vec<u8>, new: &[u8], keep: Keep, most: usize) {
    match keep {
        // One byte more says that there was more.
        Keep::Start => {
            let room = (most + 1).saturating_sub(kept.len());
            kept.extend_from_slice(&new[..new.len().min(room)]);
        }
        Keep::End => {
            kept.extend_from_slice(new);
            let surplus = kept.len().saturating_sub(most);
            kept.drain(..surplus);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stdout_is_lines_and_a_flood_is_cut() {
        let capture = Capture::whole(&b"one\ntwo"[..], 7).unwrap();
        capture.wait(Duration::from_secs(10));
        assert_eq!(capture.lines(), ["one", "two"]);
        assert!(!capture.is_flooded());
        let flood = Capture::whole(std::io::repeat(b'x').take(8 << 20), 1 << 20).unwrap();
        flood.wait(Duration::from_secs(10));
        assert!(flood.is_flooded());
        assert_eq!(flood.len(), (1 << 20) + 1);
    }

    #[test]
    fn of_stderr_the_end_is_kept() {
        let text = "x".repeat(TAIL_MAX) + "last words";
        let capture = Capture::tail(std::io::Cursor::new(text)).unwrap();
        capture.wait(Duration::from_secs(10));
        assert!(capture.text().ends_with("last words"));
        assert_eq!(capture.len(), TAIL_MAX);
    }
}
