//! Programs: functions and a main, made of statements and expressions.
//!
//! These are checked trees: names are resolved to locals, globals or functions, but a call's
//! receiver is an object only while a program runs, so its arguments stay as written and are bound
//! with the catalogue's signature by whoever makes the call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::error_kind::ErrorKind;
use crate::limits::Limits;
use crate::method::StartMethod;
use crate::relation::Unit;
use crate::value::Value;
use crate::walk;

/// A case: one program and what is claimed of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The path below the cases' folder without its ending, e.g. `seed/pool_map`.
    pub id: String,
    /// A fact in one sentence.
    pub title: String,
    /// The clauses it tests.
    pub clauses: Vec<String>,
    /// The program; an empty one where there are contenders.
    pub program: Program,
    /// Programs that are measured side by side, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contenders: Vec<(String, Program)>,
    /// What is claimed of its behaviour.
    pub claims: Vec<Claim>,
    /// The id of the same program without what makes the claims true.
    pub twin: Option<String>,
    /// The start methods it is made for.
    pub methods: Vec<StartMethod>,
    /// How far each of its runs may go.
    pub limits: Limits,
    /// Hash of the file's text, 16 hexadecimal digits.
    pub hash: String,
}

impl Case {
    /// All its programs, each with the name of its contender.
    pub fn programs(&self) -> impl Iterator<Item = (Option<&str>, &Program)> {
        let one = self.contenders.is_empty().then_some((None, &self.program));
        let many = self.contenders.iter();
        one.into_iter()
            .chain(many.map(|(name, program)| (Some(name.as_str()), program)))
    }

    /// The case with one of its contenders as its only program.
    #[must_use]
    pub fn with(&self, contender: &Program) -> Case {
        Case {
            program: contender.clone(),
            contenders: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether it is there to be measured: it has something to measure or to sample.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        self.programs().any(|(_, program)| program.is_measured())
    }

    /// Whether it takes times, which nothing else may disturb.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.programs().any(|(_, program)| program.is_timed())
    }
}

/// A program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Program {
    /// Its functions by name.
    pub functions: BTreeMap<String, Function>,
    /// Its global variables with their first values, in the order of the file.
    pub globals: Vec<(String, Value)>,
    /// False where main runs on import, too (a program without `if __name__ == "__main__":`).
    pub guard: bool,
    /// What the main process does.
    pub main: Block,
}

impl Program {
    /// All its blocks: those of its functions, then main's.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        let functions = self.functions.values().map(|function| &function.body);
        functions.chain([&self.main])
    }

    /// What it measures, each label with its unit and place.
    #[must_use]
    pub fn labels(&self) -> Vec<(&str, Unit, Place)> {
        let mut labels = Vec::new();
        for block in self.blocks() {
            walk::statements(block, &mut |statement| match &statement.kind {
                StatementKind::Measure(label, ..) => {
                    labels.push((label.as_str(), Unit::Nanoseconds, statement.place));
                }
                StatementKind::Sample(label) => {
                    labels.push((label.as_str(), Unit::Bytes, statement.place));
                }
                _ => {}
            });
        }
        labels
    }

    /// Whether it measures anything.
    #[must_use]
    pub fn is_measured(&self) -> bool {
        !self.labels().is_empty()
    }

    /// Whether it takes times.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        let mut labels = self.labels().into_iter();
        labels.any(|(_, unit, _)| unit == Unit::Nanoseconds)
    }
}

/// A function.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Function {
    /// The names of its parameters.
    pub params: Vec<String>,
    /// What it does.
    pub body: Block,
}

/// Statements in order.
pub type Block = Vec<Statement>;

/// A stretch of a case's file, in bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Place {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Place {
    /// So many bytes from this one on.
    #[must_use]
    pub fn new(start: usize, length: usize) -> Place {
        // No case file comes near four gigabytes.
        let byte = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Place {
            start: byte(start),
            end: byte(start + length),
        }
    }

    /// Where a text stands first in quotes.
    #[must_use]
    pub fn quoted(text: &str, wanted: &str) -> Option<Place> {
        let quoted = format!("\"{wanted}\"");
        Some(Place::new(text.find(&quoted)?, quoted.len()))
    }
}

/// One statement and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Where it stands in the file.
    pub place: Place,
}

/// What a statement does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum StatementKind {
    /// `Let("x", e)`, `Let("a, b", e)`: assigns local variables (two or more unpack a sequence).
    Let(Vec<String>, Expression),
    /// `Call("q.put", [1])`, `Call("f", [1])`: calls and forgets the result.
    Call(CallExpression),
    /// `Print(["hello", "$name"])`: writes one line, values separated by a space.
    Print(Vec<Expression>),
    /// `With("$lock", [...])`: enters and leaves a context.
    With(Expression, Block),
    /// `If(condition, [...], [...])`.
    If(Expression, Block, Block),
    /// `For("x", sequence, [...])`, `For("k, v", ...)`: iterates over a list, tuple, dict's keys, range or iterator.
    For(Vec<String>, Expression, Block),
    /// `Repeat(3, [...])`: so many times.
    Repeat(u32, Block),
    /// `Drain(queue: "$q", name: "x", until: None, body: [...])`: gets from a queue until the stop value comes.
    Drain {
        /// The queue.
        queue: Expression,
        /// The variable that each item is assigned to.
        name: String,
        /// The value that ends it.
        until: Value,
        /// What is done with each item.
        body: Block,
    },
    /// `Try(body: [...], except: {"empty": [...]}, finally: [...])`.
    Try {
        /// What is tried.
        body: Block,
        /// What is done for an error of a kind; the first that fits.
        handlers: Vec<(ErrorPattern, Block)>,
        /// What is done in any event.
        finally: Block,
    },
    /// `Raise(Error("value", "text"))`.
    Raise(Expression),
    /// `Return(e)`, `Return()`.
    Return(Option<Expression>),
    /// `SetItem("$a", 0, e)`.
    SetItem(Expression, Expression, Expression),
    /// `SetAttr("v.value", e)`.
    SetAttr(Expression, String, Expression),
    /// `SetGlobal("g", e)`.
    SetGlobal(String, Expression),
    /// `Del("x")`: forgets local variables.
    Del(Vec<String>),
    /// `Exit(3)`: ends this process as `sys.exit` does, unwinding `finally` and `With`.
    Exit(Expression),
    /// `Signal("$p", "STOP")`: sends a signal to a process (`STOP`, `CONT`, `TERM`, `KILL`).
    Signal(Expression, String),
    /// `Settle`: waits until nothing else in the program can move.
    Settle,
    /// `Measure("label", 100, [...])`: does it so many times, and takes the time of each.
    Measure(String, u32, Block),
    /// `Sample("label")`: takes the memory of the program's processes.
    Sample(String),
}

