//! What is done to an object: its methods and attributes as the catalogue has them, and its items.

use poolproof_case::catalogue::{self, Field, Kind, Signature};

use crate::generate::Generator;
use crate::scene::{Scope, Thing};

impl Generator {
    /// Something done to something.
    pub(crate) fn use_of_something(&mut self, scope: &mut Scope) -> Option<String> {
        let thing = self.something(scope, |_| true)?;
        let known = catalogue::object(thing.object)?;
        // Each method by its weight, each attribute, and what items are there for.
        let mut uses: Vec<(u32, Use)> = Vec::new();
        for method in known.methods {
            uses.push((weight(known.name, method), Use::Method(method)));
        }
        uses.extend(
            known
                .attributes
                .iter()
                .map(|attribute| (3, Use::Attribute(attribute))),
        );
        if known.items {
            uses.extend([
                (12, Use::Item),
                (8, Use::SetItem),
                (6, Use::Whole),
                (2, Use::Each),
            ]);
        }
        if known.name.ends_with("Queue") {
            uses.push((2, Use::Drain));
        }
        match known.name {
            "Process" => uses.push((1, Use::Signal)),
            "Context" => uses.push((16, Use::Make)),
            _ => {}
        }
        match self.chance.weighted(&uses).copied()? {
            Use::Method(method) => self.method(scope, &thing, method),
            Use::Attribute(attribute) => Some(self.attribute(scope, &thing, attribute)),
            Use::Make => {
                let objects = ["Queue", "SimpleQueue", "Lock", "Event", "Value", "Barrier"];
                let object = *self.chance.of(&objects);
                let made = self.new_thing(scope, object);
                // A context has a method for each object that it makes.
                let method = format!("Call(\"{}.{object}\"", thing.name);
                Some(made.replace(&format!("New(\"{object}\""), &method))
            }
            other => self.items(scope, &thing, other),
        }
    }

    fn method(&mut self, scope: &mut Scope, thing: &Thing, method: &Signature) -> Option<String> {
        let object = thing.object;
        if object == "Process" && method.name == "start" && !self.chance.percent(20) {
            return None;
        }
        let given = self.arguments(scope, object, method.name, method.parameters);
        let names_function = |one: &catalogue::Parameter| {
            one.kind == Kind::Function && one.default == catalogue::Default::Required
        };
        if method.parameters.iter().any(names_function) && !scope.may_call {
            return None;
        }
        let call = format!("Call(\"{}.{}\"{given})", thing.name, method.name);
        Some(match (method.returns, method.name) {
            (Kind::None, _) => call,
            (Kind::Object(made), _) => {
                let name = format!("r{}", self.number());
                scope.add(&name, made.name());
                format!("Let(\"{name}\", {call})")
            }
            (Kind::Any, "shared") => {
                let name = format!("s{}", self.number());
                scope.add(&name, "ManagedDict");
                format!("Let(\"{name}\", {call})")
            }
            (Kind::Opaque, _) => format!("Print([{}, Eq({call}, None)])", self.line(scope)),
            (_, "active_children" | "get_all_start_methods") => {
                format!("Print([{}, Len({call})])", self.line(scope))
            }
            _ if self.chance.percent(25) => call,
            (Kind::Any, "get" | "get_nowait" | "recv" | "next" | "pop")
                if self.chance.percent(25) =>
            {
                let name = format!("n{}", self.number());
                scope.values.push(name.clone());
                format!("Let(\"{name}\", {call})")
            }
            _ => format!("Print([{}, {call}])", self.line(scope)),
        })
    }

    fn attribute(&mut self, scope: &Scope, thing: &Thing, attribute: &Field) -> String {
        let name = match attribute.name {
            "*" => *self.chance.of(&["x", "y"]),
            known => known,
        };
        let path = format!("{}.{name}", thing.name);
        if attribute.writable && self.chance.percent(60) {
            let value = match attribute.kind {
                Kind::Bool => self.chance.percent(50).to_string(),
                Kind::Text => "\"x\"".to_owned(),
                _ if thing.object.ends_with("Value") && self.chance.percent(50) => {
                    format!("Add(\"${path}\", 1)")
                }
                _ if matches!(thing.object, "Value" | "RawValue") => {
                    self.chance.below(4).to_string()
                }
                _ => self.value(),
            };
            return format!("SetAttr(\"{path}\", {value})");
        }
        let line = self.line(scope);
        match (attribute.kind, thing.object, name) {
            // A name that nobody gave differs from run to run.
            (Kind::Opaque, ..) | (_, "Process", "name") => {
                format!("Print([{line}, Eq(\"${path}\", \"x\")])")
            }
            _ => format!("Print([{line}, \"${path}\"])"),
        }
    }

