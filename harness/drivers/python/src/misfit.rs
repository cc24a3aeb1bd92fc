//! Tasks that may be given other arguments than their functions take.

use poolproof_case::catalogue::{Method, PoolMethod};
use poolproof_case::program::{CallExpression, Callee, ExpressionKind};

use crate::writer::Writer;

impl Writer<'_> {
    /// Whether a task may be given other arguments than its function takes.
    pub(crate) fn may_misfit(&self, scope: &str, call: &CallExpression) -> bool {
        let Callee::Method(receiver, name) = &call.callee else {
            return false;
        };
        let methods = self.methods(scope, receiver, name);
        methods.iter().any(|(_, method)| match method {
            Method::Pool(PoolMethod::Apply) => {
                let count = match call.arguments.of(1, "args").map(|args| &args.kind) {
                    Some(ExpressionKind::List(items) | ExpressionKind::Tuple(items)) => {
                        Some(items.len())
                    }
                    Some(_) => None,
                    None => Some(0),
                };
                let has_names = call.arguments.of(2, "kwds").is_some();
                has_names || count.is_none() || self.parameters(call) != count
            }
            Method::Pool(PoolMethod::Map) => self.parameters(call) != Some(1),
            Method::Pool(PoolMethod::Starmap) => true,
            _ => false,
        })
    }

    /// How many parameters the function of a task has, where that is known.
    fn parameters(&self, call: &CallExpression) -> Option<usize> {
        match call.arguments.of(0, "func").map(|function| &function.kind) {
            Some(ExpressionKind::Function(name)) => {
                let function = self.case.program.functions.get(name)?;
                Some(function.params.len())
            }
            _ => None,
        }
    }
}
