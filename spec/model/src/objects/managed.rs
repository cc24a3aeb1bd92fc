//! What a manager keeps: dicts, lists, namespaces, values and arrays; each call is one access.
//!
//! Contents are copies, so that changing what was read changes nothing that is kept.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{
    Class, ManagedValueAttribute, ManagedValueMethod, NamespaceAttribute,
};

use super::container;
use super::shared::exactly;
use super::{Access, Context, Done, Fault, Id, Operation};
use crate::error::ModelError;
use crate::state::message::{self, Passage};
use crate::state::{Cell, Parcel, Val};

/// A container in the manager's process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Managed {
    pub(crate) kind: Kind,
    pub(crate) content: Parcel,
}

/// Which of the catalogue's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Dict,
    List,
    Namespace,
    Value,
    Array(u8),
}

impl Kind {
    /// Whether it is iterated over.
    pub(crate) fn is_sequence(self) -> bool {
        matches!(self, Kind::Dict | Kind::List | Kind::Array(_))
    }

    pub(super) fn class(self) -> Class {
        match self {
            Kind::Dict => Class::ManagedDict,
            Kind::List => Class::ManagedList,
            Kind::Namespace => Class::ManagedNamespace,
            Kind::Value => Class::ManagedValue,
            Kind::Array(_) => Class::ManagedArray,
        }
    }
}

/// A copy of what it holds, in the memory of the process that asks.
fn inner(id: Id<Managed>, context: &mut Context<'_>) -> Val {
    let content = context.get(id).content.clone();
    message::unpack(context.state, context.process, &content)
}

/// It holds this from now on.
fn keep(id: Id<Managed>, context: &mut Context<'_>, value: &Val) -> Result<(), Fault> {
    let content = message::pack(context, value, Passage::Send)?;
    context.get(id).content = content;
    Ok(())
}

pub(super) fn call_value(
    id: Id<Managed>,
    context: &mut Context<'_>,
    method: ManagedValueMethod,
    access: &Access,
) -> Result<Done, Fault> {
    match method {
        ManagedValueMethod::Get => Ok(Done::Value(inner(id, context))),
        ManagedValueMethod::Set => {
            keep(id, context, access.argument(0))?;
            Ok(Done::Value(Val::None))
        }
    }
}

pub(super) fn get_value(
    id: Id<Managed>,
    context: &mut Context<'_>,
    attribute: ManagedValueAttribute,
) -> Result<Val, Fault> {
    match attribute {
        ManagedValueAttribute::Value => Ok(inner(id, context)),
    }
}

pub(super) fn set_value(
    id: Id<Managed>,
    context: &mut Context<'_>,
    attribute: ManagedValueAttribute,
    value: &Val,
) -> Result<Done, Fault> {
    match attribute {
        ManagedValueAttribute::Value => keep(id, context, value)?,
    }
    Ok(Done::Value(Val::None))
}

/// Makes an access to a copy of what it holds, which it holds then if that changed.
pub(super) fn change(
    id: Id<Managed>,
    context: &mut Context<'_>,
    access: &Access,
    is_changed: bool,
) -> Result<Done, Fault> {
    let inner = inner(id, context);
    let mut access = access.clone();
    access.receiver = inner.clone();
    let result = container::perform(context, &access)?;
    if is_changed {
        keep(id, context, &inner)?;
    }
    Ok(result)
}

/// Reads or sets items.
pub(super) fn items(
    id: Id<Managed>,
    context: &mut Context<'_>,
    access: &Access,
) -> Result<Done, Fault> {
    let is_changed = access.operation == Operation::SetItem;
    match context.get(id).kind {
        Kind::Value => Ok(Done::Value(inner(id, context))),
        Kind::Namespace => context.model("a namespace has no items"),
        Kind::Array(typecode) if is_changed => {
            let number = match exactly(typecode, access.argument(1)) {
                Ok(number) => number,
                Err(kind) => return context.raise(kind, "this type of array takes no such value"),
            };
            let mut access = access.clone();
            access.arguments[1] = number;
            change(id, context, &access, true)
        }
        Kind::Dict | Kind::List | Kind::Array(_) => change(id, context, access, is_changed),
    }
}

/// The pairs of the dict that stands for a namespace: an attribute is an item of it.
fn pairs<'a>(context: &'a mut Context<'_>, dict: &Val) -> Result<&'a mut Vec<(Val, Val)>, Fault> {
    const LOST: &str = "a namespace has lost its dict";
    let (process, place) = (context.process, context.place);
    let cells = &mut context.state.space_mut(process).cells;
    let cell = match dict {
        Val::Ref(cell) => cells.get_mut(*cell as usize),
        _ => None,
    };
    match cell {
        Some(Cell::Dict(pairs)) => Ok(pairs),
        _ => Err(Fault::Model(ModelError::new(place, LOST))),
    }
}

pub(super) fn get_attribute(
    id: Id<Managed>,
    context: &mut Context<'_>,
    attribute: NamespaceAttribute,
    access: &Access,
) -> Result<Val, Fault> {
    let NamespaceAttribute::Any = attribute;
    let inner = inner(id, context);
    let key = Val::Text(access.symbol);
    let mut known = pairs(context, &inner)?.iter();
    if let Some((_, value)) = known.find(|(known, _)| *known == key) {
        return Ok(value.clone());
    }
    let name = context.machine.code.names.text(access.symbol);
    context.raise(ErrorKind::Attribute, &format!("no attribute '{name}'"))
}

pub(super) fn set_attribute(
    id: Id<Managed>,
    context: &mut Context<'_>,
    attribute: NamespaceAttribute,
    access: &Access,
) -> Result<Done, Fault> {
    let NamespaceAttribute::Any = attribute;
    let inner = inner(id, context);
    let (key, value) = (Val::Text(access.symbol), access.argument(0).clone());
    let pairs = pairs(context, &inner)?;
    match pairs.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => pairs.push((key, value)),
    }
    keep(id, context, &inner)?;
    Ok(Done::Value(Val::None))
}
