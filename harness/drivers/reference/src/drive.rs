//! Main of a driven run.

use std::sync::Arc;

use poolproof_case::{Case, StartMethod};

use crate::functions::Transport;
use crate::stop::Stop;
use crate::world::World;
use crate::{interpreter, output};

/// Runs a case's program in this process and its children, and ends this process as the program ends.
///
/// `freeze_support` must have been called first of all.
pub fn drive(start_method: StartMethod, transport: Transport, case: Case) -> ! {
    let world = World::enter(Arc::new(case.program), start_method, transport);
    let code = match interpreter::run_main(&world) {
        Ok(()) => 0,
        Err(Stop::Exit(code)) => code,
        Err(stop) => {
            output::report("MainProcess", &stop);
            1
        }
    };
    std::process::exit(code)
}
