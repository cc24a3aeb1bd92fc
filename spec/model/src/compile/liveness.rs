//! Which variables are read later: the others are dropped from the state.

use super::{FunctionCode, Instruction};

/// For each instruction, a bit for each variable that some way from it reads before it is set.
///
/// Variables beyond the first 128 count as read.
pub(super) fn live(code: &FunctionCode) -> Vec<u128> {
    let count = code.instructions.len();
    let mut live = vec![0_u128; count];
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for at in (0..count).rev() {
            let mut after = code.handlers[at].map_or(0, |(handler, _)| live[handler as usize]);
            for next in successors(&code.instructions[at], at) {
                after |= live.get(next).copied().unwrap_or(0);
            }
            let before = match code.instructions[at] {
                Instruction::Load(local) => after | bit(local),
                Instruction::Store(local) => after & !bit(local),
                // A deleted variable must have a value, which stays in scope until then.
                Instruction::Delete(local) => after | bit(local),
                _ => after,
            };
            if before != live[at] {
                live[at] = before;
                has_changed = true;
            }
        }
    }
    live
}

fn bit(local: u16) -> u128 {
    1_u128.checked_shl(local.into()).unwrap_or(0)
}

/// Where control can go without an error.
pub(crate) fn successors(instruction: &Instruction, at: usize) -> Vec<usize> {
    match instruction {
        Instruction::Jump(target) => vec![*target as usize],
        Instruction::JumpIfFalse(target)
        | Instruction::JumpIfFalseKeep(target)
        | Instruction::JumpIfTrueKeep(target)
        | Instruction::Next(target)
        | Instruction::Match(_, target) => vec![at + 1, *target as usize],
        Instruction::Return | Instruction::Raise | Instruction::Exit => Vec::new(),
        _ => vec![at + 1],
    }
}
