//! What a manager's server can share, and how Python makes and reaches it.

/// One shared object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// The name that it is shared under.
    pub(crate) name: String,
    /// What makes it in the server.
    pub(crate) maker: &'static Maker,
}

/// How Python makes an object in a server, and reaches it elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Maker {
    /// The name of the method that makes one in a manager.
    pub(crate) name: &'static str,
    /// The expression that makes one.
    pub(crate) source: &'static str,
    /// The module that the expression needs.
    pub(crate) module: Option<&'static str>,
    /// The class of its proxies.
    pub(crate) proxy: &'static str,
}

const fn maker(
    name: &'static str,
    source: &'static str,
    module: Option<&'static str>,
    proxy: &'static str,
) -> Maker {
    Maker {
        name,
        source,
        module,
        proxy,
    }
}

const THREADING: Option<&str> = Some("threading");

/// Everything that can be shared.
pub(crate) static MAKERS: &[Maker] = &[
    maker("dict", "{}", None, "DictProxy"),
    maker("list", "[]", None, "ListProxy"),
    maker("Namespace", "Namespace()", None, "NamespaceProxy"),
    maker("Lock", "threading.Lock()", THREADING, "AcquirerProxy"),
    maker("RLock", "threading.RLock()", THREADING, "AcquirerProxy"),
    maker(
        "Semaphore",
        "threading.Semaphore()",
        THREADING,
        "AcquirerProxy",
    ),
    maker(
        "BoundedSemaphore",
        "threading.BoundedSemaphore()",
        THREADING,
        "AcquirerProxy",
    ),
    maker(
        "Condition",
        "threading.Condition()",
        THREADING,
        "ConditionProxy",
    ),
    maker("Event", "threading.Event()", THREADING, "EventProxy"),
    maker("Queue", "Queue()", None, ""),
    maker("JoinableQueue", "Queue()", None, ""),
];
