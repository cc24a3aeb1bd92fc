//! Calls: of functions of the program, and of methods, whose receiver is known only by then.

use std::sync::OnceLock;

use poolproof_case::catalogue::{self, Signature};
use poolproof_case::program::{self, CallExpression, Callee};
use smallvec::SmallVec;

use super::expression::Operand;
use super::scope::Scope;
use crate::data::Data;
use crate::interpreter::{self, Frame};
use crate::object;
use crate::stop::{Result, missing};

/// The arguments of a call, evaluated.
pub(crate) struct Arguments<'a> {
    /// By position, each of which is there; what is bound has places for those that are not given.
    pub(crate) positional: Places,
    /// By name.
    pub(crate) named: Vec<(&'a str, Data)>,
}

/// What most calls have fits without an allocation.
pub(crate) type Places = SmallVec<[Option<Data>; 2]>;

impl Arguments<'_> {
    pub(crate) fn none<'a>() -> Arguments<'a> {
        Arguments {
            positional: Places::new(),
            named: Vec::new(),
        }
    }

    /// Arguments that are given by position alone.
    pub(crate) fn of(positional: Vec<Data>) -> Arguments<'static> {
        Arguments {
            positional: positional.into_iter().map(Some).collect(),
            named: Vec::new(),
        }
    }
}

/// A call as it stands in the program.
pub(super) enum Call {
    Function(String, Given),
    Method(Operand, Site, Given),
}

impl Call {
    pub(super) fn of(call: &CallExpression, scope: &mut Scope) -> Call {
        let given = Given::of(&call.arguments, scope);
        match &call.callee {
            Callee::Function(name) => Call::Function(name.clone(), given),
            Callee::Method(receiver, method) => {
                Call::Method(Operand::of(receiver, scope), Site::new(method), given)
            }
        }
    }

    pub(super) fn make(&self, frame: &Frame) -> Result<Data> {
        let arguments = &mut Arguments::none();
        match self {
            Call::Function(name, given) => {
                given.get(frame, arguments)?;
                interpreter::call(&frame.world, name, arguments)
            }
            Call::Method(receiver, site, given) => {
                let receiver = receiver.see(frame)?;
                given.get(frame, arguments)?;
                object::call(&frame.world, &receiver, site, arguments)
            }
        }
    }
}

/// The arguments of a call as they stand in the program.
pub(super) struct Given {
    positional: Vec<Operand>,
    named: Vec<(String, Operand)>,
}

impl Given {
    pub(super) fn of(arguments: &program::Arguments, scope: &mut Scope) -> Given {
        let positional = arguments.positional.iter();
        let positional = positional.map(|argument| Operand::of(argument, scope));
        Given {
            positional: positional.collect(),
            named: (arguments.named.iter())
                .map(|(name, argument)| (name.clone(), Operand::of(argument, scope)))
                .collect(),
        }
    }

    /// Evaluates them from left to right, each into its place: they are large for what is copied at
    /// each call.
    pub(super) fn get<'g>(&'g self, frame: &Frame, into: &mut Arguments<'g>) -> Result<()> {
        for argument in &self.positional {
            into.positional.push(Some(argument.get(frame)?));
        }
        for (name, argument) in &self.named {
            into.named.push((name.as_str(), argument.get(frame)?));
        }
        Ok(())
    }
}

/// A place where a method is called, which knows the method of the first receiver that it had:
/// those after it are hardly ever of another kind.
pub(crate) struct Site {
    pub(crate) method: String,
    first: OnceLock<(&'static str, &'static Signature)>,
}

impl Site {
    pub(crate) fn new(method: &str) -> Site {
        Site {
            method: method.to_owned(),
            first: OnceLock::new(),
        }
    }

    /// The method as an object has it.
    pub(crate) fn known(&self, object: &'static str) -> Result<&'static Signature> {
        if let Some((first, method)) = self.first.get()
            && std::ptr::eq(*first, object)
        {
            return Ok(method);
        }
        let known = catalogue::object(object).and_then(|known| known.method(&self.method));
        let known = known.ok_or_else(|| missing(object, &self.method))?;
        // It fails where it has had another.
        let _ = self.first.set((object, known));
        Ok(known)
    }
}
