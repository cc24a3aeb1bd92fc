//! A file that others still write to, read like a pipe: its end is where it ends once nobody writes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How soon something new is seen.
const LOOK: Duration = Duration::from_millis(20);

/// A file that is being read.
#[derive(Debug)]
pub(crate) struct Follow {
    file: File,
    is_whole: Arc<AtomicBool>,
}

impl Follow {
    /// Makes the file, so that whoever writes to it only appends, and follows it until `is_whole`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn new(path: &Path, is_whole: Arc<AtomicBool>) -> io::Result<Follow> {
        File::create(path)?;
        let file = File::open(path)?;
        Ok(Follow { file, is_whole })
    }
}

impl Read for Follow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // Asked first: what was written before that is read then.
            let is_whole = self.is_whole.load(Ordering::Acquire);
            let count = self.file.read(buffer)?;
            if count > 0 || is_whole {
                return Ok(count);
            }
            std::thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_appended_until_the_file_is_whole_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let is_whole = Arc::new(AtomicBool::new(false));
        let mut follow = Follow::new(&path, Arc::clone(&is_whole)).unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            follow.read_to_string(&mut text).map(|_| text)
        });
        for line in ["one\n", "two\n"] {
            let mut file = File::options().append(true).open(&path).unwrap();
            file.write_all(line.as_bytes()).unwrap();
        }
        is_whole.store(true, Ordering::Release);
        assert_eq!(reader.join().unwrap().unwrap(), "one\ntwo\n");
    }
}
