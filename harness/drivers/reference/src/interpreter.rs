//! Calls of a program's functions, each with its local variables, on the thread that makes the call.

use std::sync::Arc;

use poolproof_case::ErrorKind;

use crate::arguments::Arguments;
use crate::code::Routine;
use crate::data::Data;
use crate::frame::{Flow, Frame};
use crate::functions::Functions;
use crate::stop::{Result, Stop};
use crate::world::World;

/// Calls a function of the program.
pub(crate) fn call(world: &Arc<World>, name: &str, arguments: &mut Arguments<'_>) -> Result<Data> {
    let routine = world.code.function(name).ok_or_else(|| {
        Stop::error(
            ErrorKind::Type,
            format!("the program has no function `{name}`"),
        )
    })?;
    let locals = bind(name, routine, arguments)?;
    run(world, routine, locals)
}

/// Runs main's body.
pub(crate) fn run_main(world: &Arc<World>) -> Result<()> {
    let main = &world.code.main;
    run(world, main, vec![None; main.locals]).map(drop)
}

fn run(world: &Arc<World>, routine: &Routine, locals: Vec<Option<Data>>) -> Result<Data> {
    let mut frame = Frame {
        functions: Arc::clone(world) as Arc<dyn Functions>,
        globals: Arc::clone(&world.globals),
        locals,
    };
    match routine.body.run(&mut frame)? {
        Flow::Return(data) => Ok(data),
        Flow::Next => Ok(Data::NONE),
    }
}

fn bind(name: &str, routine: &Routine, arguments: &mut Arguments<'_>) -> Result<Vec<Option<Data>>> {
    let Arguments { positional, named } = arguments;
    let wrong = |text: String| Stop::error(ErrorKind::Type, format!("{name}() {text}"));
    let params = &routine.params;
    if positional.len() > params.len() {
        let (takes, given) = (params.len(), positional.len());
        return Err(wrong(format!(
            "takes {takes} arguments, {given} were given"
        )));
    }
    let mut locals = Vec::with_capacity(routine.locals);
    locals.extend(positional.drain(..));
    locals.resize(routine.locals, None);
    for (parameter, data) in named.drain(..) {
        let Some(place) = params.iter().position(|known| known == parameter) else {
            return Err(wrong(format!("has no parameter `{parameter}`")));
        };
        if locals[place].replace(data).is_some() {
            return Err(wrong(format!("got `{parameter}` twice")));
        }
    }
    match locals.iter().zip(params).find(|(local, _)| local.is_none()) {
        Some((_, missing)) => Err(wrong(format!("misses `{missing}`"))),
        None => Ok(locals),
    }
}
