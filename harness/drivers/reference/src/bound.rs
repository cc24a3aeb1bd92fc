//! Arguments in the order of the catalogue's parameters, with its defaults.

use std::fmt::Display;
use std::time::Duration;

use poolproof_case::catalogue::{self, BindError, Default, Parameter};
use poolproof_case::{ErrorKind, Value};

use crate::arguments::{Arguments, Places};
use crate::data::Data;
use crate::stop::{Result, Stop};

/// The arguments of one call.
pub(crate) struct Bound<'a> {
    parameters: &'static [Parameter],
    /// As many as were given by position, or all.
    arguments: &'a mut Places,
}

impl<'a> Bound<'a> {
    /// Binds arguments as written to a signature; `callee` is for messages.
    pub(crate) fn new(
        callee: impl Display,
        parameters: &'static [Parameter],
        arguments: &'a mut Arguments<'_>,
    ) -> Result<Bound<'a>> {
        let Arguments { positional, named } = arguments;
        let are_enough = named.is_empty()
            && parameters
                .get(positional.len()..)
                .is_some_and(|rest| rest.iter().all(|one| one.default != Default::Required));
        if are_enough {
            return Ok(Bound {
                parameters,
                arguments: positional,
            });
        }
        let names = named.iter().map(|(name, _)| *name);
        let places = catalogue::places(parameters, positional.len(), names)
            .map_err(|error| Stop::error(ErrorKind::Type, why(&callee, &error)))?;
        positional.resize(parameters.len(), None);
        for (place, (_, data)) in places.into_iter().zip(named.drain(..)) {
            positional[place] = Some(data);
        }
        Ok(Bound {
            parameters,
            arguments: positional,
        })
    }

    /// The argument of a parameter, or its default.
    pub(crate) fn take(&mut self, name: &str) -> Result<Data> {
        let index = self.index(name)?;
        let given = self.arguments.get_mut(index).and_then(Option::take);
        Ok(given.unwrap_or_else(|| default(self.parameters[index].default)))
    }

    /// The argument of a parameter, if one was given.
    pub(crate) fn given(&mut self, name: &str) -> Option<Data> {
        let index = self.index(name).ok()?;
        self.arguments.get_mut(index)?.take()
    }

    /// The wait that `block` and `timeout` mean together, for signatures that have both.
    pub(crate) fn patience(&mut self) -> Result<Option<Duration>> {
        // The commonest call waits for as long as it takes.
        if self.arguments.is_empty() {
            return Ok(None);
        }
        let block = self.given("block").map(|block| block.is_true());
        let block = block.transpose()?.unwrap_or(true);
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

fn why(callee: &impl Display, error: &BindError) -> String {
    match error {
        BindError::TooMany(takes) => format!("{callee} takes at most {takes} arguments"),
        BindError::Unknown(name) => format!("{callee} has no parameter `{name}`"),
        BindError::Twice(name) => format!("{callee} got `{name}` twice"),
        BindError::Missing(name) => format!("{callee} misses `{name}`"),
    }
}
