//! What a `ShareableList` may hold, and how each kind lies in its memory.

use serde::{Deserialize, Serialize};

/// One item of a [`ShareableList`](crate::ShareableList).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Item {
    /// Nothing.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! items {
    ($($from:ty => $kind:ident,)*) => {
        $(impl From<$from> for Item {
            fn from(value: $from) -> Item {
                Item::$kind(value.into())
            }
        })*
    };
}

items! {
    bool => Bool,
    i32 => Int,
    i64 => Int,
    f64 => Float,
    &str => Str,
    String => Str,
    &[u8] => Bytes,
    Vec<u8> => Bytes,
}

impl From<()> for Item {
    fn from((): ()) -> Item {
        Item::None
    }
}

impl Item {
    pub(super) fn kind(&self) -> u64 {
        match self {
            Item::None => 0,
            Item::Bool(_) => 1,
            Item::Int(_) => 2,
            Item::Float(_) => 3,
            Item::Str(_) => 4,
            Item::Bytes(_) => 5,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Item::None => Vec::new(),
            Item::Bool(value) => vec![u8::from(*value)],
            Item::Int(value) => value.to_le_bytes().to_vec(),
            Item::Float(value) => value.to_le_bytes().to_vec(),
            Item::Str(text) => text.as_bytes().to_vec(),
            Item::Bytes(bytes) => bytes.clone(),
        }
    }

    pub(super) fn from_bytes(kind: u64, bytes: Vec<u8>) -> Option<Item> {
        Some(match kind {
            0 => Item::None,
            1 => Item::Bool(*bytes.first()? != 0),
            2 => Item::Int(i64::from_le_bytes(bytes.try_into().ok()?)),
            3 => Item::Float(f64::from_le_bytes(bytes.try_into().ok()?)),
            4 => Item::Str(String::from_utf8(bytes).ok()?),
            5 => Item::Bytes(bytes),
            _ => return None,
        })
    }

    /// As Python's `struct` module would write it down.
    pub(super) fn format(&self, room: usize) -> String {
        match self {
            Item::None => "xxxxxx?x".into(),
            Item::Bool(_) => "xxxxxxx?".into(),
            Item::Int(_) => "q".into(),
            Item::Float(_) => "d".into(),
            Item::Str(_) | Item::Bytes(_) => format!("{room}s"),
        }
    }
}
