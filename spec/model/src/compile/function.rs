//! One function: its instructions, where errors go, and which variables still matter where.

use std::collections::BTreeMap;

use poolproof_case::Program;
use poolproof_case::program::{Block, Expression, ExpressionKind, Place, Statement, StatementKind};

use super::instruction::{AttributeSite, CallSite, Instruction, NewSite};
use super::{Names, liveness};
use crate::error::ModelError;
use crate::state::Val;

/// A compiled function.
#[derive(Debug, Default)]
pub(crate) struct FunctionCode {
    pub(crate) parameters: u16,
    pub(crate) locals: Vec<String>,
    pub(crate) instructions: Vec<Instruction>,
    /// Where each instruction stands in the file.
    pub(crate) places: Vec<Place>,
    /// What an access is made to, as the program names it, by the number of its instruction.
    pub(crate) subjects: BTreeMap<usize, String>,
    /// Where an error at each instruction goes, and how much of the stack stays.
    pub(crate) handlers: Vec<Option<(u32, u16)>>,
    pub(crate) calls: Vec<CallSite>,
    pub(crate) attributes: Vec<AttributeSite>,
    pub(crate) news: Vec<NewSite>,
    /// The variables that are read after coming to each instruction, a bit each.
    pub(crate) live: Vec<u128>,
}

impl FunctionCode {
    /// The functions that it calls or names.
    pub(crate) fn mentions(&self) -> impl Iterator<Item = u16> {
        self.instructions
            .iter()
            .filter_map(|instruction| match instruction {
                Instruction::CallFunction(function, _)
                | Instruction::Constant(Val::Function(function)) => Some(*function),
                _ => None,
            })
    }
}

/// What a function can see.
pub(super) struct Scope<'a> {
    pub(super) program: &'a Program,
    pub(super) numbers: BTreeMap<&'a str, u16>,
    pub(super) globals: Vec<&'a str>,
    pub(super) names: &'a mut Names,
}

/// A function while it is compiled.
pub(super) struct Builder<'a, 'b> {
    pub(super) scope: &'b mut Scope<'a>,
    pub(super) code: FunctionCode,
    pub(super) place: Place,
    /// The operand stack's height here.
    pub(super) depth: u16,
    /// What must be done on the way out, the innermost last.
    pub(super) cleanups: Vec<Cleanup<'a>>,
    /// Where an error goes here.
    pub(super) handler: Option<usize>,
    /// Handlers by number, as (instruction, depth, the handler around it).
    pub(super) labels: Vec<u32>,
    handler_of: Vec<Option<(usize, u16)>>,
    pub(super) handler_depth: u16,
}

/// What must be done when a block is left.
#[derive(Clone, Copy)]
pub(super) struct Cleanup<'a> {
    pub(super) action: Action<'a>,
    /// The handler around the block.
    pub(super) handler: Option<usize>,
    pub(super) handler_depth: u16,
}

#[derive(Clone, Copy)]
pub(super) enum Action<'a> {
    /// Leave the context manager at this depth.
    Leave(u16, &'a Expression),
    /// Do a `finally`.
    Finally(&'a Block),
}

/// Compiles one function.
pub(super) fn compile<'a>(
    scope: &mut Scope<'a>,
    parameters: &'a [String],
    body: &'a Block,
) -> Result<FunctionCode, ModelError> {
    let mut locals = parameters.to_vec();
    assigned(body, &mut locals);
    let code = FunctionCode {
        parameters: parameters.len() as u16,
        locals,
        ..Default::default()
    };
    let mut builder = Builder {
        scope,
        code,
        place: body.first().map(|first| first.place).unwrap_or_default(),
        depth: 0,
        cleanups: Vec::new(),
        handler: None,
        labels: Vec::new(),
        handler_of: Vec::new(),
        handler_depth: 0,
    };
    builder.block(body)?;
    builder.emit(Instruction::Constant(Val::None));
    builder.emit(Instruction::Return);
    Ok(builder.finish())
}

/// A function that does nothing but raise this error.
pub(super) fn that_fails(error: Val) -> FunctionCode {
    FunctionCode {
        instructions: vec![Instruction::Constant(error), Instruction::Raise],
        places: vec![Place::default(); 2],
        handlers: vec![None; 2],
        live: vec![0; 2],
        ..FunctionCode::default()
    }
}

