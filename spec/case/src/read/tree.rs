//! A RON text as a tree in which each part has its place in the file.
//!
//! RON itself splits each level into its raw parts, whose addresses are their places; what the parts
//! mean is read from the tree by the siblings of this file.
//! (serde's own derived types would stop at the first mistake and know no place for most.)

use std::fmt;

use ron::value::RawValue;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::syntax_error;
use crate::diagnostic::Diagnostic;
use crate::program::Place;

/// One part of a text.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) place: Place,
    pub(super) kind: NodeKind<'t>,
}

/// What a part is.
#[derive(Debug)]
pub(super) enum NodeKind<'t> {
    /// `Settle`, `Let("x", 1)`, `Try(body: [])`.
    Form(Name<'t>, Fields<'t>),
    /// `(1, 2)`, `()`, `(timeout: Soon)`.
    Group(Fields<'t>),
    /// `[1, 2]`.
    List(Vec<Node<'t>>),
    /// `{1: "one"}`.
    Map(Vec<(Node<'t>, Node<'t>)>),
    /// `"text"`.
    Text(String),
    /// `b"bytes"`.
    Bytes(Vec<u8>),
    /// `3`.
    Int(i64),
    /// `0.5`.
    Float(f64),
}

/// A name and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'t> {
    pub(super) text: &'t str,
    pub(super) place: Place,
}

/// What stands in parentheses.
#[derive(Debug)]
pub(super) enum Fields<'t> {
    /// No parentheses.
    Absent,
    /// By position.
    Positional(Vec<Node<'t>>),
    /// By name.
    Named(Vec<(Name<'t>, Node<'t>)>),
}

impl Node<'_> {
    /// What it is, for messages.
    pub(super) fn description(&self) -> String {
        match &self.kind {
            NodeKind::Form(name, _) => format!("`{}`", name.text),
            NodeKind::Group(Fields::Named(_)) => "named fields".to_owned(),
            NodeKind::Group(_) => "a tuple".to_owned(),
            NodeKind::List(_) => "a list".to_owned(),
            NodeKind::Map(_) => "a map".to_owned(),
            NodeKind::Text(text) if text.starts_with('$') && text.len() <= 40 => {
                format!("the variable `{text}`")
            }
            NodeKind::Text(text) if text.len() <= 40 => format!("the text {text:?}"),
            NodeKind::Text(_) => "a text".to_owned(),
            NodeKind::Bytes(_) => "bytes".to_owned(),
            NodeKind::Int(number) => format!("the number {number}"),
            NodeKind::Float(number) => format!("the number {number}"),
        }
    }
}

/// The whole text as a tree.
pub(super) fn parse(text: &str) -> Result<Node<'_>, Diagnostic> {
    let raw: &RawValue =
        ron::from_str(text).map_err(|error| syntax_error::diagnostic(text, text, &error))?;
    Parser { text }.node(raw)
}

struct Parser<'t> {
    text: &'t str,
}

impl<'t> Parser<'t> {
    fn place(&self, part: &str) -> Place {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        // Cases are limited to far less than 4 GiB.
        let byte = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Place {
            start: byte(start),
            end: byte(start + part.len()),
        }
    }

