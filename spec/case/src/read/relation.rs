//! Relations: claims about what is measured.

use super::Reader;
use super::tree::{Fields, Name, Node, NodeKind};
use crate::diagnostic::Diagnostic;
use crate::relation::{Relation, Subject, amount};

/// The names of relations, for the nearest one.
pub(super) const RELATIONS: [&str; 4] = ["Faster", "Smaller", "AtMost", "Grows"];

impl Reader {
    /// A relation, if the form is named as one.
    pub(super) fn relation<'t>(&mut self, name: Name<'t>, fields: &Fields<'t>) -> Option<Relation> {
        match name.text {
            "Faster" | "Smaller" => {
                let example = format!("{}(\"one\", \"other\")", name.text);
                let parts = self.parts_between(name, fields, 2, 3, &example)?;
                let (one, other) = (self.subject(&parts[0]), self.subject(&parts[1]));
                let factor = parts.get(2).map_or(Some(1.0), |factor| self.factor(factor));
                Some(match name.text {
                    "Faster" => Relation::Faster(one?, other?, factor?),
                    _ => Relation::Smaller(one?, other?, factor?),
                })
            }
            "AtMost" => {
                let [subject, most] = self.parts(name, fields, "AtMost(\"idle\", \"2 MiB\")")?;
                let (subject, most) = (self.subject(subject), self.amount(most));
                Some(Relation::AtMost(subject?, most?))
            }
            _ => {
                let example = "Grows(\"calls\", AtMost(\"64 KiB\"))";
                let [subject, by] = self.parts(name, fields, example)?;
                let subject = self.subject(subject);
                let most = match &by.kind {
                    NodeKind::Form(inner, fields) if inner.text == "AtMost" => {
                        let [most] = self.parts(*inner, fields, "AtMost(\"64 KiB\")")?;
                        self.amount(most)
                    }
                    _ => self.expected(by, "how much it grows", "`AtMost(\"64 KiB\")`"),
                };
                Some(Relation::Grows(subject?, most?))
            }
        }
    }

    /// `"label"`, `"contender/label"`, `At("fork", ...)`, `Since("now", "then")`.
    fn subject(&mut self, node: &Node<'_>) -> Option<Subject> {
        match &node.kind {
            NodeKind::Text(text) => {
                let (contender, label) = match text.split_once('/') {
                    Some((contender, label)) => (Some(contender.to_owned()), label),
                    None => (None, text.as_str()),
                };
                let label = label.to_owned();
                Some(Subject::Label { contender, label })
            }
            NodeKind::Form(name, fields) if name.text == "At" => {
                let [method, inner] = self.parts(*name, fields, "At(\"fork\", \"idle\")")?;
                let (method, inner) = (self.start_method(method), self.subject(inner));
                Some(Subject::At(method?, Box::new(inner?)))
            }
            NodeKind::Form(name, fields) if name.text == "Since" => {
                let [now, then] = self.parts(*name, fields, "Since(\"idle\", \"before\")")?;
                let (now, then) = (self.subject(now), self.subject(then));
                Some(Subject::Since(Box::new(now?), Box::new(then?)))
            }
            _ => self.expected(
                node,
                "what is compared",
                "a label such as `\"idle\"`, `At(\"fork\", \"idle\")` or `Since(\"idle\", \"before\")`",
            ),
        }
    }

    fn factor(&mut self, node: &Node<'_>) -> Option<f64> {
        let factor = match node.kind {
            #[expect(clippy::cast_precision_loss, reason = "nobody is 2^53 times as fast")]
            NodeKind::Int(number) => number as f64,
            NodeKind::Float(number) => number,
            _ => return self.expected(node, "how many times", "a number from 1: `2.0`"),
        };
        if factor.is_finite() && factor >= 1.0 {
            return Some(factor);
        }
        self.expected(node, "how many times", "a number from 1: `2.0`")
    }

    /// `"2 MiB"`.
    fn amount(&mut self, node: &Node<'_>) -> Option<u64> {
        let text = self.text(node, "an amount of memory")?;
        let amount = amount(text);
        if amount.is_none() {
            let message = format!("{text:?} is no amount of memory");
            let help = "a whole number and `bytes`, `KiB`, `MiB` or `GiB`: `\"64 KiB\"`";
            self.mistake(Diagnostic::new(node.place, message).help(help));
        }
        amount
    }

    /// What is measured or sampled is known by this.
    pub(super) fn label(&mut self, node: &Node<'_>) -> Option<String> {
        let label = self.text(node, "a label")?;
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || "_- .".contains(character);
        if (1..=60).contains(&label.len()) && label.chars().all(is_plain) {
            return Some(label.to_owned());
        }
        let message = format!("{label:?} is no label");
        let help = "a label has 1 to 60 letters, digits, spaces, `_`, `-` and `.`";
        self.mistake(Diagnostic::new(node.place, message).help(help));
        None
    }
}
