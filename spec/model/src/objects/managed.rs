//! What a manager keeps: dicts, lists, namespaces, values and arrays; each call is one access.
//!
//! Contents are copies, so that changing what was read changes nothing that is kept.

use poolproof_case::ErrorKind;

use super::container;
use super::shared::coerce;
use super::{Access, Body, Context, Done, Fault, ObjectId, Operation};
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
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Dict => "ManagedDict",
            Kind::List => "ManagedList",
            Kind::Namespace => "ManagedNamespace",
            Kind::Value => "ManagedValue",
            Kind::Array(_) => "ManagedArray",
        }
    }
}

pub(super) fn perform(
    context: &mut Context<'_>,
    id: ObjectId,
    access: &Access,
) -> Result<Done, Fault> {
    let Body::Managed(Managed { kind, content }) = context.body(id).clone() else {
        return context.model("this is nothing of a manager's");
    };
    let inner = message::unpack(context.state, context.process, &content);
    let (result, is_changed) = match kind {
        Kind::Value => match (access.operation, access.name) {
            (Operation::Set, _) | (Operation::Call, "set") => {
                let content = message::pack(context, access.argument(0), Passage::Send)?;
                *context.body(id) = Body::Managed(Managed { kind, content });
                return Ok(Done::Value(Val::None));
            }
            _ => return Ok(Done::Value(inner)),
        },
        Kind::Namespace => attribute(context, &inner, access)?,
        Kind::Array(typecode) if access.operation == Operation::SetItem => {
            let Some(number) = coerce(typecode, access.argument(1)) else {
                return context.raise(ErrorKind::Type, "this type of array takes no such value");
            };
            let mut access = access.clone();
            access.receiver = inner.clone();
            access.arguments[1] = number;
            (container::perform(context, &access)?, true)
        }
        Kind::Dict | Kind::List | Kind::Array(_) => {
            let mut access = access.clone();
            access.receiver = inner.clone();
            let is_changed = access.operation == Operation::SetItem
                || access.operation == Operation::Call
                    && !matches!(
                        access.name,
                        "get" | "keys" | "values" | "items" | "copy" | "index" | "count"
                    );
            (container::perform(context, &access)?, is_changed)
        }
    };
    if is_changed {
        let content = message::pack(context, &inner, Passage::Send)?;
        *context.body(id) = Body::Managed(Managed { kind, content });
    }
    Ok(result)
}

/// A namespace's attribute is an item of the dict behind it.
fn attribute(
    context: &mut Context<'_>,
    inner: &Val,
    access: &Access,
) -> Result<(Done, bool), Fault> {
    let (process, key) = (context.process, Val::Text(access.symbol));
    let Val::Ref(cell) = inner else {
        return context.model("a namespace has lost its dict");
    };
    let Cell::Dict(pairs) = &mut context.state.space_mut(process).cells[*cell as usize] else {
        return context.model("a namespace has lost its dict");
    };
    let at = pairs.iter().position(|(known, _)| *known == key);
    match (access.operation, at) {
        (Operation::Get, Some(at)) => Ok((Done::Value(pairs[at].1.clone()), false)),
        (Operation::Get, None) => {
            let name = context.machine.code.names.text(access.symbol);
            context.raise(ErrorKind::Attribute, &format!("no attribute '{name}'"))
        }
        (_, at) => {
            let value = access.argument(0).clone();
            match at {
                Some(at) => pairs[at].1 = value,
                None => pairs.push((key, value)),
            }
            Ok((Done::Value(Val::None), true))
        }
    }
}
