//! A whole program: objects, functions that processes run, and a main that brings them together.

use std::ops::RangeInclusive;

use poolproof_case::{Case, Diagnostic};

use crate::chance::Chance;
use crate::scene::{Scope, TRAVELS};

/// The objects that a program is about, by weight.
const OBJECTS: &[(u32, &str)] = &[
    (12, "Queue"),
    (5, "SimpleQueue"),
    (6, "JoinableQueue"),
    (10, "Pipe"),
    (8, "Lock"),
    (5, "RLock"),
    (4, "Semaphore"),
    (3, "BoundedSemaphore"),
    (7, "Event"),
    (7, "Condition"),
    (6, "Barrier"),
    (7, "Value"),
    (5, "Array"),
    (1, "RawValue"),
    (1, "RawArray"),
    (12, "Pool"),
    (14, "Manager"),
    (2, "ManagerServer"),
    (5, "Module"),
    (4, "list"),
    (3, "dict"),
];

/// What each of the programs is about, whatever else: how the lines of processes merge.
pub const CLAUSE: &str = "PM-OUTPUT-MERGE-001";

/// A program of about so many statements, under the id `fuzz/SEED`: the same one for a seed wherever
/// and whenever it is made.
///
/// # Errors
/// None that is known; a program that does not pass the checks of a case is a defect of this crate.
///
/// # Examples
/// ```
/// let case = poolproof_fuzz::generate(7, 3..=25).unwrap();
/// assert_eq!(case.id, "fuzz/7");
/// ```
pub fn generate(seed: u64, size: RangeInclusive<u32>) -> Result<Case, Vec<Diagnostic>> {
    let mut chance = Chance::new(seed);
    let left = chance.between(*size.start(), *size.end());
    let mut generator = Generator {
        chance,
        left,
        counted: 0,
        functions: Vec::new(),
    };
    let main = generator.main();
    let functions = generator.functions.iter().map(|made| made.text.as_str());
    let functions = functions.collect::<Vec<_>>().join(", ");
    let text = format!(
        "Case(title: \"Program {seed}\", clauses: [\"{CLAUSE}\"], functions: {{{functions}}}, \
         globals: {{\"common\": 0}}, main: [{main}], claims: [])"
    );
    poolproof_case::read(&format!("fuzz/{seed}"), &text, &[CLAUSE])
}

/// What is known of the program while it is made.
pub(crate) struct Generator {
    pub(crate) chance: Chance,
    /// How many statements it may still get.
    pub(crate) left: u32,
    /// How many names and lines it has.
    pub(crate) counted: u32,
    pub(crate) functions: Vec<Made>,
}

/// A function of the program.
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) role: Part,
    pub(crate) text: String,
}

/// What a function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A process runs it with the objects that it is given.
    Target,
    /// A pool runs it, with one argument.
    Task,
    /// A pool calls it with a result.
    Callback,
    /// A barrier or a starting worker calls it, without arguments.
    Action,
}

impl Generator {
    /// A number that no name or line of the program has yet.
    pub(crate) fn number(&mut self) -> u32 {
        self.counted += 1;
        self.counted
    }

    fn main(&mut self) -> String {
        let mut scope = Scope::new("m");
        let mut main = Vec::new();
        let count = self.chance.between(1, 1 + (self.left / 5).min(2));
        for _ in 0..count {
            let object = self.chance.weighted(OBJECTS).copied().unwrap_or("Queue");
            main.push(self.new_thing(&mut scope, object));
        }
        let most = 1 + (self.left / 6).min(2);
        let count = if self.chance.percent(85) {
            self.chance.between(1, most)
        } else {
            0
        };
        let mut started = Vec::new();
        for _ in 0..count {
            let (name, text) = self.process(&mut scope);
            main.push(text);
            if self.chance.percent(8) {
                main.push(format!("SetAttr(\"{name}.daemon\", true)"));
            }
            if self.chance.percent(96) {
                main.push(format!("Call(\"{name}.start\")"));
            }
            started.push(name);
            if self.chance.percent(35) {
                main.extend(self.statement(&mut scope));
            }
        }
        let most = self.left;
        main.extend(self.statements(&mut scope, most));
        for name in started {
            if self.chance.percent(70) {
                main.push(format!("Call(\"{name}.join\")"));
                if self.chance.percent(25) {
                    let line = self.line(&scope);
                    main.push(format!("Print([{line}, \"${name}.exitcode\"])"));
                }
            }
        }
        if self.chance.percent(40) {
            self.left += 1;
            main.extend(self.statement(&mut scope));
        }
        main.join(", ")
    }

