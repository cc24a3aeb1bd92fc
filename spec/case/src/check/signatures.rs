//! Arguments: what is given fits what is taken.

use crate::catalogue::{self, BindError, Kind, Parameter};
use crate::diagnostic::Diagnostic;
use crate::nearest::advice;
use crate::program::{Arguments, Block, Callee, Expression, ExpressionKind, Place, Program};
use crate::value::Value;
use crate::walk;

pub(super) fn check(program: &Program, mistakes: &mut Vec<Diagnostic>) {
    for function in program.functions.values() {
        check_block(program, &function.body, mistakes);
    }
    check_block(program, &program.main, mistakes);
}

fn check_block(program: &Program, block: &Block, mistakes: &mut Vec<Diagnostic>) {
    walk::calls(block, &mut |call| {
        if let Callee::Function(name) = &call.callee
            && let Some(function) = program.functions.get(name)
        {
            let params: Vec<&str> = function.params.iter().map(String::as_str).collect();
            mistakes.extend(misfit(name, &params, &call.arguments, call.place));
        }
    });
    walk::expressions(block, &mut |expression| {
        if let ExpressionKind::New { object, arguments } = &expression.kind
            && let Some(parameters) = catalogue::object(object).and_then(|known| known.constructor)
        {
            check_arguments(object, parameters, arguments, expression.place, mistakes);
        }
    });
}

/// Adds what is wrong with the arguments of a constructor or method.
pub(super) fn check_arguments(
    callee: &str,
    parameters: &'static [Parameter],
    arguments: &Arguments,
    place: Place,
    mistakes: &mut Vec<Diagnostic>,
) {
    let named = arguments.named.iter();
    let named = named.map(|(name, value)| (name.as_str(), value)).collect();
    let error = match catalogue::bind(parameters, &arguments.positional, named) {
        Err(error) => error,
        Ok(bound) => {
            for (parameter, argument) in parameters.iter().zip(bound) {
                if let Some(argument) = argument {
                    check_kind(callee, parameter, argument, mistakes);
                }
            }
            return;
        }
    };
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
    let problem = match error {
        BindError::TooMany(most) => Misfit::TooMany(most, arguments.positional.len()),
        BindError::Unknown(name) => Misfit::Unknown(name),
        BindError::Twice(name) => Misfit::Twice(name),
        BindError::Missing(name) => Misfit::Missing(name.to_owned()),
    };
    mistakes.push(problem.diagnostic(callee, &names, place));
}

/// That an argument that is written out is of the kind that is taken.
fn check_kind(
    callee: &str,
    parameter: &Parameter,
    argument: &Expression,
    mistakes: &mut Vec<Diagnostic>,
) {
    let Some(takes) = takes_instead(parameter, &argument.kind) else {
        return;
    };
    let message = format!("`{}` of `{callee}` takes {takes}", parameter.name);
    let help = match parameter.kind {
        Kind::Timeout => {
            "no clock in a case: `Soon` may expire whenever its caller is blocked, \
             `Late` only where nothing else can move"
        }
        Kind::Function => "a function is written `Fn(\"f\")`",
        _ => "see `poolproof objects` for what each argument takes",
    };
    mistakes.push(Diagnostic::new(argument.place, message).help(help));
}

fn takes_instead(parameter: &Parameter, argument: &ExpressionKind) -> Option<&'static str> {
    let is_none = matches!(argument, ExpressionKind::Literal(Value::None));
    if is_none && parameter.default == catalogue::Default::None {
        return None;
    }
    let is_timeout = matches!(argument, ExpressionKind::Soon | ExpressionKind::Late);
    if is_timeout && !matches!(parameter.kind, Kind::Timeout | Kind::Any) {
        return Some("no timeout");
    }
    let ExpressionKind::Literal(value) = argument else {
        return None;
    };
    let (fits, takes) = match parameter.kind {
        Kind::Bool => (
            matches!(value, Value::Bool(_) | Value::Int(_)),
            "`true` or `false`",
        ),
        Kind::Int => (
            matches!(value, Value::Int(_) | Value::Bool(_)),
            "a whole number",
        ),
        Kind::Text => (matches!(value, Value::Str(_)), "a text"),
        Kind::Bytes => (matches!(value, Value::Bytes(_)), "bytes: `b\"...\"`"),
        Kind::Function => (false, "a function"),
        Kind::Timeout => (
            matches!(value, Value::None) || *value == Value::Int(0),
            "`Soon`, `Late`, 0 or None",
        ),
        Kind::Sequence => (
            matches!(
                value,
                Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Str(_) | Value::Bytes(_)
            ),
            "something to iterate over, such as a list",
        ),
        Kind::None => (matches!(value, Value::None), "nothing but None"),
        Kind::Any | Kind::Opaque | Kind::Object(_) | Kind::Pair(..) => (true, ""),
    };
    (!fits).then_some(takes)
}

/// What is wrong with the arguments of a function of the program, which has no defaults.
pub(crate) fn misfit(
    function: &str,
    params: &[&str],
    arguments: &Arguments,
    place: Place,
) -> Option<Diagnostic> {
    let problem = fit(params, arguments).err()?;
    Some(problem.diagnostic(function, params, place))
}

enum Misfit {
    TooMany(usize, usize),
    Unknown(String),
    Twice(String),
    Missing(String),
}

fn fit(params: &[&str], arguments: &Arguments) -> Result<(), Misfit> {
    let given = arguments.positional.len();
    if given > params.len() {
        return Err(Misfit::TooMany(params.len(), given));
    }
    for (name, _) in &arguments.named {
        match params.iter().position(|known| known == name) {
            None => return Err(Misfit::Unknown(name.clone())),
            Some(index) if index < given => return Err(Misfit::Twice(name.clone())),
            Some(_) => {}
        }
    }
    let is_named = |param: &str| arguments.named.iter().any(|(name, _)| name == param);
    match params[given..].iter().find(|param| !is_named(param)) {
        Some(missing) => Err(Misfit::Missing((*missing).to_owned())),
        None => Ok(()),
    }
}

impl Misfit {
    fn diagnostic(self, callee: &str, params: &[&str], place: Place) -> Diagnostic {
        let takes = if params.is_empty() {
            "call it without arguments".to_owned()
        } else {
            format!("`{callee}` takes ({})", params.join(", "))
        };
        match self {
            Misfit::TooMany(most, given) => {
                let most = match most {
                    0 => "no arguments".to_owned(),
                    1 => "at most one argument".to_owned(),
                    most => format!("at most {most} arguments"),
                };
                let message = format!("`{callee}` takes {most}, not {given}");
                Diagnostic::new(place, message).help(takes)
            }
            Misfit::Unknown(name) => {
                let message = format!("`{callee}` has no argument `{name}`");
                let help = advice(&name, params).unwrap_or(takes);
                Diagnostic::new(place, message).help(help)
            }
            Misfit::Twice(name) => {
                let message = format!("the argument `{name}` of `{callee}` is given twice");
                Diagnostic::new(place, message).help("give it by position or by name")
            }
            Misfit::Missing(name) => {
                let message = format!("`{callee}` needs the argument `{name}`");
                Diagnostic::new(place, message).help(takes)
            }
        }
    }
}
