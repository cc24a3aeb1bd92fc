//! `show`: a case in one of its forms.

use std::path::Path;

use poolproof_case::Case;
use poolproof_case::nearest::nearest;
use poolproof_runner::implementation::wrong_module;
use poolproof_runner::{Error, Manifest, load};

use super::report;
use crate::arguments::{Form, Show};
use crate::failure::{Failure, Outcome};
use crate::{named, output};

mod unittest;

pub(crate) fn show(arguments: &Show) -> Outcome {
    let clauses = poolproof_spec::clauses::ids();
    let loaded = load::select_one(&arguments.case, &clauses)??;
    let form = if arguments.json {
        Form::Json
    } else {
        arguments.form
    };
    let takes_module = matches!(form, Form::Python | Form::Adaptor | Form::Unittest);
    if arguments.module.is_some() && !takes_module {
        let message = "`--module` is for `--as python`, `--as adaptor` and `--as unittest`";
        return Err(Error::usage(message).into());
    }
    let is_of_finding = arguments.from.is_some() || arguments.driver.is_some();
    if is_of_finding && !matches!(form, Form::Issue) {
        return Err(Error::usage("`--from` and `--driver` are for `--as issue`").into());
    }
    match form {
        Form::Ron => output::say(&loaded.text),
        Form::Json => output::say_json(&loaded.case),
        Form::Python => output::say(&python(&loaded.case, arguments)?),
        Form::Adaptor => {
            let manifest = manifest(arguments)?;
            let Some(adaptor) = manifest.adaptor else {
                let message = format!("programs import `{}` as it is", manifest.module);
                return Err(Error::usage(message).into());
            };
            output::say(&adaptor.text);
        }
        Form::Unittest if !loaded.case.contenders.is_empty() => {
            let message = format!("`{}` has contenders, which are measured", loaded.case.id);
            return Err(
                Error::usage(format!("{message}; a unittest is of what is printed")).into(),
            );
        }
        Form::Unittest if manifest(arguments)?.adaptor.is_some() => {
            let message = "a unittest stands alone, and programs with this module need an adaptor";
            return Err(Error::usage(message).into());
        }
        Form::Unittest => {
            let program = python(&loaded.case, arguments)?;
            output::say(&unittest::unittest(&loaded, &program)?);
        }
        Form::Issue => output::say(&issue(&loaded.case.id, arguments)?),
    }
    Ok(0)
}

/// What is known of the module that is asked for.
fn manifest(arguments: &Show) -> Result<Manifest, Error> {
    let module = arguments.module.as_deref();
    named::known(module.unwrap_or(poolproof_python::STANDARD))
}

/// The case as a Python program.
fn python(case: &Case, arguments: &Show) -> Result<String, Error> {
    let manifest = manifest(arguments)?;
    let options = poolproof_python::Options {
        module: &manifest.module,
        adaptor: manifest.adaptor.as_ref().map(|one| one.name.as_str()),
        prints_to_file: manifest.keeps_stdout,
        ..poolproof_python::Options::default()
    };
    if let Some(problem) = wrong_module(options.module) {
        return Err(Error::usage(problem));
    }
    let case = chosen(case, arguments.contender.as_deref())?;
    poolproof_python::write(&case, options).map_err(|reason| {
        let id = &case.id;
        Error::usage(format!(
            "`{id}` cannot be written as a Python program: {reason}"
        ))
    })
}

/// What a run found of the case, to paste where the implementation's bugs are told.
fn issue(id: &str, arguments: &Show) -> Result<String, Failure> {
    let from = arguments
        .from
        .as_deref()
        .unwrap_or(Path::new(report::LATEST));
    let file = report::read(from)?;
    let source = |id: &str| {
        let mut all = poolproof_spec::clauses::all().iter();
        all.find(|one| one.id == id).map(|one| one.source.clone())
    };
    let driver = arguments.driver.as_deref();
    Ok(
        poolproof_report::issue(&file, id, driver, &source).map_err(|why| {
            let run = format!("poolproof run {id} --runs 50");
            Error::nothing(format!("{why} in {}; `{run}` looks for it", from.display()))
        })?,
    )
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
