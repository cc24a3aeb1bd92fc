//! One change after the other that makes a program smaller.

use poolproof_case::program::{
    Arguments, Block, Expression, ExpressionKind, Program, Statement, StatementKind,
};
use poolproof_case::{Case, Value};

use crate::tree::{direct, forget_argument, inner_blocks, parts};

/// The case after its change of this number; none where there are no more.
///
/// The larger a change, the smaller its number; not each of them leaves a program that is one.
pub(crate) fn edited(case: &Case, number: usize) -> Option<Case> {
    let mut case = case.clone();
    let mut edit = Edit { left: number };
    edit.case(&mut case).then_some(case)
}

/// Counts the changes that could be made until it comes to its own.
struct Edit {
    left: usize,
}

impl Edit {
    /// Whether it is the turn of a change.
    fn is_due(&mut self) -> bool {
        match self.left {
            0 => true,
            _ => {
                self.left -= 1;
                false
            }
        }
    }

    fn case(&mut self, case: &mut Case) -> bool {
        let names: Vec<String> = case.program.functions.keys().cloned().collect();
        for name in &names {
            if self.is_due() {
                case.program.functions.remove(name);
                return true;
            }
        }
        if self.blocks(&mut case.program, Edit::statements) {
            return true;
        }
        if self.parameters(&mut case.program, &names) {
            return true;
        }
        for at in 0..case.program.globals.len() {
            if self.is_due() {
                case.program.globals.remove(at);
                return true;
            }
        }
        if case.methods.len() > 1 {
            for at in 0..case.methods.len() {
                if self.is_due() {
                    case.methods.remove(at);
                    return true;
                }
            }
        }
        self.blocks(&mut case.program, Edit::expressions)
    }

    fn blocks(&mut self, program: &mut Program, change: fn(&mut Edit, &mut Block) -> bool) -> bool {
        let functions = program
            .functions
            .values_mut()
            .map(|function| &mut function.body);
        let mut blocks = functions.chain([&mut program.main]);
        blocks.any(|block| change(self, block))
    }

    /// Leaves out a statement, or all of it but a block, or a part of a block.
    fn statements(&mut self, block: &mut Block) -> bool {
        for at in (0..block.len()).rev() {
            if self.is_due() {
                block.remove(at);
                return true;
            }
            let inner = inner_blocks(&mut block[at]);
            let count = inner.len();
            for which in 0..count {
                if self.is_due() {
                    let mut inner = inner_blocks(&mut block[at]);
                    let inner = std::mem::take(inner.remove(which));
                    block.splice(at..=at, inner);
                    return true;
                }
            }
            for inner in inner_blocks(&mut block[at]) {
                if self.statements(inner) {
                    return true;
                }
            }
            if self.parts(&mut block[at]) {
                return true;
            }
        }
        false
    }

    /// Leaves out a handler, or rounds of a loop, or names.
    fn parts(&mut self, statement: &mut Statement) -> bool {
        match &mut statement.kind {
            StatementKind::Try { handlers, .. } => {
                for at in 0..handlers.len() {
                    if self.is_due() {
                        handlers.remove(at);
                        return true;
                    }
                }
                false
            }
            StatementKind::Repeat(times, _) if *times > 1 && self.is_due() => {
                *times -= 1;
                true
            }
            _ => false,
        }
    }

    /// Leaves out a parameter of a function, and what is given for it.
    fn parameters(&mut self, program: &mut Program, names: &[String]) -> bool {
        for name in names {
            let count = match program.functions.get(name) {
                Some(function) => function.params.len(),
                None => 0,
            };
            for at in 0..count {
                if self.is_due() {
                    if let Some(function) = program.functions.get_mut(name) {
                        function.params.remove(at);
                    }
                    for function in program.functions.values_mut() {
                        forget_argument(&mut function.body, name, at);
                    }
                    forget_argument(&mut program.main, name, at);
                    return true;
                }
            }
        }
        false
    }

