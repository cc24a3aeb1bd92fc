//! What an interpreter is asked about a module: which version it is, and what of the object
//! catalogue it lacks.
//!
//! It makes what can be made without a process, and looks at the classes of the rest. Who asks, and
//! what becomes of the answer, is the runner's business.

use poolproof_case::catalogue::{Class, Object, objects};

use crate::options::Options;

/// The line behind which the answer stands: what stands before it nobody has asked for.
pub const GREETING: &str = "an interpreter answers";

const QUESTION: &str = r#"
import importlib, json, os, sys, types
ROOT, THREADS_ONLY = $ROOT
ADAPTOR, SOURCE = $ADAPTOR
CHECKS, MADE, OF_THREADS, MANAGED = json.loads($CHECKS)
base = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable or "")
answer = {
    "implementation": sys.implementation.name,
    "python": ".".join(map(str, sys.version_info[:3])),
    "base": base, "prefix": sys.prefix, "version": "", "methods": [], "lacks": [], "problem": "",
}

def told(error):
    return type(error).__name__ + ": " + " ".join(str(error).split())

def version(module):
    own = getattr(module, "__version__", None)
    if isinstance(own, str):
        return own
    try:
        import importlib.metadata
        return importlib.metadata.version(ROOT.split(".")[0])
    except Exception:
        return ""

def part(name):
    return getattr(module, name) if ADAPTOR else importlib.import_module(ROOT + "." + name)

def adapted():
    made = types.ModuleType(ADAPTOR)
    sys.modules[ADAPTOR] = made
    exec(SOURCE, vars(made))
    return made

def lack(what, methods, reason):
    answer["lacks"].append({"uses": what, "methods": methods, "reason": reason})

def check_processes(module, methods):
    context = module.get_context(methods[0])
    for name in MADE:
        if name not in dir(context):
            lack(name, methods, "%s has no `%s`" % (ROOT, name))
    for name, source, members in CHECKS:
        if name in MADE and name not in dir(context):
            continue
        try:
            there = dir(eval(source, {"module": module, "context": context, "part": part}))
            if ADAPTOR and name == "Module":
                # A program asks either of them.
                there = [member for member in there if member in dir(context)]
        except (AttributeError, ImportError, NotImplementedError) as error:
            lack(name, methods, told(error))
        except Exception:
            # What this machine has not got is no lack of the module.
            pass
        else:
            for member in members:
                if member not in there:
                    lack(name + "." + member, methods, "`%s.%s` is missing in %s" % (name, member, ROOT))

def check_threads():
    there = dir(part("dummy"))
    for name in OF_THREADS:
        if name not in there:
            lack(name, ["threads"], "%s.dummy has no `%s`" % (ROOT, name))
    # A manager of threads is the module itself.
    for name in MANAGED:
        if name not in there:
            lack("Manager." + name, ["threads"], "%s.dummy has no `%s`" % (ROOT, name))

try:
    module = importlib.import_module(ROOT)
    answer["version"] = version(module)
    if ADAPTOR:
        module = adapted()
    try:
        if ADAPTOR:
            raise ImportError
        check_threads()
        threads = ["threads"]
    except ImportError:
        threads = []
    if THREADS_ONLY:
        answer["methods"] = threads
        if not threads:
            answer["problem"] = "%s has no module `dummy`" % ROOT
    elif "get_context" not in dir(module):
        answer["problem"] = "%s has no `get_context`, so it has not the interface of multiprocessing" % ROOT
    else:
        known = ["spawn", "fork", "forkserver"]
        methods = [method for method in module.get_all_start_methods() if method in known]
        if ADAPTOR and "threads" in module.get_all_start_methods():
            check_processes(module, ["threads"])
            threads = ["threads"]
        if methods:
            check_processes(module, methods)
        answer["methods"] = methods + threads
except BaseException as error:
    answer["problem"] = told(error)
print($GREETING)
print(json.dumps(answer))
sys.stdout.flush()
"#;

