//! What a function of a program can see, and the objects that it makes.

use poolproof_case::catalogue::{self, Kind};

use crate::generate::Generator;

/// An object in a variable.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) name: String,
    /// Its name in the catalogue.
    pub(crate) object: &'static str,
}

/// What a function can see.
pub(crate) struct Scope {
    /// What its lines begin with.
    pub(crate) prefix: String,
    pub(crate) things: Vec<Thing>,
    /// Variables with plain values.
    pub(crate) values: Vec<String>,
    /// Whether it may make what calls functions: a function never leads back to itself.
    pub(crate) may_call: bool,
    /// How many blocks are around.
    pub(crate) depth: u32,
}

/// Whether this can be given to a new process under every start method.
pub(crate) const TRAVELS: fn(&str) -> bool = |object| {
    !matches!(
        object,
        "Pool"
            | "AsyncResult"
            | "ResultIterator"
            | "Process"
            | "Manager"
            | "ManagerServer"
            | "ManagerClient"
            | "Module"
            | "Context"
    )
};

impl Scope {
    pub(crate) fn new(prefix: &str) -> Scope {
        Scope {
            prefix: prefix.to_owned(),
            things: Vec::new(),
            values: Vec::new(),
            may_call: true,
            depth: 0,
        }
    }

    pub(crate) fn add(&mut self, name: &str, object: &'static str) {
        self.things.push(Thing {
            name: name.to_owned(),
            object,
        });
    }
}

impl Generator {
    /// A statement that makes a new object, which the scope then has.
    pub(crate) fn new_thing(&mut self, scope: &mut Scope, object: &str) -> String {
        let number = self.number();
        let Some(known) = catalogue::object(object) else {
            return "Settle".to_owned();
        };
        match known.name {
            "Module" => {
                let name = format!("v{number}");
                // The module is there already; who it is, is a thing of its own.
                scope.add("mp", "Module");
                scope.add(&name, "Process");
                return format!("Let(\"{name}\", Call(\"mp.current_process\"))");
            }
            "Pipe" => {
                let (one, other) = (format!("one{number}"), format!("other{number}"));
                scope.add(&one, "Connection");
                scope.add(&other, "Connection");
                let way = if self.chance.percent(30) {
                    ", [false]"
                } else {
                    ""
                };
                return format!("Let(\"{one}, {other}\", New(\"Pipe\"{way}))");
            }
            "list" => {
                let name = format!("list{number}");
                scope.add(&name, "list");
                let list = self.list();
                return format!("Let(\"{name}\", {list})");
            }
            "dict" => {
                let name = format!("dict{number}");
                scope.add(&name, "dict");
                let dict = self.dict();
                return format!("Let(\"{name}\", {dict})");
            }
            _ => {}
        }
        let Some(parameters) = known.constructor else {
            return "Settle".to_owned();
        };
        let given = self.arguments(scope, known.name, "", parameters);
        let name = format!("{}{number}", known.name.to_lowercase());
        scope.add(&name, known.name);
        let mut made = format!("Let(\"{name}\", New(\"{}\"{given}))", known.name);
        match known.name {
            // A manager without anything in it is nothing to talk about.
            "Manager" => {
                for _ in 0..self.chance.between(1, 2) {
                    made = format!("{made}, {}", self.managed(scope, &name));
                }
            }
            "ManagerServer" if self.chance.percent(60) => {
                let client = format!("client{number}");
                let key = if self.chance.percent(80) {
                    "key"
                } else {
                    "wrong"
                };
                let new = format!("New(\"ManagerClient\", [\"${name}.address\", b\"{key}\"])");
                scope.add(&client, "ManagerClient");
                made = format!("{made}, Let(\"{client}\", {new}), Call(\"{client}.connect\")");
            }
            _ => {}
        }
        made
    }

    /// A statement that makes an object in a manager.
    fn managed(&mut self, scope: &mut Scope, manager: &str) -> String {
        let makes: Vec<_> = catalogue::object("Manager")
            .into_iter()
            .flat_map(|manager| manager.methods)
            .filter_map(|method| match method.returns {
                Kind::Object(object) => Some((weight_of_managed(method.name), (method, object))),
                _ => None,
            })
            .collect();
        let Some((method, object)) = self.chance.weighted(&makes).copied() else {
            return "Settle".to_owned();
        };
        let given = self.arguments(scope, "Manager", method.name, method.parameters);
        let name = format!("{}{}", object.name().to_lowercase(), self.number());
        scope.add(&name, object.name());
        format!(
            "Let(\"{name}\", Call(\"{manager}.{}\"{given}))",
            method.name
        )
    }
}

fn weight_of_managed(method: &str) -> u32 {
    match method {
        "dict" | "list" => 8,
        "Namespace" | "Queue" | "Value" => 4,
        _ => 2,
    }
}
