//! What a program that is measured tells: how long something took, and that its memory is to be
//! looked at.
//!
//! A program connects for each word: a line of JSON there, one byte back once it was heard.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use poolproof_sys::handle::Handle;
use poolproof_sys::pipe;
use poolproof_sys::socket::{Arrival, HAS_PATHS, Listener, Place};
use serde::Deserialize;

/// The variable that names where the harness listens.
pub(crate) const CONTROL: &str = "POOLPROOF_CONTROL";

/// The longest word: a hundred thousand rounds.
const WORD_MAX: usize = 4 << 20;

/// How long a program may take for a word it has begun.
const WORD_TIME: Duration = Duration::from_secs(10);

/// One word of a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Word {
    /// How long each round of a `Measure` took.
    Measure {
        measure: String,
        nanoseconds: Vec<u64>,
    },
    /// A `Sample`, whose program waits.
    Sample { sample: String },
}

/// The listener of one run.
#[derive(Debug)]
pub(crate) struct Control {
    address: String,
    words: Arc<Words>,
    /// Its listener ends when this is closed, and not a moment later.
    running: Option<Handle>,
    thread: Option<JoinHandle<()>>,
}

/// What was heard and nobody has taken yet; none once the run is over.
type Words = Mutex<Option<VecDeque<Heard>>>;

/// A word, and who waits for it to be dealt with.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) word: Result<Word, String>,
    answer: Sender<()>,
}

impl Control {
    /// Listens for a run that works in this folder.
    ///
    /// # Errors
    /// When there is no place to listen at, or no thread can be started.
    pub(crate) fn listen(folder: &Path) -> io::Result<Control> {
        let file = folder.join("control");
        let place = match HAS_PATHS {
            true => Place::Path(&file),
            false => Place::Tcp(([127, 0, 0, 1], 0).into()),
        };
        let listener = Listener::bind(place)?;
        let address = match listener.tcp_address() {
            Some(address) => format!("tcp:{address}"),
            None => format!("unix:{}", file.display()),
        };
        let words = Arc::new(Mutex::new(Some(VecDeque::new())));
        let (over, running) = pipe::one_way()?;
        let queue = Arc::clone(&words);
        let thread = std::thread::Builder::new();
        let thread = thread.spawn(move || serve(&listener, &queue, &over))?;
        Ok(Control {
            address,
            words,
            running: Some(running),
            thread: Some(thread),
        })
    }

    /// The value of [`CONTROL`] for the run.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The next word that was heard; its program goes on when the result is dropped.
    pub(crate) fn next(&self) -> Option<Heard> {
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words.as_mut()?.pop_front()
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Whoever waits for an answer, for a word's end or for a program is told that it is over.
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = words.take();
        drop(words);
        drop(heard);
        drop(self.running.take());
        if let Some(thread) = self.thread.take() {
            // It panics nowhere, and ends at once.
            let _ = thread.join();
        }
    }
}

fn serve(listener: &Listener, words: &Words, over: &Handle) {
    while let Ok(true) = await_readable(listener.handle(), over, None) {
        // One that is gone again has nothing to say.
        let Ok(Some(Arrival { stream, .. })) = listener.accept() else {
            continue;
        };
        let (answer, answered) = channel();
        let word = read(&stream, over);
        let mut queue = words.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(heard) = queue.as_mut() else {
            return;
        };
        heard.push_back(Heard { word, answer });
        drop(queue);
        // It is over when nobody has the word any more without an answer, too.
        let _ = answered.recv();
        // Nobody may wait for it any more.
        let _ = pipe::write(&stream, b"\n");
    }
}

/// Waits until there is something to read; false where the run is over, or at the deadline.
fn await_readable(stream: &Handle, over: &Handle, deadline: Option<Instant>) -> io::Result<bool> {
    let ready = pipe::wait_any(&[stream, over], deadline)?;
    Ok(ready[0] && !ready[1])
}

/// Reads a line, of which strangers may send any part.
fn read(program: &Handle, over: &Handle) -> Result<Word, String> {
    let deadline = Instant::now() + WORD_TIME;
    let mut line: Vec<u8> = Vec::new();
    let mut part = [0; 64 << 10];
    while !line.ends_with(b"\n") {
        let is_there = await_readable(program, over, Some(deadline));
        if !is_there.map_err(|error| error.to_string())? {
            return Err("a word was begun and not ended".to_owned());
        }
        match pipe::read(program, &mut part).map_err(|error| error.to_string())? {
            0 => return Err("a word was begun and not ended".to_owned()),
            count => line.extend_from_slice(&part[..count]),
        }
        if line.len() > WORD_MAX {
            return Err(format!("a word is longer than {WORD_MAX} bytes"));
        }
    }
    serde_json::from_slice(&line).map_err(|error| format!("a word is none: {error}"))
}

impl Heard {
    /// Lets the program go on.
    pub(crate) fn answer(self) {
        // The run may be over.
        let _ = self.answer.send(());
    }
}

#[cfg(test)]
mod tests {
    use poolproof_sys::socket::connect;

    use super::*;

    fn tell(address: &str, line: &[u8]) -> Handle {
        let late = Instant::now() + Duration::from_secs(20);
        let (kind, place) = address.split_once(':').unwrap();
        let program = match kind {
            "unix" => connect(Place::Path(Path::new(place)), late),
            _ => connect(Place::Tcp(place.parse().unwrap()), late),
        };
        let program = program.unwrap();
        pipe::write(&program, line).unwrap();
        program
    }

    fn next(control: &Control) -> Heard {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(heard) = control.next() {
                return heard;
            }
            assert!(Instant::now() < deadline, "nothing was heard");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_program_goes_on_when_its_word_was_dealt_with() {
        let folder = tempfile::tempdir().unwrap();
        let control = Control::listen(folder.path()).unwrap();
        let line = b"{\"measure\": \"send\", \"nanoseconds\": [5, 7]}\n";
        let program = tell(control.address(), line);
        let heard = next(&control);
        let expected = Word::Measure {
            measure: "send".to_owned(),
            nanoseconds: vec![5, 7],
        };
        assert_eq!(heard.word, Ok(expected));
        let at_once = Some(Instant::now() + Duration::from_millis(5));
        assert!(!pipe::wait_readable(&program, at_once).unwrap());
        heard.answer();
        assert_eq!(pipe::read(&program, &mut [0; 9]).unwrap(), 1);
    }

    #[test]
    fn what_is_no_word_is_told_and_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let control = Control::listen(folder.path()).unwrap();
        for line in ["nonsense\n", "{\"sample\": 7}\n", "{}\n", "\n"] {
            let _program = tell(control.address(), line.as_bytes());
            let heard = next(&control);
            assert!(heard.word.is_err(), "{line:?}: {heard:?}");
            heard.answer();
        }
        drop(tell(control.address(), b"{\"sam"));
        assert!(next(&control).word.unwrap_err().contains("not ended"));
        // The last one waits for its answer, and the run is over.
        drop(control);
    }
}
