//! Local computation: everything that a process does between two accesses.

use poolproof_case::ErrorKind;

use super::decode::{Pending, arrange, decode, is_read_whole, own_call};
use super::{Machine, finish, plain};
use crate::compile::Instruction;
use crate::error::ModelError;
use crate::objects::{Access, Body, Context, Done, Fault, Operation, barrier, container, module};
use crate::state::{Cell, Frame, Phase, ProcessId, State, Symbol, Val};

/// The most instructions between two accesses.
const LOCAL_STEPS_MAX: u32 = 2_000_000;

/// Lets each process compute up to its next access.
pub(crate) fn advance_all(machine: &Machine, state: &mut State) -> Result<(), ModelError> {
    let mut process = 0;
    while (process as usize) < state.processes.len() {
        advance(machine, state, process)?;
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
fn explain(context: &Context<'_>, fault: Fault) -> ModelError {
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
fn forget(machine: &Machine, state: &mut State, process: ProcessId) {
    let Some(frame) = state.frame(process) else {
        return;
    };
    let live = machine.code.functions[usize::from(frame.function)].live[frame.pc as usize];
    let space = state.space(process);
    let dead: Vec<usize> = (0..frame.locals.len().min(128))
        .filter(|at| live >> at & 1 == 0 && frame.locals[*at] != Val::Unset)
        .filter(|at| !holds_end(&space.cells, &frame.locals[*at], 4))
        .collect();
    let frame = state.frame_mut(process);
    for at in dead {
        frame.locals[at] = Val::Unset;
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
    let mut arguments = positional;
    for name in &code.locals[arguments.len().min(code.parameters.into())..code.parameters.into()] {
        let is_it =
            |(known, _): &&(Symbol, Val)| *context.machine.code.names.text(*known) == **name;
        match named.iter().find(is_it) {
            Some((_, value)) => arguments.push(value.clone()),
            None => break,
        }
    }
    if arguments.len() != usize::from(code.parameters) {
        return context.raise(ErrorKind::Type, "a function is called with other arguments");
    }
    Ok(arguments)
}

/// Begins a call.
pub(crate) fn push(
    context: &mut Context<'_>,
    function: u16,
    arguments: Vec<Val>,
    is_detached: bool,
) -> Result<(), Fault> {
    let code = &context.machine.code.functions[usize::from(function)];
    let mut locals = arguments;
    locals.resize(code.locals.len(), Val::Unset);
    let frames = &mut context.state.processes[context.process as usize].frames;
    if frames.len() >= 64 {
        return context.model("calls nest too deeply");
    }
    frames.push(Frame {
        function,
        pc: 0,
        locals,
        stack: Vec::new(),
        phase: Phase::Begin,
        is_detached,
    });
    Ok(())
}

fn pop(context: &mut Context<'_>) -> Val {
    let process = context.process;
    context
        .state
        .frame_mut(process)
        .stack
        .pop()
        .expect("an instruction has its operands")
}

fn pop_many(context: &mut Context<'_>, count: usize) -> Vec<Val> {
    let process = context.process;
    let stack = &mut context.state.frame_mut(process).stack;
    stack.split_off(stack.len() - count)
}

fn put(context: &mut Context<'_>, value: Val) {
    let process = context.process;
    context.state.frame_mut(process).stack.push(value);
}

/// Executes one local instruction; where it fails, the process still stands at it.
fn step(context: &mut Context<'_>) -> Result<(), Fault> {
    let process = context.process;
    let pc = context.state.frame_mut(process).pc;
    let result = execute(context, pc as usize);
    if result.is_err() {
        context.state.frame_mut(process).pc = pc;
    }
    result
}

fn execute(context: &mut Context<'_>, pc: usize) -> Result<(), Fault> {
    let process = context.process;
    let machine = context.machine;
    let frame = context.state.frame_mut(process);
    let code = &machine.code.functions[usize::from(frame.function)];
    context.place = code.places[pc];
    let instruction = &code.instructions[pc];
    frame.pc += 1;
    match instruction {
        Instruction::Constant(value) => put(context, value.clone()),
        Instruction::Literal(value) => {
            let value = plain::from_plain(context, value);
            put(context, value);
        }
        Instruction::Load(local) => {
            let value = context.state.frame_mut(process).locals[usize::from(*local)].clone();
            if value == Val::Unset {
                let name = &code.locals[usize::from(*local)];
                return context.model(format!("`{name}` has no value here"));
            }
            put(context, value);
        }
        Instruction::Store(local) => {
            let value = pop(context);
            context.state.frame_mut(process).locals[usize::from(*local)] = value;
        }
        Instruction::Delete(local) => {
            context.state.frame_mut(process).locals[usize::from(*local)] = Val::Unset;
        }
        Instruction::LoadGlobal(global) => {
            let value = context.state.space(process).globals[usize::from(*global)].clone();
            put(context, value);
        }
        Instruction::StoreGlobal(global) => {
            let value = pop(context);
            context.state.space_mut(process).globals[usize::from(*global)] = value;
        }
        Instruction::Pop => {
            pop(context);
        }
        Instruction::Peek(at) => {
            let value = context.state.frame_mut(process).stack[usize::from(*at)].clone();
            put(context, value);
        }
        Instruction::Jump(target) => context.state.frame_mut(process).pc = *target,
        Instruction::JumpIfFalse(_)
        | Instruction::JumpIfFalseKeep(_)
        | Instruction::JumpIfTrueKeep(_) => jump(context, instruction),
        Instruction::Iterate => iterate(context)?,
        Instruction::Next(target) => next(context, *target)?,
        Instruction::CallFunction(function, count) => {
            let arguments = pop_many(context, usize::from(*count));
            forget(machine, context.state, process);
            push(context, *function, arguments, false)?;
        }
        Instruction::Raise => {
            let error = pop(context);
            return match error {
                Val::Error(kind, text) => Err(Fault::Raise(kind, text)),
                Val::Exit(code) => Err(Fault::Exit(code)),
                _ => context.raise(ErrorKind::Type, "only errors can be raised"),
            };
        }
        Instruction::Exit => exit(context)?,
        Instruction::Return => {
            let value = pop(context);
            give_back(context, value)?;
        }
        Instruction::Match(kind, otherwise) => {
            let frame = context.state.frame_mut(process);
            let fits = match (frame.stack.last(), kind) {
                (Some(Val::Error(known, _)), Some(kind)) => known == kind,
                (Some(Val::Error(..)), None) => true,
                _ => false,
            };
            if !fits {
                frame.pc = *otherwise;
            }
        }
        other => build(context, other)?,
    }
    Ok(())
}

fn exit(context: &mut Context<'_>) -> Result<(), Fault> {
    let code = match pop(context) {
        Val::None => 0,
        Val::Int(code) => code.rem_euclid(256) as i32,
        Val::Bool(truth) => truth.into(),
        _ => 1,
    };
    Err(Fault::Exit(code))
}

fn jump(context: &mut Context<'_>, instruction: &Instruction) {
    let process = context.process;
    let condition = pop(context);
    let is_true = plain::is_true(context, &condition);
    let (target, jumps, keeps) = match *instruction {
        Instruction::JumpIfFalse(target) => (target, !is_true, false),
        Instruction::JumpIfFalseKeep(target) => (target, !is_true, true),
        Instruction::JumpIfTrueKeep(target) => (target, is_true, true),
        _ => return,
    };
    if jumps {
        context.state.frame_mut(process).pc = target;
        if keeps {
            put(context, condition);
        }
    }
}

fn iterate(context: &mut Context<'_>) -> Result<(), Fault> {
    let sequence = pop(context);
    let sequence = match sequence {
        Val::Tuple(_) | Val::Range(..) | Val::Object(_) => sequence,
        Val::Ref(at)
            if !matches!(
                context.state.space(context.process).cells[at as usize],
                Cell::Connection(_)
            ) =>
        {
            sequence
        }
        other => Val::Tuple(plain::iterate(context, &other)?.into()),
    };
    put(context, sequence);
    put(context, Val::Int(0));
    Ok(())
}

/// The next of a loop over a sequence of the process's own.
fn next(context: &mut Context<'_>, target: u32) -> Result<(), Fault> {
    let process = context.process;
    let number = pop(context);
    let sequence = pop(context);
    let at = match number {
        Val::Int(at) => at as usize,
        _ => 0,
    };
    let item = match &sequence {
        Val::Range(start, stop) if start < stop => {
            let item = Val::Int(*start);
            put(context, Val::Range(start + 1, *stop));
            put(context, number);
            put(context, item);
            return Ok(());
        }
        Val::Range(..) => None,
        Val::Tuple(items) => items.get(at).cloned(),
        Val::Ref(cell) => match &context.state.space(process).cells[*cell as usize] {
            Cell::List(items) => items.get(at).cloned(),
            Cell::Dict(pairs) => pairs.get(at).map(|(key, _)| key.clone()),
            Cell::Connection(_) => None,
        },
        _ => None,
    };
    match item {
        Some(item) => {
            put(context, sequence);
            put(context, Val::Int(at as i64 + 1));
            put(context, item);
        }
        None => context.state.frame_mut(process).pc = target,
    }
    Ok(())
}

/// Instructions that make one value of others.
fn build(context: &mut Context<'_>, instruction: &Instruction) -> Result<(), Fault> {
    let process = context.process;
    let value = match instruction {
        Instruction::List(count) => {
            let items = pop_many(context, usize::from(*count));
            context.state.allocate(process, Cell::List(items))
        }
        Instruction::Tuple(count) => {
            let items = pop_many(context, usize::from(*count));
            plain::check_tuple(context, &items)?;
            Val::Tuple(items.into())
        }
        Instruction::Dict(keys) => {
            let values = pop_many(context, keys.len());
            let dict = context.state.allocate(process, Cell::Dict(Vec::new()));
            if let Val::Ref(at) = dict {
                for (key, value) in keys.iter().zip(values) {
                    let key = plain::from_plain(context, key);
                    container::set(context, at as usize, key, value)?;
                }
            }
            dict
        }
        Instruction::Range => match (pop(context), pop(context)) {
            (Val::Int(stop), Val::Int(start)) => Val::Range(start, stop.max(start)),
            _ => return context.raise(ErrorKind::Type, "a range has whole numbers"),
        },
        Instruction::Unpack(count) => return unpack(context, usize::from(*count)),
        Instruction::Binary(operator) => {
            let (right, left) = (pop(context), pop(context));
            plain::binary(context, *operator, &left, &right)?
        }
        Instruction::Unary(operator) => {
            let operand = pop(context);
            plain::unary(context, *operator, &operand)?
        }
        Instruction::Error(kind) => match pop(context) {
            Val::Text(text) => Val::Error(*kind, text),
            other => {
                let text = plain::display(context, &other)?;
                Val::Error(*kind, context.machine.code.names.intern(&text))
            }
        },
        other => return own(context, other),
    };
    put(context, value);
    Ok(())
}

fn unpack(context: &mut Context<'_>, count: usize) -> Result<(), Fault> {
    let sequence = pop(context);
    let items = plain::iterate(context, &sequence)?;
    if items.len() != count {
        return context.raise(ErrorKind::Value, "another number of values to unpack");
    }
    for item in items.into_iter().rev() {
        put(context, item);
    }
    Ok(())
}

/// Accesses to containers that are the process's own, and the construction of objects.
fn own(context: &mut Context<'_>, instruction: &Instruction) -> Result<(), Fault> {
    let process = context.process;
    let frame = context.state.frame_mut(process);
    frame.pc -= 1;
    let function = &context.machine.code.functions[usize::from(frame.function)];
    let place = context.place;
    let of = |receiver, operation, arguments| Access {
        receiver,
        operation,
        name: "",
        symbol: 0,
        arguments,
        place,
    };
    let stack = &context.state.frame_mut(process).stack;
    let top = |back: usize| stack[stack.len() - 1 - back].clone();
    let access = match instruction {
        Instruction::New(site) => {
            let site = &function.news[usize::from(*site)];
            let given = stack[stack.len() - site.count()..].to_vec();
            return construct(context, site, &given);
        }
        Instruction::CallMethod(site) => {
            let site = &function.calls[usize::from(*site)];
            own_call(context.machine, context.state, process, site)?
        }
        Instruction::Item => of(top(1), Operation::Item, vec![top(0)]),
        Instruction::SetItem => of(top(1), Operation::SetItem, vec![top(0), top(2)]),
        Instruction::Slice => of(top(2), Operation::Slice, vec![top(1), top(0)]),
        other => return context.model(format!("the machine cannot do {other:?} with this value")),
    };
    let value = match (&access.receiver, access.operation) {
        (Val::Ref(_), _) => match container::perform(context, &access)? {
            Done::Value(value) => value,
            Done::Stay => Val::None,
        },
        (receiver, Operation::Item) => {
            let (receiver, index) = (receiver.clone(), access.arguments[0].clone());
            plain::item(context, &receiver, &index)?
        }
        (receiver, Operation::Slice) => {
            let receiver = receiver.clone();
            plain::slice(context, &receiver, &access)?
        }
        _ => return context.raise(ErrorKind::Type, "this value has no such operation"),
    };
    complete(context, value)
}

fn construct(
    context: &mut Context<'_>,
    site: &crate::compile::NewSite,
    given: &[Val],
) -> Result<(), Fault> {
    let parameters = site.object.constructor.unwrap_or(&[]);
    let Some(arguments) = arrange(parameters, site.positional.into(), &site.named, given) else {
        return context.model(format!(
            "the arguments of `{}` do not fit",
            site.object.name
        ));
    };
    let access = Access {
        receiver: Val::Module,
        operation: Operation::Call,
        name: site.object.name,
        symbol: 0,
        arguments,
        place: context.place,
    };
    let method = context.machine.method;
    let value = module::make(context, site.object, &access, method)?;
    complete(context, value)
}

/// Ends the instruction at which a process rests: takes its operands and leaves its result.
pub(super) fn complete(context: &mut Context<'_>, value: Val) -> Result<(), Fault> {
    let process = context.process;
    let machine = context.machine;
    let frame = context.state.frame_mut(process);
    frame.phase = Phase::Begin;
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
            let top = stack.len() - 1;
            stack[top] = value;
            frame.pc += 1;
            return build(context, instruction);
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
    let text = Val::Text(context.machine.code.names.intern(&text));
    context.state.frame_mut(process).stack[first + at] = text;
    Ok(true)
}

/// Ends a call with its result.
fn give_back(context: &mut Context<'_>, value: Val) -> Result<(), Fault> {
    let process = context.process;
    let own = &mut context.state.processes[process as usize];
    let is_detached = own.frames.pop().is_some_and(|frame| frame.is_detached);
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

/// Looks for who catches an error or an exit.
pub(super) fn unwind(context: &mut Context<'_>, error: Val) -> Result<(), Fault> {
    let process = context.process;
    // A frame that made an ordinary call has already moved on from it.
    let mut moved = 0;
    loop {
        let own = &mut context.state.processes[process as usize];
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
        own.frames.pop();
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
        && matches!(context.body(id), Body::Barrier(_))
    {
        barrier::break_up(context, id);
    }
    Ok(())
}
