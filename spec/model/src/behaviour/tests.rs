//! The behaviour against closed forms and small graphs.

mod random;

use num_bigint::BigUint;
use poolproof_case::claim::ClaimKind;
use poolproof_case::{Ending, Outcome, Predicate};

use super::{Behaviour, Refutation};
use crate::graph::{Edge, Graph, Node};

fn text(text: &str) -> String {
    text.to_owned()
}

/// A graph of `(from, line or "", to)` edges and `(node, ending, left)` ends.
fn graph(edges: &[(usize, &str, usize)], ends: &[(usize, &str, u32)]) -> Graph {
    let mut graph = Graph::default();
    let nodes = edges.iter().map(|(from, _, to)| from.max(to)).max();
    graph
        .nodes
        .resize(nodes.map_or(1, |last| last + 1), Node::default());
    for (from, line, to) in edges {
        let line = (!line.is_empty()).then(|| {
            graph.lines.push(text(line));
            (graph.lines.len() - 1) as u32
        });
        graph.nodes[*from].edges.push(Edge {
            to: *to as u32,
            line,
        });
    }
    for (node, ending, left) in ends {
        graph.nodes[*node].end = Some((ending.parse().unwrap(), *left));
    }
    graph
}

fn outcome(lines: &str, ending: &str, left: u32) -> Outcome {
    Outcome {
        lines: lines.split_whitespace().map(text).collect(),
        ending: ending.parse().unwrap(),
        left,
    }
}

/// The interleavings of processes that each print their lines in order.
fn interleavings(processes: &[&[&str]]) -> Graph {
    let mut graph = Graph::default();
    let radix = |process: usize| -> usize {
        processes[..process]
            .iter()
            .map(|lines| lines.len() + 1)
            .product()
    };
    let states = radix(processes.len());
    for state in 0..states {
        let mut node = Node::default();
        for (process, lines) in processes.iter().enumerate() {
            let done = state / radix(process) % (lines.len() + 1);
            if let Some(line) = lines.get(done) {
                graph.lines.push(text(line));
                node.edges.push(Edge {
                    to: (state + radix(process)) as u32,
                    line: Some((graph.lines.len() - 1) as u32),
                });
            }
        }
        if state + 1 == states {
            node.end = Some((Ending::Exit(0), 0));
        }
        graph.nodes.push(node);
    }
    graph
}

/// How many lines, and perhaps the ending, differ.
fn distance(one: &Outcome, other: &Outcome) -> usize {
    let mut row: Vec<usize> = (0..=other.lines.len()).collect();
    for (i, line) in one.lines.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, against) in other.lines.iter().enumerate() {
            let changed = diagonal + usize::from(line != against);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    let ends_alike = one.ending == other.ending && one.left == other.left;
    row[other.lines.len()] + usize::from(!ends_alike)
}

fn count(graph: &Graph) -> String {
    Behaviour::from_graph(graph).count().to_string()
}

#[test]
fn merges_of_ordered_lines_have_closed_forms() {
    assert_eq!(
        count(&interleavings(&[&["a", "b", "c"], &["x", "y", "z"]])),
        "20"
    );
    let four = |first| [first, "1", "2", "3"].map(|line| format!("{first} {line}"));
    let all: Vec<[String; 4]> = ["a", "b", "c"].map(four).into_iter().collect();
    let all: Vec<Vec<&str>> = all
        .iter()
        .map(|lines| lines.iter().map(String::as_str).collect())
        .collect();
    let all: Vec<&[&str]> = all.iter().map(Vec::as_slice).collect();
    assert_eq!(count(&interleavings(&all)), "34650");
}

#[test]
fn ten_single_lines_have_factorially_many_outcomes_and_few_nodes() {
    let names: Vec<String> = (0..10).map(|i| format!("hello world {i}")).collect();
    let lines: Vec<[&str; 1]> = names.iter().map(|name| [name.as_str()]).collect();
    let lines: Vec<&[&str]> = lines.iter().map(|lines| &lines[..]).collect();
    let behaviour = Behaviour::from_graph(&interleavings(&lines));
    assert_eq!(behaviour.count(), BigUint::from(3_628_800_u32));
    assert_eq!(behaviour.nodes(), 1024);
    let predicate = Predicate::Before(text("hello world 9"), text("hello world 0"));
    assert_eq!(behaviour.check(&ClaimKind::Sometimes(predicate)), Ok(()));
}

#[test]
fn equal_lines_of_different_processes_are_one_outcome() {
    let graph = interleavings(&[&["a", "b"], &["a", "b"]]);
    let behaviour = Behaviour::from_graph(&graph);
    let all = ["a a b b", "a b a b"].map(|lines| outcome(lines, "exit 0", 0));
    assert_eq!(behaviour.outcomes(10), all);
}

#[test]
fn silent_steps_choices_and_dead_ends_leave_only_the_language() {
    let one = graph(
        &[
            (0, "", 1),
            (0, "", 2),
            (1, "a", 3),
            (2, "a", 4),
            (4, "b", 5),
            (0, "x", 6),
        ],
        &[(3, "exit 0", 0), (5, "hang", 0)],
    );
    let other = graph(
        &[(0, "a", 1), (1, "b", 2), (1, "", 3)],
        &[(3, "exit 0", 0), (2, "hang", 0)],
    );
    let behaviour = Behaviour::from_graph(&one);
    assert_eq!(behaviour, Behaviour::from_graph(&other));
    assert_eq!(behaviour.nodes(), 3);
    assert!(behaviour.may_hang());
    assert!(behaviour.allows(&outcome("a b", "hang", 0)));
    for (lines, ending, left) in [("a b", "exit 0", 0), ("a", "exit 0", 1), ("x", "hang", 0)] {
        assert!(!behaviour.allows(&outcome(lines, ending, left)));
    }
}

