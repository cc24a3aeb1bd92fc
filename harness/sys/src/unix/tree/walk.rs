//! Who descends from whom.

use std::collections::HashMap;

/// The processes below `root` with their parents, `root` left out, out of all processes with theirs.
pub(super) fn below(root: u32, all: impl IntoIterator<Item = (u32, u32)>) -> Vec<(u32, u32)> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (pid, parent) in all {
        children.entry(parent).or_default().push(pid);
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for pid in children.remove(&parent).unwrap_or_default() {
            open.push(pid);
            found.push((pid, parent));
        }
    }
    found
}
