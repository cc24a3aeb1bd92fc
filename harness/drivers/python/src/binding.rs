//! Which argument of a call goes to which parameter of the catalogue.

use poolproof_case::Value;
use poolproof_case::catalogue::{Parameter, bind};
use poolproof_case::program::{Arguments, Expression, ExpressionKind};

use crate::error::{Result, WriteError};

fn named(arguments: &Arguments) -> Vec<(String, &Expression)> {
    arguments
        .named
        .iter()
        .map(|(name, argument)| (name.clone(), argument))
        .collect()
}

pub(crate) fn indexed<'a>(
    parameters: &'static [Parameter],
    given: &'a Arguments,
) -> Result<Vec<(usize, &'static Parameter, &'a Expression)>> {
    let bound = bind(parameters, &given.positional, named(given))
        .map_err(|error| WriteError::new(format!("arguments do not fit: {error:?}")))?;
    let pairs = parameters.iter().zip(bound).enumerate();
    Ok(pairs
        .filter_map(|(index, (parameter, argument))| Some((index, parameter, argument?)))
        .collect())
}

/// The parameters that are given, with their arguments.
pub(crate) fn bound<'a>(
    parameters: &'static [Parameter],
    given: &'a Arguments,
) -> Result<Vec<(&'static Parameter, &'a Expression)>> {
    let indexed = indexed(parameters, given)?;
    Ok(indexed
        .into_iter()
        .map(|(_, parameter, argument)| (parameter, argument))
        .collect())
}

/// The text of a literal.
pub(crate) fn text_of(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Literal(Value::Str(text)) => Some(text),
        _ => None,
    }
}
