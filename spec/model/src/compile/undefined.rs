//! Whether a program may do what is undefined, read off its text: with a process object what only its
//! creator can, or take an object that was sent for bytes, or bytes for an object.

use poolproof_case::catalogue::{
    Attribute, AttributeName, Class, ConnectionMethod, Method, MethodName, ModuleMethod,
    PoolMethod, ProcessAttribute, ProcessMethod, QueueMethod,
};
use poolproof_case::infer::{Types, infer};
use poolproof_case::program::{
    Block, CallExpression, Callee, Expression, ExpressionKind, StatementKind,
};
use poolproof_case::walk::{self, Part};
use poolproof_case::{Program, Value};

/// Whether some process may come to what is undefined, other than a broken queue, a print, or the
/// children of who started a manager.
pub(super) fn may_be_undefined(program: &Program) -> bool {
    let calls = |wanted: ConnectionMethod| {
        let is_it = |name: &str| is_one(name, |method| method == Method::Connection(wanted));
        program.blocks().any(|block| calls_one(block, is_it))
    };
    let (sends, receives) = (calls(ConnectionMethod::Send), calls(ConnectionMethod::Recv));
    (sends && calls(ConnectionMethod::RecvBytes))
        || (receives && calls(ConnectionMethod::SendBytes))
        || (receives && sends && makes_duplex_pipes(program))
        || makes_what_may_be_amiss(program)
        || asks_for_what_may_be_amiss(program)
        || iterates_what_may_be_nothing(program)
        || mixes_contexts(program)
        || uses_others(program)
}

/// Whether something of one context may be given to a process of another.
fn mixes_contexts(program: &Program) -> bool {
    let is_it = |method| method == Method::Module(ModuleMethod::GetContext);
    let mut blocks = program.blocks();
    blocks.any(|block| calls_one(block, |name| is_one(name, is_it)))
}

/// Whether a pipe may be made both of whose ends receive.
fn makes_duplex_pipes(program: &Program) -> bool {
    let is_false =
        |duplex: &Expression| matches!(&duplex.kind, ExpressionKind::Literal(Value::Bool(false)));
    let mut makes = false;
    for block in program.blocks() {
        walk::expressions(block, &mut |expression| {
            if let ExpressionKind::New { object, arguments } = &expression.kind {
                makes |= object == "Pipe" && !arguments.of(0, "duplex").is_some_and(is_false);
            }
        });
        makes |= calls_one(block, |name| name == "Pipe");
    }
    makes
}

/// Whether a barrier or semaphore may be made of a number that is not fit for it.
fn makes_what_may_be_amiss(program: &Program) -> bool {
    let is_fit = |number: &Expression| match &number.kind {
        ExpressionKind::Literal(Value::Int(number)) => *number > 0,
        _ => false,
    };
    let mut may_be = false;
    for block in program.blocks() {
        walk::expressions(block, &mut |expression| {
            if let ExpressionKind::New { object, arguments } = &expression.kind
                && matches!(
                    object.as_str(),
                    "Barrier" | "Semaphore" | "BoundedSemaphore" | "Pool"
                )
            {
                let number = match object.as_str() {
                    "Pool" => arguments.of(3, "maxtasksperchild"),
                    _ => arguments.of(0, "value").or(arguments.of(0, "parties")),
                };
                may_be |= number.is_some_and(|number| !is_fit(number));
            }
            if let ExpressionKind::New { object, arguments } = &expression.kind
                && object == "Process"
            {
                may_be |= arguments
                    .of(5, "daemon")
                    .is_some_and(|flag| !is_truth(flag));
            }
        });
    }
    may_be
}

