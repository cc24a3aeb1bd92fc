//! Values of a running program: lists and dicts have identity, and objects are the runtime's own.
//!
//! How they leave the process is `crossing`'s business; what is printed, compared or computed with is
//! a plain [`Value`].

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use poolproof_case::catalogue::Class;
use poolproof_case::{ErrorKind, Value};

use crate::stop::{Result, Stop};

/// How deep containers may nest; deeper ones hold themselves.
pub(crate) const DEPTH_MAX: usize = 200;

/// A value inside a process.
#[derive(Clone)]
pub(crate) enum Data {
    /// A value without parts that could change; never a list, tuple or dict.
    Plain(Value),
    /// A list, shared by all who refer to it.
    List(Arc<Mutex<Vec<Data>>>),
    /// A tuple.
    Tuple(Arc<Vec<Data>>),
    /// A dict in insertion order, shared by all who refer to it.
    Dict(Arc<Mutex<Vec<(Value, Data)>>>),
    /// A function of the program.
    Function(String),
    /// A timeout.
    Timeout(Timeout),
    /// An object of the runtime, shared by all who refer to it.
    Object(Arc<dyn Object>),
}

/// A timeout of the case language, which knows no seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    Soon,
    Late,
}

/// An object of the runtime as values hold it: of which class it is, and its items.
///
/// What it does when it is called is `object`'s business.
pub(crate) trait Object: Any + Send + Sync {
    /// Its class in the catalogue.
    fn class(&self) -> Class;

    /// What tells it from all others, for comparisons; never printed.
    fn identity(&self) -> String {
        format!("{} at {self:p}", self.class().name())
    }

    /// A plain copy of its items.
    fn contents(&self) -> Result<Data> {
        Err(no_items(self.class()))
    }

    /// How many items it has.
    fn length(&self) -> Result<usize> {
        Err(no_items(self.class()))
    }

    /// One of its items.
    fn item(&self, _index: &Data) -> Result<Data> {
        Err(no_items(self.class()))
    }

    /// Sets one of its items.
    fn set_item(&self, _index: &Data, _value: Data) -> Result<()> {
        Err(no_items(self.class()))
    }

    /// Some of its items, as a list, where that is not a part of a copy.
    fn slice(&self, _from: Option<i64>, _to: Option<i64>) -> Option<Result<Data>> {
        None
    }

    /// The next of what it gives one by one; nothing where it gives no such thing.
    fn next(&self, _timeout: Option<Duration>) -> Option<Result<Data>> {
        None
    }

    /// Whether it gives something one by one.
    fn is_iterator(&self) -> bool {
        false
    }
}

fn no_items(class: Class) -> Stop {
    Stop::error(ErrorKind::Type, format!("{} has no items", class.name()))
}

impl From<Value> for Data {
    /// The same contents.
    fn from(value: Value) -> Data {
        match value {
            Value::List(_) | Value::Tuple(_) | Value::Dict(_) => Data::of(&value),
            plain => Data::Plain(plain),
        }
    }
}

impl Data {
    pub(crate) const NONE: Data = Data::Plain(Value::None);

    /// An object that others may come to share.
    pub(crate) fn object(object: impl Object) -> Data {
        Data::Object(Arc::new(object))
    }

    /// The object that it is, where that is of this type.
    pub(crate) fn as_object<T: Object>(&self) -> Option<&T> {
        match self {
            Data::Object(object) => {
                let object: &dyn Any = &**object;
                object.downcast_ref()
            }
            _ => None,
        }
    }

    /// Its class in the catalogue; a plain value has none.
    pub(crate) fn class(&self) -> Option<Class> {
        match self {
            Data::Object(object) => Some(object.class()),
            Data::List(_) => Some(Class::List),
            Data::Dict(_) => Some(Class::Dict),
            Data::Plain(_) | Data::Tuple(_) | Data::Function(_) | Data::Timeout(_) => None,
        }
    }

    pub(crate) fn bool(truth: bool) -> Data {
        Data::Plain(Value::Bool(truth))
    }

