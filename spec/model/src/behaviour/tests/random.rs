//! The behaviour of random graphs against every path written out.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;
use poolproof_case::claim::ClaimKind;
use poolproof_case::{Ending, Outcome, Predicate};

use super::{distance, graph, text};
use crate::behaviour::{Behaviour, difference};
use crate::graph::Graph;

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn random_graph(chance: &mut Chance) -> Graph {
    let nodes = 2 + chance.below(9);
    let mut edges = Vec::new();
    let mut ends = vec![(nodes - 1, "exit 0", 0)];
    for from in 0..nodes - 1 {
        for _ in 0..chance.below(4) {
            let to = from + 1 + chance.below(nodes - from - 1);
            edges.push((from, ["", "", "a", "b", "c"][chance.below(5)], to));
        }
        if chance.below(5) == 0 {
            ends.push((
                from,
                ["hang", "exit 1"][chance.below(2)],
                chance.below(2) as u32,
            ));
        }
    }
    edges.push((nodes - 2, "", nodes - 1));
    graph(&edges, &ends)
}

/// Every outcome, by walking every path.
fn brute_force(graph: &Graph) -> BTreeSet<Outcome> {
    let mut found = BTreeSet::new();
    let mut paths = vec![(0_usize, Vec::new())];
    while let Some((node, lines)) = paths.pop() {
        if let Some((ending, left)) = &graph.nodes[node].end {
            found.insert(Outcome {
                lines: lines.clone(),
                ending: ending.clone(),
                left: *left,
            });
        }
        for edge in &graph.nodes[node].edges {
            let mut lines = lines.clone();
            lines.extend(edge.line.map(|line| graph.lines[line as usize].clone()));
            paths.push((edge.to as usize, lines));
        }
    }
    found
}

/// How many different sets of outcomes continue some lines: what a minimal automaton has as nodes.
fn residuals(all: &BTreeSet<Outcome>) -> usize {
    type Rest<'a> = (&'a [String], &'a Ending, u32);
    let mut after: BTreeMap<&[String], BTreeSet<Rest<'_>>> = BTreeMap::new();
    for outcome in all {
        for cut in 0..=outcome.lines.len() {
            let (lines, rest) = outcome.lines.split_at(cut);
            let rest = (rest, &outcome.ending, outcome.left);
            after.entry(lines).or_default().insert(rest);
        }
    }
    after.values().collect::<BTreeSet<_>>().len()
}

#[test]
fn random_graphs_allow_exactly_what_their_paths_show() {
    let mut chance = Chance(0x5eed_0001);
    let mut behaviours: Vec<(Behaviour, BTreeSet<Outcome>)> = Vec::new();
    for round in 0..3000 {
        let graph = random_graph(&mut chance);
        let expected = brute_force(&graph);
        let behaviour = Behaviour::from_graph(&graph);
        let all: Vec<Outcome> = expected.iter().cloned().collect();
        assert_eq!(behaviour.outcomes(usize::MAX), all, "round {round}");
        assert_eq!(behaviour.count(), BigUint::from(all.len()), "round {round}");
        assert_eq!(
            behaviour.outcomes(2),
            all[..all.len().min(2)],
            "round {round}"
        );
        assert_eq!(
            behaviour.nodes(),
            residuals(&expected).max(1),
            "round {round}"
        );
        if let Some(sample) = behaviour.sample(round) {
            assert!(expected.contains(&sample), "round {round}");
        }
        behaviours.push((behaviour, expected));
    }
    for pair in behaviours.windows(2) {
        let [(one, one_all), (other, other_all)] = pair else {
            continue;
        };
        assert_eq!(one == other, one_all == other_all);
        assert_eq!(
            one.fingerprint() == other.fingerprint(),
            one_all == other_all
        );
        match difference(one, other) {
            None => assert_eq!(one_all, other_all),
            Some(outcome) => {
                assert_ne!(one_all.contains(&outcome), other_all.contains(&outcome));
                assert_ne!(one.allows(&outcome), other.allows(&outcome));
            }
        }
        match one.beyond(other) {
            None => assert!(one_all.is_subset(other_all)),
            Some(outcome) => assert!(one.allows(&outcome) && !other.allows(&outcome)),
        }
        // Another behaviour's outcomes are explained by this one.
        for given in other_all.iter().take(4) {
            let least = one_all.iter().map(|allowed| distance(allowed, given)).min();
            let nearest = one.explain(given).nearest;
            assert_eq!(nearest.map(|nearest| distance(&nearest, given)), least);
        }
    }
}

#[test]
fn random_claims_are_decided_as_by_looking_at_each_outcome() {
    let mut chance = Chance(0x5eed_0002);
    let names = ["a", "b", "c"];
    for round in 0..2000 {
        let graph = random_graph(&mut chance);
        let all = brute_force(&graph);
        let behaviour = Behaviour::from_graph(&graph);
        let (one, other) = (text(names[chance.below(3)]), text(names[chance.below(3)]));
        let predicate = match chance.below(5) {
            0 => Predicate::Before(one, other),
            1 => Predicate::Adjacent(one, other),
            2 => Predicate::Count(one, chance.below(3) as u32),
            3 => Predicate::Or(vec![Predicate::Hang, Predicate::Line(one)]),
            _ => Predicate::And(vec![
                Predicate::Ends(Ending::Exit(0)),
                Predicate::Not(Box::new(Predicate::Line(other))),
            ]),
        };
        let holds: Vec<bool> = all.iter().map(|outcome| predicate.holds(outcome)).collect();
        let check = |claim| behaviour.check(&claim).is_ok();
        let (any, every) = (holds.contains(&true), !holds.contains(&false));
        assert_eq!(
            check(ClaimKind::Always(predicate.clone())),
            every,
            "round {round}"
        );
        assert_eq!(
            check(ClaimKind::Sometimes(predicate.clone())),
            any,
            "round {round}"
        );
        assert_eq!(check(ClaimKind::Never(predicate)), !any, "round {round}");
    }
}
