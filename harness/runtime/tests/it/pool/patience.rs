//! Workers that are replaced while the program's own thread waits for what the next one does.

use poolproof_runtime as mp;

use super::{LATE, deaths::die};
use mp::Context;

/// What fills any pipe.
const LARGE: usize = 1 << 20;

fn answer(sender: mp::Sender<u32>) {
    sender.send(&7).unwrap();
}

/// `wait` begins when the only worker is about to die, and ends with what its successor sends.
fn while_it(context: Context, wait: fn(&mp::Receiver<u32>)) {
    let pool = context.pool(1).unwrap();
    let (receiver, sender) = context.one_way().unwrap();
    let dead = pool.apply_async(die, ()).unwrap();
    let answered = pool.apply_async(answer, sender).unwrap();
    wait(&receiver);
    assert!(dead.get(LATE).unwrap_err().is_worker_lost());
    answered.get(LATE).unwrap();
}

pub(super) fn receives(context: Context) {
    while_it(context, |receiver| assert_eq!(receiver.recv().unwrap(), 7));
}

pub(super) fn polls(context: Context) {
    while_it(context, |receiver| assert!(receiver.poll(LATE).unwrap()));
}

pub(super) fn waits(context: Context) {
    while_it(context, |receiver| {
        assert_eq!(mp::wait(&[receiver], LATE).unwrap(), [0]);
    });
}

fn take(queue: mp::Queue<serde_bytes::ByteBuf>) -> usize {
    queue.get_within(LATE).unwrap().len()
}

pub(super) fn joins_a_feeder(context: Context) {
    let pool = context.pool(1).unwrap();
    let queue = context.queue_over(mp::Transport::Pipe, None).unwrap();
    queue
        .put(serde_bytes::ByteBuf::from(vec![1; LARGE]))
        .unwrap();
    let dead = pool.apply_async(die, ()).unwrap();
    let taken = pool.apply_async(take, queue.clone()).unwrap();
    queue.close();
    queue.join_thread().unwrap();
    assert!(dead.get(LATE).unwrap_err().is_worker_lost());
    assert_eq!(taken.get(LATE).unwrap(), LARGE);
}
