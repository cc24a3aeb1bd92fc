//! The access that a process is about to make, read off its instruction and operands.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{self, Attribute, Class, Method, Parameter, QueueMethod};
use poolproof_case::program::{BinaryOperator, UnaryOperator};

use super::{Machine, iterated};
use super::{amiss, unsent};
use crate::compile::{AttributeSite, CallSite, FunctionCode, Instruction, NewSite};
use crate::objects::{Access, Body, Fault, Object, Operation};
use crate::state::part::Part;
use crate::state::{Cell, Frame, ProcessId, Signal, State, Val};

/// What a process is about to do that others may notice.
#[derive(Clone, Debug)]
pub(crate) enum Pending {
    Object(Access),
    /// Writes a line.
    Print,
    Signal(Signal),
    Settle,
    /// Reads or writes a global variable that threads share.
    Global(u16),
}

/// The access at which the process rests; nothing where its next instruction is local.
pub(crate) fn decode(
    machine: &Machine,
    state: &State,
    process: ProcessId,
) -> Result<Option<Pending>, Fault> {
    let Some(frame) = state.frame(process) else {
        return Ok(None);
    };
    let function = &machine.code.functions[usize::from(frame.function)];
    let instruction = &function.instructions[frame.pc as usize];
    let place = function.places[frame.pc as usize];
    let decoder = Decoder {
        machine,
        state,
        process,
        frame,
    };
    let access = match instruction {
        Instruction::Print(count) => {
            let extra = usize::from(matches!(frame.phase, crate::state::Phase::At(_)));
            let first = frame.stack.len() - extra - usize::from(*count);
            let values = &frame.stack[first..first + usize::from(*count)];
            match values.iter().find(|value| decoder.is_read_whole(value)) {
                Some(value) => decoder.access(value, Operation::Copy, &[]),
                None => return Ok(Some(Pending::Print)),
            }
        }
        Instruction::Signal(signal) => return Ok(Some(Pending::Signal(*signal))),
        Instruction::Settle => return Ok(Some(Pending::Settle)),
        Instruction::LoadGlobal(global) | Instruction::StoreGlobal(global)
            if decoder.shares_memory() && machine.code.sets_globals =>
        {
            return Ok(Some(Pending::Global(*global)));
        }
        Instruction::CallMethod(site) => {
            let site = &function.calls[usize::from(*site)];
            match iterated::of_call(state, process, site) {
                Some(at) => decoder.access(&frame.stack[at], Operation::Copy, &[]),
                None => decoder.call(site)?,
            }
        }
        Instruction::New(site) => {
            let site = &function.news[usize::from(*site)];
            let at = iterated::of_new(state, process, site);
            match at {
                Some(at) => decoder.access(&frame.stack[at], Operation::Copy, &[]),
                None => decoder.made_amiss(site),
            }
        }
        other => decoder.other(function, other),
    };
    Ok(access.map(|mut access| {
        access.place = place;
        Pending::Object(access)
    }))
}

impl Machine {
    /// Whether another process rests at a get from the queue that this access is made to, so that
    /// it may already have its place at the pipe.
    pub(crate) fn another_gets(&self, state: &State, process: ProcessId, access: &Access) -> bool {
        let Val::Object(queue) = access.receiver else {
            return false;
        };
        let has_place = match &state.objects[queue as usize].body {
            Body::Queue(queue) => queue.has_feeder(),
            _ => false,
        };
        let gets = |other: ProcessId| {
            let one = &state.processes[other as usize];
            if other == process || one.is_gone || one.ending.is_some() {
                return false;
            }
            match decode(self, state, other) {
                Ok(Some(Pending::Object(its))) => {
                    its.receiver == access.receiver
                        && matches!(
                            its.operation,
                            Operation::Call(Method::Queue(
                                QueueMethod::Get | QueueMethod::GetNowait
                            ))
                        )
                }
                _ => false,
            }
        };
        has_place && (0..state.processes.len() as ProcessId).any(gets)
    }
}

struct Decoder<'a> {
    machine: &'a Machine,
    state: &'a State,
    process: ProcessId,
    frame: &'a Frame,
}