/// Which errors a handler takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorPattern {
    /// Errors of one kind.
    Kind(ErrorKind),
    /// Any error (`"any"`), but not an exit.
    Any,
}

/// An expression and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands in the file.
    pub place: Place,
}

/// What an expression is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ExpressionKind {
    /// A literal, with all its contents literal too.
    Literal(Value),
    /// `"$x"` where x is a local variable or parameter.
    Local(String),
    /// `"$x"` where x is a global variable.
    Global(String),
    /// `"$mp"`: the multiprocessing module itself (its default context).
    Module,
    /// `"$p.exitcode"`.
    Attribute(Box<Expression>, String),
    /// `Fn("f")`, or the name of a function where the catalogue wants one.
    Function(String),
    /// `[a, b]` with something in it that is not literal.
    List(Vec<Expression>),
    /// `(a, b)`.
    Tuple(Vec<Expression>),
    /// `{k: v}`, keys literal.
    Dict(Vec<(Value, Expression)>),
    /// `Item("$a", 0)`.
    Item(Box<Expression>, Box<Expression>),
    /// `Slice("$a", 0, 10)`, `Slice("$a")` for all; one access an element.
    Slice(
        Box<Expression>,
        Option<Box<Expression>>,
        Option<Box<Expression>>,
    ),
    /// `New("Queue", (maxsize: 1))`, `New("Lock")`.
    New {
        /// The object's name in the catalogue.
        object: String,
        /// Its arguments.
        arguments: Arguments,
    },
    /// `Call("q.get", (timeout: Soon))`.
    Call(Box<CallExpression>),
    /// `Range(3)`, `Range(1, 3)`.
    Range(Box<Expression>, Box<Expression>),
    /// `Soon`: a timeout that may expire whenever its caller is blocked.
    Soon,
    /// `Late`: a timeout that expires only where nothing else can move.
    Late,
    /// `Add(a, b)` and the like.
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `Not(a)` and the like.
    Unary(UnaryOperator, Box<Expression>),
    /// `And([a, b])`: stops at the first that is false.
    And(Vec<Expression>),
    /// `Or([a, b])`: stops at the first that is true.
    Or(Vec<Expression>),
    /// `Error("value", "text")`.
    Error(ErrorKind, Box<Expression>),
    /// `Bytes(65536)`: so many zero bytes.
    Zeros(u32),
}

/// A call: of a method of an object, or of a function of the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallExpression {
    /// Who is called.
    pub callee: Callee,
    /// Its arguments.
    pub arguments: Arguments,
    /// Where the call stands in the file.
    pub place: Place,
}

/// Who is called.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Callee {
    /// `"f"`: a function of the program, in this process.
    Function(String),
    /// `"q.put"`, `"p.sentinel.x"`: a method; all but the last name lead to its object.
    Method(Expression, String),
}

/// Arguments as written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Arguments {
    /// By position.
    pub positional: Vec<Expression>,
    /// By name, in the order of the file.
    pub named: Vec<(String, Expression)>,
}

impl Arguments {
    /// The argument of a parameter, by position or name.
    #[must_use]
    pub fn of(&self, index: usize, name: &str) -> Option<&Expression> {
        let mut named = self.named.iter();
        let named = named.find(|(known, _)| known == name);
        self.positional.get(index).or(named.map(|(_, value)| value))
    }
}

/// An operator with two operands, with Python's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOperator {
    /// `a + b`: numbers, texts, bytes, lists, tuples.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// `a // b`.
    FloorDiv,
    /// `a % b`.
    Mod,
    /// `a == b`.
    Eq,
    /// `a != b`.
    Ne,
    /// `a < b`.
    Lt,
    /// `a <= b`.
    Le,
    /// `a > b`.
    Gt,
    /// `a >= b`.
    Ge,
    /// `a in b`.
    In,
}

/// An operator with one operand, with Python's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOperator {
    /// `not a`.
    Not,
    /// `-a`.
    Neg,
    /// `len(a)`.
    Len,
    /// `sorted(a)`: a new list.
    Sorted,
    /// `sum(a)`.
    Sum,
    /// `str(a)`.
    Str,
    /// `list(a)`: a new list of a sequence, a dict's keys, a proxy's copy or an iterator's rest.
    List,
    /// `dict(a)`: a new dict, e.g. of a managed one.
    Dict,
    /// `Work(1000)`: the result of a calculation of so many rounds.
    Work,
}