    fn read<T: Deserialize<'t>>(&self, part: &'t str) -> Result<T, Diagnostic> {
        ron::from_str(part).map_err(|error| syntax_error::diagnostic(self.text, part, &error))
    }

    fn node(&self, raw: &'t RawValue) -> Result<Node<'t>, Diagnostic> {
        let part = raw.trim().get_ron();
        let place = self.place(part);
        let bytes = part.as_bytes();
        let first = bytes.first().copied().unwrap_or(b' ');
        let second = bytes.get(1).copied().unwrap_or(b' ');
        let kind = match first {
            b'[' => match self.read(part)? {
                Parts::Items(items) => NodeKind::List(self.nodes(&items)?),
                _ => return Err(unreadable(place)),
            },
            b'{' => self.map(part)?,
            b'(' => NodeKind::Group(self.fields(part)?),
            b'"' => NodeKind::Text(self.read(part)?),
            b'r' if second == b'"' || second == b'#' => NodeKind::Text(self.read(part)?),
            b'b' if second == b'"' || second == b'r' && part.ends_with(['"', '#']) => {
                NodeKind::Bytes(self.read::<ByteString>(part)?.0)
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(part, place)?,
            b'\'' => {
                return Err(Diagnostic::new(place, "single quotes are not used here")
                    .help("text stands in double quotes"));
            }
            _ => return self.form(part),
        };
        Ok(Node { place, kind })
    }

    fn nodes(&self, items: &[&'t RawValue]) -> Result<Vec<Node<'t>>, Diagnostic> {
        items.iter().map(|item| self.node(item)).collect()
    }

    fn map(&self, part: &'t str) -> Result<NodeKind<'t>, Diagnostic> {
        let Entries(entries) = self.read(part)?;
        let entries = entries.into_iter();
        let nodes = entries.map(|(key, value)| Ok((self.node(key)?, self.node(value)?)));
        nodes.collect::<Result<_, _>>().map(NodeKind::Map)
    }

    fn fields(&self, part: &'t str) -> Result<Fields<'t>, Diagnostic> {
        match self.read(part)? {
            Parts::Items(items) => Ok(Fields::Positional(self.nodes(&items)?)),
            Parts::Named(fields) => fields
                .into_iter()
                .map(|(text, value)| {
                    let place = self.place(text);
                    Ok((Name { text, place }, self.node(value)?))
                })
                .collect::<Result<_, _>>()
                .map(Fields::Named),
        }
    }

    fn form(&self, part: &'t str) -> Result<Node<'t>, Diagnostic> {
        let place = self.place(part);
        let length = part
            .find(|character: char| !(character.is_alphanumeric() || character == '_'))
            .unwrap_or(part.len());
        let text = &part[..length];
        let name = Name {
            text,
            place: self.place(text),
        };
        if text.is_empty() {
            return Err(unreadable(place));
        }
        let fields = match part[length..].find('(') {
            // A comment between the name and its parenthesis may hold one of its own.
            Some(_) => {
                let skipped = length + skip_space(&part[length..]);
                self.fields(&part[skipped..])?
            }
            None => Fields::Absent,
        };
        Ok(Node {
            place,
            kind: NodeKind::Form(name, fields),
        })
    }

    fn number(&self, part: &'t str, place: Place) -> Result<NodeKind<'t>, Diagnostic> {
        if let Ok(number) = ron::from_str::<i64>(part) {
            return Ok(NodeKind::Int(number));
        }
        let is_whole = part
            .trim_start_matches(['+', '-'])
            .chars()
            .all(|digit| digit.is_ascii_digit() || digit == '_');
        if is_whole {
            return Err(
                Diagnostic::new(place, format!("{part} is beyond 64 bits")).help(format!(
                    "whole numbers go from {} to {}",
                    i64::MIN,
                    i64::MAX
                )),
            );
        }
        match ron::from_str::<f64>(part) {
            Ok(number) => Ok(NodeKind::Float(number)),
            Err(_) => Err(Diagnostic::new(place, format!("`{part}` is no number"))),
        }
    }
}

fn unreadable(place: Place) -> Diagnostic {
    Diagnostic::new(place, "this is no part of a case")
        .help("a part is a text, a number, a list, a tuple, a map or a name with its fields")
}

/// How many bytes of white space and comments a text starts with.
fn skip_space(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
        } else if rest.starts_with("/*") {
            rest = skip_block_comment(rest);
        } else {
            return text.len() - rest.len();
        }
    }
}

/// Block comments nest in RON.
fn skip_block_comment(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("/*") {
            depth += 1;
            rest = inner;
        } else if let Some(outer) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = outer;
            if depth == 0 {
                break;
            }
        } else {
            let mut characters = rest.chars();
            characters.next();
            rest = characters.as_str();
        }
    }
    rest
}

/// What a list or a parenthesis holds.
enum Parts<'t> {
    Items(Vec<&'t RawValue>),
    Named(Vec<(&'t str, &'t RawValue)>),
}

impl<'de> Deserialize<'de> for Parts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartsVisitor;

        impl<'de> Visitor<'de> for PartsVisitor {
            type Value = Parts<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list, a tuple or named fields")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Parts::Items(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(item) = items.next_element()? {
                    parts.push(item);
                }
                Ok(Parts::Items(parts))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    parts.push(field);
                }
                Ok(Parts::Named(parts))
            }
        }

        deserializer.deserialize_any(PartsVisitor)
    }
}

/// What a map holds.
struct Entries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// A byte string.
struct ByteString(Vec<u8>);

impl<'de> Deserialize<'de> for ByteString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;

        impl Visitor<'_> for BytesVisitor {
            type Value = ByteString;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a byte string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(ByteString(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(BytesVisitor)
    }
}
