//! `show`: a case in one of its forms.

use poolproof_case::Case;
use poolproof_case::nearest::nearest;
use poolproof_runner::implementation::wrong_module;
use poolproof_runner::{Error, load};

use crate::arguments::{Form, Show};
use crate::failure::Outcome;
use crate::output;

pub(crate) fn show(arguments: &Show) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let loaded = load::select_one(&arguments.case, &clauses)??;
    let form = if arguments.json {
        Form::Json
    } else {
        arguments.form
    };
    if arguments.module.is_some() && !matches!(form, Form::Python) {
        return Err(Error::usage("`--module` is for `--as python`").into());
    }
    match form {
        Form::Ron => output::say(&loaded.text),
        Form::Json => output::say_json(&loaded.case),
        Form::Python => {
            let usual = poolproof_python::Options::default();
            let options = poolproof_python::Options {
                module: arguments.module.as_deref().unwrap_or(usual.module),
                ..usual
            };
            if let Some(problem) = wrong_module(options.module) {
                return Err(Error::usage(problem).into());
            }
            let case = chosen(&loaded.case, arguments.contender.as_deref())?;
            let text = poolproof_python::write(&case, options).map_err(|reason| {
                let id = &loaded.case.id;
                Error::usage(format!(
                    "`{id}` cannot be written as a Python program: {reason}"
                ))
            })?;
            output::say(&text);
        }
    }
    Ok(0)
}

/// The case with the contender that is asked for as its program.
fn chosen(case: &Case, contender: Option<&str>) -> Result<Case, Error> {
    let names: Vec<&str> = case
        .contenders
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let Some(wanted) = contender else {
        if names.is_empty() {
            return Ok(case.clone());
        }
        let message = format!("`{}` has several programs", case.id);
        return Err(Error::usage(format!(
            "{message}; `--contender` takes one of {}",
            names.join(", ")
        )));
    };
    let found = case.contenders.iter().find(|(name, _)| name == wanted);
    let known = names.iter().copied();
    found.map(|(_, program)| case.with(program)).ok_or_else(|| {
        let help = match nearest(wanted, known) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if names.is_empty() => "; it has one program only".to_owned(),
            None => format!("; it has {}", names.join(", ")),
        };
        Error::usage(format!("`{}` has no contender `{wanted}`{help}", case.id))
    })
}
