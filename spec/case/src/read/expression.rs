//! Expressions: literals, references, containers, operators.

use super::Reader;
use super::form::is_identifier;
use super::tree::{Fields, Name, Node, NodeKind};
use crate::diagnostic::Diagnostic;
use crate::nearest::advice;
use crate::program::{BinaryOperator, Expression, ExpressionKind, Place, UnaryOperator};
use crate::value::Value;

const BINARY: [(&str, BinaryOperator); 13] = [
    ("Add", BinaryOperator::Add),
    ("Sub", BinaryOperator::Sub),
    ("Mul", BinaryOperator::Mul),
    ("Div", BinaryOperator::Div),
    ("FloorDiv", BinaryOperator::FloorDiv),
    ("Mod", BinaryOperator::Mod),
    ("Eq", BinaryOperator::Eq),
    ("Ne", BinaryOperator::Ne),
    ("Lt", BinaryOperator::Lt),
    ("Le", BinaryOperator::Le),
    ("Gt", BinaryOperator::Gt),
    ("Ge", BinaryOperator::Ge),
    ("In", BinaryOperator::In),
];

const UNARY: [(&str, UnaryOperator); 9] = [
    ("Not", UnaryOperator::Not),
    ("Neg", UnaryOperator::Neg),
    ("Len", UnaryOperator::Len),
    ("Sorted", UnaryOperator::Sorted),
    ("Sum", UnaryOperator::Sum),
    ("Str", UnaryOperator::Str),
    ("List", UnaryOperator::List),
    ("Dict", UnaryOperator::Dict),
    ("Work", UnaryOperator::Work),
];

/// The other forms of expressions, for the nearest name.
const OTHERS: [&str; 17] = [
    "None", "true", "false", "inf", "NaN", "Soon", "Late", "Fn", "New", "Call", "Item", "Slice",
    "Range", "And", "Or", "Error", "Bytes",
];

const SMALL_BYTES: usize = 1024;
const LARGE_BYTES: usize = 1024 * 1024;

/// The most bytes that are made by their number.
const BYTES_MAX: u32 = 64 << 20;

impl Reader {
    pub(super) fn expression(&mut self, node: &Node<'_>) -> Option<Expression> {
        let kind = match &node.kind {
            NodeKind::Text(text) => self.reference(text, node.place)?,
            NodeKind::Bytes(bytes) => ExpressionKind::Literal(Value::Bytes(bytes.clone())),
            NodeKind::Int(number) => ExpressionKind::Literal(Value::Int(*number)),
            NodeKind::Float(number) => ExpressionKind::Literal(Value::Float(*number)),
            NodeKind::List(items) => {
                let items = self.expressions(items)?;
                folded(items, Value::List, ExpressionKind::List)
            }
            NodeKind::Group(Fields::Positional(items)) => {
                let items = self.expressions(items)?;
                folded(items, Value::Tuple, ExpressionKind::Tuple)
            }
            NodeKind::Group(_) => {
                return self.expected(node, "a value", "a text, number, list, tuple, map or form");
            }
            NodeKind::Map(entries) => {
                if !self.at_most(entries.len(), node.place) {
                    return None;
                }
                self.dict(entries)?
            }
            NodeKind::Form(name, fields) => self.form(node, *name, fields)?,
        };
        Some(Expression {
            kind,
            place: node.place,
        })
    }

