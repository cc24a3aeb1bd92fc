//! How arguments and results cross between a pool and its workers: as postcard has them, but numbers
//! and lists of numbers or of byte vectors whole, as they lie in memory.
//!
//! Both sides run the same build and know the type, so nothing in the bytes says which way it was.

use std::any::Any;
use std::vec::IntoIter;

use poolproof_sys::handle::Handle;
use serde::{Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};

use crate::error::{Error, Kind, Result};
use crate::transfer::{self, Message};

/// Appends the bytes of a value to `buffer` and gives the handles that go beside them.
pub(super) fn encode<T: Message>(value: &T, buffer: &mut Vec<u8>) -> Result<Vec<Handle>> {
    match put_number(value, buffer) {
        true => Ok(Vec::new()),
        false => {
            let whole = put_list(value, usize::MAX, buffer);
            whole.unwrap_or_else(|| transfer::encode(value, buffer))
        }
    }
}

/// Whether a list of such values goes whole, so that none of them can fail on its way.
pub(super) fn are_plain<T: Message>() -> bool {
    put_list(&Vec::<T>::new(), 0, &mut Vec::new()).is_some()
}

/// As [`encode`] of a vector of the next `count` items.
pub(super) fn encode_items<T: Message>(
    items: &IntoIter<T>,
    count: usize,
    buffer: &mut Vec<u8>,
) -> Result<Vec<Handle>> {
    let whole = put_list(items, count, buffer);
    whole.unwrap_or_else(|| transfer::encode(first(items.as_slice(), count), buffer))
}

/// Puts a value together from its bytes and the handles that came beside them.
#[inline]
pub(super) fn decode<T: Message>(bytes: &[u8], handles: Vec<Handle>) -> Result<T> {
    let mut made = None;
    decode_into(&mut made, bytes, handles)?;
    made.ok_or_else(|| Error::new(Kind::Deserialize, "decode a value"))
}

/// As [`decode`], to a place of the value's own.
#[inline]
pub(super) fn decode_into<T: Message>(
    made: &mut Option<T>,
    bytes: &[u8],
    handles: Vec<Handle>,
) -> Result<()> {
    if take_number(bytes, made)? || take_list_of_numbers(bytes, made)? {
        return Ok(());
    }
    if let Some(made) = (made as &mut dyn Any).downcast_mut::<Option<Vec<Vec<u8>>>>() {
        let lists: Vec<ByteBuf> = transfer::decode(bytes, handles)?;
        *made = Some(lists.into_iter().map(ByteBuf::into_vec).collect());
    } else {
        *made = Some(transfer::decode(bytes, handles)?);
    }
    Ok(())
}

/// As [`decode`] of a vector, whose items go behind those of `list`; says how many they are.
pub(super) fn decode_onto<T: Message>(
    list: &mut Vec<T>,
    bytes: &[u8],
    handles: Vec<Handle>,
) -> Result<usize> {
    let before = list.len();
    if !extend_by_numbers(bytes, list)? {
        list.append(&mut decode(bytes, handles)?);
    }
    Ok(list.len() - before)
}

