#![doc = include_str!("../docs/python.md")]
//!
#![doc = include_str!("../docs/failures.md")]

#[expect(unused_imports, reason = "the names in the documents begin with it")]
use crate as mp;
