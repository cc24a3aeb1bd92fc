//! Arguments in the order of the catalogue's parameters, with its defaults.

use std::time::Duration;

use poolproof_case::catalogue::{self, BindError, Default, Parameter};
use poolproof_case::{ErrorKind, Value};

use crate::data::Data;
use crate::stop::{Result, Stop, missing};

/// The arguments of one call.
pub(crate) struct Bound {
    parameters: &'static [Parameter],
    arguments: Vec<Option<Data>>,
}

impl Bound {
    /// Binds arguments as written to a signature; `callee` is for messages.
    pub(crate) fn new(
        callee: &str,
        parameters: &'static [Parameter],
        positional: Vec<Data>,
        named: Vec<(String, Data)>,
    ) -> Result<Bound> {
        let bound = catalogue::bind(parameters, positional, named);
        let arguments = bound.map_err(|error| Stop::error(ErrorKind::Type, why(callee, &error)))?;
        Ok(Bound {
            parameters,
            arguments,
        })
    }

    /// Binds arguments to a method of an object, by the catalogue's names of both.
    pub(crate) fn of_method(object: &str, method: &str, positional: Vec<Data>) -> Result<Bound> {
        let known = catalogue::object(object).and_then(|known| known.method(method));
        let known = known.ok_or_else(|| missing(object, method))?;
        Bound::new(method, known.parameters, positional, Vec::new())
    }

    /// The argument of a parameter, or its default.
    pub(crate) fn take(&mut self, name: &str) -> Result<Data> {
        let index = self.index(name)?;
        let given = self.arguments[index].take();
        Ok(given.unwrap_or_else(|| default(self.parameters[index].default)))
    }

    /// The argument of a parameter, if one was given.
    pub(crate) fn given(&mut self, name: &str) -> Option<Data> {
        let index = self.index(name).ok()?;
        self.arguments[index].take()
    }

    /// The wait that `block` and `timeout` mean together, for signatures that have both.
    pub(crate) fn patience(&mut self) -> Result<Option<Duration>> {
        let block = self.given("block").is_none_or(|block| block.is_true());
        let timeout = self.timeout()?;
        Ok(if block { timeout } else { Some(Duration::ZERO) })
    }

    /// The argument `timeout`; `None` for no limit.
    pub(crate) fn timeout(&mut self) -> Result<Option<Duration>> {
        self.take("timeout")?.as_timeout()
    }

    /// A whole number that is not negative.
    pub(crate) fn size(&mut self, name: &str) -> Result<usize> {
        let number = self.take(name)?.as_int()?;
        usize::try_from(number).map_err(|_| {
            Stop::error(
                ErrorKind::Usage,
                format!("`{name}` must not be negative, but is {number}"),
            )
        })
    }

    fn index(&self, name: &str) -> Result<usize> {
        let index = self
            .parameters
            .iter()
            .position(|parameter| parameter.name == name);
        index.ok_or_else(|| Stop::error(ErrorKind::Type, format!("no parameter `{name}`")))
    }
}

fn default(default: Default) -> Data {
    match default {
        Default::Required | Default::None => Data::NONE,
        Default::Bool(truth) => Data::bool(truth),
        Default::Int(number) => Data::Plain(Value::Int(number)),
        Default::Tuple => Data::Tuple(Vec::new().into()),
        Default::Dict => Data::dict(Vec::new()),
        Default::List => Data::list(Vec::new()),
    }
}

fn why(callee: &str, error: &BindError) -> String {
    match error {
        BindError::TooMany(takes) => format!("{callee} takes at most {takes} arguments"),
        BindError::Unknown(name) => format!("{callee} has no parameter `{name}`"),
        BindError::Twice(name) => format!("{callee} got `{name}` twice"),
        BindError::Missing(name) => format!("{callee} misses `{name}`"),
    }
}
