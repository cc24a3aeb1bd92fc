//! The memory of processes, as `/proc` tells it.

use std::fs;

use crate::memory_use::MemoryUse;

/// The size of a page of `statm`.
fn page() -> u64 {
    rustix::param::page_size() as u64
}

/// The memory of a process; none when it has ended, or may not be looked at.
#[must_use]
pub fn memory_use(pid: u32) -> Option<MemoryUse> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(parse(&text))
}

/// About how much a process has in memory, found out twenty times as fast.
#[must_use]
pub fn resident(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page())
}

/// The processes below one, found by asking each for its children; one that ends meanwhile may hide
/// others for this time.
#[must_use]
pub(super) fn descendants(root: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(pid) = open.pop() {
        let threads = fs::read_dir(format!("/proc/{pid}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let children = fs::read_to_string(thread.path().join("children"));
            let children = children.unwrap_or_default();
            let pids = children.split_ascii_whitespace();
            for child in pids.filter_map(|pid| pid.parse().ok()) {
                found.push(child);
                open.push(child);
            }
        }
    }
    found
}

/// Sums of a process's mappings: a name, a number and `kB` a line.
fn parse(text: &str) -> MemoryUse {
    let sum = |names: &[&str]| -> Option<u64> { names.iter().map(|name| number(text, name)).sum() };
    MemoryUse {
        private: sum(&["Private_Clean:", "Private_Dirty:"]),
        proportional: sum(&["Pss:"]),
        // What was swapped out is still used. Kernels before 5.3 do not tell these apart.
        anonymous: sum(&["Pss_Anon:", "Pss_Shmem:", "SwapPss:"]),
        resident: sum(&["Rss:"]),
    }
}

fn number(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_a_rollup_are_told_apart() {
        let text = "1000-2000 ---p 00000000 00:00 0 [rollup]\nRss:    2048 kB\nPss:    1024 kB\n\
                    Pss_Dirty:   7 kB\nPss_Anon: 8 kB\nPss_Shmem: 4 kB\nSwapPss: 1 kB\nPrivate_Clean:  4 kB\nPrivate_Dirty:  8 kB\n";
        let expected = MemoryUse {
            private: Some(12 << 10),
            proportional: Some(1 << 20),
            anonymous: Some(13 << 10),
            resident: Some(2 << 20),
        };
        assert_eq!(parse(text), expected);
        assert_eq!(parse("Rss: many\n"), MemoryUse::default());
    }

    #[test]
    fn this_process_uses_memory_that_grows_with_what_it_keeps() {
        let pid = std::process::id();
        let before = memory_use(pid).unwrap().private.unwrap();
        let kept = std::hint::black_box(vec![1_u8; 32 << 20]);
        let after = memory_use(pid).unwrap().private.unwrap();
        assert!(after >= before + (16 << 20), "{before} and then {after}");
        assert!(resident(pid).unwrap() >= kept.len() as u64);
    }

    #[test]
    fn a_child_is_found_below_its_parent() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let found = descendants(std::process::id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.contains(&child.id()), "{found:?}");
    }
}
