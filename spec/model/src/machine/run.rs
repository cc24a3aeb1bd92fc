//! Local computation: everything that a process does between two accesses.

use poolproof_case::ErrorKind;

use super::decode::decode;
use super::execute::step;
use super::unwind::unwind;
use super::{Machine, finish, plain};
use crate::error::ModelError;
use crate::objects::{Context, Fault};
use crate::state::{Cell, Frame, Phase, ProcessId, State, Symbol, Val, Values};

/// The most instructions between two accesses.
const LOCAL_STEPS_MAX: u32 = 2_000_000;

/// Lets each process compute up to its next access; those that a step has left as they were rest at it.
pub(crate) fn advance_all(machine: &Machine, state: &mut State) -> Result<(), ModelError> {
    // Once a thread has gone, the memory that it shared may be one's own.
    let mut concerns_all = state.has_lost_a_process();
    let mut process = 0;
    while let Some(own) = state.processes.get(process as usize) {
        let is_as_before = !own.is_changed() && !state.spaces[own.space as usize].is_changed();
        if concerns_all || !is_as_before {
            advance(machine, state, process)?;
            concerns_all |= state.has_lost_a_process();
        }
        process += 1;
    }
    Ok(())
}

/// Lets a process compute up to its next access.
fn advance(machine: &Machine, state: &mut State, process: ProcessId) -> Result<(), ModelError> {
    let mut context = machine.context(state, process);
    for _ in 0..LOCAL_STEPS_MAX {
        let own = &context.state.processes[process as usize];
        if own.is_gone || own.ending.is_some() {
            return Ok(());
        }
        if own.frames.is_empty() {
            if !finish::continues(&mut context).map_err(|fault| explain(&context, fault))? {
                return Ok(());
            }
            continue;
        }
        let result = match decode(machine, context.state, process) {
            Ok(Some(_)) => {
                forget(machine, context.state, process);
                return Ok(());
            }
            Ok(None) => step(&mut context),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = result {
            fail(&mut context, fault)?;
        }
    }
    Err(ModelError::new(
        context.place,
        "this computes for too long between two accesses",
    ))
}

/// The model error that a fault is where no program can catch it.
pub(super) fn explain(context: &Context<'_>, fault: Fault) -> ModelError {
    match fault {
        Fault::Model(error) => error,
        Fault::Raise(kind, _) => ModelError::new(
            context.place,
            format!("an error `{kind}` where nobody can catch it"),
        ),
        Fault::Exit(_) | Fault::Stuck => ModelError::new(context.place, "stuck where nobody waits"),
    }
}

/// Unwinds for an error of the program.
pub(super) fn fail(context: &mut Context<'_>, fault: Fault) -> Result<(), ModelError> {
    let error = match fault {
        Fault::Raise(kind, text) => Val::Error(kind, text),
        Fault::Exit(code) => Val::Exit(code),
        other => return Err(explain(context, other)),
    };
    unwind(context, error).map_err(|fault| explain(context, fault))
}

/// Drops what the process does not read again; ends of pipes stay while they are in scope.
pub(super) fn forget(machine: &Machine, state: &mut State, process: ProcessId) {
    let Some(frame) = state.frame(process) else {
        return;
    };
    let live = machine.code.functions[usize::from(frame.function)].live[frame.pc as usize];
    let cells = &state.space(process).cells;
    let dead = (0..frame.locals.len().min(128)).fold(0u128, |dead, at| {
        let is_dead = live >> at & 1 == 0
            && frame.locals[at] != Val::Unset
            && !holds_end(cells, &frame.locals[at], 4);
        dead | u128::from(is_dead) << at
    });
    if dead == 0 {
        return;
    }
    let locals = state.frame_mut(process).locals.iter_mut().enumerate();
    for (_, local) in locals.take(128).filter(|(at, _)| dead >> at & 1 == 1) {
        *local = Val::Unset;
    }
}

fn holds_end(cells: &[Cell], value: &Val, depth: u32) -> bool {
    match value {
        Val::Tuple(items) => items.iter().any(|item| holds_end(cells, item, depth)),
        Val::Ref(at) => match &cells[*at as usize] {
            Cell::Connection(_) => true,
            _ if depth == 0 => true,
            Cell::List(items) => items.iter().any(|item| holds_end(cells, item, depth - 1)),
            Cell::Dict(pairs) => pairs
                .iter()
                .any(|(_, value)| holds_end(cells, value, depth - 1)),
        },
        _ => false,
    }
}

/// The globals of a process that loads the program anew.
pub(crate) fn initial_globals(context: &mut Context<'_>, process: ProcessId) -> Result<(), Fault> {
    let around = std::mem::replace(&mut context.process, process);
    let machine = context.machine;
    let globals = machine
        .code
        .globals
        .iter()
        .map(|(_, value)| plain::from_plain(context, value))
        .collect();
    context.state.space_mut(process).globals = globals;
    context.process = around;
    Ok(())
}

/// Puts arguments in the order of a function's parameters.
pub(crate) fn bind(
    context: &Context<'_>,
    function: u16,
    positional: Vec<Val>,
    named: &[(Symbol, Val)],
) -> Result<Vec<Val>, Fault> {
    let code = &context.machine.code.functions[usize::from(function)];
    let count = positional.len();
    let mut arguments = positional;
    for name in &code.locals[arguments.len().min(code.parameters.into())..code.parameters.into()] {
        let is_it =
            |(known, _): &&(Symbol, Val)| *context.machine.code.names.text(*known) == **name;
        match named.iter().find(is_it) {
            Some((_, value)) => arguments.push(value.clone()),
            None => break,
        }
    }
    // Each name is one of those that are left, and stands once.
    let is_taken = |(name, _): &(Symbol, Val)| {
        let text = context.machine.code.names.text(*name);
        let left = code.locals[..usize::from(code.parameters)]
            .iter()
            .skip(count);
        left.filter(|known| ***known == *text).count() == 1
    };
    if arguments.len() != usize::from(code.parameters) || !named.iter().all(is_taken) {
        return context.raise(ErrorKind::Type, "a function is called with other arguments");
    }
    Ok(arguments)
}

/// Begins a call with arguments that may not fit, which is an error within the call.
pub(crate) fn call(
    context: &mut Context<'_>,
    function: u16,
    positional: Vec<Val>,
    named: &[(Symbol, Val)],
    is_detached: bool,
) -> Result<(), Fault> {
    match bind(context, function, positional, named) {
        Ok(arguments) => push(context, function, arguments, is_detached),
        Err(Fault::Raise(..)) => {
            let misfit = context.machine.code.misfit;
            push(context, misfit, Vec::new(), is_detached)
        }
        Err(fault) => Err(fault),
    }
}

/// Begins a call.
pub(crate) fn push(
    context: &mut Context<'_>,
    function: u16,
    arguments: Vec<Val>,
    is_detached: bool,
) -> Result<(), Fault> {
    let code = &context.machine.code.functions[usize::from(function)];
    let mut locals = Values::from_vec(arguments);
    locals.resize(code.locals.len(), Val::Unset);
    let frames = &mut context.state.processes[context.process as usize].frames;
    if frames.len() >= 64 {
        return context.model("calls nest too deeply");
    }
    frames.push(Frame {
        function,
        pc: 0,
        locals,
        stack: Values::new(),
        phase: Phase::Begin,
        is_detached,
    });
    Ok(())
}
