//! What tells the kinds of errors of a call apart where their classes do not.

use poolproof_case::catalogue::Class;
use poolproof_case::program::{CallExpression, Callee};

use crate::writer::Writer;

/// What tells the kinds of a call's errors apart, beside their classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    /// Nothing.
    Nothing,
    /// It may raise what a function of the program raised, which comes with a traceback of its own.
    Delivers,
    /// It is a connection's, which knows whether it is closed.
    Connection,
}

impl Writer<'_> {
    /// What tells the kinds of errors of a call apart, beside their classes.
    pub(crate) fn apart(&self, scope: &str, call: &CallExpression) -> Apart {
        let Callee::Method(receiver, _) = &call.callee else {
            return Apart::Nothing;
        };
        let classes = self.objects_in(scope, receiver);
        if self.delivers(scope, call) {
            Apart::Delivers
        } else if classes.len() == 1 && classes.contains(&Class::Connection) {
            Apart::Connection
        } else {
            Apart::Nothing
        }
    }
}
