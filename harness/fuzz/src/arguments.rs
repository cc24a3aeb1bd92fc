//! Arguments and values: small, so that programs have few outcomes and many meetings.

use poolproof_case::catalogue::{Default, Kind, Parameter};

use crate::generate::{Generator, Part};
use crate::scene::Scope;

impl Generator {
    /// Arguments that fit these parameters, as they stand after a name: `, [1], (timeout: Soon)`.
    pub(crate) fn arguments(
        &mut self,
        scope: &Scope,
        object: &str,
        member: &str,
        parameters: &[Parameter],
    ) -> String {
        let (mut given, mut named) = (Vec::new(), Vec::new());
        for parameter in parameters {
            let is_needed = parameter.default == Default::Required
                || (object, parameter.name) == ("Pool", "processes")
                // Text and bytes are there to be sent; so are the arguments of a task.
                || parameter.name == "args";
            if !is_needed && !self.chance.percent(share(parameter.name)) {
                continue;
            }
            let Some(value) = self.argument(scope, object, member, parameter) else {
                continue;
            };
            match is_needed && named.is_empty() && given.len() < parameters.len() {
                true => given.push(value),
                false => named.push(format!("{}: {value}", parameter.name)),
            }
        }
        let mut out = String::new();
        if !given.is_empty() {
            out += &format!(", [{}]", given.join(", "));
        }
        if !named.is_empty() {
            out += &format!(", ({})", named.join(", "));
        }
        out
    }

    /// An argument; none where the default is the better one.
    fn argument(
        &mut self,
        scope: &Scope,
        object: &str,
        member: &str,
        parameter: &Parameter,
    ) -> Option<String> {
        let is_star = member.starts_with("starmap");
        Some(match parameter.name {
            "parties" => self.chance.between(1, 3).to_string(),
            "typecode_or_type" | "typecode" => {
                let codes = [(20, "i"), (5, "d"), (3, "b"), (1, "z")];
                format!("\"{}\"", self.chance.weighted(&codes)?)
            }
            "value" if is_numeric(object, member) => self.chance.below(4).to_string(),
            "value" if object.ends_with("Semaphore") || member.ends_with("Semaphore") => {
                self.chance.below(3).to_string()
            }
            "size_or_initializer" | "sequence" if member != "dict" => self.numbers(),
            "sequence" | "other" => self.dict(),
            "lock" if object == "Condition" => {
                let locks = scope.things.iter();
                let lock = locks
                    .rev()
                    .find(|one| matches!(one.object, "Lock" | "RLock"))?;
                format!("\"${}\"", lock.name)
            }
            "lock" => self.chance.percent(50).to_string(),
            "processes" => self.chance.between(1, 2).to_string(),
            "maxtasksperchild" | "chunksize" | "maxsize" | "n" => {
                self.chance.between(1, 2).to_string()
            }
            "func" => self.function_of(scope, Part::Task)?,
            "callback" | "error_callback" => self.function_of(scope, Part::Callback)?,
            "initializer" | "action" => self.function_of(scope, Part::Action)?,
            "args" => format!("[{}]", self.chance.below(3)),
            "initargs" | "kwds" | "kwargs" => return None,
            "iterable" if is_star => {
                let items = (0..self.chance.below(4)).map(|item| format!("({item},)"));
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            "iterable" => self.numbers(),
            "key" => format!("\"{}\"", self.chance.of(&["a", "b"])),
            "index" => self.chance.below(3).to_string(),
            "method" => {
                let methods = [(3, "spawn"), (3, "fork"), (2, "forkserver"), (1, "clone")];
                format!("\"{}\"", self.chance.weighted(&methods)?)
            }
            "authkey" => "b\"key\"".to_owned(),
            "shares" => "{\"d\": {\"a\": 1}, \"l\": [0]}".to_owned(),
            "name" => format!("\"{}\"", self.chance.of(&["d", "l"])),
            _ => return self.of_kind(parameter.kind),
        })
    }

    fn of_kind(&mut self, kind: Kind) -> Option<String> {
        Some(match kind {
            Kind::Bool => self.chance.percent(50).to_string(),
            Kind::Int => self.chance.below(3).to_string(),
            Kind::Text => "\"x\"".to_owned(),
            Kind::Bytes => "b\"ab\"".to_owned(),
            Kind::Timeout => {
                let limits = [(4, "Late"), (3, "Soon"), (2, "0"), (1, "None")];
                (*self.chance.weighted(&limits)?).to_owned()
            }
            Kind::Sequence => self.numbers(),
            Kind::Any => self.value(),
            _ => return None,
        })
    }

    /// A function for this part, where a function may be named.
    fn function_of(&mut self, scope: &Scope, role: Part) -> Option<String> {
        scope
            .may_call
            .then(|| format!("Fn(\"{}\")", self.helper(role)))
    }

    /// A plain value.
    pub(crate) fn value(&mut self) -> String {
        match self.chance.below(20) {
            0 => "None".to_owned(),
            1 => "true".to_owned(),
            2 => "b\"ab\"".to_owned(),
            3 => "1.5".to_owned(),
            4 => self.list(),
            5 => self.dict(),
            6 => format!("({}, \"a\")", self.chance.below(3)),
            7..=9 => format!("\"{}\"", self.chance.of(&["a", "b"])),
            _ => self.chance.below(3).to_string(),
        }
    }

    /// A list of whole numbers.
    fn numbers(&mut self) -> String {
        let count = self.chance.between(0, 3);
        let numbers = (0..count).map(|_| self.chance.below(4).to_string());
        format!("[{}]", numbers.collect::<Vec<_>>().join(", "))
    }

    pub(crate) fn list(&mut self) -> String {
        match self.chance.percent(20) {
            true => "[[0], \"a\"]".to_owned(),
            false => self.numbers(),
        }
    }

    pub(crate) fn dict(&mut self) -> String {
        let dicts = ["{}", "{\"a\": 0}", "{\"a\": 1, \"b\": [2]}"];
        (*self.chance.of(&dicts)).to_owned()
    }
}

/// In how many of a hundred calls an argument is given that need not be.
fn share(name: &str) -> u32 {
    match name {
        "timeout" => 35,
        "callback" => 50,
        "error_callback" | "action" | "lock" | "default" => 30,
        "block" | "force" | "daemon" => 20,
        "initializer" | "maxtasksperchild" => 12,
        _ => 40,
    }
}

fn is_numeric(object: &str, member: &str) -> bool {
    matches!(object, "Value" | "RawValue") || matches!((object, member), ("Manager", "Value"))
}