/// Whether a call may have a timeout or a chunk's size that is unfit, or names or dicts of a manager
/// that are.
fn asks_for_what_may_be_amiss(program: &Program) -> bool {
    let is_fit = |number: &Expression| match &number.kind {
        ExpressionKind::Literal(Value::Int(number)) => *number > 0,
        ExpressionKind::Literal(Value::Float(number)) => *number >= 0.0,
        ExpressionKind::Literal(Value::None) | ExpressionKind::Soon | ExpressionKind::Late => true,
        _ => false,
    };
    let mut may_be = false;
    for block in program.blocks() {
        walk::all(block, &mut |part| match part {
            Part::Call(call) => {
                let Callee::Method(_, name) = &call.callee else {
                    return;
                };
                let numbers = ["timeout", "chunksize"].map(|number| {
                    let name = MethodName::new(name);
                    name.anywhere().find_map(|method| {
                        let mut places = method.parameters().iter();
                        let at = places.position(|one| one.name == number)?;
                        call.arguments.of(at, number)
                    })
                });
                may_be |= numbers.iter().flatten().any(|number| !is_fit(number));
                may_be |= matches!(name.as_str(), "dict" | "list" | "update")
                    && call
                        .arguments
                        .of(0, "")
                        .is_some_and(|given| match &given.kind {
                            ExpressionKind::Dict(_) | ExpressionKind::List(_) => false,
                            ExpressionKind::Literal(given) => {
                                !matches!(given, Value::List(_) | Value::Dict(_) | Value::Tuple(_))
                            }
                            _ => true,
                        });
            }
            Part::Statement(statement) => {
                may_be |= matches!(&statement.kind, StatementKind::SetAttr(_, name, _) if name.starts_with('_'));
                may_be |= matches!(&statement.kind, StatementKind::SetAttr(_, name, value)
                    if name == "daemon" && !is_truth(value));
            }
            Part::Expression(expression) => {
                may_be |= matches!(&expression.kind, ExpressionKind::Attribute(_, name) if name.starts_with('_'));
            }
        });
    }
    may_be
}

fn is_truth(value: &Expression) -> bool {
    matches!(&value.kind, ExpressionKind::Literal(Value::Bool(_)))
}

/// Whether an iterator of results may be made over what cannot be iterated.
fn iterates_what_may_be_nothing(program: &Program) -> bool {
    let is_imap = |method| {
        matches!(
            method,
            Method::Pool(PoolMethod::Imap | PoolMethod::ImapUnordered)
        )
    };
    let mut may_be = false;
    for block in program.blocks() {
        walk::calls(block, &mut |call| {
            if let Callee::Method(_, name) = &call.callee
                && is_one(name, is_imap)
            {
                let items = call.arguments.of(1, "iterable");
                may_be |= items.is_some_and(|items| match &items.kind {
                    ExpressionKind::Literal(value) => !matches!(
                        value,
                        Value::List(_)
                            | Value::Tuple(_)
                            | Value::Dict(_)
                            | Value::Str(_)
                            | Value::Bytes(_)
                    ),
                    kind => !matches!(
                        kind,
                        ExpressionKind::List(_)
                            | ExpressionKind::Tuple(_)
                            | ExpressionKind::Dict(_)
                            | ExpressionKind::Range(..)
                    ),
                });
            }
        });
    }
    may_be
}

/// Whether shared memory may be given what is not of its type: what is no whole number, or one for a
/// type of few or other numbers.
pub(super) fn may_convert(program: &Program) -> bool {
    let is_whole = |value: &Expression| match &value.kind {
        ExpressionKind::Literal(value) => matches!(value, Value::Int(_)),
        ExpressionKind::List(_) | ExpressionKind::Tuple(_) => true,
        ExpressionKind::Binary(..) | ExpressionKind::Local(_) | ExpressionKind::Attribute(..) => {
            true
        }
        _ => false,
    };
    let is_wide = |code: &Expression| matches!(&code.kind, ExpressionKind::Literal(Value::Str(code)) if matches!(code.as_str(), "i" | "l" | "q"));
    let mut may = false;
    for block in program.blocks() {
        walk::all(block, &mut |part| match part {
            Part::Expression(expression) => {
                if let ExpressionKind::New { object, arguments } = &expression.kind
                    && matches!(object.as_str(), "Value" | "Array")
                {
                    may |= !arguments.of(0, "typecode_or_type").is_some_and(is_wide);
                    may |= !arguments.of(1, "value").is_none_or(is_whole);
                }
            }
            Part::Statement(statement) => match &statement.kind {
                StatementKind::SetAttr(_, name, value) if name == "value" => {
                    may |= !is_whole(value)
                }
                StatementKind::SetItem(.., value) => may |= !is_whole(value),
                _ => {}
            },
            Part::Call(_) => {}
        });
    }
    may
}

