//! Arguments: what is given fits what is taken.

use crate::catalogue::{self, BindError, Parameter};
use crate::diagnostic::Diagnostic;
use crate::nearest::advice;
use crate::program::{Arguments, Block, Callee, ExpressionKind, Place, Program};
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
            let required = params.len();
            if let Err(problem) = fit(&params, required, &call.arguments) {
                mistakes.push(problem.diagnostic(name, &params, call.place));
            }
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
    let positional = arguments.positional.iter().collect();
    let named = arguments.named.iter();
    let named = named.map(|(name, value)| (name.clone(), value)).collect();
    let Err(error) = catalogue::bind(parameters, positional, named) else {
        return;
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

enum Misfit {
    TooMany(usize, usize),
    Unknown(String),
    Twice(String),
    Missing(String),
}

fn fit(params: &[&str], required: usize, arguments: &Arguments) -> Result<(), Misfit> {
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
    match params[given..required.max(given)]
        .iter()
        .find(|param| !is_named(param))
    {
        Some(missing) => Err(Misfit::Missing((*missing).to_owned())),
        None => Ok(()),
    }
}

impl Misfit {
    fn diagnostic(self, callee: &str, params: &[&str], place: Place) -> Diagnostic {
        let takes = if params.is_empty() {
            format!("`{callee}` takes no arguments")
        } else {
            format!("`{callee}` takes ({})", params.join(", "))
        };
        match self {
            Misfit::TooMany(most, given) => {
                let message = format!("`{callee}` takes at most {most} arguments, not {given}");
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
