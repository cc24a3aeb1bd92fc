//! Managers on TCP: what a server shares by name, and the class that both sides use for it.

use poolproof_case::Value;
use poolproof_case::catalogue::{Class, Parameter};
use poolproof_case::program::{Arguments, Expression, ExpressionKind};

use crate::binding::{bound, text_of};
use crate::error::{Result, WriteError};
use crate::need::Need;
use crate::share::{MAKERS, Maker, Share};
use crate::writer::Writer;

const MANAGERS: &str = "multiprocessing.managers";

const CLASS: &str = r#"class SharingManager(BaseManager):
    """A server that shares objects by name, or a client of one.""""#;

const START_SERVER: &str = r#"def start_server(authkey):
    """A started server on any free port of this machine."""
    server = SharingManager(address=("127.0.0.1", 0), authkey=authkey, ctx=mp)
    server.start()
    return server"#;

impl Writer<'_> {
    /// `start_server(b"key")`.
    pub(crate) fn server(&mut self, arguments: &Arguments) -> Result<String> {
        let parameters = constructor(Class::ManagerServer);
        let mut key = String::new();
        for (parameter, argument) in bound(parameters, arguments)? {
            match parameter.name {
                "authkey" => key = self.expression(argument)?,
                _ => self.add_shares(argument)?,
            }
        }
        self.needs.add(Need::Server);
        Ok(format!("start_server({key})"))
    }

    /// `SharingManager(address=address, authkey=b"key")`.
    pub(crate) fn client(&mut self, arguments: &Arguments) -> Result<String> {
        let parameters = constructor(Class::ManagerClient);
        let mut parts = Vec::new();
        for (parameter, argument) in bound(parameters, arguments)? {
            parts.push(format!("{}={}", parameter.name, self.expression(argument)?));
        }
        self.needs.add(Need::Server);
        Ok(format!("SharingManager({})", parts.join(", ")))
    }

    /// `server.get_numbers`.
    pub(crate) fn shared(&mut self, of: &str, arguments: &Arguments) -> Result<String> {
        let given = arguments
            .positional
            .iter()
            .chain(arguments.named.iter().map(|(_, one)| one));
        match given.map(text_of).next().flatten() {
            Some(name) => Ok(format!("{of}.get_{name}")),
            None => Err(WriteError::new("`shared` wants its name written out")),
        }
    }

    fn add_shares(&mut self, argument: &Expression) -> Result<()> {
        let wrong = || WriteError::new("`shares` is a dict from names to what a manager makes");
        let ExpressionKind::Literal(Value::Dict(pairs)) = &argument.kind else {
            return Err(wrong());
        };
        for (name, object) in pairs {
            let (Value::Str(name), Value::Str(object)) = (name, object) else {
                return Err(wrong());
            };
            let maker = MAKERS.iter().find(|maker| maker.name == object);
            let Some(maker) = maker else {
                return Err(WriteError::new(format!(
                    "a server cannot share a `{object}`"
                )));
            };
            let share = Share {
                name: name.clone(),
                maker,
            };
            if !self.shares.contains(&share) {
                self.shares.push(share);
            }
        }
        Ok(())
    }

    /// The shared objects, a function for each that gives it, and the manager's class.
    pub(crate) fn sharing_manager(&mut self) -> Vec<String> {
        let shares = self.shares.clone();
        let mut parts = Vec::new();
        for share in &shares {
            self.need_share(share.maker);
            let Share { name, maker } = share;
            let source = maker.source;
            parts.push(format!(
                "shared_{name} = {source}\n\n\ndef get_{name}():\n    return shared_{name}"
            ));
        }
        self.needs.add(Need::From(MANAGERS, "BaseManager"));
        parts.push(CLASS.to_owned());
        for Share { name, maker } in &shares {
            let proxy = match maker.proxy {
                "" => String::new(),
                proxy => format!(", {proxy}"),
            };
            self.line(format!(
                "SharingManager.register(\"get_{name}\", get_{name}{proxy})"
            ));
        }
        parts.push(self.taken());
        parts.push(START_SERVER.to_owned());
        parts
    }

    fn need_share(&mut self, maker: &Maker) {
        if let Some(module) = maker.module {
            self.needs.add(Need::Import(module));
        }
        match maker.source {
            "Queue()" => self.needs.add(Need::From("queue", "Queue")),
            "Namespace()" => self.needs.add(Need::From(MANAGERS, "Namespace")),
            _ => {}
        }
        if !maker.proxy.is_empty() {
            self.needs.add(Need::From(MANAGERS, maker.proxy));
        }
    }
}

fn constructor(class: Class) -> &'static [Parameter] {
    class.object().constructor.unwrap_or(&[])
}
