//! Progress: one line on a terminal that is always whole, or a line every ten seconds in a pipe.

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use poolproof_report::{Record, shown};
use poolproof_runner::suite::Progress;

use crate::output;

/// How often the line is written anew: on a terminal, and in a pipe.
const TICK: Duration = Duration::from_millis(200);
const LINE: Duration = Duration::from_secs(10);

/// Before this much time no end is foreseen.
const GUESS_AFTER: Duration = Duration::from_secs(3);

/// How wide the drawn bar is.
const BAR: usize = 16;

/// Of a reason no more is shown beside the bar.
const REASON_CHARS: usize = 400;

/// What goes on.
#[derive(Debug, Default)]
struct State {
    planned: usize,
    made: usize,
    wrong: usize,
    /// What has begun and not ended, the oldest first.
    running: Vec<(String, Instant)>,
}

/// Progress on stderr.
#[derive(Debug)]
pub(crate) struct Bar {
    /// Hidden where stderr is no terminal.
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
    /// The thread that writes the line, until the other end of its channel goes.
    writer: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Bar {
    /// Begins to show progress.
    pub(crate) fn begin() -> Bar {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if is_terminal {
            let bar = ProgressBar::no_length();
            let style = ProgressStyle::with_template("{msg}");
            bar.set_style(style.expect("the template is a constant"));
            bar
        } else {
            ProgressBar::hidden()
        };
        let state = Arc::new(Mutex::new(State::default()));
        let (end, ended) = channel();
        let (its_bar, its_state) = (bar.clone(), Arc::clone(&state));
        let began = Instant::now();
        let write = move || {
            let pause = if is_terminal { TICK } else { LINE };
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let line = {
                    let state = its_state.lock().unwrap_or_else(PoisonError::into_inner);
                    line(&state, began.elapsed(), is_terminal.then(columns))
                };
                match (line, is_terminal) {
                    (Some(line), true) => its_bar.set_message(line),
                    (Some(line), false) => output::complain(&line),
                    (None, _) => {}
                }
            }
        };
        // Where no thread can be started, the run goes on without a word.
        let writer = std::thread::Builder::new().spawn(write).ok();
        Bar {
            bar,
            state,
            writer: Mutex::new(writer.map(|writer| (end, writer))),
        }
    }

    /// Says something beside the bar, or without it.
    pub(crate) fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            output::complain(text);
        } else {
            self.bar.println(text);
        }
    }

    /// Takes in how far a suite has come.
    pub(crate) fn tell(&self, progress: &Progress<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Waiting(reason) => self.say(reason),
            Progress::Planned(count) => state.planned = *count,
            Progress::Begun {
                case,
                driver,
                method,
            } => {
                let method = method.map_or_else(String::new, |method| format!(" {method}"));
                let name = format!("{case} {driver}{method}");
                state.running.push((shown(&name, 200), Instant::now()));
            }
            Progress::Made(record) => {
                state.made(record);
                if record.verdict.is_bad() {
                    self.bar.println(finding(record));
                }
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((end, writer)) = writer {
            drop(end);
            // One that has panicked has said so.
            let _ = writer.join();
        }
        self.bar.finish_and_clear();
    }
}

impl State {
    fn made(&mut self, record: &Record) {
        self.made += 1;
        self.wrong += usize::from(record.verdict.is_bad());
        let measured = format!("{} {}", record.case, record.driver);
        let name = format!("{measured} {}", record.start_method);
        let (measured, name) = (shown(&measured, 200), shown(&name, 200));
        // What is measured begins once for all its records.
        self.running
            .retain(|(running, _)| *running != name && *running != measured);
    }
}

fn finding(record: &Record) -> String {
    format!(
        "{} {} on {} under {}: {}",
        record.verdict.glyph(),
        record.case,
        record.driver,
        record.start_method,
        shown(
            record.reason.as_deref().unwrap_or(record.verdict.name()),
            REASON_CHARS
        ),
    )
}

