//! Adaptors of manifests: the module that programs import in the place of one that has not
//! multiprocessing's names.

use std::path::Path;

use serde::Deserialize;

use crate::implementation::wrong_module;

/// What a Python module's file is called, behind the module's name.
const ENDING: &str = ".py";

/// A module that is written beside a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Adaptor {
    /// The name that programs import.
    pub name: String,
    /// Its text; empty until it is read.
    pub text: String,
}

impl Adaptor {
    /// The name of its file.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}{ENDING}", self.name)
    }

    /// Reads its text from a folder.
    ///
    /// # Errors
    /// When there is no such file, or it is no text.
    pub(super) fn read(&mut self, folder: &Path) -> std::io::Result<()> {
        self.text = std::fs::read_to_string(folder.join(self.file()))?;
        Ok(())
    }
}

impl TryFrom<String> for Adaptor {
    type Error = String;

    fn try_from(file: String) -> Result<Adaptor, String> {
        let name = file.strip_suffix(ENDING).unwrap_or_default();
        if name.contains('.') || wrong_module(name).is_some() {
            return Err(format!(
                "{file:?} is no file of a module; an adaptor is one like \"my_adaptor{ENDING}\""
            ));
        }
        Ok(Adaptor {
            name: name.to_owned(),
            text: String::new(),
        })
    }
}
