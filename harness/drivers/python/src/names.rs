//! Names: a case's names as Python has them, out of the way of keywords and of what a file uses.

/// Python's keywords in any version from 3.8, builtins and modules that a written program may use,
/// and the names of its own helpers.
const TAKEN: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield", // builtins
    "ascii",
    "bool",
    "bytes",
    "dict",
    "float",
    "getattr",
    "int",
    "isinstance",
    "iter",
    "len",
    "list",
    "map",
    "next",
    "open",
    "range",
    "sorted",
    "str",
    "sum",
    "tuple", // modules
    "mp",
    "multiprocessing",
    "os",
    "pickle",
    "random",
    "signal",
    "sys",
    "threading",
    "time", // what a program may define itself
    "Empty",
    "Full",
    "LATE",
    "METHOD",
    "Queue",
    "SOON",
    "THREADS_MISUSE",
    "functools",
    "generators",
    "main",
    "marked",
    "measure",
    "misused",
    "pause",
    "problem",
    "sample",
    "sent",
    "settle",
    "show",
    "socket",
    "start_server",
    "tell",
    "calculate",
    "_",
];

/// The name in Python: the same, with an underscore behind where it is taken.
pub(crate) fn python(name: &str) -> String {
    // Python's classes of errors, and those of marked kinds.
    let is_class = name.ends_with("Error") || name.ends_with("Kind");
    if is_class || TAKEN.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

/// Modules that Python loads while a program runs: a program of such a name would be taken for it.
const MODULES: &[&str] = &[
    "abc",
    "array",
    "ast",
    "atexit",
    "base",
    "bisect",
    "code",
    "codecs",
    "collections",
    "context",
    "copy",
    "dis",
    "enum",
    "errno",
    "functools",
    "glob",
    "hashlib",
    "heapq",
    "hmac",
    "io",
    "itertools",
    "json",
    "keyword",
    "locale",
    "logging",
    "math",
    "mmap",
    "multiprocessing",
    "numbers",
    "opcode",
    "operator",
    "os",
    "pickle",
    "platform",
    "queue",
    "random",
    "re",
    "runpy",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "site",
    "socket",
    "stat",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "test",
    "thread",
    "threading",
    "time",
    "token",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "uuid",
    "warnings",
    "weakref",
];

/// The name that a program's file should have.
pub(crate) fn file(id: &str) -> String {
    let stem = id.rsplit('/').next().unwrap_or_default();
    if MODULES.contains(&stem) {
        format!("{stem}_case.py")
    } else {
        format!("{stem}.py")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_gets_a_trailing_underscore_and_a_plain_name_stays() {
        assert_eq!(python("lambda"), "lambda_");
        assert_eq!(python("main"), "main_");
        assert_eq!(python("ValueError"), "ValueError_");
        assert_eq!(python("queue"), "queue");
    }

    #[test]
    fn a_file_is_not_taken_for_a_module() {
        assert_eq!(file("seed/queue"), "queue_case.py");
        assert_eq!(file("seed/pool_map"), "pool_map.py");
    }
}
