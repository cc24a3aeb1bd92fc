//! Binding: which argument of a call goes to which parameter.

use super::{Default, Parameter};

/// Why arguments do not fit a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindError {
    /// More by position than there are parameters; the number of parameters.
    TooMany(usize),
    /// No parameter of this name.
    Unknown(String),
    /// Given twice.
    Twice(String),
    /// Required and not given.
    Missing(&'static str),
}

/// The parameter of each argument that is given by name, after so many by position, which have the
/// first ones.
///
/// # Errors
/// When an argument fits no parameter, stands twice, or is missing.
pub fn places<'n>(
    parameters: &'static [Parameter],
    positional: usize,
    named: impl IntoIterator<Item = &'n str>,
) -> Result<Vec<usize>, BindError> {
    if positional > parameters.len() {
        return Err(BindError::TooMany(parameters.len()));
    }
    let mut places = Vec::new();
    for name in named {
        let place = parameters
            .iter()
            .position(|parameter| parameter.name == name);
        let Some(place) = place else {
            return Err(BindError::Unknown(name.to_owned()));
        };
        if place < positional || places.contains(&place) {
            return Err(BindError::Twice(name.to_owned()));
        }
        places.push(place);
    }
    for (place, parameter) in parameters.iter().enumerate().skip(positional) {
        if parameter.default == Default::Required && !places.contains(&place) {
            return Err(BindError::Missing(parameter.name));
        }
    }
    Ok(places)
}

/// Puts arguments in the order of the parameters; `None` where the default holds.
///
/// # Errors
/// When an argument fits no parameter, stands twice, or is missing.
pub fn bind<T, N: AsRef<str>>(
    parameters: &'static [Parameter],
    positional: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    named: Vec<(N, T)>,
) -> Result<Vec<Option<T>>, BindError> {
    let positional = positional.into_iter();
    let names = named.iter().map(|(name, _)| name.as_ref());
    let places = places(parameters, positional.len(), names)?;
    let mut bound: Vec<Option<T>> = Vec::with_capacity(parameters.len());
    bound.extend(positional.map(Some));
    bound.resize_with(parameters.len(), || None);
    for (place, (_, argument)) in places.into_iter().zip(named) {
        bound[place] = Some(argument);
    }
    Ok(bound)
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::*;

    #[test]
    fn arguments_go_where_their_position_or_name_says() {
        let parameters = Class::Queue.method("put").unwrap().parameters();
        let bound = |positional: &[i32], named: &[(&str, i32)]| {
            bind(parameters, positional.to_vec(), named.to_vec())
        };
        assert_eq!(
            bound(&[1], &[("timeout", 2)]),
            Ok(vec![Some(1), None, Some(2)])
        );
        assert_eq!(bound(&[], &[]), Err(BindError::Missing("obj")));
        assert_eq!(bound(&[1; 4], &[]), Err(BindError::TooMany(3)));
        let twice = Err(BindError::Twice("obj".to_owned()));
        assert_eq!(bound(&[1], &[("obj", 2)]), twice);
        let unknown = Err(BindError::Unknown("x".to_owned()));
        assert_eq!(bound(&[1], &[("x", 2)]), unknown);
    }
}
