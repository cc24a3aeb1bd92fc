//! The command line as a user meets it, the judge against drivers that are wrong on purpose, and
//! what must stay true of the repository.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod anywhere;
mod bad_input;
mod checking;
mod choosing;
mod clauses;
mod comparing;
mod documents;
mod fakes;
mod fuzz;
mod implementations;
mod imports;
mod leftovers;
mod memory;
mod narrow;
mod poolproof;
mod readme;
mod results;
mod settings;
mod shards;
mod snapshots;
mod starting;
