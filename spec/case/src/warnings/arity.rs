//! Functions that somebody else calls, a process, a pool or a barrier, with arguments that do not fit.
//!
//! The program runs and the call fails in it, so it may be meant: who calls a function of the case
//! by its name is told by `check` that it is a mistake.

use super::Diagnostic;
use crate::catalogue::{Class, Method, PoolMethod};
use crate::check::misfit;
use crate::infer::{Types, infer};
use crate::program::{
    Arguments, Block, CallExpression, Callee, Expression, ExpressionKind, Place, Program,
};
use crate::uses::blocks;
use crate::value::Value;
use crate::walk;

/// The calls to come whose arguments do not fit, as far as both are written out.
pub(super) fn misfits(program: &Program) -> Vec<Diagnostic> {
    let types = infer(program);
    let mut found = Vec::new();
    for (name, block) in blocks(program) {
        for call in to_come(&types, name, block) {
            let Some(function) = program.functions.get(call.function) else {
                continue;
            };
            let params: Vec<&str> = function.params.iter().map(String::as_str).collect();
            if let Some(mistake) = misfit(call.function, &params, &call.arguments, call.place) {
                let message = format!("{}, so the call will fail", mistake.message);
                found.push(Diagnostic::warning(call.place, message).maybe_help(mistake.help));
            }
        }
    }
    found
}

/// A call of a function of the program that somebody else makes.
struct ToCome<'p> {
    function: &'p str,
    arguments: Arguments,
    place: Place,
}

fn to_come<'p>(types: &Types<'_>, name: &str, block: &'p Block) -> Vec<ToCome<'p>> {
    let mut found = Vec::new();
    walk::expressions(block, &mut |expression| {
        if let ExpressionKind::New { object, arguments } = &expression.kind {
            let class = Class::of(object);
            found.extend(class.and_then(|class| of_object(class, arguments)));
        }
    });
    walk::calls(block, &mut |call| {
        let Callee::Method(receiver, method) = &call.callee else {
            return;
        };
        let objects = types.of(name, receiver).objects;
        if objects.len() == 1
            && let Some(Method::Pool(method)) = objects.first().and_then(|one| one.method(method))
        {
            found.extend(of_pool(method, call));
        }
    });
    found
}

/// What an object will call: a process its target, a pool its initializer, a barrier its action.
fn of_object<'p>(class: Class, arguments: &'p Arguments) -> Option<ToCome<'p>> {
    let of = |index, name| arguments.of(index, name);
    match class {
        Class::Process => to_call(of(1, "target"), of(3, "args"), of(4, "kwargs")),
        Class::Pool => to_call(of(1, "initializer"), of(2, "initargs"), None),
        Class::Barrier => to_call(of(1, "action"), None, None),
        _ => None,
    }
}

/// What a pool will call for one of its calls: the task, and who is told of its result.
fn of_pool<'p>(method: PoolMethod, call: &'p CallExpression) -> Vec<ToCome<'p>> {
    let of = |index, name| call.arguments.of(index, name);
    let told = |at| {
        [of(at, "callback"), of(at + 1, "error_callback")]
            .into_iter()
            .filter_map(|callback| with_one(callback, call.place))
            .collect()
    };
    let mut found: Vec<ToCome<'p>> = match method {
        PoolMethod::ApplyAsync | PoolMethod::MapAsync | PoolMethod::StarmapAsync => told(3),
        _ => Vec::new(),
    };
    match method {
        PoolMethod::Apply | PoolMethod::ApplyAsync => {
            found.extend(to_call(of(0, "func"), of(1, "args"), of(2, "kwds")));
        }
        PoolMethod::Map | PoolMethod::MapAsync | PoolMethod::Imap | PoolMethod::ImapUnordered => {
            let certain = !may_be_empty(of(1, "iterable"));
            found.extend(with_one(of(0, "func").filter(|_| certain), call.place));
        }
        PoolMethod::Starmap | PoolMethod::StarmapAsync => {
            let tasks = of(1, "iterable").and_then(items).unwrap_or_default();
            let to_come = |task: &Expression| to_call(of(0, "func"), Some(task), None);
            found.extend(tasks.iter().filter_map(to_come));
        }
        PoolMethod::Close | PoolMethod::Terminate | PoolMethod::Join => {}
    }
    found
}

/// A call with the arguments in these, where all of it is written out.
fn to_call<'p>(
    function: Option<&'p Expression>,
    args: Option<&Expression>,
    kwargs: Option<&Expression>,
) -> Option<ToCome<'p>> {
    let function = function?;
    let ExpressionKind::Function(name) = &function.kind else {
        return None;
    };
    let positional = args.map_or(Some(Vec::new()), items)?;
    let named = kwargs.map_or(Some(Vec::new()), entries)?;
    Some(ToCome {
        function: name,
        arguments: Arguments { positional, named },
        place: function.place,
    })
}

/// A call with one argument, whatever it is.
fn with_one(function: Option<&Expression>, place: Place) -> Option<ToCome<'_>> {
    let one = literal(&Value::List(vec![Value::None]), place);
    to_call(function, Some(&one), None)
}

/// Whether there may be nothing to call a function for.
fn may_be_empty(iterable: Option<&Expression>) -> bool {
    iterable
        .and_then(items)
        .is_none_or(|items| items.is_empty())
}

/// The items of a list or tuple that is written out.
fn items(expression: &Expression) -> Option<Vec<Expression>> {
    match &expression.kind {
        ExpressionKind::List(items) | ExpressionKind::Tuple(items) => Some(items.clone()),
        ExpressionKind::Literal(Value::List(items) | Value::Tuple(items)) => {
            let items = items.iter();
            Some(items.map(|item| literal(item, expression.place)).collect())
        }
        _ => None,
    }
}

/// The entries of a dict of texts that is written out.
fn entries(expression: &Expression) -> Option<Vec<(String, Expression)>> {
    let named = |key: &Value, value| match key {
        Value::Str(key) => Some((key.clone(), value)),
        _ => None,
    };
    match &expression.kind {
        ExpressionKind::Dict(entries) => {
            let entries = entries.iter();
            entries
                .map(|(key, value)| named(key, value.clone()))
                .collect()
        }
        ExpressionKind::Literal(Value::Dict(entries)) => {
            let entries = entries.iter();
            let place = expression.place;
            entries
                .map(|(key, value)| named(key, literal(value, place)))
                .collect()
        }
        _ => None,
    }
}

fn literal(value: &Value, place: Place) -> Expression {
    Expression {
        kind: ExpressionKind::Literal(value.clone()),
        place,
    }
}
