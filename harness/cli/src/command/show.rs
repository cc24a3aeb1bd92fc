//! `show`: a case in one of its forms.

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
    match form {
        Form::Ron => output::say(&loaded.text),
        Form::Json => output::say_json(&loaded.case),
        Form::Python => {
            let options = poolproof_python::Options { pauses: false };
            let text = poolproof_python::write(&loaded.case, options).map_err(|reason| {
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