macro_rules! numbers {
    ($($number:ty)*) => {
        #[inline]
        fn put_number<T: Any>(value: &T, buffer: &mut Vec<u8>) -> bool {
            $(
                if let Some(number) = (value as &dyn Any).downcast_ref::<$number>() {
                    buffer.extend_from_slice(&number.to_le_bytes());
                    return true;
                }
            )*
            false
        }

        #[inline]
        fn take_number<T: Any>(bytes: &[u8], made: &mut Option<T>) -> Result<bool> {
            $(
                if let Some(made) = (made as &mut dyn Any).downcast_mut::<Option<$number>>() {
                    let bytes = bytes.try_into().map_err(|_| uneven(bytes))?;
                    *made = Some(<$number>::from_le_bytes(bytes));
                    return Ok(true);
                }
            )*
            Ok(false)
        }

        #[inline]
        fn put_list<L: Any>(
            list: &L,
            count: usize,
            buffer: &mut Vec<u8>,
        ) -> Option<Result<Vec<Handle>>> {
            $(
                if let Some(numbers) = slice_of::<$number>(list) {
                    let numbers = first(numbers, count);
                    let start = buffer.len();
                    buffer.resize(start + size_of_val(numbers), 0);
                    let places = buffer[start..].chunks_exact_mut(size_of::<$number>());
                    for (number, place) in numbers.iter().zip(places) {
                        place.copy_from_slice(&number.to_le_bytes());
                    }
                    return Some(Ok(Vec::new()));
                }
            )*
            let lists = slice_of::<Vec<u8>>(list)?;
            Some(transfer::encode(&Lists(first(lists, count)), buffer))
        }

        #[inline]
        fn take_list_of_numbers<T: Any>(bytes: &[u8], made: &mut Option<T>) -> Result<bool> {
            $(
                if let Some(made) = (made as &mut dyn Any).downcast_mut::<Option<Vec<$number>>>() {
                    return extend_by_numbers(bytes, made.insert(Vec::new()));
                }
            )*
            Ok(false)
        }

        #[inline]
        fn extend_by_numbers<L: Any>(bytes: &[u8], list: &mut L) -> Result<bool> {
            $(
                if let Some(list) = (list as &mut dyn Any).downcast_mut::<Vec<$number>>() {
                    let (numbers, rest) = bytes.as_chunks();
                    if !rest.is_empty() {
                        return Err(uneven(bytes));
                    }
                    list.extend(numbers.iter().map(|number| <$number>::from_le_bytes(*number)));
                    return Ok(true);
                }
            )*
            Ok(false)
        }
    };
}
numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

/// What a list holds, where these are its items.
#[inline]
fn slice_of<T: 'static>(list: &dyn Any) -> Option<&[T]> {
    match list.downcast_ref::<Vec<T>>() {
        Some(list) => Some(list),
        None => list.downcast_ref::<IntoIter<T>>().map(IntoIter::as_slice),
    }
}

fn first<T>(items: &[T], count: usize) -> &[T] {
    items.get(..count).unwrap_or(items)
}

fn uneven(bytes: &[u8]) -> Error {
    let text = format!("decode numbers ({} bytes are not theirs)", bytes.len());
    Error::new(Kind::Deserialize, text)
}

/// Byte vectors, each of which serde takes for a sequence where nobody says what it is.
struct Lists<'l>(&'l [Vec<u8>]);

impl Serialize for Lists<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|bytes| Bytes::new(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Message + PartialEq + std::fmt::Debug>(value: T) {
        let mut bytes = Vec::new();
        encode(&value, &mut bytes).unwrap();
        assert_eq!(decode::<T>(&bytes, Vec::new()).unwrap(), value);
    }

    #[test]
    fn a_value_of_every_kind_comes_back() {
        check(-7_i64);
        check(0.5_f32);
        check(vec![1_u8, 0, 255]);
        check(vec![i64::MIN, 0, i64::MAX]);
        check(vec![f64::INFINITY, -0.5]);
        check(Vec::<u16>::new());
        check(vec![vec![1_u8], Vec::new()]);
        check(("text".to_owned(), Some(3_u8)));
        check(());
    }

    fn check_items<T: Message + PartialEq + Clone + std::fmt::Debug>(items: Vec<T>) {
        let mut list = vec![items[0].clone()];
        let mut bytes = Vec::new();
        encode_items(&items.clone().into_iter(), 2, &mut bytes).unwrap();
        assert_eq!(decode::<Vec<T>>(&bytes, Vec::new()).unwrap(), items[..2]);
        assert_eq!(decode_onto(&mut list, &bytes, Vec::new()).unwrap(), 2);
        assert_eq!(list[1..], items[..2]);
    }

    #[test]
    fn items_are_encoded_as_the_list_of_them_is_decoded() {
        check_items(vec![1_i32, 2, 3]);
        check_items(vec![1_u8, 2]);
        check_items(vec![vec![1_u8], vec![2], vec![3]]);
        check_items(vec![Some("one".to_owned()), None]);
    }

    #[test]
    fn bytes_that_are_no_whole_numbers_are_refused() {
        for bytes in [&[1, 2, 3][..], &[0; 9]] {
            assert!(
                decode::<i64>(bytes, Vec::new())
                    .unwrap_err()
                    .is_deserialize()
            );
            let list = decode::<Vec<i64>>(bytes, Vec::new());
            assert!(list.unwrap_err().is_deserialize());
        }
    }
}
