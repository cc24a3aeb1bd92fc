//! What a block may raise: kinds, with the classes that Python has for them there.
//!
//! Which of a program's kinds need a class of their own is left to `marks`.

use std::collections::{BTreeMap, BTreeSet};

use poolproof_case::catalogue::{Class, GONE, Kind, Method, Raise, python_classes};
use poolproof_case::program::{
    BinaryOperator, Block, CallExpression, Callee, Expression, ExpressionKind, Statement,
    StatementKind, UnaryOperator,
};
use poolproof_case::walk::{self, Part};
use poolproof_case::{ErrorKind, Value};

use crate::classes::{Classes, THREADS_MISUSE, all_classes, first_class};
use crate::meaning::{delivers, meaning};
use crate::writer::Writer;

/// Kinds, each with where it comes from.
pub(crate) type Raised = BTreeMap<ErrorKind, Origin>;

/// Python's classes for a kind, by what raises them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Of calls and of the program's own errors, which can be given another class.
    pub(crate) told: Classes,
    /// Of Python's operators, which have theirs.
    pub(crate) bare: Classes,
}

impl Origin {
    /// All its classes.
    pub(crate) fn classes(&self) -> Classes {
        &self.told | &self.bare
    }
}

impl Writer<'_> {
    /// What a block of a scope may raise, the functions that it calls included.
    pub(crate) fn raised(&self, scope: &str, block: &Block) -> Raised {
        let mut raised = Raised::new();
        let mut seen = BTreeSet::new();
        if self.collect(scope, block, &mut raised, &mut seen) {
            for (kind, origin) in self.raised_by_functions() {
                let known = raised.entry(kind).or_default();
                known.told.extend(origin.told);
                known.bare.extend(origin.bare);
            }
        }
        raised
    }

    /// What any function may raise, and any error that the program makes.
    pub(crate) fn raised_by_functions(&self) -> Raised {
        let mut raised = Raised::new();
        let mut seen = BTreeSet::new();
        for (name, function) in &self.case.program.functions {
            self.collect(name, &function.body, &mut raised, &mut seen);
        }
        walk::program(&self.case.program, &mut |part| {
            if let Part::Expression(expression) = part {
                own(expression, &mut raised);
            }
        });
        raised
    }

    /// What a call of a method may raise.
    pub(crate) fn raised_by_call(&self, scope: &str, call: &CallExpression) -> Raised {
        match &call.callee {
            Callee::Method(receiver, name) => match Class::of(name) {
                Some(class) if self.objects_in(scope, receiver).contains(&Class::Context) => {
                    raised_by_making(class)
                }
                _ => self.raised_by_method(scope, receiver, name),
            },
            Callee::Function(_) => Raised::new(),
        }
    }

    /// What a method of a receiver may raise.
    pub(crate) fn raised_by_method(
        &self,
        scope: &str,
        receiver: &Expression,
        name: &str,
    ) -> Raised {
        let mut raised = Raised::new();
        for (class, method) in self.methods(scope, receiver, name) {
            self.add_method(class, method, &mut raised);
        }
        raised
    }

    /// Whether a call may raise what a function of the program raised.
    pub(crate) fn delivers(&self, scope: &str, call: &CallExpression) -> bool {
        let Callee::Method(receiver, name) = &call.callee else {
            return false;
        };
        let methods = self.methods(scope, receiver, name);
        methods
            .iter()
            .any(|(class, method)| delivers(*class, *method))
    }

    /// Adds what a block raises; says whether what any function raises may come out there, too.
    fn collect(
        &self,
        scope: &str,
        block: &Block,
        raised: &mut Raised,
        seen: &mut BTreeSet<String>,
    ) -> bool {
        let mut called = Vec::new();
        let mut delivers = false;
        walk::all(block, &mut |part| match part {
            Part::Statement(statement) => {
                delivers |= self.statement_raises(scope, statement, raised);
            }
            Part::Expression(expression) => {
                own(expression, raised);
                self.operator(scope, expression, raised);
                delivers |= matches!(&expression.kind, ExpressionKind::Unary(_, of)
                    if self.objects_in(scope, of).contains(&Class::ResultIterator));
            }
            Part::Call(call) => {
                delivers |= self.delivers(scope, call);
                if self.may_misfit(scope, call) {
                    bare(raised, ErrorKind::Type);
                }
                told(raised, self.raised_by_call(scope, call));
                match &call.callee {
                    Callee::Function(name) => called.push(name.clone()),
                    Callee::Method(receiver, _) => self.receiver(scope, receiver, raised),
                }
            }
        });
        for name in called {
            if let Some(function) = self.case.program.functions.get(&name)
                && seen.insert(name.clone())
            {
                delivers |= self.collect(&name, &function.body, raised, seen);
            }
        }
        delivers
    }

    fn statement_raises(&self, scope: &str, statement: &Statement, raised: &mut Raised) -> bool {
        match &statement.kind {
            StatementKind::Drain { queue, .. } => {
                told(raised, self.raised_by_method(scope, queue, "get"));
                false
            }
            StatementKind::With(context, _) => {
                self.entered(scope, context, raised);
                false
            }
            StatementKind::Raise(error) => !matches!(
                error.kind,
                ExpressionKind::Error(..) | ExpressionKind::Literal(Value::Error(..))
            ),
            StatementKind::For(names, value, _) => {
                if names.len() > 1 {
                    bare(raised, ErrorKind::Value);
                    bare(raised, ErrorKind::Type);
                }
                let classes = self.objects_in(scope, value);
                if classes.contains(&Class::Dict) {
                    bare(raised, ErrorKind::Runtime);
                }
                classes.contains(&Class::ResultIterator)
            }
            StatementKind::Let(names, value) => {
                if names.len() > 1 && !is_pair(value) {
                    bare(raised, ErrorKind::Value);
                    bare(raised, ErrorKind::Type);
                }
                false
            }
            StatementKind::SetItem(..) => {
                bare(raised, ErrorKind::Index);
                bare(raised, ErrorKind::Type);
                false
            }
            StatementKind::SetAttr(of, ..) => {
                if self.objects_in(scope, of).contains(&Class::Process) {
                    let usage = raised.entry(ErrorKind::Usage).or_default();
                    usage.bare.insert("AssertionError");
                    if self.may_be_threads() {
                        usage.bare.insert(THREADS_MISUSE);
                    }
                    bare(raised, ErrorKind::Attribute);
                }
                false
            }
            _ => false,
        }
    }

    /// What entering and leaving raises, which is written without a call.
    fn entered(&self, scope: &str, context: &Expression, raised: &mut Raised) {
        for class in self.objects_in(scope, context) {
            if let Some(entered) = raised_by_entering(class) {
                let closed = raised.entry(ErrorKind::Closed).or_default();
                closed.bare.insert(entered);
            }
            if let Some(release) = class.object().method("release") {
                without_a_call(raised, release.raises);
            }
        }
    }

    /// What Python's operators raise.
    fn operator(&self, scope: &str, expression: &Expression, raised: &mut Raised) {
        use ExpressionKind as E;
        match &expression.kind {
            E::New { object, .. } => {
                let class = Class::of(object);
                told(raised, class.map(raised_by_making).unwrap_or_default());
            }
            E::Attribute(of, _) => {
                self.receiver(scope, of, raised);
                self.asked(scope, of, raised);
            }
            E::Item(of, ..) => {
                self.asked(scope, of, raised);
                for kind in [ErrorKind::Index, ErrorKind::Key, ErrorKind::Type] {
                    bare(raised, kind);
                }
            }
            E::Binary(operator, left, _)
                if !matches!(operator, BinaryOperator::Eq | BinaryOperator::Ne) =>
            {
                bare(raised, ErrorKind::Type);
                if matches!(operator, BinaryOperator::Add | BinaryOperator::Mul) {
                    self.asked(scope, left, raised);
                }
            }
            E::Unary(
                UnaryOperator::Neg
                | UnaryOperator::Len
                | UnaryOperator::Sum
                | UnaryOperator::Sorted,
                _,
            ) => bare(raised, ErrorKind::Type),
            _ => {}
        }
    }

    /// What is asked of a proxy by no call is answered by a manager, which may have ended.
    fn asked(&self, scope: &str, asked: &Expression, raised: &mut Raised) {
        let classes = self.objects_in(scope, asked);
        if classes.into_iter().any(Class::is_managed) {
            without_a_call(raised, GONE);
        }
    }

    /// What is not known to be an object may be None, which has no attributes.
    fn receiver(&self, scope: &str, receiver: &Expression, raised: &mut Raised) {
        if self.objects_in(scope, receiver).is_empty() {
            bare(raised, ErrorKind::Attribute);
        }
    }

    fn add_method(&self, class: Class, method: Method, raised: &mut Raised) {
        if class.is_managed() {
            add(raised, GONE.iter());
        }
        // Only an end of a one-way pipe can be used the wrong way.
        let is_one_way = class != Class::Connection || self.has_one_way_pipe();
        let raises = method.on(class).map_or(&[][..], |known| known.raises);
        let raises = raises.iter();
        add(
            raised,
            raises.filter(|raise| is_one_way || raise.kind != ErrorKind::Usage),
        );
        if self.may_be_threads()
            && meaning(method).is_misused_by_threads
            && let Some(origin) = raised.get_mut(&ErrorKind::Usage)
        {
            origin.told.insert(THREADS_MISUSE);
        }
    }

    fn has_one_way_pipe(&self) -> bool {
        let mut has = false;
        let duplex = Value::Bool(true);
        walk::program(&self.case.program, &mut |part| match part {
            Part::Expression(expression) => {
                if let ExpressionKind::New { object, arguments } = &expression.kind
                    && Class::of(object) == Some(Class::Pipe)
                {
                    let named = arguments.named.iter().map(|(_, value)| value);
                    has |= arguments.positional.iter().chain(named).any(|value| {
                        !matches!(&value.kind, ExpressionKind::Literal(value) if *value == duplex)
                    });
                }
            }
            Part::Call(call) => {
                has |= matches!(&call.callee, Callee::Method(_, name)
                    if Class::of(name) == Some(Class::Pipe));
            }
            Part::Statement(_) => {}
        });
        has
    }
}

