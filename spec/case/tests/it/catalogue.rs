//! The catalogue says what is there: no name twice, and every name exists on the real objects.

use std::collections::BTreeSet;

use poolproof_case::catalogue::{self, Object};

use crate::python;

#[test]
fn no_name_stands_twice() {
    let mut objects = BTreeSet::new();
    for object in catalogue::objects() {
        assert!(objects.insert(object.name), "{}", object.name);
        let mut members = BTreeSet::new();
        let methods = object.methods.iter().map(|method| method.name);
        let attributes = object.attributes.iter().map(|attribute| attribute.name);
        for member in methods.chain(attributes) {
            assert!(members.insert(member), "{}.{member}", object.name);
        }
        let constructors = object.constructor.into_iter();
        let signatures = constructors.chain(object.methods.iter().map(|method| method.parameters));
        for parameters in signatures {
            let names: BTreeSet<&str> = parameters.iter().map(|known| known.name).collect();
            assert_eq!(names.len(), parameters.len(), "{}", object.name);
        }
    }
}

/// How Python makes one, where it can be made at once.
const MADE: &[(&str, &str)] = &[
    ("Module", "mp"),
    ("Context", "mp.get_context('spawn')"),
    ("Process", "mp.Process()"),
    ("Pool", "multiprocessing.pool.Pool"),
    ("AsyncResult", "multiprocessing.pool.AsyncResult"),
    ("ResultIterator", "multiprocessing.pool.IMapIterator"),
    ("Connection", "mp.Pipe()[0]"),
    ("Queue", "mp.Queue()"),
    ("JoinableQueue", "mp.JoinableQueue()"),
    ("SimpleQueue", "mp.SimpleQueue()"),
    ("Lock", "mp.Lock()"),
    ("RLock", "mp.RLock()"),
    ("Semaphore", "mp.Semaphore()"),
    ("BoundedSemaphore", "mp.BoundedSemaphore()"),
    ("Condition", "mp.Condition()"),
    ("Event", "mp.Event()"),
    ("Barrier", "mp.Barrier(1)"),
    ("Value", "mp.Value('i', 0)"),
    ("Array", "mp.Array('i', 1)"),
    ("RawValue", "mp.RawValue('i', 0)"),
    ("Manager", "multiprocessing.managers.SyncManager()"),
    ("list", "[]"),
    ("dict", "{}"),
    ("ManagedDict", "multiprocessing.managers.DictProxy"),
    ("ManagedList", "multiprocessing.managers.ListProxy"),
    ("ManagedLock", "multiprocessing.managers.AcquirerProxy"),
    (
        "ManagedCondition",
        "multiprocessing.managers.ConditionProxy",
    ),
    ("ManagedEvent", "multiprocessing.managers.EventProxy"),
    ("ManagedBarrier", "multiprocessing.managers.BarrierProxy"),
    ("ManagedValue", "multiprocessing.managers.ValueProxy"),
];

/// What shows only in a started object.
const IN_OBJECTS: [&str; 2] = ["address", "shutdown"];

fn members(object: &Object) -> Vec<&'static str> {
    let methods = object.methods.iter().map(|method| method.name);
    let attributes = object.attributes.iter().map(|attribute| attribute.name);
    methods
        .chain(attributes)
        .filter(|name| !IN_OBJECTS.contains(name))
        .collect()
}

#[test]
fn each_member_exists_on_the_real_object() {
    let mut script =
        "import multiprocessing as mp, multiprocessing.pool, multiprocessing.managers\n\
                      if __name__ == '__main__':\n"
            .to_owned();
    for (name, made) in MADE {
        let object = catalogue::object(name).unwrap();
        script += &format!("    made = {made}\n");
        for member in members(object) {
            script += &format!("    hasattr(made, '{member}') or print('{name}.{member}')\n");
        }
    }
    if let Some(missing) = python::run(&script) {
        assert_eq!(missing, "");
    }
}

#[test]
fn what_threads_lack_is_missing_in_multiprocessing_dummy() {
    const MADE_OF_THREADS: &[(&str, &str)] = &[
        ("Process", "mp.Process()"),
        ("Pool", "multiprocessing.pool.ThreadPool"),
        ("Connection", "mp.Pipe()[0]"),
        ("Queue", "mp.Queue()"),
        ("JoinableQueue", "mp.JoinableQueue()"),
        ("Lock", "mp.Lock()"),
        ("RLock", "mp.RLock()"),
        ("Semaphore", "mp.Semaphore()"),
        ("BoundedSemaphore", "mp.BoundedSemaphore()"),
        ("Condition", "mp.Condition()"),
        ("Event", "mp.Event()"),
        ("Barrier", "mp.Barrier(1)"),
        ("Value", "mp.Value('i', 0)"),
        ("Manager", "mp.Manager()"),
    ];
    let mut script = "import multiprocessing.dummy as mp, multiprocessing.pool\n".to_owned();
    for (name, made) in MADE_OF_THREADS {
        let object = catalogue::object(name).unwrap();
        script += &format!("made = {made}\n");
        let methods = object
            .methods
            .iter()
            .map(|method| (method.name, method.threads));
        let attributes = object
            .attributes
            .iter()
            .map(|known| (known.name, known.threads));
        for (member, exists) in methods.chain(attributes) {
            let truth = if exists { "True" } else { "False" };
            script += &format!(
                "hasattr(made, '{member}') == {truth} or print('{name}.{member} should be {truth}')\n"
            );
        }
    }
    let lacking =
        catalogue::objects().filter(|object| object.of_context && object.constructor.is_some());
    for object in lacking {
        let truth = if object.threads { "True" } else { "False" };
        let name = object.name;
        script +=
            &format!("hasattr(mp, '{name}') == {truth} or print('{name} should be {truth}')\n");
    }
    if let Some(wrong) = python::run(&script) {
        assert_eq!(wrong, "");
    }
}