/// Whether items or results of one chunk may have a list or dict in common that somebody changes.
pub(super) fn may_share_chunks(program: &Program) -> bool {
    let is_map = |method| matches!(method, Method::Pool(method) if method.takes_items());
    let mut given: Vec<(&str, &Expression)> = Vec::new();
    for (scope, block) in scopes(program) {
        walk::calls(block, &mut |call| {
            if let Callee::Method(_, name) = &call.callee
                && is_one(name, is_map)
            {
                let items = call.arguments.of(1, "iterable");
                given.extend(items.map(|items| (scope, items)));
            }
        });
    }
    if given.is_empty() || !changes_containers(program) {
        return false;
    }
    let types = infer(program);
    let holds = |(scope, items): &(&str, &Expression)| {
        let items = types.of(scope, items);
        !items.is_known() || items.item().holds_containers()
    };
    !program.globals.is_empty() || given.iter().any(holds)
}

/// Whether the program changes lists or dicts, and puts some into a queue or gives some to a pool.
pub(super) fn changes_what_is_unsent(program: &Program) -> bool {
    changes_containers(program) && sends_containers(program)
}

fn changes_containers(program: &Program) -> bool {
    let mut changes = false;
    for block in program.blocks() {
        walk::statements(block, &mut |statement| {
            changes |= matches!(statement.kind, StatementKind::SetItem(..));
        });
        changes |= calls_one(block, |name| is_one(name, Method::changes_container));
    }
    changes
}

/// The functions of a program and its main, by name.
fn scopes(program: &Program) -> impl Iterator<Item = (&str, &Block)> {
    let functions = program.functions.iter();
    let functions = functions.map(|(name, function)| (name.as_str(), &function.body));
    functions.chain(std::iter::once(("", &program.main)))
}

fn sends_containers(program: &Program) -> bool {
    let mut sent: Vec<(&str, &Expression)> = Vec::new();
    for (scope, block) in scopes(program) {
        walk::calls(block, &mut |call| {
            let values = sent_by(call).into_iter();
            sent.extend(values.map(|value| (scope, value)));
        });
    }
    sent.retain(|(_, value)| !matches!(value.kind, ExpressionKind::Literal(_)));
    if sent.is_empty() {
        return false;
    }
    let types = infer(program);
    let holds = |(scope, value): &(&str, &Expression)| types.of(scope, value).holds_containers();
    sent.iter().any(holds)
}

/// What a call leaves to be sent, in so far as somebody else may have it.
fn sent_by(call: &CallExpression) -> Vec<&Expression> {
    let Callee::Method(_, name) = &call.callee else {
        return Vec::new();
    };
    let of = |at: usize, name: &str| call.arguments.of(at, name);
    let mut sent: Vec<&Expression> = Vec::new();
    if is_one(name, is_put) {
        sent.extend(of(0, "obj"));
    }
    if is_one(name, is_task) {
        for values in [of(1, "args"), of(1, "iterable"), of(2, "kwds")] {
            match values.map(|values| (&values.kind, values)) {
                // What is written in the call itself nobody else has.
                Some((ExpressionKind::List(items) | ExpressionKind::Tuple(items), _)) => {
                    sent.extend(items);
                }
                Some((_, values)) => sent.push(values),
                None => {}
            }
        }
    }
    sent
}

fn is_put(method: Method) -> bool {
    matches!(
        method,
        Method::Queue(QueueMethod::Put | QueueMethod::PutNowait)
    )
}

/// Whether it gives work to a pool and does not wait for it.
fn is_task(method: Method) -> bool {
    matches!(
        method,
        Method::Pool(
            PoolMethod::ApplyAsync
                | PoolMethod::MapAsync
                | PoolMethod::StarmapAsync
                | PoolMethod::Imap
                | PoolMethod::ImapUnordered
        )
    )
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
