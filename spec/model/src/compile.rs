//! From a program's trees to flat instructions, each of which makes at most one access.
//!
//! What an instruction means is the machine's business.

mod expression;
mod function;
pub(crate) mod instruction;
pub(crate) mod liveness;
pub(crate) mod names;
mod statement;
mod undefined;

use std::collections::BTreeMap;

use poolproof_case::catalogue::{
    Attribute, BarrierAttribute, BarrierMethod, Class, EventMethod, Method, ModuleMethod,
    PoolMethod, ProcessAttribute, ProcessMethod,
};
use poolproof_case::program::{Arguments, Callee, ExpressionKind};
use poolproof_case::{ErrorKind, Program, walk};

use crate::error::ModelError;
use crate::state::Val;
pub(crate) use function::FunctionCode;
pub(crate) use instruction::{AttributeSite, CallSite, Instruction, NewSite};
pub(crate) use names::{Names, OWN};

/// A compiled program.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) functions: Vec<FunctionCode>,
    /// Their names, main's left out.
    pub(crate) function_names: Vec<String>,
    /// The place of main among the functions.
    pub(crate) main: u16,
    /// The place of what stands for a function that is called with other arguments than it takes.
    pub(crate) misfit: u16,
    pub(crate) names: Names,
    pub(crate) globals: Vec<(String, poolproof_case::Value)>,
    pub(crate) has_guard: bool,
    /// Whether some function sets a global variable.
    pub(crate) sets_globals: bool,
    /// Whether some event is ever cleared.
    pub(crate) clears_events: bool,
    /// Whether some function looks at what a `wait` gives, which may be a number of a barrier.
    pub(crate) numbers_arrivals: bool,
    /// Whether somebody looks how many wait at a barrier.
    pub(crate) counts_waiting: bool,
    /// Whether some process does another's work itself.
    pub(crate) runs_targets: bool,
    /// Whether some process asks for its children, and so can tell a pool's workers apart.
    pub(crate) names_workers: bool,
    /// Whether processes ask for their parents.
    pub(crate) asks_for_parents: bool,
    /// Whether it may end a process that uses a queue or pipe, or waits for others, which leaves what it
    /// used broken.
    pub(crate) breaks_objects: bool,
    /// Whether some list or dict may be changed while what was made of it waits to be sent.
    pub(crate) changes_what_is_unsent: bool,
    /// Whether items or results of one chunk may have a list or dict in common that somebody changes.
    pub(crate) may_share_chunks: bool,
    /// Whether shared memory may be given what is not of its type, which among threads is undefined.
    pub(crate) may_convert: bool,
    /// Whether a process may do something else that is undefined, other than to print an object.
    pub(crate) may_be_undefined: bool,
}

/// Compiles a program.
///
/// # Errors
/// Where a name is not there, arguments do not fit, or a limit is passed.
pub(crate) fn compile(program: &Program) -> Result<Code, ModelError> {
    let mut names = Names::default();
    let numbers: BTreeMap<&str, u16> = program
        .functions
        .keys()
        .enumerate()
        .map(|(at, name)| (name.as_str(), at as u16))
        .collect();
    let globals: Vec<&str> = program
        .globals
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let mut scope = function::Scope {
        program,
        numbers,
        globals,
        names: &mut names,
    };
    let mut functions = Vec::new();
    for function in program.functions.values() {
        functions.push(function::compile(
            &mut scope,
            &function.params,
            &function.body,
        )?);
    }
    functions.push(function::compile(&mut scope, &[], &program.main)?);
    check_finite(&functions)?;
    let main = functions.len() as u16 - 1;
    let misfit = functions.len() as u16;
    functions.push(function::that_fails(Val::Error(
        ErrorKind::Type,
        names.intern_own("a function is called with other arguments"),
    )));
    let has = |wanted: &dyn Fn(&Instruction) -> bool| {
        functions
            .iter()
            .any(|function| function.instructions.iter().any(wanted))
    };
    let sets_globals = has(&|instruction| matches!(instruction, Instruction::StoreGlobal(_)));
    let calls = |method: Method| {
        let is_it = |call: &CallSite| call.name.anywhere().any(|known| known == method);
        functions
            .iter()
            .any(|function| function.calls.iter().any(is_it))
    };
    let clears_events = calls(Method::Event(EventMethod::Clear));
    let numbers_arrivals = functions.iter().any(numbers_arrivals);
    let counts_waiting = functions.iter().any(|function| {
        let waiting = Attribute::Barrier(BarrierAttribute::Waiting);
        let mut sites = function.attributes.iter();
        sites.any(|site| site.name.anywhere().any(|known| known == waiting))
    });
    let names_workers = calls(Method::Module(ModuleMethod::ActiveChildren));
    let ends = [
        Method::Process(ProcessMethod::Terminate),
        Method::Process(ProcessMethod::Kill),
        Method::Pool(PoolMethod::Terminate),
    ];
    let daemon = Attribute::Process(ProcessAttribute::Daemon);
    let signals = ends.into_iter().any(calls)
        || has(&|instruction| matches!(instruction, Instruction::Signal(_)))
        || functions.iter().any(|function| sets(function, daemon));
    let makes = made(program);
    // A daemon is ended with its creator, and a pool's workers with their pool.
    let breaks_objects = makes.breakable && (signals || makes.daemons);
    // Who asks for its children may have started a manager.
    let counts_managers = names_workers && makes.managers;
    let changes_what_is_unsent = undefined::changes_what_is_unsent(program);
    let may_share_chunks = undefined::may_share_chunks(program);
    let asks_for_parents = calls(Method::Module(ModuleMethod::ParentProcess));
    let may_leave = has(&|instruction| matches!(instruction, Instruction::Exit));
    let runs_targets = calls(Method::Process(ProcessMethod::Run));
    Ok(Code {
        functions,
        function_names: program.functions.keys().cloned().collect(),
        main,
        misfit,
        names,
        globals: program.globals.clone(),
        has_guard: program.guard,
        sets_globals,
        clears_events,
        numbers_arrivals,
        counts_waiting,
        runs_targets,
        names_workers,
        asks_for_parents,
        breaks_objects,
        changes_what_is_unsent,
        may_share_chunks,
        may_convert: undefined::may_convert(program),
        may_be_undefined: counts_managers
            || changes_what_is_unsent
            || may_share_chunks
            || (may_leave && makes.pools)
            || undefined::may_be_undefined(program),
    })
}

