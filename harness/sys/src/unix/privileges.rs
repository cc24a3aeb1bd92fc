//! What this process may do, as a number to compare: a server that was started with other privileges
//! is not one to have children from.

use rustix::process::{getegid, geteuid, getgid, getuid};

/// A number that differs when this process has changed its users, groups, capabilities or root
/// folder, or has given up rights for good (`no_new_privs`, seccomp).
#[must_use]
pub fn fingerprint() -> u64 {
    let ids = [
        u64::from(getuid().as_raw()),
        u64::from(geteuid().as_raw()),
        u64::from(getgid().as_raw()),
        u64::from(getegid().as_raw()),
    ];
    let all = ids.into_iter().chain(system::more());
    all.fold(0xcbf2_9ce4_8422_2325, |hash: u64, part| {
        (hash ^ part)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(23)
    })
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::thread::{capabilities, no_new_privs};

    /// What cannot be asked stays the same.
    pub(super) fn more() -> impl Iterator<Item = u64> {
        let capabilities = call!(capabilities(None));
        let capabilities = capabilities.map_or(0, |sets| sets.effective.bits());
        let gives_up = call!(no_new_privs()).is_ok_and(|is_so| is_so);
        // SAFETY: it asks only.
        let filter = call!(unsafe { libc::prctl(libc::PR_GET_SECCOMP) });
        let root = call!(rustix::fs::stat("/"));
        let root = root.map_or([0, 0], |root| [root.st_dev, root.st_ino]);
        let groups = call!(rustix::process::getgroups()).unwrap_or_default();
        let groups = groups.into_iter().map(|group| u64::from(group.as_raw()));
        let some = [
            capabilities,
            u64::from(gives_up),
            u64::from(filter.cast_unsigned()),
        ];
        some.into_iter().chain(root).chain(groups)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn more() -> impl Iterator<Item = u64> {
        std::iter::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn nobody_changes_a_process_that_does_nothing() {
        assert_eq!(fingerprint(), fingerprint());
    }
}
