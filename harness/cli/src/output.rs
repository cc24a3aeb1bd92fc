//! What goes to stdout and stderr: plain in a pipe, in color on a terminal.

use std::io::{ErrorKind, IsTerminal, Write};

use poolproof_runner::Problem;
use serde::Serialize;

/// The exit code of a program that is told to stop writing, as a shell reports it.
const BROKEN_PIPE: i32 = 141;

/// The exit code where what was found out cannot be said.
const UNSAID: i32 = 70;

/// Writes to stdout; a reader that has read enough (`| head`) ends this program quietly, and a full
/// disk with a message.
pub(crate) fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => leave(BROKEN_PIPE),
        Err(error) => {
            complain(&format!("error: failed to write to stdout: {error}"));
            leave(UNSAID);
        }
    }
}

/// Ends at once; what is under way ends with this process.
pub(crate) fn leave(code: i32) -> ! {
    poolproof_sys::scratch::remove_own();
    std::process::exit(code)
}

/// Writes a line to stderr. Where that cannot be written either, there is nobody to tell.
pub(crate) fn complain(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Writes a line to stdout.
pub(crate) fn say_line(text: &str) {
    say(&format!("{text}\n"));
}

/// Writes a value as JSON to stdout.
pub(crate) fn say_json(value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value);
    say_line(&text.expect("what is shown has text keys and finite numbers"));
}

/// Shows a case's mistakes on stderr.
pub(crate) fn problem(problem: &Problem) {
    let text = problem.render(has_color(&std::io::stderr()));
    complain(&format!("{text}\n"));
}

/// Whether a stream is a terminal whose user has not asked for plain text.
pub(crate) fn has_color(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How many columns there are to write in.
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let terminal = || {
        console::Term::stdout()
            .size_checked()
            .map(|(_, columns)| columns.into())
    };
    columns.or_else(terminal).unwrap_or(100).clamp(40, 160)
}