/// An error that the program makes itself.
fn own(expression: &Expression, raised: &mut Raised) {
    if let ExpressionKind::Error(kind, _) | ExpressionKind::Literal(Value::Error(kind, _)) =
        &expression.kind
    {
        raised
            .entry(*kind)
            .or_default()
            .told
            .insert(first_class(*kind));
    }
}

/// What making an object may raise.
pub(crate) fn raised_by_making(class: Class) -> Raised {
    let mut raised = Raised::new();
    add(&mut raised, class.object().raises.iter());
    raised
}

/// What Python raises where one that has ended is entered.
fn raised_by_entering(class: Class) -> Option<&'static str> {
    match class {
        Class::Manager | Class::ManagerServer => Some("multiprocessing.ProcessError"),
        Class::Pool => Some("ValueError"),
        _ => None,
    }
}

fn told(raised: &mut Raised, more: Raised) {
    for (kind, origin) in more {
        raised.entry(kind).or_default().told.extend(origin.told);
    }
}

fn bare(raised: &mut Raised, kind: ErrorKind) {
    raised
        .entry(kind)
        .or_default()
        .bare
        .extend(all_classes(kind));
}

/// Adds what is raised where Python makes the call itself.
fn without_a_call(raised: &mut Raised, raises: &[Raise]) {
    let mut more = Raised::new();
    add(&mut more, raises.iter());
    for (kind, origin) in more {
        raised.entry(kind).or_default().bare.extend(origin.told);
    }
}

/// Whether a value certainly has two parts.
fn is_pair(value: &Expression) -> bool {
    match &value.kind {
        ExpressionKind::New { object, .. } => {
            let class = Class::of(object);
            class.is_some_and(|class| matches!(class.object().makes, Kind::Pair(..)))
        }
        _ => false,
    }
}

fn add<'a>(raised: &mut Raised, raises: impl Iterator<Item = &'a Raise>) {
    for raise in raises {
        let classes = match raise.classes {
            "" => python_classes(raise.kind),
            classes => classes,
        };
        let origin = raised.entry(raise.kind).or_default();
        origin.told.extend(classes.split(", "));
    }
}
