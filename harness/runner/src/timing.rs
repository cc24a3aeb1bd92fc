//! Whether a program's outcomes rest on time: it uses `Soon`, `Late` or `Settle`.

use poolproof_case::Program;

/// Whether it does, anywhere.
pub(crate) fn is_used(program: &Program) -> bool {
    let blocks = program.functions.values().map(|function| &function.body);
    // The tree's names are the language's words; a text in a program that has one of them costs a
    // second look, no verdict.
    blocks.chain([&program.main]).any(|block| {
        let tree = format!("{block:?}");
        ["Settle", "Late", "Soon"]
            .iter()
            .any(|word| tree.contains(word))
    })
}