#[test]
fn a_behaviour_without_outcomes_says_so() {
    let behaviour = Behaviour::from_graph(&graph(&[(0, "a", 1)], &[]));
    assert_eq!(behaviour.count(), BigUint::ZERO);
    assert_eq!(behaviour.sample(1), None);
    assert_eq!(behaviour.explain(&outcome("a", "exit 0", 0)).nearest, None);
    assert_eq!(behaviour, Behaviour::from_graph(&Graph::default()));
}

#[test]
fn a_million_states_in_a_row_need_no_deep_stack() {
    let mut graph = Graph {
        nodes: Vec::new(),
        lines: vec![text("even"), text("odd")],
    };
    for state in 0..1_000_000_u32 {
        let line = (state % 4 == 0).then_some(state / 4 % 2);
        let mut edges = vec![Edge {
            to: state + 1,
            line,
        }];
        if state % 100_000 == 1 {
            // Two ways on that differ only far away, so that their union is deep as well.
            edges.push(Edge {
                to: state + 8,
                line,
            });
        }
        graph.nodes.push(Node {
            edges,
            ..Node::default()
        });
    }
    graph.nodes.push(Node {
        edges: Vec::new(),
        end: Some((Ending::Exit(0), 0)),
        ..Node::default()
    });
    let behaviour = Behaviour::from_graph(&graph);
    assert_eq!(behaviour.outcomes(20).len(), 11);
    assert_eq!(
        behaviour
            .sample(7)
            .map(|outcome| behaviour.allows(&outcome)),
        Some(true)
    );
}

#[test]
fn a_rejection_names_the_longest_prefix_what_follows_and_the_nearest_outcome() {
    let behaviour = Behaviour::from_graph(&interleavings(&[&["a1", "a2"], &["b1", "b2"]]));
    let rejection = behaviour.explain(&outcome("a1 b2 b1 a2", "exit 0", 0));
    assert_eq!(rejection.accepted, 1);
    assert_eq!(rejection.expected, ["\"a2\"", "\"b1\""]);
    let nearest = rejection.nearest.unwrap();
    assert!(behaviour.allows(&nearest));
    assert_eq!(distance(&nearest, &outcome("a1 b2 b1 a2", "exit 0", 0)), 2);
    let hang = behaviour.explain(&outcome("a1 b1 a2 b2", "hang", 0));
    assert_eq!(hang.expected, ["exit 0"]);
    assert_eq!(hang.nearest, Some(outcome("a1 b1 a2 b2", "exit 0", 0)));
}

#[test]
fn past_its_limit_the_nearest_outcome_begins_alike() {
    let behaviour = Behaviour::from_graph(&interleavings(&[&["a1", "a2"], &["b1", "b2"]]));
    let given = outcome("b1 a1 x", "exit 0", 0);
    assert_eq!(behaviour.search(&given, 2), None);
    let alike = behaviour.begin_alike(&given);
    assert!(behaviour.allows(&alike));
    assert_eq!(alike.lines[..2], given.lines[..2]);
}

#[test]
fn a_false_claim_is_shown_by_an_outcome_or_the_count() {
    let behaviour = Behaviour::from_graph(&interleavings(&[&["a1", "a2"], &["b1", "b2"]]));
    let adjacent = Predicate::Adjacent(text("a1"), text("a2"));
    let Err(Refutation::Outcome(shown)) = behaviour.check(&ClaimKind::Always(adjacent.clone()))
    else {
        panic!("six merges do not all keep the lines together");
    };
    assert!(behaviour.allows(&shown) && !adjacent.holds(&shown));
    assert_eq!(behaviour.check(&ClaimKind::Sometimes(adjacent)), Ok(()));
    let hang = Predicate::Hang;
    assert_eq!(behaviour.check(&ClaimKind::Never(hang.clone())), Ok(()));
    let sometimes = behaviour.check(&ClaimKind::Sometimes(hang));
    assert_eq!(sometimes, Err(Refutation::NoOutcome));
    let refuted = behaviour.check(&ClaimKind::AllowedCount(text("7")));
    assert_eq!(refuted.unwrap_err().to_string(), "6 outcomes are allowed");
}

#[test]
fn samples_are_uniform_and_repeat_by_seed() {
    let behaviour = Behaviour::from_graph(&interleavings(&[&["a", "b"], &["x"]]));
    let mut drawn = [0_u32; 3];
    let all = behaviour.outcomes(3);
    for seed in 0..3000 {
        let sample = behaviour.sample(seed).unwrap();
        assert_eq!(behaviour.sample(seed), Some(sample.clone()));
        drawn[all.iter().position(|outcome| *outcome == sample).unwrap()] += 1;
    }
    // The seeds are fixed, so this is a fact and not a chance: 1000 each, within six deviations.
    assert!(
        drawn.iter().all(|times| (845..=1155).contains(times)),
        "{drawn:?}"
    );
}

#[test]
fn a_picture_has_each_line_and_ending() {
    let dot =
        Behaviour::from_graph(&graph(&[(0, "say \"a\"", 1)], &[(1, "exit 3", 2)])).to_dot("x");
    assert!(dot.contains(r#"0 -> 1 [label="say \"a\""];"#), "{dot}");
    assert!(dot.contains("label=\"exit 3, left 2\""), "{dot}");
}