/// Whether a function may set an attribute.
fn sets(function: &FunctionCode, attribute: Attribute) -> bool {
    function
        .instructions
        .iter()
        .any(|instruction| match instruction {
            Instruction::SetAttribute(site) => {
                let site = &function.attributes[usize::from(*site)];
                site.name.anywhere().any(|known| known == attribute)
            }
            _ => false,
        })
}

/// What a program makes that matters to what may break.
#[derive(Default)]
struct Made {
    /// What a process that is ended while it uses it leaves broken.
    breakable: bool,
    managers: bool,
    pools: bool,
    /// Processes that end with their creator, or pools.
    daemons: bool,
}

fn made(program: &Program) -> Made {
    let mut found = Made::default();
    let mut see = |name: &str, arguments: &Arguments| match Class::of(name) {
        Some(
            Class::Queue
            | Class::JoinableQueue
            | Class::SimpleQueue
            | Class::Pipe
            | Class::Event
            | Class::Condition
            | Class::Barrier,
        ) => found.breakable = true,
        Some(Class::Pool) => (found.daemons, found.pools) = (true, true),
        Some(Class::Manager) => found.managers = true,
        Some(Class::Process) => found.daemons |= arguments.of(5, "daemon").is_some(),
        _ => {}
    };
    for block in program.blocks() {
        walk::expressions(block, &mut |expression| {
            if let ExpressionKind::New { object, arguments } = &expression.kind {
                see(object, arguments);
            }
        });
        walk::calls(block, &mut |call| {
            if let Callee::Method(_, name) = &call.callee {
                see(name, &call.arguments);
            }
        });
    }
    found
}

/// Direct calls form no cycle, so that every run ends.
fn check_finite(functions: &[FunctionCode]) -> Result<(), ModelError> {
    let mut state = vec![0_u8; functions.len()];
    for start in 0..functions.len() {
        visit(functions, start, &mut state)?;
    }
    Ok(())
}

fn visit(functions: &[FunctionCode], at: usize, state: &mut [u8]) -> Result<(), ModelError> {
    match state[at] {
        2 => return Ok(()),
        1 => {
            let place = functions[at].places.first().copied().unwrap_or_default();
            return Err(ModelError::new(
                place,
                "this function calls itself, directly or not",
            ));
        }
        _ => state[at] = 1,
    }
    for mentioned in functions[at].mentions() {
        visit(functions, mentioned.into(), state)?;
    }
    state[at] = 2;
    Ok(())
}

/// Whether what a barrier's `wait` gives is anything but dropped at once.
fn numbers_arrivals(function: &FunctionCode) -> bool {
    let waits = |site: u16| {
        let name = &function.calls[usize::from(site)].name;
        let wait = Method::Barrier(BarrierMethod::Wait);
        name.anywhere().any(|method| method == wait)
    };
    let pairs = function.instructions.windows(2);
    pairs.into_iter().any(|pair| {
        matches!(pair[0], Instruction::CallMethod(site) if waits(site))
            && !matches!(pair[1], Instruction::Pop)
    })
}
