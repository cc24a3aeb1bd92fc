//! Reports of a made-up run file, and run files that are bad.

mod comparing;
mod formats;
mod made_up;
mod pages;
mod reading;
mod reports;
mod systems;