    fn expressions(&mut self, nodes: &[Node<'_>]) -> Option<Vec<Expression>> {
        let items: Vec<_> = nodes.iter().map(|node| self.expression(node)).collect();
        items.into_iter().collect()
    }

    /// A value with nothing in it that only a running program knows.
    pub(super) fn literal(&mut self, node: &Node<'_>, what: &str) -> Option<Value> {
        match self.expression(node)?.kind {
            ExpressionKind::Literal(value) => Some(value),
            _ => self.expected(node, what, "a literal value"),
        }
    }

    /// `"$x"`, `"$x.attr"`, `"$$text"` or plain text.
    fn reference(&mut self, text: &str, place: Place) -> Option<ExpressionKind> {
        let Some(path) = text.strip_prefix('$') else {
            return Some(ExpressionKind::Literal(Value::Str(text.to_owned())));
        };
        if path.starts_with('$') {
            return Some(ExpressionKind::Literal(Value::Str(path.to_owned())));
        }
        self.path(path, place).map(|expression| expression.kind)
    }

    /// `x.a.b`: a variable and attributes.
    pub(super) fn path(&mut self, path: &str, place: Place) -> Option<Expression> {
        let mut names = path.split('.');
        let first = names.next().unwrap_or_default();
        if !path.split('.').all(is_identifier) {
            let message = format!("{path:?} is no name of a variable or attribute");
            let help = "text that begins with a dollar is written with two: `\"$$...\"`";
            self.mistake(Diagnostic::new(place, message).help(help));
            return None;
        }
        let kind = if first == "mp" {
            ExpressionKind::Module
        } else {
            // `check` turns those that are global into globals.
            ExpressionKind::Local(first.to_owned())
        };
        let variable = Expression { kind, place };
        Some(names.fold(variable, |object, attribute| Expression {
            kind: ExpressionKind::Attribute(Box::new(object), attribute.to_owned()),
            place,
        }))
    }

    /// `"v.value"`: an object and the attribute that is set.
    pub(super) fn attribute_path(&mut self, node: &Node<'_>) -> Option<(Expression, String)> {
        let text = self.text(node, "what is set")?;
        let example = "`\"v.value\"`, a variable and its attribute, without `$`";
        match text.rsplit_once('.') {
            Some((object, attribute)) if !text.starts_with('$') => {
                let object = self.path(object, node.place)?;
                Some((object, attribute.to_owned()))
            }
            _ => self.expected(node, "what is set", example),
        }
    }

    fn dict(&mut self, entries: &[(Node<'_>, Node<'_>)]) -> Option<ExpressionKind> {
        let mut pairs: Vec<(Value, Expression)> = Vec::new();
        let mut is_whole = true;
        for (key, value) in entries {
            let key_value = self.literal(key, "a dict's key");
            let value = self.expression(value);
            let (Some(key_value), Some(value)) = (key_value, value) else {
                is_whole = false;
                continue;
            };
            if !key_value.is_hashable() {
                let help =
                    "a key is None, a truth value, a number, a text, bytes or a tuple of these";
                let message = "a list or dict cannot be a key";
                self.mistake(Diagnostic::new(key.place, message).help(help));
            } else if pairs.iter().any(|(known, _)| *known == key_value) {
                let message = "this key stands in the dict already";
                let help = "1, 1.0 and true are one key, as in Python";
                self.mistake(Diagnostic::new(key.place, message).help(help));
            }
            pairs.push((key_value, value));
        }
        if !is_whole {
            return None;
        }
        if pairs.iter().all(|(_, value)| is_literal(value)) {
            let literal = |(key, value)| Some((key, into_literal(value)?));
            let pairs: Option<Vec<_>> = pairs.into_iter().map(literal).collect();
            return pairs.map(|pairs| ExpressionKind::Literal(Value::Dict(pairs)));
        }
        Some(ExpressionKind::Dict(pairs))
    }

    fn form<'t>(
        &mut self,
        node: &Node<'t>,
        name: Name<'t>,
        fields: &Fields<'t>,
    ) -> Option<ExpressionKind> {
        if let Some((word, operator)) = BINARY.iter().find(|(word, _)| *word == name.text) {
            let [left, right] = self.parts(name, fields, &format!("{word}(a, b)"))?;
            let (left, right) = (self.boxed(left), self.boxed(right));
            return Some(ExpressionKind::Binary(*operator, left?, right?));
        }
        if let Some((word, operator)) = UNARY.iter().find(|(word, _)| *word == name.text) {
            let [operand] = self.parts(name, fields, &format!("{word}(a)"))?;
            return Some(ExpressionKind::Unary(*operator, self.boxed(operand)?));
        }
        match name.text {
            "None" | "true" | "false" | "inf" | "NaN" | "Soon" | "Late" => {
                let [] = self.parts(name, fields, name.text)?;
                Some(constant(name.text))
            }
            "Fn" => {
                let [function] = self.parts(name, fields, "Fn(\"f\")")?;
                let function = self.text(function, "a function's name")?;
                Some(ExpressionKind::Function(function.to_owned()))
            }
            "New" => self.new_object(name, fields),
            "Call" => {
                let call = self.call(node, name, fields)?;
                Some(ExpressionKind::Call(Box::new(call)))
            }
            "Item" => {
                let [object, index] = self.parts(name, fields, "Item(\"$a\", 0)")?;
                let (object, index) = (self.boxed(object), self.boxed(index));
                Some(ExpressionKind::Item(object?, index?))
            }
            "Slice" => self.slice(name, fields),
            "Range" => self.range(node.place, name, fields),
            "And" | "Or" => {
                let [operands] = self.parts(name, fields, &format!("{}([a, b])", name.text))?;
                let operands = self.list(operands, "the operands")?;
                let operands = self.expressions(operands)?;
                Some(match name.text {
                    "And" => ExpressionKind::And(operands),
                    _ => ExpressionKind::Or(operands),
                })
            }
            "Error" => {
                let [kind, text] = self.parts(name, fields, "Error(\"value\", \"text\")")?;
                let kind_name = self.text(kind, "a kind of error");
                let kind = kind_name.and_then(|word| self.error_kind(word, kind, &[]));
                let text = self.boxed(text);
                Some(ExpressionKind::Error(kind?, text?))
            }
            "Bytes" => self.zero_bytes(name, fields),
            _ => self.unknown_expression(name),
        }
    }

