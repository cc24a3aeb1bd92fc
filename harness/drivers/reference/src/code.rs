//! Programs as they run: closures, made once before a program begins.
//!
//! Names are places of a frame by then, and the text of a program is looked at no more, so that
//! what is measured is the runtime, and hardly the way to it.

mod expression;
mod scope;
mod statement;

use std::collections::HashMap;

use poolproof_case::program::{Block, Program};

pub(crate) use statement::Body;

use scope::Scope;

/// All of a program.
pub(crate) struct Code {
    functions: HashMap<String, Routine>,
    pub(crate) main: Routine,
}

/// A function, or main.
pub(crate) struct Routine {
    /// The names of its parameters, whose places come first.
    pub(crate) params: Vec<String>,
    /// How many local variables it has.
    pub(crate) locals: usize,
    pub(crate) body: Body,
}

impl Code {
    pub(crate) fn of(program: &Program) -> Code {
        let functions = program.functions.iter();
        let functions = functions.map(|(name, function)| {
            let params = function.params.clone();
            (name.clone(), routine(params, &function.body))
        });
        Code {
            functions: functions.collect(),
            main: routine(Vec::new(), &program.main),
        }
    }

    pub(crate) fn function(&self, name: &str) -> Option<&Routine> {
        self.functions.get(name)
    }
}

fn routine(params: Vec<String>, body: &Block) -> Routine {
    let mut scope = Scope::new(&params);
    let body = Body::of(body, &mut scope);
    Routine {
        params,
        locals: scope.len(),
        body,
    }
}
