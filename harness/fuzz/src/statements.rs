//! Statements: mostly something that is done to an object that is there, as the catalogue has it.

use poolproof_case::catalogue::{self, Kind, Object, Signature};

use crate::generate::Generator;
use crate::scene::{Scope, Thing};

/// What a statement is, by weight.
#[derive(Clone, Copy)]
enum Form {
    Print,
    Use,
    With,
    Try,
    If,
    Loop,
    Assign,
    Global,
    New,
    Fault,
}

const FORMS: &[(u32, Form)] = &[
    (14, Form::Print),
    (50, Form::Use),
    (9, Form::With),
    (7, Form::Try),
    (3, Form::If),
    (4, Form::Loop),
    (3, Form::Assign),
    (3, Form::Global),
    (2, Form::New),
    (5, Form::Fault),
];

/// The most blocks within blocks.
const DEPTH_MAX: u32 = 3;

impl Generator {
    /// At most so many statements, and no more than the program may still get.
    pub(crate) fn statements(&mut self, scope: &mut Scope, most: u32) -> Vec<String> {
        let mut made = Vec::new();
        for _ in 0..most {
            made.extend(self.statement(scope));
        }
        made
    }

    /// A block of at most so many statements; what it makes is not seen outside.
    fn block(&mut self, scope: &mut Scope, most: u32) -> String {
        let (things, values) = (scope.things.len(), scope.values.len());
        scope.depth += 1;
        let count = self.chance.between(1, most);
        let mut made = self.statements(scope, count);
        if made.is_empty() {
            made.push(self.print(scope));
        }
        scope.depth -= 1;
        scope.things.truncate(things);
        scope.values.truncate(values);
        format!("[{}]", made.join(", "))
    }

