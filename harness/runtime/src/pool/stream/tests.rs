//! The stream alone: small and large records, and a writer that dies in the middle.

use poolproof_sys::memory::SharedMemory;

use super::{Ending, HEADER, Reader, Stream};

const CAPACITY: usize = 64;

fn memory() -> SharedMemory {
    SharedMemory::anonymous(HEADER + CAPACITY).unwrap()
}

fn drained(reader: &mut Reader, stream: Stream<'_>) -> Vec<(u64, Ending, Vec<u8>)> {
    let mut records = Vec::new();
    reader.drain(stream, |batch| {
        records.extend(batch.map(|record| (record.id, record.ending, record.bytes.to_vec())));
    });
    records
}

#[test]
fn records_of_every_length_come_back_in_order_around_the_wrap() {
    let memory = memory();
    let stream = Stream::new(&memory, 0, CAPACITY);
    let mut reader = Reader::default();
    for length in 0..=48 {
        let bytes = vec![length as u8; length];
        let ending = match length % 2 {
            0 => Ending::Returned,
            _ => Ending::Failed,
        };
        stream.write(length as u64, ending, &bytes, &|| {});
        let expected = vec![(length as u64, ending, bytes)];
        assert_eq!(drained(&mut reader, stream), expected, "length {length}");
    }
    assert_eq!(stream.unread(), 0);
}

#[test]
fn a_record_larger_than_the_stream_comes_in_pieces() {
    let memory = memory();
    for length in [49, 63, 64, 65, 1000, 4099] {
        let bytes: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
        Stream::new(&memory, 0, CAPACITY).reset();
        let mut reader = Reader::default();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let stream = Stream::new(&memory, 0, CAPACITY);
                stream.write(1, Ending::Returned, &bytes, &|| {});
                stream.write(2, Ending::Failed, b"after", &|| {});
            });
            let stream = Stream::new(&memory, 0, CAPACITY);
            let mut records = Vec::new();
            while records.len() < 2 {
                records.extend(drained(&mut reader, stream));
                std::thread::yield_now();
            }
            writer.join().unwrap();
            assert_eq!(records[0], (1, Ending::Returned, bytes.clone()));
            assert_eq!(records[1], (2, Ending::Failed, b"after".to_vec()));
        });
    }
}

#[test]
fn what_a_dead_writer_did_not_finish_is_never_delivered() {
    let memory = memory();
    let stream = Stream::new(&memory, 0, CAPACITY);
    let mut reader = Reader::default();
    stream.write(1, Ending::Returned, b"whole", &|| {});
    // As if the writer had died after its bytes and before it moved the end.
    stream.put(stream.end().load(super::Relaxed), &[7; 20]);
    assert_eq!(drained(&mut reader, stream).len(), 1);
    // As if it had died in the middle of a large record.
    let mut head = [0; 16];
    head[8..].copy_from_slice(&(1000_u64 << Ending::BITS).to_le_bytes());
    let end = stream.end().load(super::Relaxed);
    stream.put(end, &head);
    stream.end().store(end + 16, super::Release);
    assert_eq!(drained(&mut reader, stream).len(), 0);
}

#[test]
fn the_beginning_of_a_record_is_kept_when_a_huge_one_before_it_is_given() {
    const LARGE: usize = 4 << 20;
    let memory = SharedMemory::anonymous(HEADER + LARGE).unwrap();
    let stream = Stream::new(&memory, 0, LARGE);
    let mut reader = Reader::default();
    let huge = vec![7; 3 << 20];
    stream.write(1, Ending::Returned, &huge, &|| {});
    // The head of the next record is there, and its bytes come later.
    let (end, length) = (stream.end().load(super::Relaxed), 8_u64 << Ending::BITS);
    stream.put(end, &[2_u64.to_le_bytes(), length.to_le_bytes()].concat());
    stream.end().store(end + 16, super::Release);
    let first = drained(&mut reader, stream);
    assert!(matches!(&first[..], [(1, Ending::Returned, bytes)] if *bytes == huge));
    stream.put(end + 16, &[9; 8]);
    stream.end().store(end + 24, super::Release);
    let second = vec![(2, Ending::Returned, vec![9; 8])];
    assert_eq!(drained(&mut reader, stream), second);
}
