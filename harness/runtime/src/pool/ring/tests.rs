//! The ring alone: by hand, and with threads that race.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use poolproof_sys::memory::SharedMemory;

use super::{Head, Ring};

const CELLS: usize = 8;

fn memory() -> SharedMemory {
    SharedMemory::anonymous(Ring::bytes(CELLS)).unwrap()
}

fn head(id: u64) -> Head {
    Head {
        id,
        call: 3,
        length: 2,
    }
}

#[test]
fn the_oldest_task_is_claimed_first_and_read_as_it_was_published() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    assert_eq!(ring.claim(1), None);
    for position in 0..3 {
        assert!(ring.has_room(position));
        ring.publish(position, head(position + 70), &[position as u8, 9]);
    }
    for position in 0..3 {
        assert!(ring.has_task());
        assert_eq!(ring.claim(1), Some(position));
        assert_eq!(ring.head(position), head(position + 70));
        let mut payload = [0; 2];
        ring.copy_payload(position, &mut payload);
        assert_eq!(payload, [position as u8, 9]);
        ring.free(position);
    }
    assert!(!ring.has_task());
}

#[test]
fn a_cell_has_room_again_once_its_task_is_copied_out() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    for position in 0..8 {
        ring.publish(position, head(position), &[]);
    }
    assert!(!ring.has_room(8));
    assert_eq!(ring.claim(5), Some(0));
    assert!(!ring.has_room(8), "claimed is not yet copied out");
    ring.free(0);
    assert!(ring.has_room(8));
    assert!(!ring.has_room(9));
}

#[test]
fn a_worker_is_named_by_its_cell_from_claim_to_free() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    ring.publish(0, head(4), &[]);
    assert_eq!(ring.claimed_by(6), None);
    assert_eq!(ring.claim(6), Some(0));
    assert_eq!(ring.claimed_by(6), Some(0));
    assert_eq!(ring.claimed_by(7), None);
    ring.free(0);
    assert_eq!(ring.claimed_by(6), None);
}

#[test]
fn a_claimer_that_dies_before_it_moves_the_others_on_holds_nobody_up() {
    let memory = memory();
    let ring = Ring::new(&memory, 0, CELLS);
    ring.publish(0, head(1), &[]);
    ring.publish(1, head(2), &[]);
    assert_eq!(ring.claim(1), Some(0));
    // As if the worker had died between its claim and its move.
    memory.atomic_u64(0).store(0, Ordering::SeqCst);
    assert!(ring.has_task());
    assert_eq!(ring.claim(2), Some(1));
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
                let mut mine = Vec::new();
                loop {
                    let was_done = done.load(Ordering::SeqCst);
                    match ring.claim(worker) {
                        Some(position) => {
                            let head = ring.head(position);
                            let mut payload = [0; 8];
                            ring.copy_payload(position, &mut payload);
                            ring.free(position);
                            assert_eq!(u64::from_le_bytes(payload), head.id * 3);
                            mine.push(head.id);
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
            let head = Head {
                id: position,
                call: 0,
                length: 8,
            };
            ring.publish(position, head, &(position * 3).to_le_bytes());
        }
        done.store(true, Ordering::SeqCst);
    });
    let mut claimed = claimed.into_inner().unwrap();
    claimed.sort_unstable();
    assert_eq!(claimed, (0..TASKS).collect::<Vec<_>>());
}