    /// A statement; none where the program is long enough.
    pub(crate) fn statement(&mut self, scope: &mut Scope) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        let form = self.chance.weighted(FORMS).copied().unwrap_or(Form::Print);
        let made = match form {
            Form::Print => None,
            Form::Use => self.use_of_something(scope),
            Form::With => self.with(scope),
            Form::Try => self.attempt(scope),
            Form::If if scope.depth < DEPTH_MAX => {
                let condition = self.condition(scope);
                Some(format!("If({condition}, {})", self.block(scope, 2)))
            }
            Form::Loop if scope.depth < DEPTH_MAX => Some(self.repeat(scope)),
            Form::Assign => {
                let (name, value) = (format!("n{}", self.number()), self.value());
                scope.values.push(name.clone());
                Some(format!("Let(\"{name}\", {value})"))
            }
            Form::Global => Some(self.global(scope)),
            Form::New => {
                let objects = [
                    (3, "Lock"),
                    (3, "Queue"),
                    (2, "Event"),
                    (2, "Value"),
                    (2, "list"),
                ];
                let object = self.chance.weighted(&objects).copied()?;
                Some(self.new_thing(scope, object))
            }
            Form::Fault => self.fault(scope),
            Form::If | Form::Loop => None,
        };
        Some(made.unwrap_or_else(|| self.print(scope)))
    }

    /// What a line begins with, which no other line of the program does.
    pub(crate) fn line(&mut self, scope: &Scope) -> String {
        format!("\"{}.{}\"", scope.prefix, self.number())
    }

    fn print(&mut self, scope: &Scope) -> String {
        let line = self.line(scope);
        match scope.values.is_empty() || self.chance.percent(60) {
            true => format!("Print([{line}])"),
            false => format!("Print([{line}, \"${}\"])", self.chance.of(&scope.values)),
        }
    }

    fn repeat(&mut self, scope: &mut Scope) -> String {
        if self.chance.percent(40) {
            return format!("Repeat(2, {})", self.block(scope, 2));
        }
        let name = format!("i{}", self.number());
        scope.values.push(name.clone());
        let block = self.block(scope, 2);
        scope.values.pop();
        format!("For(\"{name}\", Range(2), {block})")
    }

    fn global(&mut self, scope: &Scope) -> String {
        match self.chance.percent(50) {
            true => format!(
                "SetGlobal(\"common\", Add(\"$common\", {}))",
                self.chance.between(1, 2)
            ),
            false => format!("Print([{}, \"$common\"])", self.line(scope)),
        }
    }

    fn condition(&mut self, scope: &Scope) -> String {
        let tells = |thing: &&Thing| {
            let known = catalogue::object(thing.object);
            known.is_some_and(|known| known.methods.iter().any(|one| one.returns == Kind::Bool))
        };
        let telling: Vec<&Thing> = scope.things.iter().filter(tells).collect();
        if telling.is_empty() || self.chance.percent(40) {
            return format!("Eq(\"$common\", {})", self.chance.below(2));
        }
        let thing = (*self.chance.of(&telling)).clone();
        let known = catalogue::object(thing.object);
        let methods = known.into_iter().flat_map(|known| known.methods);
        let methods: Vec<&Signature> = methods.filter(|one| one.returns == Kind::Bool).collect();
        let method = *self.chance.of(&methods);
        let given = self.arguments(scope, thing.object, method.name, method.parameters);
        format!("Call(\"{}.{}\"{given})", thing.name, method.name)
    }

    /// Something that is there, the later ones no more often than the first.
    pub(crate) fn something(&mut self, scope: &Scope, fits: fn(&Object) -> bool) -> Option<Thing> {
        let fits = |thing: &&Thing| catalogue::object(thing.object).is_some_and(fits);
        let fitting: Vec<&Thing> = scope.things.iter().filter(fits).collect();
        match fitting.is_empty() {
            true => None,
            false => Some((*self.chance.of(&fitting)).clone()),
        }
    }

    fn with(&mut self, scope: &mut Scope) -> Option<String> {
        let thing = self.something(scope, |known| known.context && known.name != "Connection")?;
        if scope.depth >= DEPTH_MAX {
            return None;
        }
        let block = self.block(scope, 3);
        Some(format!("With(\"${}\", {block})", thing.name))
    }

    fn attempt(&mut self, scope: &mut Scope) -> Option<String> {
        if scope.depth >= DEPTH_MAX {
            return None;
        }
        let (things, values) = (scope.things.len(), scope.values.len());
        scope.depth += 1;
        let tried = match self.chance.percent(25) {
            true => self.fault(scope),
            false => self.use_of_something(scope),
        };
        scope.depth -= 1;
        scope.things.truncate(things);
        scope.values.truncate(values);
        let tried = tried.unwrap_or_else(|| self.print(scope));
        let kinds = [
            (12, "any"),
            (4, "empty"),
            (3, "timeout"),
            (2, "full"),
            (2, "closed"),
            (2, "eof"),
            (2, "usage"),
            (2, "over_release"),
            (2, "not_owner"),
            (2, "broken_barrier"),
            (1, "type"),
            (1, "index"),
            (1, "key"),
            (1, "worker_lost"),
            (1, "broken_pipe"),
            (1, "attribute"),
        ];
        let kind = self.chance.weighted(&kinds)?;
        let (line, end) = (self.line(scope), self.line(scope));
        let finally = match self.chance.percent(20) {
            true => format!(", finally: [Print([{end}])]"),
            false => String::new(),
        };
        Some(format!(
            "Try(body: [{tried}], except: {{\"{kind}\": [Print([{line}])]}}{finally})"
        ))
    }

    /// What goes wrong because the program says so.
    fn fault(&mut self, scope: &mut Scope) -> Option<String> {
        let line = self.line(scope);
        let faults = [
            "Raise(Error(\"value\", \"wrong\"))".to_owned(),
            format!("Exit({})", self.chance.below(4)),
            format!("Print([{line}, Add(\"a\", 1)])"),
            format!("Print([{line}, Item([0, 1], 5)])"),
            format!("Print([{line}, Item({{\"a\": 1}}, \"b\")])"),
            format!("Print([{line}, FloorDiv(1, \"$common\")])"),
            format!("Print([{line}, Lt(\"a\", \"$common\")])"),
            "Let(\"none\", None), Raise(\"$none\")".to_owned(),
        ];
        if let Some(process) = self.something(scope, |known| known.name == "Process")
            && self.chance.percent(40)
        {
            let how = self.chance.of(&["terminate", "kill"]);
            return Some(format!("Call(\"{}.{how}\")", process.name));
        }
        // What only a new process is given is put into a queue.
        let queue = self.something(scope, |known| known.name.ends_with("Queue"));
        let lock = self.something(scope, |known| {
            matches!(known.name, "Lock" | "Event" | "Value")
        });
        if let (Some(queue), Some(lock), true) = (queue, lock, self.chance.percent(30)) {
            return Some(format!(
                "Call(\"{}.put\", [[\"${}\"]])",
                queue.name, lock.name
            ));
        }
        Some(self.chance.of(&faults).clone())
    }
}
