//! What a program uses of the catalogue, and where that does not exist.

use std::collections::BTreeSet;

use crate::catalogue::{self, Class, Parameter};
use crate::infer::{Types, infer};
use crate::method::StartMethod;
use crate::program::{
    Arguments, Block, Callee, Expression, ExpressionKind, Program, StatementKind,
};
use crate::value::Value;
use crate::walk;

/// A member of an object that a program uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The object's name in the catalogue.
    pub object: &'static str,
    /// The method's or attribute's name; empty for the constructor.
    pub member: &'static str,
    /// The parameter of the method that is given an argument; empty for the use of the method itself.
    pub argument: &'static str,
}

/// All that a program uses, as far as that can be told without running it.
#[must_use]
pub fn uses(program: &Program) -> BTreeSet<Use> {
    let types = infer(program);
    let mut uses = BTreeSet::new();
    for (name, block) in blocks(program) {
        collect(&types, name, block, &mut uses);
    }
    uses
}

/// Why a program cannot run under a start method, if it cannot.
#[must_use]
pub fn unsupported(program: &Program, method: StartMethod) -> Option<String> {
    if method != StartMethod::Threads {
        return None;
    }
    let lacking = uses(program).into_iter().find_map(|used| {
        let object = catalogue::object(used.object)?;
        let has_member = object.threads
            && object
                .method(used.member)
                .is_none_or(|method| method.threads)
            && object
                .attribute(used.member)
                .is_none_or(|attribute| attribute.threads);
        (!has_member).then(|| match used.member {
            _ if !object.threads => format!("`{}`", object.name),
            member => format!("`{}.{member}`", object.name),
        })
    });
    let types = infer(program);
    lacking
        .or_else(|| {
            let mut blocks = blocks(program);
            blocks.find_map(|(name, block)| lacking_among_threads(&types, name, block))
        })
        .map(|what| format!("{what} does not exist where processes are threads"))
}

/// Every function's body by its name; main's is empty.
pub(crate) fn blocks(program: &Program) -> impl Iterator<Item = (&str, &Block)> {
    let functions = program.functions.iter();
    functions
        .map(|(name, function)| (name.as_str(), &function.body))
        .chain(std::iter::once(("", &program.main)))
}

/// A process is made one by an argument or an attribute of this name.
const DAEMON: &str = "daemon";

fn collect(types: &Types<'_>, function: &str, block: &Block, uses: &mut BTreeSet<Use>) {
    let mut member = |receiver: &Expression, name: &str| {
        for class in types.of(function, receiver).objects {
            let known = class.object();
            let method = known.method(name).map(|method| method.name);
            let attribute = known.attribute(name).map(|attribute| attribute.name);
            if let Some(member) = method.or(attribute) {
                let object = known.name;
                uses.insert(Use {
                    object,
                    member,
                    argument: "",
                });
            } else if class == Class::Context
                && let Some(made) = catalogue::object(name)
            {
                uses.insert(Use {
                    object: made.name,
                    member: "",
                    argument: "",
                });
            }
        }
    };
    walk::calls(block, &mut |call| {
        if let Callee::Method(receiver, name) = &call.callee {
            member(receiver, name);
        }
    });
    walk::expressions(block, &mut |expression| {
        if let ExpressionKind::Attribute(receiver, name) = &expression.kind {
            member(receiver, name);
        }
    });
    walk::statements(block, &mut |statement| match &statement.kind {
        StatementKind::SetAttr(receiver, name, _) => member(receiver, name),
        StatementKind::Signal(process, signal) if signal == "KILL" => member(process, "kill"),
        StatementKind::Signal(process, signal) if signal == "TERM" => {
            member(process, "terminate");
        }
        _ => {}
    });
    walk::expressions(block, &mut |expression| {
        if let ExpressionKind::New { object, arguments } = &expression.kind
            && let Some(known) = catalogue::object(object)
        {
            if arguments.named.iter().any(|(name, _)| name == DAEMON) {
                uses.insert(Use {
                    object: known.name,
                    member: DAEMON,
                    argument: "",
                });
            }
            uses.insert(Use {
                object: known.name,
                member: "",
                argument: "",
            });
        }
    });
    walk::calls(block, &mut |call| {
        if let Callee::Method(receiver, name) = &call.callee {
            uses.extend(arguments(types, function, receiver, name, &call.arguments));
        }
    });
}

