//! What a process of the program knows: the program, its start method and its globals.

use std::sync::Arc;

use poolproof_case::StartMethod;
use poolproof_case::program::Program;

use crate::code::Code;
use crate::frame::Globals;
use crate::functions::{self, Transport};
use crate::passing;

/// One process's view of the program.
pub(crate) struct World {
    pub(crate) program: Arc<Program>,
    /// The program as it runs.
    pub(crate) code: Code,
    pub(crate) method: StartMethod,
    /// What carries the values of its queues.
    pub(crate) transport: Transport,
    pub(crate) globals: Arc<Globals>,
}

impl World {
    /// Makes the world of this process, with the globals' first values.
    pub(crate) fn enter(
        program: Arc<Program>,
        method: StartMethod,
        transport: Transport,
    ) -> Arc<World> {
        passing::set(method == StartMethod::Threads);
        let world = Arc::new(World {
            code: Code::of(&program),
            globals: Arc::new(Globals::of(&program.globals)),
            program,
            method,
            transport,
        });
        functions::install(Arc::clone(&world) as Arc<dyn functions::Functions>);
        world
    }
}