/// How many columns there are on the terminal.
fn columns() -> usize {
    let size = console::Term::stderr().size_checked();
    size.map_or(80, |(_, columns)| usize::from(columns)).max(20)
}

/// The line: how much is done, what is wrong so far, when it ends, what has run longest. On a terminal
/// of so many columns what does not fit is left out from behind; in a pipe nothing is.
fn line(state: &State, elapsed: Duration, columns: Option<usize>) -> Option<String> {
    if state.planned == 0 {
        return None;
    }
    let mut parts = vec![format!("{}/{}", state.made, state.planned)];
    if columns.is_some() {
        parts[0] = format!("{} {}", drawn(state.made, state.planned), parts[0]);
    }
    parts.push(format!("{} wrong", state.wrong));
    parts.push(match left(state, elapsed) {
        Some(left) => format!("about {} left", duration(left)),
        None => duration(elapsed),
    });
    if let Some((name, since)) = state.running.first() {
        let others = match state.running.len() {
            1 => String::new(),
            all => format!(" and {} more", all - 1),
        };
        parts.push(format!("{name} for {}{others}", duration(since.elapsed())));
    }
    let mut line = String::new();
    for part in &parts {
        let added = if line.is_empty() {
            part.clone()
        } else {
            format!("  {part}")
        };
        let room = columns.map_or(usize::MAX, |columns| columns - 1);
        let used = line.chars().count();
        if used + added.chars().count() <= room {
            line += &added;
        } else if room.saturating_sub(used) > 20 || line.is_empty() {
            line.extend(added.chars().take(room - used - 1).chain(['…']));
        }
    }
    Some(line)
}

fn drawn(made: usize, planned: usize) -> String {
    let full = made * BAR / planned.max(1);
    format!(
        "{}{}",
        "█".repeat(full.min(BAR)),
        "░".repeat(BAR.saturating_sub(full))
    )
}

/// How long the rest takes, if it takes as long as what is done.
fn left(state: &State, elapsed: Duration) -> Option<Duration> {
    // The first of many say little: the same cases begin everywhere at once.
    let is_little = state.made < 5 && state.made * 20 < state.planned;
    if state.made == 0 || is_little || elapsed < GUESS_AFTER {
        return None;
    }
    let rest = state.planned.saturating_sub(state.made) as f64 / state.made as f64;
    Some(elapsed.mul_f64(rest))
}

fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..100 => format!("{seconds} s"),
        seconds @ 100..6000 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let name = "seed/queue_that_is_closed_while_it_is_full cpython-3.13 forkserver";
        State {
            planned: 972,
            made: 243,
            wrong: 3,
            running: vec![(name.to_owned(), Instant::now()); 2],
        }
    }

    #[test]
    fn the_line_is_whole_on_every_terminal() {
        let said = |columns| line(&state(), Duration::from_secs(60), columns).unwrap();
        for columns in [20, 60, 80, 140] {
            assert!(
                said(Some(columns)).chars().count() < columns,
                "{}",
                said(Some(columns))
            );
        }
        assert_eq!(
            said(Some(60)),
            "████░░░░░░░░░░░░ 243/972  3 wrong  about 3 min left"
        );
        let wide = said(Some(140));
        assert!(
            wide.ends_with("cpython-3.13 forkserver for 0 s and 1 more"),
            "{wide}"
        );
        assert!(said(Some(80)).ends_with('…'), "{}", said(Some(80)));
        assert!(said(None).starts_with("243/972  3 wrong  about 3 min left  seed/queue"));
    }

    #[test]
    fn nothing_is_foreseen_before_something_is_known() {
        let mut state = state();
        assert_eq!(left(&state, Duration::from_secs(1)), None);
        assert_eq!(
            left(&state, Duration::from_secs(60)),
            Some(Duration::from_secs(180))
        );
        state.made = 2;
        assert_eq!(left(&state, Duration::from_secs(60)), None);
        state.made = 0;
        assert_eq!(left(&state, Duration::from_secs(60)), None);
        state.planned = 0;
        assert_eq!(line(&state, Duration::from_secs(60), None), None);
    }
}
