//! Modes: what kinds of accesses there are, which of them commute, and which enable which.
//!
//! A set of modes is a bit each; the names of methods and attributes say which they may have.

use std::sync::LazyLock;

/// A set of modes.
pub(crate) type Modes = u64;

macro_rules! modes {
    ($($name:ident),* $(,)?) => {
        modes!(@ 0; $($name,)*);
        /// Every mode.
        pub(crate) const ALL: &[Modes] = &[$($name),*];
    };
    (@ $at:expr; $name:ident, $($rest:ident,)*) => {
        pub(crate) const $name: Modes = 1 << $at;
        modes!(@ $at + 1; $($rest,)*);
    };
    (@ $at:expr;) => {};
}

modes!(
    PRINT, ACQUIRE, TRY, RELEASE, PASS, PUT, TRY_PUT, GET, TRY_GET, FEED, TASK_DONE, QUEUE_JOIN,
    QUEUE_END, SEND, RECEIVE, POLL, CLOSE, JOIN, STATUS, END, SIGNAL, RUN, READ, WRITE, WAIT, PEEK,
    SET, CLEAR, BARRIER, CONDITION, CLAIM, DELIVER, RESULT, TRY_RESULT, SUBMIT, POOL_END,
    POOL_JOIN, START, MEMORY, USE, SHUT_DOWN, BREAK,
);

/// Pairs of modes on one object that commute wherever both can happen.
const COMMUTE: &[(Modes, Modes)] = &[
    // Readers, and those who pass a lock at once, do not notice each other.
    (
        READ | PEEK | PASS | STATUS | USE | TRY_RESULT,
        READ | PEEK | PASS | STATUS | USE | TRY_RESULT,
    ),
    // The two ends of a queue or pipe that is neither empty nor full.
    (PUT, PUT | GET | FEED | QUEUE_END | CLOSE | USE),
    (FEED, GET | QUEUE_END),
    (GET, TASK_DONE | QUEUE_END | QUEUE_JOIN | USE),
    (
        QUEUE_END,
        QUEUE_END | TASK_DONE | QUEUE_JOIN | TRY_GET | TRY_PUT | FEED,
    ),
    (QUEUE_JOIN, QUEUE_JOIN | FEED),
    (TASK_DONE, FEED),
    (SEND, RECEIVE),
    // Closing matters to a reader only once nothing is left, and then it enables.
    (CLOSE, CLOSE | RECEIVE),
    (JOIN, JOIN | END | RUN | STATUS | START),
    (RUN, RUN | STATUS | END | START),
    (WAIT, WAIT | SET | PEEK),
    (SET, SET),
    (
        RESULT,
        RESULT | DELIVER | SUBMIT | CLAIM | TRY_RESULT | POOL_JOIN,
    ),
    (SUBMIT, CLAIM | DELIVER),
    (CLAIM, DELIVER),
    (POOL_JOIN, POOL_JOIN | CLAIM | DELIVER | SUBMIT),
    (START, START | STATUS),
    (USE, !(SHUT_DOWN | BREAK)),
];

/// For each mode, those with which it does not commute.
static CONFLICTS: LazyLock<Vec<Modes>> = LazyLock::new(|| {
    let commuting = |mode: &Modes| {
        let of = |(left, right): &(Modes, Modes)| {
            let free = if left & mode == 0 { 0 } else { *right };
            if right & mode == 0 { free } else { free | left }
        };
        COMMUTE.iter().map(of).fold(0, |all, one| all | one)
    };
    ALL.iter().map(|mode| !commuting(mode)).collect()
});

/// The modes with which accesses of these modes do not commute on one object.
pub(crate) fn conflicts(modes: Modes) -> Modes {
    let mut left = modes;
    let mut result = 0;
    while left != 0 {
        result |= CONFLICTS[left.trailing_zeros() as usize];
        left &= left - 1;
    }
    result
}

/// The modes that may let a blocked access of these modes go on.
pub(crate) fn enablers(modes: Modes) -> Modes {
    const TABLE: &[(Modes, Modes)] = &[
        (ACQUIRE | TRY | PASS, RELEASE | CONDITION),
        (PUT | TRY_PUT, GET | TRY_GET),
        (GET | TRY_GET, PUT | TRY_PUT | FEED),
        (QUEUE_JOIN, TASK_DONE),
        (QUEUE_END, FEED | GET | TRY_GET),
        (SEND, RECEIVE | CLOSE),
        (RECEIVE | POLL, SEND | CLOSE),
        (JOIN | STATUS, END),
        (WAIT | PEEK, SET),
        (BARRIER, BARRIER),
        (CONDITION, CONDITION | RELEASE),
        (
            RESULT | TRY_RESULT | POOL_JOIN,
            DELIVER | CLAIM | POOL_END | END | SUBMIT,
        ),
        (CLAIM, SUBMIT | POOL_END),
        (DELIVER, DELIVER | CLAIM),
    ];
    let of =
        |(blocked, enabling): &(Modes, Modes)| if blocked & modes == 0 { 0 } else { *enabling };
    TABLE.iter().map(of).fold(SHUT_DOWN, |all, one| all | one)
}

