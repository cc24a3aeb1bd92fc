//! How processes end, and what can be done to them, in words that every system shares.

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It left with this code.
    Exit(i32),
    /// This signal ended it.
    Signal(i32),
    /// Nobody can tell any more.
    Unknown(Lost),
}

/// Why nobody can tell how a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The server that alone was told died first.
    ServerDied,
    /// This process has the system forget how its children end.
    Ignored,
    /// Somebody else in this process has asked first.
    Taken,
}

/// What can be done to a process from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Asks it to end; on Windows, which cannot ask, ends it.
    Terminate,
    /// Ends it.
    Kill,
    /// Interrupts it, as `^C` does.
    Interrupt,
    /// Pauses it.
    Stop,
    /// Lets it go on.
    Continue,
}
