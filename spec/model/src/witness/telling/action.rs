//! What a step does, in the program's own words: `q.put(1)`, `lock.acquire()`.

use poolproof_case::catalogue::{Class, Method};
use poolproof_case::{Value, print};

use crate::compile::{Instruction, OWN};
use crate::machine::step::{Actor, Moves};
use crate::machine::{Machine, Pending, Step, class};
use crate::objects::{Access, Body, Operation};
use crate::state::{
    Cell, Frame, NOBODY, ObjectId, Parcel, Phase, ProcessId, Role, Signal, Stage, State, Val, Work,
};

/// Of longer arguments, only the beginning is told.
const CHARS_MAX: usize = 60;

/// Containers deeper than this are left out: one may contain itself.
const DEPTH_MAX: u32 = 4;

/// What a step does.
pub(super) fn action(machine: &Machine, state: &State, moves: &Moves, step: Step) -> String {
    let teller = Teller { machine, state };
    match moves.actor {
        Actor::Feeder(queue, at) => match &state.objects[queue as usize].body {
            Body::Queue(queue) => {
                let next = queue.feeders[at].buffer.front();
                let next = next.map_or_else(String::new, |parcel| teller.parcel(parcel));
                format!("writes {next} into the pipe")
            }
            _ => "writes its next value".to_owned(),
        },
        Actor::Lost(..) if step == Step::Way(1) => {
            "keeps an end of a pipe that nothing refers to".to_owned()
        }
        Actor::Lost(..) => "closes an end of a pipe that nothing refers to".to_owned(),
        Actor::Replacement(_) => "starts a worker in place of one that ended".to_owned(),
        Actor::Process(process) => teller.process(process, moves, step),
    }
}

/// The object that an access is made to.
pub(super) fn receiver(moves: &Moves) -> Option<ObjectId> {
    match &moves.pending {
        Some(Pending::Object(Access {
            receiver: Val::Object(id),
            ..
        })) => Some(*id),
        _ => None,
    }
}

struct Teller<'a> {
    machine: &'a Machine,
    state: &'a State,
}

