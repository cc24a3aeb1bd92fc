//! The access that a process is about to make, read off its instruction and operands.

use poolproof_case::ErrorKind;
use poolproof_case::catalogue::{self, Parameter};

use super::Machine;
use crate::compile::{CallSite, Instruction};
use crate::objects::queue::Flavour;
use crate::objects::{Access, Body, Fault, Operation};
use crate::state::{Cell, Frame, NOBODY, ProcessId, Signal, State, Val};

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
            decoder.call(site)?
        }
        other => decoder.other(other),
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
            Body::Queue(queue) => !queue.is_direct && queue.flavour != Flavour::Simple,
            _ => false,
        };
        let gets = |other: ProcessId| {
            let one = &state.processes[other as usize];
            if other == process || one.is_gone || one.ending.is_some() {
                return false;
            }
            match decode(self, state, other) {
                Ok(Some(Pending::Object(its))) => {
                    its.receiver == access.receiver && matches!(its.name, "get" | "get_nowait")
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
        self.machine.shares_memory(self.state, self.process)
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
            name: "",
            symbol: 0,
            arguments: arguments.to_vec(),
            place: Default::default(),
        })
    }

    /// An instruction that is an access where its operand is shared.
    fn other(&self, instruction: &Instruction) -> Option<Access> {
        match instruction {
            Instruction::GetAttribute(symbol) => {
                self.attribute(self.top(0), Operation::Get, *symbol, &[])
            }
            Instruction::SetAttribute(symbol) => {
                self.attribute(self.top(0), Operation::Set, *symbol, &[self.top(1).clone()])
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
            Instruction::Unary(_) => self.gathered(1, Operation::Copy),
            Instruction::Unpack(_)
            | Instruction::Binary(poolproof_case::program::BinaryOperator::In) => {
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

    /// Whether a value is read as a whole before something is made of it.
    fn is_read_whole(&self, value: &Val) -> bool {
        is_read_whole(self.machine, self.state, self.process, value)
    }

    fn attribute(
        &self,
        receiver: &Val,
        operation: Operation,
        symbol: u32,
        arguments: &[Val],
    ) -> Option<Access> {
        let mut access = self.access(receiver, operation, arguments)?;
        let text = self.machine.code.names.text(symbol);
        let object = self.object_name(receiver);
        let known = catalogue::object(object).and_then(|object| object.attribute(&text));
        access.name = known.map_or("?", |attribute| attribute.name);
        access.symbol = symbol;
        Some(access)
    }

    /// The receiver's name in the catalogue.
    fn object_name(&self, receiver: &Val) -> &'static str {
        match receiver {
            Val::Object(id) => {
                let object = &self.state.objects[*id as usize];
                object.body.name(object.manager != NOBODY)
            }
            Val::Module => "Module",
            Val::Context(_) => "Context",
            Val::Ref(at) => match self.state.space(self.process).cells[*at as usize] {
                Cell::List(_) => "list",
                Cell::Dict(_) => "dict",
                Cell::Connection(_) => "Connection",
            },
            _ => "?",
        }
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

    /// The access of a method call, its arguments in the catalogue's order.
    pub(super) fn bound(
        &self,
        receiver: &Val,
        site: &CallSite,
        given: &[Val],
    ) -> Result<Access, Fault> {
        let object = self.object_name(receiver);
        let (name, parameters): (&'static str, &'static [Parameter]) =
            match self.machine.method(object, site.name) {
                Some(method) => (method.name, method.parameters),
                None => self.constructor(object, site)?,
            };
        Ok(Access {
            receiver: receiver.clone(),
            operation: Operation::Call,
            name,
            symbol: site.name,
            arguments: arrange(parameters, site.positional.into(), &site.named, given).ok_or_else(
                || {
                    self.raised(
                        ErrorKind::Type,
                        &format!("the arguments of `{name}` do not fit"),
                    )
                },
            )?,
            place: Default::default(),
        })
    }

    /// A context has a method for each object that it makes.
    fn constructor(
        &self,
        object: &'static str,
        site: &CallSite,
    ) -> Result<(&'static str, &'static [Parameter]), Fault> {
        let text = self.machine.code.names.text(site.name);
        let is_context = matches!(object, "Module" | "Context");
        let made = catalogue::object(&text).filter(|made| is_context && made.of_context);
        match made.and_then(|made| Some((made.name, made.constructor?))) {
            Some(found) => Ok(found),
            None => {
                let text = format!("`{object}` has no method `{text}`");
                Err(self.raised(ErrorKind::Attribute, &text))
            }
        }
    }

    fn raised(&self, kind: ErrorKind, text: &str) -> Fault {
        Fault::Raise(kind, self.machine.code.names.intern(text))
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

/// Arguments in the order of the parameters; [`Val::Unset`] where the default holds.
pub(super) fn arrange(
    parameters: &[Parameter],
    positional: usize,
    named: &[String],
    given: &[Val],
) -> Option<Vec<Val>> {
    if positional > parameters.len() {
        return None;
    }
    let mut arranged = vec![Val::Unset; parameters.len()];
    arranged[..positional].clone_from_slice(&given[..positional]);
    for (name, value) in named.iter().zip(&given[positional..]) {
        let at = parameters
            .iter()
            .position(|parameter| parameter.name == name)?;
        if at < positional {
            return None;
        }
        arranged[at] = value.clone();
    }
    let is_missing = |(parameter, value): (&Parameter, &Val)| {
        parameter.default == catalogue::Default::Required && *value == Val::Unset
    };
    if parameters.iter().zip(&arranged).any(is_missing) {
        return None;
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
