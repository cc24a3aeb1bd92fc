//! The process in which one subject of one bench lives, so that none disturbs another and one that
//! hangs or dies takes nothing with it. It measures on request and says what it found.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::Outcome;
use super::bench::{Bench, How, Subject};
use super::python::Python;
use super::rows;

/// How long one measurement may take before its subject has failed; the longest takes ten seconds
/// on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long a host has to end when there is nothing more to measure.
const SOON: Duration = Duration::from_secs(10);

/// In a host: measures once for each line that comes.
pub(crate) fn serve(bench: &str, subject: &str) -> Outcome {
    let benches = rows::all();
    let bench = benches.iter().find(|known| known.name == bench);
    let bench = bench.ok_or("there is no such bench")?;
    let subject = bench.subject(subject).ok_or("there is no such subject")?;
    let How::Here(measurement) = subject.how else {
        return Err("this subject is measured elsewhere".into());
    };
    super::place::processors()?;
    for line in std::io::stdin().lines() {
        line?;
        match measurement(bench.place) {
            Ok(figures) => {
                let figures: Vec<_> = figures.iter().map(f64::to_string).collect();
                println!("figures {}", figures.join(" "));
            }
            Err(error) => println!("failed {error}"),
        }
    }
    Ok(())
}

/// A host, seen from outside.
pub(crate) struct Host {
    child: Child,
    requests: Option<ChildStdin>,
    replies: Receiver<String>,
}

impl Host {
    /// Starts the host of a subject.
    pub(crate) fn start(
        bench: &Bench,
        subject: &Subject,
        python: Option<&Python>,
    ) -> Outcome<Host> {
        let mut command = match subject.how {
            How::Here(_) => {
                let mut command = Command::new("/proc/self/exe");
                command.args(["--bench", "--host", bench.name, subject.name]);
                command
            }
            How::Python(function) => python
                .ok_or("no CPython was found")?
                .command(function, bench.place)?,
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let requests = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().ok_or("a host without stdout")?).lines();
        let (sender, replies) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Host {
            child,
            requests,
            replies,
        })
    }

    /// One measurement.
    pub(crate) fn measure(&mut self) -> Outcome<Vec<f64>> {
        let requests = self.requests.as_mut().ok_or("the host has ended")?;
        requests.write_all(b"go\n")?;
        let reply = self.replies.recv_timeout(PATIENCE);
        let reply = reply.map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("no figure within {} s", PATIENCE.as_secs()),
            RecvTimeoutError::Disconnected => "it died".to_owned(),
        })?;
        match reply.split_once(' ') {
            Some(("figures", figures)) => Ok(figures
                .split(' ')
                .map(str::parse)
                .collect::<Result<_, _>>()?),
            Some(("failed", reason)) => Err(reason.into()),
            _ => Err(format!("it said: {reply}").into()),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.requests.take());
        let has_ended = loop {
            match self.replies.recv_timeout(SOON) {
                Ok(_) => {}
                Err(error) => break error == RecvTimeoutError::Disconnected,
            }
        };
        if !has_ended && let Some(group) = Pid::from_raw(self.child.id().cast_signed()) {
            // It fails where all of them have ended meanwhile.
            let _ = kill_process_group(group, Signal::KILL);
        }
        // There is nobody to tell, and nothing to be done.
        let _ = self.child.wait();
    }
}
