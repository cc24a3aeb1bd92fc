//! Classes: which objects there are, as values that a program's text is made into once.

use super::{Attribute, Kind, Method, Object, Signature};

/// Makes the classes, in the order of their names.
macro_rules! classes {
    ($($class:ident = $name:literal,)*) => {
        /// A class of objects.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class {
            $(#[doc = concat!("`", $name, "`.")] $class,)*
        }

        impl Class {
            /// All of them.
            pub const ALL: &'static [Class] = &[$(Class::$class,)*];

            /// Its name, as `New` takes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Class::$class => $name,)*
                }
            }
        }
    };
}

classes! {
    Array = "Array",
    AsyncResult = "AsyncResult",
    Barrier = "Barrier",
    BoundedSemaphore = "BoundedSemaphore",
    Condition = "Condition",
    Connection = "Connection",
    Context = "Context",
    Event = "Event",
    JoinableQueue = "JoinableQueue",
    Lock = "Lock",
    ManagedArray = "ManagedArray",
    ManagedBarrier = "ManagedBarrier",
    ManagedBoundedSemaphore = "ManagedBoundedSemaphore",
    ManagedCondition = "ManagedCondition",
    ManagedDict = "ManagedDict",
    ManagedEvent = "ManagedEvent",
    ManagedJoinableQueue = "ManagedJoinableQueue",
    ManagedList = "ManagedList",
    ManagedLock = "ManagedLock",
    ManagedNamespace = "ManagedNamespace",
    ManagedQueue = "ManagedQueue",
    ManagedRLock = "ManagedRLock",
    ManagedSemaphore = "ManagedSemaphore",
    ManagedValue = "ManagedValue",
    Manager = "Manager",
    ManagerClient = "ManagerClient",
    ManagerServer = "ManagerServer",
    Module = "Module",
    Pipe = "Pipe",
    Pool = "Pool",
    Process = "Process",
    Queue = "Queue",
    RLock = "RLock",
    RawArray = "RawArray",
    RawValue = "RawValue",
    ResultIterator = "ResultIterator",
    Semaphore = "Semaphore",
    SimpleQueue = "SimpleQueue",
    Value = "Value",
    Dict = "dict",
    List = "list",
}

/// The catalogue by class; a class without a table, or with two, does not compile.
static TABLE: [&Object; Class::ALL.len()] = table();

const fn table() -> [&'static Object; Class::ALL.len()] {
    let mut found: [Option<&'static Object>; Class::ALL.len()] = [None; Class::ALL.len()];
    let mut area = 0;
    while area < super::AREAS.len() {
        let mut at = 0;
        while at < super::AREAS[area].len() {
            let object = &super::AREAS[area][at];
            let class = object.class as usize;
            assert!(
                found[class].is_none(),
                "a class stands twice in the catalogue"
            );
            found[class] = Some(object);
            at += 1;
        }
        area += 1;
    }
    let mut table = [&super::AREAS[0][0]; Class::ALL.len()];
    let mut class = 0;
    while class < table.len() {
        table[class] = match found[class] {
            Some(object) => object,
            None => panic!("a class does not stand in the catalogue"),
        };
        class += 1;
    }
    table
}

impl Class {
    /// The class of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Class> {
        let at = Class::ALL.binary_search_by_key(&name, |class| class.name());
        at.ok().map(|at| Class::ALL[at])
    }

    /// Whether managers make it, and programs have proxies of it.
    #[must_use]
    pub fn is_managed(self) -> bool {
        let makers = Class::Manager.object().methods;
        makers
            .iter()
            .any(|maker| maker.returns == Kind::Object(self))
    }

    /// What the catalogue says of it.
    #[must_use]
    pub fn object(self) -> &'static Object {
        TABLE[self as usize]
    }

    /// The method of this name; a context, and the module that is the default one, also have each
    /// class that they make as a method.
    #[must_use]
    pub fn method(self, name: &str) -> Option<Method> {
        let own = self.object().method(name).map(|known| known.method);
        own.or_else(|| {
            let made = Class::of(name).filter(|made| made.is_made_by_contexts());
            made.filter(|_| matches!(self, Class::Context | Class::Module))
                .map(Method::Make)
        })
    }

    /// Whether a context makes one by a call of its name (`ctx.Queue()`).
    #[must_use]
    pub fn is_made_by_contexts(self) -> bool {
        self.object().of_context && self.object().constructor.is_some()
    }
}

/// A name as what whatever class it is asked of will mean by it: looked up before a program runs.
#[derive(Clone, Debug)]
pub struct ByClass<T> {
    name: Box<str>,
    by_class: [Option<T>; Class::ALL.len()],
}

/// A name as the method of whatever class its receiver will be.
pub type MethodName = ByClass<Method>;

/// A name as the attribute of whatever class its holder will be.
pub type AttributeName = ByClass<Attribute>;

impl ByClass<Method> {
    /// What a name means.
    #[must_use]
    pub fn new(name: &str) -> MethodName {
        ByClass::of(name, |class| class.method(name))
    }
}

impl ByClass<Attribute> {
    /// What a name means.
    #[must_use]
    pub fn new(name: &str) -> AttributeName {
        let attribute = |class: Class| Some(class.object().attribute(name)?.attribute);
        ByClass::of(name, attribute)
    }
}

impl<T: Copy> ByClass<T> {
    fn of(name: &str, means: impl Fn(Class) -> Option<T>) -> ByClass<T> {
        let mut by_class = [None; Class::ALL.len()];
        for class in Class::ALL {
            by_class[*class as usize] = means(*class);
        }
        ByClass {
            name: name.into(),
            by_class,
        }
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// What a class means by it.
    #[must_use]
    pub fn on(&self, class: Class) -> Option<T> {
        self.by_class[class as usize]
    }

    /// All that it may mean.
    pub fn anywhere(&self) -> impl Iterator<Item = T> {
        self.by_class.iter().flatten().copied()
    }
}

impl Method {
    /// What the catalogue says of it on a class; nothing where the class has no such method, or
    /// where a context makes an object.
    #[must_use]
    pub fn on(self, class: Class) -> Option<&'static Signature> {
        let mut methods = class.object().methods.iter();
        methods.find(|signature| signature.method == self)
    }

    /// Whether it changes a list or dict whose method it is.
    #[must_use]
    pub const fn changes_container(self) -> bool {
        match self {
            Method::List(method) => method.changes(),
            Method::Dict(method) => method.changes(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_stand_in_the_order_of_their_names() {
        assert!(Class::ALL.is_sorted_by_key(|class| class.name()));
        for class in Class::ALL {
            assert_eq!(Class::of(class.name()), Some(*class));
            assert_eq!(class.object().class, *class);
        }
        assert_eq!(Class::of("Nothing"), None);
    }

    #[test]
    fn a_name_means_what_its_receiver_makes_of_it() {
        let get = MethodName::new("get");
        assert_ne!(get.on(Class::Queue), get.on(Class::SimpleQueue));
        assert_eq!(get.on(Class::Lock), None);
        let queue = MethodName::new("Queue");
        assert_eq!(queue.on(Class::Context), Some(Method::Make(Class::Queue)));
        assert_ne!(queue.on(Class::Manager), queue.on(Class::Context));
    }
}
