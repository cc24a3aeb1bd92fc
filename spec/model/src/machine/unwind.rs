//! How an access, a call or an error comes to its end.

use super::decode::{Pending, decode, is_read_whole};
use super::execute::{build, jump_if};
use super::undefined::tells_an_error;
use super::{Machine, finish, iterated, plain, truth};
use crate::compile::Instruction;
use crate::objects::{Access, Context, Fault, barrier};
use crate::state::{Frame, Phase, Process, Val};
use poolproof_case::program::BinaryOperator;

/// Ends the instruction at which a process rests: takes its operands and leaves its result.
pub(super) fn complete(context: &mut Context<'_>, value: Val) -> Result<(), Fault> {
    let process = context.process;
    let machine = context.machine;
    let frame = context.state.frame_mut(process);
    frame.phase = Phase::Begin;
    if has_read_argument(context, &value) {
        return Ok(());
    }
    let frame = context.state.frame_mut(process);
    let function = &machine.code.functions[usize::from(frame.function)];
    let instruction = &function.instructions[frame.pc as usize];
    let stack = &mut frame.stack;
    let (operands, leaves) = match instruction {
        Instruction::Print(count) => {
            if read_operand(context, usize::from(*count), &value)? {
                return Ok(());
            }
            (usize::from(*count), false)
        }
        Instruction::Unary(_) | Instruction::Binary(_) | Instruction::Unpack(_) => {
            // The operand was read; the instruction goes on with what was read.
            let is_left = match instruction {
                Instruction::Binary(BinaryOperator::Add) => true,
                Instruction::Binary(BinaryOperator::Mul) => {
                    matches!(stack[stack.len() - 2], Val::Object(_))
                }
                _ => false,
            };
            let operand = stack.len() - 1 - usize::from(is_left);
            stack[operand] = value;
            frame.pc += 1;
            return build(context, instruction);
        }
        Instruction::JumpIfFalse(_)
        | Instruction::JumpIfFalseKeep(_)
        | Instruction::JumpIfTrueKeep(_) => {
            frame.pc += 1;
            let is_true = truth::is_true(context, &value);
            jump_if(context, instruction, is_true);
            return Ok(());
        }
        Instruction::Next(target) => {
            let Some(Val::Int(number)) = stack.last_mut() else {
                return context.model("a loop has lost its number");
            };
            if value == Val::Unset {
                frame.pc = *target;
                stack.truncate(stack.len() - 2);
                return Ok(());
            }
            *number += 1;
            (0, true)
        }
        Instruction::CallMethod(site) => (function.calls[usize::from(*site)].count() + 1, true),
        Instruction::New(site) => (function.news[usize::from(*site)].count(), true),
        Instruction::GetAttribute(_) => (1, true),
        Instruction::SetAttribute(_) => (2, false),
        Instruction::Item => (2, true),
        Instruction::SetItem => (3, false),
        Instruction::Slice => (3, true),
        Instruction::LoadGlobal(_) => (0, true),
        Instruction::StoreGlobal(_) | Instruction::Signal(_) => (1, false),
        _ => (0, false),
    };
    let frame = context.state.frame_mut(process);
    frame.pc += 1;
    let stack = &mut frame.stack;
    stack.truncate(stack.len() - operands);
    if leaves {
        stack.push(value);
    }
    Ok(())
}

/// Whether what has ended is the reading of an argument, which comes before its call.
fn has_read_argument(context: &mut Context<'_>, value: &Val) -> bool {
    let (machine, process) = (context.machine, context.process);
    let Some(frame) = context.state.frame(process) else {
        return false;
    };
    let function = &machine.code.functions[usize::from(frame.function)];
    let at = match function.instructions[frame.pc as usize] {
        Instruction::CallMethod(site) => {
            let site = &function.calls[usize::from(site)];
            iterated::of_call(context.state, process, site)
        }
        Instruction::New(site) => {
            let site = &function.news[usize::from(site)];
            iterated::of_new(context.state, process, site)
        }
        _ => None,
    };
    iterated::put(context, at, value)
}

/// Of the values to print, the first that is shared becomes its text; whether there was one.
fn read_operand(context: &mut Context<'_>, count: usize, value: &Val) -> Result<bool, Fault> {
    let process = context.process;
    let stack = &context.state.frame_mut(process).stack;
    let (first, operands) = (stack.len() - count, stack[stack.len() - count..].to_vec());
    let is_shared = |operand: &Val| is_read_whole(context.machine, context.state, process, operand);
    let Some(at) = operands.iter().position(is_shared) else {
        return Ok(false);
    };
    let text = plain::display(context, value)?;
    let names = &context.machine.code.names;
    let cells = &context.state.space(process).cells;
    let text = Val::Text(if tells_an_error(context.machine, cells, value) {
        names.intern_own(&text)
    } else {
        names.intern(&text)
    });
    context.state.frame_mut(process).stack[first + at] = text;
    Ok(true)
}

/// Ends a call with its result.
pub(super) fn give_back(context: &mut Context<'_>, value: Val) -> Result<(), Fault> {
    let process = context.process;
    let own = &mut context.state.processes[process as usize];
    let frame = own.frames.pop();
    let is_detached = frame.as_ref().is_some_and(|frame| frame.is_detached);
    if own.is_loading && frame.is_some_and(|frame| is_servers_load(context.machine, &frame)) {
        own.frames.truncate(1);
    }
    if own.is_loading && own.frames.len() == 1 {
        own.is_loading = false;
        return Ok(());
    }
    match own.frames.last_mut() {
        Some(_) if is_detached => Ok(()),
        Some(caller) => {
            caller.stack.push(value);
            Ok(())
        }
        None => finish::returned(context, value),
    }
}

/// Whether this is what a fork server does before it copies itself.
fn is_servers_load(machine: &Machine, frame: &Frame) -> bool {
    frame.is_detached && frame.function == machine.code.main
}

/// Looks for who catches an error or an exit.
pub(super) fn unwind(context: &mut Context<'_>, error: Val) -> Result<(), Fault> {
    let process = context.process;
    // A frame that made an ordinary call has already moved on from it.
    let mut moved = 0;
    loop {
        let own: &mut Process = &mut context.state.processes[process as usize];
        let Some(frame) = own.frames.last_mut() else {
            return finish::failed(context, &error);
        };
        let code = &context.machine.code.functions[usize::from(frame.function)];
        if let Some((handler, depth)) = code.handlers[(frame.pc - moved) as usize] {
            frame.phase = Phase::Begin;
            frame.stack.truncate(depth.into());
            frame.stack.push(error);
            frame.pc = handler;
            return Ok(());
        }
        let is_detached = frame.is_detached;
        let is_ignored = own.is_loading && is_servers_load(context.machine, frame);
        own.frames.pop();
        if is_ignored {
            return Ok(());
        }
        if own.is_loading {
            own.frames.clear();
        }
        moved = u32::from(!is_detached);
        if is_detached {
            leave_barrier(context)?;
        }
    }
}

/// A barrier whose action failed is broken for all who wait.
fn leave_barrier(context: &mut Context<'_>) -> Result<(), Fault> {
    let pending = decode(context.machine, context.state, context.process)?;
    if let Some(Pending::Object(Access {
        receiver: Val::Object(id),
        ..
    })) = pending
        && let Some(barrier) = context.state.id(id)
    {
        barrier::fail(barrier, context);
    }
    Ok(())
}
