//! What each instruction does to a process's own stack, variables and containers.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::Method;

use super::decode::{arrange, own_call};
use super::run::{forget, push};
use super::unwind::{complete, give_back};
use super::{plain, truth};
use crate::compile::Instruction;
use crate::objects::{Access, Context, Done, Fault, Operation, container, module};
use crate::state::{Cell, Val};

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
    stack.drain(stack.len() - count..).collect()
}

fn put(context: &mut Context<'_>, value: Val) {
    let process = context.process;
    context.state.frame_mut(process).stack.push(value);
}

/// Executes one local instruction; where it fails, the process still stands at it.
pub(super) fn step(context: &mut Context<'_>) -> Result<(), Fault> {
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
        Instruction::Arrange(order) => {
            let values = pop_many(context, order.len());
            for at in order {
                put(context, values[usize::from(*at)].clone());
            }
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
        other => move_value(context, other)?,
    }
    Ok(())
}

/// Instructions that move a value between the stack and a variable.
fn move_value(context: &mut Context<'_>, instruction: &Instruction) -> Result<(), Fault> {
    let process = context.process;
    match instruction {
        Instruction::Constant(value) => put(context, value.clone()),
        Instruction::Literal(value) => {
            let value = plain::from_plain(context, value);
            put(context, value);
        }
        Instruction::Load(local) => {
            let value = context.state.frame_mut(process).locals[usize::from(*local)].clone();
            if value == Val::Unset {
                let function = context.state.frame_mut(process).function;
                let code = &context.machine.code.functions[usize::from(function)];
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
        other => build(context, other)?,
    }
    Ok(())
}

fn exit(context: &mut Context<'_>) -> Result<(), Fault> {
    // A tuple is what `SystemExit` is made with: none has no code, and one is its code.
    let given = match pop(context) {
        Val::Tuple(items) if items.is_empty() => Val::None,
        Val::Tuple(items) if items.len() == 1 => items[0].clone(),
        given => given,
    };
    let code = match given {
        Val::None => 0,
        Val::Int(code) => code.rem_euclid(256) as i32,
        Val::Bool(truth) => truth.into(),
        _ => 1,
    };
    Err(Fault::Exit(code))
}

fn jump(context: &mut Context<'_>, instruction: &Instruction) {
    let condition = context.state.frame_mut(context.process).stack.last();
    let condition = condition.cloned().unwrap_or(Val::None);
    let is_true = truth::is_true(context, &condition);
    jump_if(context, instruction, is_true);
}

/// Jumps or goes on, by whether the condition on top is true.
pub(super) fn jump_if(context: &mut Context<'_>, instruction: &Instruction, is_true: bool) {
    let (target, jumps, keeps) = match *instruction {
        Instruction::JumpIfFalse(target) => (target, !is_true, false),
        Instruction::JumpIfFalseKeep(target) => (target, !is_true, true),
        Instruction::JumpIfTrueKeep(target) => (target, is_true, true),
        _ => return,
    };
    if jumps {
        context.state.frame_mut(context.process).pc = target;
    }
    if !(jumps && keeps) {
        pop(context);
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
    let mut at = match number {
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
            Cell::Dict(pairs) => {
                let Some((key, number)) = plain::key_at(pairs, at as i64) else {
                    return context.raise(ErrorKind::Runtime, plain::CHANGED_SIZE);
                };
                at = number as usize;
                key
            }
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
pub(super) fn build(context: &mut Context<'_>, instruction: &Instruction) -> Result<(), Fault> {
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
        Instruction::GetAttribute(_) | Instruction::SetAttribute(_) => {
            return context.raise(ErrorKind::Attribute, "this value has no such attribute");
        }
        Instruction::Enter => return context.raise(ErrorKind::Type, "this cannot be entered"),
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
        operation: Operation::Call(Method::Make(site.object.class)),
        symbol: 0,
        arguments,
        place: context.place,
    };
    let method = context.machine.method;
    let value = module::make(context, site.object.class, &access, method)?;
    complete(context, value)
}