    pub(crate) fn int(number: usize) -> Data {
        Data::number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    pub(crate) fn number(number: i64) -> Data {
        Data::Plain(Value::Int(number))
    }

    pub(crate) fn text(text: impl Into<String>) -> Data {
        Data::Plain(Value::Str(text.into()))
    }

    pub(crate) fn list(items: Vec<Data>) -> Data {
        Data::List(Arc::new(Mutex::new(items)))
    }

    pub(crate) fn dict(pairs: Vec<(Value, Data)>) -> Data {
        Data::Dict(Arc::new(Mutex::new(pairs)))
    }

    /// A fresh value with the contents of a plain one.
    pub(crate) fn of(value: &Value) -> Data {
        match value {
            Value::List(items) => Data::list(items.iter().map(Data::of).collect()),
            Value::Tuple(items) => Data::Tuple(Arc::new(items.iter().map(Data::of).collect())),
            Value::Dict(pairs) => Data::dict(
                pairs
                    .iter()
                    .map(|(key, value)| (key.clone(), Data::of(value)))
                    .collect(),
            ),
            plain => Data::Plain(plain.clone()),
        }
    }

    /// The plain contents.
    ///
    /// # Errors
    /// When a container holds itself, however far down.
    pub(crate) fn value(&self) -> Result<Value> {
        self.value_within(DEPTH_MAX)
    }

    fn value_within(&self, depth: usize) -> Result<Value> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Stop::error(ErrorKind::Value, "a container holds itself"));
        };
        let values = |items: &[Data]| -> Result<Vec<Value>> {
            items.iter().map(|item| item.value_within(depth)).collect()
        };
        match self {
            Data::Plain(value) => Ok(value.clone()),
            // Copied first: a list that holds itself would be locked twice.
            Data::List(items) => {
                let items = lock(items).clone();
                values(&items).map(Value::List)
            }
            Data::Tuple(items) => values(items).map(Value::Tuple),
            Data::Dict(pairs) => {
                let pairs = lock(pairs).clone();
                let plain = pairs.into_iter();
                let plain = plain.map(|(key, data)| Ok((key, data.value_within(depth)?)));
                plain.collect::<Result<_>>().map(Value::Dict)
            }
            Data::Function(name) => Ok(Value::Opaque(format!("function {name}"))),
            Data::Timeout(timeout) => Ok(Value::Opaque(format!("{timeout:?}"))),
            Data::Object(object) => Ok(Value::Opaque(object.identity())),
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Data::Plain(Value::None))
    }

    /// Python's `bool(x)`: what has items is true where it has any.
    pub(crate) fn is_true(&self) -> Result<bool> {
        Ok(match self {
            Data::Plain(value) => value.is_true(),
            Data::List(items) => !lock(items).is_empty(),
            Data::Tuple(items) => !items.is_empty(),
            Data::Dict(pairs) => !lock(pairs).is_empty(),
            Data::Object(object) if object.class().object().items => object.length()? > 0,
            Data::Function(_) | Data::Timeout(_) | Data::Object(_) => true,
        })
    }

    /// The whole number, `True` being 1.
    pub(crate) fn as_int(&self) -> Result<i64> {
        match self {
            Data::Plain(Value::Int(number)) => Ok(*number),
            Data::Plain(Value::Bool(truth)) => Ok(i64::from(*truth)),
            other => Err(Stop::error(
                ErrorKind::Type,
                format!("{} is no whole number", other.type_name()),
            )),
        }
    }

    pub(crate) fn as_text(&self) -> Result<String> {
        match self {
            Data::Plain(Value::Str(text)) => Ok(text.clone()),
            other => Err(Stop::error(
                ErrorKind::Type,
                format!("{} is no text", other.type_name()),
            )),
        }
    }

    pub(crate) fn as_function(&self) -> Result<String> {
        match self {
            Data::Function(name) => Ok(name.clone()),
            other => Err(Stop::error(
                ErrorKind::Type,
                format!("{} is no function", other.type_name()),
            )),
        }
    }

    pub(crate) fn as_bytes(&self) -> Result<Vec<u8>> {
        match self {
            Data::Plain(Value::Bytes(bytes)) => Ok(bytes.clone()),
            other => Err(Stop::error(
                ErrorKind::Type,
                format!("{} is no bytes", other.type_name()),
            )),
        }
    }

    /// The wait that a timeout means here; `None` for no limit.
    pub(crate) fn as_timeout(&self) -> Result<Option<Duration>> {
        match self {
            Data::Plain(Value::None) => Ok(None),
            Data::Timeout(Timeout::Soon) => Ok(Some(crate::plan::soon())),
            Data::Timeout(Timeout::Late) => Ok(Some(crate::plan::late())),
            Data::Plain(Value::Float(seconds)) => Ok(Some(
                Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX),
            )),
            other => {
                let seconds = u64::try_from(other.as_int()?).unwrap_or(0);
                Ok(Some(Duration::from_secs(seconds)))
            }
        }
    }

    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Data::Plain(value) => value.type_name(),
            Data::List(_) => "list",
            Data::Tuple(_) => "tuple",
            Data::Dict(_) => "dict",
            Data::Function(_) => "function",
            Data::Timeout(_) => "timeout",
            Data::Object(object) => object.class().name(),
        }
    }
}

/// The contents of a container; a panic elsewhere has not left it half changed.
pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