    /// What is done with items, queues as a whole, and processes by signals.
    fn items(&mut self, scope: &mut Scope, thing: &Thing, use_: Use) -> Option<String> {
        let name = &thing.name;
        let is_dict = thing.object.to_lowercase().ends_with("dict");
        let index = match is_dict {
            true => format!("\"{}\"", self.chance.of(&["a", "b"])),
            false => self.chance.below(2).to_string(),
        };
        let line = self.line(scope);
        Some(match use_ {
            Use::Item => format!("Print([{line}, Item(\"${name}\", {index})])"),
            Use::SetItem if self.chance.percent(30) => {
                let old = format!("Item(\"${name}\", {index})");
                format!("SetItem(\"${name}\", {index}, Add({old}, 1))")
            }
            Use::SetItem => {
                let value = match thing.object.ends_with("Array") {
                    true => self.chance.below(4).to_string(),
                    false => self.value(),
                };
                format!("SetItem(\"${name}\", {index}, {value})")
            }
            Use::Whole if is_dict => match self.chance.below(3) {
                0 => format!("Print([{line}, Len(\"${name}\")])"),
                1 => format!("Print([{line}, In({index}, \"${name}\")])"),
                _ => format!("Print([{line}, Dict(\"${name}\")])"),
            },
            Use::Whole => match self.chance.below(4) {
                0 => format!("Print([{line}, Len(\"${name}\")])"),
                1 => format!("Print([{line}, Sum(\"${name}\")])"),
                2 => format!(
                    "Print([{line}, Slice(\"${name}\", 0, {})])",
                    self.chance.below(3)
                ),
                _ => format!("Print([{line}, List(\"${name}\")])"),
            },
            Use::Each => format!("For(\"x\", \"${name}\", [Print([{line}, \"$x\"])])"),
            Use::Drain => {
                let body = format!("[Print([{line}, \"$item\"])]");
                format!("Drain(queue: \"${name}\", name: \"item\", until: None, body: {body})")
            }
            Use::Signal => {
                let signals = [(3, "STOP"), (3, "CONT"), (3, "TERM"), (2, "KILL")];
                format!(
                    "Signal(\"${name}\", \"{}\")",
                    self.chance.weighted(&signals)?
                )
            }
            Use::Method(_) | Use::Attribute(_) | Use::Make => return None,
        })
    }
}

/// One way to use something.
#[derive(Clone, Copy)]
enum Use {
    Method(&'static Signature),
    Attribute(&'static Field),
    Item,
    SetItem,
    Whole,
    Each,
    Drain,
    Signal,
    Make,
}

/// How often a method is called beside the others of its object: what ends things is rare.
fn weight(object: &str, method: &Signature) -> u32 {
    match (object, method.name) {
        ("Process", "start" | "run" | "close") => 1,
        ("Process", "terminate" | "kill") => 2,
        ("Condition" | "ManagedCondition", "wait" | "notify") => 10,
        ("Manager" | "ManagerServer", "shutdown") => 1,
        ("ManagerClient", _) => 6,
        ("Context", _) => 12,
        ("AsyncResult" | "ResultIterator", _) => 8,
        ("Module", "set_start_method") => 2,
        ("Module", "get_context") => 16,
        (_, "put" | "send" | "set" | "append") => 24,
        (_, "get" | "recv" | "wait" | "apply_async" | "map" | "notify_all") => 12,
        (_, "acquire" | "release" | "poll" | "close" | "join") => 4,
        (_, "terminate" | "abort" | "reset" | "join_thread" | "cancel_join_thread" | "clear") => 2,
        _ => 5,
    }
}
