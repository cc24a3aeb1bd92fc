//! Errors that cannot travel, and tasks that never end.

use std::time::Duration;

use poolproof_runtime as mp;

use super::results::Stubborn;
use super::{LATE, square, wait_for};
use mp::Context;

fn fail_stubbornly(leaves: bool) -> i64 {
    mp::fail(&Stubborn { leaves })
}

/// In CPython an exception that cannot be unpickled hangs the pool.
pub(super) fn stubborn_errors(context: Context) {
    let pool = context.pool(2).unwrap();
    let stays = pool.apply(fail_stubbornly, false).unwrap_err();
    assert!(stays.is_serialize(), "{stays}");
    let leaves = pool.apply_async(fail_stubbornly, true).unwrap();
    let leaves = leaves.get(LATE).unwrap_err();
    assert!(leaves.is_remote(), "{leaves}");
    assert!(leaves.payload::<Stubborn>().is_none());
    // Whoever asks for another type is told as much.
    assert_eq!(leaves.payload::<bool>(), Some(true));
    let both = pool.map_async_with(fail_stubbornly, [true, false], Some(1), |_| (), |_| ());
    assert!(both.unwrap().get(LATE).is_err());
    assert_eq!(pool.apply(square, 3).unwrap(), 9);
}

fn hang(pid: mp::Sender<u32>) -> i64 {
    pid.send(&std::process::id()).unwrap();
    loop {
        std::thread::park();
    }
}

/// A time limit for one task: the wait for it ends, and then its worker, which says who it is.
pub(super) fn time_limit(context: Context) {
    let permit = context.semaphore(0).unwrap();
    let (receiver, sender) = context.one_way().unwrap();
    let pool = context.pool(2).unwrap();
    let other = pool.apply_async(wait_for, permit.clone()).unwrap();
    let hanging = pool.apply_async(hang, sender).unwrap();
    let late = hanging.get(Some(Duration::from_millis(50))).unwrap_err();
    assert!(late.is_timeout(), "{late}");
    let pid = receiver.recv().unwrap();
    super::deaths::worker_with(pid).kill().unwrap();
    let lost = hanging.get(LATE).unwrap_err();
    assert!(lost.is_worker_lost(), "{lost}");
    assert!(!other.is_ready(), "only the task that hangs fails");
    let squares = pool.map_async(square, 0..20).unwrap();
    assert_eq!(squares.get(LATE).unwrap().len(), 20);
    permit.release().unwrap();
    assert_eq!(other.get(LATE).unwrap(), 9);
}
