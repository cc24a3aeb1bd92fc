//! Whether a program may do what is undefined, read off its text: with a process object what only its
//! creator can, or read the bytes of an object that was sent.

use poolproof_case::catalogue::{
    Attribute, AttributeName, Class, ConnectionMethod, Method, MethodName, ModuleMethod,
    ProcessAttribute, ProcessMethod,
};
use poolproof_case::infer::{Types, infer};
use poolproof_case::program::{Block, Callee, Expression, ExpressionKind, StatementKind};
use poolproof_case::walk::{self, Part};
use poolproof_case::{Program, Value};

/// Whether some process may come to what is undefined, other than a broken queue, a print, or the
/// children of who started a manager.
pub(super) fn may_be_undefined(program: &Program) -> bool {
    let is_it = |name: &str| {
        is_one(name, |method| {
            method == Method::Connection(ConnectionMethod::RecvBytes)
        })
    };
    let receives_bytes = program.blocks().any(|block| calls_one(block, is_it));
    (receives_bytes && sends_objects(program, |_| true)) || uses_others(program)
}

/// Whether bytes may be sent as an object, and are then told from those that were sent as bytes.
pub(super) fn sends_bytes_as_objects(program: &Program) -> bool {
    sends_objects(program, |object| match &object.kind {
        ExpressionKind::Literal(value) => matches!(value, Value::Bytes(_)),
        _ => true,
    })
}

/// Whether some object like this is sent through a connection.
fn sends_objects(program: &Program, is_it: impl Fn(&Expression) -> bool) -> bool {
    let mut sends = false;
    for block in program.blocks() {
        walk::calls(block, &mut |call| {
            if let Callee::Method(_, name) = &call.callee
                && is_one(name, |method| {
                    method == Method::Connection(ConnectionMethod::Send)
                })
            {
                sends |= call.arguments.of(0, "obj").is_some_and(&is_it);
            }
        });
    }
    sends
}

fn calls_one(block: &Block, is_it: impl Fn(&str) -> bool) -> bool {
    let mut calls = false;
    walk::calls(block, &mut |call| {
        if let Callee::Method(_, name) = &call.callee {
            calls |= is_it(name);
        }
    });
    calls
}

/// Whether some function uses a process that another may have created.
///
/// Main has created all that it knows, but for itself, whom it must ask for.
fn uses_others(program: &Program) -> bool {
    let mut blocks: Vec<(&str, &Block)> = program
        .functions
        .iter()
        .map(|(name, function)| (name.as_str(), &function.body))
        .collect();
    if program.blocks().any(asks_for_itself) {
        blocks.push(("", &program.main));
    }
    if !blocks.iter().any(|(_, block)| names_a_use(block)) {
        return false;
    }
    let types = infer(program);
    blocks
        .iter()
        .any(|(scope, block)| uses(&types, scope, block))
}

fn asks_for_itself(block: &Block) -> bool {
    let asks = |method| {
        matches!(
            method,
            Method::Module(ModuleMethod::CurrentProcess | ModuleMethod::ParentProcess)
        )
    };
    calls_one(block, |name| is_one(name, asks))
}

fn is_one(name: &str, wanted: impl Fn(Method) -> bool) -> bool {
    MethodName::new(name).anywhere().any(wanted)
}

/// Whether a method of this name is for a process's creator.
fn is_creators_method(name: &str) -> bool {
    is_one(name, |method| {
        matches!(
            method,
            Method::Process(
                ProcessMethod::Terminate
                    | ProcessMethod::Kill
                    | ProcessMethod::Close
                    | ProcessMethod::Run
            )
        )
    })
}

/// Whether an attribute of this name is for a process's creator.
fn is_creators_attribute(name: &str) -> bool {
    AttributeName::new(name).anywhere().any(|attribute| {
        matches!(
            attribute,
            Attribute::Process(ProcessAttribute::ExitCode | ProcessAttribute::Daemon)
        )
    })
}

/// What each part uses in a way that is for a process's creator.
fn each_use<'p>(block: &'p Block, see: &mut dyn FnMut(&'p Expression)) {
    walk::all(block, &mut |part| match part {
        Part::Statement(statement) => {
            if let StatementKind::SetAttr(of, name, _) = &statement.kind
                && is_creators_attribute(name)
            {
                see(of);
            }
        }
        Part::Expression(expression) => {
            if let ExpressionKind::Attribute(of, name) = &expression.kind
                && is_creators_attribute(name)
            {
                see(of);
            }
        }
        Part::Call(call) => {
            if let Callee::Method(receiver, name) = &call.callee
                && is_creators_method(name)
            {
                see(receiver);
            }
        }
    });
}

fn names_a_use(block: &Block) -> bool {
    let mut is_named = false;
    each_use(block, &mut |_| is_named = true);
    is_named
}

fn uses(types: &Types<'_>, scope: &str, block: &Block) -> bool {
    let mut uses = false;
    each_use(block, &mut |used| {
        let known = types.of(scope, used);
        uses |= known.is_unknown || known.objects.contains(&Class::Process);
    });
    uses
}
