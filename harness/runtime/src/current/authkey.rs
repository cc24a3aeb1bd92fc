//! The key that the processes of a tree share, so that they can tell each other from strangers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::auth;
use crate::error::Result;

/// How many random bytes a tree's own key has.
const LENGTH: usize = 32;

/// A key; it shows nowhere, not even in a debugging print of what holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthKey(#[serde(with = "serde_bytes")] Vec<u8>);

impl AuthKey {
    pub(super) fn new(key: &[u8]) -> AuthKey {
        AuthKey(key.to_vec())
    }

    /// A key that nobody can guess.
    pub(super) fn random() -> Result<AuthKey> {
        let mut key = vec![0; LENGTH];
        auth::fill_random(&mut key)?;
        Ok(AuthKey(key))
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        self.0.clone()
    }
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthKey(..)")
    }
}
