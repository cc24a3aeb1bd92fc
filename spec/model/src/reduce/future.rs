//! What the rest of a function may still do, read off its code.

use poolproof_case::catalogue::{Default, Method, Parameter};

use crate::compile::liveness::successors;
use crate::compile::{Code, FunctionCode, Instruction};
use crate::state::Val;

use super::mode::{self, Modes};

/// For each function and instruction: the modes of all that may follow in it.
#[derive(Debug)]
pub(crate) struct Futures {
    by_instruction: Vec<Vec<Modes>>,
    /// All that any function but main may do.
    pub(crate) any: Modes,
    /// All that any function may do, main among them.
    pub(crate) all: Modes,
}

impl Futures {
    /// What may follow from this instruction on.
    pub(crate) fn after(&self, function: u16, pc: u32) -> Modes {
        let modes = &self.by_instruction[usize::from(function)];
        modes.get(pc as usize).copied().unwrap_or(0)
    }

    /// What a call of the function may do.
    pub(crate) fn of(&self, function: u16) -> Modes {
        self.after(function, 0)
    }
}

/// Computes the futures of a program.
pub(crate) fn futures(code: &Code, loads_main: bool) -> Futures {
    let mut futures = Futures {
        by_instruction: code
            .functions
            .iter()
            .map(|one| vec![0; one.instructions.len()])
            .collect(),
        any: 0,
        all: 0,
    };
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for at in 0..code.functions.len() {
            has_changed |= pass(code, loads_main, at, &mut futures);
        }
    }
    let main = usize::from(code.main);
    futures.any = (0..code.functions.len())
        .filter(|at| *at != main)
        .fold(0, |all, at| all | futures.of(at as u16));
    futures.all = futures.any | futures.of(code.main);
    futures
}

/// One pass over a function, from its end to its beginning; whether it found more.
fn pass(code: &Code, loads_main: bool, at: usize, futures: &mut Futures) -> bool {
    let function = &code.functions[at];
    let mut has_changed = false;
    for pc in (0..function.instructions.len()).rev() {
        let mut modes = own(function, pc);
        match function.instructions[pc] {
            Instruction::CallFunction(called, _) | Instruction::Constant(Val::Function(called)) => {
                modes |= futures.of(called)
            }
            _ => {}
        }
        if loads_main && modes & mode::START != 0 {
            modes |= futures.of(code.main);
        }
        let known = &futures.by_instruction[at];
        for next in successors(&function.instructions[pc], pc) {
            modes |= known.get(next).copied().unwrap_or(0);
        }
        if let Some((handler, _)) = function.handlers[pc] {
            modes |= known[handler as usize];
        }
        if known[pc] != modes {
            futures.by_instruction[at][pc] = modes;
            has_changed = true;
        }
    }
    has_changed
}

/// The modes of one instruction, whatever its operands.
fn own(function: &FunctionCode, pc: usize) -> Modes {
    match &function.instructions[pc] {
        Instruction::Print(_) => mode::PRINT | mode::READ_ITEM,
        Instruction::CallMethod(site) => {
            let site = &function.calls[usize::from(*site)];
            let count = site.count();
            let fitting = site.name.anywhere().filter(|method| fits(*method, count));
            let modes = fitting.fold(0, |all, method| all | mode::of_call(method, count));
            // An argument may be read first.
            let takes = modes & mode::SUBMIT != 0 || site.name.anywhere().any(is_making);
            let modes = if takes {
                modes | mode::READ_ITEM
            } else {
                modes
            };
            // What is put will be fed.
            if modes & (mode::PUT | mode::TRY_PUT) == 0 {
                modes
            } else {
                modes | mode::FEED
            }
        }
        Instruction::GetAttribute(site) => {
            let site = &function.attributes[usize::from(*site)];
            let all = site.name.anywhere();
            all.fold(0, |all, attribute| all | mode::of_get(attribute))
        }
        Instruction::SetAttribute(_) => mode::SET_ATTRIBUTE,
        Instruction::Enter => mode::ENTER,
        Instruction::Leave(_) => mode::LEAVE,
        Instruction::Item
        | Instruction::Slice
        | Instruction::Next(_)
        | Instruction::Unary(_)
        | Instruction::Binary(_)
        | Instruction::Unpack(_) => mode::READ_ITEM,
        Instruction::SetItem => mode::WRITE_ITEM,
        Instruction::LoadGlobal(_) | Instruction::StoreGlobal(_) => mode::MEMORY,
        Instruction::Signal(_) => mode::SIGNAL,
        Instruction::New(_) => mode::START | mode::READ_ITEM,
        _ => 0,
    }
}

fn is_making(method: Method) -> bool {
    matches!(method, Method::Make(_))
}

/// Whether a method takes so many arguments.
fn fits(method: Method, count: usize) -> bool {
    let parameters = method.parameters();
    let required = |one: &&Parameter| one.default == Default::Required;
    (parameters.iter().filter(required).count()..=parameters.len()).contains(&count)
}
