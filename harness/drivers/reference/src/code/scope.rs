//! Where the local variables of a function are.

use poolproof_case::ErrorKind;

use crate::data::Data;
use crate::frame::Frame;
use crate::stop::{Result, Stop};

/// The names that a function has had so far, each at its place.
pub(super) struct Scope {
    names: Vec<String>,
}

impl Scope {
    pub(super) fn new(params: &[String]) -> Scope {
        Scope {
            names: params.to_vec(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The variable of this name.
    pub(super) fn local(&mut self, name: &str) -> Local {
        let known = self.names.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        Local {
            place,
            name: name.to_owned(),
        }
    }

    pub(super) fn locals(&mut self, names: &[String]) -> Vec<Local> {
        names.iter().map(|name| self.local(name)).collect()
    }
}

/// A local variable.
pub(super) struct Local {
    place: usize,
    name: String,
}

impl Local {
    pub(super) fn get<'f>(&self, frame: &'f Frame) -> Result<&'f Data> {
        frame.locals[self.place].as_ref().ok_or_else(|| {
            let text = format!("`{}` is not set", self.name);
            Stop::error(ErrorKind::Runtime, text)
        })
    }

    pub(super) fn set(&self, frame: &mut Frame, value: Data) {
        frame.locals[self.place] = Some(value);
    }

    pub(super) fn forget(&self, frame: &mut Frame) {
        frame.locals[self.place] = None;
    }
}
