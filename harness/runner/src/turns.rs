//! Turns: many runs at once, or one run alone on the machine.
//!
//! The locks are files, so that they hold between processes too: `cargo test` starts a runner a
//! trial. A gate keeps new runs out while one waits to be alone.

use std::fs::{File, OpenOptions};

/// The right to run; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _lock: Option<File>,
    _gate: Option<File>,
}

/// A turn beside others.
pub(crate) fn beside_others() -> Turn {
    let gate = open("gate").filter(|file| file.lock_shared().is_ok());
    let lock = open("turn").filter(|file| file.lock_shared().is_ok());
    drop(gate);
    Turn {
        _lock: lock,
        _gate: None,
    }
}

/// A turn alone: waits until the runs of all other runners have ended.
pub(crate) fn alone() -> Turn {
    let gate = open("gate").filter(|file| file.lock().is_ok());
    let lock = open("turn").filter(|file| file.lock().is_ok());
    Turn {
        _lock: lock,
        _gate: gate,
    }
}

/// A file that cannot be made (another user's, a full disk) costs only the being alone.
fn open(name: &str) -> Option<File> {
    let path = std::env::temp_dir().join(format!("poolproof.{name}"));
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn nobody_runs_beside_one_that_is_alone() {
        let running = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for index in 0..6 {
                let running = &running;
                scope.spawn(move || {
                    for _ in 0..20 {
                        if index == 0 {
                            let _turn = super::alone();
                            assert_eq!(running.load(Ordering::SeqCst), 0);
                        } else {
                            let _turn = super::beside_others();
                            running.fetch_add(1, Ordering::SeqCst);
                            std::thread::yield_now();
                            running.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
    }
}
