//! Claims and their predicates.

use super::Reader;
use super::relation::RELATIONS;
use super::tree::{Fields, Name, Node, NodeKind};
use crate::claim::{Claim, ClaimKind, Predicate};
use crate::diagnostic::Diagnostic;
use crate::method::StartMethod;
use crate::nearest::advice;
use crate::outcome::Ending;

const CLAIMS: [&str; 5] = ["Always", "Sometimes", "Never", "AllowedCount", "Under"];
const PREDICATES: [&str; 11] = [
    "Hang", "Ends", "Left", "Line", "Lines", "Count", "Before", "Adjacent", "Not", "And", "Or",
];

impl Reader {
    pub(super) fn claims(&mut self, node: &Node<'_>) -> Option<Vec<Claim>> {
        let items = self.list(node, "`claims`")?;
        let claims: Vec<_> = items.iter().map(|item| self.claim(item)).collect();
        claims.into_iter().collect()
    }

    fn claim(&mut self, node: &Node<'_>) -> Option<Claim> {
        let NodeKind::Form(name, fields) = &node.kind else {
            return self.expected(node, "a claim", "a form such as `Always(Line(\"hello\"))`");
        };
        if name.text != "Under" {
            let kind = self.claim_kind(*name, fields)?;
            return Some(Claim {
                kind,
                methods: Vec::new(),
                place: node.place,
            });
        }
        let example = "Under([\"fork\", \"spawn\"], Always(Line(\"hello\")))";
        let [methods, claim] = self.parts(*name, fields, example)?;
        let methods = self.start_methods(methods);
        let claim = self.claim(claim)?;
        let methods = methods?;
        if !claim.methods.is_empty() {
            let message = "`Under` stands in `Under`";
            let help = "name all the start methods in one list";
            self.mistake(Diagnostic::new(node.place, message).help(help));
        }
        Some(Claim {
            methods,
            place: node.place,
            ..claim
        })
    }

