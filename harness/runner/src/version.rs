//! Which version an implementation is, and which versions a manifest means.

/// The version of an implementation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Its own: `3.13.0` for CPython, `4.3.2` for billiard.
    pub own: String,
    /// That of the Python which it runs on; empty where it is no Python's.
    pub python: String,
}

/// What stands before a version of Python in a manifest.
const PYTHON: &str = "python ";

impl Version {
    /// The version of what is no Python's.
    #[must_use]
    pub fn of(own: &str) -> Version {
        Version {
            own: own.to_owned(),
            python: String::new(),
        }
    }

    /// Whether a manifest's text means it: the beginning of its own version (`3.8`), or with
    /// `python ` before it of that of its Python (`python 3.13`); a beginning ends at a dot.
    #[must_use]
    pub fn is_meant(&self, text: &str) -> bool {
        let (version, prefix) = match text.strip_prefix(PYTHON) {
            Some(prefix) => (&self.python, prefix),
            None => (&self.own, text),
        };
        let rest = version.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Whether one of the texts means it; without any it is any.
    #[must_use]
    pub fn is_among(&self, texts: &[String]) -> bool {
        texts.is_empty() || texts.iter().any(|text| self.is_meant(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_meant_by_its_beginning_or_by_its_pythons() {
        let version = Version {
            own: "4.3.2".to_owned(),
            python: "3.13.0".to_owned(),
        };
        let meant = ["4", "4.3", "4.3.2", "python 3", "python 3.13"];
        assert!(meant.iter().all(|text| version.is_meant(text)));
        let others = ["4.", "4.31", "3.13", "python 3.1", "python 4", "python"];
        let wrong: Vec<_> = others
            .iter()
            .filter(|text| version.is_meant(text))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(!Version::of("3.13.0").is_meant("python 3.13"));
    }
}