/// All names that a block assigns, in order of appearance.
fn assigned(block: &[Statement], found: &mut Vec<String>) {
    for statement in block {
        let (names, blocks): (&[String], Vec<&Block>) = match &statement.kind {
            StatementKind::Let(names, _) | StatementKind::Del(names) => (names, Vec::new()),
            StatementKind::For(names, _, body) => (names, vec![body]),
            StatementKind::Drain { name, body, .. } => (std::slice::from_ref(name), vec![body]),
            StatementKind::With(_, body) | StatementKind::Repeat(_, body) => (&[], vec![body]),
            StatementKind::If(_, yes, no) => (&[], vec![yes, no]),
            StatementKind::Try {
                body,
                handlers,
                finally,
            } => {
                let handlers = handlers.iter().map(|(_, block)| block);
                (
                    &[],
                    std::iter::once(body)
                        .chain(handlers)
                        .chain([finally])
                        .collect(),
                )
            }
            _ => (&[], Vec::new()),
        };
        for name in names {
            if !found.contains(name) {
                found.push(name.clone());
            }
        }
        for block in blocks {
            assigned(block, found);
        }
    }
}

impl Builder<'_, '_> {
    /// Appends an instruction and gives its number.
    pub(super) fn emit(&mut self, instruction: Instruction) -> usize {
        self.code.instructions.push(instruction);
        self.code.places.push(self.place);
        self.handler_of
            .push(self.handler.map(|handler| (handler, self.handler_depth)));
        self.code.instructions.len() - 1
    }

    /// Appends an instruction that makes an access to what this expression names.
    pub(super) fn emit_about(&mut self, instruction: Instruction, subject: &Expression) -> usize {
        let at = self.emit(instruction);
        if let Some(name) = name(subject) {
            self.code.subjects.insert(at, name);
        }
        at
    }

    pub(super) fn here(&self) -> u32 {
        self.code.instructions.len() as u32
    }

    /// Lets the jump at this number come here.
    pub(super) fn land(&mut self, jump: usize) {
        let here = self.here();
        match &mut self.code.instructions[jump] {
            Instruction::Jump(target)
            | Instruction::JumpIfFalse(target)
            | Instruction::JumpIfFalseKeep(target)
            | Instruction::JumpIfTrueKeep(target)
            | Instruction::Next(target)
            | Instruction::Match(_, target) => *target = here,
            other => unreachable!("{other:?} jumps nowhere"),
        }
    }

    /// A handler to come: errors go there until [`Builder::handle`] is told that it stands here.
    pub(super) fn protect(&mut self) -> (usize, Option<usize>, u16) {
        let around = (self.handler, self.handler_depth);
        self.labels.push(0);
        self.handler = Some(self.labels.len() - 1);
        self.handler_depth = self.depth;
        (self.labels.len() - 1, around.0, around.1)
    }

    pub(super) fn handle(&mut self, protection: (usize, Option<usize>, u16)) {
        let here = self.here();
        self.labels[protection.0] = here;
    }

    pub(super) fn unprotect(&mut self, protection: (usize, Option<usize>, u16)) {
        self.handler = protection.1;
        self.handler_depth = protection.2;
    }

    pub(super) fn error<T>(&self, message: impl Into<String>) -> Result<T, ModelError> {
        Err(ModelError::new(self.place, message))
    }

    pub(super) fn local(&self, name: &str) -> Option<u16> {
        self.code
            .locals
            .iter()
            .position(|local| local == name)
            .map(|at| at as u16)
    }

    fn finish(mut self) -> FunctionCode {
        let labels = &self.labels;
        let resolve =
            |handler: &Option<(usize, u16)>| handler.map(|(label, depth)| (labels[label], depth));
        self.code.handlers = self.handler_of.iter().map(resolve).collect();
        self.code.live = liveness::live(&self.code);
        self.code
    }
}

/// What an expression is called, where it is no more than a name.
fn name(expression: &Expression) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Local(name) | ExpressionKind::Global(name) => Some(name.clone()),
        ExpressionKind::Module => Some("mp".to_owned()),
        ExpressionKind::Attribute(object, attribute) => {
            Some(format!("{}.{attribute}", name(object)?))
        }
        _ => None,
    }
}
