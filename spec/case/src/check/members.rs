//! Methods, attributes and contexts: each exists on what its receiver may be.

use super::signatures::check_arguments;
use crate::catalogue::{self, Class, Method, Object, Parameter};
use crate::diagnostic::Diagnostic;
use crate::infer::{Type, Types};
use crate::nearest::{advice, nearest};
use crate::program::{
    Block, CallExpression, Callee, Expression, ExpressionKind, Place, StatementKind,
};
use crate::walk;

pub(super) fn check(
    types: &Types<'_>,
    function: &str,
    block: &Block,
    mistakes: &mut Vec<Diagnostic>,
) {
    let mut checker = Checker {
        types,
        function,
        mistakes,
    };
    walk::calls(block, &mut |call| checker.call(call));
    walk::expressions(block, &mut |expression| {
        if let ExpressionKind::Attribute(receiver, name) = &expression.kind {
            checker.attribute(receiver, name, expression.place, false);
        }
    });
    walk::statements(block, &mut |statement| match &statement.kind {
        StatementKind::SetAttr(receiver, name, _) => {
            checker.attribute(receiver, name, statement.place, true);
        }
        StatementKind::With(context, _) => checker.context(context),
        StatementKind::Drain { queue, .. } => checker.queue(queue),
        StatementKind::Signal(process, _) => checker.process(process),
        _ => {}
    });
}

struct Checker<'c, 'p> {
    types: &'c Types<'p>,
    function: &'c str,
    mistakes: &'c mut Vec<Diagnostic>,
}

impl Checker<'_, '_> {
    fn of(&self, expression: &Expression) -> Type {
        self.types.of(self.function, expression)
    }

    fn call(&mut self, call: &CallExpression) {
        let Callee::Method(receiver, name) = &call.callee else {
            return;
        };
        let receiver_type = self.of(receiver);
        if !receiver_type.is_known() {
            let is_somewhere = Class::ALL.iter().any(|class| class.method(name).is_some());
            if !is_somewhere {
                let all = catalogue::objects().flat_map(|object| object.methods);
                let near = nearest(name, all.map(|method| method.name));
                let message = format!("no object has a method `{name}`");
                let help = near.map(|near| format!("did you mean `{near}`?"));
                self.mistakes
                    .push(Diagnostic::new(call.place, message).maybe_help(help));
            }
            return;
        }
        let objects: Vec<&Object> = known_objects(&receiver_type);
        let signatures: Vec<(&str, &'static [Parameter])> = objects
            .iter()
            .filter_map(|object| Some((object.name, signature(object, name)?.parameters())))
            .collect();
        match signatures[..] {
            [] => self.no_member(&receiver_type, &objects, "method", name, receiver.place),
            [(object, parameters)] => {
                let callee = format!("{object}.{name}");
                let arguments = &call.arguments;
                check_arguments(&callee, parameters, arguments, call.place, self.mistakes);
            }
            // Which one it is, only a run tells.
            _ => {}
        }
    }

    fn attribute(&mut self, receiver: &Expression, name: &str, place: Place, is_set: bool) {
        let receiver_type = self.of(receiver);
        if !receiver_type.is_known() {
            return;
        }
        let objects = known_objects(&receiver_type);
        let found = objects.iter().find_map(|object| object.attribute(name));
        match found {
            None => self.no_member(&receiver_type, &objects, "attribute", name, place),
            Some(attribute) if is_set && !attribute.writable => {
                let message = format!("the attribute `{name}` cannot be set");
                let writable = objects.iter().flat_map(|object| object.attributes);
                let writable: Vec<&str> = writable
                    .filter(|attribute| attribute.writable)
                    .map(|attribute| attribute.name)
                    .collect();
                let help = (!writable.is_empty())
                    .then(|| format!("these can be set: {}", writable.join(", ")));
                self.mistakes
                    .push(Diagnostic::new(place, message).maybe_help(help));
            }
            Some(_) => {}
        }
    }

    fn no_member(
        &mut self,
        receiver: &Type,
        objects: &[&Object],
        what: &str,
        name: &str,
        place: Place,
    ) {
        let whose = match objects {
            [] if receiver.is_function => "a function".to_owned(),
            [] => "a plain value".to_owned(),
            objects => {
                let names: Vec<String> = objects
                    .iter()
                    .map(|object| format!("`{}`", object.name))
                    .collect();
                names.join(" or ")
            }
        };
        let message = format!("{whose} has no {what} `{name}`");
        let has_other = objects.iter().any(|object| match what {
            "method" => object.attribute(name).is_some(),
            _ => object.method(name).is_some(),
        });
        let help = match what {
            "method" if has_other => Some(format!("`{name}` is an attribute: `\"$x.{name}\"`")),
            _ if has_other => Some(format!("`{name}` is a method: `Call(\"x.{name}\")`")),
            "method" => {
                let methods = objects.iter().flat_map(|object| object.methods);
                advice(name, &methods.map(|method| method.name).collect::<Vec<_>>())
            }
            _ => {
                let attributes = objects.iter().flat_map(|object| object.attributes);
                advice(
                    name,
                    &attributes.map(|known| known.name).collect::<Vec<_>>(),
                )
            }
        };
        self.mistakes
            .push(Diagnostic::new(place, message).maybe_help(help));
    }

    fn context(&mut self, context: &Expression) {
        let known = self.of(context);
        let objects = known_objects(&known);
        if known.is_known() && !objects.iter().any(|object| object.context) {
            let what = description(&known, &objects);
            let message = format!("`With` cannot enter {what}, which is no context");
            let help = match objects.first().map(|object| object.class) {
                Some(Class::Value | Class::Array) => {
                    "guard it by its lock: `Let(\"lock\", Call(\"v.get_lock\"))`"
                }
                _ => {
                    "locks, semaphores, conditions, pools, connections and managers can be entered"
                }
            };
            self.mistakes
                .push(Diagnostic::new(context.place, message).help(help));
        }
    }

    fn queue(&mut self, queue: &Expression) {
        let known = self.of(queue);
        let objects = known_objects(&known);
        let is_queue = |object: &&Object| object.name.ends_with("Queue");
        if known.is_known() && !objects.iter().any(is_queue) {
            let message = format!("`Drain` cannot get from {}", description(&known, &objects));
            let help = "it takes a queue: `New(\"Queue\")`";
            self.mistakes
                .push(Diagnostic::new(queue.place, message).help(help));
        }
    }

    fn process(&mut self, process: &Expression) {
        let known = self.of(process);
        if known.is_known() && !known.objects.contains(&Class::Process) {
            let what = description(&known, &known_objects(&known));
            let message = format!("a signal goes to a process, not to {what}");
            self.mistakes.push(Diagnostic::new(process.place, message));
        }
    }
}

fn description(known: &Type, objects: &[&Object]) -> String {
    match objects.first() {
        Some(object) => format!("a `{}`", object.name),
        None if known.is_function => "a function".to_owned(),
        None => "a plain value".to_owned(),
    }
}

fn known_objects(known: &Type) -> Vec<&'static Object> {
    known.objects.iter().map(|class| class.object()).collect()
}

/// What a name means; that the module makes objects, too, is for contexts to say.
fn signature(object: &Object, name: &str) -> Option<Method> {
    let is_context = object.class == Class::Context;
    let method = object.class.method(name);
    method.filter(|method| is_context || !matches!(method, Method::Make(_)))
}
