//! The machine that a run is made on, for reports.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// What a reader of figures wants to know of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The operating system with its version, its kernel and the processor's kind.
    pub system: String,
    /// How many processors this process may use.
    pub cores: u32,
    /// The memory in bytes; 0 where the system does not tell.
    pub memory_bytes: u64,
}

/// Describes the machine that this process runs on.
#[must_use]
pub fn describe() -> Machine {
    let parts = [
        System::long_os_version().ok(),
        System::kernel_version()
            .ok()
            .map(|version| format!("kernel {version}")),
        Some(System::cpu_arch()),
    ];
    let cores = std::thread::available_parallelism();
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::everything());
    Machine {
        system: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
        cores: cores.map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        memory_bytes: System::new_with_specifics(memory).map_or(0, |system| system.total_memory()),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn this_machine_has_a_name_a_processor_and_memory() {
        let machine = describe();
        assert!(!machine.system.is_empty());
        assert!(machine.cores > 0);
        assert!(machine.memory_bytes > 0);
    }
}
