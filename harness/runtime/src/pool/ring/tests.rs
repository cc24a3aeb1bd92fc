//! The ring alone: by hand, and with threads that race.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use poolproof_sys::memory::SharedMemory;

use super::{Head, INLINE, Ring};

const CELLS: usize = 8;

fn memory() -> SharedMemory {
    SharedMemory::anonymous(Ring::bytes(CELLS)).unwrap()
}

const CALL: u32 = 3;

/// What a claimed cell holds.
fn copied(ring: Ring<'_>, position: u64) -> (Head, [u8; INLINE]) {
    let mut payload = [0; INLINE];
    (ring.copy_out(position, &mut payload), payload)
}

#[test]
fn the_oldest_task_is_claimed_first_and_read_as_it_was_published() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    let mut cursor = 0;
    assert_eq!(ring.claim(1, &mut cursor), None);
    for position in 0..3 {
        assert!(ring.has_room(position));
        ring.publish(position, CALL + position as u32, &[position as u8; 9]);
    }
    for position in 0..3 {
        assert!(ring.has_task(&mut cursor));
        assert_eq!(ring.claim(1, &mut cursor), Some(position));
        let (head, payload) = copied(ring, position);
        let (call, length) = (CALL + position as u32, 9);
        assert_eq!(head, Head { call, length });
        assert_eq!(payload[..9], [position as u8; 9]);
        ring.free(position);
    }
    assert!(!ring.has_task(&mut cursor));
}

#[test]
fn a_cell_has_room_again_once_its_task_is_copied_out() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    for position in 0..8 {
        ring.publish(position, CALL, &[]);
    }
    assert!(!ring.has_room(8));
    assert_eq!(ring.claim(5, &mut 0), Some(0));
    assert!(!ring.has_room(8), "claimed is not yet copied out");
    ring.free(0);
    assert!(ring.has_room(8));
    assert!(!ring.has_room(9));
}

#[test]
fn a_worker_is_named_by_its_cell_from_claim_to_free() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    ring.publish(0, CALL, &[]);
    assert_eq!(ring.claimed_by(6), None);
    assert_eq!(ring.claim(6, &mut 0), Some(0));
    assert_eq!(ring.claimed_by(6), Some(0));
    assert_eq!(ring.claimed_by(7), None);
    ring.free(0);
    assert_eq!(ring.claimed_by(6), None);
}

#[test]
fn a_worker_that_begins_late_claims_the_oldest_task_on_every_lap() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    let mut first = 0;
    for position in 0..200 {
        ring.publish(position, CALL, &[]);
        let cursor = match position % 3 {
            0 => &mut 0,
            _ => &mut first,
        };
        assert!(ring.has_task(cursor));
        assert_eq!(ring.claim(1, cursor), Some(position));
        ring.free(position);
    }
    assert!(!ring.has_task(&mut first) && !ring.has_task(&mut 0));
}

#[test]
fn racing_workers_claim_each_task_exactly_once() {
    const TASKS: u64 = 20_000;
    let memory = memory();
    let done = AtomicBool::new(false);
    let claimed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let (memory, done, claimed) = (&memory, &done, &claimed);
            scope.spawn(move || {
                let ring = Ring::new(memory, 0, CELLS);
                let (mut mine, mut cursor) = (Vec::new(), 0);
                loop {
                    let was_done = done.load(Ordering::SeqCst);
                    match ring.claim(worker, &mut cursor) {
                        Some(position) => {
                            let (_, payload) = copied(ring, position);
                            ring.free(position);
                            let triple = payload.first_chunk().copied().unwrap();
                            assert_eq!(u64::from_le_bytes(triple), position * 3);
                            mine.push(position);
                        }
                        None if was_done => break,
                        None => std::thread::yield_now(),
                    }
                }
                assert!(mine.is_sorted(), "a worker sees tasks in their order");
                claimed.lock().unwrap().extend(mine);
            });
        }
        let ring = Ring::new(&memory, 0, CELLS);
        for position in 0..TASKS {
            while !ring.has_room(position) {
                std::thread::yield_now();
            }
            ring.publish(position, CALL, &(position * 3).to_le_bytes());
        }
        done.store(true, Ordering::SeqCst);
    });
    let mut claimed = claimed.into_inner().unwrap();
    claimed.sort_unstable();
    assert_eq!(claimed, (0..TASKS).collect::<Vec<_>>());
}