/// The arguments that a method of whatever the receiver may be is given.
fn arguments<'a>(
    types: &Types<'_>,
    function: &str,
    receiver: &Expression,
    name: &'a str,
    given: &'a Arguments,
) -> impl Iterator<Item = Use> {
    let classes = types.of(function, receiver).objects.into_iter();
    classes.flat_map(move |class| {
        let known = class.object();
        let method = known.method(name);
        let parameters = method.map_or(&[][..], |method| method.parameters);
        let is_given = |(at, one): &(usize, &Parameter)| given.of(*at, one.name).is_some();
        let all = parameters.iter().enumerate().filter(is_given);
        let used = all.map(|(_, parameter)| Use {
            object: known.name,
            member: method.map_or("", |method| method.name),
            argument: parameter.name,
        });
        used.collect::<Vec<Use>>()
    })
}

/// What is no member, and yet is missing in `multiprocessing.dummy`.
fn lacking_among_threads(types: &Types<'_>, function: &str, block: &Block) -> Option<String> {
    let mut lacking = None;
    walk::statements(block, &mut |statement| match &statement.kind {
        StatementKind::Signal(..) => lacking = Some("`Signal`".to_owned()),
        StatementKind::With(context, _)
            if types
                .of(function, context)
                .objects
                .contains(&Class::Manager) =>
        {
            // There the manager is the module itself.
            lacking = Some("`With` on a `Manager`".to_owned());
        }
        _ => {}
    });
    walk::expressions(block, &mut |expression| {
        let ExpressionKind::New { object, arguments } = &expression.kind else {
            return;
        };
        let size = arguments.of(1, "size_or_initializer");
        match (object.as_str(), size.map(|size| &size.kind)) {
            ("Pool", _) if arguments.of(3, "maxtasksperchild").is_some() => {
                lacking = Some("`maxtasksperchild` of `Pool`".to_owned());
            }
            ("Array", Some(ExpressionKind::Literal(Value::Int(_)))) => {
                lacking = Some("an `Array` made by its size".to_owned());
            }
            _ => {}
        }
    });
    lacking
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    fn program(body: &str) -> Program {
        let text = format!("Case(title: \"t\", clauses: [\"C\"], claims: [], {body})");
        match read("c", &text, &["C"]) {
            Ok(case) => case.program,
            Err(mistakes) => panic!("{mistakes:?}"),
        }
    }

    fn names(program: &Program) -> Vec<String> {
        let uses = uses(program).into_iter();
        let uses = uses.filter(|used| used.argument.is_empty());
        uses.map(|used| format!("{}.{}", used.object, used.member))
            .collect()
    }

    #[test]
    fn arguments_are_used_by_position_and_by_name() {
        let program = program(
            r#"functions: {"f": Function(params: [], body: [])}, main: [
                Let("m", New("Manager")), Let("b", Call("m.Barrier", [2, Fn("f")])),
                Call("b.wait", (timeout: Soon)),
            ]"#,
        );
        let given = uses(&program)
            .into_iter()
            .filter(|used| !used.argument.is_empty());
        let given: Vec<String> = given
            .map(|used| format!("{}.{}({})", used.object, used.member, used.argument))
            .collect();
        let expected = [
            "ManagedBarrier.wait(timeout)",
            "Manager.Barrier(action)",
            "Manager.Barrier(parties)",
        ];
        assert_eq!(given, expected);
    }

    #[test]
    fn uses_follow_arguments_containers_pairs_and_queues() {
        let program = program(
            r#"functions: {"f": Function(params: ["lock", "c"], body: [
                With("$lock", [Call("c.send", [1]), Call("c.close")]),
            ])},
            main: [
                Let("a, b", New("Pipe")),
                Let("ps", []),
                Let("p", New("Process", (target: "f", args: [New("RLock"), "$b"]))),
                Call("ps.append", ["$p"]),
                For("x", "$ps", [Call("x.kill")]),
                Let("q", New("Queue")),
                Call("q.put", ["$a"]),
                Let("y", Call("q.get")),
                Print([Call("y.poll")]),
            ]"#,
        );
        let expected = [
            "Connection.close",
            "Connection.poll",
            "Connection.send",
            "Pipe.",
            "Process.",
            "Process.kill",
            "Queue.",
            "Queue.get",
            "Queue.put",
            "RLock.",
            "list.append",
        ];
        assert_eq!(names(&program), expected);
        let reason = unsupported(&program, StartMethod::Threads);
        let expected = "`Process.kill` does not exist where processes are threads";
        assert_eq!(reason.as_deref(), Some(expected));
        assert_eq!(unsupported(&program, StartMethod::Spawn), None);
    }

    #[test]
    fn a_contexts_objects_are_used_too() {
        let program = program(
            r#"main: [
                Let("ctx", Call("mp.get_context", ["spawn"])),
                Let("q", Call("ctx.SimpleQueue")),
                Call("q.put", [1]),
            ]"#,
        );
        assert!(names(&program).contains(&"SimpleQueue.put".to_owned()));
    }
}