    fn expressions(&mut self, block: &mut Block) -> bool {
        for statement in block {
            let is_print = matches!(statement.kind, StatementKind::Print(_));
            if let StatementKind::Print(values) = &mut statement.kind {
                for at in 0..values.len() {
                    if values.len() > 1 && self.is_due() {
                        values.remove(at);
                        return true;
                    }
                }
            }
            if let StatementKind::Call(call) = &mut statement.kind
                && self.arguments(&mut call.arguments)
            {
                return true;
            }
            for expression in direct(statement) {
                // A line's text is what the line is known by.
                if !(is_print && is_text(expression)) && self.expression(expression) {
                    return true;
                }
            }
            for inner in inner_blocks(statement) {
                if self.expressions(inner) {
                    return true;
                }
            }
        }
        false
    }

    fn expression(&mut self, expression: &mut Expression) -> bool {
        if self.smaller(expression) {
            return true;
        }
        match &mut expression.kind {
            ExpressionKind::New { arguments, .. } => self.arguments(arguments),
            ExpressionKind::Call(call) => self.arguments(&mut call.arguments),
            _ => parts(expression)
                .into_iter()
                .any(|part| self.expression(part)),
        }
    }

    fn arguments(&mut self, arguments: &mut Arguments) -> bool {
        for at in 0..arguments.named.len() {
            if self.is_due() {
                arguments.named.remove(at);
                return true;
            }
        }
        if !arguments.positional.is_empty() && self.is_due() {
            arguments.positional.pop();
            return true;
        }
        let named = arguments.named.iter_mut().map(|(_, value)| value);
        let mut all = arguments.positional.iter_mut().chain(named);
        all.any(|value| self.expression(value))
    }

    /// Puts a smaller expression in the place of one.
    fn smaller(&mut self, expression: &mut Expression) -> bool {
        if let ExpressionKind::Literal(value) = &mut expression.kind {
            return self.value(value);
        }
        let is_simple = matches!(
            expression.kind,
            ExpressionKind::Local(_)
                | ExpressionKind::Global(_)
                | ExpressionKind::Module
                | ExpressionKind::Function(_)
                | ExpressionKind::Soon
                | ExpressionKind::Late
        );
        if is_simple {
            return false;
        }
        for at in 0..parts(expression).len() {
            if self.is_due() {
                let part = parts(expression).remove(at).clone();
                *expression = part;
                return true;
            }
        }
        if let ExpressionKind::List(items) | ExpressionKind::Tuple(items) = &mut expression.kind {
            for at in 0..items.len() {
                if self.is_due() {
                    items.remove(at);
                    return true;
                }
            }
        }
        if let ExpressionKind::Zeros(count) = &mut expression.kind
            && *count > 0
            && self.is_due()
        {
            *count /= 2;
            return true;
        }
        false
    }

    /// A smaller value.
    fn value(&mut self, value: &mut Value) -> bool {
        match value {
            Value::Int(number) if *number != 0 => {
                for smaller in [0, *number / 2, *number - number.signum()] {
                    if smaller.unsigned_abs() < number.unsigned_abs() && self.is_due() {
                        *number = smaller;
                        return true;
                    }
                }
                false
            }
            Value::List(items) | Value::Tuple(items) => {
                for at in 0..items.len() {
                    if self.is_due() {
                        *value = items.remove(at);
                        return true;
                    }
                    if self.is_due() {
                        items.remove(at);
                        return true;
                    }
                }
                items.iter_mut().any(|item| self.value(item))
            }
            Value::Dict(pairs) => {
                for at in 0..pairs.len() {
                    if self.is_due() {
                        pairs.remove(at);
                        return true;
                    }
                }
                pairs.iter_mut().any(|(_, value)| self.value(value))
            }
            Value::Bytes(bytes) if bytes.len() > 1 && self.is_due() => {
                bytes.truncate(bytes.len() / 2);
                true
            }
            Value::Float(number) if *number != 0.0 && self.is_due() => {
                *value = Value::Int(0);
                true
            }
            _ => false,
        }
    }
}

fn is_text(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Literal(Value::Str(_)))
}
