//! Lines: each `Print` is one write, so that no other process's line can fall into it.

use std::io::Write;

use poolproof_case::{ErrorKind, Value, print};

use crate::stop::{Result, Stop};

/// Writes one line to the output.
pub(crate) fn line(values: &[Value]) -> Result<()> {
    let mut line = print::line(values);
    line.push('\n');
    // Standard output is flushed at each end of a line, and never holds a part of one: the text is
    // given whole, and a line of at most 512 bytes fits the buffer.
    let mut output = std::io::stdout().lock();
    let written = output
        .write_all(line.as_bytes())
        .and_then(|()| output.flush());
    written.map_err(|error| Stop::error(ErrorKind::Runtime, format!("failed to print: {error}")))
}

/// Tells a person why a process ends early; never judged.
pub(crate) fn report(process: &str, stop: &Stop) {
    eprintln!("Process {process}:\n  {stop}");
}