    /// A process of a function that gets some of what there is; its name, and how it is made.
    fn process(&mut self, scope: &mut Scope) -> (String, String) {
        let mut given: Vec<(String, &'static str)> = Vec::new();
        for thing in scope.things.iter().filter(|thing| TRAVELS(thing.object)) {
            if self.chance.percent(80) {
                given.push((thing.name.clone(), thing.object));
            }
        }
        let target = self.target(&given);
        let args = given.iter().map(|(name, _)| format!("\"${name}\""));
        let args = args.collect::<Vec<_>>().join(", ");
        let name = format!("p{}", self.number());
        let label = match self.chance.percent(25) {
            true => format!(", name: \"{name}\""),
            false => String::new(),
        };
        scope.add(&name, "Process");
        let made = format!("New(\"Process\", (target: \"{target}\", args: [{args}]{label}))");
        (name.clone(), format!("Let(\"{name}\", {made})"))
    }

    /// A function that a process runs with these objects.
    fn target(&mut self, given: &[(String, &'static str)]) -> String {
        let mut inner = Scope::new("");
        let mut params = Vec::new();
        for (name, object) in given {
            inner.add(name, object);
            params.push(name.as_str());
        }
        // A third of what is left, so that main still has something to do.
        let most = 1 + self.left / 3;
        self.function(Part::Target, &params, inner, most)
    }

    /// A function for a part that needs no objects: one that is there, or a new one.
    pub(crate) fn helper(&mut self, role: Part) -> String {
        let known = self.functions.iter().find(|made| made.role == role);
        if let Some(known) = known.map(|made| made.name.clone())
            && (self.left == 0 || self.chance.percent(60))
        {
            return known;
        }
        let params: &[&str] = match role {
            Part::Task => &["x"],
            Part::Callback => &["got"],
            Part::Target | Part::Action => &[],
        };
        let most = self.chance.between(1, 2);
        let mut scope = Scope::new("");
        scope
            .values
            .extend(params.iter().map(|param| (*param).to_owned()));
        self.function(role, params, scope, most)
    }

    fn function(&mut self, role: Part, params: &[&str], mut scope: Scope, most: u32) -> String {
        let letter = match role {
            Part::Target => "f",
            Part::Task => "t",
            Part::Callback => "c",
            Part::Action => "a",
        };
        let name = format!("{letter}{}", self.number());
        scope.prefix.clone_from(&name);
        scope.may_call = role == Part::Target;
        let count = self.chance.between(1, most.max(1));
        let mut body = self.statements(&mut scope, count);
        match role {
            Part::Task if self.chance.percent(85) => {
                let results = [
                    "Return(\"$x\")",
                    "Return(Add(\"$x\", 1))",
                    "Return([\"$x\"])",
                ];
                body.push((*self.chance.of(&results)).to_owned());
            }
            Part::Callback => {
                let line = self.line(&scope);
                body.push(format!("Print([{line}, \"$got\"])"));
            }
            _ => {}
        }
        let params: Vec<String> = params.iter().map(|param| format!("\"{param}\"")).collect();
        let text = format!(
            "\"{name}\": Function(params: [{}], body: [{}])",
            params.join(", "),
            body.join(", ")
        );
        let made = Made {
            name: name.clone(),
            role,
            text,
        };
        self.functions.push(made);
        name
    }
}
