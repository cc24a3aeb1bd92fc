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
    "main",
    "pause",
    "problem",
    "settle",
    "show",
    "start_server",
    "_",
];

/// The name in Python: the same, with an underscore behind where it is taken.
pub(crate) fn python(name: &str) -> String {
    if TAKEN.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_gets_a_trailing_underscore_and_a_plain_name_stays() {
        assert_eq!(python("lambda"), "lambda_");
        assert_eq!(python("main"), "main_");
        assert_eq!(python("queue"), "queue");
    }
}
