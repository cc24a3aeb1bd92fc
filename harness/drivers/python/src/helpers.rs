//! The few functions of its own that a written program has, each only where it is used.

use poolproof_case::program::ExpressionKind;
use poolproof_case::{Case, Value};

use crate::need::Need;
use crate::walk::{Part, visit_program};
use crate::writer::Writer;

const SHOW: &str = r#"def show(*values):
    """Writes one line at once, so that it is never torn."""
    text = " ".join(str(value) for value in values)
    os.write(1, (text + "\n").encode())"#;

/// Inside containers, text is escaped as `ascii` does it.
const SHOW_UNICODE: &str = r#"def show(*values):
    """Writes one line at once, so that it is never torn."""
    texts = (
        value if isinstance(value, str)
        else str(value).encode("ascii", "backslashreplace").decode()
        for value in values
    )
    os.write(1, (" ".join(texts) + "\n").encode())"#;

const SETTLE: &str = r#"def settle():
    """Waits until nothing else in the program can move."""
    time.sleep(float(os.environ.get("POOLPROOF_SETTLE", "0.3")))"#;

const PAUSE: &str = r#"generators = {}


def pause():
    """Waits a moment or not, by a seed, the process and the thread, where the plan says so."""
    if os.environ.get("POOLPROOF_PLAN") != "pauses":
        return
    who = (multiprocessing.current_process().name, threading.current_thread().name)
    if who not in generators:
        generators[who] = random.Random(os.environ.get("POOLPROOF_SEED", "0") + repr(who))
    if generators[who].random() < 0.5:
        time.sleep(generators[who].uniform(0, 0.002))"#;

impl Writer<'_> {
    /// The helpers that are used.
    pub(crate) fn helpers(&mut self) -> Vec<String> {
        let mut helpers = Vec::new();
        if self.needs.has(&Need::Show) {
            self.needs.add(Need::Import("os"));
            let is_ascii = is_ascii(self.case);
            helpers.push(if is_ascii { SHOW } else { SHOW_UNICODE }.to_owned());
        }
        if self.needs.has(&Need::Settle) {
            self.needs.add(Need::Import("os"));
            self.needs.add(Need::Import("time"));
            helpers.push(SETTLE.to_owned());
        }
        if self.options.pauses {
            for module in ["multiprocessing", "os", "random", "threading", "time"] {
                self.needs.add(Need::Import(module));
            }
            helpers.push(PAUSE.to_owned());
        }
        if self.needs.has(&Need::Server) {
            self.needs.add(Need::Context);
            helpers.extend(self.sharing_manager());
        }
        helpers
    }
}

/// Whether all text of a case is ASCII, so that `str` and `ascii` agree inside containers.
fn is_ascii(case: &Case) -> bool {
    let globals = &case.program.globals;
    let mut is = globals.iter().all(|(_, value)| is_ascii_value(value));
    visit_program(&case.program, &mut |part| {
        if let Part::Expression(expression) = part
            && let ExpressionKind::Literal(value) = &expression.kind
        {
            is &= is_ascii_value(value);
        }
    });
    is
}

fn is_ascii_value(value: &Value) -> bool {
    match value {
        Value::Str(text) | Value::Error(_, text) => text.is_ascii(),
        Value::List(items) | Value::Tuple(items) => items.iter().all(is_ascii_value),
        Value::Dict(pairs) => pairs
            .iter()
            .all(|(key, value)| is_ascii_value(key) && is_ascii_value(value)),
        _ => true,
    }
}
