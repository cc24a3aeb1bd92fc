//! Functions never come back to themselves: by call, target, task or callback.
//!
//! So every program ends or hangs, and its states form no cycle.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::program::{Block, Callee, ExpressionKind, Place, Program};
use crate::walk;

pub(super) fn check(program: &Program, mistakes: &mut Vec<Diagnostic>) {
    let mut graph: BTreeMap<&str, Vec<(&str, Place)>> = BTreeMap::new();
    for (name, function) in &program.functions {
        graph.insert(name, mentioned(&function.body));
    }
    // A function is finished once all that it mentions is; one met before that is in a cycle.
    let mut marks: BTreeMap<&str, Mark> = BTreeMap::new();
    for name in program.functions.keys() {
        visit(name, &graph, &mut marks, mistakes);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Open,
    Finished,
}

fn visit<'p>(
    start: &'p str,
    graph: &BTreeMap<&'p str, Vec<(&'p str, Place)>>,
    marks: &mut BTreeMap<&'p str, Mark>,
    mistakes: &mut Vec<Diagnostic>,
) {
    if marks.contains_key(start) {
        return;
    }
    // An own stack, since a case may chain thousands of functions.
    let mut stack = vec![(start, 0_usize)];
    marks.insert(start, Mark::Open);
    while let Some((name, next)) = stack.last_mut() {
        let edges = graph.get(name).map_or(&[][..], Vec::as_slice);
        let Some((callee, place)) = edges.get(*next) else {
            marks.insert(name, Mark::Finished);
            stack.pop();
            continue;
        };
        *next += 1;
        match marks.get(callee) {
            Some(Mark::Finished) => {}
            Some(Mark::Open) => {
                let from = stack
                    .iter()
                    .position(|(open, _)| open == callee)
                    .unwrap_or(0);
                let mut names: Vec<&str> = stack[from..].iter().map(|(open, _)| *open).collect();
                names.push(callee);
                let message = format!("the function `{callee}` leads back to itself");
                let help = format!("a program is always finite; here: {}", names.join(" -> "));
                mistakes.push(Diagnostic::new(*place, message).help(help));
            }
            None => {
                marks.insert(callee, Mark::Open);
                stack.push((callee, 0));
            }
        }
    }
}

/// Every function that a block calls or names as a value.
fn mentioned(block: &Block) -> Vec<(&str, Place)> {
    let mut found = Vec::new();
    walk::calls(block, &mut |call| {
        if let Callee::Function(name) = &call.callee {
            found.push((name.as_str(), call.place));
        }
    });
    walk::expressions(block, &mut |expression| {
        if let ExpressionKind::Function(name) = &expression.kind {
            found.push((name.as_str(), expression.place));
        }
    });
    found
}
