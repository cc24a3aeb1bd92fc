//! Calls and new objects: who is called, and with what.

use super::Reader;
use super::tree::{Fields, Name, Node, NodeKind};
use crate::catalogue::{self, Kind};
use crate::diagnostic::Diagnostic;
use crate::nearest::advice;
use crate::program::{Arguments, CallExpression, Callee, Expression, ExpressionKind};
use crate::value::Value;

impl Reader {
    /// `Call("q.put", [1], (timeout: Soon))`.
    pub(super) fn call<'t>(
        &mut self,
        node: &Node<'t>,
        name: Name<'t>,
        fields: &Fields<'t>,
    ) -> Option<CallExpression> {
        let example = "Call(\"q.put\", [1], (timeout: Soon))";
        let parts = self.parts_between(name, fields, 1, 3, example)?;
        let callee = self.callee(&parts[0]);
        let arguments = self.arguments(&parts[1..]);
        Some(CallExpression {
            callee: callee?,
            arguments: arguments?,
            place: node.place,
        })
    }

    fn callee(&mut self, node: &Node<'_>) -> Option<Callee> {
        let path = self.text(node, "what is called")?;
        if let Some(bare) = path.strip_prefix('$') {
            let message = "what is called stands without `$`";
            let help = format!("write `{bare:?}`");
            self.mistake(Diagnostic::new(node.place, message).help(help));
            return None;
        }
        match path.rsplit_once('.') {
            None => Some(Callee::Function(path.to_owned())),
            Some((receiver, method)) => {
                let receiver = self.path(receiver, node.place)?;
                Some(Callee::Method(receiver, method.to_owned()))
            }
        }
    }

    /// `[by position], (by: name)`, either of which may be left out.
    fn arguments(&mut self, parts: &[Node<'_>]) -> Option<Arguments> {
        let mut arguments = Arguments::default();
        let mut is_whole = true;
        for (index, part) in parts.iter().enumerate() {
            match &part.kind {
                NodeKind::List(items) if index == 0 => {
                    let items = items.iter().map(|item| self.expression(item));
                    let items: Vec<_> = items.collect();
                    is_whole &= items.iter().all(Option::is_some);
                    arguments.positional = items.into_iter().flatten().collect();
                }
                NodeKind::Group(Fields::Named(fields)) if index + 1 == parts.len() => {
                    if !self.at_most(fields.len(), part.place) {
                        return None;
                    }
                    for (name, value) in fields {
                        if arguments.named.iter().any(|(known, _)| known == name.text) {
                            let message = format!("the argument `{}` stands twice", name.text);
                            self.mistake(Diagnostic::new(name.place, message));
                        }
                        match self.expression(value) {
                            Some(value) => arguments.named.push((name.text.to_owned(), value)),
                            None => is_whole = false,
                        }
                    }
                }
                NodeKind::Group(Fields::Positional(items)) if items.is_empty() => {}
                _ => {
                    let expected = "a list by position, then fields by name: \
                                    `[1, \"$x\"], (timeout: Soon)`";
                    self.expected::<()>(part, "an argument list", expected);
                    is_whole = false;
                }
            }
        }
        is_whole.then_some(arguments)
    }

    /// `New("Process", (target: "greet", args: ["$lock"]))`.
    pub(super) fn new_object<'t>(
        &mut self,
        name: Name<'t>,
        fields: &Fields<'t>,
    ) -> Option<ExpressionKind> {
        let example = "New(\"Queue\", (maxsize: 1))";
        let parts = self.parts_between(name, fields, 1, 3, example)?;
        let object_name = self.text(&parts[0], "an object's name")?;
        let arguments = self.arguments(&parts[1..]);
        let known = catalogue::objects().filter(|object| object.constructor.is_some());
        let object = catalogue::object(object_name);
        let Some(parameters) = object.and_then(|object| object.constructor) else {
            let known: Vec<&str> = known.map(|object| object.name).collect();
            let (message, help) = match object {
                Some(_) => (
                    format!("`{object_name}` is not made with `New`"),
                    Some("it comes out of another object's method".to_owned()),
                ),
                None => (
                    format!("no object `{object_name}`"),
                    advice(object_name, &known),
                ),
            };
            self.mistake(Diagnostic::new(parts[0].place, message).maybe_help(help));
            return None;
        };
        let mut arguments = arguments?;
        for (index, argument) in arguments.positional.iter_mut().enumerate() {
            if let Some(parameter) = parameters.get(index) {
                name_function(parameter.kind, argument);
            }
        }
        for (name, argument) in &mut arguments.named {
            if let Some(parameter) = parameters.iter().find(|known| known.name == name) {
                name_function(parameter.kind, argument);
            }
        }
        Some(ExpressionKind::New {
            object: object_name.to_owned(),
            arguments,
        })
    }
}

/// A text is a function where the catalogue wants one.
fn name_function(kind: Kind, argument: &mut Expression) {
    if kind == Kind::Function
        && let ExpressionKind::Literal(Value::Str(name)) = &mut argument.kind
    {
        argument.kind = ExpressionKind::Function(std::mem::take(name));
    }
}