impl Decoder<'_> {
    fn shares_memory(&self) -> bool {
        let space = self.state.processes[self.process as usize].space;
        self.machine.shares_memory(self.state, self.process)
            || unsent::is_any(self.machine, self.state, space)
            || unsent::has_common_items(self.state, self.process)
    }

    fn top(&self, back: usize) -> &Val {
        &self.frame.stack[self.frame.stack.len() - 1 - back]
    }

    /// Whether others may notice what is done with this value.
    fn is_shared(&self, value: &Val) -> bool {
        match value {
            Val::Object(_) => true,
            Val::Ref(at) => {
                let cells = &self.state.space(self.process).cells;
                matches!(cells[*at as usize], Cell::Connection(_)) || self.shares_memory()
            }
            _ => false,
        }
    }

    fn access(&self, receiver: &Val, operation: Operation, arguments: &[Val]) -> Option<Access> {
        self.is_shared(receiver).then(|| Access {
            receiver: receiver.clone(),
            operation,
            symbol: 0,
            arguments: arguments.to_vec(),
            place: Default::default(),
        })
    }

    /// An instruction that is an access where its operand is shared.
    fn other(&self, function: &FunctionCode, instruction: &Instruction) -> Option<Access> {
        match instruction {
            Instruction::GetAttribute(site) => {
                let site = &function.attributes[usize::from(*site)];
                self.attribute(self.top(0), Operation::Get, site, &[])
            }
            Instruction::SetAttribute(site) => {
                let site = &function.attributes[usize::from(*site)];
                self.attribute(self.top(0), Operation::Set, site, &[self.top(1).clone()])
            }
            Instruction::Enter => self.access(self.top(0), Operation::Enter, &[]),
            Instruction::Leave(at) => {
                self.access(&self.frame.stack[usize::from(*at)], Operation::Leave, &[])
            }
            Instruction::Item => self.access(self.top(1), Operation::Item, &[self.top(0).clone()]),
            Instruction::SetItem => {
                let arguments = [self.top(0).clone(), self.top(2).clone()];
                self.access(self.top(1), Operation::SetItem, &arguments)
            }
            Instruction::Slice => self.gathered(3, Operation::Slice),
            Instruction::Next(_) => {
                self.access(self.top(1), Operation::Next, &[self.top(0).clone()])
            }
            Instruction::JumpIfFalse(_)
            | Instruction::JumpIfFalseKeep(_)
            | Instruction::JumpIfTrueKeep(_)
            | Instruction::Unary(UnaryOperator::Not)
                if self.is_asked_for_truth(self.top(0)) =>
            {
                self.access(self.top(0), Operation::Copy, &[])
            }
            Instruction::Unary(UnaryOperator::Not) => match self.top(0) {
                Val::Object(_) => None,
                _ => self.gathered(1, Operation::Copy),
            },
            // A result has no length, whatever it is.
            Instruction::Unary(UnaryOperator::Len) if self.is_result(self.top(0)) => None,
            Instruction::Unary(_) => self.gathered(1, Operation::Copy),
            // A manager's list makes a list of what it holds and another, or of that many times.
            Instruction::Binary(BinaryOperator::Add | BinaryOperator::Mul)
                if is_managed_list(self.state, self.top(1)) =>
            {
                self.access(self.top(1), Operation::Copy, &[])
            }
            Instruction::Binary(BinaryOperator::Mul)
                if is_managed_list(self.state, self.top(0)) =>
            {
                self.access(self.top(0), Operation::Copy, &[])
            }
            Instruction::Unpack(_) | Instruction::Binary(BinaryOperator::In) => {
                self.gathered(1, Operation::Copy)
            }
            _ => None,
        }
    }

    /// A reading of several numbers keeps its list above its operands once it has begun.
    fn gathered(&self, operands: usize, operation: Operation) -> Option<Access> {
        let extra = usize::from(matches!(self.frame.phase, crate::state::Phase::At(_)));
        let receiver = self.top(operands - 1 + extra);
        let arguments: Vec<Val> = (extra..operands - 1 + extra)
            .rev()
            .map(|back| self.top(back).clone())
            .collect();
        if operation == Operation::Copy && !self.is_read_whole(receiver) {
            return None;
        }
        self.access(receiver, operation, &arguments)
    }

    fn is_result(&self, value: &Val) -> bool {
        matches!(value, Val::Object(id)
            if matches!(self.state.objects[*id as usize].body, Body::Job(_)))
    }

    /// Whether a value is what a manager keeps that is true or false by its length.
    fn is_asked_for_truth(&self, value: &Val) -> bool {
        let Val::Object(id) = value else {
            return false;
        };
        matches!(&self.state.objects[*id as usize].body,
            Body::Managed(managed) if managed.kind.is_sequence())
    }

    /// Whether a value is read as a whole before something is made of it.
    fn is_read_whole(&self, value: &Val) -> bool {
        is_read_whole(self.machine, self.state, self.process, value)
    }

    fn attribute(
        &self,
        holder: &Val,
        operation: fn(Option<Attribute>) -> Operation,
        site: &AttributeSite,
        arguments: &[Val],
    ) -> Option<Access> {
        let attribute = self.class(holder).and_then(|class| site.name.on(class));
        let mut access = self.access(holder, operation(attribute), arguments)?;
        access.symbol = site.symbol;
        Some(access)
    }

    /// The receiver's class; a plain value has none.
    fn class(&self, receiver: &Val) -> Option<Class> {
        class(
            &self.state.objects,
            receiver,
            &self.state.space(self.process).cells,
        )
    }

    fn call(&self, site: &CallSite) -> Result<Option<Access>, Fault> {
        // An access in progress may keep something above its operands.
        let stack = &self.frame.stack;
        let first = stack.len() - site.count();
        let receiver = &stack[first - 1];
        let is_module = matches!(receiver, Val::Module | Val::Context(_));
        if !is_module && !self.is_shared(receiver) {
            return Ok(None);
        }
        self.bound(receiver, site, &stack[first..]).map(Some)
    }

    /// The making of an object, where it is undefined what comes of it.
    fn made_amiss(&self, site: &NewSite) -> Option<Access> {
        let given = &self.frame.stack[self.frame.stack.len() - site.count()..];
        let class = site.object.class;
        if !matches!(
            class,
            Class::Barrier | Class::Semaphore | Class::BoundedSemaphore | Class::Pool
        ) {
            return None;
        }
        let parameters = site.object.constructor.unwrap_or(&[]);
        let positional = site.positional.into();
        let access = Access {
            receiver: Val::Module,
            operation: Operation::Call(Method::Make(class)),
            symbol: 0,
            arguments: arrange(parameters, positional, &site.named, given)?,
            place: Default::default(),
        };
        amiss::is_made_amiss(&access).then_some(access)
    }

    /// The access of a method call, its arguments in the catalogue's order.
    fn bound(&self, receiver: &Val, site: &CallSite, given: &[Val]) -> Result<Access, Fault> {
        let class = self.class(receiver);
        let Some(method) = class.and_then(|class| site.name.on(class)) else {
            let (class, name) = (class.map_or("?", Class::name), site.name.as_str());
            let text = format!("`{class}` has no method `{name}`");
            return Err(self.raised(ErrorKind::Attribute, &text));
        };
        let arguments = arrange(
            method.parameters(),
            site.positional.into(),
            &site.named,
            given,
        );
        let Some(arguments) = arguments else {
            let text = format!("the arguments of `{}` do not fit", method.name());
            return Err(self.raised(ErrorKind::Type, &text));
        };
        Ok(Access {
            receiver: receiver.clone(),
            operation: Operation::Call(method),
            symbol: 0,
            arguments,
            place: Default::default(),
        })
    }

    fn raised(&self, kind: ErrorKind, text: &str) -> Fault {
        Fault::Raise(kind, self.machine.code.names.intern_own(text))
    }
}

