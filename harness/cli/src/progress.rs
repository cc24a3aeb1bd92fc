//! Progress on a terminal; nothing in a pipe.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use poolproof_runner::suite::Progress;

use crate::output;

/// A bar on stderr, if that is a terminal.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar that shows nothing yet.
    pub(crate) fn new() -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar {
                bar: ProgressBar::hidden(),
            };
        }
        let style = ProgressStyle::with_template("{elapsed:>4} {bar:24} {pos}/{len} {wide_msg}");
        let bar = ProgressBar::no_length();
        bar.set_style(style.expect("the template is a constant"));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Bar { bar }
    }

    /// Says something beside the bar, or without it.
    pub(crate) fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            output::complain(text);
        } else {
            self.bar.println(text);
        }
    }

    /// Shows how far a suite has come.
    pub(crate) fn tell(&self, progress: &Progress<'_>) {
        match progress {
            Progress::Waiting(reason) => self.say(reason),
            Progress::Planned(count) => self.bar.set_length(*count as u64),
            Progress::Made(record) => {
                self.bar.inc(1);
                self.bar.set_message(format!(
                    "{}/{}/{} {}",
                    record.driver, record.start_method, record.case, record.verdict
                ));
                if record.verdict.is_bad() {
                    let line = format!(
                        "{} {} on {} under {}: {}",
                        record.verdict.glyph(),
                        record.case,
                        record.driver,
                        record.start_method,
                        record.reason.as_deref().unwrap_or(record.verdict.name()),
                    );
                    self.bar.println(line);
                }
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
