//! What a keeper and the harness say to each other, on every system: lines, and what they mean.

/// The variable by which the processes of one run are known, whoever started them.
pub const RUN_MARK: &str = "POOLPROOF_RUN";

/// How a main process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MainEnd {
    /// It left with this code.
    Exit(i32),
    /// This signal ended it (`KILL`, `TERM` …).
    Signal(String),
}

/// What the keeper tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The tree cannot be kept apart as it was asked to be, for this reason.
    NotApart(String),
    /// Main could not be started, for this reason.
    NotStarted(String),
    /// Main has ended.
    MainEnded(MainEnd),
    /// No process of the tree is left.
    Empty,
    /// The keeper itself is gone before its tree.
    Lost,
}

/// How far a tree is kept apart from what else lives on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Processes, network, mounts and named memory of its own: it can neither see nor meet anything
    /// outside, and all of it ends with its keeper.
    Full,
    /// Named memory of its own.
    Memory,
    /// Everything is shared.
    Nothing,
}

impl Isolation {
    /// Every kind, the best first.
    pub const ALL: [Isolation; 3] = [Isolation::Full, Isolation::Memory, Isolation::Nothing];

    /// The word for it on a keeper's command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Isolation::Full => "full",
            Isolation::Memory => "memory",
            Isolation::Nothing => "nothing",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Isolation> {
        let mut all = Isolation::ALL.into_iter();
        all.find(|isolation| isolation.name() == name)
    }
}

/// What a line from the keeper says.
pub(crate) fn parse(line: &str) -> Event {
    match line.split_once(' ') {
        Some(("exit", code)) => Event::MainEnded(MainEnd::Exit(code.parse().unwrap_or(-1))),
        Some(("signal", name)) => Event::MainEnded(MainEnd::Signal(name.to_owned())),
        Some(("failed", reason)) => Event::NotStarted(reason.to_owned()),
        Some(("shared", reason)) => Event::NotApart(reason.to_owned()),
        _ if line == "empty" => Event::Empty,
        _ => Event::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Isolation, MainEnd, parse};

    #[test]
    fn a_line_that_nobody_knows_means_that_the_keeper_is_lost() {
        assert_eq!(parse("exit 3"), Event::MainEnded(MainEnd::Exit(3)));
        let killed = MainEnd::Signal("KILL".to_owned());
        assert_eq!(parse("signal KILL"), Event::MainEnded(killed));
        assert_eq!(
            parse("shared by order"),
            Event::NotApart("by order".to_owned())
        );
        assert_eq!(parse("empty"), Event::Empty);
        assert_eq!(parse("emptyish"), Event::Lost);
    }

    #[test]
    fn an_isolation_reads_back_from_its_name() {
        for isolation in Isolation::ALL {
            assert_eq!(Isolation::named(isolation.name()), Some(isolation));
        }
        assert_eq!(Isolation::named("half"), None);
    }
}
