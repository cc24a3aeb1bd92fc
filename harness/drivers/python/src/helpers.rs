//! The few functions of its own that a written program has, each only where it is used.

use poolproof_case::program::ExpressionKind;
use poolproof_case::walk::{self, Part};
use poolproof_case::{Case, Value, work};

use crate::need::Need;
use crate::writer::Writer;

const SHOW: &str = r#"def show(*values):
    """Writes one line at once, so that it is never torn."""
    text = " ".join(str(value) for value in values)
    os.write(1, (text + "\n").encode())"#;

/// The writing of a line to stdout, and to the file that is given instead.
const TO_STDOUT: &str = "    os.write(1, ";
const TO_FILE: &str = r#"    out = os.environ.get("POOLPROOF_OUT")
    with open(out or 1, "ab", buffering=0, closefd=bool(out)) as file:
        file.write("#;

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

const SIGNAL: &str = r#"def send_signal(process, number):
    """Sends a signal; to a process that has ended it does nothing."""
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        pass"#;

const WORK: &str = r#"def calculate(rounds):
    """Calculates so many rounds, each of which waits for the one before it."""
    state = (FIRST + rounds) & 0xFFFFFFFFFFFFFFFF
    for _ in range(rounds):
        state = (state * FACTOR + SUMMAND) & 0xFFFFFFFFFFFFFFFF
    return state >> SHIFT"#;

const MEASURE: &str = r#"def measure(label, times):
    """Gives a round after the other and takes the time of each."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter_ns()
        yield
        taken.append(time.perf_counter_ns() - begun)
    tell('{"measure": "%s", "nanoseconds": %s}' % (label, taken))"#;

const SAMPLE: &str = r#"def sample(label):
    """Waits until the memory of all processes has been looked at."""
    tell('{"sample": "%s"}' % label)"#;

const TELL: &str = r#"def tell(text):
    """Tells Poolproof, where it has started this, and waits until it has heard; else the user."""
    kind, _, place = os.environ.get("POOLPROOF_CONTROL", "").partition(":")
    if kind == "unix":
        control = socket.socket(socket.AF_UNIX)
        control.connect(place)
    elif kind == "tcp":
        host, _, port = place.rpartition(":")
        control = socket.create_connection((host, int(port)))
    else:
        os.write(2, (text + "\n").encode())
        return
    with control:
        control.sendall((text + "\n").encode())
        control.recv(1)"#;

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
            let show = if is_ascii { SHOW } else { SHOW_UNICODE };
            helpers.push(match self.options.prints_to_file {
                true => show.replace(TO_STDOUT, TO_FILE),
                false => show.to_owned(),
            });
        }
        helpers.extend(self.marking());
        if self.needs.has(&Need::Settle) {
            self.needs.add(Need::Import("os"));
            self.needs.add(Need::Import("time"));
            helpers.push(SETTLE.to_owned());
        }
        if self.needs.has(&Need::Signal) {
            self.needs.add(Need::Import("os"));
            self.needs.add(Need::Import("signal"));
            helpers.push(SIGNAL.to_owned());
        }
        helpers.extend(self.measuring());
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

impl Writer<'_> {
    /// What a program has that is measured.
    fn measuring(&mut self) -> Vec<String> {
        let mut helpers = Vec::new();
        if self.needs.has(&Need::Work) {
            let numbers = [
                ("FIRST", format!("{:#X}", work::START).replace('X', "x")),
                ("FACTOR", work::FACTOR.to_string()),
                ("SUMMAND", work::SUMMAND.to_string()),
                ("SHIFT", work::SHIFT.to_string()),
            ];
            let named = numbers.iter();
            helpers.push(named.fold(WORK.to_owned(), |text, (name, number)| {
                text.replace(name, number)
            }));
        }
        let (measure, sample) = (
            self.needs.has(&Need::Measure),
            self.needs.has(&Need::Sample),
        );
        if measure || sample {
            self.needs.add(Need::Import("os"));
            self.needs.add(Need::Import("socket"));
            helpers.push(TELL.to_owned());
        }
        if measure {
            self.needs.add(Need::Import("time"));
            helpers.push(MEASURE.to_owned());
        }
        if sample {
            helpers.push(SAMPLE.to_owned());
        }
        helpers
    }
}

/// Whether all text of a case is ASCII, so that `str` and `ascii` agree inside containers.
fn is_ascii(case: &Case) -> bool {
    let globals = &case.program.globals;
    let mut is = globals.iter().all(|(_, value)| is_ascii_value(value));
    walk::program(&case.program, &mut |part| {
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