/// The program that asks: it prints [`GREETING`], and then one line of JSON. An adaptor, by its name
/// and text, is asked in the module's place.
#[must_use]
pub fn question(module: &str, adaptor: Option<(&str, &str)>) -> String {
    let options = Options {
        module,
        adaptor: adaptor.map(|(name, _)| name),
        ..Options::default()
    };
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let is_of_threads = match options.is_of_threads() {
        true => "True",
        false => "False",
    };
    let made: Vec<&str> = objects()
        .filter(|object| object.of_context)
        .map(|object| object.name)
        .collect();
    let of_threads: Vec<&str> = objects()
        .filter(|object| object.of_context && object.threads)
        .map(|object| object.name)
        .collect();
    let checks: Vec<(&str, &str, Vec<&str>)> = objects()
        .filter_map(|object| Some((object.name, place(object.class)?, members(object))))
        .collect();
    let managed: Vec<&str> = (Class::Manager.object().methods.iter())
        .filter(|method| method.threads)
        .map(|method| method.name)
        .collect();
    let checks = serde_json::json!([checks, made, of_threads, managed]).to_string();
    let root = match adaptor {
        // What is tested is the module, whatever its name ends with.
        Some(_) => module,
        None => options.root(),
    };
    let (name, source) = adaptor.unwrap_or_default();
    QUESTION
        .replace("$ROOT", &format!("{}, {is_of_threads}", text(root)))
        .replace("$ADAPTOR", &format!("{}, {}", text(name), text(source)))
        .replace("$CHECKS", &text(&checks))
        .replace("$GREETING", &text(GREETING))
}

/// The members that are looked for: all that programs can use.
fn members(object: &Object) -> Vec<&'static str> {
    let methods = object.methods.iter().map(|method| method.name);
    let attributes = object.attributes.iter().map(|attribute| attribute.name);
    let members = methods.chain(attributes);
    // A namespace's have any name and a server's objects those that the program gives them; what
    // ends a manager is there when it has begun.
    members
        .filter(|name| !matches!(*name, "*" | "shared" | "shutdown"))
        .collect()
}

/// An expression that gives something with the members of a class; none where nothing shows them
/// before a process is started.
fn place(class: Class) -> Option<&'static str> {
    Some(match class {
        Class::Module => "module",
        Class::Process => "context.Process()",
        Class::Pool => "part('pool').Pool",
        Class::AsyncResult => "part('pool').MapResult",
        Class::ResultIterator => "part('pool').IMapIterator",
        Class::Connection => "context.Pipe()[0]",
        Class::Queue => "context.Queue()",
        Class::JoinableQueue => "context.JoinableQueue()",
        Class::SimpleQueue => "context.SimpleQueue()",
        Class::Lock => "context.Lock()",
        Class::RLock => "context.RLock()",
        Class::Semaphore => "context.Semaphore()",
        Class::BoundedSemaphore => "context.BoundedSemaphore()",
        Class::Condition => "context.Condition()",
        Class::Event => "context.Event()",
        Class::Barrier => "context.Barrier(1)",
        Class::Value => "context.Value('i')",
        Class::Array => "context.Array('i', 1)",
        Class::RawValue => "context.RawValue('i')",
        Class::RawArray => "context.RawArray('i', 1)",
        Class::Manager => "part('managers').SyncManager",
        Class::ManagerServer | Class::ManagerClient => "part('managers').BaseManager",
        Class::ManagedDict => "part('managers').DictProxy",
        Class::ManagedList => "part('managers').ListProxy",
        Class::ManagedCondition => "part('managers').ConditionProxy",
        Class::ManagedEvent => "part('managers').EventProxy",
        Class::ManagedBarrier => "part('managers').BarrierProxy",
        Class::ManagedValue => "part('managers').ValueProxy",
        Class::ManagedArray => "part('managers').ArrayProxy",
        Class::ManagedLock
        | Class::ManagedRLock
        | Class::ManagedSemaphore
        | Class::ManagedBoundedSemaphore => "part('managers').AcquirerProxy",
        Class::Context
        | Class::Pipe
        | Class::ManagedNamespace
        | Class::ManagedQueue
        | Class::ManagedJoinableQueue
        | Class::List
        | Class::Dict => return None,
    })
}