impl Teller<'_> {
    fn process(&self, process: ProcessId, moves: &Moves, step: Step) -> String {
        let own = &self.state.processes[process as usize];
        if step == Step::Signal {
            let signal = own.signal.map_or("a signal", name_of);
            return format!("{signal} arrives");
        }
        if let Some(finish) = own.ending {
            return match finish.stage {
                Stage::Daemons | Stage::Leave => format!("ends with {}", finish.code),
                Stage::Children => "goes on to end: its children have ended".to_owned(),
                Stage::Feeders => "goes on to end: what it put is written".to_owned(),
            };
        }
        let Some(frame) = self.state.frame(process) else {
            return self.between_calls(&own.role);
        };
        let action = match &moves.pending {
            Some(Pending::Object(access)) => self.access(process, frame, access),
            Some(Pending::Print) => "print".to_owned(),
            Some(Pending::Signal(signal)) => {
                let to = self
                    .subject(frame)
                    .unwrap_or_else(|| "a process".to_owned());
                format!("sends {} to {to}", name_of(*signal))
            }
            Some(Pending::Settle) => "goes on, since nothing else can move".to_owned(),
            Some(Pending::Global(global)) => self.global(frame, *global),
            None => "goes on".to_owned(),
        };
        let goes_on = !matches!(frame.phase, Phase::Begin | Phase::At(0));
        match (step, goes_on) {
            (Step::Expire, _) => format!("{action} is out of time"),
            (_, true) => format!("{action} goes on"),
            _ => action,
        }
    }

    /// What a pool's worker or result handler does without a call.
    fn between_calls(&self, role: &Role) -> String {
        let text = match role {
            Role::Worker {
                work: Work::Task(_),
                ..
            } => "hands in its result",
            Role::Worker { pool, .. } => match &self.state.objects[*pool as usize].body {
                Body::Pool(pool) if pool.tasks.is_empty() => "leaves the pool",
                _ => "takes the oldest task",
            },
            Role::Handler { job, .. } if *job != NOBODY => "makes the result ready",
            Role::Handler { .. } => "takes a result",
            Role::Main | Role::Child => "goes on",
        };
        text.to_owned()
    }

    fn global(&self, frame: &Frame, global: u16) -> String {
        let name = &self.machine.code.globals[usize::from(global)].0;
        let function = &self.machine.code.functions[usize::from(frame.function)];
        match function.instructions[frame.pc as usize] {
            Instruction::StoreGlobal(_) => format!("{name} = …"),
            _ => format!("reads {name}"),
        }
    }

    /// What the access at which a frame stands is made to, as the program names it.
    fn subject(&self, frame: &Frame) -> Option<String> {
        let function = &self.machine.code.functions[usize::from(frame.function)];
        function.subjects.get(&(frame.pc as usize)).cloned()
    }

    fn access(&self, process: ProcessId, frame: &Frame, access: &Access) -> String {
        let cells = &self.state.space(process).cells;
        let kind = self.kind(&access.receiver, cells);
        let subject = self.subject(frame).unwrap_or_else(|| kind.to_owned());
        let argument = |at: usize| self.shown(access.argument(at), cells);
        let attribute = || self.machine.code.names.text(access.symbol);
        match access.operation {
            Operation::Call(method) => {
                let arguments = self.arguments(access, method, cells);
                format!("{subject}.{}({arguments})", method.name())
            }
            Operation::Get(_) => format!("reads {subject}.{}", attribute()),
            Operation::Set(_) => format!("{subject}.{} = {}", attribute(), argument(0)),
            Operation::Enter => format!("enters {subject}"),
            Operation::Leave => format!("leaves {subject}"),
            Operation::Item => format!("reads {subject}[{}]", argument(0)),
            Operation::SetItem => format!("{subject}[{}] = {}", argument(0), argument(1)),
            Operation::Slice => format!("reads a part of {subject}"),
            Operation::Copy => format!("reads {subject}"),
            Operation::Next => format!("next of {subject}"),
        }
    }

    fn arguments(&self, access: &Access, method: Method, cells: &[Cell]) -> String {
        let parameters = method.parameters();
        let mut told = Vec::new();
        let mut has_gap = false;
        for (at, value) in access.arguments.iter().enumerate() {
            if *value == Val::Unset {
                has_gap = true;
                continue;
            }
            let value = self.shown(value, cells);
            match parameters.get(at) {
                Some(parameter) if has_gap => told.push(format!("{}={value}", parameter.name)),
                _ => told.push(value),
            }
        }
        shortened(&told.join(", "))
    }

    /// The name of a value's class in the catalogue.
    fn kind(&self, value: &Val, cells: &[Cell]) -> &'static str {
        class(&self.state.objects, value, cells).map_or("value", Class::name)
    }

    fn parcel(&self, parcel: &Parcel) -> String {
        shortened(&match parcel {
            Parcel::Copy(message) => self.shown(&message.root, &message.cells),
            Parcel::Same(value) => self.shown(value, &self.state.spaces[0].cells),
            Parcel::Bytes(bytes, _) => self.shown(&Val::Bytes(*bytes), &[]),
        })
    }

    /// A value as Python shows it inside a container; what has no such text by its type.
    fn shown(&self, value: &Val, cells: &[Cell]) -> String {
        self.shown_within(value, cells, DEPTH_MAX)
    }

    fn shown_within(&self, value: &Val, cells: &[Cell], depth: u32) -> String {
        if depth == 0 {
            return "…".to_owned();
        }
        let inner = |value: &Val| self.shown_within(value, cells, depth - 1);
        // More items than characters are cut off in the end.
        let all = |values: &[Val]| {
            let first = values.iter().take(CHARS_MAX).map(inner);
            first.collect::<Vec<_>>().join(", ")
        };
        match value {
            Val::Tuple(items) if items.len() == 1 => format!("({},)", all(items)),
            Val::Tuple(items) => format!("({})", all(items)),
            Val::Ref(at) => match cells.get(*at as usize) {
                Some(Cell::List(items)) => format!("[{}]", all(items)),
                Some(Cell::Dict(pairs)) => {
                    let pairs = pairs.iter().take(CHARS_MAX);
                    let pairs =
                        pairs.map(|(key, value)| format!("{}: {}", inner(key), inner(value)));
                    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
                }
                _ => "connection".to_owned(),
            },
            Val::Function(number) => self.machine.code.function_names[usize::from(*number)].clone(),
            Val::Range(start, stop) => format!("range({start}, {stop})"),
            Val::Soon => "Soon".to_owned(),
            Val::Late => "Late".to_owned(),
            Val::Object(_) | Val::Module | Val::Context(_) => self.kind(value, cells).to_owned(),
            Val::Unset | Val::Exit(_) | Val::Opaque(_) => "…".to_owned(),
            scalar => self.scalar(scalar),
        }
    }

    fn scalar(&self, value: &Val) -> String {
        let names = &self.machine.code.names;
        print::ascii(&match value {
            Val::Bool(truth) => Value::Bool(*truth),
            Val::Int(number) => Value::Int(*number),
            Val::Float(bits) => Value::Float(f64::from_bits(*bits)),
            Val::Text(text) => {
                let text = names.text(*text).replace(OWN, "");
                Value::Str(text.chars().take(CHARS_MAX).collect())
            }
            Val::Bytes(bytes) => {
                let bytes = names.bytes(*bytes);
                Value::Bytes(bytes[..bytes.len().min(CHARS_MAX)].to_vec())
            }
            Val::Error(kind, text) => Value::Error(*kind, names.text(*text).replace(OWN, "")),
            _ => Value::None,
        })
    }
}

fn name_of(signal: Signal) -> &'static str {
    match signal {
        Signal::Stop => "SIGSTOP",
        Signal::Continue => "SIGCONT",
        Signal::Terminate => "SIGTERM",
        Signal::Kill => "SIGKILL",
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