    /// `"fork"` or `["fork", "spawn"]`.
    pub(super) fn start_methods(&mut self, node: &Node<'_>) -> Option<Vec<StartMethod>> {
        let items = match &node.kind {
            NodeKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        if items.is_empty() {
            return self.expected(node, "the start methods", "at least one");
        }
        let methods: Vec<_> = items.iter().map(|item| self.start_method(item)).collect();
        methods.into_iter().collect()
    }

    pub(super) fn start_method(&mut self, node: &Node<'_>) -> Option<StartMethod> {
        let name = self.text(node, "a start method")?;
        if let Ok(method) = name.parse() {
            return Some(method);
        }
        let message = format!("no start method `{name}`");
        let help = advice(name, &StartMethod::ALL.map(StartMethod::name));
        self.mistake(Diagnostic::new(node.place, message).maybe_help(help));
        None
    }

    fn claim_kind<'t>(&mut self, name: Name<'t>, fields: &Fields<'t>) -> Option<ClaimKind> {
        match name.text {
            "Always" | "Sometimes" | "Never" => {
                let example = format!("{}(Line(\"hello\"))", name.text);
                let [predicate] = self.parts(name, fields, &example)?;
                let predicate = self.predicate(predicate)?;
                Some(match name.text {
                    "Always" => ClaimKind::Always(predicate),
                    "Sometimes" => ClaimKind::Sometimes(predicate),
                    _ => ClaimKind::Never(predicate),
                })
            }
            "AllowedCount" => {
                let [count] = self.parts(name, fields, "AllowedCount(6)")?;
                let digits = match &count.kind {
                    NodeKind::Int(number) if *number >= 0 => number.to_string(),
                    // Beyond 64 bits a count is written as a text.
                    NodeKind::Text(text)
                        if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) =>
                    {
                        let significant = text.trim_start_matches('0');
                        if significant.is_empty() {
                            "0"
                        } else {
                            significant
                        }
                        .to_owned()
                    }
                    _ => return self.expected(count, "a count", "decimal digits: `6`, `\"6\"`"),
                };
                Some(ClaimKind::AllowedCount(digits))
            }
            relation if RELATIONS.contains(&relation) => {
                Some(ClaimKind::Relation(self.relation(name, fields)?))
            }
            other => {
                let message = format!("no claim `{other}`");
                let help = if PREDICATES.contains(&other) {
                    Some(format!("say how often it holds: `Always({other}...)`"))
                } else {
                    advice(other, &[&CLAIMS[..], &RELATIONS].concat())
                };
                self.mistake(Diagnostic::new(name.place, message).maybe_help(help));
                None
            }
        }
    }

    fn predicate(&mut self, node: &Node<'_>) -> Option<Predicate> {
        let NodeKind::Form(name, fields) = &node.kind else {
            return self.expected(node, "a predicate", "a form such as `Line(\"hello\")`");
        };
        let name = *name;
        match name.text {
            "Hang" => {
                let [] = self.parts(name, fields, "Hang")?;
                Some(Predicate::Hang)
            }
            "Ends" => self.ends(name, fields),
            "Left" => {
                let [count] = self.parts(name, fields, "Left(0)")?;
                let count = self.count(count, "how many processes are left")?;
                Some(Predicate::Left(count))
            }
            "Line" => {
                let [line] = self.parts(name, fields, "Line(\"hello\")")?;
                Some(Predicate::Line(self.line(line)?))
            }
            "Lines" => {
                let [lines] = self.parts(name, fields, "Lines([\"hello\", \"goodbye\"])")?;
                let lines = self.list(lines, "the lines")?;
                let lines: Vec<_> = lines.iter().map(|line| self.line(line)).collect();
                Some(Predicate::Lines(lines.into_iter().collect::<Option<_>>()?))
            }
            "Count" => {
                let [line, count] = self.parts(name, fields, "Count(\"hello\", 2)")?;
                let (line, count) = (self.line(line), self.count(count, "how often"));
                Some(Predicate::Count(line?, count?))
            }
            "Before" | "Adjacent" => {
                let example = format!("{}(\"first\", \"second\")", name.text);
                let [first, second] = self.parts(name, fields, &example)?;
                let (first, second) = (self.line(first), self.line(second));
                Some(match name.text {
                    "Before" => Predicate::Before(first?, second?),
                    _ => Predicate::Adjacent(first?, second?),
                })
            }
            "Not" => {
                let [inner] = self.parts(name, fields, "Not(Hang)")?;
                Some(Predicate::Not(Box::new(self.predicate(inner)?)))
            }
            "And" | "Or" => {
                let example = format!("{}([Hang, Line(\"hello\")])", name.text);
                let [inner] = self.parts(name, fields, &example)?;
                let inner = self.list(inner, "the predicates")?;
                let inner: Vec<_> = inner.iter().map(|one| self.predicate(one)).collect();
                let inner = inner.into_iter().collect::<Option<_>>()?;
                Some(match name.text {
                    "And" => Predicate::And(inner),
                    _ => Predicate::Or(inner),
                })
            }
            other => {
                let message = format!("no predicate `{other}`");
                let help = advice(other, &PREDICATES);
                self.mistake(Diagnostic::new(name.place, message).maybe_help(help));
                None
            }
        }
    }

    fn ends<'t>(&mut self, name: Name<'t>, fields: &Fields<'t>) -> Option<Predicate> {
        let [ending] = self.parts(name, fields, "Ends(\"exit 0\")")?;
        let text = self.text(ending, "an ending")?;
        match text.parse::<Ending>() {
            Ok(ending) => Some(Predicate::Ends(ending)),
            Err(_) => {
                let message = format!("no ending `{text}`");
                let help = "an ending is `exit N`, `signal NAME` (as in `signal KILL`) or `hang`";
                self.mistake(Diagnostic::new(ending.place, message).help(help));
                None
            }
        }
    }

    fn line(&mut self, node: &Node<'_>) -> Option<String> {
        let line = self.text(node, "a line")?;
        if line.contains('\n') {
            let message = "a line has no line break";
            let help = "`Lines([...])` takes several lines";
            self.mistake(Diagnostic::new(node.place, message).help(help));
        }
        Some(line.to_owned())
    }
}
