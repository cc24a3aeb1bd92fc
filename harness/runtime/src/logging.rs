//! Records of the `log` facade on standard error, each with the name of its process, here and in
//! the processes that are started from here.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use log::{LevelFilter, Log, Metadata, Record};

use crate::current::current_process;
use crate::error::{Error, Kind, Result};

struct Stderr;

static STDERR: Stderr = Stderr;
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let process = current_process();
            let line = format!(
                "[{}/{}] {}\n",
                record.level(),
                process.name(),
                record.args()
            );
            // In one piece, so that processes do not tear each other's lines. Nobody is left to
            // tell of a stderr that cannot be written to.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

/// Shows what this program logs through the [`log`] crate, and what this library says of itself,
/// on standard error as `[LEVEL/ProcessName] message`: in this process, and in those that it starts
/// from now on, whatever their start method. Again with another level, it changes the level.
///
/// ```standalone_crate
/// use poolproof_runtime as mp;
///
/// fn work(item: u32) {
///     log::info!("working on {item}"); // [INFO/Worker] working on 7
/// }
///
/// fn main() -> mp::Result<()> {
///     mp::freeze_support();
///     mp::log_to_stderr(log::LevelFilter::Info)?;
///     let process = mp::Context::default().process(work, 7).name("Worker").start()?;
///     process.join(None).map(drop)
/// }
/// ```
///
/// # Errors
/// `is_usage` when the program has a logger of its own.
pub fn log_to_stderr(level: LevelFilter) -> Result<()> {
    if !IS_INSTALLED.load(Ordering::SeqCst) {
        if log::set_logger(&STDERR).is_err() && !IS_INSTALLED.load(Ordering::SeqCst) {
            let text = "log to stderr: the program has another logger already; children have none \
                        until their function sets one";
            return Err(Error::new(Kind::Usage, text));
        }
        IS_INSTALLED.store(true, Ordering::SeqCst);
    }
    log::set_max_level(level);
    Ok(())
}

/// The level that children take over, as a number; none where nobody has asked for records.
pub(crate) fn level() -> Option<u8> {
    let is_installed = IS_INSTALLED.load(Ordering::SeqCst);
    is_installed.then_some(log::max_level() as u8)
}

/// In a child: logs as its starter does.
#[inline]
pub(crate) fn inherit(level: Option<u8>) {
    let levels = LevelFilter::iter();
    let found = level.and_then(|number| levels.into_iter().find(|it| *it as u8 == number));
    match found {
        // In a child that is starting nobody else can have set a logger.
        Some(level) => drop(log_to_stderr(level)),
        None if IS_INSTALLED.load(Ordering::SeqCst) => log::set_max_level(LevelFilter::Off),
        None => {}
    }
}
