//! `objects`: the object catalogue, for people who write cases.

use poolproof_case::catalogue::{
    self, Default, Kind, Object, Parameter, Signature, python_classes,
};
use poolproof_case::nearest::nearest;
use poolproof_runner::Error;
use serde_json::{Value, json};

use crate::arguments::Objects;
use crate::failure::Outcome;
use crate::output;

pub(crate) fn objects(arguments: &Objects) -> Outcome {
    let Some(name) = &arguments.name else {
        let all: Vec<&Object> = catalogue::objects().collect();
        if arguments.json {
            output::say_json(&all.into_iter().map(as_json).collect::<Vec<Value>>());
            return Ok(0);
        }
        let width = all
            .iter()
            .map(|object| object.name.len())
            .max()
            .unwrap_or(0);
        for object in all {
            output::say_line(&format!("{:width$}  {}", object.name, object.doc));
        }
        return Ok(0);
    };
    let Some(object) = catalogue::object(name) else {
        let near = nearest(name, catalogue::objects().map(|object| object.name));
        let help = near.map_or_else(
            || "`poolproof objects` shows them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Error::usage(format!("unknown object `{name}`; {help}")).into());
    };
    if arguments.json {
        output::say_json(&as_json(object));
    } else {
        output::say(&text(object));
    }
    Ok(0)
}

fn text(object: &Object) -> String {
    let mut text = format!("{}: {}\n", object.name, object.doc);
    if let Some(parameters) = object.constructor {
        text += &format!("  New(\"{}\"): {}\n", object.name, signature(parameters));
    }
    let mut can = Vec::new();
    if object.context {
        can.push("With");
    }
    if object.items {
        can.push("Item, Slice, SetItem, Len");
    }
    if !can.is_empty() {
        text += &format!("  works with {}\n", can.join(", "));
    }
    if !object.threads {
        text += "  does not exist under threads\n";
    }
    for attribute in object.attributes {
        let writable = if attribute.writable {
            " (may be set)"
        } else {
            ""
        };
        text += &format!("  .{}{writable}: {}\n", attribute.name, attribute.doc);
    }
    for method in object.methods {
        text += &format!(
            "  {}{}: {}",
            method.name,
            signature(method.parameters),
            method.doc
        );
        text += &format!("{}\n", raises(method));
    }
    text
}

fn raises(method: &Signature) -> String {
    let kinds: Vec<&str> = method
        .raises
        .iter()
        .map(|raise| raise.kind.name())
        .collect();
    if kinds.is_empty() {
        String::new()
    } else {
        format!(" Raises {}.", kinds.join(", "))
    }
}

fn signature(parameters: &[Parameter]) -> String {
    let parts: Vec<String> = parameters
        .iter()
        .map(|parameter| match default(parameter.default) {
            None => parameter.name.to_owned(),
            Some(default) => format!("{}={default}", parameter.name),
        })
        .collect();
    format!("({})", parts.join(", "))
}

fn default(default: Default) -> Option<String> {
    match default {
        Default::Required => None,
        Default::None => Some("None".to_owned()),
        Default::Bool(value) => Some(if value { "True" } else { "False" }.to_owned()),
        Default::Int(value) => Some(value.to_string()),
        Default::Tuple => Some("()".to_owned()),
        Default::Dict => Some("{}".to_owned()),
        Default::List => Some("[]".to_owned()),
    }
}

fn as_json(object: &Object) -> Value {
    let parameters = |parameters: &[Parameter]| -> Vec<Value> {
        parameters
            .iter()
            .map(|parameter| {
                json!({
                    "name": parameter.name,
                    "kind": kind(parameter.kind),
                    "default": default(parameter.default),
                })
            })
            .collect()
    };
    let methods: Vec<Value> = object
        .methods
        .iter()
        .map(|method| {
            let raises: Vec<Value> = method
                .raises
                .iter()
                .map(|raise| {
                    let own = raise.classes;
                    let classes = if own.is_empty() {
                        python_classes(raise.kind)
                    } else {
                        own
                    };
                    json!({ "kind": raise.kind, "python": classes })
                })
                .collect();
            json!({
                "name": method.name,
                "doc": method.doc,
                "parameters": parameters(method.parameters),
                "returns": kind(method.returns),
                "raises": raises,
                "threads": method.threads,
            })
        })
        .collect();
    let attributes: Vec<Value> = object
        .attributes
        .iter()
        .map(|attribute| {
            json!({
                "name": attribute.name,
                "doc": attribute.doc,
                "writable": attribute.writable,
                "threads": attribute.threads,
            })
        })
        .collect();
    json!({
        "object": object.name,
        "doc": object.doc,
        "constructor": object.constructor.map(parameters),
        "methods": methods,
        "attributes": attributes,
        "context": object.context,
        "items": object.items,
        "threads": object.threads,
    })
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Object(class) => class.name().to_owned(),
        Kind::Pair(one, other) => format!("({}, {})", one.name(), other.name()),
        plain => format!("{plain:?}").to_lowercase(),
    }
}
