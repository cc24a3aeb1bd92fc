//! How much memory a process uses, in the figures that its system has.

/// The memory of one process at one moment, in bytes. What a system does not tell is absent, never
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// What would be free without it: Linux's private pages, macOS's physical footprint, Windows's
    /// private bytes.
    pub private: Option<u64>,
    /// Its share of all memory that it uses with others: Linux's proportional set. What it maps of
    /// files counts less the more programs of this machine map them.
    pub proportional: Option<u64>,
    /// Its share of what is in no file: what programs around it do changes nothing of it.
    pub anonymous: Option<u64>,
    /// All that it has in memory: the resident set, Windows's working set.
    pub resident: Option<u64>,
}

impl MemoryUse {
    /// Both together; what one of them lacks, the sum lacks.
    #[must_use]
    pub fn plus(self, other: MemoryUse) -> MemoryUse {
        let sum = |one: Option<u64>, other: Option<u64>| Some(one?.saturating_add(other?));
        MemoryUse {
            private: sum(self.private, other.private),
            proportional: sum(self.proportional, other.proportional),
            anonymous: sum(self.anonymous, other.anonymous),
            resident: sum(self.resident, other.resident),
        }
    }

    /// No memory at all: what a sum begins with.
    pub const NONE: MemoryUse = MemoryUse {
        private: Some(0),
        proportional: Some(0),
        anonymous: Some(0),
        resident: Some(0),
    };
}