    fn boxed(&mut self, node: &Node<'_>) -> Option<Box<Expression>> {
        self.expression(node).map(Box::new)
    }

    fn slice<'t>(&mut self, name: Name<'t>, fields: &Fields<'t>) -> Option<ExpressionKind> {
        let example = "Slice(\"$a\", 0, 10)";
        let parts = self.parts_between(name, fields, 1, 3, example)?;
        let mut parts = parts.iter().map(|part| self.boxed(part));
        let object = parts.next()?;
        let (start, stop) = (parts.next(), parts.next());
        let present = |bound: Option<Option<Box<Expression>>>| match bound {
            Some(bound) => bound.map(Some),
            None => Some(None),
        };
        Some(ExpressionKind::Slice(
            object?,
            present(start)?,
            present(stop)?,
        ))
    }

    fn range<'t>(
        &mut self,
        place: Place,
        name: Name<'t>,
        fields: &Fields<'t>,
    ) -> Option<ExpressionKind> {
        match self.parts_between(name, fields, 1, 2, "Range(1, 3)")? {
            [start, stop] => {
                let (start, stop) = (self.boxed(start), self.boxed(stop));
                Some(ExpressionKind::Range(start?, stop?))
            }
            parts => {
                let stop = self.boxed(parts.first()?)?;
                let kind = ExpressionKind::Literal(Value::Int(0));
                Some(ExpressionKind::Range(
                    Box::new(Expression { kind, place }),
                    stop,
                ))
            }
        }
    }

    fn zero_bytes<'t>(&mut self, name: Name<'t>, fields: &Fields<'t>) -> Option<ExpressionKind> {
        let [size] = self.parts(name, fields, "Bytes(small)")?;
        let length = match &size.kind {
            NodeKind::Form(word, Fields::Absent) if word.text == "small" => SMALL_BYTES,
            NodeKind::Form(word, Fields::Absent) if word.text == "large" => LARGE_BYTES,
            NodeKind::Int(_) => {
                let count = self.within(size, "the number of bytes", 0..=BYTES_MAX)?;
                return Some(ExpressionKind::Zeros(count));
            }
            _ => {
                let sizes =
                    "`small` (1 KiB, fits every pipe), `large` (1 MiB, fits none) or a number";
                return self.expected(size, "the size of bytes", sizes);
            }
        };
        Some(ExpressionKind::Literal(Value::Bytes(vec![0; length])))
    }

    fn unknown_expression<T>(&mut self, name: Name<'_>) -> Option<T> {
        let message = format!("no expression `{}`", name.text);
        let mut known: Vec<&str> = BINARY.iter().map(|(word, _)| *word).collect();
        known.extend(UNARY.iter().map(|(word, _)| *word));
        known.extend(OTHERS);
        let help = match name.text {
            "Some" => Some("a value is written without `Some`".to_owned()),
            "True" => Some("truth values are written `true` and `false`".to_owned()),
            "False" => Some("truth values are written `true` and `false`".to_owned()),
            word if crate::catalogue::object(word).is_some() => {
                Some(format!("an object is made with `New(\"{word}\")`"))
            }
            word => advice(word, &known)
                .or_else(|| Some("a variable is written `\"$x\"`, a text `\"x\"`".to_owned())),
        };
        self.mistake(Diagnostic::new(name.place, message).maybe_help(help));
        None
    }
}

fn constant(word: &str) -> ExpressionKind {
    match word {
        "true" => ExpressionKind::Literal(Value::Bool(true)),
        "false" => ExpressionKind::Literal(Value::Bool(false)),
        "inf" => ExpressionKind::Literal(Value::Float(f64::INFINITY)),
        "NaN" => ExpressionKind::Literal(Value::Float(f64::NAN)),
        "Soon" => ExpressionKind::Soon,
        "Late" => ExpressionKind::Late,
        _ => ExpressionKind::Literal(Value::None),
    }
}

/// One literal where all the items are literal.
fn folded(
    items: Vec<Expression>,
    literal: fn(Vec<Value>) -> Value,
    kind: fn(Vec<Expression>) -> ExpressionKind,
) -> ExpressionKind {
    if items.iter().all(is_literal) {
        let values = items.into_iter().filter_map(into_literal).collect();
        return ExpressionKind::Literal(literal(values));
    }
    kind(items)
}

fn is_literal(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Literal(_))
}

fn into_literal(expression: Expression) -> Option<Value> {
    match expression.kind {
        ExpressionKind::Literal(value) => Some(value),
        _ => None,
    }
}