/// The access of a call on a container of the process's own.
pub(super) fn own_call(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    site: &CallSite,
) -> Result<Access, Fault> {
    let frame = state.frame(process).expect("who makes a call has a frame");
    let first = frame.stack.len() - site.count();
    let decoder = Decoder {
        machine,
        state,
        process,
        frame,
    };
    decoder.bound(&frame.stack[first - 1], site, &frame.stack[first..])
}

fn is_managed_list(state: &State, value: &Val) -> bool {
    match value {
        Val::Object(id) => state.objects[*id as usize].class() == Class::ManagedList,
        _ => false,
    }
}

/// The class of a value; a plain one has none.
pub(crate) fn class(objects: &[Part<Object>], value: &Val, cells: &[Cell]) -> Option<Class> {
    Some(match value {
        Val::Object(id) => objects[*id as usize].class(),
        Val::Module => Class::Module,
        Val::Context(_) => Class::Context,
        Val::Ref(at) => match cells.get(*at as usize)? {
            Cell::List(_) => Class::List,
            Cell::Dict(_) => Class::Dict,
            Cell::Connection(_) => Class::Connection,
        },
        _ => return None,
    })
}

/// Arguments in the order of the parameters; [`Val::Unset`] where the default holds.
pub(super) fn arrange(
    parameters: &'static [Parameter],
    positional: usize,
    named: &[String],
    given: &[Val],
) -> Option<Vec<Val>> {
    let names = named.iter().map(String::as_str);
    let places = catalogue::places(parameters, positional, names).ok()?;
    let mut arranged = vec![Val::Unset; parameters.len()];
    arranged[..positional].clone_from_slice(&given[..positional]);
    for (place, value) in places.into_iter().zip(&given[positional..]) {
        arranged[place] = value.clone();
    }
    Some(arranged)
}

/// Whether a value is shared, and read as a whole before something is made of it.
pub(super) fn is_read_whole(
    machine: &Machine,
    state: &State,
    process: ProcessId,
    value: &Val,
) -> bool {
    match value {
        Val::Object(id) => matches!(
            state.objects[*id as usize].body,
            Body::Managed(_) | Body::Shared(_) | Body::Job(_)
        ),
        Val::Ref(at) => {
            let cells = &state.space(process).cells;
            !matches!(cells[*at as usize], Cell::Connection(_))
                && machine.shares_memory(state, process)
        }
        _ => false,
    }
}
