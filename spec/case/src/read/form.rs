//! The shapes that all forms share: so many parts by position, fields by name, lists, texts.

use super::Reader;
use super::tree::{Fields, Name, Node, NodeKind};
use crate::diagnostic::Diagnostic;
use crate::nearest::advice;
use crate::program::Place;

impl Reader {
    /// The parts of a form that has so many; `example` shows it written rightly.
    pub(super) fn parts<'n, 't, const N: usize>(
        &mut self,
        name: Name<'t>,
        fields: &'n Fields<'t>,
        example: &str,
    ) -> Option<&'n [Node<'t>; N]> {
        let parts = self.parts_between(name, fields, N, N, example)?;
        parts.try_into().ok()
    }

    /// The parts of a form that has between so many and so many.
    pub(super) fn parts_between<'n, 't>(
        &mut self,
        name: Name<'t>,
        fields: &'n Fields<'t>,
        least: usize,
        most: usize,
        example: &str,
    ) -> Option<&'n [Node<'t>]> {
        let parts: &[Node<'t>] = match fields {
            Fields::Absent => &[],
            Fields::Positional(parts) => parts,
            Fields::Named(_) => {
                let message = format!("`{}` takes its parts without names", name.text);
                self.mistake(Diagnostic::new(name.place, message).help(written(example)));
                return None;
            }
        };
        if (least..=most).contains(&parts.len()) {
            return Some(parts);
        }
        let takes = match (least, most) {
            (0, 0) => "no parts".to_owned(),
            (1, 1) => "one part".to_owned(),
            (least, most) if least == most => format!("{least} parts"),
            (least, most) => format!("{least} to {most} parts"),
        };
        let message = format!("`{}` takes {takes}, not {}", name.text, parts.len());
        // The first part too many is the mistake; with too few, the form is.
        let place = parts.get(most).map_or(name.place, |part| part.place);
        self.mistake(Diagnostic::new(place, message).help(written(example)));
        None
    }

    /// The fields of a form by name, in the order of `known`; the first `required` must be there.
    pub(super) fn named<'n, 't, const N: usize>(
        &mut self,
        name: Name<'t>,
        fields: &'n Fields<'t>,
        known: [&str; N],
        required: usize,
    ) -> Option<[Option<&'n Node<'t>>; N]> {
        let mut found = [None; N];
        let fields: &[(Name<'t>, Node<'t>)] = match fields {
            Fields::Named(fields) => fields,
            Fields::Positional(parts) if parts.is_empty() => &[],
            Fields::Absent | Fields::Positional(_) => {
                let message = format!("`{}` takes its parts by name", name.text);
                let help = format!("fields: {}", known.join(", "));
                self.mistake(Diagnostic::new(name.place, message).help(help));
                return None;
            }
        };
        let mut is_whole = true;
        for (field, node) in fields {
            match known.iter().position(|known| *known == field.text) {
                None => {
                    let message = format!("`{}` has no field `{}`", name.text, field.text);
                    let help = advice(field.text, &known);
                    self.mistake(Diagnostic::new(field.place, message).maybe_help(help));
                }
                Some(index) if found[index].is_some() => {
                    let message = format!("the field `{}` stands twice", field.text);
                    self.mistake(Diagnostic::new(field.place, message).help("remove one of them"));
                }
                Some(index) => found[index] = Some(node),
            }
        }
        for (field, node) in known.iter().zip(&found).take(required) {
            if node.is_none() {
                let message = format!("`{}` needs a field `{field}`", name.text);
                self.mistake(Diagnostic::new(name.place, message));
                is_whole = false;
            }
        }
        is_whole.then_some(found)
    }

    /// The parts of a list.
    pub(super) fn list<'n, 't>(
        &mut self,
        node: &'n Node<'t>,
        what: &str,
    ) -> Option<&'n [Node<'t>]> {
        match &node.kind {
            NodeKind::List(items) => Some(items),
            _ => self.expected(node, what, "a list: `[...]`"),
        }
    }

    /// A text.
    pub(super) fn text<'n>(&mut self, node: &'n Node<'_>, what: &str) -> Option<&'n str> {
        match &node.kind {
            NodeKind::Text(text) => Some(text),
            _ => self.expected(node, what, "a text: `\"...\"`"),
        }
    }

    /// A whole number from 0.
    pub(super) fn count(&mut self, node: &Node<'_>, what: &str) -> Option<u32> {
        match &node.kind {
            NodeKind::Int(number) if u32::try_from(*number).is_ok() => u32::try_from(*number).ok(),
            _ => self.expected(node, what, "a whole number from 0"),
        }
    }

    /// Says that something else stands where this should.
    pub(super) fn expected<T>(&mut self, node: &Node<'_>, what: &str, expected: &str) -> Option<T> {
        let message = format!("{what} is {}", node.description());
        let help = format!("{what} has to be {expected}");
        self.mistake(Diagnostic::new(node.place, message).help(help));
        None
    }

    /// A name that programs may give to variables, parameters and functions.
    pub(super) fn identifier(&mut self, text: &str, place: Place, what: &str) -> Option<String> {
        let message = if !is_identifier(text) {
            format!("{text:?} cannot be the name of {what}")
        } else if PYTHON_WORDS.contains(&text) {
            format!("`{text}` is a word of Python and cannot name {what}")
        } else if text == "mp" {
            format!("`mp` is the multiprocessing module and cannot name {what}")
        } else {
            return Some(text.to_owned());
        };
        let help = "a name has letters, digits and `_`, and starts with no digit";
        self.mistake(Diagnostic::new(place, message).help(help));
        None
    }

    /// `"x"` or `"a, b"`: names that a statement assigns.
    pub(super) fn targets(&mut self, node: &Node<'_>) -> Option<Vec<String>> {
        let text = self.text(node, "what is assigned")?;
        let names = text.split(',').map(str::trim);
        let names: Vec<_> = names
            .map(|name| match name.strip_prefix('$') {
                Some(bare) => {
                    let message = format!("`{name}` is assigned, so it stands without `$`");
                    let mistake = Diagnostic::new(node.place, message);
                    self.mistake(mistake.help(format!("write `{bare}`")));
                    None
                }
                None => self.identifier(name, node.place, "a variable"),
            })
            .collect();
        names.into_iter().collect()
    }
}

fn written(example: &str) -> String {
    format!("written `{example}`")
}

pub(super) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|other| other.is_ascii_alphanumeric() || other == '_')
}

/// A program is also written out as Python, where these cannot be names.
const PYTHON_WORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];
