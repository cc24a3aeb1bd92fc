//! Which objects of the catalogue an expression may hold, and which methods a call may mean.
//!
//! What can be told without running is inferred with the case language; what is not known is looked
//! up by the method's name alone.

use std::collections::BTreeSet;

use poolproof_case::catalogue::{Class, Method};
use poolproof_case::program::Expression;

use crate::writer::Writer;

/// Objects of the catalogue.
pub(crate) type Objects = BTreeSet<Class>;

impl Writer<'_> {
    /// What an expression may hold in the function that is being written.
    pub(crate) fn objects(&self, expression: &Expression) -> Objects {
        self.objects_in(&self.scope, expression)
    }

    /// What an expression may hold in a function.
    pub(crate) fn objects_in(&self, scope: &str, expression: &Expression) -> Objects {
        self.types.of(scope, expression).objects
    }

    /// The methods that a call may mean.
    pub(crate) fn methods(
        &self,
        scope: &str,
        receiver: &Expression,
        name: &str,
    ) -> Vec<(Class, Method)> {
        let means = |class: &Class| {
            let known = class.object().method(name)?;
            Some((*class, known.method))
        };
        let known = self.objects_in(scope, receiver);
        let found: Vec<_> = known.iter().filter_map(means).collect();
        if found.is_empty() {
            Class::ALL.iter().filter_map(means).collect()
        } else {
            found
        }
    }
}
