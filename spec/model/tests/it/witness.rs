//! Witnesses: ways of the machine to what it allows.

use poolproof_case::uses::unsupported;
use poolproof_case::{Case, Ending, Outcome, StartMethod};
use poolproof_spec::witness::Step;
use poolproof_spec::{Goal, Witness, witness};

use crate::{behaviour, case, seeds};

/// Outcomes of a program with more states than this are left to the other tests.
const STATES_MAX: u64 = 2_000;

/// So many are visited for a way.
const VISITED_MAX: u64 = 20_000;

fn found(case: &Case, method: StartMethod, goal: Goal<'_>) -> Vec<Step> {
    match witness(&case.program, method, goal, VISITED_MAX) {
        Ok(Witness::Found { steps, .. }) => steps,
        other => panic!("{} under {method}: {other:?}", case.id),
    }
}

fn lines(steps: &[Step]) -> Vec<String> {
    steps.iter().filter_map(|step| step.line.clone()).collect()
}

fn outcome(lines: &[&str]) -> Outcome {
    Outcome {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ending: Ending::Exit(0),
        left: 0,
    }
}

/// The steps as a table of text.
fn told(steps: &[Step]) -> Vec<String> {
    let one = |step: &Step| match &step.line {
        Some(line) => format!("{} | {} | {line}", step.process, step.action),
        None => format!("{} | {}", step.process, step.action),
    };
    steps.iter().map(one).collect()
}

#[test]
fn each_outcome_of_a_seed_has_a_way_that_prints_it() {
    let mut count = 0;
    for case in seeds::seeds() {
        for method in [StartMethod::Spawn, StartMethod::Threads] {
            if !case.methods.contains(&method) || unsupported(&case.program, method).is_some() {
                continue;
            }
            let explored = behaviour(&case, method);
            if explored.states > STATES_MAX {
                continue;
            }
            for outcome in explored.behaviour.outcomes(24) {
                let goal = Goal::Outcome(&outcome);
                let steps = found(&case, method, goal);
                assert_eq!(lines(&steps), outcome.lines, "{} under {method}", case.id);
                count += 1;
            }
        }
    }
    assert!(count > 100, "only {count} outcomes were looked at");
}

#[test]
fn a_program_with_too_many_states_has_a_way_that_is_not_said_to_be_shortest() {
    let body = r#""f": Function(params: ["i"], body: [Print(["a", "$i"]), Print(["b", "$i"])])"#;
    let main = r#"Let("all", []),
        For("i", Range(6), [
            Let("p", New("Process", (target: "f", args: ["$i"]))),
            Call("p.start"), Call("all.append", ["$p"]),
        ]),
        For("p", "$all", [Call("p.join")])"#;
    let case = case(body, main);
    let printed: Vec<String> = (0..6)
        .rev()
        .flat_map(|i| [format!("a {i}"), format!("b {i}")])
        .collect();
    let printed: Vec<&str> = printed.iter().map(String::as_str).collect();
    let wanted = outcome(&printed);
    let look = |states| {
        witness(
            &case.program,
            StartMethod::Spawn,
            Goal::Outcome(&wanted),
            states,
        )
    };
    let (few, many) = (look(150).unwrap(), look(200_000).unwrap());
    assert!(
        matches!(
            many,
            Witness::Found {
                is_shortest: true,
                ..
            }
        ),
        "{many:#?}"
    );
    assert!(
        matches!(
            few,
            Witness::Found {
                is_shortest: false,
                ..
            }
        ),
        "{few:#?}"
    );
}

fn greeters() -> Case {
    case(
        r#""greet": Function(params: ["name"], body: [Print(["hello", "$name"])])"#,
        r#"Let("p", New("Process", (target: "greet", args: ["bob"]))),
           Let("q", New("Process", (target: "greet", args: ["jerry"]))),
           Call("p.start"), Call("q.start"), Call("p.join"), Call("q.join"), Print(["done"])"#,
    )
}

#[test]
fn a_way_says_who_does_what_and_changes_process_as_little_as_it_can() {
    let wanted = outcome(&["hello jerry", "hello bob", "done"]);
    let goal = Goal::Outcome(&wanted);
    let steps = found(&greeters(), StartMethod::Spawn, goal);
    let expected = [
        "main | p.start(): greet 1",
        "main | q.start(): greet 2",
        "greet 2 | print | hello jerry",
        "greet 2 | ends with 0",
        "greet 1 | print | hello bob",
        "greet 1 | ends with 0",
        "main | p.join(): greet 1",
        "main | q.join(): greet 2",
        "main | print | done",
        "main | ends with 0",
    ];
    assert_eq!(told(&steps), expected);
}

#[test]
fn feeders_workers_and_named_processes_are_told_apart() {
    let case = case(
        r#""work": Function(params: ["x"], body: [Return(Mul("$x", 2))]),
           "send": Function(params: ["q"], body: [Call("q.put", [("a", [1])])])"#,
        r#"Let("q", New("Queue")),
           Let("p", New("Process", (target: "send", name: "sender", args: ["$q"]))),
           Call("p.start"), Print([Call("q.get")]), Call("p.join"),
           With(New("Pool", (processes: 2)), [Print(["in"])])"#,
    );
    let wanted = outcome(&["('a', [1])", "in"]);
    let goal = Goal::Outcome(&wanted);
    let steps = told(&found(&case, StartMethod::Fork, goal));
    for expected in [
        "main | p.start(): sender",
        "sender | q.put(('a', [1]))",
        "feeder of sender | writes ('a', [1]) into the pipe",
        "main | q.get()",
        "main | enters Pool",
    ] {
        assert!(
            steps.contains(&expected.to_owned()),
            "{expected}: {steps:#?}"
        );
    }
}

#[test]
fn the_beginning_of_a_run_is_followed_as_far_as_it_goes() {
    let wanted = ["hello jerry".to_owned()];
    let goal = Goal::Lines(&wanted);
    let steps = found(&greeters(), StartMethod::Fork, goal);
    let expected = [
        "main | p.start(): greet 1",
        "main | q.start(): greet 2",
        "greet 2 | print | hello jerry",
    ];
    assert_eq!(told(&steps), expected);
    assert!(found(&greeters(), StartMethod::Fork, Goal::Lines(&[])).is_empty());
}

#[test]
fn what_is_not_allowed_has_no_way_and_what_is_too_far_is_said_to_be() {
    let case = greeters();
    let look = |lines: &[&str], states_max| {
        let wanted = outcome(lines);
        witness(
            &case.program,
            StartMethod::Spawn,
            Goal::Outcome(&wanted),
            states_max,
        )
    };
    let early = look(&["done", "hello bob", "hello jerry"], VISITED_MAX);
    assert_eq!(early, Ok(Witness::Absent));
    assert_eq!(
        look(&["hello bob", "hello jerry", "done"], 3),
        Ok(Witness::Beyond)
    );
}

#[test]
fn a_list_that_contains_itself_is_told_all_the_same() {
    let case = case(
        r#""f": Function(params: ["q"], body: [Print([Call("q.get")])])"#,
        r#"Let("a", [1]), Call("a.append", ["$a"]), Let("q", New("Queue")),
           Call("q.put", ["$a"]), Print(["x"])"#,
    );
    let wanted = outcome(&["x"]);
    let steps = found(&case, StartMethod::Threads, Goal::Outcome(&wanted));
    assert!(
        told(&steps).contains(&"main | q.put([1, [1, [1, […, …]]]])".to_owned()),
        "{steps:#?}"
    );
}
