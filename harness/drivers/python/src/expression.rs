//! Expressions as Python source, with no more parentheses than Python needs.

use poolproof_case::catalogue::Class;
use poolproof_case::program::{BinaryOperator, Callee, Expression, ExpressionKind, UnaryOperator};
use poolproof_case::{ErrorKind, Value};

use crate::classes::{first_class, marked};
use crate::error::{Result, WriteError};
use crate::level::Level;
use crate::literal::{literal, string};
use crate::meaning::meaning;
use crate::names::python;
use crate::need::Need;
use crate::writer::Writer;

impl Writer<'_> {
    /// An expression where any may stand.
    pub(crate) fn expression(&mut self, expression: &Expression) -> Result<String> {
        self.bound(expression, Level::Any)
    }

    /// An expression that binds at least like this, in parentheses if need be.
    pub(crate) fn bound(&mut self, expression: &Expression, level: Level) -> Result<String> {
        let (text, own) = self.leveled(expression)?;
        Ok(if own < level {
            format!("({text})")
        } else {
            text
        })
    }

    /// Expressions separated by commas.
    pub(crate) fn expressions(&mut self, items: &[Expression]) -> Result<String> {
        let items: Result<Vec<String>> = items.iter().map(|item| self.expression(item)).collect();
        Ok(items?.join(", "))
    }

    /// An expression that is only iterated over, so that a range or a view need not become a list.
    pub(crate) fn iterable(&mut self, expression: &Expression) -> Result<String> {
        match &expression.kind {
            ExpressionKind::Range(from, to) => self.range(from, to),
            ExpressionKind::Call(call) => self.call(call),
            _ => {
                let text = self.bound(expression, Level::Atom)?;
                // Outside its own process, CPython's proxy of a dict does not iterate.
                let objects = self.objects(expression);
                let managed =
                    objects.contains(&Class::ManagedDict) && !objects.contains(&Class::Dict);
                Ok(if managed {
                    format!("{text}.keys()")
                } else {
                    text
                })
            }
        }
    }

    fn leveled(&mut self, expression: &Expression) -> Result<(String, Level)> {
        use ExpressionKind as E;
        let text = match &expression.kind {
            E::Literal(Value::Error(kind, text)) => self.error(*kind, &string(text)),
            E::Literal(value) => literal(value)
                .ok_or_else(|| WriteError::new("an opaque value cannot be written down"))?,
            E::Local(name) | E::Global(name) | E::Function(name) => python(name),
            E::Module => {
                self.needs.add(Need::Import("multiprocessing"));
                "multiprocessing".to_owned()
            }
            E::Attribute(of, name) => format!("{}.{name}", self.bound(of, Level::Atom)?),
            E::List(items) => format!("[{}]", self.expressions(items)?),
            E::Tuple(items) => self.tuple(items)?,
            E::Dict(pairs) => self.dict(pairs)?,
            E::Item(of, index) => {
                format!(
                    "{}[{}]",
                    self.bound(of, Level::Atom)?,
                    self.expression(index)?
                )
            }
            E::Slice(of, from, to) => self.slice(of, from.as_deref(), to.as_deref())?,
            E::New { object, arguments } => match Class::of(object) {
                Some(class) => self.construct("mp", class, arguments)?,
                None => return Err(WriteError::new(format!("there is no `{object}`"))),
            },
            E::Call(call) => {
                let text = self.call(call)?;
                let is_view = match &call.callee {
                    Callee::Method(of, name) => {
                        let mut methods = self.methods(&self.scope, of, name).into_iter();
                        methods.any(|(_, method)| meaning(method).gives_view)
                            && self.may_be_dict(of)
                    }
                    Callee::Function(_) => false,
                };
                if is_view {
                    format!("list({text})")
                } else {
                    text
                }
            }
            E::Range(from, to) => format!("list({})", self.range(from, to)?),
            E::Zeros(count) => format!("bytes({count})"),
            E::Soon => {
                self.needs.add(Need::Soon);
                "SOON".to_owned()
            }
            E::Late => {
                self.needs.add(Need::Late);
                "LATE".to_owned()
            }
            E::Binary(operator, left, right) => return self.binary(*operator, left, right),
            E::Unary(operator, of) => return self.unary(*operator, of),
            E::And(items) => return self.joined(items, " and ", Level::And),
            E::Or(items) => return self.joined(items, " or ", Level::Or),
            E::Error(kind, text) => {
                let text = self.expression(text)?;
                self.error(*kind, &text)
            }
        };
        Ok((text, Level::Atom))
    }

    fn error(&mut self, kind: ErrorKind, text: &str) -> String {
        let class = if self.marks.contains(&kind) {
            marked(kind)
        } else {
            first_class(kind)
        };
        format!("{}({text})", self.needs.class(class))
    }

    pub(crate) fn tuple(&mut self, items: &[Expression]) -> Result<String> {
        let text = self.expressions(items)?;
        Ok(if items.len() == 1 {
            format!("({text},)")
        } else {
            format!("({text})")
        })
    }

    fn dict(&mut self, pairs: &[(Value, Expression)]) -> Result<String> {
        let mut parts = Vec::new();
        for (key, value) in pairs {
            let key = literal(key).ok_or_else(|| WriteError::new("a dict's key is no literal"))?;
            parts.push(format!("{key}: {}", self.expression(value)?));
        }
        Ok(format!("{{{}}}", parts.join(", ")))
    }

    fn range(&mut self, from: &Expression, to: &Expression) -> Result<String> {
        let to = self.expression(to)?;
        if matches!(from.kind, ExpressionKind::Literal(Value::Int(0))) {
            return Ok(format!("range({to})"));
        }
        Ok(format!("range({}, {to})", self.expression(from)?))
    }

    fn slice(
        &mut self,
        of: &Expression,
        from: Option<&Expression>,
        to: Option<&Expression>,
    ) -> Result<String> {
        let objects = self.objects(of);
        let mut part = |end: Option<&Expression>| match end {
            Some(end) => self.expression(end),
            None => Ok(String::new()),
        };
        let (from, to) = (part(from)?, part(to)?);
        let text = format!("{}[{from}:{to}]", self.bound(of, Level::Atom)?);
        // A manager's array, and an array of threads, give an `array.array`.
        let is_array = objects.contains(&Class::ManagedArray)
            || (objects.contains(&Class::Array) && self.may_be_threads());
        Ok(if is_array {
            format!("list({text})")
        } else {
            text
        })
    }

    /// Whether this may be a dict of the process itself, whose `keys()` is a view.
    fn may_be_dict(&self, of: &Expression) -> bool {
        let objects = self.objects(of);
        !objects.contains(&Class::ManagedDict)
            || objects.contains(&Class::Dict)
            || self.may_be_threads()
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Result<(String, Level)> {
        use BinaryOperator as B;
        let (sign, level) = match operator {
            B::Add => ("+", Level::Add),
            B::Sub => ("-", Level::Add),
            B::Mul => ("*", Level::Mul),
            B::Div => ("/", Level::Mul),
            B::FloorDiv => ("//", Level::Mul),
            B::Mod => ("%", Level::Mul),
            B::Eq if is_none(right) => ("is", Level::Compare),
            B::Ne if is_none(right) => ("is not", Level::Compare),
            B::Eq => ("==", Level::Compare),
            B::Ne => ("!=", Level::Compare),
            B::Lt => ("<", Level::Compare),
            B::Le => ("<=", Level::Compare),
            B::Gt => (">", Level::Compare),
            B::Ge => (">=", Level::Compare),
            B::In => ("in", Level::Compare),
        };
        // `a < b < c` chains in Python, so a comparison is no operand of another.
        let left_level = if level == Level::Compare {
            level.tighter()
        } else {
            level
        };
        let left = self.bound(left, left_level)?;
        let right = self.bound(right, level.tighter())?;
        Ok((format!("{left} {sign} {right}"), level))
    }

    fn unary(&mut self, operator: UnaryOperator, of: &Expression) -> Result<(String, Level)> {
        use UnaryOperator as U;
        let text = match operator {
            U::Not => return Ok((format!("not {}", self.bound(of, Level::Not)?), Level::Not)),
            U::Neg => return Ok((format!("-{}", self.bound(of, Level::Unary)?), Level::Unary)),
            U::Len => format!("len({})", self.iterable_or_managed(of)?),
            U::Sorted => format!("sorted({})", self.iterable(of)?),
            U::Sum => format!("sum({})", self.iterable(of)?),
            U::Str => format!("str({})", self.expression(of)?),
            U::List => self.list_of(of)?,
            U::Dict => self.dict_of(of)?,
            U::Work => {
                self.needs.add(Need::Work);
                format!("calculate({})", self.expression(of)?)
            }
        };
        Ok((text, Level::Atom))
    }

    fn iterable_or_managed(&mut self, of: &Expression) -> Result<String> {
        match of.kind {
            ExpressionKind::Range(..) => self.iterable(of),
            _ => self.expression(of),
        }
    }

    /// A manager's list is taken in one access.
    fn list_of(&mut self, of: &Expression) -> Result<String> {
        let objects = self.objects(of);
        if objects.contains(&Class::ManagedList) && !objects.contains(&Class::List) {
            return Ok(format!("{}[:]", self.bound(of, Level::Atom)?));
        }
        Ok(format!("list({})", self.iterable(of)?))
    }

    /// A manager's dict is taken in one access.
    fn dict_of(&mut self, of: &Expression) -> Result<String> {
        let objects = self.objects(of);
        if objects.contains(&Class::ManagedDict) && !objects.contains(&Class::Dict) {
            return Ok(format!("{}.copy()", self.bound(of, Level::Atom)?));
        }
        Ok(format!("dict({})", self.expression(of)?))
    }

    fn joined(
        &mut self,
        items: &[Expression],
        sign: &str,
        level: Level,
    ) -> Result<(String, Level)> {
        let parts: Result<Vec<String>> = items
            .iter()
            .map(|item| self.bound(item, level.tighter()))
            .collect();
        match parts?.as_slice() {
            [] if level == Level::And => Ok(("True".to_owned(), Level::Atom)),
            [] => Ok(("False".to_owned(), Level::Atom)),
            parts => Ok((parts.join(sign), level)),
        }
    }
}

fn is_none(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Literal(Value::None))
}
