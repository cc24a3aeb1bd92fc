//! Statements: control flow, and what is done on the way out of a block.

use poolproof_case::catalogue::MethodName;
use poolproof_case::program::{Block, ErrorPattern, Expression, Statement, StatementKind};
use poolproof_case::{ErrorKind, Value};

use super::function::{Action, Builder, Cleanup};
use super::instruction::{CallSite, Instruction};
use crate::error::ModelError;
use crate::state::{Signal, Val};

impl<'a> Builder<'a, '_> {
    pub(super) fn block(&mut self, block: &'a Block) -> Result<(), ModelError> {
        block
            .iter()
            .try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'a Statement) -> Result<(), ModelError> {
        self.place = statement.place;
        match &statement.kind {
            StatementKind::Let(names, value) => {
                self.expression(value)?;
                self.store(names)
            }
            StatementKind::Call(call) => {
                let depth = self.depth;
                self.call(call)?;
                self.emit(Instruction::Pop);
                self.depth = depth;
                Ok(())
            }
            StatementKind::Print(values) => {
                let depth = self.depth;
                values.iter().try_for_each(|value| self.expression(value))?;
                self.emit(Instruction::Print(values.len() as u16));
                self.depth = depth;
                Ok(())
            }
            StatementKind::With(manager, body) => self.with(manager, body),
            StatementKind::If(condition, yes, no) => self.choose(condition, yes, no),
            StatementKind::For(names, sequence, body) => {
                self.expression(sequence)?;
                self.emit(Instruction::Iterate);
                self.depth += 1;
                self.iterate(names, body)
            }
            StatementKind::Sample(_) => Ok(()),
            StatementKind::Repeat(times, body) | StatementKind::Measure(_, times, body) => {
                self.emit(Instruction::Constant(Val::Range(0, (*times).into())));
                self.emit(Instruction::Constant(Val::Int(0)));
                self.depth += 2;
                self.iterate(&[], body)
            }
            StatementKind::Drain {
                queue,
                name,
                until,
                body,
            } => self.drain(queue, name, until, body),
            StatementKind::Try {
                body,
                handlers,
                finally,
            } => self.attempt(body, handlers, finally),
            StatementKind::Del(names) => names.iter().try_for_each(|name| {
                let Some(local) = self.local(name) else {
                    return self.error(format!("no variable `{name}` here"));
                };
                self.emit(Instruction::Delete(local));
                Ok(())
            }),
            other => self.simple(other),
        }
    }

    /// Statements that are one instruction after their operands.
    fn simple(&mut self, kind: &'a StatementKind) -> Result<(), ModelError> {
        let depth = self.depth;
        let place = self.place;
        let instruction = match kind {
            StatementKind::Raise(error) => {
                self.expression(error)?;
                Instruction::Raise
            }
            StatementKind::Return(value) => return self.leave(value.as_ref()),
            StatementKind::SetItem(container, index, value) => {
                [value, container, index]
                    .into_iter()
                    .try_for_each(|one| self.expression(one))?;
                Instruction::SetItem
            }
            StatementKind::SetAttr(object, name, value) => {
                self.expression(value)?;
                self.expression(object)?;
                Instruction::SetAttribute(self.attribute(name))
            }
            StatementKind::SetGlobal(name, value) => {
                self.expression(value)?;
                Instruction::StoreGlobal(self.global(name)?)
            }
            StatementKind::Exit(code) => {
                self.expression(code)?;
                Instruction::Exit
            }
            StatementKind::Signal(process, name) => {
                self.expression(process)?;
                match signal(name) {
                    Some(signal) => Instruction::Signal(signal),
                    None => return self.error(format!("no signal `{name}`")),
                }
            }
            StatementKind::Settle => Instruction::Settle,
            other => return self.error(format!("the machine does not know {other:?}")),
        };
        self.place = place;
        match subject(kind) {
            Some(subject) => self.emit_about(instruction, subject),
            None => self.emit(instruction),
        };
        self.depth = depth;
        Ok(())
    }

    /// Assigns the value on the stack.
    fn store(&mut self, names: &[String]) -> Result<(), ModelError> {
        if names.len() != 1 {
            self.emit(Instruction::Unpack(names.len() as u16));
        }
        for name in names {
            let Some(local) = self.local(name) else {
                return self.error(format!("no variable `{name}` here"));
            };
            self.emit(Instruction::Store(local));
        }
        self.depth -= 1;
        Ok(())
    }

    /// A loop over the sequence and number on the stack.
    fn iterate(&mut self, names: &[String], body: &'a Block) -> Result<(), ModelError> {
        let place = self.place;
        let start = self.here();
        let next = self.emit(Instruction::Next(0));
        self.depth += 1;
        if names.is_empty() {
            self.emit(Instruction::Pop);
            self.depth -= 1;
        } else {
            self.store(names)?;
        }
        self.block(body)?;
        self.place = place;
        self.emit(Instruction::Jump(start));
        self.land(next);
        self.depth -= 2;
        Ok(())
    }

    fn drain(
        &mut self,
        queue: &'a Expression,
        name: &str,
        until: &Value,
        body: &'a Block,
    ) -> Result<(), ModelError> {
        let place = self.place;
        self.expression(queue)?;
        let at = self.depth - 1;
        let start = self.here();
        self.emit(Instruction::Peek(at));
        self.code.calls.push(CallSite {
            name: MethodName::new("get"),
            positional: 0,
            named: Vec::new(),
        });
        let get = Instruction::CallMethod(self.code.calls.len() as u16 - 1);
        self.emit_about(get, queue);
        self.depth += 1;
        let names = [name.to_owned()];
        self.store(&names)?;
        let Some(local) = self.local(name) else {
            return self.error(format!("no variable `{name}` here"));
        };
        self.emit(Instruction::Load(local));
        let stop = self.literal(until);
        self.emit(stop);
        self.depth += 2;
        self.equal();
        let more = self.emit(Instruction::JumpIfFalse(0));
        self.depth -= 1;
        let end = self.emit(Instruction::Jump(0));
        self.land(more);
        self.block(body)?;
        self.place = place;
        self.emit(Instruction::Jump(start));
        self.land(end);
        self.emit(Instruction::Pop);
        self.depth -= 1;
        Ok(())
    }

    fn choose(
        &mut self,
        condition: &'a Expression,
        yes: &'a Block,
        no: &'a Block,
    ) -> Result<(), ModelError> {
        self.expression(condition)?;
        let otherwise = self.emit(Instruction::JumpIfFalse(0));
        self.depth -= 1;
        self.block(yes)?;
        let end = self.emit(Instruction::Jump(0));
        self.land(otherwise);
        self.block(no)?;
        self.land(end);
        Ok(())
    }

    fn with(&mut self, manager: &'a Expression, body: &'a Block) -> Result<(), ModelError> {
        let place = self.place;
        self.expression(manager)?;
        let at = self.depth - 1;
        self.emit_about(Instruction::Enter, manager);
        let around = (self.handler, self.handler_depth);
        let protection = self.protect();
        let (handler, handler_depth) = around;
        self.cleanups.push(Cleanup {
            action: Action::Leave(at, manager),
            handler,
            handler_depth,
        });
        self.block(body)?;
        self.cleanups.pop();
        self.unprotect(protection);
        self.place = place;
        self.emit_about(Instruction::Leave(at), manager);
        let end = self.emit(Instruction::Jump(0));
        self.handle(protection);
        self.depth += 1;
        self.emit_about(Instruction::Leave(at), manager);
        self.emit(Instruction::Raise);
        self.depth -= 1;
        self.land(end);
        self.emit(Instruction::Pop);
        self.depth -= 1;
        Ok(())
    }

    fn attempt(
        &mut self,
        body: &'a Block,
        handlers: &'a [(ErrorPattern, Block)],
        finally: &'a Block,
    ) -> Result<(), ModelError> {
        let place = self.place;
        let (handler, handler_depth) = (self.handler, self.handler_depth);
        let outer = self.protect();
        self.cleanups.push(Cleanup {
            action: Action::Finally(finally),
            handler,
            handler_depth,
        });
        let inner = self.protect();
        self.block(body)?;
        self.unprotect(inner);
        let mut ends = vec![self.emit(Instruction::Jump(0))];
        self.place = place;
        self.handle(inner);
        self.depth += 1;
        for (pattern, block) in handlers {
            let kind: Option<ErrorKind> = match pattern {
                ErrorPattern::Kind(kind) => Some(*kind),
                ErrorPattern::Any => None,
            };
            let other = self.emit(Instruction::Match(kind, 0));
            self.emit(Instruction::Pop);
            self.depth -= 1;
            self.block(block)?;
            ends.push(self.emit(Instruction::Jump(0)));
            self.depth += 1;
            self.land(other);
        }
        self.emit(Instruction::Raise);
        self.depth -= 1;
        self.cleanups.pop();
        self.unprotect(outer);
        for end in ends {
            self.land(end);
        }
        self.block(finally)?;
        self.place = place;
        let end = self.emit(Instruction::Jump(0));
        self.handle(outer);
        self.depth += 1;
        self.block(finally)?;
        self.emit(Instruction::Raise);
        self.depth -= 1;
        self.land(end);
        Ok(())
    }

    /// Returns, doing on the way out what each block around wants done.
    fn leave(&mut self, value: Option<&'a Expression>) -> Result<(), ModelError> {
        let depth = self.depth;
        match value {
            Some(value) => self.expression(value)?,
            None => {
                self.emit(Instruction::Constant(Val::None));
                self.depth += 1;
            }
        }
        let (place, handler, handler_depth) = (self.place, self.handler, self.handler_depth);
        let cleanups = std::mem::take(&mut self.cleanups);
        for at in (0..cleanups.len()).rev() {
            let cleanup = cleanups[at];
            self.handler = cleanup.handler;
            self.handler_depth = cleanup.handler_depth;
            self.cleanups = cleanups[..at].to_vec();
            match cleanup.action {
                Action::Leave(depth, manager) => {
                    self.emit_about(Instruction::Leave(depth), manager);
                }
                Action::Finally(block) => self.block(block)?,
            }
        }
        self.cleanups = cleanups;
        (self.place, self.handler, self.handler_depth) = (place, handler, handler_depth);
        self.emit(Instruction::Return);
        self.depth = depth;
        Ok(())
    }
}

/// What a statement is done to.
fn subject(kind: &StatementKind) -> Option<&Expression> {
    match kind {
        StatementKind::SetItem(subject, ..)
        | StatementKind::SetAttr(subject, ..)
        | StatementKind::Signal(subject, _) => Some(subject),
        _ => None,
    }
}

fn signal(name: &str) -> Option<Signal> {
    Some(match name {
        "STOP" => Signal::Stop,
        "CONT" => Signal::Continue,
        "TERM" => Signal::Terminate,
        "KILL" => Signal::Kill,
        _ => return None,
    })
}
