//! The interner of a program: texts and byte strings by number, also of those made while it runs.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::state::Symbol;

/// What texts of the library's errors begin with, so that whatever is made of one is known by it.
pub(crate) const OWN: char = '\u{1}';

/// Texts and byte strings, each once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    texts: RefCell<IndexSet<Rc<str>, FxBuildHasher>>,
    bytes: RefCell<IndexSet<Rc<[u8]>, FxBuildHasher>>,
}

impl Names {
    pub(crate) fn intern(&self, text: &str) -> Symbol {
        let mut texts = self.texts.borrow_mut();
        match texts.get_index_of(text) {
            Some(at) => at as Symbol,
            None => texts.insert_full(text.into()).0 as Symbol,
        }
    }

    /// The text of an error that the library raises, which is everybody's own.
    pub(crate) fn intern_own(&self, text: &str) -> Symbol {
        self.intern(&format!("{OWN}{text}"))
    }

    /// Whether a text is one of the library's errors, or is made of one.
    pub(crate) fn is_own(&self, symbol: Symbol) -> bool {
        self.texts.borrow()[symbol as usize].contains(OWN)
    }

    pub(crate) fn text(&self, symbol: Symbol) -> Rc<str> {
        Rc::clone(&self.texts.borrow()[symbol as usize])
    }

    pub(crate) fn intern_bytes(&self, bytes: &[u8]) -> Symbol {
        let mut known = self.bytes.borrow_mut();
        match known.get_index_of(bytes) {
            Some(at) => at as Symbol,
            None => known.insert_full(bytes.into()).0 as Symbol,
        }
    }

    pub(crate) fn bytes(&self, symbol: Symbol) -> Rc<[u8]> {
        Rc::clone(&self.bytes.borrow()[symbol as usize])
    }
}