/// The modes that a call of this name may have, with any receiver.
pub(crate) fn of_call(name: &str, arguments: usize) -> Modes {
    let is_plain = arguments == 0;
    match name {
        "acquire" if is_plain => ACQUIRE,
        "acquire" => ACQUIRE | TRY,
        "release" => RELEASE,
        "get_value" => TRY,
        "wait" if is_plain => WAIT | BARRIER | CONDITION | ACQUIRE | RELEASE | RESULT,
        "wait" => WAIT | PEEK | BARRIER | CONDITION | ACQUIRE | RELEASE | RESULT | TRY_RESULT,
        "notify" | "notify_all" => CONDITION,
        "set" => SET | WRITE,
        "clear" => CLEAR | WRITE | MEMORY,
        "is_set" => PEEK,
        "reset" | "abort" => BARRIER,
        "put" if arguments <= 1 => PUT,
        "put" | "put_nowait" => PUT | TRY_PUT,
        "get" if is_plain => GET | RESULT | READ,
        "get" => GET | TRY_GET | RESULT | TRY_RESULT | READ | MEMORY,
        "get_nowait" | "qsize" | "empty" | "full" => TRY_GET | TRY_PUT,
        "task_done" => TASK_DONE,
        "join" if is_plain => JOIN | QUEUE_JOIN | POOL_JOIN,
        "join" => JOIN | STATUS,
        "close" => CLOSE | QUEUE_END | POOL_END | STATUS,
        "join_thread" | "cancel_join_thread" => QUEUE_END,
        "send" | "send_bytes" => SEND,
        "recv" | "recv_bytes" => RECEIVE,
        "poll" => POLL,
        "start" => START,
        "is_alive" | "active_children" => STATUS,
        "terminate" | "kill" => SIGNAL | POOL_END,
        "apply" | "map" | "starmap" | "apply_async" | "map_async" | "starmap_async" | "imap"
        | "imap_unordered" => SUBMIT | RESULT,
        "ready" | "successful" => TRY_RESULT,
        "next" => RESULT | TRY_RESULT,
        "shutdown" => SHUT_DOWN,
        "append" | "extend" | "insert" | "pop" | "remove" | "reverse" | "sort" | "setdefault"
        | "update" => READ | WRITE | MEMORY,
        "keys" | "values" | "items" | "copy" | "index" | "count" => READ | MEMORY,
        "get_lock"
        | "get_start_method"
        | "set_start_method"
        | "get_context"
        | "get_all_start_methods"
        | "current_process"
        | "parent_process" => 0,
        "run" => STATUS | START,
        "connect" | "shared" => USE | WRITE,
        made if makes(made) => USE,
        // What nobody has thought about here commutes with nothing.
        _ => UNKNOWN,
    }
}

/// What a method may do of which nothing is known.
const UNKNOWN: Modes = !0;

/// Whether calling this makes an object: a context's `ctx.Queue()`, a manager's `m.dict()`.
fn makes(name: &str) -> bool {
    let is_managed = ["dict", "list", "Namespace", "Value", "Array"].contains(&name);
    is_managed || poolproof_case::catalogue::object(name).is_some()
}

/// The modes that reading an attribute of this name may have.
pub(crate) fn of_get(name: &str) -> Modes {
    match name {
        "exitcode" => STATUS,
        "n_waiting" | "broken" => BARRIER,
        "value" => READ | PASS,
        _ => READ,
    }
}

/// The modes that setting any attribute may have.
pub(crate) const SET_ATTRIBUTE: Modes = WRITE | PASS;
pub(crate) const ENTER: Modes = ACQUIRE;
pub(crate) const LEAVE: Modes = RELEASE | CLOSE | POOL_END | SIGNAL | SHUT_DOWN;
pub(crate) const READ_ITEM: Modes = READ | PASS | MEMORY | RESULT | TRY_RESULT;
pub(crate) const WRITE_ITEM: Modes = WRITE | PASS | MEMORY;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_known_of_each_method_of_the_catalogue() {
        for object in poolproof_case::catalogue::objects() {
            for method in object.methods {
                let modes = of_call(method.name, 0);
                assert!(modes != UNKNOWN, "{}.{}", object.name, method.name);
            }
        }
    }
}
