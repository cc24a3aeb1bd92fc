//! One result or one error for each item of an `imap`, whatever the chunk.

use poolproof_runtime as mp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use mp::{Context, StartMethod};

use super::{LATE, square};

/// What goes wrong with an item, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Well,
    Unsent,
    Unread,
    Panics,
    Fails,
    AnswerUnsent,
    AnswerUnread,
    Dies,
}

use Fate::{AnswerUnread, AnswerUnsent, Dies, Fails, Panics, Unread, Unsent, Well};

const FATES: [Fate; 8] = [
    Well,
    Unsent,
    Unread,
    Panics,
    Fails,
    AnswerUnsent,
    AnswerUnread,
    Dies,
];

/// Its number, whether it is an answer, and its fate.
#[derive(Clone, Copy, Debug)]
struct Item(u32, bool, Fate);

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_refused = self.2 == if self.1 { AnswerUnsent } else { Unsent };
        match is_refused {
            true => Err(serde::ser::Error::custom("it stays here")),
            false => (self.0, self.1, self.2 as usize).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Item, D::Error> {
        let (number, is_answer, fate) = <(u32, bool, usize)>::deserialize(deserializer)?;
        let item = Item(number, is_answer, FATES[fate]);
        match item.2 == if is_answer { AnswerUnread } else { Unread } {
            true => Err(serde::de::Error::custom("it does not arrive")),
            false => Ok(item),
        }
    }
}

fn meets_its_fate(item: Item) -> Item {
    match item.2 {
        Panics => panic!("item {} panics", item.0),
        Fails => mp::fail(&item.0),
        Dies => poolproof_sys::exit::leave(3),
        fate => Item(item.0, true, fate),
    }
}

/// What came of an item: its number, or what kind of error.
fn kind(result: mp::Result<Item>) -> Result<u32, &'static str> {
    result.map(|item| item.0).map_err(|error| match () {
        () if error.is_serialize() => "serialize",
        () if error.is_deserialize() => "deserialize",
        () if error.is_remote() => "remote",
        () if error.is_worker_lost() => "lost",
        () => "another",
    })
}

fn wanted(item: Item) -> Result<u32, &'static str> {
    match item.2 {
        Well => Ok(item.0),
        Unsent | AnswerUnsent => Err("serialize"),
        Unread | AnswerUnread => Err("deserialize"),
        Panics | Fails => Err("remote"),
        Dies => Err("lost"),
    }
}

fn items(fates: &[Fate]) -> Vec<Item> {
    let fates = (0..).zip(fates);
    fates
        .map(|(number, fate)| Item(number, false, *fate))
        .collect()
}

const MANY: [Fate; 13] = [
    Well,
    Panics,
    Well,
    Unsent,
    Unread,
    Well,
    Fails,
    AnswerUnsent,
    AnswerUnread,
    Well,
    Well,
    Unsent,
    Well,
];

pub(super) fn errors_at_their_places(context: Context) {
    let pool = context.pool(2).unwrap();
    let executor = context.executor(2).unwrap();
    let items = items(&MANY);
    let expected: Vec<_> = items.iter().copied().map(wanted).collect();
    for chunk in [1, 2, 3, 5, 13, 100] {
        let list = pool.imap(meets_its_fate, items.clone(), chunk).unwrap();
        assert_eq!(list.map(kind).collect::<Vec<_>>(), expected, "{chunk}");
        // One after the other, from a thread of its own.
        let one_by_one = items.clone().into_iter().filter(|_| true);
        let pulled = pool.imap(meets_its_fate, one_by_one, chunk).unwrap();
        assert_eq!(pulled.map(kind).collect::<Vec<_>>(), expected, "{chunk}");
        let mapped = executor.map(meets_its_fate, items.clone(), chunk).unwrap();
        assert_eq!(mapped.map(kind).collect::<Vec<_>>(), expected, "{chunk}");
        let unordered = pool.imap_unordered(meets_its_fate, items.clone(), chunk);
        let mut found: Vec<_> = unordered.unwrap().map(kind).collect();
        let mut sorted = expected.clone();
        found.sort_unstable();
        sorted.sort_unstable();
        assert_eq!(found, sorted, "{chunk}");
    }
}

/// The whole chunk is lost with its worker, and each item of it is an error; the last is shorter.
pub(super) fn lost_chunks(context: Context) {
    if context.start_method() == StartMethod::Threads {
        return;
    }
    let pool = context.pool(1).unwrap();
    for (fates, chunk) in [
        ([Well, Well, Well, Dies, Well, Well, Well, Well], 3),
        ([Well, Well, Well, Well, Well, Well, Well, Dies], 3),
        ([Well, Well, Well, Well, Well, Well, Dies, Well], 6),
        ([Dies, Well, Well, Well, Well, Well, Well, Well], 100),
    ] {
        let dies = fates.iter().position(|fate| *fate == Dies).unwrap();
        let items = items(&fates);
        let expected: Vec<_> = (0_u32..8)
            .map(|number| match number as usize / chunk == dies / chunk {
                true => Err("lost"),
                false => Ok(number),
            })
            .collect();
        let list = pool.imap(meets_its_fate, items.clone(), chunk).unwrap();
        assert_eq!(list.map(kind).collect::<Vec<_>>(), expected, "{fates:?}");
        let one_by_one = items.into_iter().filter(|_| true);
        let pulled = pool.imap(meets_its_fate, one_by_one, chunk).unwrap();
        assert_eq!(pulled.map(kind).collect::<Vec<_>>(), expected, "{fates:?}");
    }
    assert_eq!(pool.apply_async(square, 3).unwrap().get(LATE).unwrap(), 9);
}

fn odd(number: i64) -> i64 {
    assert!(number % 2 == 1, "{number} is even");
    number
}

fn sends(number: u32) -> (u32, mp::Sender<u32>) {
    assert!(number != 2, "two");
    let (_receiver, sender) = Context::default().one_way().unwrap();
    (number, sender)
}

/// Numbers go whole as long as none fails, and handles beside their items.
pub(super) fn numbers_and_handles(context: Context) {
    let pool = context.pool(2).unwrap();
    for chunk in [1, 2, 4, 9] {
        let found = pool.imap(odd, vec![1, 3, 5, 6, 7, 8, 9], chunk).unwrap();
        let found: Vec<_> = found
            .map(|result| result.map_err(|e| e.is_remote()))
            .collect();
        let expected = [Ok(1), Ok(3), Ok(5), Err(true), Ok(7), Err(true), Ok(9)];
        assert_eq!(found, expected, "{chunk}");
        let found = pool.imap(sends, vec![1, 2, 3, 4], chunk).unwrap();
        let found: Vec<_> = found
            .map(|result| result.map(|it| it.0).map_err(|error| error.is_remote()))
            .collect();
        assert_eq!(found, [Ok(1), Err(true), Ok(3), Ok(4)], "{chunk}");
    }
}
